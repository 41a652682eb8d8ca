"""The nonparametric maximum likelihood estimate of survival from interval-censored rows."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import ConvergenceError
from kyphort.survival.arrays import FloatArray, IntArray, count_at, with_start
from kyphort.survival.checks import as_times
from kyphort.survival.innermost import Innermost, innermost_intervals
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.ties import snap

_GAP = 1e-11
_ROUNDING = 1e-8
_MOST_STEPS = 1000
_MOST_HALVINGS = 30
_MOST_IDLE = 4
_MOST_PIVOTS = 1000
_PATIENCE = 3
_ROUNDING_OF_VALUE = 1e-13
_CLIMB = 1.0 / 3.0


@dataclass(frozen=True, slots=True, eq=False)
class IntervalPoints:
    """The estimate read at chosen times; every array has the shape of `times`.

    `survival` takes the probability of an innermost interval at its right end. Inside such an
    interval the data leave open where between `lowest` and `highest` the curve lies; elsewhere the
    three agree. After the last look all three are NaN.
    """

    times: FloatArray
    survival: FloatArray
    lowest: FloatArray
    highest: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class IntervalCurve:
    """The probabilities of the innermost intervals (left, right] that carry any.

    Attributes
    ----------
    left, right
        `(m,)` ends, ascending; equal for a time that is known, `right` infinite for what lies
        beyond the last look.
    probability
        `(m,)`, sums to 1.
    survival
        `(m,)` after each interval: 1 less the sum of the probabilities up to it.
    log_likelihood
        Σ weight × log P(row).
    optimality_gap
        A proved bound: no distribution has a log-likelihood larger by more than this.
    steps
        Iterations taken.
    """

    left: FloatArray
    right: FloatArray
    probability: FloatArray
    survival: FloatArray
    log_likelihood: float
    optimality_gap: float
    steps: int
    method: str
    data: IntervalData = field(repr=False)

    def at(self, t: ArrayLike) -> IntervalPoints:
        """Return the curve at times of any shape.

        >>> curve = npmle(IntervalData([0, 6, 6, 0], [6, 12, float("inf"), 12]))
        >>> points = curve.at([3, 6, 9])
        >>> points.survival.round(3).tolist(), points.lowest.round(3).tolist()
        ([1.0, 0.667, 0.667], [0.667, 0.667, 0.0])
        """
        asked = as_times("t", t)
        looks = self.data.looks
        moved = snap(asked, looks)
        lowest, highest = self.bounds(moved)
        # Nobody looked later: what was left then is left open, unless nothing was.
        unknown = np.where((moved > looks[-1]) & (highest > 0.0), np.nan, 1.0)
        return IntervalPoints(asked, highest * unknown, lowest * unknown, highest * unknown)

    def bounds(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return between which values the curve lies at times, its last ones after the last look.

        :meta private:
        """
        heights = with_start(1.0, self.survival)
        reached = np.searchsorted(self.right, t, side="right")
        begun = np.maximum(np.searchsorted(self.left, t, side="left"), reached)
        is_last = t > self.data.looks[-1]
        return np.where(is_last, heights[reached], heights[begun]), heights[reached]


def npmle(data: IntervalData) -> IntervalCurve:
    """Estimate survival from rows of which each is known to fail in (left, right].

    Maximises Σ w log P((left, right]) over all distributions. Only innermost intervals can carry
    probability; of these the iteration keeps those that do, adds the one with the steepest gradient
    between two that it has, and takes a Newton step among them (constrained Newton method), halved
    until the likelihood rises. Rows cover runs of intervals, so that a step takes time
    proportional to the rows. It ends when Σ w / P over the rows of no interval exceeds Σ w by more
    than 1e-11 of it, which bounds what the log-likelihood can still gain.

    Rows are taken as independent by the estimate; for limits that respect clusters use
    `npmle_bootstrap`.

    Source: Turnbull 1976, doi 10.1111/j.2517-6161.1976.tb01597.x; Wang 2008, doi
    10.1016/j.csda.2007.10.018 (the method); Gentleman & Geyer 1994, doi 10.1093/biomet/81.3.618
    (the certificate).

    Raises
    ------
    ConvergenceError
        When the certificate cannot be reached.

    Examples
    --------
    >>> curve = npmle(IntervalData([0, 6, 12, 9], [6, 12, float("inf"), 9]))
    >>> curve.right.tolist(), curve.survival.round(3).tolist()
    ([6.0, 9.0, inf], [0.75, 0.25, 0.0])
    >>> curve.optimality_gap < 1e-9
    True
    """
    inner = innermost_intervals(data)
    probability, value, gap, steps = fit_probabilities(inner, data.weights)
    carries = probability > 0.0
    return IntervalCurve(
        left=inner.left[carries],
        right=inner.right[carries],
        probability=probability[carries],
        survival=_survival(probability[carries]),
        log_likelihood=value,
        optimality_gap=gap,
        steps=steps,
        method="nonparametric maximum likelihood on (last negative, first positive]",
        data=data,
    )


def fit_probabilities(inner: Innermost, weight: FloatArray) -> tuple[FloatArray, float, float, int]:
    """Return the probabilities `(m,)`, the log-likelihood, its proved gap, and the steps taken.

    Rows of weight 0 count for nothing.
    """
    rows = _distinct(inner, weight)
    total = float(rows.weight.sum())
    probability = _start(rows, inner.left.size)
    best, best_gap, highest, since = probability, np.inf, -np.inf, 0
    count = 0
    for count in range(_MOST_STEPS):  # noqa: B007 - told below
        gradient = rows.gradient(probability)
        gap = max(float(gradient.max()) - total, 0.0)
        value = rows.value(probability)
        is_better = gap < best_gap
        since = 0 if is_better or value > highest + _ROUNDING_OF_VALUE * abs(value) else since + 1
        highest = max(highest, value)
        best, best_gap = (probability, gap) if is_better else (best, best_gap)
        if best_gap <= _GAP * total or since >= _MOST_IDLE:
            break
        support = _support(probability, gradient, total)
        probability = _step(rows, probability, gradient, support)
    if best_gap <= _ROUNDING * total:
        return best, rows.value(best), best_gap, count
    raise ConvergenceError(
        f"left, right: the likelihood may still gain {best_gap:.2g} after {count + 1} steps. Look "
        "for weights of very different size, and report the data if they are sound."
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Distinct runs of innermost intervals `(r,)`, from `first` up to `after`, with weights."""

    first: IntArray
    after: IntArray
    weight: FloatArray

    def mass(self, probability: FloatArray) -> FloatArray:
        """Return the probability of each run `(r,)`."""
        summed = with_start(0.0, np.cumsum(probability))
        inside = summed[self.after] - summed[self.first]
        # A run of one interval is known without the rounding of the sums.
        alone = self.after - self.first == 1
        inside[alone] = probability[self.first[alone]]
        return inside

    def value(self, probability: FloatArray) -> float:
        """Return the log-likelihood."""
        mass = self.mass(probability)
        return float(np.sum(self.weight * np.log(mass))) if mass.min() > 0.0 else -np.inf

    def gradient(self, probability: FloatArray) -> FloatArray:
        """Return Σ w / P over the runs that cover each interval `(m,)`."""
        steepness = self.weight / self.mass(probability)
        size = probability.size + 1
        steps = np.bincount(self.first, steepness, size) - np.bincount(self.after, steepness, size)
        return np.cumsum(steps)[:-1]


def _distinct(inner: Innermost, weight: FloatArray) -> _Rows:
    key = inner.first * (inner.left.size + 1) + inner.last + 1
    counted = weight > 0.0
    keys, position = np.unique(key[counted], return_inverse=True)
    first, after = np.divmod(keys, inner.left.size + 1)
    return _Rows(first, after, count_at(position, weight[counted], keys.size))


def _start(rows: _Rows, size: int) -> FloatArray:
    """Return equal probabilities of few intervals that reach every row."""
    order = np.argsort(rows.first, kind="stable")
    first = rows.first[order]
    earliest_end = np.minimum.accumulate((rows.after[order] - 1)[::-1])[::-1]
    chosen, place = [], 0
    while place < first.size:
        chosen.append(int(earliest_end[place]))
        place = int(np.searchsorted(first, chosen[-1], side="right"))
    probability = np.zeros(size)
    probability[chosen] = 1.0 / len(chosen)
    return probability


def _support(probability: FloatArray, gradient: FloatArray, total: float) -> IntArray:
    """Return the intervals that carry probability, and the steepest between any two of them."""
    carries = probability > 0.0
    stretch = np.cumsum(carries)
    promising = np.flatnonzero(~carries & (gradient > total))
    by_height = promising[np.lexsort((gradient[promising], stretch[promising]))]
    is_highest = np.diff(stretch[by_height], append=-1) != 0
    return np.union1d(np.flatnonzero(carries), by_height[is_highest])


def _step(
    rows: _Rows, probability: FloatArray, gradient: FloatArray, support: IntArray
) -> FloatArray:
    """Return what a Newton step among the support gives, halved until the likelihood rises."""
    value = rows.value(probability)
    wanted = np.zeros_like(probability)
    wanted[support] = _quadratic_maximum(rows, probability, gradient, support)
    wanted /= wanted.sum()
    slope = float(gradient @ (wanted - probability))
    slack = _ROUNDING_OF_VALUE * (1.0 + abs(value))
    if rows.value(wanted) >= value + _CLIMB * slope - slack:
        # The whole step leaves what was taken out at exactly nothing.
        return wanted
    share = 0.5
    for _ in range(_MOST_HALVINGS):
        following = probability + share * (wanted - probability)
        if rows.value(following) >= value + _CLIMB * share * slope - slack:
            return following
        share /= 2.0
    return probability


def _quadratic_maximum(
    rows: _Rows, probability: FloatArray, gradient: FloatArray, support: IntArray
) -> FloatArray:
    """Maximise the quadratic approximation among probabilities of the support that are not below 0.

    Leaving Σ p = 1 out and taking Σ w × Σ p off the log-likelihood has the same maximum.
    """
    total = float(rows.weight.sum())
    curvature = _curvature(rows, probability, support)
    # What keeps alike intervals apart, without moving a maximum.
    ridge = 1e-12 * float(np.trace(curvature)) / support.size
    curvature[np.diag_indices(support.size)] += ridge
    pull = 2.0 * gradient[support] - total + ridge * probability[support]
    return nonnegative_maximum(curvature, pull)


def _curvature(rows: _Rows, probability: FloatArray, support: IntArray) -> FloatArray:
    """Return Σ w / P² over the runs that cover two intervals of the support, `(s, s)`."""
    size = support.size + 1
    low = np.searchsorted(support, rows.first)
    high = np.searchsorted(support, rows.after)
    each = rows.weight / rows.mass(probability) ** 2
    corners = np.bincount(low * size + high, each, size * size).reshape(size, size)
    by_low, by_high = corners.sum(axis=1), corners.sum(axis=0)
    steps = np.diag(by_low + by_high) - corners - corners.T
    return np.asarray(np.cumsum(np.cumsum(steps, axis=0), axis=1)[:-1, :-1])


def nonnegative_maximum(curvature: FloatArray, pull: FloatArray) -> FloatArray:
    """Maximise pull·p - p·curvature·p / 2 over p ≥ 0, `(s,)`.

    All that break a condition change sides at once, and the last of them alone when that does not
    help: the block principal pivoting of Júdice & Pires 1994, doi 10.1016/0305-0548(94)90106-6.

    >>> nonnegative_maximum(np.eye(2), np.array([1.0, -1.0])).tolist()
    [1.0, 0.0]
    """
    free = np.ones(pull.size, dtype=bool)
    slack = 1e-12 * float(np.abs(pull).max())
    fewest, patience = pull.size + 1, _PATIENCE
    now = np.zeros_like(pull)
    for _ in range(_MOST_PIVOTS):
        now = np.zeros_like(pull)
        now[free] = np.linalg.solve(curvature[np.ix_(free, free)], pull[free])
        breaking = np.where(free, now < 0.0, pull - curvature @ now > slack)
        number = int(np.count_nonzero(breaking))
        if number == 0:
            break
        patience = _PATIENCE if number < fewest else patience - 1
        fewest = min(fewest, number)
        if patience < 0:
            breaking[: np.flatnonzero(breaking)[-1]] = False
        free ^= breaking
    return np.maximum(now, 0.0)


def _survival(probability: FloatArray) -> FloatArray:
    """Return what is left after each interval, exactly 0 after the last."""
    left = np.cumsum(probability[::-1])[::-1]
    return np.append(left[1:], 0.0)
