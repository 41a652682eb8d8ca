"""A sound cohort of two patients, to be changed in one place by each test."""

import datetime as dt
from dataclasses import replace
from typing import Any

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    DistanceReference,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Patient,
    Prescription,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)

DAY = dt.date(2015, 7, 2)
LAST = dt.date(2016, 9, 5)
CUT_OFF = dt.date(2016, 12, 30)
PRESCRIPTION = Prescription(8.0, 13.0, DistanceReference.ISOCENTRE, ReportingQuantity.WATER, "V4.0")
PATIENT = Patient("A", Sex.FEMALE, 63, "Breast cancer", LAST)
VERTEBRA = TreatedVertebra("A", SpinalLevel.T12, DAY, PRESCRIPTION, preexisting_fracture=False)
EVENT = AdverseEvent(
    "A",
    dt.date(2015, 7, 6),
    "Wound infection",
    2,
    "5.0",
    serious=False,
    relatedness=Relatedness.RELATED,
    resolved_date=dt.date(2015, 7, 20),
)


def after(days: int) -> dt.date:
    """Return a day after the procedure."""
    return DAY + dt.timedelta(days)


def reading(
    status: LocalStatus = LocalStatus.NONE,
    reader: str = "",
    fracture: Finding = Finding.ABSENT,
    level: SpinalLevel = SpinalLevel.T12,
) -> LevelAssessment:
    """Return a reading of the treated level."""
    return LevelAssessment(level, status, fracture, Finding.ABSENT, reader=reader)


def visit(
    days: int,
    *readings: LevelAssessment,
    kind: VisitKind = VisitKind.PLANNED,
    modality: Modality = Modality.MRI,
    pain: Pain | None = None,
) -> Visit:
    """Return a visit so many days after the procedure; it has one sound reading by default."""
    return Visit("A", after(days), kind, modality, readings or (reading(),), pain)


BASELINE = visit(-1, kind=VisitKind.BASELINE, pain=Pain(8, 60), modality=Modality.CT)
SOUND = Cohort(
    "two patients",
    CUT_OFF,
    True,
    "made up",
    (PATIENT, replace(PATIENT, patient_id="B", age_years=70, entity="Sarcoma")),
    (VERTEBRA, replace(VERTEBRA, patient_id="B", level=SpinalLevel.L1)),
    (
        BASELINE,
        visit(92, pain=Pain(3, 20)),
        visit(184),
        replace(visit(-1, reading(level=SpinalLevel.L1), kind=VisitKind.BASELINE), patient_id="B"),
        replace(visit(92, reading(level=SpinalLevel.L1)), patient_id="B"),
    ),
    (EVENT,),
)


def with_visits(*visits: Visit) -> Cohort:
    """Return the cohort with other visits of the first patient, beside the baseline."""
    others = tuple(one for one in SOUND.visits if one.patient_id != "A")
    return replace(SOUND, visits=(BASELINE, *visits, *others))


def with_patient(**changes: Any) -> Cohort:
    """Return the cohort with a changed first patient."""
    first, second = SOUND.patients
    return replace(SOUND, patients=(replace(first, **changes), second))


def with_vertebra(**changes: Any) -> Cohort:
    """Return the cohort with a changed first vertebra."""
    first, second = SOUND.vertebrae
    return replace(SOUND, vertebrae=(replace(first, **changes), second))


def prescribed(**changes: Any) -> Cohort:
    """Return the cohort with a changed prescription of the first vertebra."""
    return with_vertebra(prescription=replace(PRESCRIPTION, **changes))


def with_event(**changes: Any) -> Cohort:
    """Return the cohort with a changed adverse event."""
    return replace(SOUND, adverse_events=(replace(EVENT, **changes),))
