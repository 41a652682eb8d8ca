"""The likelihood of interval-censored rows, as a function of the innermost intervals' weights."""

from dataclasses import dataclass, field

import numpy as np

from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, count_at, with_start
from kyphort.survival.innermost import Innermost

_FEW_INTERVALS = 100
_CELLS_PER_ROW = 4


@dataclass(frozen=True, slots=True, eq=False)
class RunRows:
    """Distinct runs of innermost intervals `(r,)`, from `first` up to `after`, with weights.

    `size` is the number m of innermost intervals; `alone` names the runs `(k,)` of one interval.
    """

    first: IntArray
    after: IntArray
    weight: FloatArray
    size: int
    alone: IntArray = field(init=False)

    def __post_init__(self) -> None:
        """Find the runs of one interval once."""
        object.__setattr__(self, "alone", np.flatnonzero(self.after - self.first == 1))

    def mass(self, probability: FloatArray) -> FloatArray:
        """Return the probability of each run `(r,)`."""
        summed = with_start(0.0, np.cumsum(probability))
        inside = summed[self.after] - summed[self.first]
        # A run of one interval is known without the rounding of the sums.
        inside[self.alone] = probability[self.first[self.alone]]
        return inside

    def value(self, mass: FloatArray) -> float:
        """Return the log-likelihood of runs with these probabilities `(r,)`."""
        return float(np.sum(self.weight * np.log(mass))) if mass.min() > 0.0 else -np.inf

    def gradient(self, mass: FloatArray) -> FloatArray:
        """Return Σ w / P over the runs that cover each interval `(m,)`."""
        steepness = self.weight / mass
        places = self.size + 1
        begin = np.bincount(self.first, steepness, places)
        begin -= np.bincount(self.after, steepness, places)
        return np.cumsum(begin[:-1])

    def bounds_among(self, support: BoolArray) -> tuple[IntArray, IntArray]:
        """Return the runs' first and after `(r,)`, counted among the intervals of a support."""
        before = np.concatenate(([0], np.cumsum(support)))
        return before[self.first], before[self.after]


def distinct_rows(inner: Innermost, weight: FloatArray) -> RunRows:
    """Sum the weights of rows that cover the same run; rows of weight 0 are left out."""
    size = inner.left.size
    key = inner.first * (size + 1) + inner.last + 1
    if (size + 1) ** 2 <= _CELLS_PER_ROW * weight.size:
        # Few looks are shared by many rows: counting takes no sort.
        summed = count_at(key, weight, (size + 1) ** 2)
        keys = np.flatnonzero(summed > 0.0)
        first, after = np.divmod(keys, size + 1)
        return RunRows(first, after, summed[keys], size)
    counted = weight > 0.0
    keys, position = np.unique(key[counted], return_inverse=True)
    first, after = np.divmod(keys, size + 1)
    return RunRows(first, after, count_at(position, weight[counted], keys.size), size)


def start_of(rows: RunRows) -> FloatArray:
    """Return probabilities `(m,)` that reach every row, after one step of self-consistency.

    Before it they are equal, of all intervals when there are few; otherwise of as few as stab
    every run.
    """
    equal = np.ones(rows.size)
    if rows.size > _FEW_INTERVALS:
        equal = np.zeros(rows.size)
        equal[_stabbing(rows)] = 1.0
    equal /= equal.sum()
    found = equal * rows.gradient(rows.mass(equal))
    return np.asarray(found / found.sum())


def _stabbing(rows: RunRows) -> list[int]:
    """Return intervals such that every run holds one: each the end of the run that ends first."""
    order = np.argsort(rows.first, kind="stable")
    first = rows.first[order]
    ends = np.minimum.accumulate((rows.after[order] - 1)[::-1])[::-1].tolist()
    following = np.searchsorted(first, np.arange(rows.size), side="right").tolist()
    chosen, place = [], 0
    while place < len(ends):
        chosen.append(ends[place])
        place = following[ends[place]]
    return chosen
