"""Deriving an endpoint: one row for each unit, with the reason for its time."""

import datetime as dt
from collections.abc import Iterator

from kyphort.clinical import Cohort
from kyphort.endpoints.declaration import Endpoint, Source, Subject
from kyphort.endpoints.table import EndpointRow, EndpointTable
from kyphort.protocol import Unit


def derive(cohort: Cohort, endpoint: Endpoint) -> EndpointTable:
    """Apply `endpoint` to every patient or vertebra of `cohort`.

    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> from kyphort.endpoints import overall_survival
    >>> table = derive(read_csv_set(dataset_folder("bludau2020")), overall_survival())
    >>> len(table.rows), sum(row.code == 1 for row in table.rows)
    (104, 66)
    """
    rows = tuple(_row(endpoint, subject) for subject in _subjects(cohort, endpoint.unit))
    return EndpointTable(endpoint, rows)


def _subjects(cohort: Cohort, unit: Unit) -> Iterator[Subject]:
    for patient in cohort.patients:
        vertebrae = cohort.vertebrae_of(patient)
        if unit is Unit.PATIENT:
            yield Subject(cohort, patient, vertebrae)
        else:
            yield from (Subject(cohort, patient, (vertebra,)) for vertebra in vertebrae)


def _row(endpoint: Endpoint, subject: Subject) -> EndpointRow:
    code, source, date = _first_event(endpoint, subject) or _censoring(endpoint, subject)
    per_patient = endpoint.unit is Unit.PATIENT
    row_id = subject.patient.patient_id if per_patient else subject.vertebrae[0].vertebra_id
    return EndpointRow(row_id, subject, date, code, source.reason, source.record)


def _first_event(endpoint: Endpoint, subject: Subject) -> tuple[int, Source, dt.date] | None:
    dated = [
        (code, source, date)
        for code, source in endpoint.events
        if (date := source.find(subject)) is not None
    ]
    return min(dated, key=lambda found: found[2], default=None)


def _censoring(endpoint: Endpoint, subject: Subject) -> tuple[int, Source, dt.date]:
    for source in endpoint.censoring:
        date = source.find(subject)
        if date is not None:
            return 0, source, date
    raise AssertionError(
        f"{endpoint.identifier}: its last censoring source must always have a date"
    )
