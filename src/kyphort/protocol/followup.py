"""Who is due for what: the due list as a pure function of cohort, protocol and date."""

import datetime as dt
import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from kyphort.clinical import (
    Cohort,
    LossToFollowUp,
    Patient,
    SpinalLevel,
    TrialMembership,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.protocol.due_visit import Course, DueVisit, MissingItem, VisitState
from kyphort.protocol.records import Record, records_of
from kyphort.protocol.schedule import FollowUpProtocol, Requirement
from kyphort.protocol.targets import Anchors, Calendar, Plan, Target

_RANK = {state: rank * 10 * dt.date.max.toordinal() for rank, state in enumerate(VisitState)}
"""The states, far enough apart for any number of days between them."""


def due_list(cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date) -> tuple[DueVisit, ...]:
    """Return every planned visit of every patient with its state on the date `as_of`.

    Nothing recorded after `as_of` is looked at, neither visits nor deaths, and nothing recorded
    after the patient withdrew or was given up as lost. Each level counts from its own procedure, or
    from the patient's randomisation where the protocol says so. A visit that brings something
    required fulfils one planned visit of a course at most: the nearest whose window contains it, of
    two equally near the earlier. A late visit makes good the last one whose window has closed,
    unless it is unscheduled or the next window for the same has opened. Several visits can fulfil
    one planned visit together. Repetitions are listed up to the first whose window opens after
    `as_of`.

    The most urgent stand first: overdue by days overdue, due by the end of the window, scheduled by
    target.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.protocol import load_protocol
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> visits = due_list(cohort, load_protocol("bludau2020_abstract"), dt.date(2015, 1, 1))
    >>> first = visits[0]
    >>> str(first.state), first.days_overdue > 0
    ('overdue', True)
    """
    with _without_collections():
        return tuple(sorted(_visits(cohort, protocol, as_of), key=_urgency))


@contextmanager
def _without_collections() -> Iterator[None]:
    """Spare the garbage collector: a third of the time went into walking what is all still used."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _visits(cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date) -> list[DueVisit]:
    """Return the visits of every course, by patient, procedure and target."""
    plan = Plan(protocol, as_of)
    found: list[DueVisit] = []
    for patient in cohort.patients:
        known = _known(cohort, patient, as_of)
        randomised = _randomisation(cohort, patient, protocol)
        for procedure_date, levels in sorted(_procedures(cohort, patient, as_of).items()):
            course = _course(patient, procedure_date, tuple(levels), known, plan)
            anchors = Anchors(procedure_date, randomised)
            found += _visits_of_course(course, plan.calendar(anchors), plan, known)
    return found


@dataclass(slots=True)
class _Known:
    """What is known of one patient on the date of the list; `closed` is why `end` ends it."""

    as_of: dt.date
    records: list[Record]
    end: dt.date | None
    closed: VisitState
    last_seen: dt.date
    until: dt.date
    counts: bool


def _known(cohort: Cohort, patient: Patient, as_of: dt.date) -> _Known:
    end, closed = _end_of_follow_up(cohort, patient, as_of)
    last_day = as_of if end is None else end
    records = [one for one in records_of(cohort.visits_of(patient)) if one.date <= last_day]
    return _Known(
        as_of,
        records,
        end,
        closed,
        _last_seen(cohort, patient, records, as_of),
        min(last_day - dt.timedelta(days=1), cohort.data_cut_off),
        not any(
            one.form is not WithdrawalForm.STOP_FOLLOW_UP and one.withdrawal_date <= as_of
            for one in cohort.of(patient, Withdrawal)
        ),
    )


def _end_of_follow_up(
    cohort: Cohort, patient: Patient, as_of: dt.date
) -> tuple[dt.date | None, VisitState]:
    """Return the first day up to `as_of` that ended follow-up, and the state of what it closed."""
    ends: list[tuple[dt.date, VisitState]] = []
    if patient.death_date is not None:
        ends.append((patient.death_date, VisitState.CLOSED_DEATH))
    for withdrawal in cohort.of(patient, Withdrawal):
        ends.append((withdrawal.withdrawal_date, VisitState.CLOSED_WITHDRAWAL))
    for loss in cohort.of(patient, LossToFollowUp):
        ends.append((loss.loss_date, VisitState.CLOSED_LOSS))
    past = [one for one in ends if one[0] <= as_of]
    return min(past, key=lambda one: one[0]) if past else (None, VisitState.CLOSED_DEATH)


def _randomisation(cohort: Cohort, patient: Patient, protocol: FollowUpProtocol) -> dt.date | None:
    """Return the day of randomisation in the protocol's trial, or in any when it names none."""
    dates = [
        one.randomisation_date
        for one in cohort.of(patient, TrialMembership)
        if one.randomisation_date is not None and protocol.trial in {"", one.trial}
    ]
    return min(dates, default=None)


def _last_seen(cohort: Cohort, patient: Patient, records: list[Record], as_of: dt.date) -> dt.date:
    if patient.last_contact_date <= as_of:
        return patient.last_contact_date
    procedures = (one.procedure_date for one in cohort.vertebrae_of(patient))
    contacts = [*procedures, *(one.date for one in records)]
    return max((date for date in contacts if date <= as_of), default=as_of)


def _procedures(
    cohort: Cohort, patient: Patient, as_of: dt.date
) -> dict[dt.date, list[SpinalLevel]]:
    """Return the levels treated up to `as_of`, by the date of their procedure."""
    levels: defaultdict[dt.date, list[SpinalLevel]] = defaultdict(list)
    for vertebra in cohort.vertebrae_of(patient):
        if vertebra.procedure_date <= as_of:
            levels[vertebra.procedure_date].append(vertebra.level)
    return levels


def _course(
    patient: Patient,
    procedure_date: dt.date,
    levels: tuple[SpinalLevel, ...],
    known: _Known,
    plan: Plan,
) -> Course:
    return Course(
        patient.patient_id,
        levels,
        procedure_date,
        known.last_seen,
        _valid_until(known.records, procedure_date, levels, plan.kinds),
        known.until,
        known.counts,
    )


def _valid_until(
    records: list[Record],
    procedure_date: dt.date,
    levels: tuple[SpinalLevel, ...],
    kinds: frozenset[Requirement],
) -> dt.date | None:
    latest: list[dt.date] = []
    for kind in kinds:
        for level in levels if kind is Requirement.IMAGING else (None,):
            date = _first_date(reversed(records), kind, level)
            if date is None or date < procedure_date:
                return None
            latest.append(date)
    return min(latest)


def _visits_of_course(
    course: Course, calendar: Calendar, plan: Plan, known: _Known
) -> list[DueVisit]:
    assigned = _assigned(course, calendar, known.records)
    count = calendar.count_until(known.end or known.as_of)
    return [
        _due_visit(course, target, assigned.get(position, ()), known, plan)
        for position, target in enumerate(calendar.targets[:count])
    ]


def _due_visit(
    course: Course, target: Target, records: Sequence[Record], known: _Known, plan: Plan
) -> DueVisit:
    missing, done_date = plan.nothing_done(target.planned, course.levels), None
    if records:
        missing, done_date = _outcome(missing, records)
    state = VisitState.DONE if not missing else _open_state(target, known)
    return DueVisit(
        course,
        target.planned,
        target.date,
        target.start,
        target.end,
        state,
        missing,
        None if missing else done_date,
        (known.as_of - target.end).days if state is VisitState.OVERDUE else 0,
    )


def _assigned(course: Course, calendar: Calendar, records: list[Record]) -> dict[int, list[Record]]:
    """Return the records that count for each target, by the target's position."""
    found: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        position = _fulfilled(course, calendar, record)
        if position is not None:
            found[position].append(record)
    return found


def _fulfilled(course: Course, calendar: Calendar, record: Record) -> int | None:
    """Return the position of the target that a record counts for."""
    date, nearest, late = record.date, None, None
    shortest = dt.timedelta.max
    for position in calendar.candidates(date):
        target = calendar.targets[position]
        if not target.start <= date <= target.late_until:
            continue
        if not record.serves(target.planned.requires, course.levels):
            continue
        if date > target.end:
            late = position
        elif abs(date - target.date) < shortest:
            nearest, shortest = position, abs(date - target.date)
    return nearest if nearest is not None or record.is_unscheduled else late


def _outcome(
    asked: tuple[MissingItem, ...], records: Sequence[Record]
) -> tuple[tuple[MissingItem, ...], dt.date | None]:
    """Return what is missing of what a target asks for, and the day on which it was complete."""
    missing: list[MissingItem] = []
    dates: list[dt.date] = []
    for item in asked:
        date = _first_date(records, item.kind, item.level)
        if date is None:
            missing.append(item)
        else:
            dates.append(date)
    return tuple(missing), max(dates, default=None)


def _first_date(
    records: Iterable[Record], kind: Requirement, level: SpinalLevel | None
) -> dt.date | None:
    for record in records:
        if record.has(kind, level):
            return record.date
    return None


def _open_state(target: Target, known: _Known) -> VisitState:
    """Return the state of a visit that still lacks something."""
    if target.end <= known.until:
        can_be_late = known.end is None and known.as_of <= target.late_until
        return VisitState.OVERDUE if can_be_late else VisitState.MISSED
    if known.end is not None:
        return known.closed
    if target.end < known.as_of:
        return VisitState.CLOSED_CUT_OFF
    return VisitState.DUE if target.start <= known.as_of else VisitState.SCHEDULED


def _urgency(visit: DueVisit) -> int:
    """Return the rank of a visit; of equal ones the patient, procedure and target decide.

    Those come in order already, and the sort keeps it.
    """
    if visit.state is VisitState.OVERDUE:
        return _RANK[visit.state] - visit.days_overdue
    date = visit.window_end if visit.state is VisitState.DUE else visit.target_date
    return _RANK[visit.state] + date.toordinal()
