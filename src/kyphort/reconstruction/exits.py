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
        possible &= has_room(rules, cut, events - here.events[index], here.at_risk[index] - numbers)
        least = np.maximum(here.low[index] * smallest, window[0])
        most = np.minimum(here.high[index] * largest, window[1])
        possible &= least <= most
        low = np.where(possible, np.minimum(low, least), low)
        high = np.where(possible, np.maximum(high, most), high)
    kept = low <= high
    return States(numbers[kept], events[kept], low[kept], high[kept])


def has_room(rules: ArmRules, cut: int, events: Integers, exits: Integers) -> NDArray[np.bool_]:
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
            possible &= has_room(
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
