"""Merging the curves of several arms into one order of exits, so that tests and pooled fit too."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kyphort.published.specification import DAYS_IN
from kyphort.reconstruction.closeness import Closeness
from kyphort.reconstruction.curve import TIGHTER, Exits, draw_exits
from kyphort.reconstruction.exchanging import exchanged
from kyphort.reconstruction.exits import FEW_DAYS, Reachable, reachable
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.orders import rules_of
from kyphort.reconstruction.reach import reached
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem
from kyphort.reconstruction.tails import drawn_tails, matter
from kyphort.reconstruction.wishes import wished_at_risk

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_STATES = 8000
"""States that are kept at one cut for drawing."""
SKEWS = np.linspace(-3.0, 3.0, 13)
"""By how much the exits of one arm come later within each interval than those of the others."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A problem prepared for drawing: rules and reachable states of each arm, days of intervals.

    When `is_crowded`, events have to share days.
    """

    problem: EndpointProblem
    rules: tuple[ArmRules, ...]
    states: tuple[Reachable, ...]
    days: tuple[int, ...]
    is_crowded: bool = False


def prepare(problem: EndpointProblem) -> Drawn:
    """Compute once what every draw needs.

    No exit falls on a landmark, where a number at risk could count it or not, and every curve
    reaches its printed landmarks, unless no curve can do so; no two events fall on one day, unless
    there are more of them than days: curves do not mind, tests do.
    """
    for on_landmarks, reaching in ((False, True), (True, True), (True, False)):
        days = _days(problem, on_landmarks=on_landmarks)
        rules = tuple(_rules(problem, arm, days, reaching=reaching) for arm in problem.everybody)
        states = tuple(reachable(one, MOST_STATES) for one in rules)
        if all(one.is_possible for one in states):
            return Drawn(problem, rules, states, days)
    rules = tuple(
        replace(one, most_events=tuple(day if day <= FEW_DAYS else one.size for day in days))
        for one in rules
    )
    states = tuple(reachable(one, MOST_STATES) for one in rules)
    return Drawn(problem, rules, states, days, is_crowded=True)


def _rules(
    problem: EndpointProblem, arm: int, days: tuple[int, ...], *, reaching: bool
) -> ArmRules:
    rules = rules_of(problem, (arm,))
    # Few days are not shared out beforehand: one arm may need them all.
    room = tuple(one if one <= FEW_DAYS else one // len(problem.arms) for one in days)
    at_risk = list(rules.at_risk)
    for cut in [cut for one, cut in reached(problem) if one == arm] if reaching else []:
        low, high = at_risk[cut] or (0, rules.size)
        at_risk[cut] = (max(low, 1), high)
    survival = tuple(map(_off_the_half, rules.survival)) if reaching else rules.survival
    return replace(rules, most_events=room, at_risk=tuple(at_risk), survival=survival)


def _off_the_half(window: tuple[float, float] | None) -> tuple[float, float] | None:
    """Keep log survival off a half exactly: such a stretch has its median in the middle."""
    if window is None:
        return None
    low, high = window
    return (
        low + _OFF if abs(low - _HALF) < _OFF else low,
        high - _OFF if abs(high - _HALF) < _OFF else high,
    )


_HALF, _OFF = math.log(0.5), 1e-6


def _days(problem: EndpointProblem, *, on_landmarks: bool) -> tuple[int, ...]:
    """Return how many days each interval between cuts has for exits."""
    edges = [0.0, *(cut.time * DAYS_IN[problem.time_unit] for cut in problem.cuts)]
    days = []
    for earlier, later in pairwise(edges):
        if earlier == later:
            is_whole = abs(later - round(later)) < 1e-6
            days.append(int(on_landmarks and is_whole))
        else:
            days.append(max(0, math.ceil(later - 1e-6) - 1 - math.floor(earlier + 1e-6)))
    return tuple(days)


_PREPARED: dict[EndpointProblem, Drawn] = {}


def draw_merged(
    problem: EndpointProblem, rng: np.random.Generator, drawn: Drawn | None = None
) -> Sequence | None:
    """Draw one order of events of all arms; None when this draw missed a curve."""
    merged = draw_timed(drawn or _prepared(problem), rng)
    return None if merged is None else sequence_of(problem, merged)


def _prepared(problem: EndpointProblem) -> Drawn:
    if problem not in _PREPARED:
        _PREPARED.clear()
        _PREPARED[problem] = prepare(problem)
    return _PREPARED[problem]


@dataclass(frozen=True, slots=True)
class Merged:
    """All exits in one order: interval, position within it from 0 to 1, arm, event or not."""

    interval: NDArray[np.int64]
    position: Floats
    arm: NDArray[np.int64]
    is_event: NDArray[np.bool_]


def draw_timed(
    drawn: Drawn,
    rng: np.random.Generator,
    template: list[Floats] | None = None,
    spread: float = 0.03,
) -> Merged | None:
    """Draw the exits of every arm and merge them so that tests and pooled survival come out.

    `template` holds the wished numbers at risk of each arm at the cuts; without it they are drawn.
    While the tests are missed, one arm after the other is drawn anew beside the nearest so far.
    """
    if not all(one.is_possible for one in drawn.states):
        return None
    arms = drawn.problem.everybody
    first = _with_tails(drawn, rng)
    each = [_arm(first, arm, template, rng, spread) for arm in arms]
    nearest = _merged(drawn, each, rng)
    for _ in range(REDRAWS if len(arms) > 1 else 0):
        if nearest is not None and nearest[1] == 0.0:
            break
        arm = int(rng.integers(len(arms)))
        again = _arm(_with_tails(drawn, rng), arm, template, rng, spread)
        changed = [*each[:arm], again, *each[arm + 1 :]]
        found = _merged(drawn, changed, rng)
        if nearest is None or (found is not None and found[1] <= nearest[1]):
            each, nearest = changed, found
    return None if nearest is None else nearest[0]


REDRAWS = 60
"""Draws of single arms before a draw of all is given up."""


def _with_tails(drawn: Drawn, rng: np.random.Generator) -> Drawn:
    """Draw the events after the last landmark where nobody printed how many."""
    is_open = [rules.total is None for rules in drawn.rules]
    if not any(is_open) or not drawn.problem.cuts or not matter(drawn.problem):
        return drawn
    last = [states.cuts[-1] for states in drawn.states]
    so_far = [
        rules.total or round(float(one.events.mean()))
        for rules, one in zip(drawn.rules, last, strict=True)
    ]
    left = [int(one.at_risk.max()) if here else 0 for one, here in zip(last, is_open, strict=True)]
    tails = drawn_tails(drawn.problem, so_far, left, rng)
    rules = (replace(one, after=tail) for one, tail in zip(drawn.rules, tails, strict=True))
    return replace(drawn, rules=tuple(rules))


def _arm(
    drawn: Drawn,
    arm: int,
    template: list[Floats] | None,
    rng: np.random.Generator,
    spread: float,
) -> Exits | None:
    """Draw the exits of one arm, closely along its wished numbers at risk or less so."""
    rules, states = drawn.rules[arm], drawn.states[arm]
    times = np.array([cut.time for cut in drawn.problem.cuts])
    wished = template[arm] if template else wished_at_risk(rules, states, times, rng)
    # Some curves have no solution but on the edge of a rounding interval.
    tries = (
        draw_exits(rules, states, wished, rng, one, inside=inside)
        for one, inside in ((spread, TIGHTER), (2 * spread, TIGHTER), (0.7 * spread, 0.0))
    )
    return next((one for one in tries if one is not None), None)


def _merged(
    drawn: Drawn, each: list[Exits | None], rng: np.random.Generator
) -> tuple[Merged, float] | None:
    """Merge the arms once; return the order and how far tests are off."""
    present = [one for one in each if one is not None]
    if len(present) < len(each) or not _have_days(drawn, present):
        return None
    base = [_positions(one, rng) for one in present]
    return _best_merge(drawn.problem, present, base, rng)


def _have_days(drawn: Drawn, each: list[Exits]) -> bool:
    """Return whether the exits of all arms together have days in every interval."""
    for interval, days in enumerate(() if drawn.is_crowded else drawn.days):
        kinds = [kind for exits in each for kind in exits.intervals[interval]]
        if sum(kinds) > days or (days <= FEW_DAYS and len(kinds) > days):
            return False
    return True


def _positions(exits: Exits, rng: np.random.Generator) -> list[Floats]:
    """Return ascending positions within each interval."""
    return [np.sort(rng.random(len(interval))) for interval in exits.intervals]


def _merge(each: list[Exits], base: list[list[Floats]], skew: float) -> Merged:
    rows: list[tuple[int, float, int, bool]] = []
    for owner, (exits, positions) in enumerate(zip(each, base, strict=True)):
        power = math.exp(skew if owner == 0 else -skew)
        for index, (kinds, places) in enumerate(zip(exits.intervals, positions, strict=True)):
            shifted = (places**power).tolist()
            rows += [
                (index, place, owner, kind) for place, kind in zip(shifted, kinds, strict=True)
            ]
    rows.sort(key=lambda row: row[:2])
    interval, position, arm, is_event = (np.array(column) for column in zip(*rows, strict=True))
    return Merged(interval, position, arm, is_event)


def _best_merge(
    problem: EndpointProblem, each: list[Exits], base: list[list[Floats]], rng: np.random.Generator
) -> tuple[Merged, float]:
    """Merge evenly, and exchange until tests and pooled curve fit; if not, from the nearest skew.

    A skew moves the whole of an arm early or late within each interval: the second choice.
    """
    even = _merge(each, base, 0.0)
    closeness = Closeness(problem, even.interval)
    if len(each) == 1 or not closeness.is_asked:
        return even, 0.0
    found = _exchanged(closeness, even, rng)
    if found[1] == 0.0:
        return found
    candidates = [_merge(each, base, skew) for skew in SKEWS]
    how_far = closeness.distances(
        np.stack([one.arm for one in candidates]), np.stack([one.is_event for one in candidates])
    )
    skewed = _exchanged(closeness, candidates[int(np.argmin(how_far))], rng)
    return min(found, skewed, key=lambda one: one[1])


def _exchanged(
    closeness: Closeness, merged: Merged, rng: np.random.Generator
) -> tuple[Merged, float]:
    arm, is_event, distance = exchanged(closeness, merged.arm, merged.is_event, rng)
    return replace(merged, arm=arm, is_event=is_event), distance


def events_of(problem: EndpointProblem, merged: Merged) -> tuple[Integers, Integers]:
    """Return numbers at risk (events, arms) and the arm (events,) of every event."""
    gone = np.stack([np.cumsum(merged.arm == arm) for arm in problem.everybody], axis=1)
    gone = np.vstack([np.zeros((1, len(problem.arms)), dtype=np.int64), gone[:-1]])
    at_risk = np.array(problem.sizes) - gone
    return at_risk[merged.is_event], merged.arm[merged.is_event]


def sequence_of(problem: EndpointProblem, merged: Merged) -> Sequence:
    """Return the events of a merged order with the numbers at risk of every arm."""
    at_risk, arms = events_of(problem, merged)
    return Sequence(
        tuple(merged.interval[merged.is_event].tolist()),
        tuple(arms.tolist()),
        tuple(map(tuple, at_risk.tolist())),
    )
