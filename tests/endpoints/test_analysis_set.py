"""Who enters an analysis, and until when."""

import datetime as dt
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    Delivery,
    LossToFollowUp,
    NotDelivered,
    PerformanceStatus,
    Procedure,
    Relatedness,
    Retreatment,
    RetreatmentKind,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.clinical.scales import Karnofsky
from kyphort.endpoints import (
    CensoringRule,
    Ending,
    Exclusion,
    analysis_set,
    derive,
    local_control,
    overall_survival,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import default_study
from kyphort.published import dataset_folder
from kyphort.workflows.estimates import estimate
from kyphort.workflows.provenance import DataSource, provenance_of

from .people import L1, NONE, PROGRESSION, T12, day, person, vertebra

COHORTS = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "strategies.py"))["cohorts"]


def withdrawn(number: int, form: WithdrawalForm = WithdrawalForm.STOP_FOLLOW_UP) -> dict[str, Any]:
    return {"withdrawals": (Withdrawal("A", form, day(number)),)}


def not_delivered(*levels: Any) -> dict[str, Any]:
    return {"deliveries": tuple(Delivery("A", one, False, NotDelivered.ACCESS) for one in levels)}


def test_a_cohort_that_loses_nothing_is_the_same_object() -> None:
    cohort = replace(person(vertebra()), deliveries=(Delivery("A", T12, True),))
    assert analysis_set(cohort).cohort is cohort
    late = replace(cohort, **withdrawn(400))
    assert analysis_set(late).cohort is late


@pytest.mark.parametrize("form", [WithdrawalForm.STOP_USE, WithdrawalForm.ERASE])
def test_who_forbade_use_is_left_out_and_counted(form: WithdrawalForm) -> None:
    cohort = replace(person(vertebra(), vertebra(L1)), **withdrawn(10, form))
    found = analysis_set(cohort)
    assert found.cohort.patients == ()
    assert found.cohort.withdrawals == ()
    assert [one.reason for one in found.excluded] == [Exclusion.USE_WITHDRAWN] * 2
    assert found.patients_left_out == 1


def test_a_vertebra_that_was_not_irradiated_is_left_out_with_all_that_is_its_own() -> None:
    scans = {100: {T12: NONE, L1: PROGRESSION}}
    both = person(vertebra(), vertebra(L1), scans=scans)
    found = analysis_set(replace(both, **not_delivered(L1)))
    assert [one.level for one in found.cohort.vertebrae] == [T12]
    assert [one.level for visit in found.cohort.visits for one in visit.assessments] == [T12]
    assert found.cohort.deliveries == ()
    assert [(one.vertebra_id, one.reason) for one in found.excluded] == [
        ("A-L1", Exclusion.NOT_DELIVERED)
    ]
    assert found.patients_left_out == 0


def test_time_counts_from_the_first_procedure_that_was_irradiated() -> None:
    scans = {50: {L1: NONE}, 200: {T12: NONE}}
    late = person(vertebra(T12, 100), vertebra(L1, 0), scans=scans)
    event = AdverseEvent("A", day(10), "pain", 2, "5.0", False, Relatedness.RELATED)
    cohort = replace(
        late,
        adverse_events=(event,),
        procedures=(Procedure("A", day(0)), Procedure("A", day(100))),
        **not_delivered(L1),
    )
    found = analysis_set(cohort).cohort
    assert found.first_procedure_date(found.patients[0]) == day(100)
    assert [one.visit_date for one in found.visits] == [day(200)]
    assert found.adverse_events == ()
    assert [one.procedure_date for one in found.procedures] == [day(100)]


def test_what_comes_after_the_end_of_follow_up_is_set_aside() -> None:
    scans = {100: {T12: NONE}, 300: {T12: PROGRESSION}}
    cohort = replace(
        person(vertebra(retreated=350), scans=scans, died=True),
        retreatments=(Retreatment("A", T12, day(350), RetreatmentKind.SURGERY),),
        performance_statuses=(PerformanceStatus("A", day(260), Karnofsky(70)),),
        **withdrawn(250),
    )
    found = analysis_set(cohort)
    (patient,) = found.cohort.patients
    assert (patient.last_contact_date, patient.died) == (day(250), False)
    assert [one.visit_date for one in found.cohort.visits] == [day(100)]
    assert found.cohort.vertebrae[0].retreatment_date is None
    assert found.cohort.retreatments == ()
    assert found.cohort.performance_statuses == ()
    (ended,) = found.ended
    assert (ended.reason, ended.date, ended.visits, ended.death) == (
        Ending.WITHDRAWAL,
        day(250),
        1,
        True,
    )


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (withdrawn(250), "follow-up stopped by the patient"),
        ({"losses_to_follow_up": (LossToFollowUp("A", day(250)),)}, "given up as lost"),
        (
            {**withdrawn(300), "losses_to_follow_up": (LossToFollowUp("A", day(250)),)},
            "given up as lost",
        ),
    ],
)
def test_survival_is_censored_at_the_end_and_says_why(records: dict[str, Any], reason: str) -> None:
    cohort = analysis_set(replace(person(vertebra(), died=True), **records)).cohort
    (row,) = derive(cohort, overall_survival()).rows
    assert (row.code, row.date, row.reason) == (0, day(250), reason)


def test_a_patient_lost_long_after_the_last_contact_is_censored_at_the_contact() -> None:
    lost = replace(
        person(vertebra(), seen_until=200), losses_to_follow_up=(LossToFollowUp("A", day(700)),)
    )
    (row,) = derive(analysis_set(lost).cohort, overall_survival()).rows
    assert (row.code, row.date, row.reason) == (0, day(200), "given up as lost")


def test_local_control_keeps_its_own_rule_of_censoring() -> None:
    cohort = replace(person(vertebra(), scans={100: {T12: NONE}}), **withdrawn(250))
    kept = analysis_set(cohort).cohort
    (assessed,) = derive(kept, local_control()).rows
    assert (assessed.date, assessed.reason) == (day(100), "last assessment without progression")
    by_contact = local_control(censoring=CensoringRule.LAST_CONTACT_OR_DEATH)
    (contact,) = derive(kept, by_contact).rows
    assert (contact.date, contact.reason) == (day(250), "follow-up stopped by the patient")


def test_a_withdrawal_before_the_procedure_ends_follow_up_with_it() -> None:
    (row,) = derive(
        analysis_set(replace(person(vertebra(T12, 5)), **withdrawn(-3))).cohort,
        overall_survival(),
    ).rows
    assert row.date == day(5)
    assert row.time_days == 0.5


@st.composite
def people_who_leave(draw: st.DrawFn) -> Cohort:
    everybody: Cohort = draw(COHORTS())
    names = [one.patient_id for one in everybody.patients]
    within = st.dates(dt.date(2008, 1, 1), everybody.data_cut_off)
    return replace(
        everybody,
        withdrawals=tuple(
            Withdrawal(name, draw(st.sampled_from(WithdrawalForm)), draw(within))
            for name in names
            if draw(st.booleans())
        ),
        losses_to_follow_up=tuple(
            LossToFollowUp(name, draw(within)) for name in names if draw(st.booleans())
        ),
        deliveries=tuple(
            Delivery(one.patient_id, one.level, False, NotDelivered.OTHER)
            for one in everybody.vertebrae
            if draw(st.booleans())
        ),
    )


@given(people_who_leave())
def test_what_is_left_is_a_cohort_that_loses_nothing_more(cohort: Cohort) -> None:
    found = analysis_set(cohort)
    again = analysis_set(found.cohort)
    assert again.cohort is found.cohort
    assert len(found.cohort.patients) + found.patients_left_out == len(cohort.patients)
    assert len(found.cohort.vertebrae) + len(found.excluded) == len(cohort.vertebrae)
    names = {one.patient_id for one in found.cohort.patients}
    assert names == {one.patient_id for one in found.cohort.vertebrae}
    for one in found.ended:
        assert one.patient_id in names
    for row in derive(found.cohort, overall_survival()).rows:
        assert row.time_days > 0


def test_a_report_counts_what_was_left_out_and_why() -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    first, second, third = cohort.patients[:3]
    forms = WithdrawalForm
    day_of = cohort.first_procedure_date
    changed = replace(
        cohort,
        withdrawals=(
            Withdrawal(first.patient_id, forms.STOP_USE, day_of(first)),
            Withdrawal(second.patient_id, forms.STOP_FOLLOW_UP, day_of(second)),
        ),
        deliveries=tuple(
            Delivery(one.patient_id, one.level, False, NotDelivered.DEVICE)
            for one in cohort.vertebrae_of(third)
        ),
    )
    study = default_study()
    results = estimate(changed, study, provenance_of(changed, study, DataSource("", "x")), "x")
    assert results.counts.patients == len(cohort.patients) - 2
    said = [(one.what, one.why) for one in results.missing]
    own = len(cohort.vertebrae_of(first))
    noun = "vertebra" if own == 1 else "vertebrae"
    assert said[0][0] == f"{own} {noun} of 1 patient"
    assert "withdrawn" in said[0][1]
    assert "not delivered" in said[1][1]
    assert said[2][0] == "What came later of 1 patient"
    assert "1 death after that day" in said[2][1] or "0 deaths after that day" in said[2][1]
