"""Seats in the order of exits: which patient leaves where, and on which day.

The order of time is a chain of exits (by seat) and events of units (by number); days are given to
its links so that printed times come out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kyphort.published.specification import RowUnit
from kyphort.reconstruction.cohort import RebuiltPatient, RebuiltUnit
from kyphort.reconstruction.days import edges_of, group_of, summarised
from kyphort.reconstruction.join import JoinedPatient, cells_of
from kyphort.reconstruction.merging import Merged
from kyphort.reconstruction.plan import EndpointPlan, Plan
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem
from kyphort.reconstruction.timeline import Entry, feasible, place, steady_wishes


@dataclass(slots=True)
class Seat:
    """A patient's place in the order of exits."""

    patient: JoinedPatient
    died: bool


def seated(
    plan: Plan,
    problem: EndpointProblem,
    merged: Merged,
    joined: list[JoinedPatient],
    rng: np.random.Generator,
) -> list[Seat] | None:
    """Give every patient a place in the order of exits; those known to have died a death."""
    order = sorted(joined, key=lambda one: (one.cell, rng.random()))
    seats = [
        Seat(patient, died) for patient, died in zip(order, merged.is_event.tolist(), strict=True)
    ]
    for known in plan.specification.known:
        if known.group not in problem.arms:
            continue
        arm = problem.arms.index(known.group)
        mine = [index for index, seat in enumerate(seats) if seat.patient.composition[arm]]
        if not mine or not _exchanged(seats, mine[0], known.died):
            return None
    return seats


def _exchanged(seats: list[Seat], index: int, died: bool) -> bool:
    """Exchange a patient with the last one of the same cell whose exit is of a kind."""
    able = [
        other
        for other, seat in enumerate(seats)
        if seat.patient.cell == seats[index].patient.cell and seat.died == died
    ]
    if not able:
        return False
    other = able[-1]
    seats[index].patient, seats[other].patient = seats[other].patient, seats[index].patient
    return True


_Link = tuple[str, int]


class Seating:
    """The chain of exits and events of one cohort, on its way to days and patients."""

    def __init__(
        self,
        plan: Plan,
        patients: EndpointPlan,
        units: EndpointPlan,
        sequence: Sequence,
        seats: list[Seat],
    ) -> None:
        self.plan, self.patients_part, self.units_part = plan, patients, units
        self.problem, self.sequence, self.seats = units.problem, sequence, seats
        self.cells = cells_of(sequence, len(units.problem.cuts) + 1)
        self.chain: list[_Link] = list(self._links())

    def patients(self, rng: np.random.Generator) -> tuple[RebuiltPatient, ...] | None:
        """Give days to exits and events, and return the patients; None when no days fit."""
        entries = self._entries(rng)
        days = None if entries is None else place(entries)
        if days is None:
            return None
        day_of = dict(zip(self.chain, days, strict=True))
        return tuple(self._patient(index, day_of) for index in range(len(self.seats)))

    def _links(self) -> Iterator[_Link]:
        """Yield exits (by seat) and events (by number) in the order of time."""
        position = events = 0
        for index, cell in enumerate(self.cells):
            if cell.events_before > events:
                yield "event", events
                events += 1
            while position < len(self.seats) and self.seats[position].patient.cell == index:
                yield "exit", position
                position += 1

    def _intervals(self) -> list[int]:
        """Return the interval of every link."""
        of_event = {
            cell.events_before - 1: cell.interval
            for before, cell in pairwise(self.cells)
            if cell.events_before > before.events_before
        }
        return [
            of_event[index]
            if kind == "event"
            else self.cells[self.seats[index].patient.cell].interval
            for kind, index in self.chain
        ]

    def _entries(self, rng: np.random.Generator) -> list[Entry] | None:
        """Return the days that each link may fall on, narrowed by all printed times."""
        intervals = self._intervals()
        entries: list[Entry] = []
        for number, (low, high) in enumerate(edges_of(self.plan, self.problem)):
            here = [index for index, one in enumerate(intervals) if one == number]
            left = len(self.chain) - len(entries) - len(here)
            wishes = steady_wishes(len(here), left, (low, high), rng)
            for index, wish in zip(here, wishes, strict=True):
                entries.append(Entry(low, high, wish, self._gap(index)))
        found = self._with_known(entries)
        for summary in self.plan.specification.time_summaries:
            if found is None:
                return None
            if positions := self._summarised_by(summary.endpoint, summary.of):
                found = summarised(found, positions, summary, self.plan.days_in_unit)
        return found

    def _summarised_by(self, endpoint: str, of: str) -> list[int]:
        """Return the links whose times a printed summary is of."""
        exits = [index for index, (kind, _) in enumerate(self.chain) if kind == "exit"]
        if endpoint == self.units_part.endpoint.id:
            events = [index for index, (kind, _) in enumerate(self.chain) if kind == "event"]
            return events if of == "events" else []
        if endpoint != self.patients_part.endpoint.id:
            return []
        if of == "follow_up":
            return exits
        return [index for index in exits if self.seats[self.chain[index][1]].died]

    def _gap(self, index: int) -> int:
        """Return whether a link must be a day later than the one before, for its order to count."""
        if index == 0:
            return 0
        (before, earlier), (kind, here) = self.chain[index - 1], self.chain[index]
        if kind == "event":
            return 1
        if before == "event":
            return 0
        return int(self.seats[here].died and not self.seats[earlier].died)

    def _with_known(self, entries: list[Entry]) -> list[Entry] | None:
        """Narrow the exits of patients whose time is known."""
        found = list(entries)
        for known in self.plan.specification.known:
            if known.group not in self.problem.arms:
                continue
            arm = self.problem.arms.index(known.group)
            low, high = (time * self.plan.days_in_unit for time in known.time_in_spec_units)
            window = (math.ceil(low - 1e-6), math.floor(high + 1e-6))
            for index, (kind, seat) in enumerate(self.chain):
                if kind == "exit" and self.seats[seat].patient.composition[arm]:
                    # The cut of this time lies right behind it.
                    found[index] = Entry(*window, float(window[0]), found[index].gap)
                    break
        return feasible(found)

    def _patient(self, number: int, day_of: dict[_Link, int]) -> RebuiltPatient:
        seat, day = self.seats[number], day_of["exit", number]
        event = seat.patient.event
        units = []
        for arm, count in enumerate(seat.patient.composition):
            for _ in range(count):
                has_event = event is not None and self.sequence.arms[event] == arm
                if event is not None and has_event:
                    own_day, event = day_of["event", event], None
                else:
                    own_day = day
                units.append(RebuiltUnit(group_of(self.problem, arm), own_day, has_event))
        return RebuiltPatient(self._groups(seat), day, seat.died, tuple(units))

    def _groups(self, seat: Seat) -> tuple[tuple[str, str], ...]:
        """Return the patient's group when the arms are groups of patients."""
        of_patients = any(
            one.partition == self.problem.partition and one.unit is RowUnit.PATIENT
            for one in self.plan.specification.groups
        )
        arm = next(arm for arm, number in enumerate(seat.patient.composition) if number)
        return group_of(self.problem, arm) if of_patients else ()
