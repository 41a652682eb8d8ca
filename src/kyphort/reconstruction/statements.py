"""What a publication says of one endpoint, as windows on events and numbers at risk."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kyphort.published.specification import (
    Curve,
    Endpoint,
    HazardRatio,
    LogRank,
    RiskConvention,
    RowUnit,
    Specification,
    TimeSummary,
)
from kyphort.reconstruction.limits import PrintedLimit

EVERYBODY = "all"
REST = "others"


class Kind(StrEnum):
    """What a statement limits."""

    SURVIVAL = "survival"
    NEVER_BELOW = "never_below"
    GREENWOOD = "greenwood"
    AT_RISK = "at_risk"
    EVENTS = "events"
    FIRST = "first"
    LAST = "last"
    MEDIAN = "median"
    LOGRANK = "logrank"
    HAZARD = "hazard"
    HAZARD_LOWER = "hazard_lower"
    HAZARD_UPPER = "hazard_upper"


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """An instant of the time axis: `side` 0 lies just before `time`, 1 just after it."""

    time: float
    side: int = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """One printed number as a window [low, high] on some arms at one cut.

    `members` are the arms by position: one for a group's curve, all for the pooled one; the second
    tuple of a comparison stands in `against`. `cut` is None for a statement about the whole time.
    Statements of one printed number share `item`. The window of a limit is one of Greenwood's sum;
    `limit` is its print.
    """

    kind: Kind
    item: str
    text: str
    members: tuple[int, ...]
    low: float
    high: float
    cut: Cut | None = None
    against: tuple[int, ...] = ()
    limit: PrintedLimit | None = None


@dataclass(frozen=True, slots=True)
class KnownExit:
    """Members of an arm whose exit without event is known to lie in a window of time."""

    arm: int
    low: float
    high: float
    item: str


@dataclass(frozen=True, slots=True)
class EndpointProblem:
    """One endpoint with one partition into arms: what is printed, as statements.

    `sizes` are the members of each arm; together the arms are everybody.
    """

    endpoint: str
    label: str
    partition: str
    time_unit: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    cuts: tuple[Cut, ...]
    statements: tuple[Statement, ...]
    known: tuple[KnownExit, ...] = ()

    @property
    def everybody(self) -> tuple[int, ...]:
        """All arms, by position."""
        return tuple(range(len(self.arms)))

    @property
    def items(self) -> tuple[str, ...]:
        """The printed numbers behind the statements, in their order."""
        return tuple(dict.fromkeys(one.item for one in self.statements))

    def text_of(self, item: str) -> str:
        """Return one printed number in words."""
        return next(one.text for one in self.statements if one.item == item)

    def restricted(self, items: Iterable[str]) -> "EndpointProblem":
        """Return the problem with the statements of some printed numbers only."""
        kept = set(items)
        statements = tuple(one for one in self.statements if one.item in kept)
        known = tuple(one for one in self.known if one.item in kept)
        return EndpointProblem(
            self.endpoint, self.label, self.partition, self.time_unit, self.arms, self.sizes,
            _cuts(statements, known), statements, known,
        )  # fmt: skip

    def of(self, *kinds: Kind) -> tuple[Statement, ...]:
        """Return the statements of some kinds."""
        return tuple(one for one in self.statements if one.kind in kinds)

    def total_events(self, arm: int) -> int | None:
        """Return the printed or implied number of events of an arm, None when it is open."""
        exact = {
            one.members: int(one.low)
            for one in self.of(Kind.EVENTS)
            if one.cut is None and one.low == one.high
        }
        if (arm,) in exact:
            return exact[(arm,)]
        others = [exact.get((other,)) for other in self.everybody if other != arm]
        whole = exact.get(self.everybody)
        if whole is None or None in others:
            return None
        return whole - sum(one for one in others if one is not None)


def problems_of(
    specification: Specification, endpoint: Endpoint, extra_cuts: Iterable[Cut] = ()
) -> tuple[EndpointProblem, ...]:
    """Return the problems of an endpoint, one for each partition that its curves or tests use."""
    used = _partitions(specification, endpoint)
    return tuple(
        _problem(specification, endpoint, partition, tuple(extra_cuts)) for partition in used
    )


def _partitions(specification: Specification, endpoint: Endpoint) -> tuple[str, ...]:
    names = [one.group for one in specification.curves_of(endpoint.id) if one.group]
    names += [
        name for one in specification.logranks if one.endpoint == endpoint.id for name in one.groups
    ]
    names += [
        name
        for one in specification.hazard_ratios
        if one.endpoint == endpoint.id
        for name in (one.group, one.reference)
    ]
    found = dict.fromkeys(specification.group(name).partition for name in names)
    return tuple(found) or ("",)


def _problem(
    specification: Specification, endpoint: Endpoint, partition: str, extra: tuple[Cut, ...]
) -> EndpointProblem:
    arms, sizes = _arms(specification, endpoint, partition)
    writer = _Writer(specification, endpoint, arms)
    statements: list[Statement] = []
    for curve in specification.curves_of(endpoint.id):
        members = writer.members(curve.group)
        if members is not None:
            statements += writer.curve(curve, members)
    for summary in specification.time_summaries:
        if (summary.endpoint, summary.of) == (endpoint.id, "events"):
            statements += writer.summary(summary)
        if (summary.endpoint, summary.of) == (endpoint.id, "follow_up"):
            times = [one.cut.time for one in statements if one.cut is not None]
            statements += writer.follow_up(summary, sizes, times)
    for test in specification.logranks:
        if test.endpoint == endpoint.id and all(name in arms for name in test.groups):
            statements += writer.logrank(test)
    for ratio in specification.hazard_ratios:
        if ratio.endpoint == endpoint.id and {ratio.group, ratio.reference} <= set(arms):
            statements += writer.hazard(ratio)
    known = tuple(_known(specification, endpoint, arms))
    return EndpointProblem(
        endpoint.id, endpoint.label, partition, specification.time_unit, arms, sizes,
        _cuts(statements, known, extra), tuple(statements), known,
    )  # fmt: skip


def _arms(
    specification: Specification, endpoint: Endpoint, partition: str
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the groups of a partition, and the rest that belongs to none."""
    groups = [one for one in specification.groups if one.partition == partition]
    total = specification.size(endpoint.unit)
    if groups and groups[0].unit is not endpoint.unit and specification.population.is_clustered:
        # Groups of patients on a curve of units: how many units each has is not known.
        return tuple(one.id for one in groups), tuple(one.n for one in groups)
    rest = total - sum(one.n for one in groups)
    if not groups:
        return (EVERYBODY,), (total,)
    names = tuple(one.id for one in groups) + ((REST,) if rest else ())
    return names, tuple(one.n for one in groups) + ((rest,) if rest else ())


def _known(
    specification: Specification, endpoint: Endpoint, arms: tuple[str, ...]
) -> Iterable[KnownExit]:
    """Yield exits without event; for units these are the exits of their patients."""
    sources = {endpoint.id, endpoint.censored_by} if endpoint.censored_by else {endpoint.id}
    for one in specification.known:
        ends_as_event = one.died and endpoint.is_death
        if one.endpoint in sources and one.group in arms and not ends_as_event:
            low, high = one.time_in_spec_units
            yield KnownExit(arms.index(one.group), low, high, one.id)


def _cuts(
    statements: Iterable[Statement], known: Iterable[KnownExit], extra: Iterable[Cut] = ()
) -> tuple[Cut, ...]:
    cuts = {one.cut for one in statements if one.cut is not None}
    cuts |= {Cut(one.high) for one in known} | set(extra)
    return tuple(sorted(cuts))


class _Writer:
    """Turns entries of a specification into statements about arms."""

    def __init__(
        self, specification: Specification, endpoint: Endpoint, arms: tuple[str, ...]
    ) -> None:
        self.specification, self.endpoint, self.arms = specification, endpoint, arms

    def members(self, group: str) -> tuple[int, ...] | None:
        if not group:
            return tuple(range(len(self.arms)))
        return (self.arms.index(group),) if group in self.arms else None

    def name(self, curve: Curve) -> str:
        label = self.specification.group(curve.group).label if curve.group else "everybody"
        return f"{self.endpoint.label}, {label}"

    def curve(self, curve: Curve, members: tuple[int, ...]) -> Iterable[Statement]:
        name, unit = self.name(curve), self.specification.time_unit
        if curve.events_total is not None:
            yield Statement(
                Kind.EVENTS, f"{curve.id} events", f"{name}: {curve.events_total} events",
                members, curve.events_total, curve.events_total,
            )  # fmt: skip
        for position, time in enumerate(curve.times):
            at = f"{name}, at {time:g} {unit}"
            yield from self._landmark(curve, members, position, at)
            yield from self._table(curve, members, position, at)
        yield from self._median(curve, members, name)
        yield from self._coordinates(curve, members, name)

    def _landmark(
        self, curve: Curve, members: tuple[int, ...], position: int, at: str
    ) -> Iterable[Statement]:
        window, time = curve.window(position), curve.times[position]
        item = f"{curve.id} {time:g}"
        printed, unit = curve.survival[position], "%" if curve.unit_of_print == 100 else ""
        if window is None or printed is None:
            return
        yield Statement(Kind.SURVIVAL, item, f"{at}: {printed}{unit}", members, *window, Cut(time))
        for side, limit in (("lower", curve.lower[position]), ("upper", curve.upper[position])):
            if limit is None:
                continue
            scale = curve.unit_of_print
            low, high = limit.low / scale, limit.high / scale
            lower = side == "lower"
            if curve.shows_failure:
                low, high, lower = 1 - high, 1 - low, not lower
            shown = PrintedLimit(low, high, curve.limits, is_lower=lower)
            yield Statement(
                Kind.GREENWOOD, f"{item} {side}", f"{at}: {side} limit {limit}{unit}", members,
                *shown.window(window), Cut(time), limit=shown,
            )  # fmt: skip

    def _table(
        self, curve: Curve, members: tuple[int, ...], position: int, at: str
    ) -> Iterable[Statement]:
        time, at_risk, events = (
            curve.times[position],
            curve.at_risk[position],
            curve.events[position],
        )
        if at_risk is not None and not (time == 0 and at_risk == curve.n):
            side = 0 if curve.risk_convention is RiskConvention.AT_LEAST else 1
            yield Statement(
                Kind.AT_RISK, f"{curve.id} at risk {time:g}", f"{at}: {at_risk} at risk",
                members, at_risk, at_risk, Cut(time, side),
            )  # fmt: skip
        if events is not None:
            yield Statement(
                Kind.EVENTS, f"{curve.id} events {time:g}", f"{at}: {events} events so far",
                members, events, events, Cut(time),
            )  # fmt: skip

    def _median(self, curve: Curve, members: tuple[int, ...], name: str) -> Iterable[Statement]:
        if curve.median_not_reached:
            text = f"{name}: median not reached"
            yield Statement(Kind.NEVER_BELOW, f"{curve.id} median", text, members, 0.5, 1.0)
        if curve.median is None:
            return
        item, text = f"{curve.id} median", f"{name}: median {curve.median}"
        if math.isfinite(curve.median.high):
            yield Statement(Kind.SURVIVAL, item, text, members, 0.0, 0.5, Cut(curve.median.high))
        yield Statement(Kind.SURVIVAL, item, text, members, 0.5, 1.0, Cut(curve.median.low, 0))

    def _coordinates(
        self, curve: Curve, members: tuple[int, ...], name: str
    ) -> Iterable[Statement]:
        for time, survival in coordinate_landmarks(curve):
            low = max(0.0, survival - curve.coordinate_tolerance)
            high = min(1.0, survival + curve.coordinate_tolerance)
            yield Statement(
                Kind.SURVIVAL, f"{curve.id} figure {time:g}",
                f"{name}, digitised at {time:g}: {survival:.3f}", members, low, high, Cut(time),
            )  # fmt: skip

    def summary(self, summary: TimeSummary) -> Iterable[Statement]:
        everybody = tuple(range(len(self.arms)))
        what = f"{self.endpoint.label}, times of {self.endpoint.event}"
        for kind, word, printed in (
            (Kind.FIRST, "earliest", summary.minimum),
            (Kind.LAST, "latest", summary.maximum),
            (Kind.MEDIAN, "median", summary.median),
        ):
            if printed is not None:
                yield Statement(
                    kind, f"{summary.id} {word}", f"{what}: {word} {printed}", everybody,
                    printed.low, printed.high,
                )  # fmt: skip

    def follow_up(
        self, summary: TimeSummary, sizes: tuple[int, ...], times: list[float]
    ) -> Iterable[Statement]:
        """Say who is at risk at landmarks before the shortest and after the longest follow-up."""
        shortest, longest = summary.minimum, summary.maximum
        before = [one for one in times if shortest is not None and one < shortest.low]
        after = [one for one in times if longest is not None and one > longest.high]
        for word, printed, ends, is_early in (
            ("shortest", shortest, before, True), ("longest", longest, after, False),
        ):  # fmt: skip
            if not ends:
                continue
            text = f"{self.endpoint.label}: {word} follow-up {printed}"
            cut = Cut(max(ends) if is_early else min(ends))
            for arm, size in enumerate(sizes):
                number = size if is_early else 0
                yield Statement(
                    Kind.AT_RISK, f"{summary.id} {word}", text, (arm,), number, number, cut
                )

    def logrank(self, test: LogRank) -> Iterable[Statement]:
        first, *others = (self.arms.index(name) for name in test.groups)
        yield Statement(
            Kind.LOGRANK, test.id, f"{self.endpoint.label}, log-rank p = {test.p}", (first,),
            test.p.low, min(1.0, test.p.high), None, tuple(others),
        )  # fmt: skip

    def hazard(self, ratio: HazardRatio) -> Iterable[Statement]:
        group, reference = self.arms.index(ratio.group), self.arms.index(ratio.reference)
        name = f"{self.endpoint.label}, hazard ratio"
        for kind, what, printed in (
            (Kind.HAZARD, "", ratio.value),
            (Kind.HAZARD_LOWER, " lower limit", ratio.lower),
            (Kind.HAZARD_UPPER, " upper limit", ratio.upper),
        ):
            if printed is not None:
                yield Statement(
                    kind, f"{ratio.id}{what}", f"{name}{what} {printed}", (group,), printed.low,
                    printed.high, None, (reference,),
                )  # fmt: skip


LARGEST_COORDINATES = 12
"""Digitised points that become constraints: evenly chosen, so that a curve keeps its shape."""


def coordinate_landmarks(curve: Curve) -> tuple[tuple[float, float], ...]:
    """Return points of a digitised curve that lie on its flat parts, as landmarks.

    A point on a jump says little of the height; those are kept whose neighbours have the same
    survival within the tolerance.
    """
    points = curve.coordinates
    flat = [
        here
        for before, here, after in zip(points, points[1:], points[2:], strict=False)
        if before[1] - after[1] <= curve.coordinate_tolerance and before[0] < here[0] < after[0]
    ]
    if len(flat) <= LARGEST_COORDINATES:
        return tuple(flat)
    step = (len(flat) - 1) / (LARGEST_COORDINATES - 1)
    return tuple(flat[round(index * step)] for index in range(LARGEST_COORDINATES))


def is_unit_of(specification: Specification, endpoint: Endpoint) -> bool:
    """Whether an endpoint's rows are units of which a patient may have several."""
    return endpoint.unit is RowUnit.UNIT and specification.population.is_clustered
