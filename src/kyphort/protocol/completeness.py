"""Completeness of follow-up: the share of what was due that was recorded."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kyphort.protocol.due_visit import DueVisit
from kyphort.protocol.schedule import Requirement


@dataclass(frozen=True, slots=True)
class CompletenessRow:
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
) -> tuple[CompletenessRow, ...]:
    """Return the share of due items that were recorded, at each planned visit and overall.

    An item is due when the window of its visit has closed while the patient was alive and followed,
    and not after the data end; visits in open windows and visits closed by death, withdrawal or
    loss stay out of numerator and denominator alike, so that early visits cannot flatter the share.
    Late visits that count are done. Patients who forbade the use of their records are left out.

    Examples
    --------
    >>> completeness(())
    (CompletenessRow(name='all visits', kind=<Requirement.IMAGING: 'imaging'>, due=0, done=0),)
    """
    counts: defaultdict[tuple[float, str], list[int]] = defaultdict(lambda: [0, 0])
    for visit in visits:
        if not visit.course.counts:
            continue
        if kind in visit.planned.requires and visit.window_end <= visit.course.known_until:
            due = len(visit.course.levels) if kind is Requirement.IMAGING else 1
            count = counts[visit.planned.offset.mean_days, visit.planned.name]
            count[0] += due
            count[1] += due - sum(item.kind is kind for item in visit.missing)
    rows = [
        CompletenessRow(name, kind, due, done) for (_, name), (due, done) in sorted(counts.items())
    ]
    total_due, total_done = sum(row.due for row in rows), sum(row.done for row in rows)
    return (*rows, CompletenessRow(OVERALL, kind, total_due, total_done))
