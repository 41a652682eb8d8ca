"""What the print leaves open of statistics that it does not print: proved bounds, seen ranges."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.published.specification import Column, Curve, Endpoint, Specification
from kyphort.reconstruction.cohort import RebuiltCohort
from kyphort.reconstruction.consequences import extremes
from kyphort.reconstruction.decide import FEW_EVENTS, arm_alone, pooled_alone
from kyphort.reconstruction.draw import draw_cohort, plan_of
from kyphort.reconstruction.exits import LARGEST, TooManyStatesError, reachable
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders, rules_of
from kyphort.reconstruction.rows import labelled_rows, survival_data
from kyphort.reconstruction.sequences import ChiSquare, Greenwood, p_of
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import Cut, EndpointProblem, Kind, Statement, problems_of
from kyphort.reconstruction.two_arms import Pair, log_hazard_ratio
from kyphort.survival import (
    SurvivalData,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
)

_Z = NormalDist().inv_cdf(0.975)
Range = tuple[float, float]

NAMES = (
    *("survival", "std_error", "lower", "upper", "at_risk", "restricted_mean", "incidence"),
    *("median", "follow_up", "hazard_ratio", "p", "p_by"),
)
"""Statistics, as `name:curve:time`, `median:curve`, `p:group:group`, `p_by:table`."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known of one statistic.

    `proved` holds in every cohort with the printed numbers; `seen` is the range over drawn cohorts,
    beyond which the true extremes may lie. `verdict` is determined, partly or not determined;
    determined by a proved interval alone, since a narrow seen range proves nothing.
    """

    statistic: str
    proved: Range | None
    seen: Range | None
    cohorts: int
    verdict: str
    verdict_from: str
    how: str


def bounds(
    specification: Specification,
    statistics: Sequence[str],
    limits: Limits,
    *,
    cohorts: int = 30,
    seed: int = 1,
) -> tuple[Bound, ...]:
    """Bound statistics; with an empty list all that make sense for the specification.

    Proved intervals are outer bounds: curves with few events by CP-SAT, others by arithmetic from
    landmark to landmark. The ensemble is drawn with seeds from `seed` on.

    Raises
    ------
    InvalidDataError
        When a statistic is not understood; the message lists those that are.
    NoCohortError
        When no cohort can be drawn.
    """
    asked = [_parsed(specification, one) for one in (statistics or default_names(specification))]
    limits.tell(f"Drawing {cohorts} cohorts")
    drawn = list(_ensemble(specification, cohorts, seed, limits))
    prover = _Prover(specification, limits)
    found = []
    for one in asked:
        limits.tell(f"Bounding {one.name}")
        values = [value for cohort in drawn if math.isfinite(value := one.compute(cohort))]
        seen = (min(values), max(values)) if values else None
        proved, how = prover.prove(one)
        found.append(_bound(one, proved, seen, len(values), how))
    return tuple(found)


def default_names(specification: Specification) -> list[str]:
    """Return the names of all statistics that make sense for a specification."""
    names = []
    for curve in specification.curves:
        times = [time for time, printed in zip(curve.times, curve.survival, strict=True) if printed]
        for time in times:
            names += [f"{name}:{curve.id}:{time:g}" for name in ("std_error", "lower", "upper")]
            names.append(f"at_risk:{curve.id}:{time:g}")
        if times:
            names += [f"restricted_mean:{curve.id}:{times[-1]:g}", f"median:{curve.id}"]
            names.append(f"follow_up:{curve.id}")
            if specification.endpoint(curve.endpoint).censored_by:
                names += [f"incidence:{curve.id}:{time:g}" for time in times]
    for test in specification.logranks:
        names += [f"hazard_ratio:{a}:{b}" for a, b in pairwise(test.groups)]
    names += [f"p_by:{table.id}" for table in specification.tables if table.endpoint]
    return names


def _ensemble(
    specification: Specification, cohorts: int, seed: int, limits: Limits
) -> Iterator[RebuiltCohort]:
    plan, made = plan_of(specification), 0
    for one in range(seed, seed + 3 * cohorts):
        if made == cohorts or limits.left <= 0:
            return
        cohort = draw_cohort(plan, one)
        if cohort is not None:
            made += 1
            yield cohort


@dataclass(frozen=True, slots=True)
class _Asked:
    """One statistic that was asked for, and how a drawn cohort gives it."""

    name: str
    kind: str
    curve: Curve | None
    time: float
    groups: tuple[str, ...]
    compute: Callable[[RebuiltCohort], float]


def _parsed(specification: Specification, name: str) -> _Asked:
    kind, *rest = name.split(":")
    if kind in ("hazard_ratio", "p") and len(rest) == 2:
        endpoint = _endpoint_of(specification, name, rest)

        def by_groups(cohort: RebuiltCohort) -> float:
            return _compared(specification, endpoint, cohort, kind, rest)

        return _Asked(name, kind, None, 0.0, tuple(rest), by_groups)
    if kind == "p_by" and len(rest) == 1:
        table = next((one for one in specification.tables if one.id == rest[0]), None)
        if table is None or not table.endpoint:
            raise _not_understood(specification, name)
        endpoint = specification.endpoint(table.endpoint)
        label = str(table.column) if table.column is not Column.NONE else table.id
        return _Asked(name, kind, None, 0.0, (), lambda cohort: _p_by(endpoint, cohort, label))
    curve = next((one for one in specification.curves if rest and one.id == rest[0]), None)
    timeless = kind in ("median", "follow_up")
    if kind not in NAMES or curve is None or len(rest) != (1 if timeless else 2):
        raise _not_understood(specification, name)
    try:
        time = 0.0 if timeless else float(rest[1])
    except ValueError:
        raise _not_understood(specification, name) from None
    return _Asked(
        name,
        kind,
        curve,
        time,
        (),
        lambda cohort: _of_curve(specification, curve, cohort, kind, time),
    )


def _not_understood(specification: Specification, name: str) -> InvalidDataError:
    curves = ", ".join(one.id for one in specification.curves)
    return InvalidDataError(
        f"The statistic '{name}' is not understood. Allowed: {', '.join(NAMES[:7])} as "
        f"NAME:CURVE:TIME; median or follow_up as NAME:CURVE; p or hazard_ratio as "
        f"NAME:GROUP:GROUP; p_by:TABLE. Curves: {curves}."
    )


def _endpoint_of(specification: Specification, name: str, groups: Sequence[str]) -> Endpoint:
    curves = [one for one in specification.curves if one.group in groups]
    known = {one.id for one in specification.groups}
    if not curves or not set(groups) <= known:
        raise _not_understood(specification, name)
    return specification.endpoint(curves[0].endpoint)


# --- what a drawn cohort gives --------------------------------------------------------------------


def _of_curve(
    specification: Specification, curve: Curve, cohort: RebuiltCohort, kind: str, time: float
) -> float:
    endpoint = specification.endpoint(curve.endpoint)
    data = survival_data(
        specification, endpoint, cohort, group=curve.group, death_competes=kind == "incidence"
    )
    if kind == "incidence":
        return float(aalen_johansen(data, cause=1, cluster_robust=False).at(time).incidence)
    if kind == "follow_up":
        return float(reverse_kaplan_meier(data).quantile(0.5).estimate)
    fitted = kaplan_meier(data, cluster_robust=False)
    if kind == "median":
        return float(fitted.quantile(0.5).estimate)
    if kind == "restricted_mean":
        # A curve that ends before says nothing of the mean up to there.
        is_known = time <= float(data.time.max()) or float(fitted.survival[-1]) == 0
        return float(fitted.restricted_mean(time).value) if is_known else math.nan
    if kind == "at_risk":
        return float((data.time >= time - 1e-9).sum())
    points = fitted.at(time)
    return float({"survival": points.survival, "std_error": points.std_error,
                  "lower": points.lower, "upper": points.upper}[kind])  # fmt: skip


def _compared(
    specification: Specification,
    endpoint: Endpoint,
    cohort: RebuiltCohort,
    kind: str,
    groups: Sequence[str],
) -> float:
    parts = [survival_data(specification, endpoint, cohort, group=one) for one in groups]
    time = np.concatenate([one.time for one in parts])
    event = np.concatenate([one.event for one in parts])
    is_first = np.repeat([1.0, 0.0], [len(one.time) for one in parts])
    if kind == "p":
        return float(logrank(SurvivalData(time, event), is_first).p_value)
    events = np.sort(time[event == 1])
    first, second = (
        np.array([[float(((time >= at) & (is_first == arm)).sum()) for at in events]])
        for arm in (1.0, 0.0)
    )
    order = np.argsort(time[event == 1], kind="stable")
    pair = Pair(first, second, is_first[event == 1][order] == 1.0)
    return math.exp(float(log_hazard_ratio(pair)[0][0]))


def _p_by(endpoint: Endpoint, cohort: RebuiltCohort, label: str) -> float:
    rows = [row for _, row in labelled_rows(endpoint, cohort)]
    data = SurvivalData(
        np.array([float(day) for day, _, _ in rows]), np.array([event for _, event, _ in rows])
    )
    return float(logrank(data, np.array([labels.get(label, "") for _, _, labels in rows])).p_value)


# --- what is proved -------------------------------------------------------------------------------


class _Prover:
    """Proves bounds of single curves; keeps the orders of each curve."""

    def __init__(self, specification: Specification, limits: Limits) -> None:
        self.specification, self.limits = specification, limits
        self._orders: dict[str, tuple[EndpointProblem, list[Order]] | None] = {}

    def prove(self, one: _Asked) -> tuple[Range | None, str]:
        """Return a proved interval with how it was proved; None when there is none."""
        if one.kind == "p":
            return self._p(one)
        if one.curve is None:
            return None, ""
        if one.kind in ("std_error", "lower", "upper"):
            return self._precision(one, one.curve)
        simple: dict[str, tuple[Callable[[_Asked, Curve], Range | None], str]] = {
            "at_risk": (self._at_risk, "numbers at risk at the events around, or by bounds"),
            "restricted_mean": (_mean_between, "area under the lowest and the highest steps"),
            "median": (_median_between, "the landmarks on both sides of 50 %"),
            "survival": (_survival_at, "a curve never rises"),
            "incidence": (self._incidence, "at least events / n, at most 1 − Kaplan-Meier"),
        }
        if one.kind not in simple:
            return None, ""
        prove, how = simple[one.kind]
        return prove(one, one.curve), how

    def _alone(self, curve: Curve) -> tuple[EndpointProblem, list[Order]] | None:
        """Return the curve's own problem with its orders; None when it has too many events."""
        if curve.id not in self._orders:
            self._orders[curve.id] = self._found_orders(curve)
        return self._orders[curve.id]

    def _problem(self, curve: Curve) -> EndpointProblem:
        endpoint = self.specification.endpoint(curve.endpoint)
        for problem in problems_of(self.specification, endpoint):
            if not curve.group:
                return pooled_alone(problem) if len(problem.arms) > 1 else problem
            if curve.group in problem.arms:
                return arm_alone(problem, problem.arms.index(curve.group))
        raise InvalidDataError(f"Curve {curve.id} belongs to no partition of its endpoint.")

    def _found_orders(self, curve: Curve) -> tuple[EndpointProblem, list[Order]] | None:
        problem = self._problem(curve)
        total = problem.total_events(0)
        if total is not None and total > FEW_EVENTS:
            return None
        try:
            return problem, orders(problem)
        except TooManyOrdersError:
            return None

    def _precision(self, one: _Asked, curve: Curve) -> tuple[Range | None, str]:
        found, position = self._alone(curve), _position(curve, one.time)
        if found is None or position is None or (window := curve.window(position)) is None:
            return None, ""
        problem, every = found
        after = Cut(one.time)
        cut = problem.cuts.index(after) if after in problem.cuts else None
        if cut is None or not 0 < window[0] <= window[1] < 1:
            return None, ""
        low, high, _ = extremes(problem, every, Greenwood((0,), cut), self.limits)
        if not math.isfinite(low + high):
            return None, ""
        return _from_greenwood(one.kind, window, (low, high)), "CP-SAT on this curve alone"

    def _at_risk(self, one: _Asked, curve: Curve) -> Range | None:
        problem = self._problem(curve)
        cut = next((i for i, cut in enumerate(problem.cuts) if cut.time == one.time), None)
        if cut is None or problem.sizes[0] > LARGEST:
            return None
        found = self._alone(curve)
        if found is None:
            try:
                states = reachable(rules_of(problem, (0,))).cuts[cut]
            except TooManyStatesError:
                return None
            return (
                (float(states.at_risk.min()), float(states.at_risk.max())) if len(states) else None
            )
        ranges = [_around(problem, order, cut) for order in found[1]]
        return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None

    def _incidence(self, one: _Asked, curve: Curve) -> Range | None:
        survival = _survival_between(curve, one.time)
        found, low = self._alone(curve), 0.0
        if found is not None and found[1]:
            problem, every = found
            last = sum(cut.time <= one.time for cut in problem.cuts)
            low = min(sum(here < last for here in order.intervals) for order in every) / curve.n
        return low, 1 - survival[0]

    def _p(self, one: _Asked) -> tuple[Range | None, str]:
        for endpoint in self.specification.endpoints:
            for problem in problems_of(self.specification, endpoint):
                if not set(one.groups) <= set(problem.arms):
                    continue
                first, second = (problem.arms.index(group) for group in one.groups)
                totals = [problem.total_events(arm) for arm in problem.everybody]
                if None in totals or sum(t for t in totals if t) > FEW_EVENTS:
                    return None, ""
                test = Statement(Kind.LOGRANK, one.name, one.name, (first,), 0, 1, None, (second,))
                try:
                    low, high, _ = extremes(problem, orders(problem), ChiSquare(test), self.limits)
                except TooManyOrdersError:
                    return None, ""
                if math.isfinite(low + high):
                    return (p_of(high), p_of(low)), "CP-SAT over all orders"
        return None, ""


def _around(problem: EndpointProblem, order: Order, cut: int) -> Range:
    before = [event for event, here in enumerate(order.intervals) if here <= cut]
    high = order.own[0][before[-1]][1] - 1 if before else problem.sizes[0]
    low = order.own[0][len(before)][0] if len(before) < len(order.intervals) else 0
    return float(low), float(high)


def _from_greenwood(kind: str, survival: Range, greenwood: Range) -> Range:
    """Return standard error or log-log limit over a box of survival and Greenwood's sum."""
    values = []
    for s in np.linspace(*survival, 9):
        for g in greenwood:
            root = math.sqrt(max(0.0, g))
            spread = _Z * root / abs(math.log(s))
            values.append(
                {"std_error": s * root, "lower": s ** math.exp(spread),
                 "upper": s ** math.exp(-spread)}[kind]
            )  # fmt: skip
    return min(values), max(values)


def _position(curve: Curve, time: float) -> int | None:
    return curve.times.index(time) if time in curve.times else None


def _windows(curve: Curve) -> list[tuple[float, Range]]:
    """Return time and window of survival at all landmarks, made monotone, from time 0 on."""
    found = [(0.0, (1.0, 1.0))]
    for position, time in enumerate(curve.times):
        if (window := curve.window(position)) is not None and time > 0:
            found.append((time, window))
    return found


def _survival_at(asked: _Asked, curve: Curve) -> Range | None:
    return _survival_between(curve, asked.time)


def _survival_between(curve: Curve, time: float) -> Range:
    windows = _windows(curve)
    later = [window for at, window in windows if at >= time]
    earlier = [window for at, window in windows if at <= time]
    low = later[0][0] if later else 0.0
    exact = [window for at, window in windows if at == time]
    return exact[0] if exact else (low, earlier[-1][1])


def _mean_between(asked: _Asked, curve: Curve) -> Range | None:
    windows = [one for one in _windows(curve) if one[0] <= asked.time]
    if windows[-1][0] < asked.time:
        return None
    low = sum((b[0] - a[0]) * b[1][0] for a, b in pairwise(windows))
    high = sum((b[0] - a[0]) * a[1][1] for a, b in pairwise(windows))
    return low, high


def _median_between(_: _Asked, curve: Curve) -> Range | None:
    if curve.median is not None:
        return curve.median.low, curve.median.high
    windows = _windows(curve)
    above = [time for time, window in windows if window[0] > 0.5]
    below = [time for time, window in windows if window[1] <= 0.5]
    return (max(above), min(below)) if above and below else None


# --- verdict --------------------------------------------------------------------------------------


def _bound(one: _Asked, proved: Range | None, seen: Range | None, cohorts: int, how: str) -> Bound:
    by_proof = None if proved is None else _verdict(one.kind, proved)
    by_seen = None if seen is None else _verdict(one.kind, seen)
    # Drawn cohorts can show that a number is open; that it is settled only a proof can show.
    if by_proof == "determined":
        return Bound(one.name, proved, seen, cohorts, by_proof, "proof", how)
    if by_seen == "not determined" or (by_seen is None and by_proof is None):
        source = "nothing" if by_seen is None else "drawn cohorts"
        return Bound(one.name, proved, seen, cohorts, "not determined", source, how)
    if by_seen is None or by_proof == "partly":
        return Bound(one.name, proved, seen, cohorts, by_proof or "partly", "proof", how)
    return Bound(one.name, proved, seen, cohorts, "partly", "drawn cohorts", how)


def _verdict(kind: str, limits: Range) -> str:
    """Judge a width: 1 and 5 percentage points for proportions, 5 and 20 % for everything else."""
    low, high = limits
    if kind in ("survival", "std_error", "lower", "upper", "incidence", "p", "p_by"):
        width, thresholds = high - low, (0.01, 0.05)
    else:
        width, thresholds = (high - low) / max(0.5 * (high + low), 1e-9), (0.05, 0.20)
    if width <= thresholds[0]:
        return "determined"
    return "partly" if width <= thresholds[1] else "not determined"


def undetermined(found: Iterable[Bound]) -> list[Bound]:
    """Return the statistics that the print does not determine."""
    return [one for one in found if one.verdict == "not determined"]
