"""In which order events of several arms may have come, and the ranges of numbers at risk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import factorial, log, prod

from kyphort.reconstruction.edge_values import exact_values, excluded_by_edge
from kyphort.reconstruction.hull import ArmRules, allocations, numbers_at_risk
from kyphort.reconstruction.statements import Cut, EndpointProblem, Kind, Statement

Ranges = list[tuple[int, int]]


class TooManyOrdersError(Exception):
    """More orders of events than an exact search runs through; the caller goes another way."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order of all events: the interval and the arm of each, and the ranges at risk.

    `own[a][e]` is the range of the number at risk in arm a at event e; `pooled[e]` that of all.
    Interval i lies before cut i; the last one has no end.
    """

    intervals: tuple[int, ...]
    arms: tuple[int, ...]
    own: tuple[tuple[tuple[int, int], ...], ...]
    pooled: tuple[tuple[int, int], ...]


def rules_of(problem: EndpointProblem, members: tuple[int, ...]) -> ArmRules:
    """Return what is printed of one set of arms as rules at the cuts."""
    survival: list[tuple[float, float] | None] = [None] * len(problem.cuts)
    at_risk: list[tuple[int, int] | None] = [None] * len(problem.cuts)
    events: list[tuple[int, int] | None] = [None] * len(problem.cuts)
    total = None
    position = {cut: index for index, cut in enumerate(problem.cuts)}
    for one in problem.statements:
        if one.members == members and one.kind is Kind.NEVER_BELOW and survival:
            survival[-1] = _both(survival[-1], (_log(one.low), _log(one.high)))
        if one.members != members or one.kind not in (Kind.SURVIVAL, Kind.AT_RISK, Kind.EVENTS):
            continue
        if one.cut is None:
            total = int(one.low)
            continue
        cut = position[one.cut]
        if one.kind is Kind.SURVIVAL:
            window = (_log(one.low), _log(one.high))
            survival[cut] = _both(survival[cut], window)
        elif one.kind is Kind.AT_RISK:
            at_risk[cut] = (int(one.low), int(one.high))
        else:
            events[cut] = (int(one.low), int(one.high))
    if len(members) == 1:
        total = problem.total_events(members[0]) if total is None else total
    first, last = event_intervals(problem)
    return ArmRules(
        sum(problem.sizes[one] for one in members),
        tuple(survival), tuple(at_risk), tuple(events), total, first, last,
        most_after=0 if total is not None else _whole_total(problem) or 0,
    )  # fmt: skip


def _whole_total(problem: EndpointProblem) -> int | None:
    """Return the printed number of all events of everybody."""
    found = [
        int(one.low)
        for one in problem.of(Kind.EVENTS)
        if one.cut is None and one.members == problem.everybody
    ]
    return found[0] if found else None


def _refuse_open_totals(problem: EndpointProblem) -> None:
    """Refuse tests and times of events when nobody printed how many events there are.

    Events after the last landmark would matter to them, and could be any number.
    """
    needs = any(one.against or one.kind in (Kind.LAST, Kind.MEDIAN) for one in problem.statements)
    is_open = any(problem.total_events(arm) is None for arm in problem.everybody)
    if needs and is_open and _whole_total(problem) is None:
        raise TooManyOrdersError(
            f"{problem.label}: the number of events is not printed, and events after the last "
            "landmark matter to its tests and times."
        )


def _log(value: float) -> float:
    return log(value) if value > 0 else -float("inf")


def _both(one: tuple[float, float] | None, other: tuple[float, float]) -> tuple[float, float]:
    return other if one is None else (max(one[0], other[0]), min(one[1], other[1]))


def event_intervals(problem: EndpointProblem) -> tuple[int, int]:
    """Return the first and the last interval in which events can lie, from their time range."""
    first, last = 0, len(problem.cuts)
    for one in problem.of(Kind.FIRST):
        first = max(first, sum(cut < Cut(one.low, 1) for cut in problem.cuts))
    for one in problem.of(Kind.LAST):
        last = min(last, sum(cut.time < one.high for cut in problem.cuts))
    return first, last


def arm_allocations(problem: EndpointProblem, arm: int, most: int) -> list[tuple[int, ...]]:
    """Return the events in each interval that an arm's own curve allows.

    Raises
    ------
    TooManyOrdersError
        When there are more than `most`.
    """
    found = list(allocations(rules_of(problem, (arm,)), most + 1))
    if len(found) > most:
        raise TooManyOrdersError(
            f"{problem.label}, {problem.arms[arm]}: more than {most} ways to place its events "
            "between the landmarks. Print more of the curve, or raise the limit."
        )
    return found


def is_joint(problem: EndpointProblem) -> bool:
    """Whether some printed number links several arms."""
    return any(
        bool(one.against) or (len(one.members) > 1 and one.kind is not Kind.EVENTS)
        for one in problem.statements
    )


def orders(problem: EndpointProblem, most: int = 400) -> list[Order]:
    """Return every order of events that the hulls do not exclude; none proves a contradiction.

    Raises
    ------
    TooManyOrdersError
        When there are more than `most`.
    """
    _refuse_open_totals(problem)
    each = [arm_allocations(problem, arm, most) for arm in problem.everybody]
    if prod(map(len, each)) > 50 * most:
        raise TooManyOrdersError(
            f"{problem.label}: {prod(map(len, each))} ways to place the events of all arms "
            f"between the landmarks, more than {50 * most}."
        )
    found: list[Order] = []
    pooled_rules = rules_of(problem, problem.everybody)
    for chosen in product(*each):
        pooled = tuple(sum(numbers) for numbers in zip(*chosen, strict=True))
        if not pooled_fits(problem, pooled_rules, pooled):
            continue
        if len(found) + _interleavings(chosen) > most:
            raise TooManyOrdersError(
                f"{problem.label}: more than {most} orders in which the events of all arms may "
                "have come."
            )
        found += _ordered(problem, pooled_rules, chosen, pooled)
    return found


def pooled_fits(problem: EndpointProblem, rules: ArmRules, pooled: Sequence[int]) -> bool:
    """Whether events in each interval agree with what is printed of everybody."""
    so_far = 0
    for number, window in zip(pooled, rules.events, strict=False):
        so_far += number
        if window is not None and not window[0] <= so_far <= window[1]:
            return False
    if rules.total is not None and sum(pooled) != rules.total:
        return False
    return all(_time_fits(problem, one, pooled) for one in problem.statements)


def _time_fits(problem: EndpointProblem, one: Statement, pooled: Sequence[int]) -> bool:
    """Whether the earliest, latest or median event can lie in its window."""
    if one.kind not in (Kind.FIRST, Kind.LAST, Kind.MEDIAN):
        return True
    windows = event_windows(problem, pooled)
    if not windows:
        return False
    if one.kind is Kind.FIRST:
        return windows[0][0] <= one.high and windows[0][1] >= one.low
    if one.kind is Kind.LAST:
        return windows[-1][0] <= one.high and windows[-1][1] >= one.low
    middle = len(windows) // 2
    first = windows[middle] if len(windows) % 2 else windows[middle - 1]
    second = windows[middle]
    return first[0] + second[0] <= 2 * one.high and first[1] + second[1] >= 2 * one.low


def event_windows(problem: EndpointProblem, pooled: Sequence[int]) -> list[tuple[float, float]]:
    """Return the window of time of each event of an allocation, all events in order."""
    edges = [0.0, *(cut.time for cut in problem.cuts), float("inf")]
    windows = [
        (edges[interval], edges[interval + 1])
        for interval, number in enumerate(pooled)
        for _ in range(number)
    ]
    for one in problem.statements:
        if one.kind is Kind.FIRST:
            windows = [(max(low, one.low), high) for low, high in windows]
        if one.kind is Kind.LAST:
            windows = [(low, min(high, one.high)) for low, high in windows]
    return windows


def _interleavings(chosen: Sequence[Sequence[int]]) -> int:
    return prod(
        factorial(sum(numbers)) // prod(map(factorial, numbers))
        for numbers in zip(*chosen, strict=True)
    )


def _ordered(
    problem: EndpointProblem,
    pooled_rules: ArmRules,
    chosen: Sequence[Sequence[int]],
    pooled: tuple[int, ...],
) -> Iterator[Order]:
    whole = numbers_at_risk(pooled_rules, pooled)
    rules = [rules_of(problem, (arm,)) for arm in problem.everybody]
    own = [numbers_at_risk(mine, events) for mine, events in zip(rules, chosen, strict=True)]
    if whole is None or excluded_by_edge(pooled_rules, pooled, whole):
        return
    for mine, events, at_risk in zip(rules, chosen, own, strict=True):
        if at_risk is None or excluded_by_edge(mine, events, at_risk):
            return
    per_interval = [list(_words(numbers)) for numbers in zip(*chosen, strict=True)]
    intervals = tuple(index for index, number in enumerate(pooled) for _ in range(number))
    for words in product(*per_interval):
        arms = tuple(arm for word in words for arm in word)
        ranges = _propagated(
            problem, intervals, arms, [one for one in own if one is not None], whole
        )
        if ranges is not None:
            yield Order(intervals, arms, *ranges)


def has_open_edge(problem: EndpointProblem, found: Sequence[Order]) -> bool:
    """Whether some survival must be met exactly, which a search can hardly settle."""
    for order in found:
        for members in (*((arm,) for arm in problem.everybody), problem.everybody):
            mine = [
                here
                for here, arm in zip(order.intervals, order.arms, strict=True)
                if arm in members
            ]
            events = [mine.count(interval) for interval in range(len(problem.cuts) + 1)]
            if any(True for _ in exact_values(rules_of(problem, members), events)):
                return True
    return False


def _words(numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the distinct orders of `numbers[a]` events of each arm a."""
    if not any(numbers):
        yield ()
        return
    for arm, number in enumerate(numbers):
        if number:
            rest = [*numbers]
            rest[arm] -= 1
            for word in _words(rest):
                yield (arm, *word)


def _propagated(
    problem: EndpointProblem,
    intervals: tuple[int, ...],
    arms: tuple[int, ...],
    own: list[Ranges],
    whole: Ranges,
) -> tuple[tuple[tuple[tuple[int, int], ...], ...], tuple[tuple[int, int], ...]] | None:
    """Narrow the ranges of every arm at every event until nothing moves; None when one is empty."""
    ranges = _initial(problem, intervals, arms, own)
    pooled = [*whole]
    while True:
        before = ([[*one] for one in ranges], [*pooled])
        for arm in problem.everybody:
            _never_rise(ranges[arm], arms, arm)
        _never_rise(pooled, arms, None)
        for event in range(len(arms)):
            _add_up(ranges, pooled, event)
        if any(low > high for one in (*ranges, pooled) for low, high in one):
            return None
        if before == (ranges, pooled):
            return tuple(map(tuple, ranges)), tuple(pooled)


def _initial(
    problem: EndpointProblem,
    intervals: tuple[int, ...],
    arms: tuple[int, ...],
    own: list[Ranges],
) -> list[Ranges]:
    ranges: list[Ranges] = []
    for arm in problem.everybody:
        mine = iter(own[arm])
        at_events = [next(mine) if owner == arm else (0, problem.sizes[arm]) for owner in arms]
        rules = rules_of(problem, (arm,))
        for event, interval in enumerate(intervals):
            low, high = at_events[event]
            gone, still = _known_exits(problem, arm, interval)
            high, low = min(high, problem.sizes[arm] - gone), max(low, still)
            for cut, window in enumerate(rules.at_risk):
                if window is not None and cut < interval:
                    high = min(high, window[1])
                if window is not None and cut >= interval:
                    low = max(low, window[0])
            at_events[event] = (low, high)
        ranges.append(at_events)
    return ranges


def _known_exits(problem: EndpointProblem, arm: int, interval: int) -> tuple[int, int]:
    """Return how many known members of an arm have left, and how many are there, in an interval."""
    starts = problem.cuts[interval - 1] if interval else Cut(0.0, 0)
    ends = problem.cuts[interval] if interval < len(problem.cuts) else Cut(float("inf"))
    gone = sum(one.arm == arm and starts >= Cut(one.high) for one in problem.known)
    still = sum(one.arm == arm and ends <= Cut(one.low) for one in problem.known)
    return gone, still


def _never_rise(ranges: Ranges, arms: tuple[int, ...], arm: int | None) -> None:
    for event in range(1, len(ranges)):
        lost = 1 if arm is None or arms[event - 1] == arm else 0
        low, high = ranges[event]
        ranges[event] = (low, min(high, ranges[event - 1][1] - lost))
    for event in range(len(ranges) - 2, -1, -1):
        lost = 1 if arm is None or arms[event] == arm else 0
        low, high = ranges[event]
        ranges[event] = (max(low, ranges[event + 1][0] + lost), high)


def _add_up(ranges: list[Ranges], pooled: Ranges, event: int) -> None:
    lows, highs = zip(*(one[event] for one in ranges), strict=True)
    low, high = pooled[event]
    low, high = max(low, sum(lows)), min(high, sum(highs))
    pooled[event] = (low, high)
    for one in ranges:
        mine = one[event]
        others_low, others_high = sum(lows) - mine[0], sum(highs) - mine[1]
        one[event] = (max(mine[0], low - others_high), min(mine[1], high - others_low))
