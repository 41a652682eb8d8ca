"""Criteria over the records of a cohort: what a rule looks at, and what it finds there."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kyphort.clinical import Cohort, Fulfilment, Patient, SpinalLevel, TreatedVertebra
from kyphort.clinical.records import RECORDS, FieldKind, RecordType, record_type
from kyphort.clinical.scales import SinsClass
from kyphort.clinical.scales.ordered import OrderedScale


class Comparison(StrEnum):
    """How a found value is compared; the words are the keys of a protocol file."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    IS = "is"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a criterion looks at: one field of one kind of record, or one of its derived values."""

    record: str
    name: str
    kind: FieldKind
    codes: type[StrEnum] | None

    @property
    def is_ordered(self) -> bool:
        """Whether a value can be more than another."""
        if self.codes is not None:
            return issubclass(self.codes, OrderedScale) or self.codes is SpinalLevel
        return self.kind in {FieldKind.REAL, FieldKind.INTEGER}

    @property
    def declaration(self) -> RecordType:
        """The kind of record."""
        return record_type(self.record)


_DERIVED = {
    "baseline.sins_sum": Asked("baseline", "sins_sum", FieldKind.INTEGER, None),
    "baseline.stability": Asked("baseline", "stability", FieldKind.CODE, SinsClass),
    "primary_tumour.is_pathologically_confirmed": Asked(
        "primary_tumour", "is_pathologically_confirmed", FieldKind.YES_NO, None
    ),
}
"""Values that follow from a record and are no field of it."""


def asked_of(name: str) -> Asked | None:
    """Return what "record.field" names, None when there is no such field.

    >>> asked_of("baseline.tomita_type").is_ordered, asked_of("patient.shoe_size")
    (True, None)
    """
    if name in _DERIVED:
        return _DERIVED[name]
    record, _, field = name.partition(".")
    kinds = {one.name: one for one in RECORDS if not one.within}
    found = kinds[record].by_name.get(field) if record in kinds else None
    return None if found is None else Asked(record, field, found.kind, found.codes)


def asked_names() -> tuple[str, ...]:
    """Return everything that a criterion can look at."""
    fields = (f"{kind.name}.{one.name}" for kind in RECORDS if not kind.within
              for one in kind.fields)  # fmt: skip
    return tuple(sorted({*fields, *_DERIVED}))


@dataclass(frozen=True, slots=True)
class Person:
    """Of whom a criterion asks: a patient, one treated vertebra or none, and up to which day."""

    cohort: Cohort
    patient: Patient
    vertebra: TreatedVertebra | None
    day: dt.date


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a criterion is met, and the value that was found, in words."""

    answer: Fulfilment
    found: str


@dataclass(frozen=True, slots=True)
class ValueCriterion:
    """A comparison of one field; of dated records the last one up to the day counts.

    `where` picks records by another of their fields. Without a record or a value the answer is
    unknown. Of several records without a date one that meets it is enough, but for `none_of`, which
    each must meet.
    """

    asked: Asked
    comparison: Comparison
    values: tuple[Any, ...]
    where: tuple[tuple[str, Any], ...] = ()

    @property
    def is_of_vertebra(self) -> bool:
        """Whether each treated vertebra is asked by itself."""
        return self.asked.record == "vertebra" or self.asked.declaration.parent == "vertebra"

    def outcome(self, person: Person) -> Outcome:
        """Return the answer for one patient or vertebra."""
        values = [(date, value) for date, value in self._found(person) if value is not None]
        if not values:
            return Outcome(Fulfilment.UNKNOWN, f"{self.asked.name} not recorded")
        passed = [self._passes(value) for _, value in values]
        is_met = all(passed) if self.comparison is Comparison.NONE_OF else any(passed)
        words = "; ".join(dict.fromkeys(self._words(date, value) for date, value in values))
        return Outcome(Fulfilment.MET if is_met else Fulfilment.NOT_MET, words)

    def _found(self, person: Person) -> Iterator[tuple[dt.date | None, Any]]:
        rows = [row for row in _rows(self.asked.declaration, person) if self._is_meant(row)]
        dated = _date_name(self.asked.declaration)
        if dated is None:
            yield from ((None, self._value(row)) for row in rows)
            return
        known = [
            (getattr(row, dated), value)
            for row in rows
            if getattr(row, dated) <= person.day and (value := self._value(row)) is not None
        ]
        yield from sorted(known, key=lambda one: one[0])[-1:]

    def _is_meant(self, row: Any) -> bool:  # noqa: ANN401 - any record
        return all(getattr(row, name) == value for name, value in self.where)

    def _value(self, row: Any) -> Any:  # noqa: ANN401 - each field has its own type
        if self.asked.name in self.asked.declaration.by_name:
            return self.asked.declaration.row(row)[self.asked.name]
        return getattr(row, self.asked.name)

    def _passes(self, value: Any) -> bool:  # noqa: ANN401 - as above
        if self.comparison is Comparison.AT_LEAST:
            return bool(value >= self.values[0])
        if self.comparison is Comparison.AT_MOST:
            return bool(value <= self.values[0])
        return (value in self.values) is not (self.comparison is Comparison.NONE_OF)

    def _words(self, date: dt.date | None, value: Any) -> str:  # noqa: ANN401 - as above
        when = "" if date is None else f" on {date}"
        return f"{self.asked.name} {_written(value)}{when}"


@dataclass(frozen=True, slots=True)
class CountCriterion:
    """At most so many levels treated in one procedure.

    What the records hold may be a part only of what the rule counts, such as the treated ones of
    all metastases: with `lower_bound` a count that is not too large leaves the answer unknown.
    """

    at_most: int
    lower_bound: bool
    is_of_vertebra: bool = False

    def outcome(self, person: Person) -> Outcome:
        """Return the answer for one patient."""
        dates = [one.procedure_date for one in person.cohort.vertebrae_of(person.patient)]
        most = max(map(dates.count, dates))
        words = f"{most} treated in one procedure"
        if most > self.at_most:
            return Outcome(Fulfilment.NOT_MET, words)
        if self.lower_bound:
            return Outcome(Fulfilment.UNKNOWN, f"{words}; those not treated are not recorded")
        return Outcome(Fulfilment.MET, words)


@dataclass(frozen=True, slots=True)
class AbsenceCriterion:
    """No record of a kind before the day, such as radiotherapy before the procedure.

    In a cohort without any record of the kind nobody entered them, and the answer is unknown.
    """

    record: str

    @property
    def is_of_vertebra(self) -> bool:
        """Whether each treated vertebra is asked by itself."""
        return record_type(self.record).parent == "vertebra"

    def outcome(self, person: Person) -> Outcome:
        """Return the answer for one patient or vertebra."""
        kind = record_type(self.record)
        name = _date_name(kind)
        if not person.cohort.records(kind):
            return Outcome(Fulfilment.UNKNOWN, f"no {kind.words} is recorded for anybody")
        dates = [
            getattr(row, name)
            for row in _rows(kind, person)
            if name is not None and getattr(row, name) < person.day
        ]
        if dates:
            return Outcome(Fulfilment.NOT_MET, f"{kind.words} on {min(dates)}")
        return Outcome(Fulfilment.MET, f"no {kind.words} recorded before {person.day}")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met when one of several criteria is; not met when none is; otherwise unknown."""

    parts: tuple[ValueCriterion, ...]

    @property
    def is_of_vertebra(self) -> bool:
        """Whether each treated vertebra is asked by itself."""
        return any(part.is_of_vertebra for part in self.parts)

    def outcome(self, person: Person) -> Outcome:
        """Return the answer for one patient or vertebra."""
        outcomes = [part.outcome(person) for part in self.parts]
        answers = {one.answer for one in outcomes}
        order = (Fulfilment.MET, Fulfilment.UNKNOWN, Fulfilment.NOT_MET)
        words = "; ".join(one.found for one in outcomes)
        return Outcome(next(one for one in order if one in answers), words)


Criterion = ValueCriterion | CountCriterion | AbsenceCriterion | AnyOf


def absence_names() -> tuple[str, ...]:
    """Return the kinds of record whose absence before a day can be asked for."""
    return tuple(one.name for one in RECORDS if one.is_optional and _date_name(one) is not None)


def _rows(kind: RecordType, person: Person) -> Iterable[Any]:
    rows = person.cohort.of(person.patient, kind.record_class)
    level = None if person.vertebra is None else person.vertebra.level
    if "level" in kind.key and level is not None:
        return [row for row in rows if row.level is level]
    return rows


def _date_name(kind: RecordType) -> str | None:
    """Return the date in the key of a record, by which one of several is the last."""
    return next((one for one in kind.key if kind.by_name[one].kind is FieldKind.DATE), None)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
