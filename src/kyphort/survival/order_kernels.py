"""Compiled loops that put many rows in order and count them: arrays and scalars only.

Import this module only for many rows: it imports numba. `kyphort.survival.table` says what the
arrays mean.
"""

import numpy as np

from kyphort.survival.arrays import FloatArray, Integers
from kyphort.survival.jit import jit


@jit
def merge_sorted(time: FloatArray, ends: Integers, root_of_epsilon: float) -> int:
    """Move the distinct times to the front of ascending `time`; write where each one ends.

    Times nearer to their predecessor than `root_of_epsilon`, or than that times the mean of the
    distinct times when the mean exceeds 1, take the first time of their run. Zero merges equal
    times only. Returns the number of times left.
    """
    total, distinct = 0.0, 0
    for i in range(time.size):
        if i == 0 or time[i] != time[i - 1]:
            total += time[i]
            distinct += 1
    tolerance = root_of_epsilon * max(1.0, total / distinct)
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
def split_codes(keys: Integers, shift: np.uint64, smallest: np.uint64, codes: Integers) -> None:
    """Take the code out of the low bits of each key, which becomes the bits of its time."""
    mask = (np.uint64(1) << shift) - np.uint64(1)
    for i in range(keys.size):
        codes[i] = keys[i] & mask
        keys[i] = (keys[i] >> shift) + smallest


@jit
def count_days(time: FloatArray, code: Integers, codes: int, counts: Integers) -> bool:
    """Add up `counts[day * codes + code]`; False when a time is not a whole number.

    Times lie in (0, 65536] and codes below `codes`: nothing else is checked. The loop has no
    branch, because a branch for each row costs more than the counting.
    """
    broken = 0
    for i in range(time.size):
        day = np.int32(time[i])
        broken |= np.float64(day) != time[i]
        place = np.uint64(np.uint32(day)) * np.uint64(codes) + np.uint64(code[i])
        counts[place] += np.int32(1)
    return broken == 0


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


@jit
def order_of_days(day: FloatArray, starts: Integers, order: Integers) -> None:
    """Write the rows in order of their day; `starts` `(days,)` is where each day begins."""
    for i in range(day.size):
        d = int(day[i])
        order[starts[d]] = i
        starts[d] += 1
