"""What every cohort with the printed numbers shares: numbers at risk, events, the p-value."""

from collections.abc import Iterator

from kyphort.reconstruction.decide import FEW_EVENTS, arm_alone, independent_parts, pooled_alone
from kyphort.reconstruction.exits import LARGEST, TooManyStatesError, reachable
from kyphort.reconstruction.findings import Proved
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders, rules_of
from kyphort.reconstruction.sequences import (
    AtRisk,
    ChiSquare,
    Outcome,
    Status,
    Target,
    p_of,
    solve_order,
)
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import EndpointProblem, Kind

HOW_EXACT = "CP-SAT over all orders of the events"
HOW_BOUNDS = "bounds from landmark to landmark"


def consequences(problem: EndpointProblem, limits: Limits) -> Iterator[Proved]:
    """Yield the proved consequences of a problem that is not contradictory."""
    try:
        found = orders(problem) if _is_small(problem) else []
    except TooManyOrdersError:
        found = []
    if not found:
        yield from _by_bounds(problem)
        return
    yield from _events_between(problem, found)
    for part in _single_curves(problem):
        yield from _at_risk_of_events(part, limits)
    yield from _p_values(problem, limits)


def _is_small(problem: EndpointProblem) -> bool:
    totals = [problem.total_events(arm) for arm in problem.everybody]
    return sum(one for one in totals if one) <= FEW_EVENTS


def _single_curves(problem: EndpointProblem) -> list[EndpointProblem]:
    alone = [arm_alone(problem, arm) for arm in problem.everybody]
    if len(problem.arms) > 1:
        alone.append(pooled_alone(problem))
    return [one for one in alone if one.of(Kind.SURVIVAL)]


def _events_between(problem: EndpointProblem, found: list[Order]) -> Iterator[Proved]:
    """Yield how many events of each arm lie between the cuts, over all orders that may be."""
    edges = ["0", *(f"{cut.time:g}" for cut in problem.cuts)]
    for arm in problem.everybody:
        for interval in range(len(problem.cuts) + 1):
            numbers = [
                sum(
                    here == interval and owner == arm
                    for here, owner in zip(order.intervals, order.arms, strict=True)
                )
                for order in found
            ]
            if max(numbers):
                to = f" to {problem.cuts[interval].time:g}" if interval < len(problem.cuts) else ""
                start = f"{'from' if to else 'after'} {edges[interval]}"
                yield Proved(
                    f"{problem.label}, {problem.arms[arm]}: events {start}{to} {problem.time_unit}",
                    min(numbers), max(numbers), False, "enumeration of the events between cuts",
                )  # fmt: skip


def _at_risk_of_events(part: EndpointProblem, limits: Limits) -> Iterator[Proved]:
    """Yield the proved range of the number at risk at each event of one curve by itself."""
    try:
        found = orders(part)
    except TooManyOrdersError:
        return
    total = min((len(order.arms) for order in found), default=0)
    for event in range(total):
        low, high, is_tight = extremes(part, found, AtRisk((0,), event), limits)
        yield Proved(
            f"{part.label}, {part.arms[0]}: at risk at event {event + 1} of {total}",
            low, high, is_tight, f"{HOW_EXACT}; this curve alone",
        )  # fmt: skip


def extremes(
    problem: EndpointProblem, found: list[Order], target: Target, limits: Limits
) -> tuple[float, float, bool]:
    """Return proved bounds of a target over all orders, and whether witnesses attain them."""
    ends: dict[bool, float] = {}
    is_tight = True
    for largest in (False, True):
        pick = max if largest else min
        for order in found:
            if isinstance(target, AtRisk) and len(target.members) == 1:
                known = order.own[target.members[0]][target.event]
                if known[0] == known[1]:
                    ends[largest] = pick(ends.get(largest, known[0]), known[0])
                    continue
            if limits.left <= 0:
                outcome = Outcome(Status.UNKNOWN)
            elif _cannot_move(ends.get(largest), order, target, largest=largest):
                continue
            else:
                outcome = solve_order(problem, order, limits.share(30.0), target, largest=largest)
            if outcome.status is Status.IMPOSSIBLE:
                continue
            bound, attained = _bound(outcome, order, target, largest=largest)
            is_tight &= attained
            ends[largest] = pick(ends.get(largest, bound), bound)
    return ends.get(False, float("nan")), ends.get(True, float("nan")), is_tight


def _cannot_move(so_far: float | None, order: Order, target: Target, *, largest: bool) -> bool:
    """Whether even the outer range of an order lies within what others attain already."""
    if so_far is None or not isinstance(target, AtRisk):
        return False
    outer, _ = _bound(Outcome(Status.UNKNOWN), order, target, largest=largest)
    return outer <= so_far if largest else outer >= so_far


def _bound(outcome: Outcome, order: Order, target: Target, *, largest: bool) -> tuple[float, bool]:
    if outcome.bound is not None and outcome.value is not None:
        return outcome.bound, abs(outcome.bound - outcome.value) < 1e-9
    if isinstance(target, AtRisk):
        side = 1 if largest else 0
        return float(sum(order.own[arm][target.event][side] for arm in target.members)), False
    return (float("inf") if largest else 0.0), False


def _p_values(problem: EndpointProblem, limits: Limits) -> Iterator[Proved]:
    """Yield what the curves alone say of each printed p-value of two groups."""
    for test in problem.of(Kind.LOGRANK):
        if len(test.against) != 1:
            continue
        kept = [one for one in problem.items if one != test.item]
        without = problem.restricted([*kept, *(one.item for one in problem.known)])
        try:
            found = orders(without)
        except TooManyOrdersError:
            continue
        low, high, is_tight = extremes(without, found, ChiSquare(test), limits)
        yield Proved(
            f"{problem.label}: log-rank p of {problem.arms[test.members[0]]} against "
            f"{problem.arms[test.against[0]]}, without using the printed p, no events on one day",
            p_of(high), p_of(low), is_tight, f"{HOW_EXACT}; chi-square to 1e-5",
        )  # fmt: skip


def _by_bounds(problem: EndpointProblem) -> Iterator[Proved]:
    """Yield ranges of numbers at risk and events at the landmarks of curves with many events."""
    if max(problem.sizes) > LARGEST:
        return
    for part in (one for whole in independent_parts(problem) for one in _single_curves(whole)):
        try:
            states = reachable(rules_of(part, (0,)))
        except TooManyStatesError:
            continue
        for cut, here in zip(part.cuts, states.cuts, strict=True):
            if cut.side == 0 or not len(here):
                continue
            for what, numbers in (("at risk", here.at_risk), ("events by", here.events)):
                yield Proved(
                    f"{part.label}, {part.arms[0]}: {what} {cut.time:g} {part.time_unit}",
                    float(numbers.min()), float(numbers.max()), False, HOW_BOUNDS,
                )  # fmt: skip
