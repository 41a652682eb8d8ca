"""The due list as a plain loop over patients, targets and visits: nothing is laid out or kept.

It is written from docs/methods/follow-up.md alone and shares no step with `kyphort.protocol`, so it
is the peer that the benchmark times and the second opinion that the tests ask.
"""

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from kyphort.clinical import (
    ADJUDICATED,
    Cohort,
    LocalStatus,
    LossToFollowUp,
    Modality,
    Patient,
    SpinalLevel,
    TrialMembership,
    Visit,
    VisitKind,
    Withdrawal,
)
from kyphort.protocol import FollowUpProtocol, OffsetUnit, PlannedVisit

Listed = tuple[str, dt.date, str, dt.date, str, tuple[str, ...]]
"""Patient, procedure, visit, target, state, and what is missing."""
_ONE_DAY = dt.timedelta(1)


@dataclass
class _Target:
    planned: PlannedVisit
    name: str
    date: dt.date
    opens: dt.date
    closes: dt.date


def due_by_loop(cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date) -> list[Listed]:
    """Return every planned visit with its state, in no order."""
    found: list[Listed] = []
    for patient in cohort.patients:
        ends = [(patient.death_date, "closed_death")] if patient.death_date else []
        ends += [
            (one.withdrawal_date, "closed_withdrawal") for one in cohort.of(patient, Withdrawal)
        ]
        ends += [(one.loss_date, "closed_loss") for one in cohort.of(patient, LossToFollowUp)]
        ends = sorted((one for one in ends if one[0] <= as_of), key=lambda one: one[0])
        end = ends[0] if ends else None
        for procedure in {one.procedure_date for one in cohort.vertebrae_of(patient)}:
            if procedure <= as_of:
                found += _course(cohort, patient, procedure, protocol, as_of, end)
    return found


def _course(  # noqa: PLR0917
    cohort: Cohort,
    patient: Patient,
    procedure: dt.date,
    protocol: FollowUpProtocol,
    as_of: dt.date,
    end: tuple[dt.date, str] | None,
) -> Iterator[Listed]:
    levels = [one.level for one in cohort.vertebrae_of(patient) if one.procedure_date == procedure]
    last_day = end[0] if end else as_of
    known = min(last_day - _ONE_DAY, cohort.data_cut_off)
    targets = list(_targets(cohort, patient, procedure, protocol, last_day))
    brought: dict[int, list[Visit]] = {}
    for visit in cohort.visits_of(patient):
        if visit.visit_date <= last_day:
            place = _place(visit, targets, levels)
            if place is not None:
                brought.setdefault(place, []).append(visit)
    for place, target in enumerate(targets):
        missing = tuple(_missing(target.planned, levels, brought.get(place, [])))
        if not missing:
            state = "done"
        elif target.closes <= known:
            is_late = end is None and as_of <= _late_until(targets, place)
            state = "overdue" if is_late else "missed"
        elif end:
            state = end[1]
        elif target.closes < as_of:
            state = "closed_cut_off"
        else:
            state = "due" if target.opens <= as_of else "scheduled"
        yield patient.patient_id, procedure, target.name, target.date, state, missing


def _targets(
    cohort: Cohort,
    patient: Patient,
    procedure: dt.date,
    protocol: FollowUpProtocol,
    last_day: dt.date,
) -> Iterator[_Target]:
    randomised = [
        one.randomisation_date
        for one in cohort.of(patient, TrialMembership)
        if one.randomisation_date and (not protocol.trial or one.trial == protocol.trial)
    ]
    for planned in protocol.visits:
        anchor = procedure
        if planned.anchor == "randomisation":
            if not randomised:
                continue
            anchor = min(randomised)
        number = planned.offset.number
        while True:
            date = _after(anchor, number, planned.offset.unit)
            name = planned.id if number == planned.offset.number else f"m{number}"
            opens = date - dt.timedelta(planned.before_days)
            yield _Target(planned, name, date, opens, date + dt.timedelta(planned.after_days))
            if planned.repeat_every_months is None or opens > last_day:
                break
            number += planned.repeat_every_months


def _after(anchor: dt.date, number: int, unit: OffsetUnit) -> dt.date:
    if unit != OffsetUnit.MONTHS:
        return anchor + dt.timedelta(number * (7 if unit == OffsetUnit.WEEKS else 1))
    years, month = divmod(anchor.month - 1 + number, 12)
    year = anchor.year + years
    return dt.date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def _late_until(targets: list[_Target], place: int) -> dt.date:
    """Return the last day on which a visit still counts for a target."""
    target = targets[place]
    limit = dt.date.max
    if target.planned.make_good_days is not None:
        limit = target.closes + dt.timedelta(target.planned.make_good_days)
    for later in targets[place + 1 :]:
        if set(later.planned.requires) & set(target.planned.requires):
            limit = min(limit, later.opens - _ONE_DAY)
            break
    return max(limit, target.closes)


def _place(visit: Visit, targets: list[_Target], levels: list[SpinalLevel]) -> int | None:
    """Return the target for which a visit counts."""
    open_ones, late_ones = [], []
    for place, target in enumerate(targets):
        asked = [(kind, level) for kind in target.planned.requires for level in levels]
        if not any(_brings(visit, kind, level) for kind, level in asked):
            continue
        if target.opens <= visit.visit_date <= target.closes:
            open_ones.append((abs(visit.visit_date - target.date), place))
        elif target.closes < visit.visit_date <= _late_until(targets, place):
            late_ones.append(place)
    if open_ones:
        return min(open_ones)[1]
    return late_ones[-1] if late_ones and visit.kind is not VisitKind.UNSCHEDULED else None


def _brings(visit: Visit, kind: str, level: SpinalLevel) -> bool:
    if kind == "seen":
        return True
    if kind == "pain":
        return visit.pain is not None
    if visit.modality is Modality.NONE:
        return False
    readings = [one for one in visit.assessments if one.level is level]
    settled = [one for one in readings if one.reader == ADJUDICATED]
    return any(one.local_status is not LocalStatus.NOT_ASSESSABLE for one in settled or readings)


def _missing(
    planned: PlannedVisit, levels: list[SpinalLevel], visits: list[Visit]
) -> Iterator[str]:
    for kind in planned.requires:
        if kind == "imaging":
            for level in levels:
                if not any(_brings(visit, kind, level) for visit in visits):
                    yield f"imaging {level}"
        elif not any(_brings(visit, kind, levels[0]) for visit in visits):
            yield "pain score" if kind == "pain" else "visit"
