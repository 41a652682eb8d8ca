"""Who is due for what: the due list as a pure function of cohort, protocol and date."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kyphort.clinical import Cohort, Patient, SpinalLevel
from kyphort.protocol.due_visit import Course, DueVisit, MissingItem, VisitState
from kyphort.protocol.records import Record, records_of
from kyphort.protocol.schedule import FollowUpProtocol, Requirement
from kyphort.protocol.targets import Plan, Target

_RANK = {state: rank for rank, state in enumerate(VisitState)}


def due_list(cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date) -> tuple[DueVisit, ...]:
    """Return every planned visit of every patient with its state on the date `as_of`.

    Nothing recorded after `as_of` is looked at, neither visits nor deaths. Each level counts from
    its own procedure. A visit that brings something required fulfils one planned visit of a course
    at most: the nearest whose window contains it, of two equally near the earlier. A late visit
    makes good the last one whose window has closed, unless it is unscheduled or the next window for
    the same has opened. Several visits can fulfil one planned visit together. Repetitions are
    listed up to the first whose window opens after `as_of`.

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
    >>> first.patient_id, first.planned.name, str(first.state), first.days_overdue
    ('SYN-P005', '30 months', 'overdue', 120)
    """
    plan = Plan(protocol)
    found: list[DueVisit] = []
    for patient in cohort.patients:
        known = _known(cohort, patient, as_of)
        for procedure_date, levels in _procedures(cohort, patient, as_of).items():
            course = _course(patient, procedure_date, tuple(levels), known, plan)
            found += _visits_of_course(course, plan, known)
    return tuple(sorted(found, key=_urgency))


@dataclass(slots=True)
class _Known:
    """What is known of one patient on the date of the list."""

    as_of: dt.date
    records: list[Record]
    death: dt.date | None
    last_seen: dt.date
    until: dt.date


def _known(cohort: Cohort, patient: Patient, as_of: dt.date) -> _Known:
    death = patient.death_date
    is_dead = death is not None and death <= as_of
    last_day = min(as_of, death) if death is not None else as_of
    records = [one for one in records_of(cohort.visits_of(patient)) if one.date <= as_of]
    return _Known(
        as_of,
        records,
        death if is_dead else None,
        _last_seen(cohort, patient, records, as_of),
        min(last_day - dt.timedelta(days=1), cohort.data_cut_off),
    )


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


def _visits_of_course(course: Course, plan: Plan, known: _Known) -> list[DueVisit]:
    targets = plan.targets(course.procedure_date, known.death or known.as_of)
    assigned = _assigned(course, targets, known.records)
    return [
        _due_visit(course, target, assigned.get(position, ()), known)
        for position, target in enumerate(targets)
    ]


def _due_visit(
    course: Course, target: Target, records: Iterable[Record], known: _Known
) -> DueVisit:
    missing, done_date = _outcome(course, target, records)
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


def _assigned(
    course: Course, targets: list[Target], records: list[Record]
) -> dict[int, list[Record]]:
    """Return the records that count for each target, by the target's position."""
    found: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        position = _fulfilled(course, targets, record)
        if position is not None:
            found[position].append(record)
    return found


def _fulfilled(course: Course, targets: list[Target], record: Record) -> int | None:
    """Return the position of the target that a record counts for."""
    date, nearest, late = record.date, None, None
    shortest = dt.timedelta.max
    for position, target in enumerate(targets):
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
    course: Course, target: Target, records: Iterable[Record]
) -> tuple[tuple[MissingItem, ...], dt.date | None]:
    """Return what is missing for a target, and the day on which it was complete."""
    missing: list[MissingItem] = []
    dates: list[dt.date] = []
    for kind in target.planned.requires:
        for level in course.levels if kind is Requirement.IMAGING else (None,):
            date = _first_date(records, kind, level)
            if date is None:
                missing.append(MissingItem(kind, level))
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
        can_be_late = known.death is None and known.as_of <= target.late_until
        return VisitState.OVERDUE if can_be_late else VisitState.MISSED
    if known.death is not None:
        return VisitState.CLOSED_DEATH
    if target.end < known.as_of:
        return VisitState.CLOSED_CUT_OFF
    return VisitState.DUE if target.start <= known.as_of else VisitState.SCHEDULED


def _urgency(visit: DueVisit) -> tuple[int, int, str, dt.date, dt.date, str]:
    date = visit.window_end if visit.state is VisitState.DUE else visit.target_date
    by_state = -visit.days_overdue if visit.state is VisitState.OVERDUE else date.toordinal()
    course = visit.course
    return (
        _RANK[visit.state],
        by_state,
        course.patient_id,
        course.procedure_date,
        visit.target_date,
        visit.planned.id,
    )
