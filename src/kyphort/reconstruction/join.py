"""Joining units to patients: which patient owns which units, and leaves in which part of time.

A unit without event leaves with its patient. Time is divided into cells by the landmarks and by
the events of units; within a cell the order of exits does not matter to the units' curves. A small
linear integer programme finds how many patients of each type (their units by arm) leave in each
cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kyphort.published.specification import Population
from kyphort.reconstruction.sequences import Sequence

Composition = tuple[int, ...]

LARGEST_EVENTS = 60
"""Events of units beyond which the programme would become too large."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of time: its interval between cuts, and how many events of units come before it."""

    interval: int
    events_before: int


@dataclass(frozen=True, slots=True)
class JoinedPatient:
    """A patient: units by arm, the cell of exit, and the event of a unit that belongs to it."""

    composition: Composition
    cell: int
    event: int | None


def cells_of(sequence: Sequence, intervals: int) -> tuple[Cell, ...]:
    """Return the cells in the order of time."""
    cells = []
    before = 0
    for interval in range(intervals):
        cells.append(Cell(interval, before))
        for _ in range(sequence.intervals.count(interval)):
            before += 1
            cells.append(Cell(interval, before))
    return tuple(cells)


def compositions(population: Population, arms: int, group_of: bool) -> list[Composition]:
    """Return the ways in which a patient's units can lie in the arms.

    With `group_of` the arms are groups of patients: all units of a patient lie in one.
    """
    if population.units_per_patient:
        sizes = [size for size, _ in population.units_per_patient]
    else:
        sizes = list(range(1, population.maximum_units_per_patient + 1))
    found = [
        one
        for one in product(range(max(sizes) + 1), repeat=arms)
        if sum(one) in sizes and (not group_of or sum(part > 0 for part in one) == 1)
    ]
    return sorted(found, key=lambda one: (sum(one), one))


@dataclass(frozen=True, slots=True)
class JoinTask:
    """What is to be joined.

    `exits_per_interval` counts the patients who leave in each interval; `fixed` patients of a
    composition leave in an interval that is known.
    """

    population: Population
    sizes: tuple[int, ...]
    sequence: Sequence
    exits_per_interval: tuple[int, ...]
    risk_at_cuts: tuple[tuple[int, int, int, int], ...] = ()
    fixed: tuple[tuple[int, int], ...] = ()
    arms_are_patients: bool = False


def join(
    task: JoinTask, rng: np.random.Generator, seconds: float = 10.0
) -> list[JoinedPatient] | None:
    """Return every patient with cell and event, None when curves cannot share patients."""
    from scipy.optimize import (  # noqa: PLC0415 - heavy, and not needed to import the package
        Bounds,
        LinearConstraint,
        milp,
    )
    from scipy.sparse import csr_array  # noqa: PLC0415

    programme = _Programme(task)
    rows, columns, values = programme.entries()
    matrix = csr_array((values, (rows, columns)), shape=(len(programme.low), len(programme.names)))
    cost = rng.random(len(programme.names))
    result = milp(
        cost,
        integrality=np.ones(len(programme.names), dtype=np.int64),
        bounds=Bounds(np.zeros(len(programme.names)), np.array(programme.most)),
        constraints=LinearConstraint(matrix, np.array(programme.low), np.array(programme.high)),
        options={"time_limit": seconds, "mip_rel_gap": 0.5},
    )
    if result.x is None:
        return None
    return programme.patients(np.rint(result.x).astype(np.int64))


_Name = tuple[Composition, int, int | None]


class _Programme:
    """Variables: how many patients of a composition leave in a cell, with or without an event."""

    def __init__(self, task: JoinTask) -> None:
        self.task = task
        self.cells = cells_of(task.sequence, len(task.exits_per_interval))
        self.kinds = compositions(task.population, len(task.sizes), task.arms_are_patients)
        self.names: list[_Name] = list(self._names())
        self.most = [
            1.0 if event is not None else float(task.population.patients)
            for _, _, event in self.names
        ]
        self.low: list[float] = []
        self.high: list[float] = []

    def _names(self) -> Iterator[_Name]:
        for kind, (cell, _) in product(self.kinds, enumerate(self.cells)):
            yield kind, cell, None
        for event, arm in enumerate(self.task.sequence.arms):
            for kind, (cell, where) in product(self.kinds, enumerate(self.cells)):
                if kind[arm] and where.events_before > event:
                    yield kind, cell, event

    def entries(self) -> tuple[list[int], list[int], list[float]]:
        """Return the sparse matrix of all rows, and fill their limits."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for coefficients, low, high in self._constraints():
            row = len(self.low)
            self.low.append(low)
            self.high.append(high)
            for column, value in coefficients:
                rows.append(row)
                columns.append(column)
                values.append(value)
        return rows, columns, values

    def _constraints(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        task = self.task
        for event in range(len(task.sequence.arms)):
            yield self._where(lambda name, event=event: float(name[2] == event)), 1, 1
        for interval, number in enumerate(task.exits_per_interval):
            yield (
                self._where(
                    lambda name, interval=interval: float(self.cells[name[1]].interval == interval)
                ),
                number,
                number,
            )
        for size, number in task.population.units_per_patient:
            yield (self._where(lambda name, size=size: float(sum(name[0]) == size)), number, number)
        yield from self._unit_exits()
        for arm, interval in task.fixed:
            yield (
                self._where(
                    lambda name, arm=arm, interval=interval: float(
                        name[2] is None
                        and name[0][arm] > 0
                        and self.cells[name[1]].interval == interval
                    )
                ),
                1,
                task.population.patients,
            )
        for arm, cut, low, high in task.risk_at_cuts:
            # Units that leave after the cut, without those whose event was before it.
            yield (
                self._where(lambda name, arm=arm, cut=cut: self._still(name, arm, cut)),
                low,
                high,
            )

    def _unit_exits(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        """Yield, for each arm and block between events, how many units leave with their patient."""
        sequence = self.task.sequence
        for arm, size in enumerate(self.task.sizes):
            left = size
            for block in range(len(sequence.arms) + 1):
                after = sequence.at_risk[block][arm] if block < len(sequence.arms) else 0
                yield (
                    self._where(
                        lambda name, arm=arm, block=block: (
                            self._leaving(name, arm)
                            if self.cells[name[1]].events_before == block
                            else 0.0
                        )
                    ),
                    left - after,
                    left - after,
                )
                if block < len(sequence.arms):
                    left = after - (sequence.arms[block] == arm)

    def _leaving(self, name: _Name, arm: int) -> float:
        kind, _, event = name
        return float(kind[arm] - (event is not None and self.task.sequence.arms[event] == arm))

    def _still(self, name: _Name, arm: int, cut: int) -> float:
        kind, cell, event = name
        if self.cells[cell].interval <= cut:
            return 0.0
        had = (
            event is not None
            and self.task.sequence.arms[event] == arm
            and self.task.sequence.intervals[event] <= cut
        )
        return float(kind[arm] - had)

    def _where(self, coefficient: "object") -> list[tuple[int, float]]:
        found = []
        for column, name in enumerate(self.names):
            value = coefficient(name)  # type: ignore[operator]  # a function of a name
            if value:
                found.append((column, value))
        return found

    def patients(self, solution: NDArray[np.int64]) -> list[JoinedPatient]:
        """Return the patients of a solution, in the order of their cells."""
        found = [
            JoinedPatient(kind, cell, event)
            for (kind, cell, event), number in zip(self.names, solution.tolist(), strict=True)
            for _ in range(number)
        ]
        return sorted(found, key=lambda one: one.cell)
