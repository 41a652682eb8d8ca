"""Who is at risk when, as a regression needs it: rows in one canonical order, event times as slots.

The order depends on what rows hold and not on how they came, so that sums round alike.
"""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, Integers, count_at
from kyphort.survival.data import SurvivalData
from kyphort.survival.jit import is_large
from kyphort.survival.score import count_strata, strata_of


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Rows `(n,)` in canonical order with the event times at which they are at risk.

    The m distinct event times of all strata are slots, ordered by stratum and time. Row i is at
    risk at slots `first[i]` to `last[i]`, both included (never, when `last < first`); `last` is
    ascending. An event falls on `last`. `bounds` `(strata + 1,)` says where the slots of a stratum
    begin, `start` `(n,)` where those of each row's stratum do. `deaths` `(m,)` counts the rows that
    have their event, `death_weight` their weights; `slot_rows` `(m,)` is one of them in `data`.
    """

    order: IntArray
    stratum: IntArray | None
    start: IntArray
    first: IntArray
    last: IntArray
    is_event: BoolArray
    event_rows: IntArray
    weight: FloatArray
    data: SurvivalData
    slot_rows: IntArray
    bounds: IntArray
    deaths: FloatArray
    death_weight: FloatArray
    has_entry: bool

    @property
    def slots(self) -> int:
        """How many event times there are."""
        return int(self.slot_rows.size)

    @property
    def times(self) -> FloatArray:
        """The time of each slot `(m,)`."""
        return self.data.time[self.slot_rows]

    @property
    def event_slot(self) -> IntArray:
        """The slot of each event row, ascending `(e,)`."""
        return self.last[self.event_rows]

    def from_rows(self, values: FloatArray) -> FloatArray:
        """Put values of rows `(n, …)`, given in the order of the data, in canonical order."""
        return values[self.order]

    def to_rows(self, values: FloatArray) -> FloatArray:
        """Put values of rows in canonical order back into the order of the data."""
        found = np.empty_like(values)
        found[self.order] = values
        return found

    def at_risk_sums(self, values: FloatArray) -> FloatArray:
        """Sum values `(n, q)` over the rows at risk at each slot, `(m, q)`."""
        return _still(self.last + 1, values, self) - (
            _still(self.first, values, self) if self.has_entry else 0.0
        )

    def event_sums(self, values: FloatArray) -> FloatArray:
        """Sum values `(n, q)` over the rows with an event at each slot, `(m, q)`."""
        return sum_slots(self.event_slot, values[self.event_rows], self.slots)

    def over_range(self, steps: FloatArray) -> FloatArray:
        """Sum steps of slots, `(m,)` or `(m, q)`, over the slots at which each row is at risk."""
        start = np.zeros((1, *steps.shape[1:]))
        total = np.concatenate((start, np.cumsum(steps, axis=0)))
        return np.asarray(total[np.maximum(self.last + 1, self.first)] - total[self.first])


def risk_sets(
    data: SurvivalData, is_event: BoolArray, values: FloatArray, offset: FloatArray | None = None
) -> RiskSets:
    """Order the rows by stratum, time and what else they hold, and find their slots.

    Parameters
    ----------
    data
        Rows; `data.stratum` separates risk sets.
    is_event
        `(n,)` whether the row ends in the event counted.
    values
        `(n, p)` covariates, which decide the order of rows that are alike otherwise.
    offset
        `(n,)`, likewise.

    Raises
    ------
    InvalidDataError
        When no row has the event.
    """
    if not is_event.any():
        raise InvalidDataError(
            "event: no row has the event counted, so there is nothing to compare. Check the code "
            "given as cause."
        )
    order, position, stratum = _ordered(data, is_event, values, offset)
    weight, event = data.weights[order], is_event[order]
    last, rows_of_slots = _slots(position, stratum, event)
    bounds = _bounds(stratum, rows_of_slots)
    start = np.zeros(order.size, dtype=np.int64) if stratum is None else bounds[stratum]
    first = start
    if data.entry is not None:
        times = data.time[order[rows_of_slots]]
        first = _entered(data.entry[order], stratum, times, bounds)
    event_rows = np.flatnonzero(event)
    size = rows_of_slots.size
    return RiskSets(
        *(
            order,
            stratum,
            start,
            first,
            last,
            event,
            event_rows,
            weight,
            data,
            order[rows_of_slots],
            bounds,
        ),
        np.bincount(last[event_rows], minlength=size).astype(np.float64),
        count_at(last[event_rows], weight[event_rows], size),
        data.entry is not None,
    )


def sum_slots(slot: IntArray, values: FloatArray, slots: int) -> FloatArray:
    """Sum the rows of `values` `(r, q)` at each slot, `(slots, q)`."""
    return np.stack([count_at(slot, column, slots) for column in values.T], axis=1)


def _ordered(
    data: SurvivalData, is_event: BoolArray, values: FloatArray, offset: FloatArray | None
) -> tuple[IntArray, Integers, IntArray | None]:
    """Return the canonical order, and in that order the position in time and the stratum."""
    strata = strata_of(data, None)
    strata = None if count_strata(strata) == 1 else strata
    if is_large(len(data)) and strata is None and data.entry is None:
        order, ends = data.exit_order()
        counts = np.diff(ends, prepend=0)
        return order, np.repeat(np.arange(counts.size), counts), None
    position = np.unique(data.time, return_inverse=True)[1].astype(np.int64)
    keys: list[FloatArray | IntArray | BoolArray] = []
    if not is_large(len(data)):
        keys = [*values.T, data.weights, data.entries, is_event]
        keys = keys if offset is None else [offset, *keys]
    keys = [*keys, position] if strata is None else [*keys, position, strata]
    order = np.lexsort(keys).astype(np.int64)
    return order, position[order], None if strata is None else strata[order]


def _slots(
    position: Integers, stratum: IntArray | None, event: BoolArray
) -> tuple[IntArray, IntArray]:
    """Return each row's last slot `(n,)`, and the first event row of each slot `(m,)`."""
    is_new = np.diff(position, prepend=-1) != 0
    if stratum is not None:
        is_new |= np.diff(stratum, prepend=-1) != 0
    moment = np.cumsum(is_new) - 1
    has_event = np.zeros(int(moment[-1]) + 1, dtype=bool)
    has_event[moment[event]] = True
    last = (np.cumsum(has_event) - 1)[moment]
    rows = np.flatnonzero(event)
    return last, rows[np.diff(last[rows], prepend=-1) != 0]


def _bounds(stratum: IntArray | None, rows_of_slots: IntArray) -> IntArray:
    if stratum is None:
        return np.array([0, rows_of_slots.size], dtype=np.int64)
    counts = np.bincount(stratum[rows_of_slots], minlength=int(stratum[-1]) + 1)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _entered(
    entry: FloatArray, stratum: IntArray | None, times: FloatArray, bounds: IntArray
) -> IntArray:
    """Return the first slot after each row's entry `(n,)`."""
    first = np.empty(entry.size, dtype=np.int64)
    for code in range(bounds.size - 1):
        rows = slice(None) if stratum is None else np.flatnonzero(stratum == code)
        own = times[bounds[code] : bounds[code + 1]]
        first[rows] = bounds[code] + np.searchsorted(own, entry[rows], side="right")
    return first


def _still(position: IntArray, values: FloatArray, sets: RiskSets) -> FloatArray:
    """Sum values over the rows whose position is after each slot, within its stratum `(m, q)`."""
    # Whoever is never at risk has the position at which the stratum begins, and counts nowhere.
    counted = np.where(position > sets.start, position, 0)
    by_position = sum_slots(counted, values, sets.slots + 1)[1:]
    found = np.empty_like(by_position)
    for code in range(sets.bounds.size - 1):
        part = slice(int(sets.bounds[code]), int(sets.bounds[code + 1]))
        np.cumsum(by_position[part][::-1], axis=0, out=found[part][::-1])
    return found
