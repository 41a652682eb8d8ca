"""Short hand-made cohorts: one patient, treated on day 0, everything else in days after it."""

import datetime as dt
from collections.abc import Mapping

from kyphort.clinical import (
    Cohort,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.endpoints import Endpoint, EndpointRow, EndpointTable, derive

DAY_ZERO = dt.date(2015, 7, 4)
NONE, PROGRESSION = LocalStatus.NONE, LocalStatus.PROGRESSION
INDETERMINATE, NOT_ASSESSABLE = LocalStatus.INDETERMINATE, LocalStatus.NOT_ASSESSABLE
ABSENT, PRESENT, NOT_ASSESSED = Finding.ABSENT, Finding.PRESENT, Finding.NOT_ASSESSED
T9, T12, L1 = SpinalLevel.T9, SpinalLevel.T12, SpinalLevel.L1

Scans = Mapping[int, Mapping[SpinalLevel, LocalStatus | Finding]]


def day(number: int) -> dt.date:
    return DAY_ZERO + dt.timedelta(days=number)


def vertebra(
    level: SpinalLevel = T12, treated: int = 0, retreated: int | None = None, who: str = "A"
) -> TreatedVertebra:
    return TreatedVertebra(
        who,
        level,
        day(treated),
        Prescription(8, 13),
        retreatment_date=None if retreated is None else day(retreated),
    )


def reading(level: SpinalLevel, found: LocalStatus | Finding) -> LevelAssessment:
    if isinstance(found, Finding):
        return LevelAssessment(level, NONE, new_fracture=found)
    return LevelAssessment(level, found, new_fracture=ABSENT)


def person(
    *vertebrae: TreatedVertebra,
    scans: Scans | None = None,
    seen_until: int = 400,
    died: bool = False,
) -> Cohort:
    """Return a cohort of one patient; `scans` maps a day to what it showed at each level."""
    last = day(seen_until)
    visits = (
        Visit(
            "A",
            day(number),
            VisitKind.PLANNED,
            Modality.MRI,
            tuple(reading(level, found) for level, found in shown.items()),
        )
        for number, shown in (scans or {}).items()
    )
    patient = Patient("A", Sex.FEMALE, 61, "Breast cancer", last, last if died else None)
    treated = vertebrae or (vertebra(),)
    return Cohort("test", day(2000), True, "made up", (patient,), treated, tuple(visits))


def together(first: Cohort, second: Cohort) -> Cohort:
    return Cohort(
        "test",
        day(2000),
        True,
        "made up",
        first.patients + second.patients,
        first.vertebrae + second.vertebrae,
        first.visits + second.visits,
    )


def only_row(cohort: Cohort, endpoint: Endpoint) -> EndpointRow:
    (row,) = derive(cohort, endpoint).rows
    return row


def summary(row: EndpointRow) -> tuple[int, float, str]:
    """Return code, time in days and reason."""
    return row.code, row.time_days, row.reason


def times(table: EndpointTable) -> dict[str, tuple[int, float]]:
    return {row.row_id: (row.code, row.time_days) for row in table.rows}
