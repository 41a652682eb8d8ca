"""Near-equal times: merged as R's survival package does, looked up with the same tolerance."""

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.checks import name_rows

ROOT_OF_EPSILON = float(np.sqrt(np.finfo(np.float64).eps))
"""The relative tolerance, that of R's `all.equal` and `timefix`."""


def tolerance(times: FloatArray) -> float:
    """Return the distance below which two of these distinct times count as one.

    √ε, or √ε times the mean of the distinct times when that is larger: the rule of `timefix`
    (`aeqSurv`) in R's survival package.
    """
    return ROOT_OF_EPSILON * max(1.0, float(np.mean(np.abs(times))))


def merge_near_ties(
    time: FloatArray, entry: FloatArray | None
) -> tuple[FloatArray, FloatArray | None]:
    """Give times that differ by rounding only one common value, the smallest of their run.

    Arrays are `(n,)`; entries and exits are merged together, as in R.

    >>> merge_near_ties(np.array([0.1 + 0.2, 0.3, 1.0]), None)[0].tolist()
    [0.3, 0.3, 1.0]
    """
    values = np.unique(time if entry is None else np.concatenate((time, entry)))
    near = np.diff(values) <= tolerance(values)
    if not near.any():
        return time, entry
    first_of_run = values[np.concatenate(([True], ~near))]
    merged_time = floor_to(first_of_run, time)
    if entry is None:
        return merged_time, None
    merged_entry = floor_to(first_of_run, entry)
    emptied = np.flatnonzero((merged_entry >= merged_time) & (entry < time))
    if emptied.size:
        raise InvalidDataError(
            f"entry: differs from time by rounding only at {name_rows(emptied)}, so these rows "
            "were never at risk. Leave them out, or correct entry or time."
        )
    return merged_time, merged_entry


def snap(asked: FloatArray, times: FloatArray) -> FloatArray:
    """Move each asked time onto the distinct time that it equals but for rounding.

    `times` is `(m,)`, ascending; the result has the shape of `asked`.

    >>> snap(np.array([0.1 + 0.2, 0.7]), np.array([0.3, 1.0])).tolist()
    [0.3, 0.7]
    """
    right = np.clip(np.searchsorted(times, asked), 0, times.size - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(asked - times[left] < times[right] - asked, times[left], times[right])
    return np.where(np.abs(asked - nearest) <= tolerance(times), nearest, asked)


def floor_to(cuts: FloatArray, values: FloatArray) -> FloatArray:
    """Return for each value the largest of the ascending `cuts` that is not above it."""
    return cuts[np.searchsorted(cuts, values, side="right") - 1]


def ranked(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the distinct values `(m,)`, ascending, and which of them each value is `(n,)`.

    One sort: several times faster than `np.unique` with the inverse when most values differ.

    >>> distinct, rank = ranked(np.array([9.0, 3.0, 9.0]))
    >>> distinct.tolist(), rank.tolist()
    ([3.0, 9.0], [1, 0, 1])
    """
    order = np.argsort(values)
    ascending = values[order]
    is_new = np.concatenate(([True], ascending[1:] != ascending[:-1]))
    rank = np.empty(values.size, dtype=np.int64)
    rank[order] = np.cumsum(is_new) - 1
    return ascending[is_new], rank
