"""A data set as it was read, before it is a cohort: rows that rules can look at."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kyphort.exchange.csv_set.columns import (
    ADVERSE_EVENTS,
    CSV_FILES,
    PATIENTS,
    VERTEBRAE,
    VISITS,
    CsvFile,
)
from kyphort.exchange.csv_set.description import Description
from kyphort.exchange.csv_set.findings import Finding
from kyphort.exchange.csv_set.rules import Rule
from kyphort.exchange.csv_set.table import Row, Table


@dataclass
class DataSet:
    """The description, the tables in the order of their files; `today` is the day of the check."""

    description: Description
    tables: tuple[Table, ...]
    today: dt.date
    left_out: set[tuple[str, int]] = field(default_factory=set)

    @property
    def patients(self) -> Table:
        """The patients."""
        return self._table(PATIENTS)

    @property
    def vertebrae(self) -> Table:
        """The treated vertebrae."""
        return self._table(VERTEBRAE)

    @property
    def visits(self) -> Table:
        """The visits and what was read at them."""
        return self._table(VISITS)

    @property
    def adverse_events(self) -> Table:
        """The adverse events."""
        return self._table(ADVERSE_EVENTS)

    @property
    def optional_tables(self) -> tuple[Table, ...]:
        """The tables of files that a data set may do without."""
        return tuple(table for table in self.tables if table.file.is_optional)

    def _table(self, file: CsvFile) -> Table:
        return self.tables[CSV_FILES.index(file)]

    def kept(self, table: Table) -> Iterator[Row]:
        """Yield the rows of a table that count, without repetitions."""
        for row in table.rows:
            if (table.file.name, row.number) not in self.left_out:
                yield row

    @cached_property
    def lives(self) -> dict[str, "Life"]:
        """What the files say of each patient of patients.csv, once for each pseudonym."""
        vertebrae = by_patient(self.kept(self.vertebrae))
        visits = by_patient(self.kept(self.visits))
        events = by_patient(self.kept(self.adverse_events))
        others = [(table, by_patient(self.kept(table))) for table in self.optional_tables]
        return {
            patient: Life(
                rows[0],
                vertebrae[patient],
                visits[patient],
                events[patient],
                [(table, row) for table, found in others for row in found.get(patient, ())],
            )
            for patient, rows in by_patient(self.kept(self.patients)).items()
        }


@dataclass(frozen=True)
class Life:
    """The rows of one patient in the files; `others` are those of optional files."""

    patient: Row
    vertebrae: list[Row]
    visits: list[Row]
    adverse_events: list[Row]
    others: list[tuple[Table, Row]]

    @cached_property
    def first_procedure(self) -> dt.date | None:
        """The date of the first procedure, None when one of the dates is faulty."""
        dates = [row.get("procedure_date") for row in self.vertebrae]
        return None if None in dates else min(dates, default=None)

    @cached_property
    def last_contact(self) -> dt.date | None:
        """The latest day on which the patient is known to have been alive."""
        known = (self.patient.get("last_contact_date"), self.patient.get("death_date"))
        return max((one for one in known if one is not None), default=None)

    @property
    def ends_before_treatment(self) -> bool:
        """Whether the last contact lies before the first procedure."""
        first, last = self.first_procedure, self.last_contact
        return first is not None and last is not None and last < first

    @cached_property
    def visits_by_date(self) -> dict[dt.date, list[Row]]:
        """The rows of each visit, by date."""
        return grouped((row.get("visit_date"), row) for row in self.visits)

    @cached_property
    def procedures(self) -> dict[Any, dt.date]:
        """The date of the procedure at each level; a faulty one is absent."""
        dates = ((row.get("level"), row.get("procedure_date")) for row in self.vertebrae)
        return {level: date for level, date in dates if date is not None}

    @cached_property
    def retreatments(self) -> dict[Any, dt.date | None]:
        """The date of retreatment of each treated level; a faulty one is absent."""
        return {
            row.get("level"): row.get("retreatment_date")
            for row in self.vertebrae
            if "retreatment_date" in row.values
        }


def by_patient(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    """Group rows by patient; a row whose patient is not known is left out."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        patient = row.get("patient_id")
        if patient is not None:
            found[patient].append(row)
    return found


def grouped(pairs: Iterable[tuple[Any, Row]]) -> dict[Any, list[Row]]:
    """Group rows by a key, in order; a row without one is left out."""
    found: dict[Any, list[Row]] = {}
    for key, row in pairs:
        if key is not None:
            found.setdefault(key, []).append(row)
    return found


def at(  # noqa: PLR0917 - the six parts of a finding, always in this order
    table: Table, row: Row, rule: Rule, column: str, message: str, remedy: str
) -> Finding:
    """Return a finding about one cell of one row."""
    return rule.found(
        table.file.name,
        message,
        remedy,
        row=row.number,
        column=column,
        value=table.text(row, column),
    )
