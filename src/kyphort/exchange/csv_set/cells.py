"""What one cell may hold: each kind turns its text into a value or says what is allowed."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class CellKind:
    """A kind of cell: how its text is read, and what is allowed in words.

    `read` raises ValueError for a text that is not allowed.
    """

    allowed: str
    read: Callable[[str], Any]


def _date(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no time zone


def _filled(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def coded(codes: type[StrEnum]) -> CellKind:
    """Return the kind of a cell that holds one of a list of codes."""
    return CellKind(f"one of {', '.join(codes)}", codes)


TEXT = CellKind("any text", str)
FILLED_TEXT = CellKind("a text that is not empty", _filled)
DATE = CellKind("a date as YYYY-MM-DD", _date)
WHOLE_NUMBER = CellKind("a whole number", int)
NUMBER = CellKind("a number with a decimal point", float)
YES_NO = CellKind("yes or no", {"yes": True, "no": False}.__getitem__)
YES_NO_UNKNOWN = CellKind(
    "yes, no or unknown", {"yes": True, "no": False, "unknown": None}.__getitem__
)


def or_empty(kind: CellKind) -> CellKind:
    """Return the same kind, with an empty cell meaning that the value is not known."""
    return CellKind(f"{kind.allowed}, or empty", lambda text: kind.read(text) if text else None)
