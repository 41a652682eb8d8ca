"""The Aalen–Johansen estimator of a cumulative incidence under competing risks."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import FloatArray, IntArray, ratio, with_start
from kyphort.survival.checks import check_cause
from kyphort.survival.clusters import count_clusters, robust_clusters
from kyphort.survival.curves import error_method
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import (
    ExitCounts,
    RiskCounts,
    at_risk_at,
    product_limit,
    risk_counts,
    risk_process,
)
from kyphort.survival.influence import (
    between_clusters,
    incidence_of_many,
    incidence_variance,
    time_lost_influence,
)
from kyphort.survival.results import Estimate, IncidencePoints
from kyphort.survival.steps import StepReader, snap_horizon
from kyphort.survival.transforms import Confidence, normal_quantile, step_limits

_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeIncidence:
    """The probability of having had one cause by each time, with limits and numbers at risk.

    All arrays are `(m,)`, at the distinct exit times of any code. Where the incidence is 0 the
    limits are 0; where it is 1 the error is 0 and the limits are NaN. `at_risk` counts T ≥ t.
    `clusters` is None when each row counts as one independent unit.
    """

    times: FloatArray
    incidence: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray
    events: FloatArray
    cause: int
    rows: int
    clusters: int | None
    confidence: Confidence
    level: float
    method: str
    label: str
    unit_of_analysis: str
    data: SurvivalData = field(repr=False)
    _counts: ExitCounts = field(repr=False)
    _cluster: IntArray | None = field(repr=False)

    @property
    def censored(self) -> FloatArray:
        """Weighted number `(m,)` that leave without an event."""
        return self._counts.censored

    @property
    def competing(self) -> FloatArray:
        """Weighted number `(m,)` that leave by another cause."""
        return self._counts.competing

    def at(self, t: ArrayLike) -> IncidencePoints:
        """Read the incidence at one time or several; the arrays returned have the shape of `t`.

        Right-continuous; before the first time everything is 0; after the last exit everything but
        the number at risk is NaN.

        Examples
        --------
        >>> incidence = aalen_johansen(SurvivalData([4, 11, 12, 13], [1, 2, 1, 0]))
        >>> incidence.at([2, 11, 12]).incidence.tolist()
        [0.0, 0.25, 0.5]
        """
        reader = StepReader(self.times, t)
        return IncidencePoints(
            times=reader.asked,
            incidence=reader.read(0.0, self.incidence),
            std_error=reader.read(0.0, self.std_error),
            lower=reader.read(0.0, self.lower),
            upper=reader.read(0.0, self.upper),
            at_risk=at_risk_at(self.data, reader.asked),
        )

    def time_lost(self, tau: float) -> Estimate:
        """Return the mean time lost to the cause before `tau`, ∫₀^τ F(t) dt.

        The standard error is the infinitesimal jackknife by cluster, or by row; the limits are
        symmetric, clipped to [0, τ].

        Source: Andersen 2013, doi 10.1002/sim.5903.

        Raises
        ------
        InvalidDataError
            When `tau` is not above zero, or lies beyond the last exit while some are event-free.

        Examples
        --------
        >>> aalen_johansen(SurvivalData([4, 11, 12, 13], [1, 2, 1, 0])).time_lost(12).value
        2.0
        """
        is_event = self.data.event > 0
        process = risk_process(self.data, is_event)
        unknown = float(product_limit(process)[-1]) > 0.0
        tau = snap_horizon(tau, self.times, unknown=unknown)
        times = np.minimum(with_start(0.0, self.times), tau)
        # After the last exit nothing changes any more.
        times, heights = np.append(times, tau), with_start(0.0, self.incidence)
        value = float(np.sum(np.diff(times) * heights))
        of_cause = self.data.event == self.cause
        by_row = time_lost_influence(process, of_cause, times, self.incidence)
        cluster = np.arange(self.rows) if self._cluster is None else self._cluster
        std_error = float(np.sqrt(between_clusters(by_row, cluster)))
        margin = normal_quantile(self.level) * std_error
        lower, upper = max(value - margin, 0.0), min(value + margin, tau)
        if np.isnan(std_error):
            lower = upper = float("nan")
        method = f"area under the incidence to {tau:g}, symmetric limits; {self.method}"
        return Estimate(value, std_error, lower, upper, self.level, method)


def aalen_johansen(
    data: SurvivalData,
    cause: int = 1,
    confidence: Confidence = "log-log",
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> CumulativeIncidence:
    """Estimate the cumulative incidence of one cause while the other causes compete.

    F(t) = Σ S(s⁻) d₁/Y over event times s up to t, with S the survival from every cause. The limits
    transform the incidence itself, as R does. Strata are pooled.

    Parameters
    ----------
    data
        Rows with entry times, clusters and case weights where they have any.
    cause
        The event code whose incidence is wanted.
    confidence
        Scale of the limits: "log-log", "log", "plain", "logit" or "arcsin".
    level
        Confidence level of the limits.
    cluster_robust
        True or None: infinitesimal jackknife by cluster where rows share one, by row otherwise;
        False: by row. A row that was cut into several needs its subject as cluster. A weighted row
        is one unit, not several: give copies the same cluster to obtain its error.

    Source: Aalen & Johansen 1978, Scand J Stat 5:141; the variance is that of R's `survfit` with
    several states, see `kyphort.survival.influence`.

    Raises
    ------
    InvalidDataError
        For an unknown `cause`, `confidence` or `level`.

    Examples
    --------
    >>> incidence = aalen_johansen(SurvivalData([4, 11, 12, 13], [1, 2, 1, 0]), cause=2)
    >>> incidence.incidence.tolist()
    [0.0, 0.25, 0.25, 0.25]
    """
    check_cause(cause)
    counts = ExitCounts(data, cause)
    at_risk = risk_counts(data, counts, None)
    labelled = robust_clusters(data, cluster_robust)
    values, variance = _estimate(data, at_risk, counts, cause, labelled)
    std_error = np.sqrt(variance)
    std_error[(values == 0.0) | (values == 1.0)] = 0.0
    lower, upper = np.empty((2, values.size))
    moves = (counts.events > 0.0).view(np.uint8)
    step_limits(values, std_error, moves, confidence, level, lower, upper)
    nothing_yet = values == 0.0
    lower[nothing_yet] = upper[nothing_yet] = 0.0
    clusters = None if labelled is None else count_clusters(labelled)
    return CumulativeIncidence(
        times=at_risk.times,
        incidence=values,
        std_error=std_error,
        lower=lower,
        upper=upper,
        at_risk=at_risk.at_risk,
        events=counts.events,
        cause=int(cause),
        rows=len(data),
        clusters=clusters,
        confidence=confidence,
        level=level,
        method=f"Aalen–Johansen, {_error_method(clusters, len(data))}, {confidence} limits",
        label=data.label,
        unit_of_analysis=data.unit_of_analysis,
        data=data,
        _counts=counts,
        _cluster=labelled,
    )


def _estimate(
    data: SurvivalData,
    at_risk: RiskCounts,
    counts: ExitCounts,
    cause: int,
    cluster: IntArray | None,
) -> tuple[FloatArray, FloatArray]:
    """Return F and its variance, `(m,)` each."""
    if data.exits is None:
        process = risk_process(data, data.event > 0)
        values = _incidence(at_risk, counts.events)
        rows = np.arange(len(data)) if cluster is None else cluster
        return values, incidence_variance(process, rows, data.event == cause, values)
    values, variance = incidence_of_many(data, cluster, cause, at_risk, counts.events)
    values[values > 1.0 - _ROUNDING] = 1.0
    return values, variance


def _incidence(at_risk: RiskCounts, events: FloatArray) -> FloatArray:
    before = with_start(1.0, product_limit(at_risk))[:-1]
    values = np.cumsum(before * ratio(events, at_risk.at_risk))
    # A sum of jumps can miss certainty by rounding only.
    return np.where(values > 1.0 - _ROUNDING, 1.0, values)


def _error_method(clusters: int | None, rows: int) -> str:
    if clusters is None:
        return f"infinitesimal-jackknife standard error over {rows} rows"
    return error_method(clusters)
