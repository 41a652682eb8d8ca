"""What a record looks like in a table, and how its values become stored ones and back."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from kyphort.clinical.records import FieldKind
from kyphort.errors import InvalidDataError

Stored = str | int | float | None
"""A value as both engines keep it."""
Row = dict[str, Stored]
"""One stored row by column."""
Key = tuple[Stored, ...]
"""The values that identify a row within its table."""

Encode = Callable[[Any], Stored]
Decode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class StoredField:
    """One column: what it holds, and whether it may be empty. `codes` are those of a CODE."""

    name: str
    kind: FieldKind
    optional: bool = False
    codes: type[StrEnum] | None = None

    def words(self, value: Stored) -> str:
        """Return a stored value as people write it: yes or no, 8 and not 8.0, nothing if empty.

        >>> StoredField("serious", FieldKind.YES_NO).words(1)
        'yes'
        """
        if value is None:
            return ""
        if self.kind is FieldKind.YES_NO:
            return "yes" if value else "no"
        return f"{value:.15g}" if self.kind is FieldKind.REAL else str(value)

    @property
    def stored(self) -> type:
        """The type that both engines keep: `str`, `int` or `float`."""
        return _STORED.get(self.kind, str)


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
    _encoders: dict[str, Encode] = field(init=False, repr=False, compare=False)
    _decoders: dict[str, Decode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.fields})
        object.__setattr__(self, "_encoders", {one.name: _ENCODE[one.kind] for one in self.fields})
        object.__setattr__(self, "_decoders", {one.name: _decoder(one) for one in self.fields})

    def key_of(self, row: Mapping[str, Stored]) -> Key:
        """Return the key of a stored row."""
        return tuple([row[name] for name in self.key])

    def encode(self, values: Mapping[str, Any]) -> Row:
        """Return the stored row of some values by column; an absent one is empty."""
        return {
            name: None if (value := values.get(name)) is None else encode(value)
            for name, encode in self._encoders.items()
        }

    def encode_some(self, values: Mapping[str, Any]) -> Row:
        """Return the stored values of some columns."""
        return {
            name: None if value is None else self._encoders[name](value)
            for name, value in values.items()
        }

    def decode(self, row: Mapping[str, Stored]) -> dict[str, Any]:
        """Return the values of a stored row.

        Raises
        ------
        InvalidDataError
            When a stored value is none that its column may hold.
        """
        return {
            name: None if (value := row[name]) is None else decode(value)
            for name, decode in self._decoders.items()
        }


def _decoder(one: StoredField) -> Decode:
    if one.codes is not None:
        return _members(one.codes)
    return _DECODE[one.kind]


def _members(codes: type[StrEnum]) -> Decode:
    by_value: dict[object, StrEnum] = {one.value: one for one in codes}

    def decode(value: object) -> StrEnum:
        try:
            return by_value[value]
        except KeyError:
            raise InvalidDataError(
                f"The registry holds '{value}' where a {codes.__name__} is expected. "
                f"Allowed: {', '.join(codes)}. Correct the entry."
            ) from None

    return decode


@cache
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
    if text.isascii() and "\x00" not in text:
        return text
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


def _code(code: StrEnum) -> str:
    return code.value


_STORED: Mapping[FieldKind, type] = {
    FieldKind.REAL: float,
    FieldKind.INTEGER: int,
    FieldKind.YES_NO: int,
}
_ENCODE: Mapping[FieldKind, Encode] = {
    FieldKind.TEXT: _text,
    FieldKind.DATE: dt.date.isoformat,
    FieldKind.CODE: _code,
    FieldKind.REAL: float,
    FieldKind.INTEGER: int,
    FieldKind.YES_NO: int,
}
_DECODE: Mapping[FieldKind, Decode] = {
    FieldKind.TEXT: str,
    FieldKind.DATE: _date,
    FieldKind.CODE: str,
    FieldKind.REAL: float,
    FieldKind.INTEGER: int,
    FieldKind.YES_NO: bool,
}
