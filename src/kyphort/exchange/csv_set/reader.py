"""Reading the data set into a cohort."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    LevelAssessment,
    Patient,
    Prescription,
    Relatedness,
    TreatedVertebra,
    Visit,
)
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import columns
from kyphort.exchange.csv_set.cells import DATE, CellKind

Row = dict[str, Any]

_PRESCRIPTION = tuple(field.name for field in fields(Prescription))
_ASSESSMENT = tuple(field.name for field in fields(LevelAssessment))
_VISIT = ("patient_id", "visit_date", "kind", "modality")
_DESCRIPTION: Mapping[str, type] = {"name": str, "synthetic": bool, "provenance": str}


def read_csv_set(folder: Path) -> Cohort:
    """Read `dataset.toml` and the four CSV files of `folder` into a cohort.

    Raises
    ------
    InvalidDataError
        When a file or column is missing, a cell is not of its kind, or rows contradict each other.
        The message names file, row and column; the header is row 1.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> len(cohort.patients), len(cohort.vertebrae)
    (104, 143)
    """
    description = _read_description(folder / "dataset.toml")
    return Cohort(
        **description,
        patients=tuple(map(_patient, _read(folder / "patients.csv", columns.PATIENTS))),
        vertebrae=tuple(map(_vertebra, _read(folder / "vertebrae.csv", columns.VERTEBRAE))),
        visits=_visits(_read(folder / "visits.csv", columns.VISITS)),
        adverse_events=tuple(
            AdverseEvent(**row)
            for row in _read(folder / "adverse_events.csv", columns.ADVERSE_EVENTS)
        ),
    )


def _read_description(path: Path) -> Row:
    try:
        content = tomllib.loads(_text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDataError(f"{path} is not valid TOML: {error}. Correct the file.") from error
    for name, kind in _DESCRIPTION.items():
        if not isinstance(content.get(name), kind):
            raise InvalidDataError(
                f"{path}: '{name}' is {content.get(name, 'missing')!r}. Allowed: "
                f"{'true or false' if kind is bool else 'a text'}. Add or correct it."
            )
    try:
        content["data_cut_off"] = DATE.read(str(content.get("data_cut_off")))
    except ValueError as error:
        raise InvalidDataError(
            f"{path}: 'data_cut_off' is {content.get('data_cut_off', 'missing')!r}. Allowed: "
            "a date as YYYY-MM-DD. Add or correct it."
        ) from error
    return {name: content[name] for name in (*_DESCRIPTION, "data_cut_off")}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidDataError(
            f"{path} is missing. A kyphort data set holds dataset.toml, patients.csv, "
            "vertebrae.csv, visits.csv and adverse_events.csv. Add the file."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidDataError(
            f"{path} is not UTF-8 text (byte {error.start}). Save the file as UTF-8."
        ) from error


def _read(path: Path, expected: columns.Columns) -> list[Row]:
    reader = csv.DictReader(_text_of(path).splitlines())
    header = reader.fieldnames or ()
    missing = [name for name in expected if name not in header]
    if missing:
        raise InvalidDataError(
            f"{path.name}: column '{missing[0]}' is missing. Expected: {', '.join(expected)}. "
            "Add the column."
        )
    return [
        {name: _cell(path, number, name, row[name], kind) for name, kind in expected.items()}
        for number, row in enumerate(reader, start=2)
    ]


def _cell(path: Path, number: int, name: str, text: str | None, kind: CellKind) -> object:
    stripped = (text or "").strip()
    try:
        return kind.read(stripped)
    except (ValueError, KeyError) as error:
        raise InvalidDataError(
            f"{path.name} row {number}, column '{name}': '{stripped}' is not allowed. Allowed: "
            f"{kind.allowed}. Correct the cell."
        ) from error


def _patient(row: Row) -> Patient:
    relatedness = row.pop("death_relatedness") or Relatedness.UNKNOWN
    return Patient(**row, death_relatedness=relatedness)


def _vertebra(row: Row) -> TreatedVertebra:
    prescription = Prescription(**{name: row.pop(name) for name in _PRESCRIPTION})
    return TreatedVertebra(**row, prescription=prescription)


def _visits(rows: list[Row]) -> tuple[Visit, ...]:
    ordered = sorted(rows, key=_visit_key)
    return tuple(_visit(list(found)) for _, found in groupby(ordered, key=_visit_key))


def _visit(rows: list[Row]) -> Visit:
    shared = {name: rows[0][name] for name in _VISIT}
    return Visit(**shared, assessments=tuple(map(_assessment, rows)))


def _visit_key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _VISIT)


def _assessment(row: Row) -> LevelAssessment:
    return LevelAssessment(**{name: row[name] for name in _ASSESSMENT})
