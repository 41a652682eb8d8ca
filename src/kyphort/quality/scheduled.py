"""Rules that need a follow-up protocol: visits that are overdue, were missed, or fit no window."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kyphort.clinical import Cohort, VisitKind
from kyphort.protocol import DueVisit, FollowUpProtocol, VisitState, due_list
from kyphort.quality.rule import Catalogue, Found, Severity


@dataclass(frozen=True)
class Scheduled:
    """A cohort beside a protocol on a day."""

    cohort: Cohort
    protocol: FollowUpProtocol
    as_of: dt.date

    @cached_property
    def visits(self) -> tuple[DueVisit, ...]:
        """Every planned visit with its state."""
        return due_list(self.cohort, self.protocol, self.as_of)


CATALOGUE = Catalogue[Scheduled]()


@CATALOGUE.rule(
    "KQ-VISIT-OVERDUE",
    Severity.MISSING,
    "A visit that the protocol plans is overdue, and could still be made good.",
    "MRI at 6 months, 40 days overdue",
    "See the patient, or record why the visit did not take place.",
)
def _overdue(subject: Scheduled) -> Iterator[Found]:
    for one in subject.visits:
        if one.state is VisitState.OVERDUE:
            missing = ", ".join(map(str, one.missing))
            yield Found(
                f"visit {one.planned.name} due {one.target_date}",
                f"{one.days_overdue} days",
                f"overdue: {missing}.",
                one.patient_id,
            )


@CATALOGUE.rule(
    "KQ-VISIT-MISSED",
    Severity.MISSING,
    "A visit that the protocol plans was missed: its window has closed for good.",
    "MRI at 3 months, nothing recorded",
    "Look whether it took place and was not entered.",
)
def _missed(subject: Scheduled) -> Iterator[Found]:
    for one in subject.visits:
        if one.state is VisitState.MISSED:
            missing = ", ".join(map(str, one.missing))
            yield Found(
                f"visit {one.planned.name} due {one.target_date}",
                "",
                f"missed: {missing}.",
                one.patient_id,
            )


@CATALOGUE.rule(
    "KQ-VISIT-OUTSIDE-WINDOW",
    Severity.OUT_OF_SEQUENCE,
    "A visit recorded as planned lies in no window of the protocol.",
    "planned, 130 days after the procedure, windows at 3 and 6 months",
    "Check the date, or record it as unscheduled.",
)
def _outside(subject: Scheduled) -> Iterator[Found]:
    windows: defaultdict[str, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for one in subject.visits:
        windows[one.patient_id].append((one.window_start, one.window_end))
    for visit in subject.cohort.visits:
        if visit.kind is not VisitKind.PLANNED or visit.visit_date > subject.as_of:
            continue
        found = windows[visit.patient_id]
        if found and not any(start <= visit.visit_date <= end for start, end in found):
            yield Found(f"visit {visit.visit_date}", "planned", "in no window.", visit.patient_id)
