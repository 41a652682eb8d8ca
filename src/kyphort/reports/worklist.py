"""The due list as a table, as CSV and as a calendar; text says the state, never colour alone."""

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kyphort.protocol import CompletenessRow, DueVisit, FollowUpProtocol, VisitState
from kyphort.reports.numbers import ABSENT, percent
from kyphort.reports.spreadsheet import harmless

SYNTHETIC = "SYNTHETIC DATA"
STATE_WORDS = {
    VisitState.CLOSED_DEATH: "closed by death",
    VisitState.CLOSED_WITHDRAWAL: "closed by withdrawal",
    VisitState.CLOSED_LOSS: "closed by loss",
    VisitState.CLOSED_CUT_OFF: "closed by the data end",
}
"""How a state is written where its code would puzzle a reader."""

TITLES = (
    "State",
    "Days overdue",
    "Patient",
    "Levels",
    "Procedure",
    "Visit",
    "Due",
    "Window",
    "Missing",
    "Last seen",
    "Data valid until",
)
_CSV_HEADER = (
    "state",
    "days_overdue",
    "patient_id",
    "levels",
    "procedure_date",
    "visit_id",
    "visit",
    "target_date",
    "window_start",
    "window_end",
    "missing",
    "done_date",
    "last_seen",
    "data_valid_until",
    "as_of",
    "protocol",
    "data",
)
CSV_MARK = ",".join(_CSV_HEADER) + "\r\n"
"""The first line of every CSV of a due list, by which kyphort knows its own file."""
CALENDAR_MARK = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//kyphort//follow-up//EN\r\n"
"""The first lines of every calendar, by which kyphort knows its own file."""

_FOLD_OCTETS = 75


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What every due list says of itself: its date, its protocol, whether its data are invented."""

    as_of: dt.date
    protocol: FollowUpProtocol
    synthetic: bool


def worklist_table(visits: Iterable[DueVisit]) -> str:
    """Return the due list as text in columns, one line for each visit.

    >>> print(worklist_table(()))
    No visit in these states.
    """
    rows = [_row(visit) for visit in visits]
    return columns(TITLES, rows) if rows else "No visit in these states."


def completeness_table(found: Iterable[CompletenessRow]) -> str:
    """Return completeness as text in columns, one line for each planned visit."""
    rows = [(one.name, str(one.due), str(one.done), percent(one.share)) for one in found]
    return columns(("Visit", "Due", "Done", "Share"), rows)


def columns(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their titles, each column as wide as its longest text.

    >>> print(columns(("Visit", "Due"), [("3 months", "4")]))
    Visit     Due
    3 months  4
    """
    lines = [titles, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def counts_sentence(visits: Iterable[DueVisit]) -> str:
    """Return how many visits are in each state, in one sentence.

    >>> counts_sentence(())[:23]
    '0 overdue, 0 due, 0 sch'
    """
    counts = Counter(visit.state for visit in visits)
    return ", ".join(f"{counts[state]} {state_word(state)}" for state in VisitState) + "."


def state_word(state: VisitState) -> str:
    """Return a state in words."""
    return STATE_WORDS.get(state, state.value)


def worklist_csv(visits: Iterable[DueVisit], facts: ListFacts) -> str:
    """Return the due list as CSV; a text that a spreadsheet would run is kept from it by a quote.

    Levels and missing items are separated by semicolons; `data` says when rows are invented.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_CSV_HEADER)
    stamp = SYNTHETIC if facts.synthetic else ""
    for visit in visits:
        row = (
            visit.state,
            visit.days_overdue,
            visit.patient_id,
            ";".join(visit.levels),
            visit.procedure_date,
            visit.planned.id,
            visit.planned.name,
            visit.target_date,
            visit.window_start,
            visit.window_end,
            ";".join(map(str, visit.missing)),
            visit.done_date or "",
            visit.last_seen,
            visit.data_valid_until or "",
            facts.as_of,
            facts.protocol.id,
            stamp,
        )
        writer.writerow([harmless(str(cell)) for cell in row])
    return text.getvalue()


def worklist_calendar(visits: Iterable[DueVisit], facts: ListFacts) -> str:
    """Return the due list as an iCalendar file: one all-day event on each target date.

    An event's UID depends on pseudonym, procedure, protocol and visit only, so a later list
    updates the event of an earlier one. No name stands in it but the pseudonym.

    Source: RFC 5545, sections 3.1 (lines of at most 75 octets), 3.3.11 (text) and 3.6.1 (events).
    """
    lines = ["CALSCALE:GREGORIAN"]
    for visit in visits:
        lines += _event(visit, facts)
    lines.append("END:VCALENDAR")
    return CALENDAR_MARK + "".join(f"{_folded(line)}\r\n" for line in lines)


def _row(visit: DueVisit) -> tuple[str, ...]:
    return (
        state_word(visit.state),
        str(visit.days_overdue) if visit.state is VisitState.OVERDUE else ABSENT,
        visit.patient_id,
        "·".join(visit.levels),
        str(visit.procedure_date),
        visit.planned.name,
        str(visit.target_date),
        f"{visit.window_start} to {visit.window_end}",
        _missing(visit),
        str(visit.last_seen),
        str(visit.data_valid_until or "none recorded"),
    )


def _missing(visit: DueVisit) -> str:
    return ", ".join(map(str, visit.missing)) or ABSENT


def _event(visit: DueVisit, facts: ListFacts) -> Iterator[str]:
    stamp = f"{SYNTHETIC}: " if facts.synthetic else ""
    uid = f"{visit.patient_id}-{visit.procedure_date}-{facts.protocol.id}-{visit.planned.id}"
    title = f"{stamp}{visit.patient_id}: {visit.planned.name} ({', '.join(visit.levels)})"
    window = f"window {visit.window_start} to {visit.window_end}"
    missing = f"missing: {_missing(visit)}"
    state = f"{state_word(visit.state)} as of {facts.as_of}"
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(uid)}@kyphort"
    yield f"DTSTAMP:{facts.as_of:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{visit.target_date:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{visit.target_date + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_escaped(title)}"
    yield f"DESCRIPTION:{_escaped('; '.join((state, window, missing)))}"
    yield f"CATEGORIES:{_escaped(state_word(visit.state))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    """Escape a text for a calendar; line breaks are kept, other control characters dropped."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return "".join(letter for letter in text if letter.isprintable())


def _folded(line: str) -> str:
    """Break a line after at most 75 octets, never within a character."""
    parts, octets = [""], 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > _FOLD_OCTETS:
            parts.append("")
            octets = 1
        parts[-1] += letter
        octets += size
    return "\r\n ".join(parts)
