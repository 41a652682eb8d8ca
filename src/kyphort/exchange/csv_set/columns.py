"""The files and columns of a data set, as the records of `kyphort.clinical` declare them."""

import math
from dataclasses import dataclass, field

from kyphort.clinical import SpinalLevel
from kyphort.clinical.records import (
    ALWAYS,
    RECORDS,
    FieldKind,
    RecordField,
    RecordType,
    record_type,
)
from kyphort.clinical.values import Bounds, Pattern
from kyphort.exchange.csv_set import cells
from kyphort.exchange.csv_set.cells import CellKind, Limits, coded


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it means, and what its cells may hold.

    `required` says in words when a cell must be filled; only `ALWAYS` is checked cell by cell.
    `may_be_absent` is True when the whole column can be left out.
    """

    name: str
    kind: CellKind
    meaning: str
    example: str
    unit: str = ""
    required: str = ALWAYS
    may_be_absent: bool = False


@dataclass(frozen=True)
class CsvFile:
    """One file: its name, what one of its rows is, and its columns.

    `records` are the kinds of record in a row: one, and with it the one that lives inside it.
    `key` names the columns that tell one row from another. An optional file may be absent.
    """

    name: str
    row_is: str
    columns: tuple[Column, ...]
    records: tuple[RecordType, ...]
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def record(self) -> RecordType:
        """The kind of record that the file is named for."""
        return self.records[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell one row from another."""
        return self.records[-1].key

    @property
    def is_optional(self) -> bool:
        """Whether a data set may do without the file."""
        return self.record.is_optional


def _file(record: RecordType) -> CsvFile:
    inside = tuple(one for one in RECORDS if one.within and one.parent == record.name)
    own, nested = record.fields, tuple(one for kind in inside for one in kind.fields if one.path)
    shared = tuple(one for one in own if one.name not in _AFTER_NESTED)
    last = tuple(one for one in own if one.name in _AFTER_NESTED)
    columns = tuple(map(_column, (*shared, *nested, *last)))
    return CsvFile(f"{record.plural}.csv", record.row_is, columns, (record, *inside))


_AFTER_NESTED = frozenset(("pain_nrs", "omed_mg", "trigger"))
"""Columns of a visit that stand behind those of its readings."""


def _column(one: RecordField) -> Column:
    return Column(
        one.name,
        _cell_kind(one),
        one.meaning,
        one.example,
        one.unit,
        one.required,
        one.may_be_absent,
    )


def _cell_kind(one: RecordField) -> CellKind:
    if one.name in _KINDS_BY_NAME:
        return _KINDS_BY_NAME[one.name]
    if one.codes is not None:
        return cells.LEVEL if one.codes is SpinalLevel else coded(one.codes)
    if one.kind is FieldKind.YES_NO:
        return cells.YES_NO_UNKNOWN if one.optional else cells.YES_NO
    if one.kind is FieldKind.TEXT:
        return cells.shaped(one.rule) if isinstance(one.rule, Pattern) else cells.TEXT
    return cells.DATE if one.kind is FieldKind.DATE else _number(one)


def _number(one: RecordField) -> CellKind:
    bounds = one.rule if isinstance(one.rule, Bounds) else _ANY_NUMBER
    limits = Limits(bounds.words, bounds.contain)
    return cells.number(limits) if one.kind is FieldKind.REAL else cells.whole_number(limits)


_KINDS_BY_NAME = {"age_years": cells.AGE, "reader": cells.READER}
"""Cells that have a rule or spellings of their own."""
_ANY_NUMBER = Bounds(-math.inf)


CSV_FILES = tuple(_file(one) for one in RECORDS if not one.within)
"""The CSV files of a data set, those that every data set has first."""

PATIENTS, VERTEBRAE, VISITS, ADVERSE_EVENTS = (
    next(file for file in CSV_FILES if file.record is record_type(name))
    for name in ("patient", "vertebra", "visit", "adverse_event")
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `dataset.toml`."""

    name: str
    allowed: str
    meaning: str
    example: str
    required: str = ALWAYS


DESCRIPTION_FILE = "dataset.toml"
DESCRIPTION_ENTRIES = (
    Entry("name", "a text", "Name of the data set, shown in every report", '"Centre X, 2010–2024"'),
    Entry(
        "data_cut_off",
        "a date as YYYY-MM-DD",
        "Day on which the data were closed; nothing later is in them",
        '"2024-12-31"',
    ),
    Entry("synthetic", "true or false", "Whether the rows do not describe real people", "false"),
    Entry("provenance", "a text", "Where the data come from", '"Chart review, ethics vote 12/34"'),
    Entry(
        "date_format",
        "YYYY-MM-DD, DD.MM.YYYY, DD/MM/YYYY or MM/DD/YYYY",
        "How every date in the CSV files is written",
        '"DD.MM.YYYY"',
        'when it is not "YYYY-MM-DD"',
    ),
)
FILE_NAMES = (DESCRIPTION_FILE, *(one.name for one in CSV_FILES))
"""The files of a data set, in their order."""
REQUIRED_FILE_NAMES = (
    DESCRIPTION_FILE,
    *(one.name for one in CSV_FILES if not one.is_optional),
)
"""The files that a data set must hold."""
