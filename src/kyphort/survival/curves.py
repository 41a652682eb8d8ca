"""The Kaplan–Meier estimator, with Greenwood or cluster-robust standard errors."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import FloatArray, IntArray, from_the_right, with_start
from kyphort.survival.checks import as_probability, check_cause
from kyphort.survival.clusters import count_clusters, robust_clusters
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import (
    ExitCounts,
    RiskCounts,
    RiskProcess,
    TableRisk,
    at_risk_at,
    greenwood_terms,
    reversed_process,
    risk_of_cause,
    risk_process,
    survival_and_greenwood,
)
from kyphort.survival.influence import between_clusters, log_survival_variance, mean_influence
from kyphort.survival.results import CurvePoints, Estimate, Quantile
from kyphort.survival.steps import StepReader, crossing_time, first_below, snap_horizon
from kyphort.survival.transforms import Confidence, normal_quantile, step_limits


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """A survival curve with limits, numbers at risk, and what they rest on.

    All arrays are `(m,)`, at the distinct exit times of any code. `std_error` is on the scale of
    the survival; where the survival is 0 it is 0 and the limits are NaN, where the survival is 1
    the limits are 1. `at_risk` counts T ≥ t; `events`, `censored` and `competing` leave at that
    time. `clusters` is None when the standard error takes rows as independent.
    """

    times: FloatArray
    survival: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    rows: int
    clusters: int | None
    confidence: Confidence
    level: float
    method: str
    label: str
    unit_of_analysis: str
    data: SurvivalData = field(repr=False)
    _risk: RiskCounts | TableRisk = field(repr=False)
    _counts: ExitCounts = field(repr=False)
    _cause: int = field(repr=False)
    _is_reversed: bool = field(repr=False)
    _cluster: IntArray | None = field(repr=False)

    @property
    def at_risk(self) -> FloatArray:
        """Weighted number `(m,)` with T ≥ t."""
        return self._risk.at_risk

    @property
    def events(self) -> FloatArray:
        """Weighted number `(m,)` that leave by the event."""
        return self._risk.events

    @property
    def censored(self) -> FloatArray:
        """Weighted number `(m,)` that leave without an event; in a reverse curve, with one."""
        return self._counts.every if self._is_reversed else self._counts.censored

    @property
    def competing(self) -> FloatArray:
        """Weighted number `(m,)` that leave by another cause; none in a reverse curve."""
        return np.zeros_like(self.times) if self._is_reversed else self._counts.competing

    def at(self, t: ArrayLike) -> CurvePoints:
        """Read the curve at one time or several; the arrays returned have the shape of `t`.

        Right-continuous; before the first time S = 1, SE = 0 and the limits are 1; after the last
        exit everything but the number at risk is NaN.

        Examples
        --------
        >>> curve = kaplan_meier(SurvivalData([4, 11, 12], [1, 0, 1]))
        >>> curve.at([2, 4, 20]).survival.round(4).tolist()
        [1.0, 0.6667, nan]
        """
        reader = StepReader(self.times, t)
        return CurvePoints(
            times=reader.asked,
            survival=reader.read(1.0, self.survival),
            std_error=reader.read(0.0, self.std_error),
            lower=reader.read(1.0, self.lower),
            upper=reader.read(1.0, self.upper),
            at_risk=at_risk_at(self.data, reader.asked),
        )

    def quantile(self, p: float) -> Quantile:
        """Return the first time at which S ≤ 1 - p, with limits on the scale of the curve's own.

        The limits are the times at which the limits of the curve cross 1 - p. Where a curve is flat
        exactly at 1 - p the middle of the flat piece is taken, as R does. NaN: not reached.

        Source: Brookmeyer & Crowley 1982, doi 10.2307/2530286.

        Examples
        --------
        >>> curve = kaplan_meier(SurvivalData([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0]))
        >>> curve.quantile(0.5).estimate
        3.5
        """
        height = 1.0 - as_probability("p", p)
        estimate, lower, upper = (
            crossing_time(self.times, curve, height)
            for curve in (self.survival, self.lower, self.upper)
        )
        method = f"Brookmeyer–Crowley, {self.confidence} limits; {self.method}"
        if np.isnan(estimate):
            method += f"; not reached: the curve stays above {height:g}"
        return Quantile(float(p), estimate, lower, upper, self.level, method)

    def restricted_mean(self, tau: float) -> Estimate:
        """Return the mean time up to `tau`, ∫₀^τ S(t) dt, in the unit of the times.

        The standard error is √Σ (∫ₜ^τ S)² d / (Y (Y - d)), or cluster-robust when the curve's is;
        the limits are symmetric, clipped to [0, τ].

        Source: Klein & Moeschberger 2003, Survival Analysis, section 4.5, doi 10.1007/b97377.

        Raises
        ------
        InvalidDataError
            When `tau` is not above zero, or lies beyond the last exit while the curve is not yet 0.

        Examples
        --------
        >>> kaplan_meier(SurvivalData([4, 11, 12], [1, 0, 1])).restricted_mean(10).value
        8.0
        """
        tau = snap_horizon(tau, self.times, unknown=float(self.survival[-1]) > 0.0)
        times = np.minimum(with_start(0.0, self.times), tau)
        survival = with_start(1.0, self.survival)
        value = float(np.sum(np.diff(times) * survival[:-1]))
        std_error = float(np.sqrt(self._mean_variance(times, survival)))
        margin = normal_quantile(self.level) * std_error
        lower, upper = max(value - margin, 0.0), min(value + margin, tau)
        if np.isnan(std_error):
            lower = upper = float("nan")
        method = f"area under the curve to {tau:g}, symmetric limits; {self.method}"
        return Estimate(value, std_error, lower, upper, self.level, method)

    def time_lost(self, tau: float) -> Estimate:
        """Return the mean time lost before `tau`, τ - ∫₀^τ S(t) dt, in the unit of the times.

        Raises
        ------
        InvalidDataError
            As `restricted_mean`.

        Examples
        --------
        >>> kaplan_meier(SurvivalData([4, 11, 12], [1, 0, 1])).time_lost(10).value
        2.0
        """
        mean = self.restricted_mean(tau)
        return Estimate(
            tau - mean.value,
            mean.std_error,
            tau - mean.upper,
            tau - mean.lower,
            self.level,
            f"area above the curve to {tau:g}, symmetric limits; {self.method}",
        )

    def _mean_variance(self, times: FloatArray, survival: FloatArray) -> float:
        if self._cluster is not None:
            by_row = mean_influence(self._process(), times, survival)
            return between_clusters(by_row, self._cluster)
        pieces = np.diff(times) * survival[:-1]
        still_to_come = np.append(from_the_right(pieces)[1:], 0.0)
        counts = RiskCounts(self.times, self.at_risk, self.events)
        return float(np.sum(still_to_come**2 * greenwood_terms(counts)))

    def _process(self) -> RiskProcess:
        if self._is_reversed:
            return reversed_process(self.data)
        return risk_process(self.data, self.data.event == self._cause)


def kaplan_meier(
    data: SurvivalData,
    cause: int = 1,
    confidence: Confidence = "log-log",
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> SurvivalCurve:
    """Estimate the survival function of one cause by Kaplan and Meier's product limit.

    S(t) = Π (1 - d/Y) over event times up to t. Every other code leaves the risk set as a
    censoring; `competing` says how many. Strata are pooled: `SurvivalData.split` gives one each.

    Parameters
    ----------
    data
        Rows with entry times, clusters and case weights where they have any.
    cause
        The event code counted.
    confidence
        Scale of the limits: "log-log", "log", "plain", "logit" or "arcsin".
    level
        Confidence level of the limits.
    cluster_robust
        True: infinitesimal jackknife by cluster (by row without clusters), no factor G/(G - 1);
        False: Greenwood; None: robust when a cluster holds more than one row or a weight is not a
        whole number. With only one cluster the robust error and its limits are NaN.

    Source: Kaplan & Meier 1958, doi 10.1080/01621459.1958.10501452; Greenwood 1926; the clustered
    variance is that of R's `survfit(cluster=)`, see `kyphort.survival.influence`.

    Raises
    ------
    InvalidDataError
        For an unknown `cause`, `confidence` or `level`.

    Examples
    --------
    >>> curve = kaplan_meier(SurvivalData([6, 6, 6, 6, 7, 9, 10], [1, 1, 1, 0, 1, 0, 1]))
    >>> curve.survival.round(4).tolist()
    [0.5714, 0.381, 0.381, 0.0]
    >>> curve.at(8).at_risk.tolist()
    2.0
    """
    check_cause(cause)
    counts = ExitCounts(data, cause)
    at_risk = risk_of_cause(data, cause)
    cluster = robust_clusters(data, cluster_robust)
    return build_curve(
        data, at_risk, counts, cluster, cause=cause, confidence=confidence, level=level
    )


def build_curve(
    data: SurvivalData,
    at_risk: RiskCounts | TableRisk,
    counts: ExitCounts,
    cluster: IntArray | None,
    *,
    cause: int,
    confidence: Confidence,
    level: float,
    is_reversed: bool = False,
) -> SurvivalCurve:
    """Turn counts of who is at risk into a curve with errors and limits."""
    # One block of memory for all four: fresh pages cost more than the arithmetic.
    survival, variance, lower, upper = np.empty((4, at_risk.times.size))
    moves = survival_and_greenwood(at_risk, survival, variance)
    if cluster is not None:
        variance[:] = log_survival_variance(
            data, cluster, cause, at_risk, variance, is_reversed=is_reversed
        )
    std_error = np.sqrt(variance, out=variance)
    std_error *= survival
    certain, gone = first_below(survival, 1.0), first_below(survival, np.nextafter(0.0, 1.0))
    std_error[:certain] = std_error[gone:] = 0.0
    step_limits(survival, std_error, moves, confidence, level, lower, upper)
    lower[:certain] = upper[:certain] = 1.0
    clusters = None if cluster is None else count_clusters(cluster)
    name = "reverse Kaplan–Meier" if is_reversed else "Kaplan–Meier"
    return SurvivalCurve(
        times=at_risk.times,
        survival=survival,
        std_error=std_error,
        lower=lower,
        upper=upper,
        rows=len(data),
        clusters=clusters,
        confidence=confidence,
        level=level,
        method=f"{name}, {error_method(clusters)}, {confidence} limits",
        label=data.label,
        unit_of_analysis=data.unit_of_analysis,
        data=data,
        _risk=at_risk,
        _counts=counts,
        _cause=int(cause),
        _is_reversed=is_reversed,
        _cluster=cluster,
    )


def error_method(clusters: int | None) -> str:
    """Name the standard error in words."""
    if clusters is None:
        return "Greenwood standard error"
    if clusters == 1:
        return "no standard error from one cluster"
    return f"infinitesimal-jackknife standard error over {clusters} clusters"
