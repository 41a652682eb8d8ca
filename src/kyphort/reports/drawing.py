"""Drawing the figures: curves in the KMunicate form and a forest of proportions.

KMunicate (doi:10.1136/bmjopen-2019-030215): limits as bands, and under the curve the numbers at
risk, censored and with event, which sum to n at every tick.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal
from matplotlib.text import Text

from kyphort.reports.clock import Clock
from kyphort.reports.results import PlottedCurve, Recurrences

BLACK, BLUE, VERMILLION, GREY = "#222222", "#0072B2", "#D55E00", "#767676"
"""Colours that differ also for the colour-blind (Okabe and Ito)."""

SOURCE_COLOURS = (BLACK, BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", GREY)
"""Colours of cohorts side by side, the own one first."""

FORMATS = ("svg", "pdf", "png")
_ROW_INCHES = 0.17


@dataclass(frozen=True, slots=True)
class Width:
    """A page width: inches, months between ticks, and room for the labels on the left."""

    inches: float
    tick_every: int
    left_inches: float
    plot_inches: float


WIDE = Width(inches=7.4, tick_every=1, left_inches=1.15, plot_inches=3.6)
NARROW = Width(inches=3.9, tick_every=3, left_inches=0.95, plot_inches=2.8)
"""For a telephone: fewer ticks, the same size of letters."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the curves: the axis title, the unit of time, a stamp."""

    ylabel: str
    clock: Clock
    stamp: str


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "svg.hashsalt": "kyphort",
            "svg.fonttype": "path",
        }
    )


def draw_curves(
    plotted: Sequence[PlottedCurve],
    colours: Sequence[str],
    frame: Frame,
    width: Width,
) -> Figure:
    """Draw step curves with bands and the numbers below, the curves in the given order."""
    with_competing = any(sum(curve.risk_table.competing) for curve in plotted)
    table_inches = len(plotted) * (4 + with_competing) * _ROW_INCHES
    height = 0.25 + width.plot_inches + 0.55 + table_inches + 0.1
    with _style():
        figure = Figure(figsize=(width.inches, height))
        FigureCanvasAgg(figure)
        left, span = width.left_inches / width.inches, 1 - (width.left_inches + 0.2) / width.inches
        above = figure.add_axes(
            (left, (0.1 + table_inches + 0.55) / height, span, width.plot_inches / height)
        )
        below = figure.add_axes((left, 0.1 / height, span, table_inches / height), sharex=above)
        _draw_steps(above, plotted, colours)
        _finish_curve_axes(above, plotted, frame, width)
        _draw_numbers(below, plotted, colours, width, with_competing=with_competing)
        _stamp(figure, frame.stamp)
    return figure


def draw_forest(
    groups: Sequence[tuple[str, Recurrences | None]], width: Width, stamp: str = ""
) -> Figure:
    """Draw proportions with exact limits, one line for each group; None makes a heading."""
    height = 0.7 + len(groups) * 0.235
    left_inches = 2.3 if width is WIDE else 1.75
    with _style():
        figure = Figure(figsize=(width.inches, height))
        FigureCanvasAgg(figure)
        axes = figure.add_axes(
            (
                left_inches / width.inches,
                0.5 / height,
                1 - (left_inches + 0.85) / width.inches,
                1 - 0.6 / height,
            )
        )
        for position, (label, found) in enumerate(groups):
            _draw_forest_line(axes, position, label, found, left_inches)
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100%"])
        axes.set_xlabel("Vertebrae with recurrence, exact 95% limits")
        axes.grid(axis="x", color="#e5e5e5", linewidth=0.6)
        axes.set_axisbelow(True)
        _stamp(figure, stamp)
    return figure


def save_figure(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> None:
    """Write the figure in each format, the same bytes for the same numbers.

    Letters are outlines in SVG and PDF, so that no font can be missing.
    """
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    with _style():
        for form in sorted(formats, key=lambda form: form == "pdf"):
            if form == "pdf":
                _outline_letters(figure)
            figure.savefig(folder / f"{name}.{form}", format=form, dpi=200, metadata=undated[form])


def _outline_letters(figure: Figure) -> None:
    # Cutting the font's subset for each PDF would take a third of the time of the whole report.
    for text in figure.findobj(Text):
        text.set_path_effects([Normal()])


def _stamp(figure: Figure, stamp: str) -> None:
    figure.text(0.995, 0.995, stamp, ha="right", va="top", fontsize=7, color=VERMILLION)


def _draw_steps(axes: Axes, plotted: Sequence[PlottedCurve], colours: Sequence[str]) -> None:
    for curve, colour in zip(plotted, colours, strict=True):
        times = curve.times_months
        lower, upper = (_with_gaps(limits) for limits in (curve.lower, curve.upper))
        axes.fill_between(times, lower, upper, step="post", color=colour, alpha=0.13, linewidth=0)
        sparse_from = times[-1] if curve.sparse_from_months is None else curve.sparse_from_months
        split = bisect_left(times, sparse_from) + 1
        dense, sparse = slice(0, split), slice(split - 1, None)
        axes.step(
            times[dense],
            curve.estimate[dense],
            where="post",
            color=colour,
            linewidth=1.6,
            label=f"{curve.label} (n = {curve.n})",
        )
        axes.step(
            times[sparse],
            curve.estimate[sparse],
            where="post",
            color=colour,
            linewidth=1.2,
            linestyle=(0, (4, 2)),
        )


def _with_gaps(limits: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in limits]


def _finish_curve_axes(
    axes: Axes, plotted: Sequence[PlottedCurve], frame: Frame, width: Width
) -> None:
    longest = max(plotted, key=lambda curve: curve.times_months[-1])
    ticks = longest.risk_table.times_months[:: width.tick_every]
    axes.set_xlim(0, longest.times_months[-1])
    axes.set_xticks(ticks, [frame.clock.tick(tick) for tick in ticks])
    axes.set_ylim(0, 1.005)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", "20", "40", "60", "80", "100%"])
    axes.set_ylabel(frame.ylabel)
    axes.set_xlabel(f"{frame.clock.title} since the procedure")
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=8, loc="best")


def _draw_numbers(
    axes: Axes,
    plotted: Sequence[PlottedCurve],
    colours: Sequence[str],
    width: Width,
    *,
    with_competing: bool,
) -> None:
    lines = list(_number_lines(plotted, colours, with_competing))
    axes.set_ylim(len(lines), 0)
    axes.axis("off")
    for position, (label, colour, times, numbers) in enumerate(lines):
        is_heading = numbers is None
        axes.annotate(
            label,
            (0, position + 0.5),
            xycoords=("axes fraction", "data"),
            xytext=(-0.95 * width.left_inches * 72, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=8,
            color=colour,
            fontweight="bold" if is_heading else "normal",
        )
        for time, number in list(zip(times, numbers or (), strict=False))[:: width.tick_every]:
            axes.text(
                time,
                position + 0.5,
                f"{number:.0f}",
                va="center",
                ha="center",
                fontsize=8,
                color=colour,
            )


_Line = tuple[str, str, tuple[float, ...], tuple[float, ...] | None]


def _number_lines(
    plotted: Sequence[PlottedCurve], colours: Sequence[str], with_competing: bool
) -> Iterator[_Line]:
    for curve, colour in zip(plotted, colours, strict=True):
        below = curve.risk_table
        times = below.times_months
        yield curve.label, colour, times, None
        yield "At risk", colour, times, below.at_risk
        yield "Censored", colour, times, below.censored
        if with_competing:
            yield "Competing", colour, times, below.competing
        yield "Events", colour, times, below.events


def _draw_forest_line(
    axes: Axes, position: int, label: str, found: Recurrences | None, left_inches: float
) -> None:
    axes.annotate(
        label,
        (0, position),
        xytext=((0.15 if found else 0.05) * 72 - left_inches * 72, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontweight="normal" if found else "bold",
    )
    if found is None:
        return
    axes.plot([found.lower, found.upper], [position, position], color=BLUE, linewidth=1.3)
    axes.plot([found.proportion], [position], marker="s", color=BLUE, markersize=4.5)
    axes.annotate(
        f"{found.recurrences}/{found.vertebrae}",
        (1, position),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        ha="left",
    )
