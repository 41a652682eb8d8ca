"""Small cells: combinations that so few patients share that somebody could be recognised."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kyphort.clinical import Cohort, Patient
from kyphort.errors import InvalidDataError

SMALLEST_CELL = 5
"""Fewer patients than this in a cell are flagged; 5 is a common choice, and no law's."""


@dataclass(frozen=True, slots=True)
class SmallCell:
    """A value, or a combination of values, that few patients share."""

    variables: str
    values: str
    patients: int


def small_cells(cohort: Cohort, smallest: int = SMALLEST_CELL) -> tuple[SmallCell, ...]:
    """Return the cells with fewer than `smallest` patients: one variable, then sex, age and tumour.

    Ages count by decades. The combination is what a neighbour knows of a patient.

    Raises
    ------
    InvalidDataError
        When `smallest` is below 2.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> cells = small_cells(read_csv_set(dataset_folder("bludau2020")))
    >>> [one.values for one in cells if one.variables == "entity" and one.patients == 1]
    ['Other urogenital cancers', 'Others (haemangioma)']
    """
    if smallest < 2:
        raise InvalidDataError(f"A smallest cell of {smallest} flags nothing. Allowed: 2 or more.")
    found = [
        SmallCell(name, value, patients)
        for name, values_of in _VARIABLES.items()
        for value, patients in sorted(_counts(cohort, values_of).items())
        if patients < smallest
    ]
    return tuple(found)


def _counts(cohort: Cohort, values_of: Callable[[Cohort, Patient], Iterator[str]]) -> Counter[str]:
    return Counter(
        value for patient in cohort.patients for value in set(values_of(cohort, patient))
    )


def _sex(_cohort: Cohort, patient: Patient) -> Iterator[str]:
    yield str(patient.sex)


def _decade(_cohort: Cohort, patient: Patient) -> Iterator[str]:
    first = patient.age_years // 10 * 10
    yield f"{first}–{first + 9} years"


def _entity(_cohort: Cohort, patient: Patient) -> Iterator[str]:
    yield patient.entity


def _levels(cohort: Cohort, patient: Patient) -> Iterator[str]:
    for one in cohort.vertebrae_of(patient):
        yield str(one.level)


def _number(cohort: Cohort, patient: Patient) -> Iterator[str]:
    yield f"{len(cohort.vertebrae_of(patient))} levels"


def _events(cohort: Cohort, patient: Patient) -> Iterator[str]:
    for one in cohort.adverse_events_of(patient):
        yield one.term


def _together(cohort: Cohort, patient: Patient) -> Iterator[str]:
    parts = (next(one(cohort, patient)) for one in (_sex, _decade, _entity))
    yield ", ".join(parts)


_VARIABLES: dict[str, Callable[[Cohort, Patient], Iterator[str]]] = {
    "sex": _sex,
    "age": _decade,
    "entity": _entity,
    "level": _levels,
    "number of levels": _number,
    "adverse event": _events,
    "sex, age and entity": _together,
}
