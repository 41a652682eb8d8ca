"""One cell of the data set from one row of the source, as the map says."""

import datetime as dt
from dataclasses import dataclass

from kyphort.exchange.csv_set import Finding, Rule
from kyphort.exchange.csv_set.cells import DATE, CellKind
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.findings import listed
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.spellings import fold
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.map_file import ColumnMap, Mapping
from kyphort.exchange.mapping.records import Records
from kyphort.exchange.mapping.source import Source, SourceRow

TWO_DATES = "two dates"
"""Stands for the dates from which an age was computed: the date of birth is not kept."""
_CHECKED = frozenset(("1", "1.0", "x", "yes", "ja", "true", "checked", "wahr"))
_UNCHECKED = frozenset(("", "0", "0.0", "no", "nein", "false", "unchecked", "falsch"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a cell came from: the row, the field, and the text that stood there."""

    row: SourceRow
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Made:
    """A cell that was made; `constant` when the map gives it whatever the row says."""

    text: str
    origin: Origin
    rule: Rule | None = None
    finding: Finding | None = None
    constant: bool = False


class CellMaker:
    """Makes cells from rows of one source by one map."""

    def __init__(self, source: Source, mapping: Mapping, records: Records) -> None:
        self._source = source
        self._mapping = mapping
        self._records = records

    def cell(self, column: ColumnMap, kind: CellKind, row: SourceRow) -> Made:
        """Return the cell of one column; a fault is in its finding, with the text kept."""
        if column.value:
            return Made(column.value, Origin(row, "", column.value), constant=True)
        if column.age_between:
            return self._age(column, row)
        if column.checked:
            return self._checked(column, row)
        name = self._name(column, row)
        found = self._records.row_with(row, name) if column.from_record else row
        origin = Origin(found, name, found.texts.get(name, "").strip())
        return self._converted(column, kind, origin)

    def _name(self, column: ColumnMap, row: SourceRow) -> str:
        if not column.first_of:
            return column.field
        filled = (
            name for name in column.first_of if self._plain(name, row.texts.get(name, "").strip())
        )
        return next(filled, column.first_of[0])

    def is_missing(self, field: str, text: str) -> bool:
        """Whether a value stands for one that is not known."""
        if text in self._mapping.missing_codes or text in self._source.missing_codes:
            return True
        known = self._source.fields.get(field)
        return known is not None and known.is_missing(text)

    def _plain(self, field: str, text: str) -> str:
        return "" if self.is_missing(field, text) else text

    def _converted(self, column: ColumnMap, kind: CellKind, origin: Origin) -> Made:
        text = origin.text
        if text in column.codes:
            return Made(column.codes[text], origin, rules.CODE_VALUE)
        if not text or self.is_missing(origin.field, text):
            return Made("", origin, rules.MISSING_CODE)
        return self._filled(column, kind, origin)

    def _filled(self, column: ColumnMap, kind: CellKind, origin: Origin) -> Made:
        """Return a cell whose text is neither empty nor a code of the map."""
        if column.instance_of:
            return self._of_instance(column, kind, origin)
        if column.codes:
            return self._code(column, kind, origin)
        if kind is DATE:
            return self._date(column, origin)
        if column.times is not None:
            return _scaled(column.times, origin)
        return Made(origin.text, origin)

    def _code(self, column: ColumnMap, kind: CellKind, origin: Origin) -> Made:
        """Return the meaning of a code: by its label, as it is, or refused."""
        field = self._source.fields.get(origin.field)
        whole = origin.text.removesuffix(".0")
        if whole in column.codes:
            return Made(column.codes[whole], origin, rules.CODE_VALUE)
        labels = {} if field is None else {fold(one): code for code, one in field.choices.items()}
        code = labels.get(fold(origin.text), "")
        if code in column.codes:
            return Made(column.codes[code], origin, rules.LABEL_VALUE)
        if _can_read(kind, origin.text):
            return Made(origin.text, origin)
        return _faulty(
            origin,
            rules.CODE_UNMAPPED,
            f"not a code that the map knows. Mapped: {listed(column.codes, 12)}.",
            f"Add it to the codes of {column.column} in the map, or correct the cell.",
        )

    def _date(self, column: ColumnMap, origin: Origin) -> Made:
        dates = column.dates or self._mapping.dates
        try:
            text = dates.read(origin.text).isoformat()
        except Refused as refused:
            return _faulty(origin, refused.rule, refused.message, refused.remedy)
        return Made(text, origin, None if text == origin.text else rules.DATE_VALUE)

    def _age(self, column: ColumnMap, row: SourceRow) -> Made:
        dates = column.dates or self._mapping.dates
        days: list[dt.date] = []
        for name in column.age_between:
            origin = Origin(row, name, self._plain(name, row.texts.get(name, "").strip()))
            if not origin.text:
                return Made("", origin)
            try:
                days.append(dates.read(origin.text))
            except Refused as refused:
                return _faulty(origin, refused.rule, refused.message, refused.remedy)
        birth, day = days
        years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        origin = Origin(row, " and ".join(column.age_between), TWO_DATES)
        return Made(str(years), origin, rules.AGE_COMPUTED)

    def _checked(self, column: ColumnMap, row: SourceRow) -> Made:
        boxes = {
            name: code
            for name, code in column.checked.items()
            if row.texts.get(name, "").strip().casefold() in _CHECKED
        }
        for name in column.checked:
            text = self._plain(name, row.texts.get(name, "").strip())
            if text.casefold() not in _CHECKED | _UNCHECKED:
                return _faulty(
                    Origin(row, name, text),
                    rules.CODE_UNMAPPED,
                    "a check box is neither 1 nor 0.",
                    "Correct the cell.",
                )
        origin = Origin(row, ", ".join(boxes or column.checked), "1" if boxes else "")
        codes = set(boxes.values())
        if len(codes) > 1:
            return _faulty(
                origin,
                rules.SEVERAL_CHECKED,
                f"{len(boxes)} boxes are checked, but {column.column} has one value.",
                "Decide for one of them, in the source.",
            )
        return Made(codes.pop() if codes else "", origin, rules.CODE_VALUE if boxes else None)

    def _of_instance(self, column: ColumnMap, kind: CellKind, origin: Origin) -> Made:
        form, _, name = column.instance_of.partition(".")
        found = self._records.instance(origin.row.record, form, origin.text.removesuffix(".0"))
        if found is None:
            return _faulty(
                origin,
                rules.LOOKUP,
                f"record {origin.row.record} has no instance {origin.text} of {form}.",
                "Correct the number of the instance.",
            )
        plain = ColumnMap(column.column, name, codes=column.codes, dates=column.dates)
        made = self._converted(plain, kind, Origin(found, name, found.texts.get(name, "").strip()))
        return Made(made.text, origin, rules.CODE_VALUE, made.finding)


def _scaled(factor: float, origin: Origin) -> Made:
    try:
        value = float(origin.text.replace(",", ".")) * factor
    except ValueError:
        return Made(origin.text, origin)
    return Made(f"{value:.12g}", origin, None if factor == 1 else rules.SCALED)


def _can_read(kind: CellKind, text: str) -> bool:
    try:
        kind.read(text, ISO)
    except Refused:
        return False
    return True


def _faulty(origin: Origin, rule: Rule, message: str, remedy: str) -> Made:
    finding = rule.found(
        origin.row.file,
        message,
        remedy,
        row=origin.row.number,
        column=origin.field,
        value=origin.text,
    )
    return Made(origin.text, origin, None, finding)
