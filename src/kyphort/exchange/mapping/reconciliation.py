"""What became of a source: every row has one fate, every changed value is counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from kyphort.exchange.csv_set import Finding, Severity
from kyphort.exchange.csv_set.findings import shown
from kyphort.wording import counted

SCHEMA = "kyphort-reconciliation/1"
_EXAMPLES = 2


class Fate(StrEnum):
    """What became of a row of the source: exactly one of these.

    A row is refused for a fault of its own or of its patient, and held back when it has none but
    the import as a whole does not take place.
    """

    ACCEPTED = "accepted"
    UNUSED = "unused"
    REFUSED = "refused"
    HELD_BACK = "held_back"


@dataclass(frozen=True, slots=True)
class RowFate:
    """One row of the source, what became of it, and why if it was not accepted."""

    file: str
    row: int
    record: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """One file of the source and what became of its rows; the rows are the sum of the others."""

    file: str
    sha256: str
    rows: int
    accepted: int
    unused: int
    refused: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: which field became which column, what was there, what is there now."""

    file: str
    field: str
    target: str
    rule: str
    before: str
    after: str
    cells: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The account of an import: rows in, accepted, unused, refused; values changed and how.

    `made` counts the rows of each file of the data set; it is empty when nothing was imported.
    """

    source: str
    map_name: str
    imported: bool
    files: tuple[SourceCount, ...]
    made: dict[str, int]
    changes: tuple[Change, ...]
    rows: tuple[RowFate, ...]
    findings: tuple[Finding, ...]
    not_read: tuple[str, ...]

    @property
    def rows_in(self) -> int:
        """The rows of all files."""
        return sum(one.rows for one in self.files)

    def count(self, fate: Fate) -> int:
        """Return how many rows had a fate."""
        return sum(one.fate is fate for one in self.rows)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stood in the way."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    def as_json(self) -> dict[str, Any]:
        """Return the account as `reconciliation.json` holds it."""
        return {
            "schema": SCHEMA,
            "source": self.source,
            "map": self.map_name,
            "imported": self.imported,
            "rows_in": self.rows_in,
            "rows_accepted": self.count(Fate.ACCEPTED),
            "rows_unused": self.count(Fate.UNUSED),
            "rows_refused": self.count(Fate.REFUSED),
            "rows_held_back": self.count(Fate.HELD_BACK),
            "rows_made": self.made,
            "files": [asdict(one) for one in self.files],
            "changes": [asdict(one) for one in self.changes],
            "rows_not_accepted": [
                asdict(one) for one in self.rows if one.fate is not Fate.ACCEPTED
            ],
            "findings": [one.as_json() for one in self.findings],
            "fields_not_read": list(self.not_read),
        }

    def table(self) -> list[tuple[str, ...]]:
        """Return the account as rows of one table, the header first."""
        return [
            ("what", "file", "row", "field", "target", "rule", "before", "after", "cells"),
            *map(_change_cells, self.changes),
            *(_row_cells(one) for one in self.rows if one.fate is not Fate.ACCEPTED),
            *map(_finding_cells, self.findings),
        ]

    def text(self, *, limit: int = 20) -> str:
        """Return the account in words, with at most `limit` lines of a kind (0: all)."""
        return "\n".join(
            (
                *self.totals(),
                *_part("Changed", list(_change_lines(self.changes)), limit),
                *_part("Not used", _reasons(self.rows, Fate.UNUSED), limit),
                *_part("Refused", _reasons(self.rows, Fate.REFUSED), limit),
                *_part("Fields not read", [", ".join(self.not_read)] if self.not_read else [], 0),
            )
        )

    def totals(self) -> list[str]:
        """Return how many rows had which fate, and how many rows were made."""
        totals = (
            f"Rows in: {self.rows_in}. Accepted: {self.count(Fate.ACCEPTED)}, not used: "
            f"{self.count(Fate.UNUSED)}, refused: {self.count(Fate.REFUSED)}."
        )
        if not self.imported:
            held = counted(self.count(Fate.HELD_BACK), "row")
            return [totals, f"Nothing was imported; {held} without a fault held back."]
        made = ", ".join(f"{name} {rows}" for name, rows in self.made.items() if rows)
        return [totals, f"Rows made: {made}."]


def _change_cells(one: Change) -> tuple[str, ...]:
    cells = str(one.cells)
    return (
        "change", one.file, "", one.field, one.target, one.rule, one.before, one.after, cells,
    )  # fmt: skip


def _row_cells(one: RowFate) -> tuple[str, ...]:
    return (f"row {one.fate}", one.file, str(one.row), "", "", "", one.record, one.why, "")


def _finding_cells(one: Finding) -> tuple[str, ...]:
    row = "" if one.row is None else str(one.row)
    what_to_do = f"{one.message} {one.remedy}".strip()
    return (
        one.severity.value, one.file, row, one.column, "", one.rule, one.value, what_to_do, "",
    )  # fmt: skip


def _change_lines(changes: Iterable[Change]) -> Iterator[str]:
    """Say for each field what was done to it, with two examples."""
    kinds = groupby(changes, key=lambda one: (one.file, one.field, one.target, one.rule))
    for (file, field, target, rule), of_kind in kinds:
        found = list(of_kind)
        examples = ", ".join(
            f"'{shown(one.before)}' as '{shown(one.after)}'" for one in found[:_EXAMPLES]
        )
        more = " …" if len(found) > _EXAMPLES else ""
        cells = counted(sum(one.cells for one in found), "cell")
        yield f"{file}, {field} -> {target}: {cells}, {examples}{more} [{rule}]"


def _reasons(rows: Iterable[RowFate], fate: Fate) -> list[str]:
    counts = Counter((one.file, one.why) for one in rows if one.fate is fate)
    return [f"{file}: {counted(number, 'row')}: {why}" for (file, why), number in counts.items()]


def _part(title: str, lines: list[str], limit: int) -> list[str]:
    if not lines:
        return []
    listed = lines[:limit] if limit else lines
    more = len(lines) - len(listed)
    rest = [f"  and {more} more, all in reconciliation.csv."] if more else []
    return [f"{title}:", *(f"  {line}" for line in listed), *rest]
