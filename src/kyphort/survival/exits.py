"""Who is at risk and who leaves, counted at each distinct time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    Integers,
    count_at,
    from_the_right,
    ratio,
)
from kyphort.survival.data import SurvivalData
from kyphort.survival.jit import is_large
from kyphort.survival.table import ExitTable, SortedExits
from kyphort.survival.ties import snap

_Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCounts:
    """Weighted numbers `(m,)` at risk and with the event at each distinct exit time, ascending."""

    times: FloatArray
    at_risk: FloatArray
    events: FloatArray

    @property
    def empties(self) -> BoolArray:
        """Times `(m,)` at which every row at risk has its event."""
        return np.asarray((self.events > 0.0) & (self.events == self.at_risk))


@dataclass(frozen=True, slots=True, eq=False)
class RiskProcess(RiskCounts):
    """Rows as intervals of positions among the distinct exit times, with the counts they give.

    Row i is at risk at positions `first[i]` to `last[i]`, both included (never, when
    `last < first`), and its event, if `is_event[i]`, falls on `last[i]`.
    """

    first: IntArray
    last: IntArray
    is_event: BoolArray
    weight: FloatArray


class ExitCounts:
    """Weighted numbers `(m,)` that leave at each distinct time, by the way they leave.

    Each is counted when it is first asked for: most readers of a curve want one of them.
    """

    def __init__(self, data: SurvivalData, cause: int) -> None:
        table = data.exits
        self._count = _counter(data) if table is None else _table_counter(table)
        self._codes = np.unique(data.event) if table is None else _codes_of(table)
        self._cause = cause

    @cached_property
    def events(self) -> FloatArray:
        """Events of the cause."""
        return self._count(self._codes[self._codes == self._cause])

    @cached_property
    def censored(self) -> FloatArray:
        """Rows that leave without an event."""
        return self._count(self._codes[self._codes == 0])

    @cached_property
    def competing(self) -> FloatArray:
        """Events of other causes."""
        return self._count(self._codes[(self._codes != 0) & (self._codes != self._cause)])

    @cached_property
    def every(self) -> FloatArray:
        """Events of any cause."""
        return self._count(self._codes[self._codes != 0])


_Count = Callable[[IntArray], FloatArray]


def _codes_of(table: ExitTable) -> IntArray:
    return np.arange(table.size, dtype=np.int64)


def _table_counter(table: ExitTable) -> _Count:
    return lambda codes: table.count(codes.tolist())


def _counter(data: SurvivalData) -> _Count:
    times, position = data.positions

    def count(codes: IntArray) -> FloatArray:
        rows = np.isin(data.event, codes)
        return count_at(position[rows], data.weights[rows], times.size)

    return count


class TableRisk:
    """The numbers of `RiskCounts` for many rows, each worked out when it is first asked for."""

    def __init__(self, table: ExitTable, code: int) -> None:
        self.table, self.code = table, code

    @property
    def times(self) -> FloatArray:
        """The distinct exit times `(m,)`."""
        return self.table.times

    @cached_property
    def at_risk(self) -> FloatArray:
        """How many rows have T ≥ t, `(m,)`."""
        return self.table.at_risk

    @cached_property
    def events(self) -> FloatArray:
        """How many rows leave by the event, `(m,)`."""
        return self.table.count([self.code] if self.code < self.table.size else [])


def risk_of_cause(data: SurvivalData, cause: int) -> RiskCounts | TableRisk:
    """Count who is at risk of one cause, and who has it."""
    table = data.exits
    return risk_process(data, data.event == cause) if table is None else TableRisk(table, cause)


def risk_counts(data: SurvivalData, counts: ExitCounts, cause: int | None) -> RiskCounts:
    """Count who is at risk of one cause, or of any, and who has it."""
    table = data.exits
    if table is None:
        return risk_process(data, data.event > 0 if cause is None else data.event == cause)
    events = counts.every if cause is None else counts.events
    return RiskCounts(table.times, table.at_risk, events)


def reversed_counts(data: SurvivalData, counts: ExitCounts) -> RiskCounts:
    """Count who is at risk of being censored, after the events of the same time, and who is."""
    table = data.exits
    if table is None:
        return reversed_process(data)
    return RiskCounts(table.times, table.at_risk - counts.every, counts.censored)


def risk_process(data: SurvivalData, is_event: BoolArray) -> RiskProcess:
    """Build the process in which the rows of `is_event` leave by the event counted.

    All other rows leave as censored, after the events of the same time.
    """
    times, position = data.positions
    return _assemble(data, times, position, is_event)


def reversed_process(data: SurvivalData) -> RiskProcess:
    """Build the process in which censoring is the event.

    Events still come before censorings at a tie: a row with an event is no longer at risk of being
    censored at that time, so its last position is the one before.
    """
    times, position = data.positions
    is_censored = data.event == 0
    last = np.where(is_censored, position, position - 1).astype(np.int64)
    return _assemble(data, times, last, is_censored)


def product_limit(counts: RiskCounts) -> FloatArray:
    """Return Π (1 - d/Y) at each time `(m,)`."""
    y, d = counts.at_risk, counts.events
    factors = np.divide(y - d, y, out=np.ones_like(y), where=d > 0.0)
    return np.asarray(np.cumprod(factors), dtype=np.float64)


def greenwood_terms(counts: RiskCounts) -> FloatArray:
    """Return d / (Y (Y - d)) at each time `(m,)`; 0 where all at risk have the event."""
    y, d = counts.at_risk, counts.events
    return ratio(d, np.where(counts.empties, 0.0, y * (y - d)))


def survival_and_greenwood(
    counts: RiskCounts | TableRisk, survival: FloatArray, greenwood: FloatArray
) -> Integers:
    """Write Π (1 - d/Y) and Σ d / (Y (Y - d)) up to each time; return where d > 0, `(m,)` each."""
    if not is_large(counts.times.size):
        given = RiskCounts(counts.times, counts.at_risk, counts.events)
        survival[:] = product_limit(given)
        np.cumsum(greenwood_terms(given), out=greenwood)
        return (counts.events > 0.0).view(np.uint8)
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    if isinstance(counts, TableRisk) and isinstance(counts.table, SortedExits):
        table, moves = counts.table, np.empty(counts.times.size, dtype=np.uint8)
        kernels.product_limit_of_codes(
            *(table.codes, table.ends, table.marked([counts.code]), survival, greenwood, moves)
        )
        return moves
    kernels.product_limit(counts.at_risk, counts.events, survival, greenwood)
    return (counts.events > 0.0).view(np.uint8)


def at_risk_at(data: SurvivalData, asked: ArrayLike, *, leavers_count: bool = True) -> FloatArray:
    """Return the weighted number at risk at each asked time, exact between exits too.

    With `leavers_count` a row is at risk at t when entry < t ≤ time (it can still leave at t);
    without, when entry ≤ t < time (it goes on after t).
    """
    if data.exits is not None:
        return _at_risk_in(data.exits, np.asarray(asked, dtype=np.float64), leavers_count)
    times = data.positions[0]
    if data.entry is not None:
        times = np.union1d(times, data.entry[data.entry > 0.0])
    t = snap(np.asarray(asked, dtype=np.float64), times)
    side: _Side = "left" if leavers_count else "right"

    def present(weight: FloatArray) -> FloatArray:
        entered = _weight_below(data.entries, weight, t, side)
        return entered - _weight_below(data.time, weight, t, side)

    rows = present(np.ones(len(data)))
    # Differences of sums of weights round; whole rows decide exactly where nobody is left.
    return rows if data.weight is None else np.where(rows > 0.0, present(data.weight), 0.0)


def _at_risk_in(table: ExitTable, asked: FloatArray, leavers_count: bool) -> FloatArray:
    side: _Side = "left" if leavers_count else "right"
    slot = np.searchsorted(table.times, snap(asked, table.times), side=side)
    return np.append(table.at_risk, 0.0)[slot]


def _weight_below(values: FloatArray, weight: FloatArray, t: FloatArray, side: _Side) -> FloatArray:
    order = np.argsort(values, kind="stable")
    total = np.concatenate(([0.0], np.cumsum(weight[order])))
    found = np.searchsorted(values[order], t, side=side)
    return np.asarray(total[found])


def _assemble(
    data: SurvivalData, times: FloatArray, last: IntArray, is_event: BoolArray
) -> RiskProcess:
    size = times.size
    first = np.zeros(len(data), dtype=np.int64)
    if data.entry is not None:
        first = np.searchsorted(times, data.entries, side="right").astype(np.int64)
    at_risk = _at_risk(first, last, data.weights, size)
    events = count_at(last[is_event], data.weights[is_event], size)
    if data.weight is not None:
        # Sums of weights round; whole rows decide exactly where nobody is left.
        rows_at_risk = _at_risk(first, last, np.ones(len(data)), size)
        rows_leaving = np.bincount(last[is_event], minlength=size)
        at_risk = np.where(rows_at_risk == rows_leaving, events, at_risk)
    return RiskProcess(times, at_risk, events, first, last, is_event, data.weights)


def _at_risk(first: IntArray, last: IntArray, weight: FloatArray, size: int) -> FloatArray:
    not_gone = from_the_right(count_at(last + 1, weight, size + 1))[1:]
    not_come = from_the_right(count_at(first, weight, size + 1))[1:]
    return not_gone - not_come
