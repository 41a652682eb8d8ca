"""The first row of a file: which separator, which columns, which of them are not ours."""

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.columns import CsvFile
from kyphort.exchange.csv_set.findings import Finding, shown
from kyphort.exchange.csv_set.spellings import fold

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_DECLARED = "sep="


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns as they are understood, "" for those that are not read."""

    names: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether the rows below can be read."""
        return any(self.names)


def without_separator_line(content: str) -> str:
    """Drop the line `sep=;` by which a spreadsheet program declares its separator."""
    first, _, rest = content.partition("\n")
    return rest if first.casefold().startswith(_DECLARED) and len(first.strip()) <= 5 else content


def separator_of(content: str, file: CsvFile) -> str:
    """Return the separator that finds most of the file's columns in the first row.

    >>> from kyphort.exchange.csv_set.columns import PATIENTS
    >>> separator_of("patient_id;sex;age_years", PATIENTS)
    ';'
    """
    first = next(iter(content.splitlines()), "")
    return max(
        _SEPARATORS,
        key=lambda one: sum(fold(cell.strip('"')) in file.by_name for cell in first.split(one)),
    )


def read_header(cells: list[str], file: CsvFile, separator: str) -> Header:
    """Match the cells of the first row with the columns of `file`."""
    names = tuple(_understood(cell, file) for cell in cells)
    if not any(names):
        return Header((), (_no_header(cells, file),))
    return Header(_first_of_each(names), tuple(_findings(cells, names, file, separator)))


def _understood(cell: str, file: CsvFile) -> str:
    name = fold(cell)
    return name if name in file.by_name else ""


def _first_of_each(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if name in names[:index] else name for index, name in enumerate(names))


def _no_header(cells: list[str], file: CsvFile) -> Finding:
    return rules.HEADER.found(
        file.name,
        f"the first row ('{shown(', '.join(cells))}') names no column of this file.",
        f"Begin the file with: {', '.join(file.by_name)}.",
        row=1,
    )


def _findings(
    cells: list[str], names: tuple[str, ...], file: CsvFile, separator: str
) -> Iterator[Finding]:
    if separator != ",":
        yield rules.SEPARATOR.found(file.name, f"separated by {_SEPARATORS[separator]}.", "")
    missing = [
        name
        for name, column in file.by_name.items()
        if name not in names and not column.may_be_absent
    ]
    unknown = [cell.strip() for cell, name in zip(cells, names, strict=True) if not name]
    for name in missing:
        yield _missing(file, name, unknown)
    for index, (cell, name) in enumerate(zip(cells, names, strict=True)):
        if not name:
            yield from _unknown(file, cell.strip(), names)
        elif name in names[:index]:
            yield rules.COLUMN_REPEATED.found(
                file.name, "the column appears twice.", "Remove one.", row=1, column=name
            )
        elif cell != name:
            yield rules.COLUMN_SPELLING.found(
                file.name, f"read as '{name}'.", "", row=1, column="header", value=cell
            )


def _missing(file: CsvFile, name: str, unknown: list[str]) -> Finding:
    near = difflib.get_close_matches(name, unknown, n=1, cutoff=0.7)
    remedy = f"Rename '{shown(near[0])}' to '{name}'." if near else "Add the column."
    return rules.COLUMN_MISSING.found(
        file.name, "the column is missing.", remedy, row=1, column=name
    )


def _unknown(file: CsvFile, cell: str, names: tuple[str, ...]) -> Iterator[Finding]:
    free = [name for name in file.by_name if name not in names]
    near = difflib.get_close_matches(fold(cell), free, n=1, cutoff=0.7)
    if near and not file.by_name[near[0]].may_be_absent:
        return  # the missing column names it already
    guess = f"Did you mean '{near[0]}'?" if near else "Remove it, or leave it: it is not read."
    yield rules.COLUMN_UNKNOWN.found(
        file.name,
        "not a column of this file; it is not read.",
        guess,
        row=1,
        column="header",
        value=cell or "(empty)",
    )


def first_row(content: str, separator: str) -> list[str]:
    """Return the cells of the first row."""
    return next(csv.reader(io.StringIO(content, newline=""), delimiter=separator), [])
