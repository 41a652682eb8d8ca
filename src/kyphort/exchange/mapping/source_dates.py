"""Dates as a source writes them, with two-digit years in a declared hundred years."""

import datetime as dt
import re
from dataclasses import dataclass

from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.dates import DATE_FORMATS, read_date, without_midnight
from kyphort.exchange.csv_set.refusal import Refused

SPREADSHEET = "spreadsheet serial"
_SHORT = {
    "DD.MM.YY": re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{2})"),
    "DD/MM/YY": re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{2})"),
    "MM/DD/YY": re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{2})"),
}
_SERIAL = re.compile(r"[0-9]{1,5}(\.0+)?")
_EPOCH = dt.date(1899, 12, 30)
_FIRST_RELIABLE_SERIAL = 61

SHORT_FORMATS = tuple(_SHORT)
"""The formats with two digits for the year."""
SOURCE_DATE_FORMATS = (*DATE_FORMATS, *_SHORT, SPREADSHEET)
"""The formats that a map can declare, by name."""


@dataclass(frozen=True, slots=True)
class SourceDates:
    """How dates are written; `first_year` begins the hundred years that two digits can mean."""

    format: str = "YYYY-MM-DD"
    first_year: int | None = None

    def read(self, text: str) -> dt.date:
        """Return the date that `text` writes in this format.

        A text that is written otherwise, or is no day of the calendar, is refused with the reason.

        Examples
        --------
        >>> SourceDates("DD.MM.YY", 1930).read("03.04.15")
        datetime.date(2015, 4, 3)
        >>> SourceDates("DD.MM.YY", 1930).read("03.04.31")
        datetime.date(1931, 4, 3)
        """
        plain = without_midnight(text)
        if self.format == SPREADSHEET:
            return _serial(plain)
        if self.format in _SHORT:
            return self._short(plain)
        try:
            return read_date(plain, DATE_FORMATS[self.format])
        except Refused as refused:
            raise _of_a_map(refused) from None

    def _short(self, text: str) -> dt.date:
        match = _SHORT[self.format].fullmatch(text)
        if match is None:
            raise Refused(
                rules.DATE_FORMAT,
                f"not a date as {self.format}.",
                "Write it so, or declare another date_format in the map.",
            )
        first = self.first_year or 1900
        year = first + (int(match["year"]) - first) % 100
        try:
            return dt.date(year, int(match["month"]), int(match["day"]))
        except ValueError:
            raise Refused(
                rules.DATE_IMPOSSIBLE,
                f"there is no such day (read as {self.format}).",
                "Correct the date.",
            ) from None


def _serial(text: str) -> dt.date:
    if not _SERIAL.fullmatch(text) or float(text) < _FIRST_RELIABLE_SERIAL:
        raise Refused(
            rules.DATE_SERIAL,
            "not a spreadsheet's serial number of a day after February 1900.",
            "Correct the cell, or declare another date_format in the map.",
        )
    return _EPOCH + dt.timedelta(days=int(float(text)))


def _of_a_map(refused: Refused) -> Refused:
    """Name the map where the data set's own check would name dataset.toml."""
    remedy = refused.remedy.replace("in dataset.toml", "in the map")
    if refused.rule is rules.DATE_YEAR and "two digits" in refused.message:
        remedy = 'Declare date_format = "DD.MM.YY" (or alike) and two_digit_years_from in the map.'
    if refused.rule is rules.DATE_SERIAL:
        remedy = f'{remedy} Or declare date_format = "{SPREADSHEET}" for the column in the map.'
    return Refused(refused.rule, refused.message, remedy)
