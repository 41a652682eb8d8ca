"""From rows without faults to the cohort."""

from collections.abc import Iterable
from dataclasses import fields
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
from kyphort.exchange.csv_set.dataset import DataSet, by_patient, grouped
from kyphort.exchange.csv_set.table import Row

_PRESCRIPTION = tuple(one.name for one in fields(Prescription))
_ASSESSMENT = tuple(one.name for one in fields(LevelAssessment))
_VISIT = ("patient_id", "visit_date", "kind", "modality")


def cohort_of(data: DataSet) -> Cohort:
    """Return the cohort that a data set without errors describes.

    Raises
    ------
    InvalidDataError
        When the rows contradict each other all the same.
    """
    return Cohort(
        **data.description.values,
        patients=tuple(Patient(**_given(row)) for row in data.kept(data.patients)),
        vertebrae=tuple(_vertebra(_given(row)) for row in data.kept(data.vertebrae)),
        visits=tuple(
            _visit(rows)
            for of_patient in by_patient(data.kept(data.visits)).values()
            for rows in grouped((row.get("visit_date"), row) for row in of_patient).values()
        ),
        adverse_events=tuple(
            AdverseEvent(**{"ctcae_version": "", **_given(row)})
            for row in data.kept(data.adverse_events)
        ),
    )


def _given(row: Row) -> dict[str, Any]:
    """Return the filled cells: an empty one leaves the default of its value."""
    return {name: value for name, value in row.values.items() if value is not None}


def _vertebra(given: dict[str, Any]) -> TreatedVertebra:
    prescription = {name: given.pop(name) for name in _PRESCRIPTION if name in given}
    return TreatedVertebra(**given, prescription=Prescription(**prescription))


def _visit(rows: list[Row]) -> Visit:
    shared = {name: rows[0].get(name) for name in _VISIT}
    assessments = tuple(
        LevelAssessment(**{name: given[name] for name in _ASSESSMENT if name in given})
        for given in map(_given, rows)
        if "level" in given
    )
    return Visit(**shared, assessments=assessments, pain=_pain(rows))


def _pain(rows: Iterable[Row]) -> Pain | None:
    given = {
        name: value
        for row in rows
        for name in ("pain_nrs", "omed_mg")
        if (value := row.get(name)) is not None
    }
    return Pain(given["pain_nrs"], given.get("omed_mg")) if "pain_nrs" in given else None
