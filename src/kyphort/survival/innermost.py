"""The innermost intervals of interval-censored rows: the only places that can carry probability.

An interval (l, r] opens just after l and closes at r; an exact time opens just before and closes
at it. An opening directly followed by a closing bounds an innermost interval. Every row covers a
run of consecutive innermost intervals.
"""

from dataclasses import dataclass

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.interval_data import IntervalData


@dataclass(frozen=True, slots=True, eq=False)
class Innermost:
    """Innermost intervals (left, right] `(m,)`, ascending, and the runs that rows cover.

    Row i covers the intervals from `first[i]` to `last[i]`, both included `(n,)`. Where `left` and
    `right` are equal the interval is that point.
    """

    left: FloatArray
    right: FloatArray
    first: IntArray
    last: IntArray


def innermost_intervals(data: IntervalData) -> Innermost:
    """Find the innermost intervals in one sort.

    Source: Turnbull 1976, doi 10.1111/j.2517-6161.1976.tb01597.x; Peto 1973, doi 10.2307/2346307.

    Examples
    --------
    >>> found = innermost_intervals(IntervalData([0, 3, 5], [6, 9, float("inf")]))
    >>> found.left.tolist(), found.right.tolist()
    ([5.0], [6.0])
    """
    opens, closes = _opening(data), 3.0 * _rank(data, data.right) + 1.0
    # At one value come: the opening of an exact time, closings, openings of intervals after it.
    starts, ends = np.unique(opens), np.unique(closes)
    following = np.searchsorted(ends, starts, side="left")
    latest = np.append(following[1:] != following[:-1], True)
    starts, following = starts[latest], following[latest]
    values = _values(data)
    left, right = values[(starts // 3).astype(int)], values[((ends[following] - 1) / 3).astype(int)]
    return Innermost(
        left,
        right,
        np.searchsorted(starts, opens, side="left").astype(np.int64),
        (np.searchsorted(ends[following], closes, side="right") - 1).astype(np.int64),
    )


def _values(data: IntervalData) -> FloatArray:
    return np.unique(np.concatenate((data.left, data.right)))


def _rank(data: IntervalData, bound: FloatArray) -> FloatArray:
    return np.searchsorted(_values(data), bound).astype(np.float64)


def _opening(data: IntervalData) -> FloatArray:
    return np.asarray(3.0 * _rank(data, data.left) + np.where(data.is_exact, 0.0, 2.0))
