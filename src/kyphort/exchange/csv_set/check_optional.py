"""Rules between optional files and the others: procedures, retreatments, the end of follow-up."""

import datetime as dt
from collections.abc import Iterator

from kyphort.clinical import WithdrawalForm
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.dataset import DataSet, Life, at
from kyphort.exchange.csv_set.findings import Finding
from kyphort.exchange.csv_set.table import Row, Table

_CORRECT = "Correct one of them."


def check_optional_rows(data: DataSet) -> Iterator[Finding]:
    """Yield contradictions of optional files with the vertebrae, and visits after the end."""
    for life in data.lives.values():
        rows: dict[str, list[tuple[Table, Row]]] = {}
        for table, row in life.others:
            rows.setdefault(table.file.record.name, []).append((table, row))
        for table, row in rows.get("procedure", ()):
            yield from _procedure(table, row, life)
        for table, row in rows.get("dose_summary", ()):
            yield from _plan(table, row, life)
        yield from _retreatments(rows.get("retreatment", []), life)
        yield from _after_the_end(data, life, list(_ends(rows)))


def _procedure(table: Table, row: Row, life: Life) -> Iterator[Finding]:
    date, treated = row.get("procedure_date"), set(life.procedures.values())
    first = life.first_procedure
    if date is None or first is None or date < first or date in treated:
        return
    message = f"no vertebra was treated then. Treated: {', '.join(map(str, sorted(treated)))}."
    yield at(table, row, rules.PROCEDURE_UNKNOWN, "procedure_date", message, _CORRECT)


def _plan(table: Table, row: Row, life: Life) -> Iterator[Finding]:
    date, treated = row.get("procedure_date"), life.procedures.get(row.get("level"))
    if date is not None and treated is not None and date != treated:
        message = f"{row.get('level')} was treated on {treated}."
        yield at(table, row, rules.PROCEDURE_UNKNOWN, "procedure_date", message, _CORRECT)


def _retreatments(rows: list[tuple[Table, Row]], life: Life) -> Iterator[Finding]:
    first: dict[object, tuple[Table, Row]] = {}
    for table, row in rows:
        level, date = row.get("level"), row.get("retreatment_date")
        if level is None or date is None or date < life.procedures.get(level, dt.date.min):
            return  # another rule names it
        if level not in first or date < first[level][1].get("retreatment_date"):
            first[level] = (table, row)
    for level, (table, row) in first.items():
        if level not in life.retreatments:
            continue
        named = life.retreatments[level]
        if named != row.get("retreatment_date"):
            message = (
                f"the first retreatment of {level}, but vertebrae.csv names {named or 'none'} as "
                "retreatment_date."
            )
            column = "retreatment_date"
            yield at(table, row, rules.RETREATMENT_DIFFERS, column, message, _CORRECT)


def _ends(rows: dict[str, list[tuple[Table, Row]]]) -> Iterator[tuple[dt.date, str]]:
    for _, row in rows.get("withdrawal", ()):
        date = row.get("withdrawal_date")
        if row.get("form") is WithdrawalForm.STOP_FOLLOW_UP and date is not None:
            yield date, "the patient stopped follow-up"
    for _, row in rows.get("loss_to_follow_up", ()):
        if row.get("loss_date") is not None:
            yield row.get("loss_date"), "the patient was given up as lost"


def _after_the_end(data: DataSet, life: Life, ends: list[tuple[dt.date, str]]) -> Iterator[Finding]:
    if not ends:
        return
    end, why = min(ends)
    for date, rows in life.visits_by_date.items():
        if date > end:
            message = f"comes after {end}, when {why}; it does not count."
            remedy = "Correct one of the dates, unless both are true."
            yield at(data.visits, rows[0], rules.AFTER_WITHDRAWAL, "visit_date", message, remedy)
            return
