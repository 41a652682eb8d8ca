"""Each rule fires on the case that it is for, and on nothing in a sound cohort."""

import datetime as dt
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from kyphort.clinical import (
    Cohort,
    DistanceReference,
    Finding,
    LocalStatus,
    Modality,
    Pain,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    VisitKind,
)
from kyphort.clinical.baseline import Baseline, Radiotherapy
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.ending import LossToFollowUp, Withdrawal, WithdrawalForm
from kyphort.clinical.history import CodeSystem, Consent, ConsentPurpose, PrimaryTumour
from kyphort.clinical.procedure import Delivery, Procedure
from kyphort.clinical.scales import TomitaSurgicalType
from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import load_protocol
from kyphort.published import dataset_folder
from kyphort.quality import Severity, all_rules, check_quality, fields_filled

from .people import (
    DAY,
    LAST,
    PATIENT,
    PRESCRIPTION,
    SOUND,
    VERTEBRA,
    after,
    prescribed,
    reading,
    visit,
    with_event,
    with_patient,
    with_vertebra,
    with_visits,
)

PROTOCOL = load_protocol("bludau2020_abstract")
NONE, PROGRESSION = LocalStatus.NONE, LocalStatus.PROGRESSION
DIED = {"death_date": LAST, "death_relatedness": Relatedness.UNRELATED}


def many_levels() -> Cohort:
    levels = (SpinalLevel.T9, SpinalLevel.T10, SpinalLevel.T11)
    more = tuple(replace(VERTEBRA, level=one) for one in levels)
    return replace(SOUND, vertebrae=(*SOUND.vertebrae, *more))


def one_contact_day() -> Cohort:
    people = tuple(replace(PATIENT, patient_id=f"P{n}", age_years=50 + n) for n in range(25))
    treated = tuple(replace(VERTEBRA, patient_id=one.patient_id) for one in people)
    return Cohort("many", SOUND.data_cut_off, True, "made up", people, treated)


def twins() -> Cohort:
    first, second = SOUND.patients
    twin = replace(first, patient_id="C")
    vertebra = replace(SOUND.vertebrae[0], patient_id="C")
    return replace(SOUND, patients=(first, second, twin), vertebrae=(*SOUND.vertebrae, vertebra))


def planned(**changes: Any) -> Cohort:
    summary = DoseSummary(
        "A",
        SpinalLevel.T12,
        DAY,
        replace(PRESCRIPTION, **changes),
        120.0,
        "INTRABEAM needle",
        "0" * 64,
        DAY,
        "0.1.0",
    )
    return replace(SOUND, dose_summaries=(summary,))


def deliveries(*rows: Delivery) -> Cohort:
    return replace(SOUND, deliveries=rows)


def delivery(patient: str = "A", **values: Any) -> Delivery:
    level = SpinalLevel.T12 if patient == "A" else SpinalLevel.L1
    return Delivery(patient, level, True, **values)


def tumour(code: str) -> Cohort:
    return replace(SOUND, primary_tumours=(PrimaryTumour("A", code, CodeSystem.ICD10_GM),))


def consents(*given: bool) -> Cohort:
    rows = tuple(
        Consent("A", ConsentPurpose.REGISTRY, after(-9 + at), one) for at, one in enumerate(given)
    )
    other = Consent("B", ConsentPurpose.REGISTRY, after(-9), True)
    return replace(SOUND, consents=(*rows, other))


CASES: dict[str, Cohort] = {
    "KQ-DOSE-IMPOSSIBLE": prescribed(dose_gy=800.0),
    "KQ-DISTANCE-IMPOSSIBLE": prescribed(distance_mm=130.0),
    "KQ-RESOLVED-AFTER-DEATH": replace(
        with_event(resolved_date=LAST + dt.timedelta(20)), patients=with_patient(**DIED).patients
    ),
    "KQ-FATAL-ALIVE": with_event(ctcae_grade=5, serious=True),
    "KQ-RELATED-DEATH-WITHOUT-EVENT": with_patient(
        death_date=LAST, death_relatedness=Relatedness.RELATED
    ),
    "KQ-SEVERE-NOT-SERIOUS": with_event(ctcae_grade=4),
    "KQ-PROGRESSION-GONE": with_visits(visit(92, reading(PROGRESSION)), visit(184)),
    "KQ-FRACTURE-GONE": with_visits(visit(92, reading(fracture=Finding.PRESENT)), visit(184)),
    "KQ-READERS-DIFFER": with_visits(visit(92, reading(NONE, "a"), reading(PROGRESSION, "b"))),
    "KQ-BASELINE-LATE": with_visits(visit(30, kind=VisitKind.BASELINE), visit(92)),
    "KQ-BASELINE-OLD": replace(
        SOUND,
        visits=tuple(
            replace(one, visit_date=after(-200)) if one.kind is VisitKind.BASELINE else one
            for one in SOUND.visits
        ),
    ),
    "KQ-READ-BEFORE-PROCEDURE": replace(
        SOUND,
        visits=(*SOUND.visits, visit(95, reading(), reading(level=SpinalLevel.L3))),
        vertebrae=(
            *SOUND.vertebrae,
            replace(VERTEBRA, level=SpinalLevel.L3, procedure_date=after(100)),
        ),
    ),
    "KQ-RETREATED-BEFORE-PROGRESSION": replace(
        with_visits(visit(184, reading(PROGRESSION))),
        vertebrae=with_vertebra(retreatment_date=after(92)).vertebrae,
    ),
    "KQ-VISIT-ON-DEATH": replace(
        with_visits(visit((LAST - DAY).days)), patients=with_patient(**DIED).patients
    ),
    "KQ-NEVER-ASSESSED": with_visits(visit(92, reading(LocalStatus.NOT_ASSESSABLE))),
    "KQ-NO-BASELINE": replace(SOUND, visits=(visit(92),)),
    "KQ-NO-PAIN-BASELINE": replace(
        SOUND, visits=(visit(-1, kind=VisitKind.BASELINE), visit(92, pain=Pain(3, 20)))
    ),
    "KQ-NO-ANALGESICS": replace(SOUND, visits=(visit(-1, kind=VisitKind.BASELINE, pain=Pain(8)),)),
    "KQ-LOST": replace(SOUND, data_cut_off=dt.date(2019, 12, 30)),
    "KQ-NO-FOLLOW-UP": replace(
        SOUND,
        patients=tuple(replace(one, last_contact_date=DAY) for one in SOUND.patients),
        visits=(),
        adverse_events=(),
    ),
    "KQ-LAST-UNCLEAR": with_visits(visit(92), visit(184, reading(LocalStatus.INDETERMINATE))),
    "KQ-IMAGING-UNREAD": replace(
        SOUND, visits=(*SOUND.visits, replace(visit(200), assessments=()))
    ),
    "KQ-REFERENCE-UNKNOWN": prescribed(distance_reference=DistanceReference.UNSPECIFIED),
    "KQ-QUANTITY-UNKNOWN": prescribed(reporting_quantity=ReportingQuantity.UNSPECIFIED),
    "KQ-CALIBRATION-UNKNOWN": prescribed(calibration_dataset=""),
    "KQ-FRACTURE-UNKNOWN": with_vertebra(preexisting_fracture=None),
    "KQ-PATIENT-UNKNOWN": with_patient(sex=Sex.UNKNOWN),
    "KQ-DEATH-UNJUDGED": with_patient(death_date=LAST, death_relatedness=Relatedness.UNKNOWN),
    "KQ-CTCAE-VERSION": with_event(ctcae_version=""),
    "KQ-EVENT-OPEN": with_event(resolved_date=None),
    "KQ-AGE-UNUSUAL": with_patient(age_years=12),
    "KQ-AGE-BELOW-TRIALS": with_patient(age_years=32),
    "KQ-ENTITY-BENIGN": with_patient(entity="Others (haemangioma)"),
    "KQ-DOSE-UNUSUAL": prescribed(dose_gy=0.8),
    "KQ-DISTANCE-UNUSUAL": prescribed(distance_mm=1.3),
    "KQ-MANY-LEVELS": many_levels(),
    "KQ-PROCEDURE-TOO-EARLY": replace(
        with_vertebra(procedure_date=dt.date(2005, 7, 4)),
    ),
    "KQ-FIRST-OF-JANUARY": with_vertebra(procedure_date=dt.date(2015, 1, 1)),
    "KQ-RETREATED-WITHOUT-PROGRESSION": with_vertebra(retreatment_date=after(92)),
    "KQ-PAIN-JUMP": with_visits(visit(92, pain=Pain(1, 0)), visit(99, pain=Pain(9, 60))),
    "KQ-ANALGESICS-HIGH": with_visits(visit(92, pain=Pain(3, 6_000))),
    "KQ-PLAN-DIFFERS": planned(distance_mm=11.0),
    "KQ-DELIVERED-DIFFERS": deliveries(delivery(planned_s=127.0, delivered_s=90.0), delivery("B")),
    "KQ-NO-DELIVERY": deliveries(delivery()),
    "KQ-OUTPUT-UNUSUAL": deliveries(delivery(output_percent=10.04), delivery("B")),
    "KQ-CEMENT-UNUSUAL": replace(SOUND, procedures=(Procedure("A", DAY, cement_ml=75.0),)),
    "KQ-TOMITA-BEYOND": replace(
        SOUND, baselines=(Baseline("A", SpinalLevel.T12, tomita_type=TomitaSurgicalType("4")),)
    ),
    "KQ-IRRADIATED-BEFORE": replace(
        SOUND, radiotherapies=(Radiotherapy("A", SpinalLevel.T12, after(-900), 30.0, 10),)
    ),
    "KQ-ENTITY-CODE": tumour("C61"),
    "KQ-SEX-TUMOUR": with_patient(entity="Prostate cancer"),
    "KQ-SEEN-AFTER-WITHDRAWAL": replace(
        SOUND, withdrawals=(Withdrawal("A", WithdrawalForm.STOP_FOLLOW_UP, after(100)),)
    ),
    "KQ-SEEN-AFTER-LOSS": replace(SOUND, losses_to_follow_up=(LossToFollowUp("A", after(100)),)),
    "KQ-NO-CONSENT": consents(True, False),
    "KQ-TWINS": twins(),
    "KQ-CALIBRATION-MIXED": prescribed(calibration_dataset="TARGIT"),
    "KQ-ONE-CONTACT-DAY": one_contact_day(),
    "KQ-VISIT-OVERDUE": replace(with_visits(visit(92)), data_cut_off=dt.date(2016, 11, 1)),
    "KQ-VISIT-MISSED": with_visits(visit(184)),
    "KQ-VISIT-OUTSIDE-WINDOW": with_visits(visit(130)),
}


def test_every_rule_has_a_case() -> None:
    assert CASES.keys() == {one.identifier for one in all_rules()}


@pytest.mark.parametrize("identifier", CASES)
def test_the_rule_finds_its_case(identifier: str) -> None:
    found = check_quality(CASES[identifier], PROTOCOL)
    hits = [one for one in found.findings if one.rule == identifier]
    assert hits
    rule = next(one for one in all_rules() if one.identifier == identifier)
    assert {one.severity for one in hits} == {rule.severity}
    assert all(one.line.isprintable() and one.remedy for one in hits)
    assert len({one.key for one in hits}) == len(hits)


def test_a_sound_cohort_gives_no_finding() -> None:
    assert [one.line for one in check_quality(SOUND).findings] == []


@pytest.mark.parametrize(
    ("cohort", "silent"),
    [
        (with_event(ctcae_grade=4, serious=True), "KQ-SEVERE-NOT-SERIOUS"),
        (planned(), "KQ-PLAN-DIFFERS"),
        (tumour("C50.4"), "KQ-ENTITY-CODE"),
        (consents(False, True), "KQ-NO-CONSENT"),
        (prescribed(dose_gy=800.0), "KQ-DOSE-UNUSUAL"),
        (
            deliveries(
                replace(
                    delivery(planned_s=127.0, delivered_s=90.0),
                    interrupted_at_s=90.0,
                    resumed=False,
                ),
                delivery("B"),
            ),
            "KQ-DELIVERED-DIFFERS",
        ),
        (
            replace(
                SOUND,
                data_cut_off=dt.date(2019, 12, 30),
                losses_to_follow_up=tuple(
                    LossToFollowUp(one.patient_id, LAST) for one in SOUND.patients
                ),
            ),
            "KQ-LOST",
        ),
        (
            with_visits(
                visit(
                    92, reading(NONE, "a"), reading(PROGRESSION, "b"), reading(NONE, "adjudicated")
                )
            ),
            "KQ-READERS-DIFFER",
        ),
        (with_visits(visit(92, kind=VisitKind.UNSCHEDULED)), "KQ-VISIT-OUTSIDE-WINDOW"),
    ],
)
def test_a_rule_is_silent_where_it_must_be(cohort: Cohort, silent: str) -> None:
    assert silent not in {one.rule for one in check_quality(cohort, PROTOCOL).findings}


def test_the_founding_cohort_is_asked_what_its_print_leaves_open() -> None:
    """Ages below the trials' least, one benign tumour, no calibration dataset (print, Table 1)."""
    cohort = read_csv_set(dataset_folder("bludau2020"))
    found = {one.rule.identifier: one.patients for one in check_quality(cohort).by_rule()}
    assert found["KQ-ENTITY-BENIGN"] == 1
    assert found["KQ-AGE-BELOW-TRIALS"] == sum(one.age_years < 50 for one in cohort.patients) > 0
    assert found["KQ-CALIBRATION-UNKNOWN"] == 104
    assert not {"KQ-DOSE-UNUSUAL", "KQ-DISTANCE-UNUSUAL", "KQ-MANY-LEVELS"} & found.keys()
    assert check_quality(cohort).count(Severity.IMPOSSIBLE) == 0


def test_findings_come_gravest_first() -> None:
    cohort = replace(prescribed(dose_gy=800.0), patients=with_patient(age_years=12).patients)
    ranks = [list(Severity).index(one.severity) for one in check_quality(cohort).findings]
    assert ranks == sorted(ranks)


def test_completeness_counts_what_says_something() -> None:
    cohort = replace(
        with_patient(sex=Sex.UNKNOWN), vertebrae=prescribed(calibration_dataset="").vertebrae
    )
    found = {(one.record, one.field): (one.filled, one.records) for one in fields_filled(cohort)}
    assert found["patient", "sex"] == (1, 2)
    assert found["visit", "pain_nrs"] == (2, 5)
    assert found["assessment", "epidural_status"] == (0, 5)
    assert not [record for record, _ in found if record == "delivery"]


STRATEGIES = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "strategies.py"))


@given(STRATEGIES["cohorts"]())
@settings(max_examples=40)
def test_any_cohort_can_be_judged(cohort: Cohort) -> None:
    found = check_quality(cohort, PROTOCOL)
    known = {one.identifier for one in all_rules()}
    patients = {one.patient_id for one in cohort.patients} | {""}
    assert {one.rule for one in found.findings} <= known
    assert {one.patient_id for one in found.findings} <= patients
    assert sum(one.findings for one in found.by_rule()) == len(found.findings)


def test_modalities_are_used() -> None:
    """The sound cohort has scans, or the rules above would be silent for nothing."""
    assert {one.modality for one in SOUND.visits} == {Modality.CT, Modality.MRI}
