"""A curve with many events: numbers at risk and events so far, from cut to cut.

Between two cuts d of the n members at risk have the event and c are censored. Their order decides
by how much the curve falls: by the factor 1 − d/n when all events come first, by n'/(n' + d) when
they come last, n' being left at the end. Every order lies between, so that intervals of survival
for each (number at risk, events so far) bound what is possible: an empty set proves a
contradiction, and a cohort found with these bounds as a guide is a witness.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.hull import ArmRules

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

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


def reachable(rules: ArmRules) -> Reachable:
    """Return the states that both the beginning and the end allow."""
    here = States(np.array([rules.size]), np.array([0]), np.array([1.0]), np.array([1.0]))
    forward = []
    for cut in range(len(rules.survival)):
        here = _step(here, rules, cut)
        forward.append(here)
    return Reachable(tuple(_backward(forward, rules)))


def _window(rules: ArmRules, cut: int) -> tuple[float, float]:
    window = rules.survival[cut]
    if window is None:
        return 0.0, 1.0
    return math.exp(window[0]) - SLACK, math.exp(window[1]) + SLACK


def _targets(rules: ArmRules, cut: int) -> tuple[Integers, Integers]:
    """Return all (number at risk, events so far) that are printed, or not excluded, at a cut."""
    risk = rules.at_risk[cut] or (0, rules.size)
    so_far = rules.events[cut] or (0, rules.size if rules.total is None else rules.total)
    if rules.total is not None:
        so_far = (so_far[0], min(so_far[1], rules.total))
    numbers, events = np.meshgrid(
        np.arange(risk[0], risk[1] + 1), np.arange(so_far[0], so_far[1] + 1), indexing="ij"
    )
    inside = numbers + events <= rules.size
    if rules.total is not None:
        inside &= numbers >= rules.total - events
    if cut < rules.first_interval:
        inside &= events == 0
    return numbers[inside], events[inside]


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


def _step(here: States, rules: ArmRules, cut: int) -> States:
    """Return the states at a cut from those at the one before."""
    numbers, events = _targets(rules, cut)
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
