"""Translation between the frozen values of `kyphort.clinical` and stored rows."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
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
from kyphort.registry.shapes import Row, Shape, stored_fields

_PAIN = {"nrs": "pain_nrs"}
_PRESCRIPTION = tuple(one.name for one in fields(Prescription))


@dataclass(frozen=True, slots=True)
class _Description:
    """What a data set says of itself."""

    id: int
    name: str
    data_cut_off: dt.date
    synthetic: bool
    provenance: str


DATASET = Shape("dataset", stored_fields(_Description), ("id",))
PATIENT = Shape("patient", stored_fields(Patient), ("patient_id",))
VERTEBRA = Shape(
    "vertebra", stored_fields(TreatedVertebra), ("patient_id", "level"), ("patient",)
)
VISIT = Shape("visit", stored_fields(Visit, _PAIN), ("patient_id", "visit_date"), ("patient",))
ASSESSMENT = Shape(
    "assessment",
    (*VISIT.fields[:2], *stored_fields(LevelAssessment)),
    ("patient_id", "visit_date", "level", "reader"),
    ("visit", "vertebra"),
)
ADVERSE_EVENT = Shape(
    "adverse_event",
    stored_fields(AdverseEvent),
    ("patient_id", "onset_date", "term"),
    ("patient",),
)
SHAPES = {
    one.name: one for one in (DATASET, PATIENT, VERTEBRA, VISIT, ASSESSMENT, ADVERSE_EVENT)
}
"""Every table of records, an owner before what it owns."""

Rows = Mapping[str, list[Row]]
"""Stored rows by the name of their shape."""


def rows_of(cohort: Cohort) -> dict[str, list[Row]]:
    """Return the stored rows of a cohort."""
    found: dict[str, list[Row]] = {name: [] for name in SHAPES}
    found["dataset"].append(dataset_row(cohort))
    for value in (*cohort.patients, *cohort.vertebrae, *cohort.visits, *cohort.adverse_events):
        for shape, row in rows_of_value(value):
            found[shape].append(row)
    return found


def dataset_row(cohort: Cohort) -> Row:
    """Return the single row that describes the data set."""
    return DATASET.encode(
        {
            "id": 1,
            "name": cohort.name,
            "data_cut_off": cohort.data_cut_off,
            "synthetic": cohort.synthetic,
            "provenance": cohort.provenance,
        }
    )


def rows_of_value(value: object) -> list[tuple[str, Row]]:
    """Return the stored rows of one value: a visit has one for itself and for each assessment."""
    match value:
        case Patient():
            return [("patient", PATIENT.encode(_flat(value)))]
        case TreatedVertebra():
            nested = _flat(value.prescription)
            return [("vertebra", VERTEBRA.encode(_flat(value) | nested))]
        case Visit():
            return _visit_rows(value)
        case AdverseEvent():
            return [("adverse_event", ADVERSE_EVENT.encode(_flat(value)))]
    raise TypeError(f"{value!r} is no record of the registry")


def _flat(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any record
    return {one.name: getattr(value, one.name) for one in fields(value)}


def _visit_rows(visit: Visit) -> list[tuple[str, Row]]:
    pain = {} if visit.pain is None else {"pain_nrs": visit.pain.nrs, "omed_mg": visit.pain.omed_mg}
    shared = {"patient_id": visit.patient_id, "visit_date": visit.visit_date}
    return [
        ("visit", VISIT.encode(_flat(visit) | pain)),
        *(("assessment", ASSESSMENT.encode(shared | _flat(one))) for one in visit.assessments),
    ]


def cohort_of(rows: Rows) -> Cohort:
    """Return the cohort that stored rows describe; there is one row of the data set.

    Raises
    ------
    InvalidDataError
        When a row holds what it may not, or rows contradict each other.
    """
    (described,) = (DATASET.decode(row) for row in rows["dataset"])
    del described["id"]
    return Cohort(
        **described,
        patients=tuple(Patient(**PATIENT.decode(row)) for row in rows["patient"]),
        vertebrae=tuple(map(_vertebra, rows["vertebra"])),
        visits=tuple(_visits(rows["visit"], rows["assessment"])),
        adverse_events=tuple(
            AdverseEvent(**ADVERSE_EVENT.decode(row)) for row in rows["adverse_event"]
        ),
    )


def check_values(rows: Rows) -> None:
    """Check each row by itself: its values, not how it fits with others.

    Raises
    ------
    InvalidDataError
        When a row holds what it may not.
    """
    for row in rows["patient"]:
        Patient(**PATIENT.decode(row))
    for _ in _visits(rows["visit"], rows["assessment"]):
        pass
    for row in rows["adverse_event"]:
        AdverseEvent(**ADVERSE_EVENT.decode(row))


def _vertebra(row: Row) -> TreatedVertebra:
    values = VERTEBRA.decode(row)
    prescription = Prescription(**{name: values.pop(name) for name in _PRESCRIPTION})
    return TreatedVertebra(**values, prescription=prescription)


def _visits(rows: Iterable[Row], assessments: Iterable[Row]) -> Iterable[Visit]:
    found = {
        key: tuple(map(_assessment, of_visit))
        for key, of_visit in groupby(sorted(assessments, key=_visit_key), key=_visit_key)
    }
    for row in rows:
        values = VISIT.decode(row)
        nrs, omed_mg = values.pop("pain_nrs"), values.pop("omed_mg")
        pain = None if nrs is None else Pain(nrs, omed_mg)
        yield Visit(**values, assessments=found.get(_visit_key(row), ()), pain=pain)


def _assessment(row: Row) -> LevelAssessment:
    values = ASSESSMENT.decode(row)
    del values["patient_id"], values["visit_date"]
    return LevelAssessment(**values)


def _visit_key(row: Row) -> tuple[str, str]:
    return str(row["patient_id"]), str(row["visit_date"])
