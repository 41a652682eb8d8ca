"""Short ways to write a valid row; each test changes the one thing that it is about."""

import datetime as dt
from dataclasses import replace
from typing import Any

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Relatedness,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)

PROCEDURE = dt.date(2015, 7, 4)
LAST_CONTACT = dt.date(2016, 7, 4)
CUT_OFF = dt.date(2019, 12, 31)
PRESCRIPTION = Prescription(8, 13)


def day(number: int) -> dt.date:
    """Return the date `number` days after the procedure."""
    return PROCEDURE + dt.timedelta(days=number)


def patient(**changes: Any) -> Patient:
    return replace(Patient("A", Sex.FEMALE, 61, "Breast cancer", LAST_CONTACT), **changes)


def vertebra(**changes: Any) -> TreatedVertebra:
    return replace(TreatedVertebra("A", SpinalLevel.T12, PROCEDURE, PRESCRIPTION), **changes)


def visit(date: dt.date, *levels: SpinalLevel, **changes: Any) -> Visit:
    readings = tuple(LevelAssessment(level, LocalStatus.NONE) for level in levels)
    return replace(
        Visit("A", date, VisitKind.PLANNED, Modality.MRI, readings or (T12_READING,)), **changes
    )


T12_READING = LevelAssessment(SpinalLevel.T12, LocalStatus.NONE)


def adverse_event(**changes: Any) -> AdverseEvent:
    event = AdverseEvent("A", PROCEDURE, "pain", 2, "4.03", False, Relatedness.RELATED)
    return replace(event, **changes)


def cohort(**changes: Any) -> Cohort:
    """Return a cohort of one patient with one vertebra, with the named parts replaced."""
    valid = Cohort("test", CUT_OFF, True, "made up", (patient(),), (vertebra(),))
    return replace(valid, **changes)
