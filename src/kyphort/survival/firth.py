"""Firth's penalised partial likelihood: finite hazard ratios from few events, profile limits."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.checks import check_cause, check_kind, check_level
from kyphort.survival.clusters import count_clusters, regression_clusters
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox import sandwich
from kyphort.survival.cox_fit import inverse, refuse_dependent, scaled_problem
from kyphort.survival.cox_likelihood import Ties, evaluate
from kyphort.survival.cox_model import CoxModel, Fit, ModelTest
from kyphort.survival.data import SurvivalData
from kyphort.survival.penalised import Penalised, Point
from kyphort.survival.transforms import normal_quantile

_FARTHEST = 60.0
_MOST_CUTS = 100
_CLOSE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class FirthModel(CoxModel):
    """A Cox model by penalised likelihood.

    `log_likelihood` and `log_likelihood_null` are penalised. `lower` and `upper` `(p,)` are limits
    of the hazard ratios by the profile of the penalised likelihood, `profile_p_values` `(p,)` those
    of its ratio test; both take rows as independent. A limit of a log hazard ratio beyond 60 for
    each standard deviation of its covariate is given as infinite, that of the ratio as 0.
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
    check_kind("data", data, SurvivalData, "SurvivalData()")
    check_cause(cause)
    check_level(level)
    if ties not in {"efron", "breslow"}:
        raise InvalidDataError(f"ties: {ties!r}. Allowed: 'efron', 'breslow'.")
    design = as_design(covariates, len(data))
    cluster = regression_clusters(data, cluster_robust)
    is_event = data.event == cause
    scaled = scaled_problem(data, is_event, design, offset, ties)
    problem = scaled.problem
    start = evaluate(problem, np.zeros(problem.size))
    refuse_dependent(start.information, design.names)
    penalised = Penalised(problem)
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


def _profiles(
    penalised: Penalised, top: Point, covariance: FloatArray, drop: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return lower and upper limits and p values of every coefficient `(p,)`."""
    size = top.beta.size
    lower, upper, p_values = np.empty(size), np.empty(size), np.empty(size)
    for place in range(size):
        profile = _Profile(penalised, top, place)
        error = float(np.sqrt(covariance[place, place]))
        lower[place] = profile.crossing(-error, drop)
        upper[place] = profile.crossing(error, drop)
        p_values[place] = upper_tail(profile.fall(profile.at(0.0, top)), 1)
    return lower, upper, p_values


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """Twice the fall of the penalised likelihood as one coefficient leaves its maximum."""

    penalised: Penalised
    top: Point
    place: int

    def at(self, value: float, near: Point, other: Point | None = None) -> Point:
        """Return the maximum with the coefficient held at a value, the others at their best.

        These start where a point near has them, or on the line through two.
        """
        start = near.beta.copy()
        if other is not None and other is not near:
            own, far = near.beta[self.place], other.beta[self.place]
            start += (value - own) / (far - own) * (other.beta - near.beta)
        start[self.place] = value
        return self.penalised.maximum(start, self.place)

    def fall(self, point: Point) -> float:
        """Return twice what a point has lost."""
        return max(2.0 * (self.top.value - point.value), 0.0)

    def crossing(self, stride: float, drop: float) -> float:
        """Return where the fall reaches `drop`, going by strides away from the maximum."""
        centre = float(self.top.beta[self.place])
        inner, outer, value = self.top, self.top, centre + 2.0 * stride
        while abs(value) <= _FARTHEST:
            inner, outer = outer, self.at(value, outer, inner)
            if self.fall(outer) >= drop:
                return self._between(inner, outer, drop)
            value += 2.0 * (value - centre)
        return float(np.copysign(np.inf, stride))

    def _between(self, inner: Point, outer: Point, drop: float) -> float:
        """Narrow the stretch in which the fall reaches `drop`: false position, of Illinois."""
        below, above = self.fall(inner) - drop, self.fall(outer) - drop
        low, high = float(inner.beta[self.place]), float(outer.beta[self.place])
        value, kept = high, 0
        for _ in range(_MOST_CUTS):
            if abs(high - low) <= _CLOSE:
                break
            value = (low * above - high * below) / (above - below)
            point = self.at(value, inner, outer)
            found = self.fall(point) - drop
            if abs(found) <= _CLOSE:
                return value
            if found < 0.0:
                inner, low, below = point, value, found
                above = above / 2.0 if kept < 0 else above
                kept = -1
            else:
                outer, high, above = point, value, found
                below = below / 2.0 if kept > 0 else below
                kept = 1
        return value
