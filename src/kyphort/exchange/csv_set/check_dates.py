"""Rules on the order of dates: treatment, visits, events, death, and the data cut-off."""

import datetime as dt
from collections.abc import Iterator

from kyphort.clinical import VisitKind
from kyphort.clinical.records import End, FieldKind, RecordField, Start
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.cells import DATE
from kyphort.exchange.csv_set.columns import DESCRIPTION_FILE
from kyphort.exchange.csv_set.dataset import DataSet, Life, at
from kyphort.exchange.csv_set.findings import Finding
from kyphort.exchange.csv_set.rules import Rule
from kyphort.exchange.csv_set.table import Row, Table

_CORRECT = "Correct one of the two dates."


def check_dates(data: DataSet) -> Iterator[Finding]:
    """Yield the dates that cannot follow each other."""
    late = _Late(data)
    yield from late.findings()
    for life in data.lives.values():
        yield from _life(data, life)
        if life.ends_before_treatment or late.has(data.patients, life.patient):
            continue
        yield from _procedures(data, life, late)
        yield from _visits(data, life, late)
        yield from _events(data, life, late)
        yield from _others(life, late)


class _Late:
    """Dates after the cut-off or today: found first, so that no other rule repeats them."""

    def __init__(self, data: DataSet) -> None:
        self._data = data
        self._cut_off = data.description.data_cut_off or dt.date.max
        self._today = dt.date.max if data.description.is_synthetic else data.today
        self._rows: set[tuple[str, int]] = set()

    def has(self, table: Table, row: Row) -> bool:
        """Whether one of the row's dates is too late already for the data set."""
        return (table.file.name, row.number) in self._rows

    def findings(self) -> Iterator[Finding]:
        """Yield every date after the cut-off or in the future, once for each row and column."""
        if dt.date.max > self._cut_off > self._today:
            yield rules.FUTURE.found(
                DESCRIPTION_FILE,
                f"lies after today, {self._today}.",
                "Give the day on which the data were closed.",
                column="data_cut_off",
                value=self._cut_off,
            )
        for table in self._data.tables:
            columns = [one.name for one in table.file.columns if one.kind is DATE]
            for row in self._data.kept(table):
                yield from self._of_row(table, row, columns)

    def _of_row(self, table: Table, row: Row, columns: list[str]) -> Iterator[Finding]:
        seen: set[dt.date] = set()
        for name in columns:
            date = row.get(name)
            if date is None or date in seen or date <= min(self._cut_off, self._today):
                continue
            seen.add(date)
            self._rows.add((table.file.name, row.number))
            if date > self._today:
                yield at(
                    table,
                    row,
                    rules.FUTURE,
                    name,
                    f"lies after today, {self._today}.",
                    "Correct the date.",
                )
            else:
                yield at(
                    table,
                    row,
                    rules.AFTER_CUT_OFF,
                    name,
                    f"lies after the data cut-off, {self._cut_off}.",
                    "Correct the date, or the data_cut_off in dataset.toml.",
                )


def _life(data: DataSet, life: Life) -> Iterator[Finding]:
    death, contact = life.patient.get("death_date"), life.patient.get("last_contact_date")
    first = life.first_procedure
    if life.ends_before_treatment and first is not None:
        rule = rules.CONTACT_EARLY if death is None else rules.DEATH_EARLY
        column = "last_contact_date" if death is None else "death_date"
        message = f"the first procedure was later, on {first}."
        yield at(data.patients, life.patient, rule, column, message, _CORRECT)
    elif death is not None and contact is not None and death != contact:
        message = f"the last contact is another day, {contact}. For a death they are the same."
        yield at(data.patients, life.patient, rules.DEATH_NOT_LAST, "death_date", message, _CORRECT)


def _procedures(data: DataSet, life: Life, late: _Late) -> Iterator[Finding]:
    for row in life.vertebrae:
        if late.has(data.vertebrae, row):
            continue
        procedure, retreatment = row.get("procedure_date"), row.get("retreatment_date")
        yield from _not_after(data.vertebrae, row, "procedure_date", life, rules.PROCEDURE_LATE)
        if retreatment is not None and procedure is not None and retreatment < procedure:
            message = f"comes before the procedure, {procedure}."
            yield at(
                data.vertebrae, row, rules.RETREATMENT_EARLY, "retreatment_date", message, _CORRECT
            )
        else:
            yield from _not_after(
                data.vertebrae, row, "retreatment_date", life, rules.RETREATMENT_LATE
            )


def _visits(data: DataSet, life: Life, late: _Late) -> Iterator[Finding]:
    first = life.first_procedure
    for date, rows in life.visits_by_date.items():
        row = rows[0]
        if late.has(data.visits, row):
            continue
        is_baseline = any(one.get("kind") in {None, VisitKind.BASELINE} for one in rows)
        if first is not None and date < first and not is_baseline:
            message = f"comes before the first procedure, {first}, but is no baseline."
            remedy = "Correct the date, or make it a baseline visit."
            yield at(data.visits, row, rules.VISIT_EARLY, "visit_date", message, remedy)
        else:
            yield from _not_after(data.visits, row, "visit_date", life, rules.VISIT_LATE)
            if not is_baseline:
                yield from _readings(data, life, date, rows)


def _readings(data: DataSet, life: Life, date: dt.date, rows: list[Row]) -> Iterator[Finding]:
    for row in rows:
        procedure = life.procedures.get(row.get("level"))
        if procedure is not None and date < procedure <= (life.last_contact or procedure):
            message = f"read before the procedure at this level, {procedure}; it does not count."
            remedy = "Correct the date or the level, unless it was read on purpose."
            yield at(data.visits, row, rules.READING_EARLY, "level", message, remedy)


def _events(data: DataSet, life: Life, late: _Late) -> Iterator[Finding]:
    table, first = data.adverse_events, life.first_procedure
    for row in life.adverse_events:
        if late.has(table, row):
            continue
        onset, resolved = row.get("onset_date"), row.get("resolved_date")
        if onset is not None and first is not None and onset < first:
            message = f"comes before the first procedure, {first}."
            yield at(table, row, rules.EVENT_EARLY, "onset_date", message, _CORRECT)
        else:
            yield from _not_after(table, row, "onset_date", life, rules.EVENT_LATE)
        if onset is not None and resolved is not None and resolved < onset:
            message = f"comes before the onset, {onset}."
            yield at(table, row, rules.EVENT_RESOLVED, "resolved_date", message, _CORRECT)


def _others(life: Life, late: _Late) -> Iterator[Finding]:
    """Yield dates of optional files that lie outside what the declaration allows."""
    for table, row in life.others:
        if late.has(table, row):
            continue
        for field in table.file.record.fields:
            date = row.get(field.name) if field.kind is FieldKind.DATE else None
            if date is None:
                continue
            earliest = _earliest(field, row, life)
            if earliest is not None and date < earliest:
                message = f"comes before {_start_words(field)}, {earliest}."
                yield at(table, row, rules.DATE_EARLY, field.name, message, _CORRECT)
            elif field.not_after is End.LAST_CONTACT:
                yield from _not_after(table, row, field.name, life, rules.DATE_LATE)


def _start_words(field: RecordField) -> str:
    return field.not_before.value if field.not_before else ""


def _earliest(field: RecordField, row: Row, life: Life) -> dt.date | None:
    if field.not_before is Start.FIRST_PROCEDURE:
        return life.first_procedure
    if field.not_before is Start.OWN_PROCEDURE:
        return life.procedures.get(row.get("level"))
    return None


def _not_after(table: Table, row: Row, column: str, life: Life, rule: Rule) -> Iterator[Finding]:
    date, last = row.get(column), life.last_contact
    if date is None or last is None or date <= last:
        return
    end = "death" if life.patient.get("death_date") == last else "last contact"
    message = f"comes after the {end} of patient {row.get('patient_id')}, {last}."
    yield at(table, row, rule, column, message, _CORRECT)
