"""Units of time: the one place where a month is defined."""

import calendar
import datetime as dt

DAYS_PER_MONTH = 30.4375
"""Days in a month: 365.25 / 12."""


_DAYS_OF_EVERY_MONTH = 28


def days_between(start: dt.date, end: dt.date) -> int:
    """Return the whole days from `start` to `end` [d], negative when `end` comes first.

    >>> days_between(dt.date(2012, 5, 2), dt.date(2012, 6, 17))
    46
    """
    return (end - start).days


def months_from_days(days: float) -> float:
    """Convert days [d] to months [mo] of 30.4375 days.

    >>> months_from_days(365.25)
    12.0
    """
    return days / DAYS_PER_MONTH


def add_calendar_months(date: dt.date, months: int) -> dt.date:
    """Return the same day of the month `months` later, clamped to the month's end.

    Follow-up schedules use calendar months: 31 August plus six months is the last of February.

    >>> add_calendar_months(dt.date(2015, 8, 31), 6)
    datetime.date(2016, 2, 29)
    """
    index = date.year * 12 + date.month - 1 + months
    year, month = divmod(index, 12)
    if date.day <= _DAYS_OF_EVERY_MONTH:
        return dt.date(year, month + 1, date.day)
    last_day = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(date.day, last_day))
