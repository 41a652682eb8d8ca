"""Attributes that the print gives only as sums: sex, entity, distance, age.

Each is dealt out at random among all ways that give back the printed sums; the links between
attributes, and between an attribute and survival, are invented.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kyphort.published.specification import (
    Column,
    CrossTable,
    RowUnit,
    Specification,
    TableRow,
    WholeNumbers,
)
from kyphort.reconstruction.cohort import RebuiltPatient, RebuiltUnit

Patients = tuple[RebuiltPatient, ...]


def with_attributes(
    specification: Specification, patients: Patients, rng: np.random.Generator
) -> Patients | None:
    """Return the patients with every attribute that the specification tabulates.

    None when the sums of a table cannot be met by these patients.
    """
    found: Patients | None = patients
    for table in specification.tables:
        name = str(table.column if table.column is not Column.NONE else table.id)
        if found is None:
            return None
        if table.unit is RowUnit.PATIENT:
            of_death = any(
                one.id == table.endpoint and one.is_death for one in specification.endpoints
            )
            found = _patients_by(table, name, found, rng, of_death=of_death)
        else:
            found = _units_by(table, name, found, rng)
    if found is None:
        return None
    for numbers in specification.whole_numbers:
        if numbers.column is not Column.NONE and numbers.n == len(patients):
            found = _whole_numbers(numbers, found, rng)
    return found


def _patients_by(
    table: CrossTable,
    name: str,
    patients: Patients,
    rng: np.random.Generator,
    *,
    of_death: bool,
) -> Patients | None:
    """Give each patient one category, so that patients, units and events add up."""
    kinds = [_class_of(one, of_death=of_death) for one in patients]
    classes = Counter(kinds)
    shares = _shares(table.rows, classes, rng)
    if shares is None:
        return None
    decks = {
        kind: rng.permutation(
            np.repeat([row.label for row in table.rows], [share[kind] for share in shares])
        ).tolist()
        for kind in classes
    }
    return tuple(
        replace(one, attributes=(*one.attributes, (name, decks[kind].pop())))
        for one, kind in zip(patients, kinds, strict=True)
    )


def _class_of(patient: RebuiltPatient, *, of_death: bool) -> tuple[int, int]:
    """Return the number of units and of events: all that sums by category can see."""
    events = int(patient.died) if of_death else sum(unit.has_event for unit in patient.units)
    return len(patient.units), events


def _shares(
    rows: Sequence[TableRow], classes: Counter[tuple[int, int]], rng: np.random.Generator
) -> list[dict[tuple[int, int], int]] | None:
    """Return how many patients of each class each category has, by integer programming."""
    from scipy.optimize import (  # noqa: PLC0415 - heavy, and not needed to import the package
        Bounds,
        LinearConstraint,
        milp,
    )

    kinds = sorted(classes)
    matrix, values = [], []
    for index, kind in enumerate(kinds):
        line = np.zeros((len(rows), len(kinds)))
        line[:, index] = 1
        matrix.append(line.ravel())
        values.append(classes[kind])
    for index, row in enumerate(rows):
        for weights, total in (
            ([1] * len(kinds), row.patients),
            ([units for units, _ in kinds], row.units),
            ([events for _, events in kinds], row.events),
        ):
            if total is not None:
                line = np.zeros((len(rows), len(kinds)))
                line[index] = weights
                matrix.append(line.ravel())
                values.append(total)
    size = len(rows) * len(kinds)
    result = milp(
        rng.random(size),
        integrality=np.ones(size, dtype=np.int64),
        bounds=Bounds(0, np.inf),
        constraints=LinearConstraint(np.array(matrix), values, values),
    )
    if result.x is None:
        return None
    solution = np.rint(result.x).astype(int).reshape(len(rows), len(kinds))
    return [dict(zip(kinds, line.tolist(), strict=True)) for line in solution]


def _units_by(
    table: CrossTable, name: str, patients: Patients, rng: np.random.Generator
) -> Patients | None:
    """Give each unit one category, so that units and events add up."""
    all_units = [unit for patient in patients for unit in patient.units]
    with_event = sum(unit.has_event for unit in all_units)
    decks = _unit_decks(table, len(all_units), with_event, rng)
    if decks is None:
        return None

    def dealt(unit: RebuiltUnit) -> RebuiltUnit:
        label = decks[unit.has_event].pop()
        return replace(unit, attributes=(*unit.attributes, (name, label)))

    return tuple(replace(patient, units=tuple(map(dealt, patient.units))) for patient in patients)


def _unit_decks(
    table: CrossTable, units: int, with_event: int, rng: np.random.Generator
) -> dict[bool, list[str]] | None:
    """Return shuffled categories for units with and without event."""
    decks: defaultdict[bool, list[str]] = defaultdict(list)
    open_rows = [row for row in table.rows if row.events is None]
    for row in table.rows:
        decks[True] += [row.label] * (row.events or 0)
        decks[False] += [row.label] * ((row.units or 0) - (row.events or 0))
    # Categories whose events are not printed give up units at random for the events that are left.
    missing = with_event - len(decks[True])
    movable = [row.label for row in open_rows for _ in range(row.units or 0)]
    if missing < 0 or missing > len(movable) or len(decks[False]) + len(decks[True]) != units:
        return None
    for label in rng.permutation(movable)[:missing].tolist() if missing else []:
        decks[True].append(label)
        decks[False].remove(label)
    return {flag: rng.permutation(deck).tolist() for flag, deck in decks.items()} | (
        {} if decks[True] else {True: []}
    )


def _whole_numbers(numbers: WholeNumbers, patients: Patients, rng: np.random.Generator) -> Patients:
    """Give each patient a whole number, with the printed median and range."""
    values = rng.permutation(whole_numbers_with(numbers, rng)).tolist()
    name = str(numbers.column)
    return tuple(
        replace(one, attributes=(*one.attributes, (name, str(value))))
        for one, value in zip(patients, values, strict=True)
    )


def whole_numbers_with(numbers: WholeNumbers, rng: np.random.Generator) -> list[int]:
    """Return ascending whole numbers with a printed median and range."""
    middle = numbers.median.value
    if numbers.median.decimals == 0 and numbers.n % 2 == 0:
        middle = float(round(middle))
    least = numbers.minimum if numbers.minimum is not None else math.floor(middle) - 20
    most = numbers.maximum if numbers.maximum is not None else math.ceil(middle) + 20
    half = numbers.n // 2
    below = np.sort(rng.integers(least, math.floor(middle) + 1, half))
    above = np.sort(rng.integers(math.ceil(middle), most + 1, half))
    if half:
        below[0], above[-1] = least, most
        below[-1], above[0] = math.floor(middle), math.ceil(middle)
    centre = [] if numbers.n % 2 == 0 else [round(middle)]
    return [*below.tolist(), *centre, *above.tolist()]
