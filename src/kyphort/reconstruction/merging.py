"""Merging the curves of several arms into one order of exits, so that tests and pooled fit too."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kyphort.published.specification import DAYS_IN
from kyphort.reconstruction.curve import Exits, draw_exits
from kyphort.reconstruction.exits import Reachable, reachable
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.orders import rules_of
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem, Kind
from kyphort.reconstruction.two_arms import misses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SKEWS = np.linspace(-3.0, 3.0, 13)
"""By how much the exits of one arm come later within each interval than those of the others."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A problem prepared for drawing: rules and reachable states of each arm."""

    problem: EndpointProblem
    rules: tuple[ArmRules, ...]
    states: tuple[Reachable, ...]


def prepare(problem: EndpointProblem) -> Drawn:
    """Compute once what every draw needs.

    No exit falls on a landmark, where a number at risk could count it or not, unless no curve can
    do without; no two events fall on one day.
    """
    for on_landmarks in (False, True):
        room = _room(problem, on_landmarks=on_landmarks)
        rules = tuple(
            replace(rules_of(problem, (arm,)), most_events=room) for arm in problem.everybody
        )
        states = tuple(map(reachable, rules))
        if all(one.is_possible for one in states):
            break
    return Drawn(problem, rules, states)


def _room(problem: EndpointProblem, *, on_landmarks: bool) -> tuple[int, ...]:
    """Return how many events each interval has days for."""
    edges = [0.0, *(cut.time * DAYS_IN[problem.time_unit] for cut in problem.cuts)]
    days = []
    for earlier, later in pairwise(edges):
        if earlier == later:
            is_whole = abs(later - round(later)) < 1e-6
            days.append(int(on_landmarks and is_whole))
        else:
            days.append(max(0, math.ceil(later - 1e-6) - 1 - math.floor(earlier + 1e-6)))
    return tuple(min(one, max(1, one // len(problem.arms))) for one in days)


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
    """Draw the exits of every arm and merge them so that the tests come near their p-values.

    `template` holds the wished numbers at risk of each arm at the cuts.
    """
    wished = default_template(drawn, rng) if template is None else template
    each = []
    for arm, rules in enumerate(drawn.rules):
        tries = (
            draw_exits(rules, drawn.states[arm], wished[arm], rng, one)
            for one in (spread, 2 * spread, 0.7 * spread)
        )
        found = next((one for one in tries if one is not None), None)
        if found is None:
            return None
        each.append(found)
    base = [_positions(one, rng) for one in each]
    return _best_merge(drawn.problem, each, base, rng)


def default_template(drawn: Drawn, rng: np.random.Generator) -> list[Floats]:
    """Return wished numbers at risk: even in time between those that are printed or forced."""
    times = np.array([cut.time for cut in drawn.problem.cuts])
    wishes = []
    for rules, states in zip(drawn.rules, drawn.states, strict=True):
        low = np.array([one.at_risk.min() for one in states.cuts], dtype=np.float64)
        high = np.array([one.at_risk.max() for one in states.cuts], dtype=np.float64)
        known = low == high
        between = low + rng.uniform(0.2, 0.8) * (high - low)
        even = np.interp(
            times, np.append(0.0, times[known]), np.append(float(rules.size), low[known])
        )
        last = times[known].max(initial=0.0)
        wishes.append(np.where(times <= last, np.clip(even, low, high), between))
    return wishes


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
) -> Merged:
    """Choose the skew between arms whose tests and pooled curve come nearest, then exchange."""
    if len(each) == 1 or not _needs_merge(problem):
        return _merge(each, base, 0.0)
    candidates = [_merge(each, base, skew) for skew in SKEWS]
    how_far = [miss(problem, one) for one in candidates]
    best = int(np.argmin(how_far))
    return _exchanged(problem, candidates[best], how_far[best], rng)


def _needs_merge(problem: EndpointProblem) -> bool:
    return any(
        one.against or (len(one.members) > 1 and one.kind is Kind.SURVIVAL)
        for one in problem.statements
    )


def miss(problem: EndpointProblem, merged: Merged) -> float:
    """Return how far tests and pooled survival are from their windows; 0 when all fit."""
    at_risk, arms = events_of(problem, merged)
    total = float(misses(problem, at_risk[None], arms)[0])
    interval = merged.interval[merged.is_event]
    logs = np.log1p(-1 / np.maximum(at_risk.sum(axis=1), 1.0 + 1e-12))
    position = {cut: index for index, cut in enumerate(problem.cuts)}
    for one in problem.of(Kind.SURVIVAL):
        if len(one.members) > 1 and one.cut is not None:
            survival = float(np.exp(logs[interval <= position[one.cut]].sum()))
            total += max(one.low - survival, survival - one.high, 0.0)
    return total


EXCHANGES = 3000


def _exchanged(
    problem: EndpointProblem, merged: Merged, so_far: float, rng: np.random.Generator
) -> Merged:
    """Within stretches of an interval let one arm leave before the other, while that helps.

    No arm's own curve changes by it. Most stretches are short, some are long.
    """
    best, least = merged, so_far
    for step in range(EXCHANGES):
        if so_far == 0.0:
            return merged
        changed = _one_before_other(merged, rng)
        if changed is None:
            continue
        now = miss(problem, changed)
        # A little worse is accepted now and then, less and less: the tests pull apart.
        if now <= so_far + WARMTH * (1 - step / EXCHANGES) ** 2 * rng.exponential():
            merged, so_far = changed, now
        if so_far < least:
            best, least = merged, so_far
    return best


WARMTH = 0.004
"""How much worse, in log p and log hazard ratio, a step may make it at first."""


def _one_before_other(merged: Merged, rng: np.random.Generator) -> Merged | None:
    """Let one arm leave before the others within a stretch of one interval."""
    longest = 2 + int(0.3 * len(merged.arm) * rng.random() ** 4)
    begin = int(rng.integers(0, len(merged.arm) - 1))
    end = begin + 1 + int(rng.integers(1, longest))
    end = begin + int((merged.interval[begin:end] == merged.interval[begin]).sum())
    arms = merged.arm[begin:end]
    if arms.min() == arms.max():
        return None
    order = np.arange(len(merged.arm))
    first = arms == int(rng.choice(arms))
    order[begin:end] = begin + np.argsort(~first, kind="stable")
    return Merged(merged.interval, merged.position, merged.arm[order], merged.is_event[order])


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
