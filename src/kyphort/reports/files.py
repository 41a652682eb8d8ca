"""The files of a report: page, figures, tables and the results themselves."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from kyphort.reports import drawing
from kyphort.reports.clock import clock_of
from kyphort.reports.document import Document, Table
from kyphort.reports.html import NARROW_SUFFIX, render_html
from kyphort.reports.report import (
    COMPETING_RISKS,
    LOCAL_CONTROL,
    OVERALL_SURVIVAL,
    PROPORTIONS,
    SOURCES,
)
from kyphort.reports.results import Recurrences, Results
from kyphort.reports.spreadsheet import harmless

SYNTHETIC_STAMP = "SYNTHETIC DATA"
"""Stands in every figure and every row of every file made from rows that are not real."""


def write_figures(results: Results, folder: Path) -> None:
    """Write every figure as SVG, PDF and PNG, and as SVG for narrow screens."""
    folder.mkdir()
    for width, suffix, formats in (
        (drawing.WIDE, "", drawing.FORMATS),
        (drawing.NARROW, NARROW_SUFFIX, ("svg",)),
    ):
        for name, figure in _figures(results, width):
            drawing.save_figure(figure, folder, f"{name}{suffix}", formats)


def write_tables(tables: Iterable[Table], folder: Path, *, synthetic: bool) -> None:
    """Write tables as CSV with their raw values: proportions as fractions, times in months."""
    folder.mkdir()
    stamp = (SYNTHETIC_STAMP,) if synthetic else ()
    for table in tables:
        with (folder / f"{table.identifier}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(
                [*(column.title for column in table.columns), *(["data"] if stamp else [])]
            )
            for row in table.raw_rows():
                writer.writerow([*map(harmless, row), *stamp])


def write_results(results: Results, path: Path) -> None:
    """Write `results.json`."""
    path.write_text(
        json.dumps(results.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
    )


def write_page(document: Document, figures: Path, path: Path) -> None:
    """Write the self-contained page."""
    path.write_text(render_html(document, figures), encoding="utf-8")


def _figures(results: Results, width: drawing.Width) -> Iterator[tuple[str, Figure]]:
    plotted = results.curves
    stamp = SYNTHETIC_STAMP if results.provenance.synthetic else ""

    def frame(ylabel: str) -> drawing.Frame:
        return drawing.Frame(ylabel, clock_of(results), stamp)

    survival = (plotted.overall_survival,)
    yield (
        OVERALL_SURVIVAL,
        drawing.draw_curves(survival, (drawing.BLACK,), frame("Overall survival"), width),
    )
    if results.source_curves:
        mark = SYNTHETIC_STAMP if any(one.synthetic for one in results.sources) else ""
        yield (
            SOURCES,
            drawing.draw_curves(
                results.source_curves,
                drawing.SOURCE_COLOURS[: len(results.source_curves)],
                drawing.Frame("Local control", clock_of(results), mark),
                width,
            ),
        )
    if not results.local_control_is_known:
        return
    regions = plotted.local_control
    colours = (drawing.BLACK, drawing.BLUE, drawing.VERMILLION)[: len(regions)]
    yield LOCAL_CONTROL, drawing.draw_curves(regions, colours, frame("Local control"), width)
    competing = (
        plotted.one_minus_kaplan_meier,
        plotted.recurrence_incidence,
        plotted.death_incidence,
    )
    hues = (drawing.VERMILLION, drawing.BLUE, drawing.GREY)
    yield (
        COMPETING_RISKS,
        drawing.draw_curves(competing, hues, frame("Share with the event"), width),
    )
    yield PROPORTIONS, drawing.draw_forest(_groups(results), width, stamp)


def _groups(results: Results) -> list[tuple[str, Recurrences | None]]:
    pooled = [
        (name, found)
        for one in results.comparisons.values()
        if one.variable == "entity"
        for name, found in one.groups.items()
        if name not in results.by_entity
    ]
    return [
        ("Prescription distance", None),
        *((f"{name} mm", found) for name, found in results.by_distance_mm.items()),
        ("Region", None),
        *((name.capitalize(), found) for name, found in results.by_region.items()),
        ("Entity", None),
        *pooled,
        *results.by_entity.items(),
    ]
