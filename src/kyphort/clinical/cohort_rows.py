"""A cohort as flat rows by kind of record, and back: what files and tables hold."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kyphort.clinical.cohort import Cohort
from kyphort.clinical.records import RECORDS, RecordType, Row, record_type

_NESTED = {one.parent: one for one in RECORDS if one.within}


def rows_of(cohort: Cohort, kind: RecordType) -> Iterator[Row]:
    """Yield the records of one kind as flat rows, in canonical order.

    Nested records carry their parent's key.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> next(rows_of(cohort, record_type("vertebra")))["dose_gy"]
    8.0
    """
    if not kind.within:
        yield from map(kind.row, cohort.records(kind))
        return
    parent = record_type(kind.parent)
    for holder in cohort.records(parent):
        yield from nested_rows(kind, holder)


def nested_rows(kind: RecordType, holder: Any) -> Iterator[Row]:  # noqa: ANN401 - any record
    """Yield the records of one kind that live in `holder`, with its key."""
    parent = record_type(kind.parent)
    key = dict(zip(parent.key, parent.key_of(holder), strict=True))
    for record in getattr(holder, kind.within):
        yield key | kind.row(record)


def cohort_of_rows(
    rows: Mapping[str, Iterable[Row]],
    *,
    name: str,
    data_cut_off: dt.date,
    synthetic: bool,
    provenance: str,
) -> Cohort:
    """Return the cohort of flat rows, by the name of their kind; the inverse of `rows_of`.

    Kinds that are not given have no record; rows may stand in any order.

    Raises
    ------
    InvalidDataError
        When a record refuses its values, or rows contradict each other.
    """
    records = {
        kind.plural: tuple(_records(kind, rows))
        for kind in RECORDS
        if not kind.within and kind.name in rows
    }
    return Cohort(name, data_cut_off, synthetic, provenance, **records)


def _records(kind: RecordType, rows: Mapping[str, Iterable[Row]]) -> Iterator[Any]:
    nested = _NESTED.get(kind.name)
    if nested is None:
        yield from map(kind.record, rows[kind.name])
        return
    inside: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows.get(nested.name, ()):
        key = tuple(row[name] for name in kind.key)
        inside.setdefault(key, []).append(nested.record(row))
    for row in rows[kind.name]:
        found = inside.get(tuple(row[name] for name in kind.key), ())
        yield kind.record(row, **{nested.within: tuple(found)})
