"""What a record is: its class, its key, its parent, its fields, and how it lies in a flat row."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any

from kyphort.clinical.values import Hint, Rule, hints_of

Row = dict[str, Any]
"""A record as values by column: plain text, numbers, dates, codes, or None."""

ALWAYS = "always"
NEVER = "never"


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    DATE = "date"
    CODE = "code"
    REAL = "real"
    INTEGER = "integer"
    YES_NO = "yes_no"


class Start(Enum):
    """The day before which a date cannot be."""

    FIRST_PROCEDURE = "the first procedure"
    OWN_PROCEDURE = "the procedure at this level"


class End(Enum):
    """The day after which a date cannot be."""

    LAST_CONTACT = "the last contact"
    CUT_OFF = "the data cut-off"


@dataclass(frozen=True, slots=True)
class RecordField:
    """One column of a record.

    `path` leads from the record to the value: ("prescription", "dose_gy") is the dose of the
    prescription; it is empty for the key that a nested record has from its parent. `required` says
    in words when it must be filled; `ALWAYS` stands for every row. `may_be_absent` is True when a
    file may leave the column out. `optional` tells whether None is a value. Dates lie between
    `not_before` and `not_after`, where these are given.
    """

    name: str
    meaning: str
    example: str
    unit: str
    required: str
    may_be_absent: bool
    path: tuple[str, ...]
    kind: FieldKind
    codes: type[StrEnum] | None
    rule: Rule | None
    optional: bool
    not_before: Start | None
    not_after: End | None


@dataclass(frozen=True)
class RecordType:
    """One kind of record: `name` for one, `plural` for the field of `Cohort` that holds them.

    `key` names the fields that tell one record from another, `parent` the record it belongs to (its
    key is the beginning of this one's, but for the patient's own). A record with `within` is no
    field of the cohort: it lives in that field of its parent, as an assessment in its visit.
    """

    name: str
    plural: str
    record_class: type[Any]
    row_is: str
    key: tuple[str, ...]
    parent: str
    fields: tuple[RecordField, ...]
    within: str = ""
    is_optional: bool = True

    @property
    def words(self) -> str:
        """The name as words, for example "adverse event"."""
        return self.name.replace("_", " ")

    @cached_property
    def by_name(self) -> dict[str, RecordField]:
        """The fields by their names."""
        return {one.name: one for one in self.fields}

    def row(self, record: Any) -> Row:  # noqa: ANN401 - a record of `record_class`
        """Return a record as a flat row; nested values are unfolded."""
        return {name: getter(record) for name, getter in self._getters}

    def record(self, row: Mapping[str, Any], **nested: object) -> Any:  # noqa: ANN401 - as above
        """Return the record of a flat row: None and absent fields take their defaults.

        A nested value that may be absent is None when its first field is. `nested` are fields
        that no row holds, such as the assessments of a visit.

        Raises
        ------
        InvalidDataError
            When the record refuses its values.
        """
        given: dict[str, Any] = dict(nested)
        for name in self._direct:
            value = row.get(name)
            if value is not None:
                given[name] = value
        for name in self._empty_texts:
            given.setdefault(name, "")
        for outer, kind, inner, may_lack in self._nested:
            parts = {one: value for one, name in inner if (value := row.get(name)) is not None}
            if parts and (not may_lack or row.get(inner[0][1]) is not None):
                given[outer] = kind(**parts)
        return self.record_class(**given)

    def key_of(self, record: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
        """Return the key of a record that is no nested one."""
        return self._key_getter(record)

    @cached_property
    def _key_getter(self) -> Callable[[Any], tuple[Any, ...]]:
        if len(self.key) == 1:
            (name,) = self.key
            return lambda record: (getattr(record, name),)
        return attrgetter(*self.key)

    @cached_property
    def _getters(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return tuple((one.name, _getter(one.path)) for one in self.fields if one.path)

    @cached_property
    def _direct(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields if len(one.path) == 1)

    @cached_property
    def _empty_texts(self) -> tuple[str, ...]:
        """Texts that the class asks for but a row may leave empty."""
        return tuple(
            one.name
            for one in self.fields
            if one.kind is FieldKind.TEXT and one.required != ALWAYS and len(one.path) == 1
        )

    @cached_property
    def _nested(self) -> tuple[tuple[str, type, tuple[tuple[str, str], ...], bool], ...]:
        hints = hints_of(self.record_class)
        outer = dict.fromkeys(one.path[0] for one in self.fields if len(one.path) == 2)
        return tuple(
            (
                name,
                hints[name].bare,
                tuple((one.path[1], one.name) for one in self.fields if one.path[:1] == (name,)),
                hints[name].optional,
            )
            for name in outer
        )


def _getter(path: tuple[str, ...]) -> Callable[[Any], Any]:
    first = path[0]
    if len(path) == 1:
        return lambda record: getattr(record, first)
    second = path[1]

    def nested(record: Any) -> Any:  # noqa: ANN401 - any record, any value
        holder = getattr(record, first)
        return None if holder is None else getattr(holder, second)

    return nested


def said(
    name: str,
    meaning: str,
    example: str,
    unit: str = "",
    *,
    required: str = "",
    may_be_absent: bool | None = None,
    path: str = "",
    not_before: Start | None = None,
    not_after: End | None = None,
) -> Callable[[type, bool], RecordField]:
    """Declare a field by what people must know of it; the rest follows from its class.

    `path` is given where the column has another name than the value, such as "pain.nrs".
    """

    def resolve(record_class: type, is_optional: bool) -> RecordField:
        steps = tuple(path.split(".")) if path else _found(record_class, name)
        hint = _hint_at(record_class, steps)
        words = required or (NEVER if _has_default(record_class, steps) else ALWAYS)
        lacking = may_be_absent if may_be_absent is not None else is_optional and words != ALWAYS
        kind = _kind(hint.bare)
        latest = not_after or (End.CUT_OFF if kind is FieldKind.DATE else None)
        codes = hint.bare if kind is FieldKind.CODE else None
        return RecordField(
            name, meaning, example, unit, words, lacking, steps, kind, codes, hint.rule,
            hint.optional, not_before, latest,
        )  # fmt: skip

    return resolve


def inherited(field: RecordField) -> Callable[[type, bool], RecordField]:
    """Declare a field of the key that a nested record has from its parent."""
    values = {one.name: getattr(field, one.name) for one in fields(RecordField)}
    return lambda _class, _optional: RecordField(**(values | {"path": ()}))


def _found(record_class: type, name: str) -> tuple[str, ...]:
    """Return the way to a field: its own, a scale's value, or one of a nested value."""
    hints = hints_of(record_class)
    if name in hints:
        bare = hints[name].bare
        return (name, "value") if is_dataclass(bare) else (name,)
    return next(
        (outer, name)
        for outer, hint in hints.items()
        if is_dataclass(hint.bare) and name in hints_of(hint.bare)
    )


def _hint_at(record_class: type, steps: tuple[str, ...]) -> Hint:
    outer = hints_of(record_class)[steps[0]]
    if len(steps) == 1:
        return outer
    inner = hints_of(outer.bare)[steps[1]]
    return Hint(inner.bare, outer.optional or inner.optional, inner.rule)


def _has_default(record_class: type, steps: tuple[str, ...]) -> bool:
    outer = next(one for one in fields(record_class) if one.name == steps[0])
    if outer.default is not MISSING or outer.default_factory is not MISSING:
        return True
    return len(steps) == 2 and _has_default(hints_of(record_class)[steps[0]].bare, steps[1:])


def _kind(bare: type) -> FieldKind:
    if issubclass(bare, StrEnum):
        return FieldKind.CODE
    return _KINDS[bare]


_KINDS = {
    str: FieldKind.TEXT,
    dt.date: FieldKind.DATE,
    float: FieldKind.REAL,
    int: FieldKind.INTEGER,
    bool: FieldKind.YES_NO,
}
