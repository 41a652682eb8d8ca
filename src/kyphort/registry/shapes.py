"""What a record looks like in a table: derived from the type hints of its dataclass."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from kyphort.errors import InvalidDataError

Stored = str | int | float | None
"""A value as both engines keep it."""
Row = dict[str, Stored]
"""One stored row by column."""
Key = tuple[Stored, ...]
"""The values that identify a row within its table."""


@dataclass(frozen=True, slots=True)
class StoredField:
    """One column: its Python type, and how a value becomes a stored one and back.

    `stored` is `str`, `int` or `float`. `default` is the value of a field that is left out;
    `is_required` says that it may not be.
    """

    name: str
    hint: type
    optional: bool
    stored: type
    encode: Callable[[Any], Stored]
    decode: Callable[[Any], Any]
    default: Any = None
    is_required: bool = False


@dataclass(frozen=True)
class Shape:
    """One table of records: its columns, its key, and the tables that its rows belong to.

    The first column is `patient_id` but for the description of the data set. `parents` names other
    shapes; the columns that refer to a parent have the names of the parent's key.
    """

    name: str
    fields: tuple[StoredField, ...]
    key: tuple[str, ...]
    parents: tuple[str, ...] = ()
    by_name: dict[str, StoredField] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.fields})

    def key_of(self, row: Row) -> Key:
        """Return the key of a stored row."""
        return tuple(row[name] for name in self.key)

    def encode(self, values: dict[str, Any]) -> Row:
        """Return the stored row of some values by column; an absent one is empty."""
        return {
            one.name: None if (value := values.get(one.name)) is None else one.encode(value)
            for one in self.fields
        }

    def decode(self, row: Row) -> dict[str, Any]:
        """Return the values of a stored row.

        Raises
        ------
        InvalidDataError
            When a stored value is none that its column may hold.
        """
        return {
            one.name: None if (value := row[one.name]) is None else one.decode(value)
            for one in self.fields
        }


def stored_fields(kind: type, names: dict[str, str] | None = None) -> tuple[StoredField, ...]:
    """Return the columns of a dataclass: nested dataclasses are unfolded, tuples left out.

    `names` gives a field another name as a column.

    >>> from kyphort.clinical import Patient
    >>> [one.name for one in stored_fields(Patient)][:3]
    ['patient_id', 'sex', 'age_years']
    """
    return tuple(_unfolded(kind, names or {}, optional=False))


def _unfolded(kind: type, names: dict[str, str], *, optional: bool) -> Iterable[StoredField]:
    hints = get_type_hints(kind)
    for one in fields(kind):
        hint, may_be_none = _plain(hints[one.name])
        may_be_none = may_be_none or optional
        if is_dataclass(hint):
            yield from _unfolded(hint, names, optional=may_be_none)
        elif get_origin(hint) is not tuple:
            yield _field(names.get(one.name, one.name), hint, one.default, optional=may_be_none)


def _plain(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type hint
    """Return a hint without `Annotated` and `None`, and whether None was allowed."""
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        (inner,) = (one for one in get_args(hint) if one is not NoneType)
        return _plain(inner)[0], True
    return hint, False


def _field(name: str, hint: type, default: object, *, optional: bool) -> StoredField:
    stored, encode, decode = _codec(hint)
    is_required = default is MISSING and not optional
    given = None if default is MISSING else default
    return StoredField(name, hint, optional, stored, encode, decode, given, is_required)


@cache
def _codec(hint: type) -> tuple[type, Callable[[Any], Stored], Callable[[Any], Any]]:
    if issubclass(hint, Enum):
        return (int if issubclass(hint, int) else str), lambda one: one.value, _members(hint)
    if issubclass(hint, dt.date):
        return str, dt.date.isoformat, cache(_date)
    if issubclass(hint, bool):
        return int, int, bool
    if issubclass(hint, str):
        return str, _text, str
    return hint, hint, hint


def _members(codes: type[Enum]) -> Callable[[Any], Enum]:
    by_value = {one.value: one for one in codes}

    def decode(value: object) -> Enum:
        try:
            return by_value[value]
        except KeyError:
            raise InvalidDataError(
                f"The registry holds '{value}' where a {codes.__name__} is expected. "
                f"Allowed: {', '.join(map(str, by_value))}. Correct the entry."
            ) from None

    return decode


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidDataError(
            f"The registry holds '{text}' where a date is expected. Allowed: YYYY-MM-DD. "
            "Correct the entry."
        ) from None


def _text(text: str) -> str:
    """Refuse what a database cannot keep: half a character, and the character NUL."""
    if "\x00" in text:
        raise InvalidDataError(
            f"{text!r} holds the character NUL, which a registry cannot keep. Remove it."
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidDataError(
            f"{text!r} holds half of a character, which a registry cannot keep. Correct the text."
        ) from error
    return text
