"""Outer bounds of a Kaplan-Meier curve with few events: which numbers at risk can belong to it.

A curve is a product of (n − 1)/n over the numbers at risk n at its events. For each number at risk
at the latest event, the log survival so far lies in an interval (the hull); every printed value
clips it. An empty hull proves that no curve exists; a hull that is not empty proves nothing.
Tied events need no case of their own: (n − 2)/n is (n − 1)/n · (n − 2)/(n − 1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLACK = 1e-11


@dataclass(frozen=True, slots=True)
class ArmRules:
    """What is printed of one curve, at each of the cuts: windows, or None where nothing is.

    `survival` windows of log S; `at_risk` windows of the number at risk; `events` windows of the
    events so far; `total` all events, None when open. Events lie in the intervals `first_interval`
    to `last_interval`. `most_events` limits the events of each interval: used for drawing, where no
    exit falls on the very time of a landmark and no two events on one day. `most_after` limits the
    events after the last cut when `total` is open and they matter to others; `after` is how many of
    them a draw takes.
    """

    size: int
    survival: tuple[tuple[float, float] | None, ...]
    at_risk: tuple[tuple[int, int] | None, ...]
    events: tuple[tuple[int, int] | None, ...]
    total: int | None
    first_interval: int = 0
    last_interval: int | None = None
    most_events: tuple[int, ...] = ()
    most_after: int = 0
    after: int = 0

    @property
    def intervals(self) -> int:
        """The number of intervals: one more than cuts."""
        return len(self.survival) + 1


@dataclass(frozen=True, slots=True)
class Hull:
    """Intervals of log S (size + 2,), by the number at risk at the latest event; empty is (∞, −∞).

    The index size + 1 stands for "no event so far"; an index n > 0 allows later events below n.
    """

    low: Floats
    high: Floats

    @property
    def is_empty(self) -> bool:
        """Whether nothing is possible."""
        return not bool(np.any(self.low <= self.high))


def start(size: int) -> Hull:
    """Return the hull before any event."""
    low, high = np.full(size + 2, np.inf), np.full(size + 2, -np.inf)
    low[size + 1] = high[size + 1] = 0.0
    return Hull(low, high)


def log_factors(size: int) -> Floats:
    """Return log(1 − 1/n) for n from 0 to size + 1; −∞ at n = 1, unused at 0."""
    numbers = np.arange(size + 2, dtype=np.float64)
    factors = np.full(size + 2, -np.inf)
    factors[2:] = np.log1p(-1 / numbers[2:])
    return factors


def after_event(hull: Hull, factors: Floats) -> Hull:
    """Return the hull after one more event at any smaller number at risk."""
    low = np.minimum.accumulate(hull.low[::-1])[::-1]
    high = np.maximum.accumulate(hull.high[::-1])[::-1]
    low, high = np.append(low[1:], np.inf), np.append(high[1:], -np.inf)
    possible = low <= high
    possible[0] = False
    return Hull(
        np.where(possible, low + np.where(possible, factors, 0.0), np.inf),
        np.where(possible, high + np.where(possible, factors, 0.0), -np.inf),
    )


def at_cut(hull: Hull, rules: ArmRules, cut: int) -> Hull:
    """Clip the hull by what is printed at a cut."""
    low, high = hull.low.copy(), hull.high.copy()
    if (window := rules.survival[cut]) is not None:
        wrong = (high < window[0] - SLACK) | (low > window[1] + SLACK)
        low = np.where(wrong, np.inf, np.maximum(low, window[0] - SLACK))
        high = np.where(wrong, -np.inf, np.minimum(high, window[1] + SLACK))
    if (risk := rules.at_risk[cut]) is not None:
        fewest, most = risk
        low[: fewest + 1], high[: fewest + 1] = np.inf, -np.inf
        if most + 1 < len(low):
            # Whoever was last at risk among more than `most + 1`: the next event is at most `most`.
            low[most + 1] = low[most + 1 :].min()
            high[most + 1] = high[most + 1 :].max()
            low[most + 2 :], high[most + 2 :] = np.inf, -np.inf
    return Hull(low, high)


def allocations(rules: ArmRules, most: int = 5000) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of events in each interval that the hull does not exclude, up to `most`.

    The interval after the last cut takes what is left of `total`; up to `most_after` when that is
    open.
    """
    factors = log_factors(rules.size)
    yield from islice(_extend(rules, factors, start(rules.size), (), 0), most)


def _extend(
    rules: ArmRules, factors: Floats, hull: Hull, before: tuple[int, ...], so_far: int
) -> Iterator[tuple[int, ...]]:
    interval = len(before)
    if interval == rules.intervals - 1:
        yield from _tail(rules, factors, hull, before, so_far)
        return
    events, here = 0, hull
    while not here.is_empty:
        clipped = at_cut(here, rules, interval)
        if not clipped.is_empty and _fits(rules.events[interval], so_far + events):
            yield from _extend(rules, factors, clipped, (*before, events), so_far + events)
        if not _may_happen(rules, interval) or so_far + events + 1 > _most(rules, interval):
            return
        here, events = _above_floor(after_event(here, factors), rules, interval), events + 1


def _tail(
    rules: ArmRules, factors: Floats, hull: Hull, before: tuple[int, ...], so_far: int
) -> Iterator[tuple[int, ...]]:
    least = 0 if rules.total is None else rules.total - so_far
    most = rules.most_after if rules.total is None else least
    for left in range(most + 1):
        if left > 0:
            if not _may_happen(rules, len(before)):
                return
            hull = after_event(hull, factors)
        if hull.is_empty:
            return
        if left >= least:
            yield (*before, left)


def _above_floor(hull: Hull, rules: ArmRules, interval: int) -> Hull:
    """Leave out what lies below the next printed survival already: events only lower it."""
    first = next((one for one in rules.survival[interval:] if one is not None), None)
    if first is None:
        return hull
    wrong = hull.high < first[0] - SLACK
    return Hull(np.where(wrong, np.inf, hull.low), np.where(wrong, -np.inf, hull.high))


def _may_happen(rules: ArmRules, interval: int) -> bool:
    last = rules.intervals - 1 if rules.last_interval is None else rules.last_interval
    return rules.first_interval <= interval <= last


def _most(rules: ArmRules, interval: int) -> int:
    known = [one[1] for one in rules.events[interval:] if one is not None]
    limit = rules.size if rules.total is None else rules.total
    return min([*known, limit])


def _fits(window: tuple[int, int] | None, value: int) -> bool:
    return window is None or window[0] <= value <= window[1]


def numbers_at_risk(rules: ArmRules, events: Sequence[int]) -> list[tuple[int, int]] | None:
    """Return the range of the number at risk at each event of an allocation, None when impossible.

    Outer bounds: forward and backward hulls must meet.
    """
    factors = log_factors(rules.size)
    forward = _forward(rules, factors, events)
    if forward is None:
        return None
    backward = _backward(rules, factors, events)
    ranges = []
    for ahead, behind in zip(forward, backward, strict=True):
        low, high = np.maximum(ahead.low, behind.low), np.minimum(ahead.high, behind.high)
        possible = np.flatnonzero((low <= high + SLACK) & (ahead.low <= ahead.high))
        possible = possible[behind.low[possible] <= behind.high[possible]]
        if not len(possible):
            return None
        ranges.append((int(possible[0]), int(possible[-1])))
    return ranges


def _forward(rules: ArmRules, factors: Floats, events: Sequence[int]) -> list[Hull] | None:
    """Return the hull right after each event."""
    hull, found = start(rules.size), []
    for interval, number in enumerate(events):
        for _ in range(number):
            hull = after_event(hull, factors)
            found.append(hull)
        if interval < rules.intervals - 1:
            hull = at_cut(hull, rules, interval)
        if hull.is_empty:
            return None
    return found


def _backward(rules: ArmRules, factors: Floats, events: Sequence[int]) -> list[Hull]:
    """Return, right after each event, from which log S the rest can still be reached."""
    hull = Hull(np.full(rules.size + 2, -np.inf), np.zeros(rules.size + 2))
    found: list[Hull] = []
    for interval in range(len(events) - 1, -1, -1):
        if interval < rules.intervals - 1:
            hull = _before_cut(hull, rules, interval)
        for _ in range(events[interval]):
            found.append(hull)
            hull = _before_event(hull, factors)
    return found[::-1]


def _before_event(hull: Hull, factors: Floats) -> Hull:
    with np.errstate(invalid="ignore"):
        low = np.where(hull.low <= hull.high, hull.low - factors, np.inf)
        high = np.where(hull.low <= hull.high, hull.high - factors, -np.inf)
    low, high = np.nan_to_num(low, nan=-np.inf, posinf=np.inf, neginf=-np.inf), np.minimum(high, 0)
    low[0], high[0] = np.inf, -np.inf
    low, high = np.minimum.accumulate(low), np.maximum.accumulate(high)
    return Hull(np.append(np.inf, low[:-1]), np.append(-np.inf, high[:-1]))


def _before_cut(hull: Hull, rules: ArmRules, cut: int) -> Hull:
    low, high = hull.low.copy(), hull.high.copy()
    if (risk := rules.at_risk[cut]) is not None:
        fewest, most = risk
        if most + 1 < len(low):
            low[most + 2 :], high[most + 2 :] = low[most + 1], high[most + 1]
        low[: fewest + 1], high[: fewest + 1] = np.inf, -np.inf
    if (window := rules.survival[cut]) is not None:
        wrong = (high < window[0] - SLACK) | (low > window[1] + SLACK)
        low = np.where(wrong, np.inf, np.maximum(low, window[0] - SLACK))
        high = np.where(wrong, -np.inf, np.minimum(high, window[1] + SLACK))
    return Hull(low, high)
