"""The due list whatever the cohort: states partition, time moves one way, order does not matter."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyphort.clinical import (
    Cohort,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.protocol import (
    DueVisit,
    FollowUpProtocol,
    Requirement,
    VisitState,
    available_protocols,
    completeness,
    due_list,
    load_protocol,
)

START = dt.date(2016, 2, 29)
LEVELS = (SpinalLevel.T8, SpinalLevel.T12, SpinalLevel.L1)
CUT_OFF = START + dt.timedelta(days=900)

protocols = st.sampled_from([load_protocol(name) for name in available_protocols()])
days = st.integers(0, 1100).map(lambda number: START + dt.timedelta(days=number))


@st.composite
def people(draw: st.DrawFn) -> Cohort:
    names = [f"P{number}" for number in range(draw(st.integers(1, 3)))]
    patients: list[Patient] = []
    vertebrae: list[TreatedVertebra] = []
    visits: list[Visit] = []
    for name in names:
        treated = draw(st.lists(st.sampled_from(LEVELS), min_size=1, unique=True))
        procedures = [START + dt.timedelta(days=draw(st.integers(0, 60))) for _ in treated]
        last = draw(st.dates(max(procedures), CUT_OFF))
        died = draw(st.booleans())
        patients.append(Patient(name, Sex.MALE, 70, "x", last, last if died else None))
        vertebrae += [
            TreatedVertebra(name, level, date, Prescription(8, 13))
            for level, date in zip(treated, procedures, strict=True)
        ]
        seen = draw(st.lists(st.dates(min(procedures), last), max_size=8, unique=True))
        visits += [draw(visit(name, date, treated)) for date in seen]
    return Cohort("c", CUT_OFF, True, "", tuple(patients), tuple(vertebrae), tuple(visits))


@st.composite
def visit(draw: st.DrawFn, name: str, date: dt.date, treated: list[SpinalLevel]) -> Visit:
    read = draw(st.lists(st.sampled_from(treated), unique=True))
    statuses = st.sampled_from([LocalStatus.NONE, LocalStatus.NOT_ASSESSABLE])
    readings = tuple(LevelAssessment(level, draw(statuses)) for level in read)
    kind = draw(st.sampled_from([VisitKind.PLANNED, VisitKind.UNSCHEDULED]))
    pain = draw(st.sampled_from([None, Pain(4)]))
    return Visit(name, date, kind, Modality.CT, readings, pain)


Key = tuple[str, dt.date, str]


def keyed(visits: tuple[DueVisit, ...]) -> Mapping[Key, DueVisit]:
    found = {(one.patient_id, one.procedure_date, one.planned.id): one for one in visits}
    assert len(found) == len(visits), "a planned visit is listed twice"
    return found


@given(people(), protocols, days)
def test_every_planned_visit_has_one_state_that_fits_its_dates(
    cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date
) -> None:
    deaths = {one.patient_id: one.death_date for one in cohort.patients}
    for one in keyed(due_list(cohort, protocol, as_of)).values():
        death = deaths[one.patient_id]
        is_dead = death is not None and death <= as_of
        has_closed = one.window_end < as_of
        assert (one.state is VisitState.DONE) == (not one.missing)
        assert (one.days_overdue > 0) == (one.state is VisitState.OVERDUE)
        match one.state:
            case VisitState.DONE:
                assert one.done_date is not None
                assert one.window_start <= one.done_date <= as_of
            case VisitState.OVERDUE:
                assert has_closed
                assert not is_dead
            case VisitState.MISSED:
                assert has_closed
                assert death is None or death > one.window_end or not is_dead
            case VisitState.DUE:
                assert one.window_start <= as_of <= one.window_end
                assert not is_dead
            case VisitState.SCHEDULED:
                assert as_of < one.window_start
                assert not is_dead
            case VisitState.CLOSED_DEATH:
                assert is_dead
                assert death is not None
                assert death <= one.window_end
            case VisitState.CLOSED_CUT_OFF:
                assert has_closed
                assert one.window_end > CUT_OFF


AFTER: dict[VisitState, set[VisitState]] = {
    VisitState.DONE: {VisitState.DONE},
    VisitState.MISSED: {VisitState.MISSED},
    VisitState.CLOSED_DEATH: {VisitState.CLOSED_DEATH},
    VisitState.CLOSED_CUT_OFF: {VisitState.CLOSED_CUT_OFF},
    VisitState.OVERDUE: {VisitState.OVERDUE, VisitState.MISSED, VisitState.DONE},
    VisitState.DUE: set(VisitState) - {VisitState.SCHEDULED},
    VisitState.SCHEDULED: set(VisitState),
}


@given(people(), protocols, days, days)
def test_time_moves_one_way(
    cohort: Cohort, protocol: FollowUpProtocol, one_day: dt.date, other_day: dt.date
) -> None:
    earlier, later = sorted([one_day, other_day])
    before = keyed(due_list(cohort, protocol, earlier))
    after = keyed(due_list(cohort, protocol, later))
    for key, was in before.items():
        assert after[key].state in AFTER[was.state]
        if was.state is VisitState.DONE:
            assert after[key].done_date == was.done_date
    assert completeness(before.values())[-1].due <= completeness(after.values())[-1].due


@given(people(), protocols, days, st.randoms())
def test_the_order_of_rows_does_not_matter_and_nothing_is_changed(
    cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date, shuffler: Random
) -> None:
    shuffled = replace(
        cohort,
        patients=tuple(shuffler.sample(cohort.patients, len(cohort.patients))),
        vertebrae=tuple(shuffler.sample(cohort.vertebrae, len(cohort.vertebrae))),
        visits=tuple(shuffler.sample(cohort.visits, len(cohort.visits))),
    )
    first = due_list(cohort, protocol, as_of)
    assert due_list(shuffled, protocol, as_of) == first
    assert due_list(cohort, protocol, as_of) == first


@given(people(), protocols, days)
def test_nothing_recorded_later_is_looked_at(
    cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date
) -> None:
    known = tuple(one for one in cohort.visits if one.visit_date <= as_of)
    alive = tuple(
        one if one.death_date is None or one.death_date <= as_of else replace(one, death_date=None)
        for one in cohort.patients
    )
    then = replace(cohort, visits=known, patients=alive)
    assert due_list(then, protocol, as_of) == due_list(cohort, protocol, as_of)


@given(people(), protocols, days)
@settings(max_examples=50)
def test_each_scan_of_a_level_fulfils_at_most_one_target(
    cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date
) -> None:
    scans = {
        (one.patient_id, reading.level, one.visit_date)
        for one in cohort.visits
        for reading in one.assessments
        if reading.local_status is not LocalStatus.NOT_ASSESSABLE
    }
    for name in {one.patient_id for one in cohort.patients}:
        for level in LEVELS:
            fulfilled = sum(
                level in one.levels
                and Requirement.IMAGING in one.planned.requires
                and all(item.level is not level for item in one.missing)
                for one in due_list(cohort, protocol, as_of)
                if one.patient_id == name
            )
            assert fulfilled <= sum(scan[:2] == (name, level) for scan in scans)


@pytest.mark.parametrize("name", available_protocols())
def test_an_untreated_day_lists_nothing(name: str) -> None:
    nobody = Cohort("c", CUT_OFF, True, "", (), (), ())
    assert due_list(nobody, load_protocol(name), START) == ()
