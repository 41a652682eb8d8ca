"""Compiled loops that put many rows in order and count them: arrays and scalars only.

Import this module only for many rows: it imports numba. `kyphort.survival.table` says what the
arrays mean.
"""

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray, Integers
from kyphort.survival.jit import jit, jit_sums


@jit_sums
def mean_of_distinct(time: FloatArray) -> float:
    """Return the mean of the distinct values of ascending `time`."""
    total, distinct = float(time[0]), 1
    for i in range(1, time.size):
        is_new = time[i] != time[i - 1]
        total += float(time[i]) if is_new else 0.0
        distinct += int(is_new)
    return total / distinct


@jit
def merge_sorted(time: FloatArray, ends: Integers, root_of_epsilon: float) -> int:
    """Move the distinct times to the front of ascending `time`; write where each one ends.

    Times nearer to their predecessor than `root_of_epsilon`, or than that times the mean of the
    distinct times when the mean exceeds 1, take the first time of their run. Zero merges equal
    times only. Returns the number of times left.
    """
    tolerance = root_of_epsilon * max(1.0, mean_of_distinct(time))
    found, previous = -1, 0.0
    for i in range(time.size):
        now = time[i]
        if found < 0 or now - previous > tolerance:
            found += 1
            time[found] = now
        ends[found] = i + 1
        previous = now
    return found + 1


@jit
def split_codes(keys: IntArray, shift: int, smallest: int, codes: Integers) -> None:
    """Take the code out of the low bits of each key, which becomes the bits of its time."""
    mask = (1 << shift) - 1
    for i in range(keys.size):
        codes[i] = keys[i] & mask
        keys[i] = (keys[i] >> shift) + smallest


@jit
def copy_rows(time: FloatArray, event: IntArray, copy: FloatArray, code: Integers) -> bool:
    """Copy times, and codes into a byte each; False when a value cannot be right or fit."""
    broken = 0
    for i in range(time.size):
        t, e = time[i], event[i]
        good = (t > 0.0) & (t < np.inf)  # false for NaN as well
        broken |= 0 if good else 1
        broken |= int(e >> 8)
        copy[i] = t
        code[i] = e
    return broken == 0


@jit
def extent(values: IntArray) -> tuple[int, int]:
    """Return the smallest and the largest of the values."""
    low = high = values[0]
    for i in range(values.size):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@jit
def pack_keys(bits: IntArray, smallest: int, code: Integers, shift: int, keys: IntArray) -> None:
    """Write (bits - smallest) × 2^shift + code."""
    for i in range(bits.size):
        keys[i] = ((bits[i] - smallest) << shift) | np.int64(code[i])


@jit
def pack_cells(time: FloatArray, code: IntArray, shift: int, days: float, cells: Integers) -> bool:
    """Write cells, day × 2^shift + code; False when a row does not fit.

    A row fits when its time is a whole number from 1 to below `days` and its code takes no more
    than `shift` bits. Looked at block by block, so that other times are soon given up.
    """
    for start in range(0, time.size, 2048):
        # Slices, because an index that might be negative keeps the loop from being vectorised.
        t, e, c = (
            time[start : start + 2048],
            code[start : start + 2048],
            cells[start : start + 2048],
        )
        broken = np.int64(0)
        for i in range(t.size):
            safe = t[i] if (t[i] >= 1.0) & (t[i] < days) else 0.5
            day = np.int64(safe)
            broken |= np.int64(np.float64(day) != safe)
            broken |= e[i] >> shift
            c[i] = (day << shift) | e[i]
        if broken != 0:
            return False
    return True


@jit
def count_each(cells: Integers, counts: Integers) -> None:
    """Add up `counts[cell]`."""
    for i in range(cells.size):
        counts[cells[i]] += np.int32(1)


@jit
def count_cells(cells: Integers, group: Integers, counts: Integers) -> None:
    """Add up `counts[cell, group]`; both stay within its shape."""
    for i in range(cells.size):
        counts[cells[i], np.uint64(group[i])] += np.int32(1)


@jit
def mark_labels(codes: IntArray, seen: Integers) -> None:
    """Write 1 for each code that some row has."""
    for i in range(codes.size):
        seen[np.uint64(codes[i])] = 1


@jit
def count_labels(values: IntArray, low: int, codes: IntArray, sizes: Integers) -> None:
    """Write each value less the lowest, and count how many rows have it."""
    for i in range(values.size):
        code = np.uint64(values[i] - low)
        codes[i] = code
        sizes[code] += np.int32(1)


@jit
def close_gaps(rank: Integers, codes: IntArray) -> None:
    """Replace each code by its rank."""
    for i in range(codes.size):
        codes[i] = rank[np.uint64(codes[i])]


@jit
def spread(values: Integers, cluster: IntArray, place: Integers, spread_out: Integers) -> None:
    """Write values cluster by cluster; `place` is where each cluster begins, and is moved on."""
    for i in range(values.size):
        k = np.uint64(cluster[i])
        spread_out[np.uint64(place[k])] = values[i]
        place[k] += 1


@jit
def count_codes(codes: Integers, ends: Integers, counted: Integers, count: FloatArray) -> None:
    """Count at each time the rows whose code is marked in `counted`."""
    start = 0
    for j in range(ends.size):
        number = 0
        for i in range(start, ends[j]):
            number += counted[codes[i]]
        count[j] = number
        start = ends[j]


@jit
def finish_order(keys: Integers, mask: int, time: FloatArray, longest: int) -> bool:
    """Turn keys of a shortened time above a row number into the rows in order of their full time.

    Runs of one shortened time are sorted by insertion; False when a run that needs sorting is
    longer than `longest`.
    """
    start = 0
    while start < keys.size:
        head = keys[start] & ~mask
        end = start + 1
        is_sorted = True
        while end < keys.size and keys[end] & ~mask == head:
            is_sorted = is_sorted and time[keys[end - 1] & mask] <= time[keys[end] & mask]
            end += 1
        if not is_sorted:
            if end - start > longest:
                return False
            for i in range(start + 1, end):
                row = keys[i] & mask
                j = i
                while j > start and time[keys[j - 1] & mask] > time[row]:
                    keys[j] = keys[j - 1]
                    j -= 1
                keys[j] = head | row
        start = end
    for i in range(keys.size):
        keys[i] = keys[i] & mask
    return True
