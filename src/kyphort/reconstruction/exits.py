"""A curve with many events: numbers at risk and events so far, from cut to cut.

Between two cuts d of the n members at risk have the event and c are censored. Their order decides
by how much the curve falls: by the factor 1 − d/n when all events come first, by n'/(n' + d) when
they come last, n' being left at the end. Every order lies between, so that intervals of survival
for each (number at risk, events so far) bound what is possible: an empty set proves a
contradiction, and a cohort found with these bounds as a guide is a witness.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.hull import ArmRules

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Number = TypeVar("Number", int, float)

SLACK = 1e-10
_LAST_BITS = 1e-13
LARGEST = 3000
"""Members of a curve beyond which the table of states would not fit into memory."""


@dataclass(frozen=True, slots=True)
class States:
    """Possible states at one cut: numbers at risk, events so far, intervals of survival (m,)."""

    at_risk: Integers
    events: Integers
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.at_risk)


@dataclass(frozen=True, slots=True)
class Reachable:
    """The states of every cut from which the end can still be reached; empty proves impossible."""

    cuts: tuple[States, ...]

    @property
    def is_possible(self) -> bool:
        """Whether every cut has a state."""
        return all(len(one) for one in self.cuts)


class TooManyStatesError(Exception):
    """More states from cut to cut than arithmetic runs through in seconds."""


def reachable(rules: ArmRules, most: int | None = None) -> Reachable:
    """Return the states that both the beginning and the end allow.

    With `most` no cut keeps more states, evenly chosen: enough to draw from, and no proof.

    Raises
    ------
    TooManyStatesError
        When there are too many for a proof; never with `most`.
    """
    here = States(np.array([rules.size]), np.array([0]), np.array([1.0]), np.array([1.0]))
    forward = []
    for cut in range(len(rules.survival)):
        here = _step(here, rules, cut, _chosen(rules, cut, len(here), most))
        forward.append(here)
    return Reachable(tuple(_backward(forward, rules)))


LARGEST_WORK = 400_000_000
"""Pairs of states of neighbouring cuts that a proof runs through: some seconds each."""


def _chosen(rules: ArmRules, cut: int, before: int, most: int | None) -> tuple[Integers, Integers]:
    """Return the states of a cut: all that are possible, or some of them."""
    numbers, events = _targets(rules, cut)
    if most is None and before * len(numbers) > LARGEST_WORK:
        raise TooManyStatesError(f"{before * len(numbers)} pairs of states")
    if most is None or len(numbers) <= most:
        return numbers, events
    some = np.unique(np.linspace(0, len(numbers) - 1, most).astype(int))
    return numbers[some], events[some]


def _window(rules: ArmRules, cut: int) -> tuple[float, float]:
    window = rules.survival[cut]
    if window is None:
        return 0.0, 1.0
    return math.exp(window[0]) - SLACK, math.exp(window[1]) + SLACK


def _targets(rules: ArmRules, cut: int) -> tuple[Integers, Integers]:
    """Return all (number at risk, events so far) that are printed, or not excluded, at a cut."""
    fewest, most = _falling(rules.at_risk, cut, (0, rules.size))
    limit = rules.size if rules.total is None else rules.total
    least, largest = _rising(rules.events, cut, (0, limit))
    numbers, events = np.meshgrid(
        np.arange(fewest, most + 1), np.arange(least, min(largest, limit) + 1), indexing="ij"
    )
    inside = numbers + events <= rules.size
    if rules.total is not None:
        inside &= numbers >= rules.total - events
    if cut < rules.first_interval:
        inside &= events == 0
    # Whatever the order of exits, survival lies between n'/(n' + d) and 1 − d/n.
    low, high = _falling([_plain(one) for one in rules.survival], cut, (0.0, 1.0))
    inside &= events <= rules.size * (1 - low) + SLACK * rules.size
    inside &= numbers <= (high + SLACK) * (numbers + events)
    return numbers[inside], events[inside]


def _plain(window: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return a window of log survival as one of survival, None without one."""
    return None if window is None else (math.exp(window[0]), math.exp(window[1]))


def _falling(
    windows: Sequence[tuple[Number, Number] | None], cut: int, otherwise: tuple[Number, Number]
) -> tuple[Number, Number]:
    """Return the range of a number that never rises, from the windows before and after a cut."""
    before = [one for one in windows[: cut + 1] if one is not None]
    after = [one for one in windows[cut:] if one is not None]
    return (after[0][0] if after else otherwise[0], before[-1][1] if before else otherwise[1])


def _rising(
    windows: Sequence[tuple[int, int] | None], cut: int, otherwise: tuple[int, int]
) -> tuple[int, int]:
    """Return the range of a number that never falls, from the windows before and after a cut."""
    before = [one for one in windows[: cut + 1] if one is not None]
    after = [one for one in windows[cut:] if one is not None]
    return (before[-1][0] if before else otherwise[0], after[0][1] if after else otherwise[1])


def factors(
    at_risk: Integers, events: Integers, later_risk: Integers, later_events: Integers
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the smallest and largest factor from states to later ones, and which are possible."""
    fallen = later_events - events
    censored = at_risk - later_risk - fallen
    possible = (fallen >= 0) & (censored >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.where(fallen > 0, 1 - fallen / np.maximum(at_risk, 1), 1.0)
        smallest = np.where(fallen > 0, later_risk / np.maximum(later_risk + fallen, 1), 1.0)
    # Without a censoring both are the same number, but for its last bit.
    return np.minimum(smallest, largest) * (1 - _LAST_BITS), largest * (1 + _LAST_BITS), possible


def _step(here: States, rules: ArmRules, cut: int, targets: tuple[Integers, Integers]) -> States:
    """Return the states at a cut, among `targets`, from those at the one before."""
    numbers, events = targets
    low, high = np.full(len(numbers), np.inf), np.full(len(numbers), -np.inf)
    window = _window(rules, cut)
    for index in range(len(here)):
        smallest, largest, possible = factors(
            here.at_risk[index], here.events[index], numbers, events
        )
        # Clipped before they are united: two intervals outside the window do not span it.
        possible &= _has_room(
            rules, cut, events - here.events[index], here.at_risk[index] - numbers
        )
        least = np.maximum(here.low[index] * smallest, window[0])
        most = np.minimum(here.high[index] * largest, window[1])
        possible &= least <= most
        low = np.where(possible, np.minimum(low, least), low)
        high = np.where(possible, np.maximum(high, most), high)
    kept = low <= high
    return States(numbers[kept], events[kept], low[kept], high[kept])


def _has_room(rules: ArmRules, cut: int, events: Integers, exits: Integers) -> NDArray[np.bool_]:
    """Return whether the interval before a cut has days for events and exits.

    A censoring may share its day with others, but an event after it needs a later day.
    """
    if not rules.most_events:
        return np.ones(np.shape(events), dtype=bool)
    most = rules.most_events[cut]
    return (events <= most) & ((exits <= most) | (most > FEW_DAYS))


FEW_DAYS = 7
"""In intervals of so few days every exit has a day of its own."""


def _backward(forward: list[States], rules: ArmRules) -> list[States]:
    """Leave out states, and parts of their intervals, from which the last cut is not reached."""
    kept = list(forward)
    if kept and rules.total is not None:
        last = kept[-1]
        enough = last.at_risk >= rules.total - last.events
        kept[-1] = _some(last, enough)
    for cut in range(len(kept) - 2, -1, -1):
        here, later = kept[cut], kept[cut + 1]
        low, high = np.full(len(here), np.inf), np.full(len(here), -np.inf)
        for index in range(len(later)):
            smallest, largest, possible = factors(
                here.at_risk, here.events, later.at_risk[index], later.events[index]
            )
            possible &= _has_room(
                rules,
                cut + 1,
                later.events[index] - here.events,
                here.at_risk - later.at_risk[index],
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                least = later.low[index] / np.where(largest > 0, largest, np.nan)
                most = np.where(smallest > 0, later.high[index] / smallest, np.inf)
            least = np.where(np.isnan(least), 0.0 if later.low[index] <= 0 else np.inf, least)
            least, most = np.maximum(least, here.low), np.minimum(most, here.high)
            possible &= least <= most + SLACK
            low = np.where(possible, np.minimum(low, least), low)
            high = np.where(possible, np.maximum(high, most), high)
        kept[cut] = _some(States(here.at_risk, here.events, low, high), low <= high + SLACK)
    return kept


def _some(states: States, chosen: NDArray[np.bool_]) -> States:
    return States(
        states.at_risk[chosen], states.events[chosen], states.low[chosen], states.high[chosen]
    )


def place_events(
    at_risk: int, events: int, censored: int, factor: tuple[float, float], rng: np.random.Generator
) -> tuple[bool, ...] | None:
    """Order events (True) and censorings so that the curve falls by a factor in a window.

    When there are few orders, a random one of all that fit. Otherwise starts from an even mixture
    and moves single events past censorings, earlier to raise the curve and later to lower it,
    nearest fit first. None when the window is missed.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> place_events(10, 2, 3, (0.74, 0.76), generator)
    (False, True, False, False, True)
    """
    length = events + censored
    if length == 0:
        return () if factor[0] <= 1 <= factor[1] else None
    if math.comb(length, events) <= ALL_ORDERS:
        return _one_of_all(at_risk, events, length, factor, rng)
    places = np.sort(rng.permutation(length)[:events])
    even = np.floor((np.arange(events) + rng.random(events)) * length / max(events, 1))
    places = _distinct(np.minimum(even, length - 1).astype(int), length, places)
    target = 0.5 * (_log(factor[0]) + _log(factor[1]))
    for _ in range(60 * max(length, 1)):
        fall = _fall(at_risk, places)
        if _log(factor[0]) <= fall <= _log(factor[1]):
            is_event = np.zeros(length, dtype=bool)
            is_event[places] = True
            return tuple(is_event.tolist())
        moved = _moved(at_risk, places, length, (fall, target), rng)
        if moved is None:
            return None
        places = moved
    return None


ALL_ORDERS = 20_000
"""Up to so many orders of an interval all are tried, so that a rare one is not missed."""


def _one_of_all(
    at_risk: int, events: int, length: int, factor: tuple[float, float], rng: np.random.Generator
) -> tuple[bool, ...] | None:
    """Return a random one of all orders whose factor lies in the window, None without one."""
    places = _all_places(length, events)
    numbers = at_risk - places
    with np.errstate(divide="ignore"):
        falls = np.where(numbers > 1, np.log1p(-1 / np.maximum(numbers, 2)), -1e9).sum(axis=1)
    fitting = np.flatnonzero((falls >= _log(factor[0])) & (falls <= _log(factor[1])))
    if not len(fitting):
        return None
    is_event = np.zeros(length, dtype=bool)
    is_event[places[int(rng.choice(fitting))]] = True
    return tuple(is_event.tolist())


@lru_cache(maxsize=256)
def _all_places(length: int, events: int) -> Integers:
    found = np.array(list(combinations(range(length), events)), dtype=np.int64)
    return found.reshape(math.comb(length, events), events)


def _distinct(places: Integers, length: int, otherwise: Integers) -> Integers:
    unique = np.unique(places)
    if len(unique) == len(places):
        return unique
    free = np.setdiff1d(np.arange(length), unique)[: len(places) - len(unique)]
    filled = np.sort(np.concatenate([unique, free]))
    return filled if len(filled) == len(otherwise) else otherwise


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -1e9


def _fall(at_risk: int, places: Integers) -> float:
    """Return log of the factor of events at these places of the order of exits."""
    numbers = at_risk - places
    if len(numbers) and numbers.min() <= 1:
        return -1e9
    return float(np.log1p(-1 / numbers).sum())


def _moved(
    at_risk: int, places: Integers, length: int, aim: tuple[float, float], rng: np.random.Generator
) -> Integers | None:
    """Move the one event by one place that comes nearest to the target; sometimes another."""
    fall, target = aim
    step = 1 if fall > target else -1
    taken = set(places.tolist())
    able = [
        index
        for index, place in enumerate(places.tolist())
        if 0 <= place + step < length and place + step not in taken
    ]
    if not able:
        return None
    changed = []
    for index in able:
        one = places.copy()
        one[index] += step
        changed.append(one)
    misses = np.array([abs(_fall(at_risk, one) - target) for one in changed])
    if rng.random() < 0.3:
        return changed[int(rng.integers(len(changed)))]
    return changed[int(np.argmin(misses))]


@dataclass(frozen=True, slots=True)
class Exits:
    """One curve as its exits, interval by interval: True an event, False a censoring."""

    intervals: tuple[tuple[bool, ...], ...]

    @property
    def is_event(self) -> tuple[bool, ...]:
        """All exits in order."""
        return tuple(one for interval in self.intervals for one in interval)

    def at_risk(self, size: int) -> tuple[int, ...]:
        """Return the number at risk after each interval."""
        return tuple((size - np.cumsum([len(one) for one in self.intervals])).tolist())


def draw_exits(
    rules: ArmRules,
    states: Reachable,
    template: Floats,
    rng: np.random.Generator,
    spread: float = 0.03,
) -> Exits | None:
    """Draw one curve that returns the printed numbers, its numbers at risk near a template.

    `template` holds the wished number at risk at each cut. A dead end is left by the next best
    state of the cut before. None when this draw missed.
    """
    if not states.is_possible:
        return None
    return _Drawing(rules, states, template, rng, spread).run()


CANDIDATES = 8
"""States that are tried at one cut before the one before it is given up."""
PLACINGS = 400
"""Orders that are searched for one curve before the draw is given up."""
ORDERS_OF_ONE = 3
"""Orders of one interval that are tried before another state is."""
_TIGHTER = 0.02
"""Windows for construction leave out so much of each half of the rounding interval."""


class _Drawing:
    """A search through the cuts, nearest states first, with a limited number of steps."""

    def __init__(
        self,
        rules: ArmRules,
        states: Reachable,
        template: Floats,
        rng: np.random.Generator,
        spread: float,
    ) -> None:
        self.rules, self.states, self.template = rules, states, template
        self.rng, self.spread, self.left = rng, spread, PLACINGS

    def run(self) -> Exits | None:
        intervals = self._from(0, self.rules.size, 0, 1.0)
        return None if intervals is None else Exits(tuple(intervals))

    def _from(
        self, cut: int, at_risk: int, events: int, survival: float
    ) -> list[tuple[bool, ...]] | None:
        if cut == len(self.rules.survival):
            return self._rest(at_risk, events)
        for number, so_far, window in self._candidates(cut, at_risk, events, survival):
            fallen = so_far - events
            ends = (_ratio(window[0], survival), _ratio(window[1], survival))
            for _ in range(ORDERS_OF_ONE):
                if self.left <= 0:
                    return None
                self.left -= 1
                order = place_events(at_risk, fallen, at_risk - number - fallen, ends, self.rng)
                if order is None:
                    break
                now = survival * math.exp(_fall(at_risk, np.flatnonzero(order)))
                later = self._from(cut + 1, number, so_far, now)
                if later is not None:
                    return [order, *later]
        return None

    def _rest(self, at_risk: int, events: int) -> list[tuple[bool, ...]] | None:
        """Return the exits after the last cut: the events that are left, in any order."""
        left = min(self.rules.after, at_risk)
        if self.rules.total is not None:
            left = self.rules.total - events
        if not 0 <= left <= at_risk:
            return None
        rest = np.zeros(at_risk, dtype=bool)
        rest[:left] = True
        return [tuple(self.rng.permutation(rest).tolist())]

    def _candidates(
        self, cut: int, at_risk: int, events: int, survival: float
    ) -> list[tuple[int, int, tuple[float, float]]]:
        """Return the next states: possible from here, near the wish, with room for their order."""
        states = self.states.cuts[cut]
        smallest, largest, possible = factors(
            np.asarray(at_risk), np.asarray(events), states.at_risk, states.events
        )
        possible &= _has_room(self.rules, cut, states.events - events, at_risk - states.at_risk)
        margin = _TIGHTER * (states.high - states.low)
        # A state may have one survival only, which arithmetic meets to the last bit or nearly.
        low = np.maximum(states.low + margin, survival * smallest) - SLACK
        high = np.minimum(states.high - margin, survival * largest) + SLACK
        able = np.flatnonzero(possible & (low <= high))
        noise = self.spread * max(at_risk, 4) * self.rng.standard_normal(len(able))
        # A fall in the middle of what is possible leaves room for many orders.
        fallen = survival * np.sqrt(smallest[able] * largest[able])
        middle = 0.5 * (states.low + states.high)[able]
        strain = np.abs(np.log(np.maximum(middle, 1e-9) / np.maximum(fallen, 1e-9)))
        cost = np.abs(states.at_risk[able] - self.template[cut] + noise) + 40.0 * strain
        return [
            (
                int(states.at_risk[best]),
                int(states.events[best]),
                (float(low[best]), float(high[best])),
            )
            for best in able[np.argsort(cost)[:CANDIDATES]]
        ]


def _ratio(later: float, earlier: float) -> float:
    return later / earlier if earlier > 0 else 1.0
