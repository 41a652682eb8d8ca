"""Times and codes as the data keep them: checked once, copied, in the cheapest form that does."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import (
    FloatArray,
    IntArray,
    Integers,
    for_kernels,
    frozen,
    read_only,
)
from kyphort.survival.checks import as_floats, check_length, refuse_rows
from kyphort.survival.days import DayRows, pack_days
from kyphort.survival.jit import is_large
from kyphort.survival.table import SortedExits, distinct_ends, sort_exits, stable_order
from kyphort.survival.ties import ROOT_OF_EPSILON, floor_to, merge_near_ties

_CODES = 1 << 31


class PlainRows:
    """Times `(n,)` as they came and codes `(n,)`; near-equal times are merged when first needed.

    One sort of many rows is enough: their times are merged in the order of their exits.
    """

    def __init__(self, given: FloatArray, code: Integers, *, is_merged: bool) -> None:
        self.given, self.code = frozen(given), frozen(code)
        self._tolerance = 0.0 if is_merged else ROOT_OF_EPSILON

    def __len__(self) -> int:
        return int(self.given.size)

    @cached_property
    def time(self) -> FloatArray:
        """The times `(n,)`, near-equal ones merged."""
        if self._tolerance == 0.0:
            return self.given
        table = self.exits
        if table is None:
            return frozen(merge_near_ties(self.given, None)[0])
        return frozen(floor_to(table.times, self.given))

    @cached_property
    def event(self) -> IntArray:
        """The code of each row `(n,)`, in eight bytes."""
        return frozen(self.code.astype(np.int64))

    @cached_property
    def positions(self) -> tuple[FloatArray, IntArray]:
        """The distinct times `(m,)`, and where the time of each row `(n,)` stands among them."""
        times, position = np.unique(self.time, return_inverse=True)
        return frozen(times), frozen(position.astype(np.int64, copy=False))

    @cached_property
    def exits(self) -> SortedExits | None:
        """Who leaves when, by code; None when times and codes do not fit into one number."""
        return self._sort(self.code)

    def exits_by(self, group: Integers, groups: int, cause: int) -> SortedExits | None:
        """Return who leaves when by 2 × group + 1 for an event of the cause, 2 × group else."""
        if groups > 128:
            return None
        return self._sort((group.astype(np.uint8) << 1) | (self.code == cause))

    def exit_order(self) -> tuple[IntArray, Integers]:
        """Return the rows `(n,)` in order of exit, and `(m,)` where each distinct time ends."""
        order = stable_order(self.given)
        return order, distinct_ends(self.given[order], self._tolerance)[1]

    def select(self, rows: NDArray[Any]) -> "PlainRows":
        """Return the chosen rows, times merged as among all, so that parts agree on ties."""
        return PlainRows(self.time[rows], self.code[rows], is_merged=True)

    def _sort(self, code: Integers) -> SortedExits | None:
        return sort_exits(self.given, code, int(code.max()) + 1, self._tolerance)


Rows = PlainRows | DayRows


def check_rows(
    time: ArrayLike, event: ArrayLike, entry: ArrayLike | None
) -> tuple[PlainRows, FloatArray | None]:
    """Check rows one column after the other, and merge near-equal times and entries."""
    given = _check_time(time)
    code = _check_event(event, given.size)
    came = None if entry is None else _check_entry(entry, given)
    merged, came = merge_near_ties(given, came)
    rows = PlainRows(merged.copy(), code.copy(), is_merged=True)
    return rows, None if came is None else read_only(came)


def check_many_rows(time: ArrayLike, event: ArrayLike) -> Rows | None:
    """Check and copy many rows in one pass; None when they are few, or when one is wrong."""
    many = _as_columns(time, event)
    if many is None:
        return None
    given, event_code = many
    days = pack_days(given, event_code)
    if days is not None:
        return days
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    copy, code = np.empty_like(given), np.empty(given.size, dtype=np.uint8)
    if not order_kernels.copy_rows(given, event_code, copy, code):
        return None
    return PlainRows(copy, code, is_merged=False)


def _as_columns(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, IntArray] | None:
    given, code = np.asarray(time), np.asarray(event)
    if not is_large(given.size) or given.ndim != 1 or given.shape != code.shape:
        return None
    if given.dtype.kind not in "biuf" or code.dtype.kind not in "biu":
        return None
    return frozen(np.ascontiguousarray(given, dtype=np.float64).view()), for_kernels(code)


def _check_time(time: ArrayLike) -> FloatArray:
    array = as_floats("time", time)
    if array.size == 0:
        raise InvalidDataError(
            "time: no rows. Pass at least one row with a time and an event code."
        )
    advice = (
        "Times start at the origin and must be above zero; count an event on day 0 as half a day."
    )
    if array.min() <= 0.0:
        refuse_rows("time", array <= 0.0, array, "a time that is not above zero", advice)
    return array


def _check_event(event: ArrayLike, rows: int) -> IntArray:
    given = np.asarray(event)
    is_whole = given.ndim == 1 and given.dtype.kind in "biu"
    array = given if is_whole else as_floats("event", event)
    check_length("event", array.size, rows)
    advice = "Allowed: 0 for censored, 1 for the event, 2, 3 … for competing causes."
    if array.min() < 0 or array.max() >= _CODES or not is_whole:
        unknown = (array < 0) | (array >= _CODES) | (array != np.floor(array))
        refuse_rows("event", unknown, array, "an unknown event code", advice)
    return array.astype(np.int64, copy=False)


def _check_entry(entry: ArrayLike, time: FloatArray) -> FloatArray:
    array = as_floats("entry", entry)
    check_length("entry", array.size, time.size)
    advice = "Use 0 for a row that was observed from the origin."
    refuse_rows("entry", array < 0.0, array, "an entry before the origin", advice)
    advice = "A row is at risk in (entry, time]; entry must come before time."
    refuse_rows(
        "entry", array >= time, array, "an entry at or after the end of observation", advice
    )
    return array
