"""Drawing one cohort: curves, join, days, attributes, in this order."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from kyphort.errors import NoCohortError
from kyphort.published.specification import (
    DAYS_IN,
    Endpoint,
    RowUnit,
    Specification,
    TimeSummary,
)
from kyphort.reconstruction.attributes import with_attributes
from kyphort.reconstruction.cohort import RebuiltCohort, RebuiltPatient, RebuiltUnit
from kyphort.reconstruction.decide import FEW_EVENTS
from kyphort.reconstruction.explicit import explicit
from kyphort.reconstruction.join import (
    LARGEST_EVENTS,
    Cell,
    JoinedPatient,
    JoinTask,
    cells_of,
    join,
)
from kyphort.reconstruction.merging import (
    Drawn,
    Floats,
    Merged,
    draw_timed,
    prepare,
    sequence_of,
)
from kyphort.reconstruction.orders import Order, TooManyOrdersError, orders
from kyphort.reconstruction.sampling import INSIDE, PARTICLES, Pool, sample_order
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem, Kind, problems_of
from kyphort.reconstruction.timeline import (
    Entry,
    even_wishes,
    feasible,
    narrowed,
    place,
    printed_days,
    with_median,
)
from kyphort.reconstruction.witness import faults

ATTEMPTS = 150
"""Draws for one cohort before its seed is given up."""


@dataclass(frozen=True, slots=True)
class _EndpointPlan:
    """An endpoint prepared for drawing: orders of its few events, or states of its many."""

    endpoint: Endpoint
    problem: EndpointProblem
    orders: tuple[Order, ...]
    drawn: Drawn | None


@dataclass(slots=True)
class Plan:
    """A specification prepared for drawing.

    `patients` is the endpoint whose exits end the patients' observation, `units` the one that is
    censored by it; one of them may be absent. Pools of sampled sequences are kept between cohorts.
    """

    specification: Specification
    patients: _EndpointPlan | None
    units: _EndpointPlan | None
    pools: dict[int, list[Pool]] = field(default_factory=dict)

    @property
    def days_in_unit(self) -> float:
        """Days in the specification's unit of time."""
        return DAYS_IN[self.specification.time_unit]


def plan_of(specification: Specification) -> Plan:
    """Prepare a specification for drawing.

    Raises
    ------
    NoCohortError
        When it has no endpoint, endpoints that cannot be drawn together, or bounds that prove that
        no cohort exists.
    """
    chained = [one for one in specification.endpoints if one.censored_by]
    if len(chained) > 1 or (len(specification.endpoints) > 1 and not chained):
        names = ", ".join(one.id for one in specification.endpoints)
        raise NoCohortError(
            f"{specification.id} has the endpoints {names}. A cohort is drawn from one endpoint, "
            "or from two of which one is 'censored_by' the other. Leave endpoints out, or add "
            "censored_by."
        )
    if len(specification.endpoints) > 2 or not specification.endpoints:
        raise NoCohortError(
            f"{specification.id} has {len(specification.endpoints)} endpoints. Allowed: one or two."
        )
    if chained:
        partner = specification.endpoint(chained[0].censored_by)
        cuts = {
            cut.time
            for endpoint in (chained[0], partner)
            for cut in problems_of(specification, endpoint)[0].cuts
        }
        return Plan(
            specification,
            _plan_endpoint(specification, partner, cuts),
            _plan_endpoint(specification, chained[0], cuts),
        )
    only = specification.endpoints[0]
    plan = _plan_endpoint(specification, only, set())
    is_units = only.unit is RowUnit.UNIT and specification.population.is_clustered
    return Plan(specification, None if is_units else plan, plan if is_units else None)


def _plan_endpoint(
    specification: Specification, endpoint: Endpoint, cuts: set[float]
) -> _EndpointPlan:
    problems = problems_of(specification, endpoint, cuts)
    if len(problems) > 1:
        names = ", ".join(one.partition for one in problems)
        raise NoCohortError(
            f"{endpoint.label} has curves by {names}. A cohort is drawn from one partition: leave "
            "the curves and tests of the others out."
        )
    problem = problems[0]
    totals = [problem.total_events(arm) for arm in problem.everybody]
    if sum(one for one in totals if one) <= FEW_EVENTS:
        try:
            found = tuple(orders(problem))
        except TooManyOrdersError:
            found = ()
        if found:
            return _EndpointPlan(endpoint, problem, found, None)
    drawn = prepare(problem)
    impossible = [
        arm
        for arm, states in zip(problem.arms, drawn.states, strict=True)
        if not states.is_possible
    ]
    if impossible:
        raise NoCohortError(
            f"{endpoint.label}, {impossible[0]}: no numbers at risk fit at every landmark. Run "
            "'kyphort paper check' for the printed numbers that contradict each other."
        )
    return _EndpointPlan(endpoint, problem, (), drawn)


Tell = Callable[[str], None]


def draw_cohort(plan: Plan, seed: int, seconds: float = math.inf) -> RebuiltCohort | None:
    """Draw the cohort of a seed; None when every attempt missed something, or after `seconds`.

    The same specification and seed give the same cohort.

    Examples
    --------
    >>> from kyphort.published.specification import find_specification
    >>> cohort = draw_cohort(plan_of(find_specification("bludau2020")), 1)
    >>> len(cohort.patients), sum(one.died for one in cohort.patients)
    (104, 66)
    """
    rng = np.random.default_rng(seed)
    plan.pools.clear()
    begun = time.monotonic()
    for _ in range(ATTEMPTS):
        if time.monotonic() - begun > seconds:
            return None
        patients = _joined(plan, rng) if plan.patients and plan.units else _alone(plan, rng)
        if patients is None:
            continue
        complete = with_attributes(plan.specification, patients, rng)
        if complete is not None:
            shuffled = [complete[index] for index in rng.permutation(len(complete))]
            return RebuiltCohort(plan.specification.id, seed, tuple(shuffled))
    return None


def _sequence(plan: Plan, part: _EndpointPlan, rng: np.random.Generator) -> Sequence | None:
    """Draw numbers at risk at the few events of an endpoint."""
    key = id(part)
    if key not in plan.pools:
        chosen = _some(part.orders, rng)
        # Some curves have no solution but on the edge of a rounding interval.
        for inside in (INSIDE, 0.0):
            sampled = [sample_order(part.problem, one, PARTICLES, rng, inside) for one in chosen]
            plan.pools[key] = [pool for pool in sampled if len(pool.at_risk)]
            if plan.pools[key]:
                break
    pools = plan.pools[key]
    if not pools:
        del plan.pools[key]
        return None
    pool = pools[int(rng.integers(len(pools)))]
    found = pool.sequence(int(rng.integers(len(pool.at_risk))))
    return found if not faults(part.problem, found) else None


def _some(every: tuple[Order, ...], rng: np.random.Generator, most: int = 6) -> list[Order]:
    if len(every) <= most:
        return list(every)
    return [every[index] for index in rng.permutation(len(every))[:most]]


def _merged(plan: Plan, part: _EndpointPlan, rng: np.random.Generator) -> Merged | None:
    """Draw all exits of one endpoint."""
    if part.drawn is not None:
        merged = draw_timed(part.drawn, rng)
        if merged is None or faults(part.problem, sequence_of(part.problem, merged)):
            return None
        return merged
    sequence = _sequence(plan, part, rng)
    return None if sequence is None else explicit(part.problem, sequence, rng)


# --- one endpoint ---------------------------------------------------------------------------------


def _alone(plan: Plan, rng: np.random.Generator) -> tuple[RebuiltPatient, ...] | None:
    """Draw a cohort with one endpoint: its rows are the patients, or units dealt to patients."""
    part = plan.patients or plan.units
    assert part is not None  # noqa: S101 - a plan has an endpoint
    merged = _merged(plan, part, rng)
    if merged is None:
        return None
    entries = _entries(plan, part, merged, rng)
    days = None if entries is None else place(entries)
    if days is None:
        return None
    rows = list(zip(days, merged.arm.tolist(), merged.is_event.tolist(), strict=True))
    if plan.units is not None:
        return _dealt(plan, part, rows, rng)
    sizes = _unit_sizes(plan.specification, rng)
    return tuple(_patient_of(plan, part, row, size) for row, size in zip(rows, sizes, strict=True))


_Row = tuple[int, int, bool]


def _patient_of(plan: Plan, part: _EndpointPlan, row: _Row, units: int) -> RebuiltPatient:
    day, arm, is_event = row
    groups = _groups(part.problem, arm)
    is_death = part.endpoint.is_death
    unit = RebuiltUnit(groups, day, is_event and not is_death)
    return RebuiltPatient(
        groups,
        day,
        is_event and is_death,
        (unit,) + (replace(unit, has_event=False),) * (units - 1),
    )


def _groups(problem: EndpointProblem, arm: int) -> tuple[tuple[str, str], ...]:
    return ((problem.partition, problem.arms[arm]),) if problem.partition else ()


def _unit_sizes(specification: Specification, rng: np.random.Generator) -> list[int]:
    """Return the number of units of each patient."""
    people = specification.population
    if people.units_per_patient:
        sizes = np.repeat(
            [size for size, _ in people.units_per_patient],
            [number for _, number in people.units_per_patient],
        )
        return [int(one) for one in rng.permutation(sizes)]
    sizes = np.ones(people.patients, dtype=int)
    while (left := people.units - int(sizes.sum())) > 0:
        able = np.flatnonzero(sizes < people.maximum_units_per_patient)
        sizes[rng.permutation(able)[: min(left, len(able))]] += 1
    return [int(one) for one in sizes]


def _dealt(
    plan: Plan, part: _EndpointPlan, rows: list[_Row], rng: np.random.Generator
) -> tuple[RebuiltPatient, ...]:
    """Deal units to patients at random; a patient is observed as long as the longest unit."""
    order = rng.permutation(len(rows)).tolist()
    patients, begin = [], 0
    for size in _unit_sizes(plan.specification, rng):
        mine = [rows[index] for index in order[begin : begin + size]]
        begin += size
        units = tuple(RebuiltUnit(_groups(part.problem, arm), day, e) for day, arm, e in mine)
        patients.append(RebuiltPatient((), max(day for day, _, _ in mine), False, units))
    return tuple(patients)


def _edges(plan: Plan, problem: EndpointProblem, longest: float) -> list[tuple[int, int]]:
    """Return the first and last day of each interval between cuts.

    No exit falls on a cut, where a number at risk could count it or not; known exits do.
    """
    printed = {
        one.cut for part in (plan.patients, plan.units) if part for one in part.problem.statements
    }
    days = [cut.time * plan.days_in_unit for cut in problem.cuts]
    starts = [1, *(math.floor(day + 1e-6) + 1 for day in days)]
    for index in range(1, len(days)):
        if days[index] == days[index - 1]:
            # The instant of a landmark itself, between its number at risk and its survival.
            starts[index] = math.ceil(days[index] - 1e-6)
    ends = [
        math.ceil(day - 1e-6) - 1 if cut in printed else math.floor(day + 1e-6)
        for cut, day in zip(problem.cuts, days, strict=True)
    ]
    for index in range(1, len(days)):
        if days[index] == days[index - 1]:
            ends[index] = math.floor(days[index] + 1e-6)
    return list(zip(starts, [*ends, max(math.ceil(longest), starts[-1] + 400)], strict=True))


def _longest(plan: Plan, problem: EndpointProblem) -> float:
    """Return the day of the last exit: as printed, or half as long again as the last landmark."""
    printed = [one.maximum for one in plan.specification.time_summaries if one.maximum is not None]
    last = max((cut.time for cut in problem.cuts), default=24.0)
    longest = max([1.5 * last, *(one.high for one in printed)])
    return longest * plan.days_in_unit


def _entries(
    plan: Plan, part: _EndpointPlan, merged: Merged, rng: np.random.Generator
) -> list[Entry] | None:
    """Return entries for all exits of one endpoint, with its printed times."""
    problem = part.problem
    edges = _edges(plan, problem, _longest(plan, problem))
    entries: list[Entry] = []
    for interval, (low, high) in enumerate(edges):
        here = np.flatnonzero(merged.interval == interval)
        for index, wish in zip(here, even_wishes(len(here), low, high, rng), strict=True):
            after_censoring = index > 0 and not merged.is_event[index - 1]
            both = index > 0 and merged.is_event[index] and merged.is_event[index - 1]
            gap = int(bool(merged.is_event[index]) and (after_censoring or bool(both)))
            entries.append(Entry(low, high, wish, gap))
    found: list[Entry] | None = entries
    events = np.flatnonzero(merged.is_event).tolist()
    for summary in plan.specification.time_summaries:
        if summary.endpoint == part.endpoint.id and found is not None:
            positions = events if summary.of == "events" else list(range(len(entries)))
            found = _summarised(found, positions, summary, plan.days_in_unit)
    return found


def _summarised(
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


# --- two endpoints --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seat:
    """A patient's place in the order of exits."""

    patient: JoinedPatient
    died: bool
    day: int = 0


def _joined(plan: Plan, rng: np.random.Generator) -> tuple[RebuiltPatient, ...] | None:
    """Draw units and patients, and join them so that units leave with their patients."""
    assert plan.patients is not None  # noqa: S101 - asked for two endpoints
    assert plan.units is not None  # noqa: S101
    sequence = _unit_sequence(plan, plan.units, rng)
    if sequence is None:
        return None
    for _ in range(6):
        merged = _patients_near(plan, plan.patients, plan.units, sequence, rng)
        if merged is None:
            continue
        joined = join(_task(plan, merged, sequence), rng)
        if joined is None:
            continue
        seats = _seated(plan, merged, joined, rng)
        if seats is None:
            continue
        found = _timed(plan, sequence, seats, rng)
        if found is not None:
            return found
    return None


def _unit_sequence(plan: Plan, part: _EndpointPlan, rng: np.random.Generator) -> Sequence | None:
    if part.drawn is None:
        return _sequence(plan, part, rng)
    totals = [rules.total for rules in part.drawn.rules]
    if None in totals or sum(one for one in totals if one) > LARGEST_EVENTS:
        raise NoCohortError(
            f"{part.endpoint.label} has more than {LARGEST_EVENTS} events, or does not print how "
            "many: too many to join units to patients. Leave censored_by out."
        )
    merged = draw_timed(part.drawn, rng)
    if merged is None:
        return None
    found = sequence_of(part.problem, merged)
    return found if not faults(part.problem, found) else None


def _patients_near(
    plan: Plan,
    part: _EndpointPlan,
    units: _EndpointPlan,
    sequence: Sequence,
    rng: np.random.Generator,
) -> Merged | None:
    """Draw the patients' exits, their numbers at risk near those of the units."""
    if part.drawn is None:
        return _merged(plan, part, rng)
    wished = _wished_at_risk(plan, units.problem, sequence)
    share = np.array(part.problem.sizes) / sum(part.problem.sizes)
    templates = [wished * one for one in share]
    for spread in (0.02, 0.04, 0.01):
        merged = draw_timed(part.drawn, rng, templates, spread)
        if merged is not None and not faults(part.problem, sequence_of(part.problem, merged)):
            return merged
    return None


def _wished_at_risk(plan: Plan, problem: EndpointProblem, sequence: Sequence) -> Floats:
    """Return patients at risk at each cut, in proportion to the units at risk around it."""
    pooled, total = sequence.pooled(), sum(problem.sizes)
    per_unit = plan.specification.population.patients / total
    wished = []
    for cut in range(len(problem.cuts)):
        before = [index for index, interval in enumerate(sequence.intervals) if interval <= cut]
        most = pooled[before[-1]] - 1 if before else total
        fewest = pooled[len(before)] if len(before) < len(pooled) else 0
        # Patients whose unit has had its event are still observed.
        wished.append(0.5 * (most + fewest) * per_unit + 0.7 * len(before))
    return np.array(wished)


def _task(plan: Plan, merged: Merged, sequence: Sequence) -> JoinTask:
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    problem = plan.units.problem
    intervals = len(problem.cuts) + 1
    groups = [one for one in plan.specification.groups if one.partition == problem.partition]
    risk = tuple(
        (arm, problem.cuts.index(one.cut), int(one.low), int(one.high))
        for one in problem.of(Kind.AT_RISK)
        if one.cut is not None
        for arm in one.members
        if len(one.members) == 1
    )
    fixed = tuple(
        (problem.arms.index(one.group), _interval_of(problem, one.time_in_spec_units[1]))
        for one in plan.specification.known
        if one.group in problem.arms
    )
    return JoinTask(
        plan.specification.population,
        problem.sizes,
        sequence,
        tuple(int((merged.interval == index).sum()) for index in range(intervals)),
        risk,
        fixed,
        arms_are_patients=bool(groups) and groups[0].unit is RowUnit.PATIENT,
    )


def _interval_of(problem: EndpointProblem, time: float) -> int:
    return sum(cut.time < time for cut in problem.cuts)


def _seated(
    plan: Plan, merged: Merged, joined: list[JoinedPatient], rng: np.random.Generator
) -> list[_Seat] | None:
    """Give every patient a place in the order of exits; those known to have died a death."""
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    problem = plan.units.problem
    order = sorted(joined, key=lambda one: (one.cell, rng.random()))
    seats = [
        _Seat(patient, died) for patient, died in zip(order, merged.is_event.tolist(), strict=True)
    ]
    for known in plan.specification.known:
        if known.group not in problem.arms:
            continue
        arm = problem.arms.index(known.group)
        mine = [index for index, seat in enumerate(seats) if seat.patient.composition[arm]]
        if not mine:
            return None
        if not _exchanged(seats, mine[0], known.died):
            return None
    return seats


def _exchanged(seats: list[_Seat], index: int, died: bool) -> bool:
    """Exchange a patient with the last one of the same cell whose exit is of a kind."""
    able = [
        other
        for other, seat in enumerate(seats)
        if seat.patient.cell == seats[index].patient.cell and seat.died == died
    ]
    if not able:
        return False
    other = able[-1]
    seats[index].patient, seats[other].patient = seats[other].patient, seats[index].patient
    return True


def _timed(
    plan: Plan, sequence: Sequence, seats: list[_Seat], rng: np.random.Generator
) -> tuple[RebuiltPatient, ...] | None:
    """Give days to exits and events, and return the patients."""
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    cells = cells_of(sequence, len(plan.units.problem.cuts) + 1)
    chain = list(_chain(cells, seats))
    entries = _joint_entries(plan, chain, cells, seats, rng)
    if entries is None:
        return None
    days = place(entries)
    if days is None:
        return None
    event_day = {}
    for day, (kind, index) in zip(days, chain, strict=True):
        if kind == "event":
            event_day[index] = day
        else:
            seats[index].day = day
    return tuple(_joined_patient(plan, sequence, seat, event_day) for seat in seats)


_Link = tuple[str, int]


def _chain(cells: tuple[Cell, ...], seats: list[_Seat]) -> Iterator[_Link]:
    """Yield exits (by seat) and events (by number) in the order of time."""
    position = events = 0
    for index, cell in enumerate(cells):
        if cell.events_before > events:
            yield "event", events
            events += 1
        while position < len(seats) and seats[position].patient.cell == index:
            yield "exit", position
            position += 1


def _joint_entries(
    plan: Plan,
    chain: list[_Link],
    cells: tuple[Cell, ...],
    seats: list[_Seat],
    rng: np.random.Generator,
) -> list[Entry] | None:
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    assert plan.patients is not None  # noqa: S101
    problem = plan.units.problem
    edges = _edges(plan, problem, _longest(plan, problem))
    interval_of_event = {
        cell.events_before - 1: cell.interval
        for before, cell in pairwise(cells)
        if cell.events_before > before.events_before
    }
    interval = [
        interval_of_event[index] if kind == "event" else cells[seats[index].patient.cell].interval
        for kind, index in chain
    ]
    entries: list[Entry] = []
    for number, (low, high) in enumerate(edges):
        here = [index for index, one in enumerate(interval) if one == number]
        for index, wish in zip(here, even_wishes(len(here), low, high, rng), strict=True):
            entries.append(Entry(low, high, wish, _gap(chain, seats, index)))
    exits = [index for index, (kind, _) in enumerate(chain) if kind == "exit"]
    events = [index for index, (kind, _) in enumerate(chain) if kind == "event"]
    found = _with_known(plan, entries, chain, seats)
    for summary in plan.specification.time_summaries:
        if found is None:
            return None
        if summary.endpoint == plan.units.endpoint.id and summary.of == "events":
            found = _summarised(found, events, summary, plan.days_in_unit)
        elif summary.endpoint == plan.patients.endpoint.id:
            deaths = [index for index in exits if seats[chain[index][1]].died]
            positions = exits if summary.of == "follow_up" else deaths
            found = _summarised(found, positions, summary, plan.days_in_unit)
    return found


def _gap(chain: list[_Link], seats: list[_Seat], index: int) -> int:
    """Return whether an entry must be a day later than the one before, for its order to count."""
    if index == 0:
        return 0
    (before, earlier), (kind, here) = chain[index - 1], chain[index]
    if kind == "event":
        return 1
    if before == "event":
        return 0
    return int(seats[here].died and not seats[earlier].died)


def _with_known(
    plan: Plan, entries: list[Entry], chain: list[_Link], seats: list[_Seat]
) -> list[Entry] | None:
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    problem, found = plan.units.problem, list(entries)
    for known in plan.specification.known:
        if known.group not in problem.arms:
            continue
        arm = problem.arms.index(known.group)
        low, high = (time * plan.days_in_unit for time in known.time_in_spec_units)
        window = (math.ceil(low - 1e-6), math.floor(high + 1e-6))
        for index, (kind, seat) in enumerate(chain):
            if kind == "exit" and seats[seat].patient.composition[arm]:
                # The cut of this time lies right behind it.
                found[index] = Entry(*window, float(window[0]), found[index].gap)
                break
    return feasible(found)


def _joined_patient(
    plan: Plan, sequence: Sequence, seat: _Seat, event_day: dict[int, int]
) -> RebuiltPatient:
    assert plan.units is not None  # noqa: S101 - asked for two endpoints
    problem, event = plan.units.problem, seat.patient.event
    units = []
    for arm, number in enumerate(seat.patient.composition):
        for _ in range(number):
            is_here = event is not None and sequence.arms[event] == arm
            if is_here and event is not None:
                units.append(RebuiltUnit(_groups(problem, arm), event_day[event], has_event=True))
                event = None
            else:
                units.append(RebuiltUnit(_groups(problem, arm), seat.day, has_event=False))
    arms = {arm for arm, number in enumerate(seat.patient.composition) if number}
    groups = _patient_groups(plan, problem, arms)
    return RebuiltPatient(groups, seat.day, seat.died, tuple(units))


def _patient_groups(
    plan: Plan, problem: EndpointProblem, arms: set[int]
) -> tuple[tuple[str, str], ...]:
    """Return the patient's group when the arms are groups of patients."""
    of_patients = [
        one
        for one in plan.specification.groups
        if one.partition == problem.partition and one.unit is RowUnit.PATIENT
    ]
    return _groups(problem, min(arms)) if of_patients else ()
