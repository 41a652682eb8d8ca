"""The innermost intervals of interval-censored rows: the only places that can carry probability.

An interval (l, r] opens just after l and closes at r; an exact time opens just before and closes
at it. An opening directly followed by a closing bounds an innermost interval. Every row covers a
run of consecutive innermost intervals.
"""

from dataclasses import dataclass

import numpy as np

from kyphort.survival.arrays import BoolArray, FloatArray, IntArray
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.ties import ranked


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
    """Find the innermost intervals: one sort of the ends, then counting.

    Source: Turnbull 1976, doi 10.1111/j.2517-6161.1976.tb01597.x; Peto 1973, doi 10.2307/2346307.

    Examples
    --------
    >>> found = innermost_intervals(IntervalData([0, 3, 5], [6, 9, float("inf")]))
    >>> found.left.tolist(), found.right.tolist()
    ([5.0], [6.0])
    """
    values, rank = ranked(np.concatenate((data.left, data.right)))
    # At one value come: the opening of an exact time, closings, openings of intervals after it.
    opens = 3 * rank[: len(data)] + np.where(data.is_exact, 0, 2)
    closes = 3 * rank[len(data) :] + 1
    does_open, does_close = _marked(opens, 3 * values.size), _marked(closes, 3 * values.size)
    ends = np.flatnonzero(does_open | does_close)
    bounds = np.flatnonzero(does_open[ends[:-1]] & does_close[ends[1:]])
    starts, stops = ends[bounds], ends[bounds + 1]
    # How many of them begin before a place, and how many end up to it.
    begun = np.cumsum(_marked(starts + 1, 3 * values.size), dtype=np.int64)
    ended = np.cumsum(_marked(stops, 3 * values.size), dtype=np.int64)
    return Innermost(values[starts // 3], values[stops // 3], begun[opens], ended[closes] - 1)


def _marked(places: IntArray, size: int) -> BoolArray:
    found = np.zeros(size, dtype=np.bool_)
    found[places] = True
    return found
