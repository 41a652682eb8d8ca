"""Figures of doses: depth dose, isodoses, spectra, residuals."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from kyphort.reports.drawing import BLACK, BLUE, GREY, VERMILLION

Floats = NDArray[np.float64]
COLOURS = (BLACK, BLUE, VERMILLION, GREY, "#009E73", "#CC79A7")
LEVELS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Isodoses as multiples of the reference dose."""
LEVEL_COLOURS = ("#4c6ef5", "#22b8ff", "#1de0c0", "#7fe03c", "#ffe119", "#ff922b", "#ff3b30")
"""One for each level, from cold to hot; all are lighter than tissue and darker than bone."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line with a name: x and y, `points` for markers instead of a line, and errors of y."""

    label: str
    x: Floats
    y: Floats
    points: bool = False
    error: Floats | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """A plane through a volume: densities and doses [row, column] over edges in mm.

    With `turned` the rows go downwards, as the back does in an axial image.
    """

    title: str
    density: Floats
    dose: Floats
    across_mm: Floats
    up_mm: Floats
    across_label: str
    up_label: str
    turned: bool = False


def curves_figure(
    curves: Sequence[Curve],
    xlabel: str,
    ylabel: str,
    *,
    logarithmic: bool = False,
    bands: Sequence[float] = (),
) -> Figure:
    """Draw lines or points over a distance or an energy; `bands` are dotted levels of y."""
    with _style():
        figure, axes = _axes()
        for curve, colour in zip(curves, COLOURS * 3, strict=False):
            form = {"marker": "o", "linestyle": "none"} if curve.points else {"linewidth": 1.5}
            if curve.error is None:
                axes.plot(curve.x, curve.y, color=colour, label=curve.label, **form)
            else:
                axes.errorbar(
                    curve.x, curve.y, curve.error, color=colour, label=curve.label,
                    marker=".", linestyle="none", linewidth=0.9,
                )  # fmt: skip
        for level in bands:
            axes.axhline(level, color=GREY, linewidth=0.8, linestyle=":")
        if logarithmic:
            axes.set_yscale("log")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.grid(color="#e5e5e5", linewidth=0.6)
        axes.set_axisbelow(True)
        if len(curves) > 1:
            axes.legend(frameon=False, fontsize=8)
    return figure


def isodose_figure(slices: Sequence[Slice], reference: float, unit: str) -> Figure:
    """Draw isodose lines over the density in each plane; levels are multiples of a reference."""
    with _style():
        figure = Figure(figsize=(3.7 * len(slices), 4.3), layout="constrained")
        FigureCanvasAgg(figure)
        for n, plane in enumerate(slices):
            axes = figure.add_subplot(1, len(slices), n + 1)
            _draw_slice(axes, plane, reference)
        lines = [Line2D([], [], color=colour, linewidth=2.5) for colour in LEVEL_COLOURS]
        figure.legend(
            lines, [f"{100 * level:g} %" for level in LEVELS], loc="outside lower center",
            ncols=len(LEVELS), frameon=False, fontsize=8, handlelength=1.4,
            title=f"Isodoses, 100 % = {reference:.3g} {unit}", title_fontsize=8,
        )  # fmt: skip
    return figure


def _draw_slice(axes: Axes, plane: Slice, reference: float) -> None:
    extent = (plane.across_mm[0], plane.across_mm[-1], plane.up_mm[0], plane.up_mm[-1])
    axes.imshow(
        plane.density, cmap="gray", origin="lower", extent=extent, vmin=0.6, vmax=2.2,
        interpolation="nearest",
    )  # fmt: skip
    middle = [(edges[1:] + edges[:-1]) / 2 for edges in (plane.across_mm, plane.up_mm)]
    lines = axes.contour(
        *middle, plane.dose, levels=[level * reference for level in LEVELS],
        colors=LEVEL_COLOURS, linewidths=1.3,
    )  # fmt: skip
    # A dark rim keeps light lines visible on bright bone.
    lines.set_path_effects([withStroke(linewidth=2.3, foreground="#202020")])
    if plane.turned:
        axes.invert_yaxis()
    axes.set_title(plane.title, fontsize=9)
    axes.set_xlabel(plane.across_label)
    axes.set_ylabel(plane.up_label)
    axes.set_aspect("equal")


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "svg.hashsalt": "kyphort",
            "svg.fonttype": "path",
        }
    )
