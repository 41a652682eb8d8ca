"""One curve exit by exit: which numbers at risk, events, survival and Greenwood sums can be.

The states at one moment are (number at risk, events so far, survival). Every exit is an event,
which lowers the curve by the factor (n − 1)/n and adds 1/(n(n − 1)) to Greenwood's sum, or a
censoring, which does neither. Survivals that lie in one cell of a fine grid are kept as one
interval, with the smallest and the largest Greenwood sum that leads there: outer bounds, as narrow
as the grid. Run forwards from everybody and backwards from the end, they leave what both allow.

Tied events need no case of their own: (n − d)/n and d/(n(n − d)) are those of d single events.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.exits import Reachable, States, TooManyStatesError, reachable
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.solver import Limits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

WIDTH = 5e-5
"""Width of a cell of survival: a twentieth of a printed digit of a percentage."""
COARSE = 1e-4
"""The same where only whether there is any state is asked."""
FINE = 5e-6
"""The same for a curve with few events, which has few states."""
MOST_STEPS = 60_000_000
"""Cells that are looked at before a curve is given up as too large."""
SLACK = 1e-11
_CELLS = 1 << 24


@dataclass(frozen=True, slots=True)
class Cells:
    """Possible states (m,): at risk, events so far, intervals of survival and of Greenwood's sum.

    Sorted by number at risk, events and survival.
    """

    at_risk: Integers
    events: Integers
    low: Floats
    high: Floats
    least: Floats
    most: Floats

    def __len__(self) -> int:
        return len(self.at_risk)

    def some(self, chosen: Mask | Integers) -> "Cells":
        """Return some of the states."""
        return Cells(
            self.at_risk[chosen], self.events[chosen], self.low[chosen], self.high[chosen],
            self.least[chosen], self.most[chosen],
        )  # fmt: skip


class TooManyCellsError(Exception):
    """More states than are looked at; the caller does without."""


def passages(rules: ArmRules, limits: Limits, width: float = WIDTH) -> tuple[Cells, ...]:
    """Return the states at every cut from which both the beginning and the end can be reached.

    A cut without a state proves that no cohort returns what is printed of the curve.

    Raises
    ------
    TooManyCellsError
        When the curve has too many states, or the time is up.
    """
    try:
        coarse = reachable(rules)
    except TooManyStatesError as error:
        raise TooManyCellsError from error
    if not coarse.is_possible:
        return tuple(_NOTHING for _ in coarse.cuts)
    walk = _Walk(rules, coarse, limits, width)
    forward = walk.forwards()
    backward = walk.backwards(forward)
    return tuple(meeting(here, there) for here, there in zip(forward, backward, strict=True))


def _cells(at_risk: Integers, events: Integers, low: Floats, high: Floats) -> Cells:
    return Cells(at_risk, events, low, high, np.zeros(len(low)), np.zeros(len(low)))


_NOTHING = _cells(*(np.empty(0, dtype=np.int64),) * 2, *(np.empty(0),) * 2)


def _together(parts: list[Cells], width: float) -> Cells:
    """Return the states of several parts, those of one cell as one."""
    every = Cells(*(np.concatenate(columns) for columns in zip(*map(_columns, parts), strict=True)))
    if not len(every):
        return every
    whole = _split(every, width)
    place = np.minimum((whole.low / width).astype(np.int64), _CELLS - 1)
    key = ((whole.at_risk << 12) + whole.events) * _CELLS + place
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    sorted_cells = whole.some(order)
    return Cells(
        sorted_cells.at_risk[starts],
        sorted_cells.events[starts],
        np.minimum.reduceat(sorted_cells.low, starts),
        np.maximum.reduceat(sorted_cells.high, starts),
        np.minimum.reduceat(sorted_cells.least, starts),
        np.maximum.reduceat(sorted_cells.most, starts),
    )


def _columns(cells: Cells) -> tuple[NDArray[np.generic], ...]:
    return cells.at_risk, cells.events, cells.low, cells.high, cells.least, cells.most


def _split(cells: Cells, width: float) -> Cells:
    """Cut intervals at the edges of the grid, so that uniting them cannot make them longer."""
    edge = (np.floor(cells.low / width) + 1) * width
    across = (cells.high > edge) & (cells.high <= edge + width)
    if not across.any():
        return cells
    first = Cells(
        cells.at_risk, cells.events, cells.low, np.where(across, edge, cells.high), cells.least,
        cells.most,
    )  # fmt: skip
    second = cells.some(across)
    rest = Cells(
        second.at_risk, second.events, edge[across], second.high, second.least, second.most
    )
    return Cells(
        *(np.concatenate(pair) for pair in zip(_columns(first), _columns(rest), strict=True))
    )


class _Walk:
    """The way through all exits, interval by interval, with a limited number of steps."""

    def __init__(self, rules: ArmRules, coarse: Reachable, limits: Limits, width: float) -> None:
        self.rules, self.coarse, self.limits, self.width = rules, coarse, limits, width
        self.steps = 0

    def forwards(self) -> list[Cells]:
        """Return the states at every cut that the beginning allows."""
        one = np.array([1.0])
        here = _cells(np.array([self.rules.size]), np.array([0]), one, one)
        found = []
        for cut, states in enumerate(self.coarse.cuts):
            every: list[Cells] = []
            running = _NOTHING
            for number in range(self.rules.size, int(states.at_risk.min()) - 1, -1):
                arrived = [*self._after_exit(running, cut), here.some(here.at_risk == number)]
                running = self._hopeful(self._together(arrived), cut)
                every.append(running)
            here = _inside(_together(every, self.width), states)
            found.append(here)
        return found

    def _after_exit(self, cells: Cells, cut: int) -> list[Cells]:
        """Return the states after one more exit, a censoring or an event."""
        left = cells.at_risk - 1
        parts = [Cells(left, cells.events, cells.low, cells.high, cells.least, cells.most)]
        if self._may_happen(cut) and len(cells):
            number = cells.at_risk.astype(np.float64)
            factor = 1 - 1 / number
            # The last member's event makes S = 0, of which Greenwood's sum says nothing.
            term = np.where(number > 1, 1 / np.maximum(number * (number - 1), 1), 0.0)
            low, high = cells.low * factor, cells.high * factor
            least, most = cells.least + term, cells.most + term
            parts.append(Cells(left, cells.events + 1, low, high, least, most))
        return parts

    def _together(self, parts: list[Cells]) -> Cells:
        self.steps += sum(map(len, parts))
        if self.steps > MOST_STEPS or self.limits.left <= 0:
            raise TooManyCellsError
        return _together(parts, self.width)

    def _hopeful(self, cells: Cells, cut: int) -> Cells:
        """Leave out states that cannot reach the next cut any more."""
        states = self.coarse.cuts[cut]
        left = int(states.events.max()) - cells.events
        fewest = int(states.at_risk.min())
        lowest = cells.low * _share(fewest, np.maximum(left, 0))
        return cells.some(
            (cells.at_risk >= fewest)
            & (left >= 0)
            & (cells.high >= states.low.min() - SLACK)
            & (lowest <= states.high.max() + SLACK)
        )

    def backwards(self, forward: list[Cells]) -> list[Cells]:
        """Return the states at every cut from which the end is reached."""
        last = forward[-1]
        here = last
        if self.rules.total is not None:
            here = last.some(last.at_risk >= self.rules.total - last.events)
        found = [here]
        for cut in range(len(forward) - 1, 0, -1):
            before = forward[cut - 1]
            if not len(here) or not len(before):
                here = _NOTHING
            else:
                here = meeting(before, self._before(here, before, cut))
            found.append(here)
        return found[::-1]

    def _before(self, here: Cells, before: Cells, cut: int) -> Cells:
        """Return the states right after the cut before from which `here` is reached."""
        every: list[Cells] = []
        running = _NOTHING
        most, fewest = int(before.at_risk.max()), int(before.events.min())
        highest = float(before.high.max())
        for number in range(int(here.at_risk.min()), most + 1):
            arrived = [*self._before_exit(running, cut), here.some(here.at_risk == number)]
            running = self._together(arrived)
            running = running.some((running.events >= fewest) & (running.low <= highest + SLACK))
            every.append(running)
        return _together(every, self.width)

    def _before_exit(self, cells: Cells, cut: int) -> list[Cells]:
        more = cells.at_risk + 1
        parts = [Cells(more, cells.events, cells.low, cells.high, cells.least, cells.most)]
        if self._may_happen(cut) and len(cells):
            number = more.astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = np.where(number > 1, number / np.maximum(number - 1, 1), 1.0)
            low = np.where(number > 1, cells.low * factor, 0.0)
            high = np.where(number > 1, cells.high * factor, 1.0)
            able = (number > 1) | (cells.low <= SLACK)
            earlier = Cells(more, cells.events - 1, low, high, cells.least, cells.most)
            parts.append(earlier.some(able & (cells.events > 0)))
        return parts

    def _may_happen(self, interval: int) -> bool:
        last = self.rules.intervals - 1
        if self.rules.last_interval is not None:
            last = self.rules.last_interval
        return self.rules.first_interval <= interval <= last


def _share(left: int, events: Integers) -> Floats:
    """Return the smallest factor of events that leave `left` at risk: all of them come last."""
    found: Floats = np.where(events > 0, left / np.maximum(left + events, 1), 1.0)
    return found


def _inside(cells: Cells, states: States) -> Cells:
    """Clip states at a cut to what is printed there, by number at risk and events."""
    if not len(cells):
        return cells
    key = cells.at_risk * 4096 + cells.events
    known = states.at_risk * 4096 + states.events
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], key), len(known) - 1)
    same = known[order][place] == key
    low = np.maximum(cells.low, states.low[order][place])
    high = np.minimum(cells.high, states.high[order][place])
    kept = same & (low <= high + SLACK)
    return Cells(
        cells.at_risk, cells.events, low, np.maximum(low, high), cells.least, cells.most
    ).some(kept)


def meeting(forward: Cells, backward: Cells) -> Cells:
    """Return the forward states whose survival a backward state shares."""
    if not len(forward) or not len(backward):
        return _NOTHING
    # One line of numbers: states far apart, survivals within them.
    mine = 4.0 * (forward.at_risk * 4096 + forward.events)
    theirs = 4.0 * (backward.at_risk * 4096 + backward.events)
    starts, ends = np.sort(theirs + backward.low), np.sort(theirs + backward.high)
    # More have begun by the end of an interval than have ended before its beginning.
    begun = np.searchsorted(starts, mine + forward.high + _LINE_SLACK, side="right")
    ended = np.searchsorted(ends, mine + forward.low - _LINE_SLACK, side="left")
    return forward.some(begun > ended)


_LINE_SLACK = 1e-8
"""Doubles near 1e7 are 2e-9 apart."""


def limits_of(cells: Cells, kind: str, z: float) -> tuple[float, float]:
    """Return the smallest and largest standard error or log-log 95 % limit over states.

    `kind` is std_error, lower or upper. Returned is NaN where S = 1 or 0 and no limit is defined.
    """
    survivals = [np.clip(cells.low, 0, 1), np.clip(cells.high, 0, 1)]
    roots = [np.sqrt(cells.least), np.sqrt(cells.most)]
    if kind == "std_error":
        return float((survivals[0] * roots[0]).min()), float((survivals[1] * roots[1]).max())
    if survivals[0].min() <= 0 or survivals[1].max() >= 1:
        return math.nan, math.nan
    sign = 1 if kind == "lower" else -1
    values = []
    for root in roots:
        # As a function of S the lower limit is largest where −log S = z√G.
        middle = np.clip(np.exp(-z * root), survivals[0], survivals[1])
        values += [s ** np.exp(sign * z * root / -np.log(s)) for s in (*survivals, middle)]
    return float(min(one.min() for one in values)), float(max(one.max() for one in values))
