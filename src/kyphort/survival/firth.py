"""Firth's penalised partial likelihood: finite hazard ratios from few events, profile limits."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import ConvergenceError, InvalidDataError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.checks import check_cause, check_level
from kyphort.survival.clusters import count_clusters, robust_clusters
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox import sandwich
from kyphort.survival.cox_fit import inverse, refuse_dependent, scaled_problem
from kyphort.survival.cox_likelihood import (
    Likelihood,
    Problem,
    RiskMoments,
    Ties,
    cumulated,
    evaluate,
    risk_moments,
    second_moments,
)
from kyphort.survival.cox_model import CoxModel, Fit, ModelTest
from kyphort.survival.data import SurvivalData
from kyphort.survival.newton import solved
from kyphort.survival.transforms import normal_quantile

_MOST_STEPS = 500
_MOST_HALVINGS = 30
_SETTLED = 1e-10
_FARTHEST = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class FirthModel(CoxModel):
    """A Cox model by penalised likelihood.

    `log_likelihood` and `log_likelihood_null` are penalised. `lower` and `upper` `(p,)` are limits
    of the hazard ratios by the profile of the penalised likelihood, `profile_p_values` `(p,)` those
    of its ratio test; both take rows as independent. A limit that is farther than 60 standard
    deviations of its covariate away, or cannot be found because other coefficients run away with
    it, is infinite, or 0.
    """

    lower: FloatArray = field(kw_only=True)
    upper: FloatArray = field(kw_only=True)
    profile_p_values: FloatArray = field(kw_only=True)
    level: float = field(kw_only=True)

    def penalised_ratio_test(self) -> ModelTest:
        """Test that all coefficients are zero by twice the gain in penalised log-likelihood."""
        gain = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        df = len(self.names)
        return ModelTest(gain, df, upper_tail(gain, df), "penalised likelihood-ratio test")


def firth(
    data: SurvivalData,
    covariates: Covariates,
    *,
    ties: Ties = "efron",
    offset: ArrayLike | None = None,
    cause: int = 1,
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> FirthModel:
    """Estimate hazard ratios from few events by Firth's penalised partial likelihood.

    Maximises log L(β) + ½ log det I(β), which takes away the first-order bias and has a finite
    maximum also where every event is the highest at risk and Cox's likelihood has none. Limits of a
    coefficient are where twice the fall of the penalised likelihood, maximised over the others, is
    the χ²₁ quantile.

    Parameters
    ----------
    data, covariates, offset, cause, cluster_robust
        As for `cox`.
    ties
        "efron" (the default) or "breslow", which other programs take for this model.
    level
        Confidence level of the profile limits.

    Source: Firth 1993, doi 10.1093/biomet/80.1.27; Heinze & Schemper 2001, doi
    10.1111/j.0006-341X.2001.00114.x (Cox models, profile limits).

    Raises
    ------
    InvalidDataError
        As for `cox`, or for ties="exact".
    ConvergenceError
        When the iteration does not settle.

    Examples
    --------
    No event without the covariate: Cox's likelihood has no maximum, the penalised one does.

    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 0, 1, 0, 0])
    >>> model = firth(data, {"x": [1, 1, 1, 1, 0, 0]})
    >>> model.hazard_ratios.round(2).tolist(), model.lower.round(2).tolist()
    ([7.57], [0.64])
    """
    check_cause(cause)
    check_level(level)
    if ties not in {"efron", "breslow"}:
        raise InvalidDataError(f"ties: {ties!r}. Allowed: 'efron', 'breslow'.")
    design = as_design(covariates, len(data))
    cluster = robust_clusters(data, cluster_robust)
    is_event = data.event == cause
    scaled = scaled_problem(data, is_event, design, offset, ties)
    problem = scaled.problem
    start = evaluate(problem, np.zeros(problem.size))
    refuse_dependent(start.information, design.names)
    penalised = _Penalised(problem)
    top = penalised.maximum(np.zeros(problem.size))
    null = penalised.evaluate(np.zeros(problem.size))
    covariance = inverse(top.information)
    robust = None if cluster is None else sandwich(problem, top.beta, covariance, cluster)
    drop = normal_quantile(level) ** 2
    units = float(np.log(scaled.scale).sum())
    lower, upper, p_values = _profiles(penalised, top, covariance, drop)
    return FirthModel(
        names=design.names,
        coefficients=scaled.to_units(top.beta),
        covariance=scaled.covariance_to_units(covariance),
        robust_covariance=None if robust is None else scaled.covariance_to_units(robust),
        # |I| of the covariates' own units.
        log_likelihood=top.value + units,
        log_likelihood_null=null.value + units,
        rows=len(data),
        events=problem.sets.event_rows.size,
        clusters=None if cluster is None else count_clusters(cluster),
        ties=ties,
        method=f"Cox regression by Firth's penalised likelihood, {ties} ties, profile limits",
        steps=top.steps,
        fit=Fit(data, design, is_event, scaled, top.beta, start, cluster),
        lower=np.exp(scaled.to_units(lower)),
        upper=np.exp(scaled.to_units(upper)),
        profile_p_values=p_values,
        level=level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Point(Likelihood):
    """The penalised likelihood at coefficients `beta`, reached after some steps."""

    beta: FloatArray
    steps: int


class _Penalised:
    """The penalised log-likelihood of a problem, and its maximum with some coefficients held."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def evaluate(self, beta: FloatArray, steps: int = 0) -> _Point:
        """Return log L + ½ log det I with its gradient, and the information of log L."""
        plain = evaluate(self._problem, beta)
        sign, logarithm = np.linalg.slogdet(plain.information)
        if sign <= 0.0 or not np.isfinite(logarithm):
            return _Point(-np.inf, plain.gradient, plain.information, beta, steps)
        slope = _slope_of_information(self._problem, risk_moments(self._problem, beta))
        pull = 0.5 * np.einsum("jk,jkl->l", inverse(plain.information), slope)
        value = plain.value + 0.5 * float(logarithm)
        return _Point(value, plain.gradient + pull, plain.information, beta, steps)

    def maximum(self, start: FloatArray, held: int | None = None) -> _Point:
        """Climb from a start; the coefficient `held` stays."""
        free = np.arange(start.size) != (-1 if held is None else held)
        now = self.evaluate(start)
        for count in range(_MOST_STEPS):
            if not free.any():
                return now
            step = np.zeros_like(start)
            information = now.information[np.ix_(free, free)]
            step[free] = solved(information, now.gradient[free])
            step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
            following = self._risen(now, step, count + 1)
            if float(np.abs(step).max()) < _SETTLED or following is now:
                return following
            now = following
        raise ConvergenceError(
            f"The penalised likelihood still moves after {_MOST_STEPS} steps. Look for covariates "
            "that depend on each other, or take fewer."
        )

    def _risen(self, now: _Point, step: FloatArray, count: int) -> _Point:
        for _ in range(_MOST_HALVINGS):
            following = self.evaluate(now.beta + step, count)
            if following.value >= now.value - 1e-12 * (1.0 + abs(now.value)):
                return following
            step = step / 2.0
        return now


def _slope_of_information(problem: Problem, moments: RiskMoments) -> FloatArray:
    """Return ∂I_jk/∂β_l `(p, p, p)`: the third central moments of the covariates at risk.

    E(z z z) is the moment of all rows weighted by the events they were expected to have; the rest
    follows from the means and second moments of each event's risk set.
    """
    sets, z = problem.sets, problem.design
    expected = sets.weight * moments.risk * cumulated(sets, moments, moments.hazard[:, None])[:, 0]
    third = np.einsum("i,ij,ik,il->jkl", expected, z, z, z, optimize=True)
    mean, weight = moments.mean, moments.weight
    second = second_moments(problem, moments)
    mixed = np.einsum("e,ejk,el->jkl", weight, second, mean, optimize=True)
    product = np.einsum("e,ej,ek,el->jkl", weight, mean, mean, mean, optimize=True)
    rotated = mixed + mixed.transpose(0, 2, 1) + mixed.transpose(2, 0, 1)
    return np.asarray(third - rotated + 2.0 * product)


def _profiles(
    penalised: _Penalised, top: _Point, covariance: FloatArray, drop: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return lower and upper limits and p values of every coefficient `(p,)`."""
    size = top.beta.size
    lower, upper, p_values = np.empty(size), np.empty(size), np.empty(size)
    for place in range(size):
        profile = _Profile(penalised, top, place)
        error = float(np.sqrt(covariance[place, place]))
        lower[place] = profile.crossing(-error, drop)
        upper[place] = profile.crossing(error, drop)
        p_values[place] = profile.p_value()
    return lower, upper, p_values


class _Profile:
    """Twice the fall of the penalised likelihood as one coefficient leaves its maximum."""

    def __init__(self, penalised: _Penalised, top: _Point, place: int) -> None:
        self._penalised, self._top, self._place = penalised, top, place
        self._near = top.beta

    def fall(self, value: float) -> float:
        """Return it at a value of the coefficient, the others at their best."""
        start = self._near.copy()
        start[self._place] = value
        found = self._penalised.maximum(start, self._place)
        self._near = found.beta
        return max(2.0 * (self._top.value - found.value), 0.0)

    def p_value(self) -> float:
        """Return the p value of the coefficient; NaN where its profile at 0 cannot be found."""
        try:
            return upper_tail(self.fall(0.0), 1)
        except ConvergenceError:
            return float("nan")

    def crossing(self, stride: float, drop: float) -> float:
        """Return where the fall reaches `drop`, going by strides away from the maximum."""
        self._near = self._top.beta
        centre = float(self._top.beta[self._place])
        inner, outer = centre, centre + 2.0 * stride
        try:
            while self.fall(outer) < drop:
                inner, outer = outer, outer + 2.0 * (outer - centre)
                if abs(outer) > _FARTHEST:
                    return float(np.copysign(np.inf, stride))
            return _bisect(lambda value: self.fall(value) - drop, inner, outer)
        except ConvergenceError:
            # The other coefficients run away with this one: nothing bounds it on this side.
            return float(np.copysign(np.inf, stride))


def _bisect(function: Callable[[float], float], inner: float, outer: float) -> float:
    """Return where a function that is below zero at `inner` and above at `outer` crosses zero."""
    from scipy.optimize import brentq  # noqa: PLC0415 - slow to import, needed only here

    return float(brentq(function, inner, outer, xtol=1e-10, rtol=1e-12))
