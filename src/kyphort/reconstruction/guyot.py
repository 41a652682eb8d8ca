"""Guyot's algorithm: individual times from a digitised curve, numbers at risk and total events.

Guyot, Ades, Ouwens and Welton 2012, doi:10.1186/1471-2288-12-9, written anew, with the later
refinements of Liu et al. 2021 (doi:10.1186/s12874-021-01308-8): heights are made monotone, single
points are enough for an interval, and the last interval is fitted to the total number of events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDS = 400


@dataclass(frozen=True, slots=True)
class GuyotData:
    """Reconstructed times (n,), in the unit of the curve, and events (n,) of 0 and 1."""

    time: Floats
    event: Integers


def guyot(
    coordinates: Sequence[tuple[float, float]],
    risk_times: Sequence[float],
    at_risk: Sequence[int],
    total_events: int | None = None,
) -> GuyotData:
    """Return individual data whose Kaplan-Meier curve follows digitised coordinates.

    `coordinates` are (time, survival as fraction), `risk_times` begin with 0, `at_risk` counts
    time ≥ t. Within an interval censoring is taken to be even; the number censored is changed
    until the number at risk at its end comes out.

    Raises
    ------
    InvalidDataError
        When there is no point, or the risk table does not begin at 0 or rises.

    Examples
    --------
    >>> points = [(0, 1.0), (1, 0.9), (2, 0.8), (3, 0.7), (4, 0.7)]
    >>> data = guyot(points, [0, 2], [10, 9], total_events=3)
    >>> len(data.time), int(data.event.sum())
    (10, 3)
    """
    times, heights = _curve(coordinates)
    _check_table(risk_times, at_risk)
    fit = _Fit(times, heights, list(at_risk), _firsts(times, risk_times))
    for interval in range(len(at_risk) - 1):
        fit.match_next(interval)
    fit.finish(total_events)
    return fit.data()


def _curve(coordinates: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Return ascending times and heights that never rise, from (0, 1) on."""
    points = sorted({(float(time), float(height)) for time, height in coordinates})
    if not points:
        raise InvalidDataError("A digitised curve has no point. Give (time, survival) pairs.")
    lowest: dict[float, float] = {0.0: 1.0}
    for time, height in points:
        lowest[time] = min(height, lowest.get(time, 1.0))
    times = np.array(sorted(lowest))
    return times, np.minimum.accumulate(np.clip([lowest[one] for one in times], 0, 1))


def _check_table(risk_times: Sequence[float], at_risk: Sequence[int]) -> None:
    is_right = (
        len(risk_times) == len(at_risk) > 0
        and risk_times[0] == 0
        and all(np.diff(risk_times) > 0)
        and all(np.diff(at_risk) <= 0)
    )
    if not is_right:
        raise InvalidDataError(
            f"The risk table has times {list(risk_times)} and numbers {list(at_risk)}. Allowed: "
            "ascending times from 0 with one number each, numbers that never rise."
        )


def _firsts(times: Floats, risk_times: Sequence[float]) -> list[int]:
    """Return the first point of each interval, and one past the last."""
    return [*np.searchsorted(times, risk_times).tolist(), len(times)]


class _Fit:
    """Events and censorings at every point of the curve, interval by interval."""

    def __init__(
        self, times: Floats, heights: Floats, at_risk: list[int], firsts: list[int]
    ) -> None:
        self.times, self.heights, self.at_risk, self.firsts = times, heights, at_risk, firsts
        self.events = np.zeros(len(times), dtype=np.int64)
        self.censored = np.zeros(len(times), dtype=np.int64)
        self.reached = np.ones(len(at_risk) + 1)

    def match_next(self, interval: int) -> None:
        """Change the number censored until the number at risk at the next time comes out."""
        wanted = self.at_risk[interval + 1]
        censored = max(0, round(self._expected_left(interval)) - wanted)
        best: tuple[int, int] | None = None
        for _ in range(ROUNDS):
            miss = self._fill(interval, censored) - wanted
            if best is None or abs(miss) < best[0]:
                best = (abs(miss), censored)
            changed = max(0, censored + miss)
            if miss == 0 or changed == censored:
                break
            censored = changed
        assert best is not None  # noqa: S101 - there was a round
        self._fill(interval, best[1])

    def _expected_left(self, interval: int) -> float:
        first, last = self.firsts[interval], self.firsts[interval + 1]
        before = self.reached[interval]
        after = self.heights[min(last, len(self.heights) - 1)] if last > first else before
        return self.at_risk[interval] * (after / before if before > 0 else 0.0)

    def finish(self, total_events: int | None) -> None:
        """Fill the last interval: to the total of events, or censored as fast as before."""
        last = len(self.at_risk) - 1
        begun = max(self.firsts[last], 1)
        share = self.censored.sum() / max(self.at_risk[0], 1)
        span = self.times[-1] - self.times[min(begun, len(self.times) - 1)]
        rate = share / max(self.times[begun - 1], 1e-9)
        censored = min(self.at_risk[last], round(rate * span * self.at_risk[last]))
        if total_events is None:
            self._fill(last, censored)
            return
        wanted = total_events - int(self.events[: self.firsts[last]].sum())
        choices = range(self.at_risk[last] + 1)
        misses = []
        for choice in choices:
            self._fill(last, choice)
            made = int(self.events[self.firsts[last] :].sum())
            misses.append((abs(made - wanted), abs(choice - censored), choice))
        self._fill(last, min(misses)[2])

    def _fill(self, interval: int, censored: int) -> int:
        """Place events by the heights and censorings evenly; return how many are left."""
        first, last = self.firsts[interval], self.firsts[interval + 1]
        left, height = self.at_risk[interval], self.reached[interval]
        size = last - first
        edges = np.floor(np.arange(size + 1) * censored / max(size, 1) + 1e-9).astype(int)
        for offset, point in enumerate(range(first, last)):
            wanted = left * (1 - self.heights[point] / height) if height > 0 else 0.0
            events = min(left, round(wanted))
            if left:
                height *= 1 - events / left
            left -= events
            gone = min(left, int(edges[offset + 1] - edges[offset]))
            left -= gone
            self.events[point], self.censored[point] = events, gone
        if interval + 1 < len(self.reached):
            self.reached[interval + 1] = height
        return left

    def data(self) -> GuyotData:
        """Return individual times; censorings lie halfway to the next point."""
        later = np.append(self.times[1:], self.times[-1])
        middle = 0.5 * (self.times + later)
        left = self.at_risk[0] - int(self.events.sum() + self.censored.sum())
        time = np.concatenate(
            [
                np.repeat(self.times, self.events),
                np.repeat(middle, self.censored),
                np.full(max(left, 0), self.times[-1]),
            ]
        )
        event = np.zeros(len(time), dtype=np.int64)
        event[: int(self.events.sum())] = 1
        order = np.argsort(time, kind="stable")
        return GuyotData(time[order], event[order])
