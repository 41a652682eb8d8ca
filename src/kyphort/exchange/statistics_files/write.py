"""Writing a cohort for statistics programs: labels, value labels, missing values and dates intact.

Every file is read back after it was written, and what it did not hold is listed cell by cell.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set.columns import CSV_FILES, CsvFile
from kyphort.exchange.csv_set.rows import Texts, rows_of_cohort
from kyphort.exchange.mapping.declared import ColumnKind, Declared, declared
from kyphort.exchange.mapping.map_file import ColumnMap, RowsMap
from kyphort.exchange.mapping.map_file import Mapping as SourceMap
from kyphort.exchange.mapping.map_text import mapping_text
from kyphort.exchange.mapping.source_dates import SourceDates
from kyphort.exchange.statistics_files.names import short_names
from kyphort.exchange.statistics_files.read import read_statistics_files

MAP_FILE = "map.toml"
_UNKNOWN = 9


class Program(StrEnum):
    """The program that a file is written for; its value is the end of the file's name."""

    SPSS = "sav"
    STATA = "dta"
    SAS = "xpt"


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a format can hold: bytes of names, labels and texts."""

    name: int
    label: int
    value_label: int
    text: int


_LIMITS = {
    Program.SPSS: _Limits(64, 255, 120, 32_767),
    Program.STATA: _Limits(32, 80, 32_000, 2_045),
    Program.SAS: _Limits(8, 40, 0, 200),
}


_DAYS = {
    Program.SPSS: (dt.date(1582, 10, 14), 86_400),
    Program.STATA: (dt.date(1960, 1, 1), 1),
    Program.SAS: (dt.date(1960, 1, 1), 1),
}
"""The day from which each program counts, and how many of its units a day has."""


@dataclass(frozen=True, slots=True)
class NotHeld:
    """Something that the format could not hold: where, what it was, what is in the file now."""

    file: str
    row: int | None
    column: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, and what they could not hold."""

    names: tuple[str, ...]
    not_held: tuple[NotHeld, ...]


def write_statistics_files(cohort: Cohort, folder: Path, program: Program) -> Written:
    """Write one file for each file of the data set into `folder`, and a map that reads them back.

    Codes are numbers with value labels, dates are dates, "unknown" is user-missing where the
    program has such values. A text that is too long for SAS is refused rather than cut.

    Raises
    ------
    InvalidDataError
        When a text is longer than the format holds, or a value would not come back from a data set.
    """
    rows = rows_of_cohort(cohort)
    tables = [_Table(file, rows[file.name], program) for file in CSV_FILES if rows[file.name]]
    for table in tables:
        table.check_lengths()
    for table in tables:
        table.write(folder, cohort.name)
    (folder / MAP_FILE).write_text(mapping_text(_map(cohort, tables)), encoding="utf-8")
    names = tuple(table.name for table in tables)
    lost = [one for table in tables for one in table.not_held(folder)]
    return Written((*names, MAP_FILE), (*_not_held_of(cohort, program), *lost))


class _Table:
    """One file of the data set on its way into a statistics program."""

    def __init__(self, file: CsvFile, rows: tuple[Texts, ...], program: Program) -> None:
        self.file = file
        self.rows = rows
        self.program = program
        self.limits = _LIMITS[program]
        self.columns = declared(file)
        self.names = short_names([one.name for one in self.columns], self.limits.name)

    @property
    def form(self) -> str:
        return self.file.name.removesuffix(".csv")

    @property
    def name(self) -> str:
        return f"{self.form}.{self.program}"

    def check_lengths(self) -> None:
        """Refuse what the format would cut without a word."""
        for number, row in enumerate(self.rows, start=1):
            for one in self.columns:
                size = len(row[one.name].encode())
                if one.kind is ColumnKind.TEXT and size > self.limits.text:
                    raise InvalidDataError(
                        f"{self.file.name} row {number + 1}, {one.name}: {size} bytes. Allowed in "
                        f".{self.program}: {self.limits.text}. Shorten the text, or write for "
                        "another program."
                    )

    def write(self, folder: Path, title: str) -> None:
        """Write the file."""
        import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy; has no types
        import pyreadstat  # noqa: PLC0415

        columns = {
            self.names[one.name]: pd.Series(
                [_value(one, row[one.name], self.program) for row in self.rows],
                dtype="object" if _is_text(one) else "float64",
            )
            for one in self.columns
        }
        frame = pd.DataFrame(columns)
        path, labels = str(folder / self.name), self._labels()
        if self.program is Program.SPSS:
            pyreadstat.write_sav(
                frame,
                path,
                file_label=_cut(title, 64),
                column_labels=labels,
                variable_value_labels=self._value_labels(),
                missing_ranges=self._missing(),
                variable_format=self._formats(),
                variable_measure=self._measures(),
            )
        elif self.program is Program.STATA:
            pyreadstat.write_dta(
                frame,
                path,
                file_label=_cut(title, 80),
                column_labels=labels,
                variable_value_labels={
                    name: {int(code): label for code, label in found.items()}
                    for name, found in self._value_labels().items()
                },
                variable_format={
                    name: "%td" for name, one in self._by_name() if one.kind is ColumnKind.DATE
                },
            )
        else:
            pyreadstat.write_xport(
                frame,
                path,
                file_label=_cut(title, 40),
                column_labels=labels,
                table_name=self.form[:8].upper(),
                file_format_version=5,
                variable_format={
                    name: "DATE9" for name, one in self._by_name() if one.kind is ColumnKind.DATE
                },
            )

    def _by_name(self) -> Iterator[tuple[str, Declared]]:
        return ((self.names[one.name], one) for one in self.columns)

    def _labels(self) -> dict[str, str | None]:
        return {name: _cut(one.label, self.limits.label) for name, one in self._by_name()}

    def _value_labels(self) -> dict[str, dict[float, str]]:
        return {
            name: {float(code): label for code, label in _codes(one).items()}
            for name, one in self._by_name()
            if _codes(one)
        }

    def _missing(self) -> dict[str, list[Any]]:
        return {
            name: [float(_UNKNOWN)]
            for name, one in self._by_name()
            if one.kind is ColumnKind.YES_NO_UNKNOWN
        }

    def _formats(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, one in self._by_name():
            if one.kind is ColumnKind.DATE:
                found[name] = "DATE11"
            elif one.kind is ColumnKind.INTEGER or _codes(one):
                found[name] = "F8.0"
            elif one.kind is ColumnKind.REAL:
                found[name] = "F12.4"
        return found

    def _measures(self) -> dict[str, str]:
        scale = (ColumnKind.INTEGER, ColumnKind.REAL, ColumnKind.DATE)
        return {name: "scale" if one.kind in scale else "nominal" for name, one in self._by_name()}

    def rows_map(self) -> RowsMap:
        """Return the block of the map that reads the file back."""
        return RowsMap(
            self.file.name,
            tuple(
                ColumnMap(
                    one.name,
                    self.names[one.name],
                    codes={str(code): label for code, label in _codes(one).items()},
                )
                for one in self.columns
            ),
            self.form,
        )

    def not_held(self, folder: Path) -> Iterator[NotHeld]:
        """Read the file back and yield every difference, and what the format has no place for."""
        source = read_statistics_files([folder / self.name], trusted=True)
        for number, (row, back) in enumerate(zip(self.rows, source.rows, strict=True), start=1):
            for one in self.columns:
                before = _text(one, row[one.name])
                after = back.texts[self.names[one.name]]
                if after != before:
                    yield NotHeld(self.name, number, one.name, "value", before, after)
        yield from self._not_held_of_columns()

    def _not_held_of_columns(self) -> Iterator[NotHeld]:
        for name, one in self._by_name():
            if name != one.name:
                yield NotHeld(self.name, None, one.name, "name", one.name, name)
            label = _cut(one.label, self.limits.label)
            if label != one.label:
                yield NotHeld(self.name, None, one.name, "label", one.label, label)
            if _codes(one) and not self.limits.value_label:
                labels = ", ".join(f"{code} {label}" for code, label in _codes(one).items())
                yield NotHeld(self.name, None, one.name, "value labels", labels, "")
            if one.kind is ColumnKind.YES_NO_UNKNOWN and self.program is not Program.SPSS:
                yield NotHeld(self.name, None, one.name, "missing value", "9 unknown", "9")


def _map(cohort: Cohort, tables: list[_Table]) -> SourceMap:
    dataset = {
        "name": cohort.name,
        "data_cut_off": cohort.data_cut_off,
        "synthetic": cohort.synthetic,
        "provenance": cohort.provenance,
    }
    rows = tuple(table.rows_map() for table in tables)
    return SourceMap("statistics_file", dataset, rows, SourceDates())


def _not_held_of(cohort: Cohort, program: Program) -> Iterator[NotHeld]:
    """Yield what the data set says of itself: the map keeps it, for the files have no place."""
    yield NotHeld(
        f"*.{program}", None, "", "description", f"{cohort.name}; {cohort.provenance}", MAP_FILE
    )


def _codes(one: Declared) -> Mapping[int, str]:
    if one.kind is ColumnKind.YES_NO:
        return {1: "yes", 0: "no"}
    if one.kind is ColumnKind.YES_NO_UNKNOWN:
        return {1: "yes", 0: "no", _UNKNOWN: "unknown"}
    if one.kind is ColumnKind.CODE:
        return dict(enumerate(one.codes, start=1))
    return {}


def _is_text(one: Declared) -> bool:
    return one.kind in {ColumnKind.TEXT, ColumnKind.LEVEL}


def _text(one: Declared, text: str) -> str:
    """Return a cell as it comes back from a file."""
    code = next((code for code, label in _codes(one).items() if label == text), None)
    if code is not None:
        return str(code)
    if one.kind is ColumnKind.REAL and text:
        number = float(text)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return text


def _value(one: Declared, text: str, program: Program) -> str | float:
    if _is_text(one):
        return text
    if not text:
        return math.nan
    if one.kind is ColumnKind.DATE:
        origin, units_per_day = _DAYS[program]
        return float((dt.date.fromisoformat(text) - origin).days * units_per_day)
    return float(_text(one, text))


def _cut(text: str, size: int) -> str:
    """Return a text of at most `size` bytes, without half a character at its end.

    >>> _cut("Wirbelkörper", 8)
    'Wirbelk'
    """
    return text.encode()[:size].decode(errors="ignore")
