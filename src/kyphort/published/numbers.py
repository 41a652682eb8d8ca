"""Reading one printed number, and checking it against the digits that it says were printed."""

import re
from dataclasses import replace

from kyphort.published.publication import (
    Erratum,
    ErratumKind,
    PrintedValue,
    PublishedNumber,
    Role,
)
from kyphort.published.toml_fields import Fields

KINDS = (
    "count",
    "derived",
    "distance",
    "dose",
    "energy",
    "identity",
    "kaplan-meier",
    "maximum",
    "median",
    "minimum",
    "p-value",
    "percentage",
    "text",
    "time",
)
UNITS = ("", "%", "Gy", "count", "days", "kV", "min", "mm", "mo", "weeks", "y", "year")
WITHOUT_DIGITS = ("derived", "identity", "text")
"""Kinds whose value need not stand in the print as digits."""
NUMERAL = re.compile(r"\d+(?:[.,](?P<decimals>\d+))?")
WORDS = {"no": 0, "none": 0, "one": 1, "single": 1, "two": 2, "three": 3}


def read_number(fields: Fields) -> PublishedNumber:
    """Return the number of one [[number]] table.

    Raises
    ------
    InvalidDataError
        When a field is missing or unknown, when a result has no path, or when the printed text does
        not read as the value with its decimals.
    """
    fields.allow(
        *("id", "text", "printed", "value", "decimals", "unit", "kind", "places", "role"),
        *("result", "note", "erratum"),
    )
    number = PublishedNumber(
        id=fields.text("id"),
        text=fields.text("text"),
        printed=fields.text("printed"),
        value=_value(fields),
        decimals=fields.required("decimals", int),
        unit=_one_of(fields, "unit", UNITS),
        kind=_one_of(fields, "kind", KINDS),
        places=fields.texts("places"),
        role=fields.choice("role", Role),
        result=fields.text("result") if fields.has("result") else None,
        note=fields.optional_text("note"),
    )
    if number.role is Role.RESULT and not number.result:
        raise fields.error("a number with role 'result' has no result path", "Add 'result'.")
    _check_print(fields, number)
    return replace(number, erratum=_erratum_of(fields, number))


def read_erratum(fields: Fields) -> Erratum:
    """Return the erratum of one general [[erratum]] table.

    Raises
    ------
    InvalidDataError
        When a field is missing or unknown.
    """
    fields.allow("id", "place", "kind", "statement", "arithmetic", "corrected", "can_agree")
    return _erratum(fields, fields.text("id"), fields.text("place"))


def _erratum_of(fields: Fields, number: PublishedNumber) -> Erratum | None:
    if not fields.has("erratum"):
        return None
    inner = Fields(fields.required("erratum", dict), f"{fields.entry}, erratum")
    inner.allow("kind", "statement", "arithmetic", "corrected", "can_agree")
    return _erratum(inner, number.id, ", ".join(number.places))


def _erratum(fields: Fields, erratum_id: str, place: str) -> Erratum:
    return Erratum(
        id=erratum_id,
        place=place,
        kind=fields.choice("kind", ErratumKind),
        statement=fields.text("statement"),
        arithmetic=fields.text("arithmetic"),
        corrected=fields.number("corrected") if fields.has("corrected") else None,
        can_agree=fields.required("can_agree", bool) if fields.has("can_agree") else True,
    )


def _value(fields: Fields) -> PrintedValue:
    value = fields.value("value")
    if isinstance(value, str):
        return value
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(type(one) in (int, float) for one in numbers):
        raise fields.error(
            f"field 'value' is {value!r}", "Allowed: a number, a list of numbers, a text."
        )
    return tuple(numbers) if isinstance(value, list) else numbers[0]


def _one_of(fields: Fields, name: str, allowed: tuple[str, ...]) -> str:
    value = fields.text(name)
    if value not in allowed:
        raise fields.error(f"field '{name}' is '{value}'", f"Allowed: {', '.join(allowed)}.")
    return value


def _check_print(fields: Fields, number: PublishedNumber) -> None:
    """Refuse a printed text whose numerals are not the value, or have other decimals."""
    if isinstance(number.value, str) != (number.kind == "text"):
        raise fields.error(
            f"kind is '{number.kind}', value is {number.value!r}",
            "Allowed: a text has the kind 'text', a number any other kind.",
        )
    if number.kind in WITHOUT_DIGITS:
        return
    values = number.value if isinstance(number.value, tuple) else (number.value,)
    if read_numerals(number.printed) != values:
        raise fields.error(
            f"printed is '{number.printed}', value is {number.value!r}",
            "The printed text must read as the value. Correct one of them.",
        )
    found = {len(match["decimals"] or "") for match in NUMERAL.finditer(number.printed)}
    if found - {number.decimals}:
        raise fields.error(
            f"printed is '{number.printed}', decimals is {number.decimals}",
            "Allowed: the digits printed after the point. Correct one of them.",
        )


def read_numerals(printed: str) -> tuple[float, ...]:
    """Return the numbers in a printed text: digits with point or comma, or one small number word.

    Examples
    --------
    >>> read_numerals("97.5, 93.8, and 93.8"), read_numerals("14,7"), read_numerals("None")
    ((97.5, 93.8, 93.8), (14.7,), (0,))
    """
    word = WORDS.get(printed.lower())
    if word is not None:
        return (word,)
    return tuple(float(match[0].replace(",", ".")) for match in NUMERAL.finditer(printed))
