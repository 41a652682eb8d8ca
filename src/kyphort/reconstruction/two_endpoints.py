"""Drawing a cohort with two endpoints: units are censored when their patients leave."""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import NoCohortError
from kyphort.published.specification import RowUnit
from kyphort.reconstruction.cohort import RebuiltPatient
from kyphort.reconstruction.join import LARGEST_EVENTS, JoinTask, join
from kyphort.reconstruction.merging import Drawn, Floats, Merged, draw_timed, sequence_of
from kyphort.reconstruction.one_endpoint import draw_exits_of, draw_sequence
from kyphort.reconstruction.plan import EndpointPlan, Plan
from kyphort.reconstruction.reach import reached
from kyphort.reconstruction.seats import Seating, seated
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem, Kind
from kyphort.reconstruction.wishes import spread
from kyphort.reconstruction.witness import faults

JOININGS = 6
"""Draws of the patients' exits for one draw of the units' events."""


@dataclass(frozen=True, slots=True)
class _Both:
    """A plan with both of its endpoints."""

    plan: Plan
    patients: EndpointPlan
    units: EndpointPlan


def draw_joined(plan: Plan, rng: np.random.Generator) -> tuple[RebuiltPatient, ...] | None:
    """Draw units and patients, and join them so that units leave with their patients."""
    assert plan.patients is not None  # noqa: S101 - asked for two endpoints
    assert plan.units is not None  # noqa: S101
    both = _Both(plan, plan.patients, plan.units)
    sequence = _unit_sequence(both, rng)
    if sequence is None:
        return None
    for _ in range(JOININGS):
        merged = _patients_near(both, sequence, rng)
        joined = None if merged is None else join(_task(both, merged, sequence), rng)
        if merged is None or joined is None:
            continue
        seats = seated(plan, both.units.problem, merged, joined, rng)
        if seats is None:
            continue
        found = Seating(plan, both.patients, both.units, sequence, seats).patients(rng)
        if found is not None:
            return found
    return None


def _unit_sequence(both: _Both, rng: np.random.Generator) -> Sequence | None:
    part = both.units
    if part.drawn is None:
        return draw_sequence(both.plan, part, rng)
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


def _patients_near(both: _Both, sequence: Sequence, rng: np.random.Generator) -> Merged | None:
    """Draw the patients' exits, their numbers at risk such as the units at risk allow."""
    part = both.patients
    if part.drawn is None:
        return draw_exits_of(both.plan, part, rng)
    wished = _wished_at_risk(both, part.drawn, sequence, rng)
    share = np.array(part.problem.sizes) / sum(part.problem.sizes)
    for closeness in (0.02, 0.04, 0.01):
        merged = draw_timed(part.drawn, rng, [wished * one for one in share], closeness)
        if merged is not None and not faults(part.problem, sequence_of(part.problem, merged)):
            return merged
    return None


def _wished_at_risk(
    both: _Both, drawn: Drawn, sequence: Sequence, rng: np.random.Generator
) -> Floats:
    """Return patients at risk at each cut, between the fewest and most that units at risk allow."""
    low, high = _patients_with(both, sequence)
    per_cut = list(zip(*(states.cuts for states in drawn.states), strict=True))
    low = np.maximum(low, [sum(one.at_risk.min() for one in cut) for cut in per_cut])
    high = np.minimum(high, [sum(one.at_risk.max() for one in cut) for cut in per_cut])
    return spread(low, np.maximum(low, high), 0.5 * (low + high), rng)


def _patients_with(both: _Both, sequence: Sequence) -> tuple[Floats, Floats]:
    """Return how many patients can be at risk at each cut, by the units at risk around it."""
    problem, people = both.units.problem, both.plan.specification.population
    pooled, total = sequence.pooled(), sum(problem.sizes)
    low, high = [], []
    for cut in range(len(problem.cuts)):
        before = sum(interval <= cut for interval in sequence.intervals)
        most = pooled[before - 1] - 1 if before else total
        fewest = pooled[before] if before < len(pooled) else 0
        # Patients whose unit has had its event may still be observed, or not.
        low.append(float(max(fewest - (total - people.patients), 0)))
        high.append(float(min(most + before, people.patients)))
    return np.array(low), np.array(high)


def _task(both: _Both, merged: Merged, sequence: Sequence) -> JoinTask:
    problem, specification = both.units.problem, both.plan.specification
    groups = [one for one in specification.groups if one.partition == problem.partition]
    risk = tuple(
        (arm, problem.cuts.index(one.cut), int(one.low), int(one.high))
        for one in problem.of(Kind.AT_RISK)
        if one.cut is not None
        for arm in one.members
        if len(one.members) == 1
    )
    fixed = tuple(
        (problem.arms.index(one.group), _interval_of(problem, one.time_in_spec_units[1]))
        for one in specification.known
        if one.group in problem.arms
    )
    return JoinTask(
        specification.population,
        problem.sizes,
        sequence,
        tuple(int((merged.interval == index).sum()) for index in range(len(problem.cuts) + 1)),
        risk + tuple((arm, cut, 1, problem.sizes[arm]) for arm, cut in sorted(reached(problem))),
        fixed,
        arms_are_patients=bool(groups) and groups[0].unit is RowUnit.PATIENT,
    )


def _interval_of(problem: EndpointProblem, time: float) -> int:
    return sum(cut.time < time for cut in problem.cuts)
