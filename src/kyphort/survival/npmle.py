"""The nonparametric maximum likelihood estimate of survival from interval-censored rows."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import FloatArray, with_start
from kyphort.survival.checks import as_times, check_kind
from kyphort.survival.innermost import innermost_intervals
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.npmle_fit import fit_probabilities
from kyphort.survival.ties import snap


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
    check_kind("data", data, IntervalData, "IntervalData()")
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


def _survival(probability: FloatArray) -> FloatArray:
    """Return what is left after each interval, exactly 0 after the last."""
    left = np.cumsum(probability[::-1])[::-1]
    return np.append(left[1:], 0.0)
