"""The declaration of records agrees with the classes, and rows with the records they hold."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from kyphort.clinical import Cohort
from kyphort.clinical.cohort_rows import cohort_of_rows, rows_of
from kyphort.clinical.records import (
    ALWAYS,
    RECORDS,
    FieldKind,
    RecordField,
    RecordType,
    record_type,
    record_type_of,
)
from kyphort.clinical.values import Bounds, hints_of
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.csv_set.template import example_files

TYPES = {
    FieldKind.TEXT: str,
    FieldKind.DATE: dt.date,
    FieldKind.REAL: float,
    FieldKind.INTEGER: int,
    FieldKind.YES_NO: bool,
}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """The example data set, which has rows of every kind of record."""
    folder = tmp_path_factory.mktemp("example")
    for name, text in example_files().items():
        (folder / name).write_bytes(text.encode())
    return read_csv_set(folder)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_every_value_of_a_class_is_declared_once(kind: RecordType) -> None:
    paths = [field.path for field in kind.fields if field.path]
    assert len(set(paths)) == len(paths)
    assert len(kind.by_name) == len(kind.fields)
    declared: set[tuple[str, ...]] = set()
    for name, hint in hints_of(kind.record_class).items():
        if dataclasses.is_dataclass(hint.bare):
            declared |= {(name, inner) for inner in hints_of(hint.bare)}
        elif hint.bare is not tuple:
            declared.add((name,))
    assert set(paths) == declared


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_keys_are_required_fields_and_begin_with_the_parents_key(kind: RecordType) -> None:
    assert kind.key == tuple(name for name in kind.by_name if name in kind.key)
    if kind.parent:
        parent = record_type(kind.parent)
        assert kind.key[: len(parent.key)] == parent.key
        assert RECORDS.index(parent) < RECORDS.index(kind)
    if not kind.within:
        assert all(kind.by_name[name].required == ALWAYS for name in kind.key)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_the_example_has_rows_of_every_kind_and_they_fold_back(
    kind: RecordType, example: Cohort
) -> None:
    rows = list(rows_of(example, kind))
    assert rows
    for row in rows:
        assert set(row) == set(kind.by_name)
        for field in kind.fields:
            assert is_flat(row[field.name], field)
    if not kind.within and kind.name != "visit":
        assert [kind.record(row) for row in rows] == list(example.records(kind))


def is_flat(value: object, field: RecordField) -> bool:
    if value is None:
        return field.optional
    return isinstance(value, field.codes or TYPES[field.kind])


def test_a_cohort_comes_back_from_its_rows_in_any_order(example: Cohort) -> None:
    rows = {kind.name: list(rows_of(example, kind))[::-1] for kind in RECORDS}
    assert described(rows, example) == example


def test_a_cohort_without_optional_rows_has_the_others(example: Cohort) -> None:
    rows = {kind.name: list(rows_of(example, kind)) for kind in RECORDS if not kind.is_optional}
    small = described(rows, example)
    assert small.visits == example.visits
    assert small.deliveries == ()


def described(rows: dict[str, list[dict[str, Any]]], like: Cohort) -> Cohort:
    return cohort_of_rows(
        rows,
        name=like.name,
        data_cut_off=like.data_cut_off,
        synthetic=like.synthetic,
        provenance=like.provenance,
    )


BOUNDED = [
    (kind, field)
    for kind in RECORDS
    for field in kind.fields
    if isinstance(field.rule, Bounds) and field.path
]


@pytest.mark.parametrize(
    ("kind", "field"), BOUNDED, ids=[f"{kind.name}-{field.name}" for kind, field in BOUNDED]
)
def test_a_class_refuses_what_its_declaration_does_not_allow(
    kind: RecordType, field: RecordField, example: Cohort
) -> None:
    rule = field.rule
    assert isinstance(rule, Bounds)
    row = next(
        (row for row in rows_of(example, kind) if row[field.name] is not None),
        next(rows_of(example, kind)),
    )
    kind.record(row)
    beyond = [rule.low - 1, *([rule.high + 1] if rule.high < float("inf") else [])]
    if rule.above:
        beyond.append(rule.low)
    if field.kind is FieldKind.REAL:
        beyond += [float("nan"), float("inf")]
    for value in beyond:
        with pytest.raises(InvalidDataError):
            kind.record(row | {field.name: value})


def test_a_record_is_found_by_name_and_class() -> None:
    for kind in RECORDS:
        assert record_type(kind.name) is kind
        assert record_type_of(kind.record_class) is kind


def test_a_nested_value_is_absent_when_its_first_field_is() -> None:
    visit = record_type("visit")
    row = {
        "patient_id": "A",
        "visit_date": dt.date(2015, 7, 4),
        "kind": "planned",
        "modality": "none",
        "omed_mg": 40.0,
    }
    assert visit.record(row).pain is None
    assert visit.record(row | {"pain_nrs": 3.0}).pain.omed_mg == 40.0
