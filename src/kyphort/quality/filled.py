"""How completely the fields of the records are filled in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kyphort.clinical import Cohort
from kyphort.clinical.records import ALWAYS, NEVER, RECORDS, RecordField, RecordType

_SAYS_NOTHING = frozenset(("unknown", "unspecified", "not_assessed", "not_assessable"))


@dataclass(frozen=True, slots=True)
class FieldFilled:
    """One field: in how many of the records it says something."""

    record: str
    field: str
    meaning: str
    filled: int
    records: int

    @property
    def share(self) -> float:
        """Filled out of all, as a fraction."""
        return self.filled / self.records


def fields_filled(cohort: Cohort) -> tuple[FieldFilled, ...]:
    """Return how completely each field is filled, in the order of the records.

    Fields that apply to some records only, such as the date of a death, are left out, and kinds of
    records that the cohort does not have. A code that says that nothing is known counts as empty.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> found = fields_filled(read_csv_set(dataset_folder("bludau2020")))
    >>> [(one.field, one.filled, one.records) for one in found if one.record == "vertebra"][-1]
    ('preexisting_fracture', 135, 143)
    """
    return tuple(
        FieldFilled(kind.words, one.name, one.meaning, filled, len(values))
        for kind in RECORDS
        for values in [list(_records(cohort, kind))]
        if values
        for one in kind.fields
        if one.path and _applies_to_all(one)
        for filled in [sum(_says_something(row[one.name]) for row in values)]
    )


def _records(cohort: Cohort, kind: RecordType) -> Iterator[dict[str, Any]]:
    if not kind.within:
        yield from map(kind.row, cohort.records(kind))
        return
    for visit in cohort.visits:
        yield from map(kind.row, getattr(visit, kind.within))


def _applies_to_all(one: RecordField) -> bool:
    return one.required in {ALWAYS, NEVER} or one.required.startswith("never; empty means")


def _says_something(value: object) -> bool:
    return value is not None and value != "" and str(value) not in _SAYS_NOTHING
