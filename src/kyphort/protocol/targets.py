"""A protocol's visits as dates: target, window, and until when a late visit still counts."""

import datetime as dt
from dataclasses import dataclass

from kyphort.protocol.schedule import FollowUpProtocol, PlannedVisit

_Spans = tuple[PlannedVisit, dt.timedelta, dt.timedelta, dt.timedelta | None]
"""A planned visit with its days before, after and of grace."""


@dataclass(slots=True)
class Target:
    """One planned visit on the calendar; the window includes its first and last day.

    A late visit counts up to and including `late_until`, which is never before `end`.
    """

    planned: PlannedVisit
    date: dt.date
    start: dt.date
    end: dt.date
    late_until: dt.date


class Plan:
    """A protocol laid out once for many procedures: its visits and their repetitions."""

    def __init__(self, protocol: FollowUpProtocol) -> None:
        self.kinds = frozenset(kind for visit in protocol.visits for kind in visit.requires)
        self._protocol = protocol
        self._visits = [_spans(visit) for visit in protocol.visits]
        self._repeating = protocol.visits[-1].repeat_every_months is not None
        self._fixed = len(protocol.visits)
        self._next = [self._successor(position) for position in range(self._fixed)]

    def targets(self, procedure_date: dt.date, until: dt.date) -> list[Target]:
        """Return the targets after one procedure.

        All visits of the protocol, and repetitions up to the first whose window opens after
        `until`.
        """
        targets = [self._target(position, procedure_date) for position in range(self._fixed)]
        while self._repeating and targets[-1].start <= until:
            targets.append(self._target(len(targets), procedure_date))
        for position, target in enumerate(targets):
            following = self._next[position] if position < self._fixed else position + 1
            if following is not None and following < len(targets):
                opens = targets[following].start
                target.late_until = min(target.late_until, opens - dt.timedelta(days=1))
            target.late_until = max(target.end, target.late_until)
        return targets

    def _target(self, position: int, procedure_date: dt.date) -> Target:
        planned, before, after, grace = self._visit(position)
        date = planned.offset.after(procedure_date)
        end = date + after
        late_until = dt.date.max if grace is None else end + grace
        return Target(planned, date, date - before, end, late_until)

    def _visit(self, position: int) -> _Spans:
        last = self._fixed - 1
        while position >= len(self._visits):
            repeated = self._protocol.visits[last].repeated(len(self._visits) - last)
            self._visits.append(_spans(repeated))
        return self._visits[position]

    def _successor(self, position: int) -> int | None:
        """Return the position of the next visit that asks for something this one asks for."""
        visits = self._protocol.visits
        for later in range(position + 1, self._fixed):
            if not set(visits[position].requires).isdisjoint(visits[later].requires):
                return later
        is_last = position == self._fixed - 1
        return position + 1 if is_last and self._repeating else None


def _spans(visit: PlannedVisit) -> _Spans:
    grace = visit.make_good_days
    return (
        visit,
        dt.timedelta(days=visit.before_days),
        dt.timedelta(days=visit.after_days),
        None if grace is None else dt.timedelta(days=grace),
    )
