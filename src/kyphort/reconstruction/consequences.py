"""What every cohort with the printed numbers shares: numbers at risk, events, the p-value."""

from collections.abc import Iterator

from kyphort.reconstruction.decide import FEW_EVENTS, arm_alone, independent_parts, pooled_alone
from kyphort.reconstruction.exits import LARGEST, TooManyStatesError, reachable
from kyphort.reconstruction.extremes import extremes, searched
from kyphort.reconstruction.findings import Proved
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders, rules_of
from kyphort.reconstruction.sequences import p_of
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import EndpointProblem, Kind
from kyphort.reconstruction.targets import AtRisk, ChiSquare

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
    curve = searched(part, found, limits)
    for event in range(total):
        low, high, is_tight = extremes(curve, AtRisk((0,), event), limits)
        yield Proved(
            f"{part.label}, {part.arms[0]}: at risk at event {event + 1} of {total}",
            low, high, is_tight, f"{HOW_EXACT}; this curve alone",
        )  # fmt: skip


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
        low, high, is_tight = extremes(searched(without, found, limits), ChiSquare(test), limits)
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
