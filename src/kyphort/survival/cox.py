"""The proportional hazards regression of Cox, with tied, clustered, weighted and late rows."""

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.checks import check_cause, check_kind
from kyphort.survival.clusters import count_clusters, regression_clusters
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox_fit import (
    inverse,
    likelihood_of,
    refuse_dependent,
    scaled_problem,
    score_rows,
    sum_by_label,
)
from kyphort.survival.cox_likelihood import Problem, Ties
from kyphort.survival.cox_model import CoxModel, Fit
from kyphort.survival.data import SurvivalData
from kyphort.survival.jit import is_large
from kyphort.survival.monotone import refuse_monotone
from kyphort.survival.newton import maximise


def cox(
    data: SurvivalData,
    covariates: Covariates,
    *,
    ties: Ties = "efron",
    offset: ArrayLike | None = None,
    cause: int = 1,
    cluster_robust: bool | None = None,
) -> CoxModel:
    """Estimate hazard ratios of a cause by Cox's partial likelihood.

    λ(t | z) = λ₀(t) exp(zᵀβ + offset), with a baseline of its own in each stratum of the data and
    risk sets (entry, time]. Other event codes are censorings, so that the hazard is cause-specific.
    For clustered rows the robust covariance is I⁻¹ (Σ over clusters of s sᵀ) I⁻¹, s the summed
    score residuals of a cluster; neither covariance depends on the order of rows.

    Parameters
    ----------
    data
        Rows; strata, entry times, clusters and case weights count where they are given.
    covariates
        `(n, p)` numbers, or named columns. Code categories as 0 and 1.
    ties
        "efron" (the default), "breslow", or "exact": the conditional likelihood of discrete times,
        which takes neither weights nor robust errors.
    offset
        `(n,)` added to the linear predictor with coefficient 1.
    cause
        The event code counted.
    cluster_robust
        True: sandwich over clusters (over rows without clusters); False: model-based only; None:
        robust when a cluster holds more than one row or a weight is not a whole number.

    Source: Cox 1972, doi 10.1111/j.2517-6161.1972.tb00899.x; Efron 1977, doi
    10.1080/01621459.1977.10480613; Lin & Wei 1989, doi 10.1080/01621459.1989.10478874; Lee, Wei &
    Amato 1992 (clusters).

    Raises
    ------
    InvalidDataError
        For covariates that are missing, do not vary or depend on each other, an unknown way of
        ties, or options that exclude each other.
    MonotoneLikelihoodError
        When the likelihood has no maximum; the message names the covariates.
    ConvergenceError
        When the iteration does not settle.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 0, 1, 0, 1], cluster=[1, 2, 3, 1, 2, 3])
    >>> model = cox(data, {"lumbar": [1, 0, 1, 0, 1, 0]})
    >>> model.coefficients.round(4).tolist(), model.std_error.round(4).tolist(), model.clusters
    ([-0.3401], [1.1322], 3)
    """
    check_kind("data", data, SurvivalData, "SurvivalData()")
    check_cause(cause)
    if ties not in get_args(Ties):
        allowed = ", ".join(map(repr, get_args(Ties)))
        raise InvalidDataError(f"ties: {ties!r}. Allowed: {allowed}.")
    design = as_design(covariates, len(data))
    cluster = regression_clusters(data, cluster_robust)
    if ties == "exact":
        _refuse_beside_exact(data, cluster)
    scaled = scaled_problem(data, data.event == cause, design, offset, ties)
    problem = scaled.problem
    likelihood = likelihood_of(problem)
    start = likelihood(np.zeros(problem.size))
    refuse_dependent(start.information, design.names)
    top = maximise(likelihood, start, lambda step: refuse_monotone(problem, design.names, step))
    covariance = inverse(top.end.information)
    robust = None if cluster is None else sandwich(problem, top.beta, covariance, cluster)
    return CoxModel(
        names=design.names,
        coefficients=scaled.to_units(top.beta),
        covariance=scaled.covariance_to_units(covariance),
        robust_covariance=None if robust is None else scaled.covariance_to_units(robust),
        log_likelihood=top.end.value,
        log_likelihood_null=top.start.value,
        rows=len(data),
        events=problem.sets.event_rows.size,
        clusters=None if cluster is None else count_clusters(cluster),
        ties=ties,
        method=_method(data, ties, cluster),
        steps=top.steps,
        fit=Fit(data, design, data.event == cause, scaled, top.beta, top.start, cluster),
    )


def sandwich(
    problem: Problem, beta: FloatArray, covariance: FloatArray, cluster: IntArray
) -> FloatArray:
    """Return covariance (Σ over clusters of their score residuals' outer product) covariance."""
    own = cluster[problem.sets.order]
    if is_large(own.size):
        from kyphort.survival.cox_many import scores_by_cluster  # noqa: PLC0415 - many rows only

        by_cluster = scores_by_cluster(problem, beta, own)
    else:
        by_cluster = sum_by_label(problem.sets.weight[:, None] * score_rows(problem, beta), own)
    middle = np.einsum("ci,cj->ij", by_cluster, by_cluster)
    found = covariance @ middle @ covariance
    return np.asarray((found + found.T) / 2.0)


def _refuse_beside_exact(data: SurvivalData, cluster: IntArray | None) -> None:
    if cluster is not None:
        raise InvalidDataError(
            "ties: 'exact' has no score residuals for clustered rows. Take 'efron', or say "
            "cluster_robust=False and read the errors as those of independent rows."
        )
    if data.weight is not None:
        raise InvalidDataError("ties: 'exact' takes no case weights. Take 'efron' or 'breslow'.")


def _method(data: SurvivalData, ties: Ties, cluster: IntArray | None) -> str:
    strata = "" if data.stratum is None else f", {int(data.stratum.max()) + 1} strata"
    late = "" if data.entry is None else ", late entry"
    errors = "model-based errors"
    if cluster is not None:
        unit = "rows" if data.cluster is None else "clusters"
        errors = f"sandwich over {count_clusters(cluster)} {unit}"
    return f"Cox regression, {ties} ties{strata}{late}, {errors}"
