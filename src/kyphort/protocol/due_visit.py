"""A planned visit as it stands on a date: target, window, state, and what is missing."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical import SpinalLevel
from kyphort.protocol.schedule import PlannedVisit, Requirement


class VisitState(StrEnum):
    """What is to be done about a visit, the most urgent first.

    `overdue`: the window has closed, something is missing, and a late visit would still count.
    `due`: the window is open. `scheduled`: it has not opened yet. `missed`: the window has closed
    and nothing can make it good. `done`: everything required is there. `closed_death`,
    `closed_withdrawal` and `closed_loss`: the patient died, withdrew or was given up as lost before
    the window closed. `closed_cut_off`: the window closed after the last day of which the data know
    anything.
    """

    OVERDUE = "overdue"
    DUE = "due"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    DONE = "done"
    CLOSED_DEATH = "closed_death"
    CLOSED_WITHDRAWAL = "closed_withdrawal"
    CLOSED_LOSS = "closed_loss"
    CLOSED_CUT_OFF = "closed_cut_off"


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
    closed for the data to say whether its visit took place. `counts` is False when the patient has
    forbidden that the records are used: the course is listed and enters no share.
    """

    patient_id: str
    levels: tuple[SpinalLevel, ...]
    procedure_date: dt.date
    last_seen: dt.date
    data_valid_until: dt.date | None
    known_until: dt.date
    counts: bool = True


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
        """The day of the procedure."""
        return self.course.procedure_date

    @property
    def last_seen(self) -> dt.date:
        """The last contact up to the date of the list."""
        return self.course.last_seen

    @property
    def data_valid_until(self) -> dt.date | None:
        """The day as of which all required kinds are known; None when one never was."""
        return self.course.data_valid_until
