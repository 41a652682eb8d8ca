"""Who is due for what: the due list as a pure function of cohort, protocol and date."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical import Cohort, Patient, SpinalLevel
from kyphort.protocol.records import Record, records_of
from kyphort.protocol.schedule import FollowUpProtocol, PlannedVisit, Requirement
from kyphort.protocol.targets import Plan, Target


class VisitState(StrEnum):
    """What is to be done about a visit, the most urgent first.

    `overdue`: the window has closed, something is missing, and a late visit would still count.
    `due`: the window is open. `scheduled`: it has not opened yet. `missed`: the window has closed
    and nothing can make it good. `done`: everything required is there. `closed_death`: the patient
    died before the window closed. `closed_cut_off`: the window closed after the last day of which
    the data know anything.
    """

    OVERDUE = "overdue"
    DUE = "due"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    DONE = "done"
    CLOSED_DEATH = "closed_death"
    CLOSED_CUT_OFF = "closed_cut_off"


_RANK = {state: rank for rank, state in enumerate(VisitState)}


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing that a visit still lacks; imaging names its level.

    >>> str(MissingItem(Requirement.IMAGING, SpinalLevel.T12)), str(MissingItem(Requirement.PAIN))
    ('imaging T12', 'pain score')
    """

    kind: Requirement
    level: SpinalLevel | None = None

    def __str__(self) -> str:
        """Write what is missing in words."""
        words = {Requirement.PAIN: "pain score", Requirement.SEEN: "visit"}
        return words.get(self.kind, f"imaging {self.level}")


@dataclass(frozen=True, slots=True)
class Course:
    """The levels treated in one procedure, which are followed together.

    `last_seen` is the last day up to the date of the list on which the patient was in contact.
    `data_valid_until` is the day as of which everything that the protocol asks for is known: the
    earliest, over the required kinds and levels, of the latest records since the procedure; None
    when one of them was never recorded. `known_until` is the last day by which a window must have
    closed for the data to say whether its visit took place.
    """

    patient_id: str
    levels: tuple[SpinalLevel, ...]
    procedure_date: dt.date
    last_seen: dt.date
    data_valid_until: dt.date | None
    known_until: dt.date


@dataclass(frozen=True, slots=True)
class DueVisit:
    """One planned visit after one procedure, and how it stands on the date of the list.

    `missing` lists what has not been recorded for it; `done_date` is the day on which the last
    required item was recorded; `days_overdue` counts from the last day of the window [d].
    """

    course: Course
    planned: PlannedVisit
    target_date: dt.date
    window_start: dt.date
    window_end: dt.date
    state: VisitState
    missing: tuple[MissingItem, ...]
    done_date: dt.date | None
    days_overdue: int

    @property
    def patient_id(self) -> str:
        """The pseudonym."""
        return self.course.patient_id

    @property
    def levels(self) -> tuple[SpinalLevel, ...]:
        """The levels treated in the procedure, head to tail."""
        return self.course.levels

    @property
    def procedure_date(self) -> dt.date:
        """The day of the procedure, the anchor of the visit."""
        return self.course.procedure_date

    @property
    def last_seen(self) -> dt.date:
        """The last contact up to the date of the list."""
        return self.course.last_seen

    @property
    def data_valid_until(self) -> dt.date | None:
        """The day as of which all required kinds are known; None when one never was."""
        return self.course.data_valid_until


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
    ('?', '?', '?', 0)
    """
    plan = Plan(protocol)
    found = [
        visit
        for patient in cohort.patients
        for visit in _visits_of_patient(cohort, patient, plan, as_of)
    ]
    return tuple(sorted(found, key=_urgency))


def _visits_of_patient(
    cohort: Cohort, patient: Patient, plan: Plan, as_of: dt.date
) -> Iterator[DueVisit]:
    levels: defaultdict[dt.date, list[SpinalLevel]] = defaultdict(list)
    for vertebra in cohort.vertebrae_of(patient):
        if vertebra.procedure_date <= as_of:
            levels[vertebra.procedure_date].append(vertebra.level)
    if not levels:
        return
    death = patient.death_date
    known_death = death if death is not None and death <= as_of else None
    records = [one for one in records_of(cohort.visits_of(patient)) if one.date <= as_of]
    known_until = min(as_of - dt.timedelta(days=1), cohort.data_cut_off)
    if known_death is not None:
        known_until = min(known_until, known_death - dt.timedelta(days=1))
    seen = [*levels, *(one.date for one in records)]
    if patient.last_contact_date <= as_of:
        seen.append(patient.last_contact_date)
    for procedure_date, treated in levels.items():
        since = [one for one in records if one.date >= procedure_date]
        course = Course(
            patient.patient_id,
            tuple(treated),
            procedure_date,
            max(seen),
            _valid_until(since, treated, plan.kinds),
            known_until,
        )
        yield from _visits_of_course(course, plan, records, known_death, as_of)


def _valid_until(
    records: list[Record], levels: list[SpinalLevel], kinds: frozenset[Requirement]
) -> dt.date | None:
    latest = [
        max((one.date for one in records if one.has(kind, level)), default=None)
        for kind in kinds
        for level in (levels if kind is Requirement.IMAGING else levels[:1])
    ]
    known = [date for date in latest if date is not None]
    return min(known) if len(known) == len(latest) else None


def _visits_of_course(
    course: Course, plan: Plan, records: list[Record], death: dt.date | None, as_of: dt.date
) -> Iterator[DueVisit]:
    targets = plan.targets(course.procedure_date, as_of if death is None else death)
    assigned = _assigned(course, targets, records)
    for position, target in enumerate(targets):
        missing, done_date = _outcome(course, target, assigned.get(position, ()))
        state = _state(target, course, death, as_of, is_done=not missing)
        yield DueVisit(
            course,
            target.planned,
            target.date,
            target.start,
            target.end,
            state,
            missing,
            done_date if state is VisitState.DONE else None,
            (as_of - target.end).days if state is VisitState.OVERDUE else 0,
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
        if not any(record.offers(kind, course.levels) for kind in target.planned.requires):
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
            date = next((one.date for one in records if one.has(kind, level)), None)
            if date is None:
                missing.append(MissingItem(kind, level))
            else:
                dates.append(date)
    return tuple(missing), max(dates, default=None)


def _state(
    target: Target, course: Course, death: dt.date | None, as_of: dt.date, *, is_done: bool
) -> VisitState:
    if is_done:
        return VisitState.DONE
    if target.end <= course.known_until:
        can_be_late = death is None and as_of <= target.late_until
        return VisitState.OVERDUE if can_be_late else VisitState.MISSED
    if death is not None:
        return VisitState.CLOSED_DEATH
    if target.end < as_of:
        return VisitState.CLOSED_CUT_OFF
    return VisitState.DUE if target.start <= as_of else VisitState.SCHEDULED


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


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many of the items that were due were recorded: at one planned visit, or at all.

    An item is the imaging of one level, one pain score, or one visit.
    """

    name: str
    kind: Requirement
    due: int
    done: int

    @property
    def share(self) -> float | None:
        """Done out of due, None when nothing was due."""
        return self.done / self.due if self.due else None


OVERALL = "all visits"
"""The name of the last row of `completeness`."""


def completeness(
    visits: Iterable[DueVisit], kind: Requirement = Requirement.IMAGING
) -> tuple[Completeness, ...]:
    """Return the share of due items that were recorded, at each planned visit and overall.

    An item is due when the window of its visit has closed while the patient was alive, and not
    after the data end; visits in open windows and visits closed by death stay out of numerator and
    denominator alike, so that early visits cannot flatter the share. Late visits that count are
    done.

    Examples
    --------
    >>> completeness(())
    (Completeness(name='all visits', kind=<Requirement.IMAGING: 'imaging'>, due=0, done=0),)
    """
    counts: defaultdict[tuple[float, str], list[int]] = defaultdict(lambda: [0, 0])
    for visit in visits:
        if kind in visit.planned.requires and visit.window_end <= visit.course.known_until:
            due = len(visit.course.levels) if kind is Requirement.IMAGING else 1
            count = counts[visit.planned.offset.mean_days, visit.planned.name]
            count[0] += due
            count[1] += due - sum(item.kind is kind for item in visit.missing)
    rows = [
        Completeness(name, kind, due, done) for (_, name), (due, done) in sorted(counts.items())
    ]
    total_due, total_done = sum(row.due for row in rows), sum(row.done for row in rows)
    return (*rows, Completeness(OVERALL, kind, total_due, total_done))
