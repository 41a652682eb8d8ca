"""The declaration of the data set as other formats need it: kinds, codes and limits of columns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical import SpinalLevel
from kyphort.exchange.csv_set import cells
from kyphort.exchange.csv_set.columns import ALWAYS, CSV_FILES, Column, CsvFile

_CODE = re.compile("`([^`]+)`")


class ColumnKind(StrEnum):
    """What a column holds, as other formats tell columns apart."""

    TEXT = "text"
    DATE = "date"
    CODE = "code"
    LEVEL = "level"
    INTEGER = "integer"
    REAL = "real"
    YES_NO = "yes_no"
    YES_NO_UNKNOWN = "yes_no_unknown"


@dataclass(frozen=True, slots=True)
class Declared:
    """One column of one file with what other formats need to know of it."""

    file: CsvFile
    column: Column
    kind: ColumnKind
    codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.column.name

    @property
    def is_required(self) -> bool:
        """Whether every row must have it."""
        return self.column.required == ALWAYS

    @property
    def label(self) -> str:
        """Its meaning with the unit, as a label for people."""
        unit = f" [{self.column.unit}]" if self.column.unit else ""
        return f"{self.column.meaning}{unit}".replace("`", "")


def declared(file: CsvFile) -> tuple[Declared, ...]:
    """Return the columns of a file.

    >>> from kyphort.exchange.csv_set.columns import PATIENTS
    >>> [(one.name, str(one.kind), one.codes) for one in declared(PATIENTS)][1]
    ('sex', 'code', ('female', 'male', 'diverse', 'unknown'))
    """
    return tuple(_declared(file, column) for column in file.columns)


def all_declared() -> Iterator[Declared]:
    """Yield every column of every file."""
    for file in CSV_FILES:
        yield from declared(file)


def _declared(file: CsvFile, column: Column) -> Declared:
    kind = _kind(column)
    codes: tuple[str, ...] = ()
    if kind is ColumnKind.CODE:
        codes = tuple(_CODE.findall(column.kind.allowed))
    elif kind is ColumnKind.LEVEL:
        codes = tuple(SpinalLevel)
    return Declared(file, column, kind, codes)


def _kind(column: Column) -> ColumnKind:
    own = {
        id(cells.DATE): ColumnKind.DATE,
        id(cells.LEVEL): ColumnKind.LEVEL,
        id(cells.YES_NO): ColumnKind.YES_NO,
        id(cells.YES_NO_UNKNOWN): ColumnKind.YES_NO_UNKNOWN,
    }
    if id(column.kind) in own:
        return own[id(column.kind)]
    if column.kind.is_text:
        return ColumnKind.TEXT
    if column.kind.allowed.startswith("a whole number"):
        return ColumnKind.INTEGER
    return ColumnKind.REAL if column.kind.allowed.startswith("a number") else ColumnKind.CODE
