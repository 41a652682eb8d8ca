"""The declaration of the data set as other formats need it: kinds, codes and limits of columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical import SpinalLevel
from kyphort.clinical.records import ALWAYS, FieldKind, RecordField
from kyphort.exchange.csv_set.columns import CSV_FILES, Column, CsvFile


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
    field = next(one for record in file.records for one in record.fields if one.name == column.name)
    return Declared(file, column, _kind(field), tuple(map(str, field.codes or ())))


def _kind(field: RecordField) -> ColumnKind:
    if field.codes is SpinalLevel:
        return ColumnKind.LEVEL
    if field.kind is FieldKind.YES_NO:
        return ColumnKind.YES_NO_UNKNOWN if field.optional else ColumnKind.YES_NO
    return ColumnKind(field.kind)
