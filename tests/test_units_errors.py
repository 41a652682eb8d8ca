"""Units of time and the family of errors."""

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort import errors
from kyphort.errors import KyphortError
from kyphort.units import DAYS_PER_MONTH, add_calendar_months, days_between, months_from_days

DATES = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
MONTHS = st.integers(-600, 600)


def test_a_month_is_a_twelfth_of_a_julian_year() -> None:
    assert DAYS_PER_MONTH == 365.25 / 12


def test_days_count_over_a_leap_day_and_backwards() -> None:
    assert days_between(dt.date(2016, 2, 28), dt.date(2016, 3, 1)) == 2
    assert days_between(dt.date(2015, 3, 1), dt.date(2015, 2, 28)) == -1
    assert days_between(dt.date(2015, 3, 1), dt.date(2015, 3, 1)) == 0


def test_months_from_days_are_exact_for_whole_multiples() -> None:
    assert months_from_days(DAYS_PER_MONTH) == 1
    assert months_from_days(3652.5) == 120
    assert months_from_days(0.5) == 0.5 / 30.4375


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2015-01-31", 1, "2015-02-28"),
        ("2016-01-31", 1, "2016-02-29"),
        ("2100-01-31", 1, "2100-02-28"),
        ("2015-08-31", 6, "2016-02-29"),
        ("2015-12-15", 1, "2016-01-15"),
        ("2015-11-30", 13, "2016-12-30"),
        ("2016-02-29", 12, "2017-02-28"),
        ("2016-02-29", 48, "2020-02-29"),
        ("2015-01-15", -1, "2014-12-15"),
        ("2015-03-31", -1, "2015-02-28"),
        ("2015-12-31", -12, "2014-12-31"),
        ("2015-05-17", 0, "2015-05-17"),
    ],
)
def test_calendar_months(start: str, months: int, expected: str) -> None:
    assert add_calendar_months(dt.date.fromisoformat(start), months).isoformat() == expected


@given(DATES, MONTHS)
def test_the_calendar_moves_by_exactly_that_many_months(date: dt.date, months: int) -> None:
    moved = add_calendar_months(date, months)
    assert (moved.year - date.year) * 12 + moved.month - date.month == months


@given(DATES, MONTHS)
def test_the_day_is_kept_or_is_the_last_of_its_month(date: dt.date, months: int) -> None:
    moved = add_calendar_months(date, months)
    last = calendar.monthrange(moved.year, moved.month)[1]
    assert moved.day == (date.day if date.day <= last else last)


@given(DATES, MONTHS)
def test_there_and_back_never_lands_after_the_start(date: dt.date, months: int) -> None:
    back = add_calendar_months(add_calendar_months(date, months), -months)
    assert back <= date
    assert days_between(back, date) <= 3
    if date.day <= 28:
        assert back == date


FAMILY: list[type[KyphortError]] = [KyphortError, *KyphortError.__subclasses__()]


def test_codes_and_exit_codes_are_distinct() -> None:
    assert len({one.code for one in FAMILY}) == len(FAMILY)
    assert len({one.exit_code for one in FAMILY}) == len(FAMILY)


def test_no_exit_code_says_success_or_wrong_usage() -> None:
    assert {0, 2}.isdisjoint(one.exit_code for one in FAMILY)


@pytest.mark.parametrize(
    ("kind", "code", "exit_code", "builtin"),
    [
        (errors.InvalidDataError, "invalid-data", 3, ValueError),
        (errors.UnknownPublicationError, "unknown-publication", 4, LookupError),
        (errors.RegistryError, "registry", 5, Exception),
        (errors.OutputError, "output", 6, Exception),
    ],
)
def test_codes_stay_as_they_are(
    kind: type[KyphortError], code: str, exit_code: int, builtin: type[Exception]
) -> None:
    assert (kind.code, kind.exit_code) == (code, exit_code)
    assert issubclass(kind, builtin)
    assert str(kind("a helpful sentence")) == "a helpful sentence"
