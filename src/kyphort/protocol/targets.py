"""A protocol's visits as dates: target, window, and until when a late visit still counts."""

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from kyphort.clinical import SpinalLevel
from kyphort.protocol.due_visit import MissingItem
from kyphort.protocol.schedule import Anchor, FollowUpProtocol, PlannedVisit, Requirement

_Spans = tuple[PlannedVisit, dt.timedelta, dt.timedelta, dt.timedelta | None]
"""A planned visit with its days before, after and of grace."""
Missing = tuple[MissingItem, ...]
_DAY = dt.timedelta(days=1)


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


@dataclass(frozen=True, slots=True)
class Anchors:
    """The days from which targets count; a patient who was not randomised has only one."""

    procedure: dt.date
    randomisation: dt.date | None = None

    def date(self, anchor: Anchor) -> dt.date | None:
        """Return the day of an anchor, None when there is none."""
        return self.procedure if anchor is Anchor.PROCEDURE else self.randomisation


class Calendar:
    """The targets after one procedure, with a short way to those that a date can count for."""

    def __init__(self, targets: list[Target], fixed: int) -> None:
        self.targets = targets
        self._fixed = fixed
        # Windows may overlap and need not open in order, so each end is bounded from its side.
        self._latest = list(accumulate((one.late_until for one in targets), max))
        self._earliest = list(accumulate((one.start for one in reversed(targets)), min))[::-1]

    def candidates(self, date: dt.date) -> range:
        """Return the positions outside of which no window and no grace contains `date`."""
        return range(bisect_left(self._latest, date), bisect_right(self._earliest, date))

    def count_until(self, day: dt.date) -> int:
        """Return how many targets are listed: repetitions up to the first that opens later."""
        for position in range(max(self._fixed - 1, 0), len(self.targets)):
            if self.targets[position].start > day:
                return position + 1
        return len(self.targets)


class Plan:
    """A protocol laid out once for many procedures: its visits and their repetitions."""

    def __init__(self, protocol: FollowUpProtocol, until: dt.date) -> None:
        self.kinds = frozenset(kind for visit in protocol.visits for kind in visit.requires)
        self._protocol = protocol
        self._until = until
        self._visits = [_spans(visit) for visit in protocol.visits]
        self._repeating = protocol.visits[-1].repeat_every_months is not None
        self._fixed = len(protocol.visits)
        self._successors = [self._successors_of(position) for position in range(self._fixed)]
        self._calendars: dict[tuple[dt.date, dt.date | None], Calendar] = {}
        self._nothing: dict[tuple[tuple[Requirement, ...], tuple[SpinalLevel, ...]], Missing] = {}

    def calendar(self, anchors: Anchors) -> Calendar:
        """Return the targets after one procedure, made once for each day of procedure.

        All visits of the protocol whose anchor the patient has, and repetitions up to the first
        whose window opens after the date of the list.
        """
        key = (anchors.procedure, anchors.randomisation)
        if key not in self._calendars:
            self._calendars[key] = self._laid_out(anchors)
        return self._calendars[key]

    def nothing_done(self, visit: PlannedVisit, levels: tuple[SpinalLevel, ...]) -> Missing:
        """Return everything that a visit asks for."""
        key = (visit.requires, levels)
        if key not in self._nothing:
            self._nothing[key] = tuple(
                MissingItem(kind, level)
                for kind in visit.requires
                for level in (levels if kind is Requirement.IMAGING else (None,))
            )
        return self._nothing[key]

    def _laid_out(self, anchors: Anchors) -> Calendar:
        dated = [
            (position, date)
            for position in range(self._fixed)
            if (date := anchors.date(self._visit(position)[0].anchor)) is not None
        ]
        found = {position: self._target(position, date) for position, date in dated}
        last = self._fixed - 1
        anchor = anchors.date(self._visit(last)[0].anchor)
        position = last
        while self._repeating and anchor is not None and found[position].start <= self._until:
            position += 1
            found[position] = self._target(position, anchor)
        for place, target in found.items():
            for later in self._later(place):
                if later in found:
                    target.late_until = min(target.late_until, found[later].start - _DAY)
                    break
            target.late_until = max(target.late_until, target.end)
        return Calendar(list(found.values()), len(dated))

    def _target(self, position: int, anchor: dt.date) -> Target:
        planned, before, after, grace = self._visit(position)
        date = planned.offset.after(anchor)
        end = date + after
        late_until = dt.date.max if grace is None else end + grace
        return Target(planned, date, date - before, end, late_until)

    def _visit(self, position: int) -> _Spans:
        last = self._fixed - 1
        while position >= len(self._visits):
            repeated = self._protocol.visits[last].repeated(len(self._visits) - last)
            self._visits.append(_spans(repeated))
        return self._visits[position]

    def _later(self, position: int) -> list[int]:
        """Return the positions of later visits that ask for something this one asks for."""
        return self._successors[position] if position < self._fixed else [position + 1]

    def _successors_of(self, position: int) -> list[int]:
        visits = self._protocol.visits
        if position == self._fixed - 1:
            return [position + 1] if self._repeating else []
        asked = set(visits[position].requires)
        later = range(position + 1, self._fixed)
        return [one for one in later if not asked.isdisjoint(visits[one].requires)]


def _spans(visit: PlannedVisit) -> _Spans:
    grace = visit.make_good_days
    return (
        visit,
        dt.timedelta(days=visit.before_days),
        dt.timedelta(days=visit.after_days),
        None if grace is None else dt.timedelta(days=grace),
    )
