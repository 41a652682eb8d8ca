"""Dates in one declared format; what is not in it is refused, and the likely format named."""

import datetime as dt
import re
from dataclasses import dataclass

from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.findings import listed
from kyphort.exchange.csv_set.refusal import Refused

_EARLIEST_YEAR = 1900
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?Z?$")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[./\-][0-9]{1,2}[./\-][0-9]{2}")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A way to write a date: its name, as a data set declares it, and its pattern."""

    name: str
    pattern: re.Pattern[str]

    def fields(self, text: str) -> tuple[int, int, int] | None:
        """Return year, month and day, None when `text` has another shape."""
        match = self.pattern.fullmatch(text)
        return match and (int(match["year"]), int(match["month"]), int(match["day"]))

    def date(self, text: str) -> dt.date | None:
        """Return the date, None when `text` has another shape or the day does not exist."""
        fields = self.fields(text)
        try:
            return fields and dt.date(*fields)
        except ValueError:
            return None


_DAY, _MONTH, _YEAR = "(?P<day>[0-9]{1,2})", "(?P<month>[0-9]{1,2})", "(?P<year>[0-9]{4})"
ISO = DateFormat(
    "YYYY-MM-DD", re.compile("(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
)
DATE_FORMATS = {
    one.name: one
    for one in (
        ISO,
        DateFormat("DD.MM.YYYY", re.compile(rf"{_DAY}\.{_MONTH}\.{_YEAR}")),
        DateFormat("DD/MM/YYYY", re.compile(f"{_DAY}/{_MONTH}/{_YEAR}")),
        DateFormat("MM/DD/YYYY", re.compile(f"{_MONTH}/{_DAY}/{_YEAR}")),
    )
}
"""The formats that a data set can declare, by name."""


def read_date(text: str, declared: DateFormat) -> dt.date:
    """Return the date that `text` writes in the declared format.

    Raises
    ------
    Refused
        When it is in another format, a serial number, or no day of the calendar. Nothing is
        guessed: 03/04/2015 is a day in March or in April, whatever the neighbours look like.

    Examples
    --------
    >>> read_date("03.04.2015", DATE_FORMATS["DD.MM.YYYY"])
    datetime.date(2015, 4, 3)
    """
    found = declared.date(text)
    if found is None:
        raise _refusal(text, declared)
    if found.year < _EARLIEST_YEAR:
        raise Refused(
            rules.DATE_YEAR,
            f"the year {found.year} lies before {_EARLIEST_YEAR}.",
            "Write the year with its four digits.",
        )
    return found


def without_midnight(text: str) -> str:
    """Return a date without the time of midnight that some programs add.

    >>> without_midnight("2015-04-03 00:00:00")
    '2015-04-03'
    """
    return _MIDNIGHT.sub("", text)


def _refusal(text: str, declared: DateFormat) -> Refused:
    if declared.fields(text) is not None:
        return Refused(
            rules.DATE_IMPOSSIBLE,
            f"there is no such day (read as {declared.name}).{_exchanged(text, declared)}",
            "Correct the date.",
        )
    if _SERIAL.fullmatch(text):
        return _serial(text, declared)
    if _SHORT_YEAR.fullmatch(text):
        return Refused(
            rules.DATE_YEAR,
            "the year has two digits, so the century is open.",
            f"Write the date as {declared.name}.",
        )
    return _other_format(text, declared)


def _other_format(text: str, declared: DateFormat) -> Refused:
    likely = [name for name, one in DATE_FORMATS.items() if one.date(text) is not None]
    if not likely:
        others = listed((name for name in DATE_FORMATS if name != declared.name), len(DATE_FORMATS))
        return Refused(
            rules.DATE_FORMAT,
            f"not a date as {declared.name}.",
            f"Write it so, or declare another date_format in dataset.toml ({others}).",
        )
    open_question = ", and a cell cannot tell which" if len(likely) > 1 else ""
    declaration = " or ".join(f'date_format = "{name}"' for name in likely)
    return Refused(
        rules.DATE_FORMAT,
        f"not a date as {declared.name}; looks like {' or '.join(likely)}{open_question}.",
        f"Declare {declaration} in dataset.toml if all dates are so, or rewrite the column.",
    )


def _exchanged(text: str, declared: DateFormat) -> str:
    others = [
        name
        for name, one in DATE_FORMATS.items()
        if one is not declared and one.date(text) is not None
    ]
    return f" As {others[0]} it would be one." if others else ""


def _serial(text: str, declared: DateFormat) -> Refused:
    day = _EXCEL_EPOCH + dt.timedelta(days=int(float(text)))
    return Refused(
        rules.DATE_SERIAL,
        f"looks like a spreadsheet's serial number (day {day}), not a date.",
        f"Format the column as a date, {declared.name}, and save the file again.",
    )
