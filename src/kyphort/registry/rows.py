"""Translation between the records of `kyphort.clinical` and stored rows, by their declaration."""

from collections.abc import Iterator, Mapping
from typing import Any

from kyphort.clinical import Cohort, cohort_rows
from kyphort.clinical.cohort_rows import cohort_of_rows, nested_rows
from kyphort.clinical.records import RECORDS, FieldKind, RecordType, record_type, record_type_of
from kyphort.registry.shapes import Row, Shape, StoredField

DATASET = Shape(
    "dataset",
    (
        StoredField("id", FieldKind.INTEGER),
        StoredField("name", FieldKind.TEXT),
        StoredField("data_cut_off", FieldKind.DATE),
        StoredField("synthetic", FieldKind.YES_NO),
        StoredField("provenance", FieldKind.TEXT),
    ),
    ("id",),
)
"""What a data set says of itself; there is one row."""
_DESCRIPTION = ("name", "data_cut_off", "synthetic", "provenance")


def _shape(kind: RecordType) -> Shape:
    parents = [kind.parent] if kind.parent else []
    if kind.within and "level" in kind.key:
        parents.append("vertebra")
    fields = (StoredField(one.name, one.kind, one.optional, one.codes) for one in kind.fields)
    return Shape(kind.name, tuple(fields), kind.key, tuple(parents))


SHAPES = {"dataset": DATASET, **{one.name: _shape(one) for one in RECORDS}}
"""Every table of records, an owner before what it owns."""

Rows = Mapping[str, list[Row]]
"""Stored rows by the name of their shape."""


def rows_of(cohort: Cohort) -> dict[str, list[Row]]:
    """Return the stored rows of a cohort, by the name of their shape."""
    described = {name: getattr(cohort, name) for name in _DESCRIPTION}
    return {
        "dataset": [DATASET.encode({"id": 1, **described})],
        **{
            kind.name: list(map(SHAPES[kind.name].encode, cohort_rows.rows_of(cohort, kind)))
            for kind in RECORDS
        },
    }


def rows_of_record(record: object) -> Iterator[tuple[str, Row]]:
    """Yield the stored rows of one record, each with its shape's name; nested records follow.

    Examples
    --------
    >>> from kyphort.clinical import Prescription, SpinalLevel, TreatedVertebra
    >>> import datetime as dt
    >>> vertebra = TreatedVertebra("A", SpinalLevel.T12, dt.date(2015, 7, 4), Prescription(8, 13))
    >>> [(name, row["level"], row["distance_mm"]) for name, row in rows_of_record(vertebra)]
    [('vertebra', 'T12', 13.0)]
    """
    kind = record_type_of(type(record))
    yield kind.name, SHAPES[kind.name].encode(kind.row(record))
    for inside in RECORDS:
        if inside.within and inside.parent == kind.name:
            for row in nested_rows(inside, record):
                yield inside.name, SHAPES[inside.name].encode(row)


def row_of_values(name: str, values: Mapping[str, Any]) -> Row:
    """Return the stored row of a record of some values; those left out take their defaults.

    Raises
    ------
    InvalidDataError
        When the record refuses its values.
    """
    if name not in SHAPES or name == "dataset":
        raise KeyError(name)
    kind = record_type(name)
    return SHAPES[name].encode({**values, **kind.row(kind.record(values))})


def cohort_of(rows: Rows) -> Cohort:
    """Return the cohort that stored rows describe; there is one row of the data set.

    Raises
    ------
    InvalidDataError
        When a row holds what it may not, or rows contradict each other.
    """
    (described,) = (DATASET.decode(row) for row in rows["dataset"])
    decoded = {kind.name: map(SHAPES[kind.name].decode, rows[kind.name]) for kind in RECORDS}
    return cohort_of_rows(decoded, **{name: described[name] for name in _DESCRIPTION})


def check_values(rows: Rows) -> None:
    """Check each row by itself: its values, not how it fits with others.

    Raises
    ------
    InvalidDataError
        When a row holds what it may not.
    """
    for kind in RECORDS:
        for row in rows.get(kind.name, ()):
            kind.record(SHAPES[kind.name].decode(row))
