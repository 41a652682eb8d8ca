"""Regression on pseudo-observations: estimating equations with errors between clusters."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kyphort.errors import ConvergenceError, InvalidDataError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.checks import check_kind
from kyphort.survival.clusters import (
    clusters_or_rows,
    count_clusters,
    refuse_one_cluster,
    sum_by_cluster,
)
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.pseudo import PseudoObservations
from kyphort.survival.transforms import normal_quantile

Link = Literal["identity", "logit", "log", "cloglog"]
"""The scale on which covariates add up."""

_MOST_STEPS = 100
_SETTLED = 1e-11
_INSIDE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class PseudoModel:
    """A regression on pseudo-observations: one intercept for each time, one slope for each name.

    `intercepts` `(k,)` and `coefficients` `(p,)` are on the scale of the link; `covariance`
    `(k + p, k + p)` is between clusters, intercepts first.
    """

    times: FloatArray
    names: tuple[str, ...]
    intercepts: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    clusters: int
    link: Link
    method: str

    @property
    def std_error(self) -> FloatArray:
        """Clustered standard errors of the coefficients `(p,)`."""
        return np.asarray(np.sqrt(np.diag(self.covariance))[self.times.size :])

    @property
    def p_values(self) -> FloatArray:
        """Two-sided p values `(p,)`, (coefficient / error)² as χ²₁."""
        statistics = (self.coefficients / self.std_error) ** 2
        return np.array([upper_tail(float(one), 1) for one in statistics])

    def limits(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return symmetric limits of the coefficients, `(p,)` each."""
        margin = normal_quantile(level) * self.std_error
        return self.coefficients - margin, self.coefficients + margin


def pseudo_regression(
    pseudo: PseudoObservations, covariates: Covariates, *, link: Link = "identity"
) -> PseudoModel:
    """Regress a survival, restricted mean or incidence itself on covariates.

    g(E θᵢ(t)) = α(t) + zᵀβ, fitted by Σ Dᵀ (θᵢ - μᵢ) = 0 with working independence, D = ∂μ/∂(α, β).
    The covariance is the sandwich with Dᵀ(θ - μ) summed within clusters. With "identity" a
    coefficient is a difference (of months, for the restricted mean), with "logit" a log odds ratio,
    with "log" a log risk ratio, with "cloglog" of an incidence a log subdistribution hazard ratio.

    Parameters
    ----------
    pseudo
        From `pseudo_observations`, of data with clusters where rows depend on each other.
    covariates
        As for `cox`.
    link
        "identity", "logit", "log" or "cloglog", log(-log(1 - μ)).

    Source: Andersen, Klein & Rosthøj 2003, doi 10.1093/biomet/90.1.15; Logan, Zhang & Klein 2011,
    doi 10.1111/j.1541-0420.2010.01416.x (clusters).

    Raises
    ------
    InvalidDataError
        For covariates as for `cox`, or an unknown link.
    ConvergenceError
        When the iteration does not settle.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, pseudo_observations
    >>> data = SurvivalData([1, 2, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1], cluster=[1, 1, 2, 2, 3, 3])
    >>> found = pseudo_regression(
    ...     pseudo_observations(data, [4], estimand="restricted_mean"), {"x": [1, 0, 0, 1, 0, 0]}
    ... )
    >>> found.coefficients.round(3).tolist(), found.clusters
    ([-1.125], 3)
    """
    check_kind("pseudo", pseudo, PseudoObservations, "pseudo_observations()")
    if link not in get_args(Link):
        allowed = ", ".join(map(repr, get_args(Link)))
        raise InvalidDataError(f"link: {link!r}. Allowed: {allowed}.")
    if pseudo.estimand == "restricted_mean" and link in {"logit", "cloglog"}:
        raise InvalidDataError(
            f"link: {link!r} is for probabilities; a restricted mean takes 'identity' or 'log'."
        )
    n, k = pseudo.values.shape
    design = as_design(covariates, n)
    centre, scale = design.values.mean(axis=0), design.values.std(axis=0)
    for name, spread in zip(design.names, scale, strict=True):
        if not spread > 0.0:
            raise InvalidDataError(f"covariates '{name}': is constant. Leave it out.")
    z = (design.values - centre) / scale
    matrix = np.concatenate((np.kron(np.eye(k), np.ones((n, 1))), np.tile(z, (k, 1))), axis=1)
    outcome = pseudo.values.T.ravel()
    start = np.concatenate((_linked(pseudo.estimate, link), np.zeros(z.shape[1])))
    beta = _solve(matrix, outcome, start, link)
    covariance, clusters = _sandwich(matrix, outcome, beta, link, pseudo)
    back = _to_units(k, centre, scale)
    beta, covariance = back @ beta, back @ covariance @ back.T
    return PseudoModel(
        times=pseudo.times,
        names=design.names,
        intercepts=beta[:k],
        coefficients=beta[k:],
        covariance=(covariance + covariance.T) / 2.0,
        clusters=clusters,
        link=link,
        method=f"regression on pseudo-observations of the {pseudo.estimand.replace('_', ' ')}, "
        f"{link} link, sandwich over {clusters} "
        f"{'rows' if pseudo.data.cluster is None else 'clusters'}",
    )


def _solve(matrix: FloatArray, outcome: FloatArray, start: FloatArray, link: Link) -> FloatArray:
    """Solve the estimating equations by Fisher's scoring."""
    beta = start
    for _ in range(_MOST_STEPS):
        mean, slope = _mean(matrix @ beta, link)
        gradient = slope[:, None] * matrix
        information = gradient.T @ gradient
        if np.linalg.matrix_rank(information) < beta.size:
            raise InvalidDataError(
                "covariates: depend on each other, or the link leaves them no influence. Leave one "
                "out, or take the identity link."
            )
        step = np.linalg.solve(information, gradient.T @ (outcome - mean))
        beta = beta + step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < _SETTLED * (1.0 + float(np.abs(beta).max())):
            return beta
    raise ConvergenceError(
        f"The estimating equations do not settle after {_MOST_STEPS} steps with the {link} link. "
        "Take the identity link, or an earlier time at which both groups have events."
    )


def _sandwich(
    matrix: FloatArray,
    outcome: FloatArray,
    beta: FloatArray,
    link: Link,
    pseudo: PseudoObservations,
) -> tuple[FloatArray, int]:
    mean, slope = _mean(matrix @ beta, link)
    gradient = slope[:, None] * matrix
    bread = np.linalg.inv(gradient.T @ gradient)
    scores = gradient * (outcome - mean)[:, None]
    cluster = clusters_or_rows(pseudo.data)
    refuse_one_cluster(cluster)
    by_cluster = sum_by_cluster(scores, np.tile(cluster, pseudo.times.size))
    return bread @ (by_cluster.T @ by_cluster) @ bread, count_clusters(cluster)


def _mean(eta: FloatArray, link: Link) -> tuple[FloatArray, FloatArray]:
    """Return μ and dμ/dη."""
    if link == "identity":
        return eta, np.ones_like(eta)
    if link == "log":
        mean = np.exp(eta)
        return mean, mean
    if link == "logit":
        mean = 1.0 / (1.0 + np.exp(-eta))
        return mean, mean * (1.0 - mean)
    hazard = np.exp(eta)
    left = np.exp(-hazard)
    return 1.0 - left, hazard * left


def _linked(mean: FloatArray, link: Link) -> FloatArray:
    if link == "identity":
        return mean
    if link == "log":
        return np.log(np.maximum(mean, _INSIDE))
    inside = np.clip(mean, _INSIDE, 1.0 - _INSIDE)
    return np.log(inside / (1.0 - inside)) if link == "logit" else np.log(-np.log1p(-inside))


def _to_units(k: int, centre: FloatArray, scale: FloatArray) -> FloatArray:
    """Return the matrix that takes scaled parameters to those of the covariates' own units."""
    p = scale.size
    back = np.eye(k + p)
    back[k:, k:] = np.diag(1.0 / scale)
    back[:k, k:] = -centre / scale
    return back
