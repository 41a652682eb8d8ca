"""Writing a cohort as a data set: the exact inverse of the reader."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from kyphort.clinical import Cohort, Patient, Relatedness, Visit
from kyphort.clinical.cohort_rows import nested_rows, rows_of
from kyphort.clinical.records import ALWAYS, Row
from kyphort.errors import InvalidDataError, OutputError
from kyphort.exchange.csv_set.cells import YES_NO_UNKNOWN, check_characters
from kyphort.exchange.csv_set.columns import (
    CSV_FILES,
    DESCRIPTION_FILE,
    PATIENTS,
    VISITS,
    Column,
    CsvFile,
)
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.refusal import Refused

_EXACT_INTEGERS = 1e15


def write_csv_set(cohort: Cohort, folder: Path) -> None:
    """Write `cohort` as `dataset.toml` and CSV files into `folder`, new or empty.

    Files that a data set may do without are written when the cohort has records for them.
    `read_csv_set` of the folder gives the same cohort again. Dates are written as YYYY-MM-DD, the
    files as UTF-8.

    Raises
    ------
    InvalidDataError
        When a value would not come back as it is, such as a text with blanks around it, or the
        cohort has no patient, no name or no provenance. Nothing is written.
    OutputError
        When `folder` holds files already, or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> with tempfile.TemporaryDirectory() as home:
    ...     write_csv_set(cohort, Path(home) / "export")
    ...     read_csv_set(Path(home) / "export") == cohort
    True
    """
    _check_is_filled(cohort)
    texts = {DESCRIPTION_FILE: _description(cohort)}
    for file in CSV_FILES:
        if not file.is_optional or cohort.records(file.record):
            texts[file.name] = csv_text(file, _rows_of(cohort, file))
    contents = {name: _bytes(name, text) for name, text in texts.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = sorted(one.name for one in folder.iterdir())
        if present:
            raise OutputError(
                f"{folder} is not empty (for example '{present[0]}'). Choose an empty or a new "
                "folder."
            )
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}). Choose a folder you may write to."
        ) from error


def csv_text(file: CsvFile, rows: Iterable[Row]) -> str:
    """Return the text of one CSV file: the header and the rows."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(file.by_name), lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({one.name: _cell(one, file.name, row[one.name]) for one in file.columns})
    return text.getvalue()


def _check_is_filled(cohort: Cohort) -> None:
    if not (cohort.patients and cohort.name.strip() and cohort.provenance.strip()):
        raise InvalidDataError(
            "A cohort without a patient, a name or a provenance is no data set. Complete it."
        )


def _rows_of(cohort: Cohort, file: CsvFile) -> Iterator[Row]:
    if file is PATIENTS:
        yield from map(_patient, cohort.patients)
    elif file is VISITS:
        for visit in cohort.visits:
            yield from _visit(visit)
    else:
        yield from rows_of(cohort, file.record)


def _patient(patient: Patient) -> Row:
    row = PATIENTS.record.row(patient)
    if not patient.died and patient.death_relatedness is Relatedness.UNKNOWN:
        row["death_relatedness"] = None
    return row


def _visit(visit: Visit) -> Iterator[Row]:
    shared = VISITS.record.row(visit)
    if not visit.assessments:
        yield dict.fromkeys(VISITS.by_name) | shared
    for reading in nested_rows(VISITS.records[-1], visit):
        yield shared | reading


def _cell(column: Column, file: str, value: object) -> str:
    text = _text(column, value)
    if not _comes_back(column, text, value):
        raise InvalidDataError(
            f"{file}, {column.name} {text!r} would not come back from a data set as it is. "
            f"Allowed: {column.kind.allowed}, without blanks around it. Correct the value."
        )
    return text


def _text(column: Column, value: object) -> str:
    if value is None:
        is_said = column.kind is YES_NO_UNKNOWN and not column.may_be_absent
        return "unknown" if is_said else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return str(int(value))
    return str(value)


def _comes_back(column: Column, text: str, value: object) -> bool:
    if not text:
        return column.required != ALWAYS
    try:
        check_characters(text)
        return text == text.strip() and column.kind.read(text, ISO).value == value
    except Refused:
        return False


def _description(cohort: Cohort) -> str:
    return (
        f"name = {_toml(cohort.name)}\n"
        f"data_cut_off = {cohort.data_cut_off.isoformat()}\n"
        f"synthetic = {'true' if cohort.synthetic else 'false'}\n"
        f"provenance = {_toml(cohort.provenance)}\n"
    )


def _toml(text: str) -> str:
    """Return a TOML basic string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _bytes(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidDataError(
            f"{name} would hold {text[error.start]!r}, half of a character. Correct the text."
        ) from error
