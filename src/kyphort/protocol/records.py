"""What a visit brings to follow-up: which levels were imaged, and whether pain was scored."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kyphort.clinical import (
    ADJUDICATED,
    LocalStatus,
    Modality,
    SpinalLevel,
    Visit,
    VisitKind,
)
from kyphort.protocol.schedule import Requirement

_NOT_ASSESSABLE = LocalStatus.NOT_ASSESSABLE


@dataclass(slots=True)
class Record:
    """One visit as the schedule sees it; made anew for each list, so it need not be frozen."""

    date: dt.date
    is_unscheduled: bool
    imaged: frozenset[SpinalLevel]
    has_pain: bool

    def has(self, kind: Requirement, level: SpinalLevel | None) -> bool:
        """Tell whether the visit brought one item; `level` matters to imaging only."""
        if kind is Requirement.IMAGING:
            return level in self.imaged
        return kind is Requirement.SEEN or self.has_pain

    def serves(self, kinds: Iterable[Requirement], levels: Collection[SpinalLevel]) -> bool:
        """Tell whether the visit brought anything of these kinds for one of the levels."""
        for kind in kinds:
            if kind is not Requirement.IMAGING:
                if kind is Requirement.SEEN or self.has_pain:
                    return True
            elif not self.imaged.isdisjoint(levels):
                return True
        return False


def records_of(visits: Iterable[Visit]) -> tuple[Record, ...]:
    """Return what each visit brings, in the order of the visits."""
    return tuple(
        Record(
            visit.visit_date,
            visit.kind is VisitKind.UNSCHEDULED,
            _imaged(visit),
            visit.pain is not None,
        )
        for visit in visits
    )


def _imaged(visit: Visit) -> frozenset[SpinalLevel]:
    """Return the levels with an assessable reading; an adjudicated one counts alone."""
    if visit.modality is Modality.NONE:
        return frozenset()
    imaged = frozenset(
        [one.level for one in visit.assessments if one.local_status is not _NOT_ASSESSABLE]
    )
    if len(imaged) == len(visit.assessments):
        return imaged
    failed = {
        one.level
        for one in visit.assessments
        if one.local_status is _NOT_ASSESSABLE and one.reader == ADJUDICATED
    }
    return imaged - failed
