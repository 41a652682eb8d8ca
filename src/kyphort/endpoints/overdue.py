"""Scans that were due and did not happen: how stale is what a curve rests on."""

import datetime as dt
from dataclasses import dataclass

from kyphort.clinical import Cohort, LocalStatus, Patient, TreatedVertebra
from kyphort.endpoints.readers import settled_readings
from kyphort.protocol import Schedule
from kyphort.units import DAYS_PER_MONTH, add_calendar_months, days_between


@dataclass(frozen=True, slots=True)
class OverdueCount:
    """At one time: vertebrae still followed without progression, and those with a scan missing."""

    time_months: float
    followed: int
    overdue: int


def overdue_scans(
    cohort: Cohort, schedule: Schedule, times_months: tuple[float, ...]
) -> tuple[OverdueCount, ...]:
    """Count, at each time, vertebrae whose latest due scan has not been done.

    A vertebra is followed at t when its patient is in contact at t and no progression was seen
    before. Its latest due scan is the last target of the schedule whose window has closed by t; it
    counts as done when the level was assessed since that target's window opened. Before the first
    window has closed nothing is overdue.
    """
    histories = [
        _history(cohort, patient, vertebra)
        for patient in cohort.patients
        for vertebra in cohort.vertebrae_of(patient)
    ]
    return tuple(_count_at(histories, schedule, time) for time in times_months)


@dataclass(frozen=True, slots=True)
class _History:
    """One vertebra in days since its procedure: contact, assessable scans, first progression."""

    origin: dt.date
    last_contact: int
    scans: tuple[int, ...]
    progression: float


def _history(cohort: Cohort, patient: Patient, vertebra: TreatedVertebra) -> _History:
    origin = vertebra.procedure_date
    readings = [
        (days_between(origin, visit.visit_date), reading.local_status)
        for visit in cohort.visits_of(patient)
        for reading in settled_readings(visit)
        if reading.level is vertebra.level
        and visit.visit_date >= origin
        and reading.local_status is not LocalStatus.NOT_ASSESSABLE
    ]
    progressions = [day for day, status in readings if status is LocalStatus.PROGRESSION]
    return _History(
        origin,
        days_between(origin, patient.last_contact_date),
        tuple(day for day, _ in readings),
        min(progressions, default=float("inf")),
    )


def _count_at(histories: list[_History], schedule: Schedule, time_months: float) -> OverdueCount:
    day = time_months * DAYS_PER_MONTH
    followed = [one for one in histories if one.last_contact >= day and one.progression >= day]
    overdue = sum(_is_overdue(one, schedule, day) for one in followed)
    return OverdueCount(time_months, len(followed), overdue)


def _is_overdue(history: _History, schedule: Schedule, day: float) -> bool:
    targets = (
        days_between(history.origin, add_calendar_months(history.origin, month))
        for month in schedule.targets_until(day / DAYS_PER_MONTH)
    )
    closed = [target for target in targets if target + schedule.window_days <= day]
    if not closed:
        return False
    opened = closed[-1] - schedule.window_days
    return not any(opened <= scan <= day for scan in history.scans)
