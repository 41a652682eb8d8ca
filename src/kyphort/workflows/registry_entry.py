"""Entering and correcting single records: words of the user into rows of the registry."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyphort.clinical.records import ALWAYS
from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.csv_set import cells
from kyphort.exchange.csv_set.cells import CellKind, check_characters
from kyphort.exchange.csv_set.columns import CSV_FILES, CsvFile
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.csv_set.findings import Severity
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.table import read_table
from kyphort.registry import Receipt, open_registry
from kyphort.registry.rows import SHAPES, row_of_values
from kyphort.registry.shapes import Key, Row, Shape
from kyphort.registry.tables import IDENTITY

ENTERED = {**SHAPES, "identity": IDENTITY}
"""The records that a user enters and corrects by name."""

_FILES: Mapping[str, CsvFile] = {kind.name: file for file in CSV_FILES for kind in file.records}
_OTHER_KINDS: Mapping[str, CellKind] = {
    "data_cut_off": cells.DATE,
    "birth_date": cells.DATE,
    "synthetic": cells.YES_NO,
}
_TOGETHER = {file.record.name: one.name for file in CSV_FILES for one in file.records[1:]}
"""A record whose row may be entered together with one that belongs to it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a user wrote of one record: the values of its key in order, and fields by name."""

    record: str
    key: tuple[str, ...]
    fields: Mapping[str, str]


def words_of(record: str, words: Iterable[str]) -> Words:
    """Sort the words of a command: those with an equals sign are fields, the others the key.

    Raises
    ------
    InvalidDataError
        When there is no such record or field, or a field is named twice.

    Examples
    --------
    >>> words_of("visit", ["P017", "2015-10-05", "modality=MRI"])
    Words(record='visit', key=('P017', '2015-10-05'), fields={'modality': 'MRI'})
    """
    shape = _shape(record)
    key: list[str] = []
    named: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            key.append(word)
        elif name in named:
            raise InvalidDataError(f"{record}: {name} is given twice. Give it once.")
        else:
            _refuse_unknown(record, name)
            named[name] = value
    names = _key_names(shape)
    if len(key) > len(names):
        raise InvalidDataError(
            f"{record}: '{key[len(names)]}' is one word too many. A {record} is named by "
            f"{' '.join(names) or 'nothing'}; write other fields as FIELD=VALUE."
        )
    return Words(record, tuple(key), named)


def add_record(
    place: str | Path, words: Words, *, who: str | None = None, reason: str = ""
) -> Receipt:
    """Add one record; a visit with a level brings the assessment of that level.

    Raises
    ------
    InvalidDataError
        When a value is not allowed or missing, the record is there already, its owner is not, or
        the records would contradict each other. Nothing is written.
    ConflictError
        When the patient is locked or was erased.
    """
    names = _key_names(_shape(words.record))
    texts = {**dict(zip(names, words.key, strict=False)), **words.fields}
    values = {name: _value(words.record, name, text) for name, text in texts.items()}
    with open_registry(place, who=who) as registry:
        return registry.add_rows(_rows(words.record, values), reason=reason)


def add_file(
    place: str | Path, record: str, file: Path, *, who: str | None = None, reason: str = ""
) -> Receipt:
    """Add the rows of a CSV file with the header of the data set; all of them or none.

    Raises
    ------
    FaultyDataError
        When cells are not allowed; each has its line.
    InvalidDataError
        As `add_record` does.
    """
    _shape(record)
    columns = _FILES.get(record)
    if columns is None:
        raise InvalidDataError(f"A {record} is not read from a file. Give FIELD=VALUE.")
    if not file.is_file():
        raise InvalidDataError(f"There is no file {file}. Give a CSV file with a header.")
    table = read_table(read_text(file), columns, ISO)
    faults = [one for one in table.findings if one.severity is Severity.ERROR]
    if faults:
        raise FaultyDataError(
            f"{file} was not added: nothing was written. Mend it and try again.",
            tuple(one.line for one in faults),
        )
    rows = [one for row in table.rows for one in _rows(record, row.values)]
    with open_registry(place, who=who) as registry:
        return registry.add_rows(_once(rows), reason=reason)


def _once(rows: Iterable[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """Drop repetitions: a visit of two levels has two rows in its file, and is one visit."""
    return list({(record, tuple(row.values())): (record, row) for record, row in rows}.values())


def correct_record(
    place: str | Path,
    words: Words,
    *,
    reason: str,
    version: int | None = None,
    who: str | None = None,
) -> Receipt:
    """Give fields of a record other values; an empty value empties the field.

    Raises
    ------
    InvalidDataError
        When there is no such record, a value is not allowed, or nothing would change.
    ConflictError
        When the record is locked, or was changed since `version`.
    """
    own = _shape(words.record).by_name
    for name in words.fields:
        if name not in own:
            raise InvalidDataError(
                f"{name} is a field of {_TOGETHER[words.record]}, not of {words.record}. Correct "
                f"the {_TOGETHER[words.record]}."
            )
    if not words.fields:
        raise InvalidDataError("There is nothing to correct. Give FIELD=VALUE.")
    values = {name: _value(words.record, name, text) for name, text in words.fields.items()}
    with open_registry(place, who=who) as registry:
        return registry.correct(
            words.record, key_of(words), values, reason=said(reason), version=version
        )


def key_of(words: Words) -> Key:
    """Return the stored key of a record that a user named.

    Raises
    ------
    InvalidDataError
        When part of the key is missing or not allowed.
    """
    shape = _shape(words.record)
    if words.record == "dataset":
        return (1,)
    names = _key_names(shape)
    missing = [one for one in names[len(words.key) :] if one != "reader"]
    if missing:
        raise InvalidDataError(
            f"{words.record}: the key lacks {', '.join(missing)}. A {words.record} is named by "
            f"{' '.join(names)}."
        )
    values = dict.fromkeys(names, "") | {
        name: _value(words.record, name, text) for name, text in zip(names, words.key, strict=False)
    }
    return tuple(shape.encode_some(values).values())


def said(reason: str) -> str:
    """Return a reason; an empty one explains nothing.

    Raises
    ------
    InvalidDataError
        When it is empty.
    """
    if not reason.strip():
        raise InvalidDataError("The reason is empty. Say in a few words why.")
    return reason


def _shape(record: str) -> Shape:
    if record not in ENTERED:
        near = difflib.get_close_matches(record, ENTERED, n=1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise InvalidDataError(
            f"There is no record '{record}'. Allowed: {', '.join(ENTERED)}.{guess}"
        )
    return ENTERED[record]


def _key_names(shape: Shape) -> tuple[str, ...]:
    return () if shape.name == "dataset" else shape.key


def _refuse_unknown(record: str, name: str) -> None:
    known = [one for one in _field_names(record) if one != "id"]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise InvalidDataError(
            f"{record} has no field '{name}'. Allowed: {', '.join(known)}.{guess}"
        )


def _field_names(record: str) -> list[str]:
    names = list(ENTERED[record].by_name)
    if record in _TOGETHER:
        names += [one for one in ENTERED[_TOGETHER[record]].by_name if one not in names]
    return names


def _value(record: str, name: str, text: str) -> Any:  # noqa: ANN401 - each field has its own type
    """Return the value of a text, as a cell of the data set is read; an empty one is None."""
    stripped = text.strip()
    if not stripped:
        return None
    try:
        check_characters(text)
        return _kind(record, name).read(stripped, ISO).value
    except Refused as refused:
        raise InvalidDataError(
            f"{record}, {name} '{stripped}': {refused.message} {refused.remedy}"
        ) from None


def _kind(record: str, name: str) -> CellKind:
    if record in _FILES and name in _FILES[record].by_name:
        return _FILES[record].by_name[name].kind
    return _OTHER_KINDS.get(name, cells.TEXT)


def _rows(record: str, values: Mapping[str, Any]) -> list[tuple[str, Row]]:
    """Return the row of a record, and of the one that was entered together with it."""
    rows = [(record, _row(record, values))]
    other = _TOGETHER.get(record)
    if other is not None:
        only_other = ENTERED[other].by_name.keys() - ENTERED[record].by_name.keys()
        if any(values.get(name) is not None for name in only_other):
            rows.append((other, _row(other, values)))
    return rows


def _row(record: str, values: Mapping[str, Any]) -> Row:
    for name in _required(record):
        if values.get(name) is None:
            allowed = _kind(record, name).allowed
            raise InvalidDataError(f"{record}: {name} is missing. Allowed: {allowed}.")
    if record in _FILES:
        return row_of_values(record, values)
    return ENTERED[record].encode({**values, "id": 1})


def _required(record: str) -> list[str]:
    shape = ENTERED[record]
    if record not in _FILES:
        return [one.name for one in shape.fields if not one.optional and one.name != "id"]
    columns = _FILES[record].by_name
    key = [one for one in shape.key if one != "reader"]
    return [
        *key,
        *(one for one in shape.by_name if columns[one].required == ALWAYS and one not in key),
    ]


def words_or_none(record: str | None, words: Sequence[str], patient_id: str) -> tuple[str, Key]:
    """Return record and key of what a user named; without a record it is the patient."""
    if record is None:
        return "patient", (patient_id,)
    return record, key_of(words_of(record, [patient_id, *words]))
