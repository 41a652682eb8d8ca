"""The check of a whole data set: every problem in one pass, and the cohort when there is none."""

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.check_dates import check_dates
from kyphort.exchange.csv_set.check_identity import check_identity
from kyphort.exchange.csv_set.check_optional import check_optional_rows
from kyphort.exchange.csv_set.check_plausibility import check_emptiness, check_plausibility
from kyphort.exchange.csv_set.cohort_of import cohort_of, impossible_rows
from kyphort.exchange.csv_set.columns import (
    CSV_FILES,
    FILE_NAMES,
    REQUIRED_FILE_NAMES,
    CsvFile,
)
from kyphort.exchange.csv_set.dataset import DataSet
from kyphort.exchange.csv_set.decoding import is_left_out, read_text
from kyphort.exchange.csv_set.description import Description, read_description
from kyphort.exchange.csv_set.findings import Checked, Finding, Severity
from kyphort.exchange.csv_set.table import Table, read_table


def check_csv_set(folder: Path, *, today: dt.date | None = None) -> Checked:
    """Check the data set in `folder` and return all findings, and the cohort if none is an error.

    `today` is the day against which future dates are seen, by default the day of the call.
    Findings come in the order of files and rows. Nothing is written.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> checked = check_csv_set(dataset_folder("bludau2020"))
    >>> checked.findings, len(checked.cohort.vertebrae)
    ((), 143)
    """
    if not _is_folder(folder):
        return Checked(folder, None, (_no_folder(folder),))
    data = _read(folder, today or dt.datetime.now().astimezone().date())
    findings = _in_order(_findings(data))
    if _are_faulty(findings):
        return Checked(folder, None, findings)
    try:
        return Checked(folder, cohort_of(data), findings)
    except InvalidDataError as error:
        located = tuple(impossible_rows(data))
        if located:
            return Checked(folder, None, _in_order((*findings, *located)))
        contradiction = rules.COHORT.found(folder.name, str(error), "")
        return Checked(folder, None, (*findings, contradiction))


def _are_faulty(findings: Iterable[Finding]) -> bool:
    return any(one.severity is Severity.ERROR for one in findings)


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
    except OSError:  # a name that is too long, for example
        return False


def _no_folder(folder: Path) -> Finding:
    state = "cannot be read"
    with suppress(OSError):
        state = "is a file" if folder.is_file() else state if folder.exists() else "does not exist"
    return rules.FOLDER.found(
        str(folder),
        f"{state}. A data set is a folder with {', '.join(REQUIRED_FILE_NAMES)}.",
        "Give the folder; kyphort template DIR makes an empty one.",
    )


def _read(folder: Path, today: dt.date) -> DataSet:
    description = read_description(folder)
    tables = tuple(_table(folder, file, description) for file in CSV_FILES)
    return DataSet(description, tables, today)


def _table(folder: Path, file: CsvFile, description: Description) -> Table:
    if file.is_optional and is_left_out(folder / file.name):
        return Table(file)
    return read_table(read_text(folder / file.name), file, description.date_format)


def _findings(data: DataSet) -> Iterator[Finding]:
    yield from data.description.findings
    for table in data.tables:
        yield from table.findings
    yield from check_emptiness(data)
    yield from check_identity(data)
    yield from check_dates(data)
    yield from check_plausibility(data)
    yield from check_optional_rows(data)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    position = {name: index for index, name in enumerate(FILE_NAMES)}
    return tuple(sorted(findings, key=lambda one: (position[one.file], one.row or 0)))
