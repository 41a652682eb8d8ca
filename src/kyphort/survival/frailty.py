"""Gamma shared frailty: a Cox model in which the rows of a cluster share an unseen risk."""

from dataclasses import dataclass, field

import numpy as np

from kyphort.errors import ConvergenceError, InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.checks import check_cause, check_kind, check_level
from kyphort.survival.clusters import count_clusters, has_shared_clusters, refuse_one_cluster
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox_fit import inverse, refuse_dependent, scaled_problem
from kyphort.survival.cox_likelihood import (
    Problem,
    Ties,
    evaluate,
    expected_events,
    risk_moments,
)
from kyphort.survival.cox_model import CoxModel, ModelTest
from kyphort.survival.data import SurvivalData
from kyphort.survival.newton import solved
from kyphort.survival.transforms import normal_quantile

_MOST_NUMBERS = 30_000_000
_MOST_STEPS = 100
_MOST_HALVINGS = 30
_SETTLED = 1e-9
_SMALLEST, _LARGEST = 1e-4, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class FrailtyModel(CoxModel):
    """A Cox model with a gamma frailty of mean 1 for each cluster.

    `frailty_variance` with its profile limits, and `frailties` `(c,)`, the expected frailty of each
    cluster given its rows, in sorted label order. Hazard ratios hold within a cluster.
    `log_likelihood` is the marginal one (the frailty integrated out), `log_likelihood_null` that of
    a variance of zero with the same covariates.
    """

    frailty_variance: float = field(kw_only=True)
    variance_lower: float = field(kw_only=True)
    variance_upper: float = field(kw_only=True)
    frailties: FloatArray = field(kw_only=True)
    level: float = field(kw_only=True)

    def frailty_test(self) -> ModelTest:
        """Test that the variance is zero; half the weight of χ² lies at its edge, zero."""
        gain = max(2.0 * (self.log_likelihood - self.log_likelihood_null), 0.0)
        p_value = 1.0 if gain == 0.0 else upper_tail(gain, 1) / 2.0
        return ModelTest(gain, 1, p_value, "likelihood-ratio test of no frailty")


def gamma_frailty(
    data: SurvivalData,
    covariates: Covariates,
    *,
    ties: Ties = "efron",
    cause: int = 1,
    level: float = 0.95,
) -> FrailtyModel:
    """Estimate hazard ratios within clusters, and how much the clusters differ.

    λ(t | z, cluster) = u λ₀(t) exp(zᵀβ), u gamma with mean 1 and variance θ. For a given θ the
    penalised partial likelihood log L(β, b) + Σ (b - exp b) / θ, b = log u, has the same maximum as
    the EM algorithm; θ maximises the marginal likelihood at that maximum. The covariance is the
    block of the inverse of the whole penalised information, θ taken as known.

    Parameters
    ----------
    data
        Rows with clusters; strata and late entry count, weights are not taken.
    covariates, cause
        As for `cox`.
    ties
        "efron" or "breslow".
    level
        Confidence level of the profile limits of θ.

    Source: Nielsen, Gill, Andersen & Sørensen 1992, Scand J Stat 19:25 (EM); Therneau, Grambsch &
    Pankratz 2003, doi 10.1198/1061860031365 (penalised form).

    Raises
    ------
    InvalidDataError
        When no cluster holds two rows, or there are weights, or more clusters × rows than memory.
    ConvergenceError
        When the iteration does not settle.

    Examples
    --------
    >>> data = SurvivalData(
    ...     [1, 2, 3, 9, 8, 7, 2, 1], [1, 1, 1, 1, 0, 0, 1, 1], cluster=[1, 1, 2, 2, 3, 3, 4, 4]
    ... )
    >>> model = gamma_frailty(data, {"x": [0, 1, 1, 0, 0, 1, 1, 0]})
    >>> round(model.frailty_variance, 2), model.frailties.round(2).tolist()
    (0.76, [1.55, 0.57, 0.33, 1.55])
    """
    check_kind("data", data, SurvivalData, "SurvivalData()")
    check_cause(cause)
    check_level(level)
    cluster = _check(data, ties)
    design = as_design(covariates, len(data))
    scaled = scaled_problem(data, data.event == cause, design, None, ties)
    start = evaluate(scaled.problem, np.zeros(scaled.problem.size))
    refuse_dependent(start.information, design.names)
    shared = _Shared(scaled.problem, cluster[scaled.problem.sets.order])
    variance = _best_variance(shared)
    top = shared.maximum(variance)
    covariance = shared.covariance(variance)
    lower, upper = _variance_limits(shared, variance, top, normal_quantile(level) ** 2 / 2.0)
    return FrailtyModel(
        names=design.names,
        coefficients=scaled.to_units(shared.beta),
        covariance=scaled.covariance_to_units(covariance),
        robust_covariance=None,
        log_likelihood=top,
        log_likelihood_null=shared.maximum(0.0),
        rows=len(data),
        events=scaled.problem.sets.event_rows.size,
        clusters=count_clusters(cluster),
        ties=ties,
        method=f"Cox regression with a gamma frailty shared in {count_clusters(cluster)} clusters, "
        f"{ties} ties",
        steps=shared.steps,
        frailty_variance=variance,
        variance_lower=lower,
        variance_upper=upper,
        frailties=shared.frailties(variance),
        level=level,
    )


class _Shared:
    """The penalised fit for a given variance; each starts where the last one ended."""

    def __init__(self, problem: Problem, cluster: IntArray) -> None:
        self._problem, self._cluster = problem, cluster
        self._p, self._c = problem.size, count_clusters(cluster)
        member = np.zeros((cluster.size, self._c))
        member[np.arange(cluster.size), cluster] = 1.0
        both = np.concatenate((problem.design, member), axis=1)
        self._all = Problem(problem.sets, both, None, problem.ties)
        self._events = np.bincount(cluster, problem.sets.is_event, self._c)
        self._now = np.zeros(self._p + self._c)
        self.steps = 0

    @property
    def beta(self) -> FloatArray:
        """The coefficients of the last fit `(p,)`, scaled."""
        return self._now[: self._p]

    def frailties(self, variance: float) -> FloatArray:
        """Return the expected frailties `(c,)`."""
        self.maximum(variance)
        return np.exp(self._now[self._p :]) if variance > 0.0 else np.ones(self._c)

    def maximum(self, variance: float) -> float:
        """Return the marginal log-likelihood at the best coefficients for a variance."""
        free = self._p if variance == 0.0 else self._p + self._c
        if variance == 0.0:
            self._now[self._p :] = 0.0
        value, gradient, information = self._penalised(self._now, variance)
        for _ in range(_MOST_STEPS):
            self.steps += 1
            step = np.zeros_like(self._now)
            step[:free] = solved(information[:free, :free], gradient[:free])
            step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
            for _ in range(_MOST_HALVINGS):
                found = self._penalised(self._now + step, variance)
                if found[0] >= value - 1e-10 * (1.0 + abs(value)):
                    break
                step /= 2.0
            self._now = self._now + step
            value, gradient, information = found
            if float(np.abs(step).max()) < _SETTLED:
                return value + self._correction(variance)
        raise ConvergenceError(
            f"The frailties still move after {_MOST_STEPS} steps at a variance of {variance:.3g}. "
            "Look for a covariate that is constant within clusters without events, or fit with "
            "firth()."
        )

    def covariance(self, variance: float) -> FloatArray:
        """Return the coefficients' block of the inverse penalised information `(p, p)`."""
        self.maximum(variance)
        information = self._penalised(self._now, variance)[2]
        if variance == 0.0:
            return inverse(information[: self._p, : self._p])
        found = np.linalg.inv(information)[: self._p, : self._p]
        return np.asarray((found + found.T) / 2.0)

    def _penalised(
        self, place: FloatArray, variance: float
    ) -> tuple[float, FloatArray, FloatArray]:
        sets, moments = self._all.sets, risk_moments(self._all, place)
        logarithm = np.log(moments.denominator) + moments.log_scale
        value = float(moments.eta[sets.event_rows].sum() - moments.weight @ logarithm)
        expected = expected_events(sets, moments)
        gradient = self._all.design.T @ (sets.is_event - expected)
        information = self._all.design.T @ (expected[:, None] * self._all.design)
        information -= moments.mean.T @ (moments.weight[:, None] * moments.mean)
        if variance > 0.0:
            logs = place[self._p :]
            size = np.exp(logs)
            value += float(np.sum(logs - size + 1.0)) / variance
            gradient[self._p :] += (1.0 - size) / variance
            diagonal = np.arange(self._p, place.size)
            information[diagonal, diagonal] += size / variance
        return value, gradient, information

    def _correction(self, variance: float) -> float:
        """Return marginal less penalised log-likelihood, which is zero for a variance of zero.

        Σ ν (exp b - 1) + Σ log((ν + k) / (ν + d)) - ν log(1 + d / ν) + d, k < d, ν = 1 / θ.
        """
        if variance == 0.0:
            return 0.0
        nu, d = 1.0 / variance, self._events
        size = np.exp(self._now[self._p :])
        steps = np.arange(int(d.max()))
        counted = steps[:, None] < d[None, :]
        rising = np.where(counted, np.log((nu + steps[:, None]) / (nu + d[None, :])), 0.0)
        each = nu * (size - 1.0) + rising.sum(axis=0) - nu * np.log1p(d / nu) + d
        return float(each.sum())


def _best_variance(shared: _Shared) -> float:
    """Return the variance with the largest marginal likelihood; 0 when none is better."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - slow to import, needed only here

    none = shared.maximum(0.0)
    bounds = (np.log(_SMALLEST), np.log(_LARGEST))
    found = minimize_scalar(
        lambda logarithm: -shared.maximum(float(np.exp(logarithm))),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-7},
    )
    best = float(np.exp(found.x))
    return best if -found.fun > none + 1e-9 * (1.0 + abs(none)) and best > 2 * _SMALLEST else 0.0


def _variance_limits(
    shared: _Shared, variance: float, top: float, drop: float
) -> tuple[float, float]:
    """Return where the marginal likelihood is `drop` lower; 0 and infinity where it never is."""
    from scipy.optimize import brentq  # noqa: PLC0415 - slow to import, needed only here

    def above(logarithm: float) -> float:
        return shared.maximum(float(np.exp(logarithm))) - top + drop

    centre, low, high = np.log(max(variance, _SMALLEST)), np.log(_SMALLEST), np.log(_LARGEST)
    lower = 0.0
    if variance > 0.0 and shared.maximum(0.0) < top - drop and above(low) < 0.0:
        lower = float(np.exp(brentq(above, low, centre, xtol=1e-8)))
    upper = float("inf")
    if above(high) < 0.0:
        upper = float(np.exp(brentq(above, centre, high, xtol=1e-8)))
    shared.maximum(variance)
    return lower, upper


def _check(data: SurvivalData, ties: Ties) -> IntArray:
    if ties not in {"efron", "breslow"}:
        raise InvalidDataError(f"ties: {ties!r}. Allowed: 'efron', 'breslow'.")
    if data.weight is not None:
        raise InvalidDataError("weight: not taken here. Leave weights out, or repeat rows.")
    if data.cluster is None or not has_shared_clusters(data):
        raise InvalidDataError(
            "cluster: no cluster holds two rows, so that nothing is shared. Give the rows of one "
            "patient one label, or fit with cox()."
        )
    refuse_one_cluster(data.cluster)
    if count_clusters(data.cluster) * len(data) > _MOST_NUMBERS:
        raise InvalidDataError(
            f"cluster: {count_clusters(data.cluster)} clusters of {len(data)} rows are too many "
            "for this fit. Fit with cox(), whose robust errors respect clusters of any number."
        )
    return data.cluster
