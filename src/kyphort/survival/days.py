"""Whole-number times of many rows, such as days: packed with their codes, and counted, not sorted.

One small number for each row, its *cell*, holds the time and the code: time × 2^shift + code. It is
the copy that the data keep, an eighth of the columns that came in, and every count starts from it.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyphort.survival.arrays import FloatArray, IntArray, Integers, frozen
from kyphort.survival.table import CountedExits

_MOST_DAYS = 1 << 16
_USUAL_SHIFT = 2
_SMALL = np.dtype(np.uint16)

Cells = NDArray[np.unsignedinteger[Any]]


class DayRows:
    """The cell of each row, `cells` `(n,)`, and how many rows each cell has, `counts`."""

    def __init__(self, cells: Cells, counts: NDArray[np.int32], shift: int) -> None:
        self.cells, self.counts, self.shift = frozen(cells), frozen(counts), shift

    def __len__(self) -> int:
        return int(self.cells.size)

    @cached_property
    def time(self) -> FloatArray:
        """The time of each row `(n,)`."""
        return frozen((self.cells >> self.shift).astype(np.float64))

    @cached_property
    def code(self) -> Integers:
        """The code of each row `(n,)`."""
        return frozen((self.cells & ((1 << self.shift) - 1)).astype(np.uint8))

    @cached_property
    def event(self) -> IntArray:
        """The code of each row `(n,)`, in eight bytes."""
        return frozen(self.code.astype(np.int64))

    @cached_property
    def positions(self) -> tuple[FloatArray, IntArray]:
        """The distinct times `(m,)`, and where the time of each row `(n,)` stands among them."""
        times = self.exits.times
        place = np.zeros(self.counts.size >> self.shift, dtype=np.int64)
        place[times.astype(np.int64)] = np.arange(times.size)
        return times, frozen(place[self.cells >> self.shift])

    @cached_property
    def exits(self) -> CountedExits:
        """Who leaves when, by code."""
        return _table(self.counts.reshape(-1, 1 << self.shift))

    def exits_by(self, group: Integers, groups: int, cause: int) -> CountedExits:
        """Return who leaves when by 2 × group + 1 for an event of the cause, 2 × group for others.

        `group` `(n,)` is below `groups`.
        """
        from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

        counts = np.zeros((self.counts.size, groups), dtype=np.int32)
        order_kernels.count_cells(self.cells, group, counts)
        by_code = counts.reshape(-1, 1 << self.shift, groups)
        pairs = np.zeros((by_code.shape[0], groups, 2), dtype=np.int64)
        for code in range(by_code.shape[1]):
            pairs[:, :, int(code == cause)] += by_code[:, code]
        return _table(pairs.reshape(-1, 2 * groups))

    def exit_order(self) -> tuple[IntArray, Integers]:
        """Return the rows `(n,)` in order of exit, and `(m,)` where each distinct time ends."""
        order = np.argsort(self.cells >> self.shift, kind="stable")
        return order, np.cumsum(self.exits.counts.sum(axis=1))

    def select(self, rows: NDArray[Any]) -> "DayRows":
        """Return the chosen rows."""
        cells = self.cells[rows]
        counts = np.bincount(cells, minlength=self.counts.size)
        return DayRows(cells, counts.astype(np.int32), self.shift)

    def within(self, start: Integers, cluster: IntArray) -> Cells:
        """Return the cells `(n,)` cluster by cluster; `start` `(c,)` is where each one begins."""
        from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

        by_cluster = np.empty_like(self.cells)
        order_kernels.spread(self.cells, cluster, start.copy(), by_cluster)
        return by_cluster


def pack_days(time: FloatArray, code: IntArray) -> DayRows | None:
    """Pack unchecked rows; None unless every time is whole, above zero, and every code good.

    `time` and `code` are `(n,)`. The first try takes times below 16384, codes below 4, in one pass.
    """
    if time[0] != np.floor(time[0]) or time.size > np.iinfo(np.int32).max:
        return None
    usual = _pack(time, code, 1 << (16 - _USUAL_SHIFT), _USUAL_SHIFT, _SMALL)
    if usual is not None:
        return usual
    latest, highest = time.max(), code.max()
    if not (latest < _MOST_DAYS and 0 <= highest < 256):  # false for NaN too
        return None
    days, shift = int(latest) + 1, int(highest).bit_length()
    cells = days << shift
    if cells <= _MOST_DAYS:
        return _pack(time, code, days, shift, _SMALL)
    return _pack(time, code, days, shift, np.dtype(np.uint32)) if cells <= 4 * time.size else None


def _pack(
    time: FloatArray,
    code: IntArray,
    days: int,
    shift: int,
    width: np.dtype[np.unsignedinteger[Any]],
) -> DayRows | None:
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    cells = np.empty(time.size, dtype=width)
    if not order_kernels.pack_cells(time, code, shift, float(days), cells):
        return None
    counts = np.zeros(days << shift, dtype=np.int32)
    order_kernels.count_each(cells, counts)
    last = int(np.flatnonzero(counts)[-1]) >> shift
    return DayRows(cells, counts[: (last + 1) << shift].copy(), shift)


def _table(counts: Integers) -> CountedExits:
    # Column by column: sums over a short axis are slow.
    days = np.flatnonzero(sum(counts.T))
    return CountedExits(days.astype(np.float64), counts[days].astype(np.int64))
