"""Reading a right-continuous step function: at a time, and at a height."""

from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, with_start
from kyphort.survival.checks import as_number, as_times
from kyphort.survival.ties import snap

_SAME_HEIGHT = float(np.sqrt(np.finfo(np.float64).eps))


class StepReader:
    """The positions of asked times among the times of a step function.

    >>> reader = StepReader(np.array([1.0, 2.0]), [0.5, 1.5, 3.0])
    >>> reader.read(1.0, np.array([0.8, 0.6])).tolist()
    [1.0, 0.8, nan]
    """

    def __init__(self, times: FloatArray, asked: ArrayLike) -> None:
        self.asked = as_times("t", asked)
        snapped = snap(self.asked, times)
        self._slot: IntArray = np.searchsorted(times, snapped, side="right").astype(np.int64)
        self._beyond = snapped > times[-1]

    def read(self, initial: float, values: FloatArray) -> FloatArray:
        """Return the function there: `initial` before the first time, NaN after the last."""
        return np.where(self._beyond, np.nan, with_start(initial, values)[self._slot])

    def read_to_end(self, by_slot: FloatArray) -> FloatArray:
        """Return what holds after that many times `(m + 1,)`, also beyond the last."""
        return by_slot[self._slot]


def crossing_time(times: FloatArray, curve: FloatArray, height: float) -> float:
    """Return when a falling curve first stands at or below `height`; NaN when it never does.

    Where the curve is flat exactly at the height (tolerance √ε) the answer is the middle of the
    flat piece, which ends at the next fall, or at the last time when the curve falls no more: the
    rule of `quantile.survfit` in R. NaN in the curve is passed over.

    >>> crossing_time(np.array([1.0, 2.0, 5.0]), np.array([0.8, 0.5, 0.2]), 0.5)
    3.5
    """
    known = ~np.isnan(curve)
    reached = np.flatnonzero(known & (curve <= height + _SAME_HEIGHT))
    if reached.size == 0:
        return float("nan")
    start = int(reached[0])
    if curve[start] < height - _SAME_HEIGHT:
        return float(times[start])
    below = np.flatnonzero(known & (curve < height - _SAME_HEIGHT))
    end = float(times[below[0]]) if below.size else float(times[-1])
    return (float(times[start]) + end) / 2.0


def first_below(falling: FloatArray, height: float) -> int:
    """Return the position at which a falling curve is first below `height`, its size when never.

    >>> first_below(np.array([1.0, 1.0, 0.4, 0.0]), 1.0)
    2
    """
    return bisect_left(range(falling.size), True, key=lambda place: bool(falling[place] < height))


def snap_horizon(tau: float, times: FloatArray, *, unknown: bool) -> float:
    """Return a horizon, moved onto a time that it equals but for rounding.

    `unknown` says that the curve is not known after the last of the times.

    Raises
    ------
    InvalidDataError
        When `tau` is not above zero, or lies where the curve is not known.

    >>> snap_horizon(2.0 + 1e-12, np.array([1.0, 2.0]), unknown=True)
    2.0
    """
    allowed = "a finite time above zero"
    number = as_number("tau", tau, allowed)
    if not number > 0.0 or not np.isfinite(number):
        raise InvalidDataError(f"tau: {tau}. Allowed: {allowed}.")
    tau, last = float(snap(np.asarray(number), times)), float(times[-1])
    if tau > last and unknown:
        raise InvalidDataError(
            f"tau: {tau:g} lies beyond the last exit at {last:g}, where the curve is not yet "
            f"complete; the mean up to there is not known. Allowed: up to {last:g}."
        )
    return tau
