"""Who leaves when, of many rows that all enter at the origin: from one sort, or from none.

Positive floating-point numbers are ordered as their bits are. The bits of the times, less those of
the smallest, leave room below for a small code, so that one sort of integers orders times and codes
together. Times that are whole numbers are counted instead: see `kyphort.survival.days`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.survival.arrays import FloatArray, IntArray, Integers, from_the_right

_BITS = 64
_LONGEST_RUN = 64

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SortedExits:
    """Rows in order of time: `times` `(m,)` distinct, `codes` `(n,)`, `ends` `(m,)`; `size` codes.

    The rows that leave at the j-th time are those from `ends[j - 1]` up to `ends[j]`.
    """

    times: FloatArray
    ends: Integers
    codes: Codes
    size: int

    @property
    def at_risk(self) -> FloatArray:
        """How many rows have T ≥ t, `(m,)`."""
        left = np.empty(self.times.size)
        left[0] = self.codes.size
        np.subtract(self.codes.size, self.ends[:-1], out=left[1:])
        return left

    def count(self, counted: list[int]) -> FloatArray:
        """Count the rows of some codes at each time, `(m,)`."""
        from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

        result = np.empty(self.times.size)
        order_kernels.count_codes(self.codes, self.ends, self.marked(counted), result)
        return result

    def marked(self, counted: list[int]) -> Codes:
        """Return 1 for each of 256 codes that is counted, 0 for the others."""
        marks = np.zeros(256, dtype=np.uint8)
        marks[[code for code in counted if code < self.size]] = 1
        return marks


@dataclass(frozen=True, slots=True, eq=False)
class CountedExits:
    """Numbers `counts` `(m, codes)` of rows that leave at each distinct time, by their code."""

    times: FloatArray
    counts: IntArray

    @property
    def size(self) -> int:
        """How many codes there are."""
        return int(self.counts.shape[1])

    @property
    def at_risk(self) -> FloatArray:
        """How many rows have T ≥ t, `(m,)`."""
        return from_the_right(self.counts.sum(axis=1, dtype=np.float64))

    def count(self, counted: list[int]) -> FloatArray:
        """Count the rows of some codes at each time, `(m,)`."""
        return np.asarray(self.counts[:, counted].sum(axis=1, dtype=np.float64))


ExitTable = SortedExits | CountedExits


def sort_exits(
    time: FloatArray, code: Integers, codes: int, root_of_epsilon: float
) -> SortedExits | None:
    """Sort the exits; None when times span too much to leave room for the codes.

    `time` and `code` are `(n,)`, codes from 0 to `codes` - 1. Times nearer than `root_of_epsilon`
    (times their mean, when above 1) are one; 0 merges equal times only.
    """
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    bits = time.view(np.int64)
    smallest, largest = order_kernels.extent(bits)
    code_bits = (codes - 1).bit_length()
    if (largest - smallest).bit_length() + code_bits > _BITS - 1 or codes > 256:
        return None
    keys = np.empty(time.size, dtype=np.int64)
    order_kernels.pack_keys(bits, smallest, code, code_bits, keys)
    keys.sort()
    sorted_codes = np.empty(time.size, dtype=np.uint8)
    order_kernels.split_codes(keys, code_bits, smallest, sorted_codes)
    times, ends = distinct_ends(keys.view(np.float64), root_of_epsilon)
    return SortedExits(times, ends, sorted_codes, codes)


def stable_order(time: FloatArray) -> IntArray:
    """Return the rows `(n,)` in order of time; rows of one time keep their order."""
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    bits, span = _above_smallest(time)
    row_bits = (time.size - 1).bit_length()
    bits >>= np.uint64(max(0, span + row_bits - _BITS + 1))
    bits <<= np.uint64(row_bits)
    keys = bits.view(np.int64)
    keys |= np.arange(time.size)
    keys.sort()
    if order_kernels.finish_order(keys, (1 << row_bits) - 1, time, _LONGEST_RUN):
        return keys
    return np.argsort(time, kind="stable")


def distinct_ends(time: FloatArray, root_of_epsilon: float) -> tuple[FloatArray, Integers]:
    """Return the distinct times `(m,)` of ascending `time`, which is overwritten, and their ends.

    A run of near times is one.
    """
    from kyphort.survival import order_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    width = np.dtype(np.int32 if time.size < np.iinfo(np.int32).max else np.int64)
    ends = np.empty(time.size, dtype=width)
    found = order_kernels.merge_sorted(time, ends, root_of_epsilon)
    return time[:found], ends[:found]


def _above_smallest(time: FloatArray) -> tuple[NDArray[np.uint64], int]:
    """Return the bits of each time less those of the smallest, and how many bits that takes."""
    smallest, largest = (bound.view(np.uint64) for bound in (time.min(), time.max()))
    return time.view(np.uint64) - smallest, int(largest - smallest).bit_length()
