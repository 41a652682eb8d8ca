"""Who is at risk and who leaves, counted at each distinct time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, count_at, from_the_right, ratio
from kyphort.survival.data import SurvivalData
from kyphort.survival.ties import snap

_Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class RiskProcess:
    """Rows as intervals of positions among the distinct exit times, with the counts they give.

    `times` is `(m,)` ascending. Row i is at risk at positions `first[i]` to `last[i]`, both
    included (never, when `last < first`), and its event, if `is_event[i]`, falls on `last[i]`.
    `at_risk` and `events` are `(m,)`, weighted.
    """

    times: FloatArray
    first: IntArray
    last: IntArray
    is_event: BoolArray
    weight: FloatArray
    at_risk: FloatArray
    events: FloatArray

    @property
    def empties(self) -> BoolArray:
        """Times `(m,)` at which every row at risk has its event."""
        return np.asarray((self.events > 0.0) & (self.events == self.at_risk))


@dataclass(frozen=True, slots=True, eq=False)
class ExitCounts:
    """Weighted numbers `(m,)` that leave at each distinct time, by the way they leave."""

    events: FloatArray
    censored: FloatArray
    competing: FloatArray


def risk_process(data: SurvivalData, is_event: BoolArray) -> RiskProcess:
    """Build the process in which the rows of `is_event` leave by the event counted.

    All other rows leave as censored, after the events of the same time.
    """
    times, position = np.unique(data.time, return_inverse=True)
    return _assemble(data, times, position.astype(np.int64), is_event)


def reversed_process(data: SurvivalData) -> RiskProcess:
    """Build the process in which censoring is the event.

    Events still come before censorings at a tie: a row with an event is no longer at risk of being
    censored at that time, so its last position is the one before.
    """
    times, position = np.unique(data.time, return_inverse=True)
    is_censored = data.event == 0
    last = np.where(is_censored, position, position - 1).astype(np.int64)
    return _assemble(data, times, last, is_censored)


def exit_counts(data: SurvivalData, cause: int) -> ExitCounts:
    """Count events of `cause`, censorings and competing events at each distinct time."""
    times, position = np.unique(data.time, return_inverse=True)

    def count(rows: BoolArray) -> FloatArray:
        return count_at(position[rows], data.weights[rows], times.size)

    of_cause, censored = data.event == cause, data.event == 0
    return ExitCounts(count(of_cause), count(censored), count(~of_cause & ~censored))


def product_limit(process: RiskProcess) -> FloatArray:
    """Return Π (1 - d/Y) at each time `(m,)`."""
    y, d = process.at_risk, process.events
    factors = np.divide(y - d, y, out=np.ones_like(y), where=d > 0.0)
    return np.asarray(np.cumprod(factors), dtype=np.float64)


def greenwood_terms(process: RiskProcess) -> FloatArray:
    """Return d / (Y (Y - d)) at each time `(m,)`; 0 where all at risk have the event."""
    y, d = process.at_risk, process.events
    return ratio(d, np.where(process.empties, 0.0, y * (y - d)))


def at_risk_at(data: SurvivalData, asked: ArrayLike, *, leavers_count: bool = True) -> FloatArray:
    """Return the weighted number at risk at each asked time, exact between exits too.

    With `leavers_count` a row is at risk at t when entry < t ≤ time (it can still leave at t);
    without, when entry ≤ t < time (it goes on after t).
    """
    times = np.unique(np.concatenate((data.time, data.entries[np.isfinite(data.entries)])))
    t = snap(np.asarray(asked, dtype=np.float64), times)
    side: _Side = "left" if leavers_count else "right"

    def present(weight: FloatArray) -> FloatArray:
        entered = _weight_below(data.entries, weight, t, side)
        return entered - _weight_below(data.time, weight, t, side)

    rows = present(np.ones(len(data)))
    # Differences of sums of weights round; whole rows decide exactly where nobody is left.
    return rows if data.weight is None else np.where(rows > 0.0, present(data.weight), 0.0)


def _weight_below(values: FloatArray, weight: FloatArray, t: FloatArray, side: _Side) -> FloatArray:
    order = np.argsort(values, kind="stable")
    total = np.concatenate(([0.0], np.cumsum(weight[order])))
    found = np.searchsorted(values[order], t, side=side)
    return np.asarray(total[found])


def _assemble(
    data: SurvivalData, times: FloatArray, last: IntArray, is_event: BoolArray
) -> RiskProcess:
    size = times.size
    first = np.searchsorted(times, data.entries, side="right").astype(np.int64)
    at_risk = _at_risk(first, last, data.weights, size)
    events = count_at(last[is_event], data.weights[is_event], size)
    if data.weight is not None:
        # Sums of weights round; whole rows decide exactly where nobody is left.
        rows_at_risk = _at_risk(first, last, np.ones(len(data)), size)
        rows_leaving = np.bincount(last[is_event], minlength=size)
        at_risk = np.where(rows_at_risk == rows_leaving, events, at_risk)
    return RiskProcess(times, first, last, is_event, data.weights, at_risk, events)


def _at_risk(first: IntArray, last: IntArray, weight: FloatArray, size: int) -> FloatArray:
    not_gone = from_the_right(count_at(last + 1, weight, size + 1))[1:]
    not_come = from_the_right(count_at(first, weight, size + 1))[1:]
    return not_gone - not_come
