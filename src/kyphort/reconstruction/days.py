"""From the order of exits to days: the days of each interval, and the printed times."""

import math

import numpy as np

from kyphort.published.specification import TimeSummary
from kyphort.reconstruction.merging import Merged
from kyphort.reconstruction.plan import EndpointPlan, Plan
from kyphort.reconstruction.statements import EndpointProblem
from kyphort.reconstruction.timeline import (
    Entry,
    feasible,
    narrowed,
    place,
    printed_days,
    steady_wishes,
    with_median,
)


def days_of(
    plan: Plan, part: EndpointPlan, merged: Merged, rng: np.random.Generator
) -> list[int] | None:
    """Return a day for each exit of one endpoint, None when its printed times cannot be met."""
    entries: list[Entry] = []
    crowded = part.drawn is not None and part.drawn.is_crowded
    for interval, (low, high) in enumerate(edges_of(plan, part.problem)):
        here = np.flatnonzero(merged.interval == interval)
        left = len(merged.arm) - len(entries) - len(here)
        wishes = steady_wishes(len(here), left, (low, high), rng)
        for index, wish in zip(here, wishes, strict=True):
            entries.append(Entry(low, high, wish, _gap(merged, int(index), crowded=crowded)))
    found: list[Entry] | None = entries
    events = np.flatnonzero(merged.is_event).tolist()
    for summary in plan.specification.time_summaries:
        if summary.endpoint == part.endpoint.id and found is not None:
            positions = events if summary.of == "events" else list(range(len(entries)))
            found = summarised(found, positions, summary, plan.days_in_unit)
    return None if found is None else place(found)


def _gap(merged: Merged, index: int, *, crowded: bool) -> int:
    """Return 1 for an event: on the day of the exit before it would count otherwise.

    With more events than days, events in a row may share one: the curve stays the same.
    """
    if index == 0 or not merged.is_event[index]:
        return 0
    return int(not (crowded and merged.is_event[index - 1]))


def edges_of(plan: Plan, problem: EndpointProblem) -> list[tuple[int, int]]:
    """Return the first and last day of each interval between cuts.

    No exit falls on a cut, where a number at risk could count it or not; known exits do.
    """
    printed = plan.printed_cuts
    days = [cut.time * plan.days_in_unit for cut in problem.cuts]
    starts = [1, *(math.floor(day + 1e-6) + 1 for day in days)]
    ends = [
        math.ceil(day - 1e-6) - 1 if cut in printed else math.floor(day + 1e-6)
        for cut, day in zip(problem.cuts, days, strict=True)
    ]
    for index in range(1, len(days)):
        if days[index] == days[index - 1]:
            # The instant of a landmark itself, between its number at risk and its survival.
            starts[index] = math.ceil(days[index] - 1e-6)
            ends[index] = math.floor(days[index] + 1e-6)
    last = max(math.ceil(_longest(plan, problem)), starts[-1] + 400)
    return list(zip(starts, [*ends, last], strict=True))


def _longest(plan: Plan, problem: EndpointProblem) -> float:
    """Return the day of the last exit: as printed, or half as long again as the last landmark."""
    printed = [one.maximum for one in plan.specification.time_summaries if one.maximum is not None]
    last = max((cut.time for cut in problem.cuts), default=24.0)
    longest = max([1.5 * last, *(one.high for one in printed)])
    return longest * plan.days_in_unit


def summarised(
    entries: list[Entry], positions: list[int], summary: TimeSummary, days_in_unit: float
) -> list[Entry] | None:
    """Pin the first, last and middle of some entries to what is printed."""
    if not positions:
        return None
    found = list(entries)
    if summary.minimum is not None:
        window = printed_days(summary.minimum, days_in_unit)
        found[positions[0]] = narrowed(found[positions[0]], window)
    if summary.maximum is not None:
        window = printed_days(summary.maximum, days_in_unit)
        found[positions[-1]] = narrowed(found[positions[-1]], window)
    if summary.median is not None:
        return with_median(found, positions, summary.median, days_in_unit)
    return feasible(found)


def group_of(problem: EndpointProblem, arm: int) -> tuple[tuple[str, str], ...]:
    """Return the group of an arm by its partition, empty when there are no groups."""
    return ((problem.partition, problem.arms[arm]),) if problem.partition else ()
