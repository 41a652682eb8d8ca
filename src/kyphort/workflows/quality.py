"""Data quality: check a data set or registry, list what the rules found, keep the queries."""

import csv
import datetime as dt
import getpass
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError
from kyphort.protocol import FollowUpProtocol, find_protocol
from kyphort.quality import (
    QualityFinding,
    QualityReport,
    Query,
    QueryLog,
    QueryState,
    check_quality,
    fields_filled,
)
from kyphort.registry.place import is_url
from kyphort.reports.results import FilledRow, QualityRow
from kyphort.reports.spreadsheet import harmless
from kyphort.workflows.folders import write_new_file
from kyphort.workflows.reading import read_data

QUERY_FILE = "queries.jsonl"
CSV_HEADER = (
    "severity", "rule", "patient_id", "place", "value", "message", "remedy", "cohort", "as_of",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """A cohort that was checked, and what was found."""

    cohort: Cohort
    report: QualityReport


def check_data_quality(
    data: str | Path, *, protocol: str | None = None, as_of: dt.date | None = None
) -> Checked:
    """Check the data set folder or registry `data` by every rule; nothing is written.

    With a protocol (its id, or a file) the schedule is checked too, on the day `as_of`.

    Raises
    ------
    FaultyDataError
        When the data set has errors: these come first.
    InvalidDataError
        When there is no such protocol.
    """
    plan = None if protocol is None else find_protocol(protocol)
    cohort, _ = read_data(data)
    return check_cohort_quality(cohort, plan, as_of=as_of)


def check_cohort_quality(
    cohort: Cohort, protocol: FollowUpProtocol | None = None, *, as_of: dt.date | None = None
) -> Checked:
    """Check a cohort from wherever it comes, such as a registry."""
    return Checked(cohort, check_quality(cohort, protocol, as_of=as_of))


def quality_rows(cohort: Cohort) -> tuple[QualityRow, ...]:
    """Return what the rules found, rule by rule, for the report."""
    return tuple(
        QualityRow(
            one.rule.severity.value,
            one.rule.identifier,
            one.rule.meaning,
            one.findings,
            one.patients,
        )
        for one in check_quality(cohort).by_rule()
    )


def filled_rows(cohort: Cohort) -> tuple[FilledRow, ...]:
    """Return how completely the fields are filled, for the report."""
    return tuple(
        FilledRow(one.record, one.field, one.filled, one.records, one.share)
        for one in fields_filled(cohort)
    )


def write_findings(checked: Checked, path: Path) -> None:
    """Write the findings as CSV; no cell is a formula, and a file that exists is not replaced.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_HEADER)
    about = (checked.report.cohort_name, str(checked.report.as_of))
    for one in checked.report.findings:
        cells = (one.severity.value, one.rule, one.patient_id, one.place, one.value)
        writer.writerow(map(harmless, (*cells, one.message, one.remedy, *about)))
    write_new_file(path, text.getvalue())


def query_log(data: str | Path) -> QueryLog:
    """Return the queries of a data set folder or registry file: a file in it, or beside it.

    Raises
    ------
    InvalidDataError
        When there is no such data, or they are in a database server.
    """
    if is_url(data):
        raise InvalidDataError(
            "Queries are kept in a file beside the data, and a database has no place for it. "
            "Export the registry, and open them in the export."
        )
    place = Path(data)
    if place.is_dir():
        return QueryLog(place / QUERY_FILE)
    if place.exists():
        return QueryLog(place.with_name(f"{place.name}.{QUERY_FILE}"))
    raise InvalidDataError(f"{place} does not exist. Give the folder of a data set, or a registry.")


def open_queries(log: QueryLog, findings: Iterable[QualityFinding], by: str) -> tuple[Query, ...]:
    """Open a query for every finding that has none yet, whatever its state; return the new ones."""
    now = utc_now()
    asked = list(findings)

    def opened(present: tuple[Query, ...]) -> Iterator[Query]:
        known = {one.key for one in present}
        number = max((one.number for one in present), default=0)
        for one in asked:
            if one.key not in known:
                known.add(one.key)
                number += 1
                yield Query.opened(
                    number, one.rule, one.patient_id, one.place, _question(one), by=by, at=now
                )

    return log.change(opened)


def _question(found: QualityFinding) -> str:
    text = f"{found.value}: {found.message}" if found.value else found.message
    return f"{text[:1].upper()}{text[1:]} {found.remedy}"


def open_query(log: QueryLog, patient_id: str, place: str, text: str, by: str) -> Query:
    """Open a query of a person, about a patient and a place in the data."""

    def opened(present: tuple[Query, ...]) -> Iterator[Query]:
        number = max((one.number for one in present), default=0) + 1
        yield Query.opened(number, "", patient_id, place, text, by=by, at=utc_now())

    return log.change(opened)[0]


def answer_query(log: QueryLog, number: int, text: str, by: str) -> Query:
    """Answer a query."""
    return _changed(log, number, lambda one: one.answered(text, by=by, at=utc_now()))


def close_query(log: QueryLog, number: int, text: str, by: str) -> Query:
    """Close a query with the reason."""
    return _changed(log, number, lambda one: one.closed(text, by=by, at=utc_now()))


def reopen_query(log: QueryLog, number: int, text: str, by: str) -> Query:
    """Open a query again with the reason."""
    return _changed(log, number, lambda one: one.reopened(text, by=by, at=utc_now()))


def _changed(log: QueryLog, number: int, change: Callable[[Query], Query]) -> Query:
    def apply(present: tuple[Query, ...]) -> Iterator[Query]:
        found = next((one for one in present if one.number == number), None)
        if found is None:
            numbers = f"1 to {len(present)}" if present else "none so far"
            raise InvalidDataError(
                f"There is no query {number}. Allowed: {numbers}; kyphort query list shows them."
            )
        yield change(found)

    return log.change(apply)[0]


def settled(queries: Iterable[Query], report: QualityReport) -> tuple[Query, ...]:
    """Return the queries of rules that find nothing there any more, and are not closed yet."""
    present = {one.key for one in report.findings}
    return tuple(
        one
        for one in queries
        if one.rule and one.state is not QueryState.CLOSED and one.key not in present
    )


def utc_now() -> dt.datetime:
    """Return the time, without fractions of a second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def user_name() -> str:
    """Return the name under which the system knows the user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
