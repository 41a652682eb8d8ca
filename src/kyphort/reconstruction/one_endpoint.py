"""Drawing all exits of one endpoint, and a cohort of a specification that has no other."""

from dataclasses import replace

import numpy as np

from kyphort.published.specification import Specification
from kyphort.reconstruction.cohort import RebuiltPatient, RebuiltUnit
from kyphort.reconstruction.days import days_of, group_of
from kyphort.reconstruction.explicit import explicit
from kyphort.reconstruction.merging import Merged, draw_timed, sequence_of
from kyphort.reconstruction.orders import Order
from kyphort.reconstruction.plan import EndpointPlan, Plan
from kyphort.reconstruction.sampling import INSIDE, PARTICLES, sample_order
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.witness import faults

MOST_ORDERS = 6
"""Orders of events that are sampled for one cohort, when there are more."""


def draw_alone(plan: Plan, rng: np.random.Generator) -> tuple[RebuiltPatient, ...] | None:
    """Draw a cohort with one endpoint: its rows are the patients, or units dealt to patients."""
    part = plan.patients or plan.units
    assert part is not None  # noqa: S101 - a plan has an endpoint
    merged = draw_exits_of(plan, part, rng)
    days = None if merged is None else days_of(plan, part, merged, rng)
    if merged is None or days is None:
        return None
    rows = list(zip(days, merged.arm.tolist(), merged.is_event.tolist(), strict=True))
    if plan.units is not None:
        return _dealt(plan, part, rows, rng)
    sizes = _unit_sizes(plan.specification, rng)
    return tuple(_patient_of(part, row, size) for row, size in zip(rows, sizes, strict=True))


def draw_exits_of(plan: Plan, part: EndpointPlan, rng: np.random.Generator) -> Merged | None:
    """Draw all exits of one endpoint; None when this draw missed something."""
    if part.drawn is not None:
        merged = draw_timed(part.drawn, rng)
        if merged is None or faults(part.problem, sequence_of(part.problem, merged)):
            return None
        return merged
    sequence = draw_sequence(plan, part, rng)
    return None if sequence is None else explicit(part.problem, sequence, rng)


def draw_sequence(plan: Plan, part: EndpointPlan, rng: np.random.Generator) -> Sequence | None:
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


def _some(every: tuple[Order, ...], rng: np.random.Generator) -> list[Order]:
    if len(every) <= MOST_ORDERS:
        return list(every)
    return [every[index] for index in rng.permutation(len(every))[:MOST_ORDERS]]


_Row = tuple[int, int, bool]


def _patient_of(part: EndpointPlan, row: _Row, units: int) -> RebuiltPatient:
    day, arm, is_event = row
    groups = group_of(part.problem, arm)
    is_death = part.endpoint.is_death
    unit = RebuiltUnit(groups, day, is_event and not is_death)
    return RebuiltPatient(
        groups,
        day,
        is_event and is_death,
        (unit,) + (replace(unit, has_event=False),) * (units - 1),
    )


def _dealt(
    plan: Plan, part: EndpointPlan, rows: list[_Row], rng: np.random.Generator
) -> tuple[RebuiltPatient, ...]:
    """Deal units to patients at random; a patient is observed as long as the longest unit."""
    order = rng.permutation(len(rows)).tolist()
    patients, begin = [], 0
    for size in _unit_sizes(plan.specification, rng):
        mine = [rows[index] for index in order[begin : begin + size]]
        begin += size
        units = tuple(RebuiltUnit(group_of(part.problem, arm), day, e) for day, arm, e in mine)
        patients.append(RebuiltPatient((), max(day for day, _, _ in mine), False, units))
    return tuple(patients)


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
