"""What holds of every endpoint, whatever the patient went through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.clinical import Cohort, LocalStatus, SpinalLevel
from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    Endpoint,
    IndeterminateRule,
    Unit,
    derive,
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.units import days_between

from .people import NONE, PROGRESSION, day, person, vertebra

LAST_DAY = 40
DAYS = st.integers(0, LAST_DAY)
ENDPOINTS = [
    overall_survival(),
    lpfs_seed(),
    lpfs_composite(),
    vertebral_compression_fracture(),
    *(local_control(censoring=one, death=two) for one in CensoringRule for two in DeathRule),
]


@st.composite
def persons(draw: st.DrawFn) -> Cohort:
    """Draw one patient with up to three levels treated, scanned and treated again at any time."""
    levels = draw(
        st.lists(st.sampled_from(list(SpinalLevel)[16:20]), min_size=1, max_size=3, unique=True)
    )
    treated = [draw(DAYS) for _ in levels]
    first = min(treated)
    found = st.dictionaries(st.sampled_from(levels), st.sampled_from(LocalStatus))
    return person(
        *(
            vertebra(level, start, draw(st.none() | st.integers(start, LAST_DAY)))
            for level, start in zip(levels, treated, strict=True)
        ),
        scans=draw(st.dictionaries(st.integers(first, LAST_DAY), found, max_size=6)),
        seen_until=draw(st.integers(LAST_DAY, LAST_DAY + 5)),
        died=draw(st.booleans()),
    )


@given(st.sampled_from(ENDPOINTS), persons())
def test_one_row_for_each_unit(endpoint: Endpoint, cohort: Cohort) -> None:
    rows = derive(cohort, endpoint).rows
    if endpoint.unit is Unit.PATIENT:
        assert [row.row_id for row in rows] == ["A"]
    else:
        assert [row.row_id for row in rows] == [one.vertebra_id for one in cohort.vertebrae]


@given(st.sampled_from(ENDPOINTS), persons())
def test_every_row_has_a_declared_reason_with_its_code_and_record(
    endpoint: Endpoint, cohort: Cohort
) -> None:
    declared = {(code, source.reason, source.record) for code, source in endpoint.events}
    declared |= {(0, source.reason, source.record) for source in endpoint.censoring}
    for row in derive(cohort, endpoint).rows:
        assert (row.code, row.reason, row.record) in declared


@given(st.sampled_from(ENDPOINTS), persons())
def test_the_time_is_that_from_origin_to_date(endpoint: Endpoint, cohort: Cohort) -> None:
    table = derive(cohort, endpoint)
    origins = {one.vertebra_id: one.procedure_date for one in cohort.vertebrae}
    origins["A"] = min(origins.values())
    for row, months in zip(table.rows, table.survival_data().time, strict=True):
        days = days_between(origins[row.row_id], row.date)
        assert days >= 0
        assert row.date <= cohort.patients[0].last_contact_date
        assert row.on_day_zero == (days == 0)
        assert months == pytest.approx((days or 0.5) / 30.4375, rel=1e-12)


@given(persons())
def test_local_control_agrees_with_a_diary_read_day_by_day(cohort: Cohort) -> None:
    endpoint = local_control(indeterminate=IndeterminateRule.FIRST_DEFINITE)
    for row, treated in zip(derive(cohort, endpoint).rows, cohort.vertebrae, strict=True):
        start = days_between(day(0), treated.procedure_date)
        code, time = diary(cohort, treated.level, start)
        assert (row.code, row.time_days) == (code, (time - start) or 0.5)


def diary(cohort: Cohort, level: SpinalLevel, start: int) -> tuple[int, int]:
    """Return code and day of what happens first to a level, turning the pages one by one."""
    patient = cohort.patients[0]
    retreated = next(one.retreatment_date for one in cohort.vertebrae if one.level is level)
    clear = start
    for page in range(start, LAST_DAY + 6):
        seen: list[LocalStatus] = [
            one.local_status
            for visit in cohort.visits
            for one in visit.assessments
            if visit.visit_date == day(page) and one.level is level
        ]
        if PROGRESSION in seen:
            return 1, page
        if retreated == day(page):
            return 3, page
        if patient.death_date == day(page):
            return 2, page
        if NONE in seen:
            clear = page
    return 0, clear
