"""Proved intervals of statistics that a paper leaves out: what holds in every cohort."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist

from kyphort.published.specification import Curve, Specification
from kyphort.reconstruction.decide import FEW_EVENTS, arm_alone, pooled_alone
from kyphort.reconstruction.exits import LARGEST, TooManyStatesError, reachable
from kyphort.reconstruction.extremes import Searched, extremes, searched
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders, rules_of
from kyphort.reconstruction.passages import (
    FINE,
    WIDTH,
    Cells,
    TooManyCellsError,
    limits_of,
    passages,
)
from kyphort.reconstruction.sequences import p_of
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import Cut, EndpointProblem, Kind, Statement, problems_of
from kyphort.reconstruction.statistics import Statistic
from kyphort.reconstruction.targets import ChiSquare, Difference

Range = tuple[float, float]

_Z = NormalDist().inv_cdf(0.975)
_CURVE = "exit by exit on this curve"
_CURVE_AND_EVENTS = "exit by exit on this curve, its events between landmarks as all curves allow"


@dataclass(frozen=True, slots=True)
class _Alone:
    """One curve by itself: its problem, its rules, and the orders of everybody's few events."""

    problem: EndpointProblem
    rules: ArmRules
    members: tuple[int, ...]
    orders: tuple[Order, ...]

    @property
    def how(self) -> str:
        return _CURVE_AND_EVENTS if self.orders else _CURVE


class Prover:
    """Proves intervals of statistics of one specification; keeps what several of them need."""

    def __init__(self, specification: Specification, limits: Limits) -> None:
        self.specification, self.limits = specification, limits
        self._cells: dict[tuple[str, Cut | None], tuple[Cells, ...] | None] = {}
        self._searched: dict[str, Searched | None] = {}

    def prove(self, one: Statistic) -> tuple[Range | None, str]:
        """Return a proved interval with how it was proved; None when there is none."""
        if one.kind in ("p", "expected"):
            return self._test(one)
        if one.curve is None:
            return None, ""
        if one.kind in ("std_error", "lower", "upper"):
            return self._precision(one, one.curve)
        if one.kind == "at_risk":
            return self._at_risk(one, one.curve)
        simple: dict[str, tuple[Callable[[Statistic, Curve], Range | None], str]] = {
            "restricted_mean": (self._mean, "area under the lowest and the highest steps"),
            "median": (_median_between, "the landmarks on both sides of 50 %"),
            "survival": (_survival_at, "a curve never rises"),
            "incidence": (self._incidence, "at least events / n, at most 1 − Kaplan-Meier"),
        }
        if one.kind not in simple:
            return None, ""
        prove, how = simple[one.kind]
        return prove(one, one.curve), how

    # --- one curve ---

    def _alone(self, curve: Curve, extra: Cut | None = None) -> _Alone:
        """Return a curve by itself, with a cut more when one is asked for."""
        endpoint = self.specification.endpoint(curve.endpoint)
        problem = next(
            one
            for one in problems_of(self.specification, endpoint)
            if not curve.group or curve.group in one.arms
        )
        if extra is not None:
            problem = replace(problem, cuts=tuple(sorted({*problem.cuts, extra})))
        if not curve.group:
            members = problem.everybody
            alone = pooled_alone(problem) if len(members) > 1 else problem
        else:
            members = (problem.arms.index(curve.group),)
            alone = arm_alone(problem, members[0])
        found = tuple(_few_orders(problem) or ())
        rules = rules_of(alone, (0,))
        return _Alone(alone, _with_events(rules, found, members), members, found)

    def _states(self, curve: Curve, extra: Cut | None = None) -> tuple[Cells, ...] | None:
        """Return the states of a curve at its cuts; None when they are too many."""
        key = (curve.id, extra)
        if key not in self._cells:
            alone = self._alone(curve, extra)
            rules, width = alone.rules, FINE if alone.orders else WIDTH
            try:
                found = passages(rules, self.limits, width) if rules.size <= LARGEST else None
            except TooManyCellsError:
                found = None
            self._cells[key] = found
        return self._cells[key]

    def _precision(self, one: Statistic, curve: Curve) -> tuple[Range | None, str]:
        alone = self._alone(curve)
        after = Cut(one.time)
        if after not in alone.problem.cuts or one.time not in curve.times:
            return None, ""
        found = self._states(curve)
        if found is None or not len(here := found[alone.problem.cuts.index(after)]):
            return None, ""
        ends = limits_of(here, one.kind, _Z)
        return (ends, alone.how) if math.isfinite(sum(ends)) else (None, "")

    def _at_risk(self, one: Statistic, curve: Curve) -> tuple[Range | None, str]:
        """Bound the members with a time of at least the landmark.

        Whoever leaves on the very day of a landmark still counts. That day exists only when the
        landmark is a whole number of days.
        """
        days = self.specification.days(one.time)
        before = Cut(one.time, 0 if abs(days - round(days)) < 1e-6 else 1)
        alone = self._alone(curve, before)
        if Cut(one.time) not in alone.problem.cuts or alone.rules.size > LARGEST:
            return None, ""
        place = alone.problem.cuts.index(before)
        states = self._states(curve, before)
        if states is not None:
            here, how = states[place].at_risk, alone.how
        else:
            how = "from landmark to landmark"
            try:
                here = reachable(alone.rules).cuts[place].at_risk
            except TooManyStatesError:
                return None, ""
        return ((float(here.min()), float(here.max())), how) if len(here) else (None, "")

    def _mean(self, one: Statistic, curve: Curve) -> Range | None:
        windows = [at for at in _windows(curve) if at[0] <= one.time]
        if windows[-1][0] < one.time:
            return None
        first = max(
            (
                summary.minimum.low
                for summary in self.specification.time_summaries
                if (summary.endpoint, summary.of) == (curve.endpoint, "events") and summary.minimum
            ),
            default=0.0,
        )
        # Before the first event of everybody the curve is 1.
        lowest = windows[1][1][0]
        early = min(first, windows[1][0]) * (1 - lowest)
        low = sum((b[0] - a[0]) * b[1][0] for a, b in pairwise(windows)) + early
        high = sum((b[0] - a[0]) * a[1][1] for a, b in pairwise(windows))
        return low, high

    def _incidence(self, one: Statistic, curve: Curve) -> Range | None:
        alone, low = self._alone(curve), 0.0
        if alone.orders:
            last = sum(cut.time <= one.time for cut in alone.problem.cuts)
            low = min(_events_before(order, alone.members, last) for order in alone.orders)
        return low / curve.n, 1 - _survival_between(curve, one.time)[0]

    # --- two curves ---

    def _test(self, one: Statistic) -> tuple[Range | None, str]:
        """Bound the p-value of a log-rank test, or the events it expects in the first group."""
        for endpoint in self.specification.endpoints:
            for problem in problems_of(self.specification, endpoint):
                if set(one.groups) <= set(problem.arms):
                    return self._test_of(one, problem)
        return None, ""

    def _test_of(self, one: Statistic, problem: EndpointProblem) -> tuple[Range | None, str]:
        first, second = (problem.arms.index(group) for group in one.groups)
        for printed in problem.of(Kind.LOGRANK):
            if one.kind == "p" and (printed.members, printed.against) == ((first,), (second,)):
                return (printed.low, printed.high), "printed"
        test = Statement(Kind.LOGRANK, one.name, one.name, (first,), 0, 1, None, (second,))
        of = self._curves_alone(problem)
        if of is None:
            return None, ""
        target = ChiSquare(test) if one.kind == "p" else Difference(test)
        low, high, _ = extremes(of, target, self.limits)
        if not math.isfinite(low + high):
            return None, ""
        how = "CP-SAT over all orders of the events, without printed tests, no two on one day"
        if one.kind == "p":
            return (p_of(high), p_of(low)), how
        observed = {sum(arm == first for arm in order.arms) for order in of.orders}
        return (min(observed) - high, max(observed) - low), how

    def _curves_alone(self, problem: EndpointProblem) -> Searched | None:
        """Return a problem of few events without its tests, which take a search too long."""
        key = f"{problem.endpoint} {problem.partition}"
        if key not in self._searched:
            kept = [one.item for one in problem.statements if not one.against]
            known = [one.item for one in problem.known]
            curves = problem.restricted([*kept, *known])
            found = _few_orders(curves)
            self._searched[key] = searched(curves, found, self.limits) if found else None
        return self._searched[key]


def _few_orders(problem: EndpointProblem) -> list[Order] | None:
    totals = [problem.total_events(arm) for arm in problem.everybody]
    if sum(one for one in totals if one) > FEW_EVENTS or max(problem.sizes) > LARGEST:
        return None
    try:
        return orders(problem)
    except TooManyOrdersError:
        return None


def _events_before(order: Order, members: tuple[int, ...], interval: int) -> int:
    """Return how many events of some arms lie before an interval."""
    return sum(
        here < interval and arm in members
        for here, arm in zip(order.intervals, order.arms, strict=True)
    )


def _with_events(rules: ArmRules, found: tuple[Order, ...], members: tuple[int, ...]) -> ArmRules:
    """Add how many events may have come by each cut, over all orders."""
    if not found:
        return rules
    so_far = [
        [_events_before(order, members, cut + 1) for order in found]
        for cut in range(len(rules.survival))
    ]
    totals = {_events_before(order, members, rules.intervals) for order in found}
    total = totals.pop() if len(totals) == 1 else rules.total
    return replace(rules, events=tuple((min(one), max(one)) for one in so_far), total=total)


# --- arithmetic of the landmarks ------------------------------------------------------------------


def _windows(curve: Curve) -> list[tuple[float, Range]]:
    """Return time and window of survival at all landmarks, from time 0 on."""
    found = [(0.0, (1.0, 1.0))]
    for position, time in enumerate(curve.times):
        if (window := curve.window(position)) is not None and time > 0:
            found.append((time, window))
    return found


def _survival_at(asked: Statistic, curve: Curve) -> Range | None:
    return _survival_between(curve, asked.time)


def _survival_between(curve: Curve, time: float) -> Range:
    windows = _windows(curve)
    later = [window for at, window in windows if at >= time]
    earlier = [window for at, window in windows if at <= time]
    low = later[0][0] if later else 0.0
    exact = [window for at, window in windows if at == time]
    return exact[0] if exact else (low, earlier[-1][1])


def _median_between(_: Statistic, curve: Curve) -> Range | None:
    if curve.median is not None:
        return curve.median.low, curve.median.high
    windows = _windows(curve)
    above = [time for time, window in windows if window[0] > 0.5]
    below = [time for time, window in windows if window[1] <= 0.5]
    return (max(above), min(below)) if above and below else None
