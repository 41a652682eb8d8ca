"""Writing a de-identified data set: the folder that may leave, and the files that must not."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kyphort.errors import OutputError
from kyphort.exchange.csv_set import write_csv_set
from kyphort.exchange.deidentified import (
    SMALLEST_CELL,
    Deidentified,
    Done,
    Key,
    SmallCell,
    TextDecisions,
    deidentify,
    read_decisions,
    small_cells,
    write_key,
)
from kyphort.exchange.deidentified.deidentify import EVERYWHERE, NAME
from kyphort.exchange.deidentified.texts import HEADER
from kyphort.reports.spreadsheet import harmless
from kyphort.wording import counted
from kyphort.workflows.folders import check_is_free, check_is_new, new_folder, write_new_file
from kyphort.workflows.reading import read_data

SCHEMA = "kyphort-deidentification/1"
ACCOUNT_FILES = ("deidentification.json", "deidentification.txt")
CHANGES = (
    "Dates are shifted by patient: intervals within a patient are kept; calendar dates, seasons "
    "and the order of patients are not.",
    "Everything measured up to the data cut-off (completeness, overdue visits) is not what it was.",
    "Whoever knows the true cut-off, and that a patient was followed up to it, can find that "
    "patient's shift: share intervals, not dates, where that matters.",
    "Age 90 stands for 90 or more.",
)


def export_deidentified(
    data: Path,
    out: Path,
    key: Key,
    *,
    new_key: Path | None = None,
    name: str = NAME,
    texts: Path | None = None,
    review: Path | None = None,
    links: Path | None = None,
    smallest: int = SMALLEST_CELL,
) -> tuple[Deidentified, tuple[SmallCell, ...]]:
    """Write a de-identified data set into `out`; return what was done and which cells are small.

    `new_key` is where to write the key when it is a new one. `texts` is the table of free texts
    with a person's decisions, `review` where to write that table for deciding, `links` where to
    write the old beside the new pseudonyms: what must stay home is refused inside `out`.

    Raises
    ------
    FaultyDataError
        When the data set has errors.
    InvalidDataError
        When nobody is left, or the decisions cannot be read.
    OutputError
        When something cannot be written, exists already, or would leave with the data.
    """
    check_is_free(out)
    for path in filter(None, (new_key, review, links)):
        _check_stays_home(path, out)
    cohort, _ = read_data(data)
    decisions = TextDecisions() if texts is None else read_decisions(texts)
    found = deidentify(cohort, key, name=name, decisions=decisions)
    cells = small_cells(found.cohort, smallest)
    with new_folder(out) as stage:
        write_csv_set(found.cohort, stage)
        for file, text in zip(ACCOUNT_FILES, _account(found, cells, smallest), strict=True):
            (stage / file).write_text(text, encoding="utf-8")
        if new_key is not None:
            write_key(key, new_key)
    if review is not None:
        rows = [(one.file, one.column, one.text, one.patients, "", "") for one in found.texts]
        _write_private(review, [HEADER, *rows])
    if links is not None:
        _write_private(links, [("patient_id", "pseudonym"), *sorted(found.links.items())])
    return found, cells


def _check_stays_home(path: Path, out: Path) -> None:
    """Refuse a private file that exists, or that would lie in the folder that leaves."""
    if path.resolve().is_relative_to(out.resolve()):
        raise OutputError(
            f"{path} lies in {out}, which leaves the house. Choose a place outside of it."
        )
    check_is_new(path)


def _write_private(path: Path, rows: list[tuple[Any, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(harmless, row) for row in rows)
    write_new_file(path, text.getvalue(), private=True)


def _account(found: Deidentified, cells: tuple[SmallCell, ...], smallest: int) -> tuple[str, str]:
    content = {
        "schema": SCHEMA,
        "patients": len(found.cohort.patients),
        "withheld": dict(found.withheld),
        "done": [asdict(one) for one in found.done],
        "smallest_cell": smallest,
        "small_cells": [asdict(one) for one in cells],
        "what_changes": CHANGES,
    }
    return (
        json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        "\n".join(account_lines(found, cells, smallest)) + "\n",
    )


def account_lines(
    found: Deidentified, cells: tuple[SmallCell, ...], smallest: int, limit: int = 0
) -> list[str]:
    """Return what was done in words; at most `limit` small cells are listed (0: all)."""
    lines = [f"{counted(len(found.cohort.patients), 'patient')} exported."]
    lines += [f"Withheld: {counted(n, 'patient')} who {why}." for why, n in found.withheld.items()]
    lines += _done_lines(found.done)
    if cells:
        lines.append(f"Cells with fewer than {smallest} patients ({len(cells)}):")
        shown = cells[:limit] if limit else cells
        lines += [f"  {one.variables}: {one.values} ({one.patients})" for one in shown]
        if len(shown) < len(cells):
            lines.append(f"  and {len(cells) - len(shown)} more, all in {ACCOUNT_FILES[1]}.")
    return [*lines, *CHANGES]


def _done_lines(done: tuple[Done, ...]) -> Iterator[str]:
    """Say what was done: columns by name where a text was lost, in sum where all were changed."""
    everywhere: Counter[str] = Counter()
    for one in done:
        if one.what in EVERYWHERE:
            everywhere[one.what] += one.cells
        else:
            yield f"{one.file}, {one.column}: {one.what} ({counted(one.cells, 'cell')})."
    for what, cells in everywhere.items():
        yield f"{what.capitalize()} in {counted(cells, 'cell')}."
