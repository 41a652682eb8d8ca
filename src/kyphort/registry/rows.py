"""Translation between the frozen values of `kyphort.clinical` and the rows of the tables."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from itertools import groupby
from typing import Any

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    LevelAssessment,
    Pain,
    Patient,
    Prescription,
    TreatedVertebra,
    Visit,
)

Row = dict[str, Any]
Rows = Iterable[Row]

_PRESCRIPTION = tuple(field.name for field in fields(Prescription))
_VISIT = ("patient_id", "visit_date", "kind", "modality")
_ASSESSMENT = tuple(field.name for field in fields(LevelAssessment))


def dataset_row(cohort: Cohort) -> Row:
    """Return the single row that describes the data set."""
    return {
        "id": 1,
        "name": cohort.name,
        "data_cut_off": cohort.data_cut_off,
        "synthetic": cohort.synthetic,
        "provenance": cohort.provenance,
    }


def patient_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each patient."""
    return [asdict(patient) for patient in cohort.patients]


def vertebra_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each treated vertebra, its prescription unfolded."""
    return [_unfold(asdict(vertebra), "prescription") for vertebra in cohort.vertebrae]


def visit_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each visit."""
    return [
        {
            "patient_id": visit.patient_id,
            "visit_date": visit.visit_date,
            "kind": visit.kind,
            "modality": visit.modality,
            "pain_nrs": None if visit.pain is None else visit.pain.nrs,
            "omed_mg": None if visit.pain is None else visit.pain.omed_mg,
        }
        for visit in cohort.visits
    ]


def assessment_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each assessed level of each visit."""
    return [
        {"patient_id": visit.patient_id, "visit_date": visit.visit_date, **asdict(assessment)}
        for visit in cohort.visits
        for assessment in visit.assessments
    ]


def adverse_event_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each adverse event."""
    return [asdict(event) for event in cohort.adverse_events]


def patients(rows: Rows) -> tuple[Patient, ...]:
    """Read patients."""
    return tuple(Patient(**row) for row in rows)


def vertebrae(rows: Rows) -> tuple[TreatedVertebra, ...]:
    """Read treated vertebrae, folding the prescription."""
    return tuple(TreatedVertebra(**_fold_prescription(row)) for row in rows)


def visits(rows: Rows, assessments: Rows) -> tuple[Visit, ...]:
    """Read visits with their assessments; both come ordered by patient and date."""
    found = {
        key: tuple(LevelAssessment(**{name: row[name] for name in _ASSESSMENT}) for row in of_visit)
        for key, of_visit in groupby(assessments, key=_visit_key)
    }
    return tuple(_visit(row, found.get(_visit_key(row), ())) for row in rows)


def _visit(row: Row, assessments: tuple[LevelAssessment, ...]) -> Visit:
    own = {name: row[name] for name in _VISIT}
    pain = None if row["pain_nrs"] is None else Pain(row["pain_nrs"], row["omed_mg"])
    return Visit(**own, assessments=assessments, pain=pain)


def adverse_events(rows: Rows) -> tuple[AdverseEvent, ...]:
    """Read adverse events."""
    return tuple(AdverseEvent(**row) for row in rows)


def _visit_key(row: Row) -> tuple[str, Any]:
    return row["patient_id"], row["visit_date"]


def _unfold(row: Row, name: str) -> Row:
    nested: Row = row.pop(name)
    return row | nested


def _fold_prescription(row: Row) -> Row:
    outer = {name: value for name, value in row.items() if name not in _PRESCRIPTION}
    prescription = Prescription(**{name: row[name] for name in _PRESCRIPTION})
    return outer | {"prescription": prescription}
