"""From rows without faults to the cohort."""

from collections.abc import Iterator
from typing import Any

from kyphort.clinical import Cohort
from kyphort.clinical.cohort_rows import cohort_of_rows
from kyphort.clinical.records import RecordType
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.columns import VISITS
from kyphort.exchange.csv_set.dataset import DataSet, at, by_patient, grouped
from kyphort.exchange.csv_set.findings import Finding
from kyphort.exchange.csv_set.table import Row

_SHARED = tuple(one.name for one in VISITS.record.fields)


def cohort_of(data: DataSet) -> Cohort:
    """Return the cohort that a data set without errors describes.

    Raises
    ------
    InvalidDataError
        When the rows contradict each other all the same.
    """
    rows = {
        table.file.record.name: [row.values for row in data.kept(table)]
        for table in data.tables
        if table.file is not VISITS
    }
    reading = VISITS.records[-1].name
    readings = [row.values for row in data.kept(data.visits) if row.get("level") is not None]
    visits = {VISITS.record.name: list(_visits(data)), reading: readings}
    return cohort_of_rows({**rows, **visits}, **data.description.values)


def impossible_rows(data: DataSet) -> Iterator[Finding]:
    """Yield the rows whose values are each allowed, but cannot stand together."""
    for table in data.tables:
        if table.file is VISITS:
            continue
        for row in data.kept(table):
            sentence = _refusal(table.file.record, row)
            if sentence:
                yield at(table, row, rules.ROW, "", sentence, "")
    for visit in _visits(data):
        sentence = _refusal_of(VISITS.record, visit)
        if sentence:
            yield rules.ROW.found(VISITS.name, sentence, "")


def _refusal(kind: RecordType, row: Row) -> str:
    return _refusal_of(kind, row.values)


def _refusal_of(kind: RecordType, values: dict[str, Any]) -> str:
    try:
        kind.record(values)
    except InvalidDataError as error:
        return str(error)
    return ""


def _visits(data: DataSet) -> Iterator[dict[str, Any]]:
    """Yield what the rows of each visit say of it; pain may stand in one of them only."""
    for of_patient in by_patient(data.kept(data.visits)).values():
        for rows in grouped((row.get("visit_date"), row) for row in of_patient).values():
            yield {name: _first_given(rows, name) for name in _SHARED}


def _first_given(rows: list[Row], name: str) -> Any:  # noqa: ANN401 - each column has its own type
    return next((value for row in rows if (value := row.get(name)) is not None), None)
