"""Pages and files of doses: tables, figures, JSON and one HTML page for a run."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure as Drawing

from kyphort.reports.document import Block, Column, Document, Figure, Paragraph, Section, Table
from kyphort.reports.drawing import save_figure
from kyphort.reports.html import NARROW_SUFFIX, render_html
from kyphort.reports.numbers import Kind

RESEARCH = "Research software, not a medical device."
Rows = Sequence[tuple[object, ...]]


def dose_table(identifier: str, caption: str, titles: Sequence[str], rows: Rows) -> Table:
    """Return a table; the kind of a column follows from its first row."""
    first = rows[0] if rows else ("",) * len(titles)
    columns = tuple(
        Column(title, Kind.TEXT if isinstance(value, str) else Kind.DECIMAL)
        for title, value in zip(titles, first, strict=True)
    )
    return Table(identifier, caption, columns, tuple(rows))


def dose_document(  # noqa: PLR0917 - the parts of one task, handed on once
    title: str,
    subtitle: str,
    tables: Sequence[Table],
    figures: Sequence[tuple[str, str]],
    notes: Sequence[str],
    provenance: Mapping[str, str],
) -> Document:
    """Return a page of figures (name, caption), tables and notes."""
    blocks: tuple[Block, ...] = (
        *(Figure(name, caption, caption) for name, caption in figures),
        *tables,
        *(Paragraph(note, "note") for note in notes),
    )
    return Document(
        title=title,
        subtitle=subtitle,
        warnings=(RESEARCH,),
        summary=(),
        sections=(Section("dose", "Dose", blocks),),
        provenance=tuple(provenance.items()),
    )


def write_dose_folder(
    folder: Path, document: Document, drawings: Mapping[str, Drawing], results: Mapping[str, object]
) -> None:
    """Write `report.html`, `results.json`, a CSV file for each table and the figures."""
    figures = folder / "figures"
    figures.mkdir()
    for name, drawing in drawings.items():
        save_figure(drawing, figures, name, ("svg", "png"))
        save_figure(drawing, figures, f"{name}{NARROW_SUFFIX}", ("svg",))
    write_tables(folder, document)
    (folder / "report.html").write_text(render_html(document, figures), encoding="utf-8")
    write_results(folder, results)


def write_tables(folder: Path, document: Document) -> None:
    """Write each table of a document as a CSV file."""
    for table in document.tables():
        with (folder / f"{table.identifier}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.title for column in table.columns])
            writer.writerows(table.raw_rows())


def write_results(folder: Path, results: Mapping[str, object]) -> None:
    """Write plain results as `results.json`."""
    text = json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
