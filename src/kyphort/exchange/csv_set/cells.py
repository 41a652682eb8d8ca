"""What one cell may hold: each kind turns its text into a value or refuses it with a reason."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical import SpinalLevel
from kyphort.clinical.patient import MAXIMUM_AGE_YEARS
from kyphort.clinical.values import Pattern
from kyphort.exchange.csv_set import rules, spellings
from kyphort.exchange.csv_set.dates import DateFormat, read_date, without_midnight
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.rules import Rule


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of a cell, and the rule that names the conversion when its text was another."""

    value: object
    conversion: Rule | None = None


@dataclass(frozen=True, slots=True)
class CellKind:
    """A kind of cell: what is allowed and what else is understood, in words, and how it is read.

    `read` takes the text without surrounding blanks, never empty, and the declared date format.
    """

    allowed: str
    read: Callable[[str, DateFormat], Cell]
    understood: str = ""
    is_text: bool = False


_LONGEST_CELL = 1_000
_LINE_CONTROLS = "\t\n\r"
_FIRST_BEYOND_CONTROLS = 160


def check_characters(text: str) -> None:
    """Refuse a text that is far too long or holds control characters.

    >>> check_characters("T12" + chr(7))
    Traceback (most recent call last):
        ...
    kyphort.exchange.csv_set.refusal.Refused: holds the control character U+0007.
    """
    if len(text) > _LONGEST_CELL:
        raise Refused(
            rules.CELL_SIZE,
            f"{len(text)} characters. Allowed: {_LONGEST_CELL}.",
            "Shorten the cell; perhaps a quotation mark is never closed.",
        )
    if text.isprintable():
        return
    for one in text:
        is_control = not one.isprintable() and ord(one) < _FIRST_BEYOND_CONTROLS
        if is_control and one not in _LINE_CONTROLS:
            raise Refused(
                rules.CHARACTER,
                f"holds the control character U+{ord(one):04X}.",
                "Remove it, or type the cell anew.",
            )


def _read_text(text: str, _dates: DateFormat) -> Cell:
    return Cell(text)


def _read_reader(text: str, _dates: DateFormat) -> Cell:
    value = spellings.reader_spelt_otherwise(text)
    return Cell(value, None if value == text else rules.CODE_SPELLING)


def _read_date(text: str, dates: DateFormat) -> Cell:
    plain = without_midnight(text)
    return Cell(read_date(plain, dates), None if plain == text else rules.DATE_SPELLING)


_LEVELS = "C1–C7, T1–T13, L1–L6, S1–S5"
_SEVERAL_LEVELS = re.compile(r"(.*[0-9])\s*([-–/,;+&]|und|and|bis|to)\s*(\S*[0-9])")


def _read_level(text: str, _dates: DateFormat) -> Cell:
    if text in SpinalLevel.__members__:
        return Cell(SpinalLevel(text))
    found = spellings.level_spelt_otherwise(text)
    if found is not None:
        return Cell(found, rules.LEVEL_SPELLING)
    if _SEVERAL_LEVELS.fullmatch(text):
        raise Refused(
            rules.LEVEL, "more than one level in a cell.", "Write one row for each vertebra."
        )
    raise Refused(rules.LEVEL, f"no such vertebra. Allowed: {_LEVELS}.", "Correct the level.")


_WHOLE = re.compile(r"[+-]?[0-9]+")
_WHOLE_WITH_ZEROS = re.compile(r"[+-]?[0-9]+[.,]0+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,' ][0-9]{3})+([.,][0-9]+)?")
_WITH_UNIT = re.compile(r"[+-]?[0-9.,]+\s*[^\W\d_%]+.*|[+-]?[0-9.,]+\s*%")


def _not_a_number(text: str, allowed: str) -> Refused:
    if _THOUSANDS.fullmatch(text):
        return Refused(
            rules.NUMBER,
            "a separator of thousands or a decimal comma, which cannot be told apart.",
            "Write the number with a decimal point and without separators.",
        )
    if _WITH_UNIT.fullmatch(text):
        return Refused(
            rules.NUMBER, "a number with other text.", "Leave the number alone in the cell."
        )
    return Refused(rules.NUMBER, f"not a number. Allowed: {allowed}.", "Correct the number.")


@dataclass(frozen=True, slots=True)
class Limits:
    """The possible values of a number, in words and as a test."""

    words: str
    contain: Callable[[float], bool]
    rule: Rule = rules.RANGE

    def check(self, value: float) -> None:
        """Refuse a value that is not possible."""
        if not self.contain(value):
            raise Refused(self.rule, f"not possible. Allowed: {self.words}.", "Correct the number.")


def whole_number(limits: Limits) -> CellKind:
    """Return the kind of a cell that holds a whole number."""

    def read(text: str, _dates: DateFormat) -> Cell:
        conversion = None
        if _WHOLE_WITH_ZEROS.fullmatch(text):
            conversion = rules.NUMBER_SPELLING
        elif not _WHOLE.fullmatch(text):
            raise _not_a_number(text, f"a whole number, {limits.words}")
        value = int(re.split("[.,]", text)[0])
        limits.check(value)
        return Cell(value, conversion)

    return CellKind(f"a whole number, {limits.words}", read, "zeros after a point or comma")


def number(limits: Limits) -> CellKind:
    """Return the kind of a cell that holds a number with a decimal point."""

    def read(text: str, _dates: DateFormat) -> Cell:
        conversion = None
        if _DECIMAL_COMMA.fullmatch(text) and not _THOUSANDS.fullmatch(text):
            conversion = rules.NUMBER_SPELLING
        elif not _DECIMAL.fullmatch(text):
            raise _not_a_number(text, f"a number, {limits.words}")
        value = float(text.replace(",", "."))
        limits.check(value)
        return Cell(value, conversion)

    return CellKind(f"a number, {limits.words}", read, "a decimal comma")


def shaped(pattern: Pattern) -> CellKind:
    """Return the kind of a cell that holds a text of one shape, such as a code."""

    def read(text: str, _dates: DateFormat) -> Cell:
        if pattern.contain(text):
            return Cell(text)
        plain = text.replace(" ", "")
        for other in (plain, plain.upper(), plain.lower()):
            if pattern.contain(other):
                return Cell(other, rules.CODE_SPELLING)
        raise Refused(rules.CODE, f"not allowed. Allowed: {pattern.words}.", "Correct the code.")

    return CellKind(pattern.words, read, "blanks, and letters of the other size")


def coded(codes: type[StrEnum]) -> CellKind:
    """Return the kind of a cell that holds one of a list of codes."""
    exact = {code.value: code for code in codes}
    return _words(tuple(exact), exact, spellings.words_for(codes), spellings.other_words(codes))


def _words(
    allowed: tuple[str, ...],
    exact: Mapping[str, object],
    folded: Mapping[str, object],
    others: Mapping[str, tuple[str, ...]],
) -> CellKind:
    def read(text: str, _dates: DateFormat) -> Cell:
        if text in exact:
            return Cell(exact[text])
        plain = spellings.fold(text)
        if plain in folded:
            return Cell(folded[plain], rules.CODE_SPELLING)
        near = difflib.get_close_matches(plain, allowed, n=1, cutoff=0.75)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise Refused(
            rules.CODE, f"not allowed. Allowed: {', '.join(allowed)}.{guess}", "Correct the cell."
        )

    understood = "; ".join(
        f"{', '.join(f'`{word}`' for word in words)} for {code}" for code, words in others.items()
    )
    return CellKind(", ".join(f"`{one}`" for one in allowed), read, understood)


_OTHER_YES_NO = {
    "yes": tuple(word for word in spellings.YES if word != "yes"),
    "no": tuple(word for word in spellings.NO if word != "no"),
}
_FOLDED_YES_NO: dict[str, bool | None] = {
    **dict.fromkeys(spellings.YES, True),
    **dict.fromkeys(spellings.NO, False),
}

TEXT = CellKind("any text", _read_text, is_text=True)
READER = CellKind(
    "any text; `adjudicated` for the settled reading",
    _read_reader,
    "`adjudication`, `consensus`, `konsens` for adjudicated",
    is_text=True,
)
DATE = CellKind(
    "a date in the declared format (`date_format`, by default YYYY-MM-DD)",
    _read_date,
    "a time of midnight after the date",
)
LEVEL = CellKind(_LEVELS, _read_level, "`Th12`, `TH 12`, `D12`, `t12`; `HWK`, `BWK`, `LWK`, `SWK`")
YES_NO = _words(("yes", "no"), {"yes": True, "no": False}, _FOLDED_YES_NO, _OTHER_YES_NO)
YES_NO_UNKNOWN = _words(
    ("yes", "no", "unknown"),
    {"yes": True, "no": False, "unknown": None},
    {**_FOLDED_YES_NO, **dict.fromkeys(spellings.UNKNOWN)},
    {**_OTHER_YES_NO, "unknown": spellings.UNKNOWN[1:]},
)
AGE = whole_number(
    Limits(f"0 to {MAXIMUM_AGE_YEARS}", lambda age: 0 <= age <= MAXIMUM_AGE_YEARS, rules.AGE)
)
