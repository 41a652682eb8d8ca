"""Drawing one curve: from cut to cut through its possible states, near wished numbers at risk."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.exits import SLACK, Reachable, factors, has_room
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.placing import fall_of, place_events

Floats = NDArray[np.float64]


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


TIGHTER = 0.02
"""Windows for construction leave out so much of the rounding interval at either end."""


def draw_exits(
    rules: ArmRules,
    states: Reachable,
    template: Floats,
    rng: np.random.Generator,
    spread: float = 0.03,
    *,
    inside: float = TIGHTER,
) -> Exits | None:
    """Draw one curve that returns the printed numbers, its numbers at risk near a template.

    `template` holds the wished number at risk at each cut. A dead end is left by the next best
    state of the cut before. `inside` keeps away from the edges of the rounding intervals, by this
    share of their width. None when this draw missed.
    """
    if not states.is_possible:
        return None
    return _Drawing(rules, states, template, rng, spread=spread, inside=inside).run()


CANDIDATES = 8
"""States that are tried at one cut before the one before it is given up."""
PLACINGS = 400
"""Orders that are searched for one curve before the draw is given up."""
ORDERS_OF_ONE = 3
"""Orders of one interval that are tried before another state is."""
STRAIN = 5.0
"""Members at risk off the wish that weigh as much as a fall at the edge of what is possible."""


class _Drawing:
    """A search through the cuts, nearest states first, with a limited number of steps."""

    def __init__(
        self,
        rules: ArmRules,
        states: Reachable,
        template: Floats,
        rng: np.random.Generator,
        *,
        spread: float,
        inside: float,
    ) -> None:
        self.rules, self.states, self.template = rules, states, template
        self.rng, self.spread, self.inside, self.left = rng, spread, inside, PLACINGS

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
                now = survival * math.exp(fall_of(at_risk, np.flatnonzero(order)))
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
        possible &= has_room(self.rules, cut, states.events - events, at_risk - states.at_risk)
        margin = self.inside * (states.high - states.low)
        # A state may have one survival only, which arithmetic meets to the last bit or nearly.
        low = np.maximum(states.low + margin, survival * smallest) - SLACK
        high = np.minimum(states.high - margin, survival * largest) + SLACK
        able = np.flatnonzero(possible & (low <= high))
        noise = self.spread * max(at_risk, 4) * self.rng.standard_normal(len(able))
        # A fall in the middle of what is possible leaves room for many orders.
        fallen = survival * np.sqrt(smallest[able] * largest[able])
        middle = 0.5 * (states.low + states.high)[able]
        strain = np.abs(np.log(np.maximum(middle, 1e-9) / np.maximum(fallen, 1e-9)))
        cost = np.abs(states.at_risk[able] - self.template[cut] + noise) + STRAIN * strain
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
