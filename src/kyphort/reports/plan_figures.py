"""Figures of a plan: isodoses over the CT, histograms with bands, and what matters most."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from kyphort.reports.drawing import BLACK, BLUE, GREY, VERMILLION

Floats = NDArray[np.float64]
ISODOSES = (0.125, 0.25, 0.5, 1.0, 2.0, 5.0)
"""As multiples of the prescribed dose."""
_ISODOSE_COLOURS = ("#3b4cc0", "#00a0e0", "#00b050", "#ffd000", "#ff6a00", "#d00030")
_WINDOW_HU = (-250.0, 1100.0)


@dataclass(frozen=True, slots=True)
class Outline:
    """A structure in a plane: its name, colour and the share of each pixel that it fills."""

    name: str
    colour: tuple[float, float, float]
    share: Floats


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane of the image with doses, outlines and needles.

    Attributes
    ----------
    title, across_label, up_label
        What it shows, and what its axes are.
    image, image_extent
        [row, column] Hounsfield units, and left, right, lower, upper edge [mm].
    dose, across_mm, up_mm
        [row, column] dose, and where its columns and rows are.
    outlines, needles, isocentres
        Structures; lines (2, 2) and points (n, 2) as (across, up).
    upwards
        False when the vertical axis grows downwards, as from front to back in an axial plane.
    """

    title: str
    across_label: str
    up_label: str
    image: Floats
    image_extent: tuple[float, float, float, float]
    dose: Floats
    across_mm: Floats
    up_mm: Floats
    outlines: Sequence[Outline]
    needles: Sequence[Floats]
    isocentres: Floats
    upwards: bool = True


@dataclass(frozen=True, slots=True)
class Histogram:
    """A cumulative histogram: dose (n,), volume (n,) in per cent, and a band, if any."""

    label: str
    colour: tuple[float, float, float] | str
    dose_gy: Floats
    volume_percent: Floats
    lower: Floats | None = None
    upper: Floats | None = None
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Histograms that share axes: a title, the curves, and the largest dose shown."""

    title: str
    curves: tuple[Histogram, ...]
    largest_gy: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What one thing does to a metric: its name, the values at −σ and +σ, and the nominal one."""

    what: str
    low: float
    high: float
    nominal: float

    @property
    def span(self) -> float:
        """From the lowest to the highest of the three."""
        ends = (self.low, self.high, self.nominal)
        return max(ends) - min(ends)


def planes_figure(planes: Sequence[Plane], prescribed_gy: float, *, narrow: bool = False) -> Figure:
    """Draw isodoses over the image, one axes for each plane."""
    with _style():
        count = len(planes)
        size = (3.9, 4.1 * count + 0.6) if narrow else (3.75 * count, 4.5)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        shape = (count, 1) if narrow else (1, count)
        for n, plane in enumerate(planes, start=1):
            _draw_plane(figure.add_subplot(*shape, n), plane, prescribed_gy)
        doses = [
            Line2D([], [], color=colour, label=f"{level * prescribed_gy:g} Gy")
            for level, colour in zip(ISODOSES, _ISODOSE_COLOURS, strict=True)
        ]
        named = {one.name: one.colour for plane in planes for one in plane.outlines}
        drawn = [
            Line2D([], [], color=colour, linestyle="--", label=name)
            for name, colour in named.items()
        ]
        figure.legend(
            handles=doses + drawn, loc="outside lower center", ncols=3 if narrow else 7,
            fontsize=7.5, frameon=False, handlelength=1.6, columnspacing=1.2,
        )  # fmt: skip
    return figure


def _draw_plane(axes: Axes, plane: Plane, prescribed_gy: float) -> None:
    left, right, low, high = plane.image_extent
    axes.imshow(
        plane.image, cmap="gray", origin="lower", extent=(left, right, low, high),
        vmin=_WINDOW_HU[0], vmax=_WINDOW_HU[1], interpolation="nearest",
    )  # fmt: skip
    for one in plane.outlines:
        axes.contour(
            plane.across_mm, plane.up_mm, one.share, levels=[0.5], colors=[one.colour],
            linewidths=1.1, linestyles="dashed",
        )  # fmt: skip
    axes.contour(
        plane.across_mm, plane.up_mm, plane.dose,
        levels=[level * prescribed_gy for level in ISODOSES], colors=_ISODOSE_COLOURS,
        linewidths=1.3,
    )  # fmt: skip
    for line in plane.needles:
        axes.plot(line[:, 0], line[:, 1], color="white", linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(
        plane.isocentres[:, 0], plane.isocentres[:, 1], "+", color="white", markersize=8,
        markeredgewidth=1.4,
    )  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim((low, high) if plane.upwards else (high, low))
    axes.set_title(plane.title, fontsize=9)
    axes.set_xlabel(plane.across_label)
    axes.set_ylabel(plane.up_label)
    axes.set_aspect("equal")
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def histogram_figure(
    panels: Sequence[Panel], prescribed_gy: float, *, narrow: bool = False
) -> Figure:
    """Draw cumulative histograms with bands; the prescribed dose is a dotted line."""
    with _style():
        count = len(panels)
        size = (3.9, 3.7 * count) if narrow else (4.6 * count, 4.2)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        for n, panel in enumerate(panels, start=1):
            shape = (count, 1) if narrow else (1, count)
            _draw_histograms(figure.add_subplot(*shape, n), panel, prescribed_gy)
    return figure


def _draw_histograms(axes: Axes, panel: Panel, prescribed_gy: float) -> None:
    for one in panel.curves:
        if one.lower is not None and one.upper is not None:
            axes.fill_between(
                one.dose_gy, one.lower, one.upper, color=one.colour, alpha=0.18, linewidth=0
            )
        axes.plot(
            one.dose_gy, one.volume_percent, color=one.colour, label=one.label, linewidth=1.5,
            linestyle="--" if one.dashed else "-",
        )  # fmt: skip
    if prescribed_gy < panel.largest_gy:
        axes.axvline(
            prescribed_gy, color=GREY, linewidth=1.0, linestyle=":",
            label=f"prescribed {prescribed_gy:g} Gy",
        )  # fmt: skip
    axes.set_xlim(0, panel.largest_gy)
    axes.set_ylim(0, 102)
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel("Dose [Gy]")
    axes.set_ylabel("Volume with at least this dose [%]")
    axes.grid(color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=7.5, loc="upper right")


def tornado_figure(panels: Sequence[tuple[str, Sequence[Bar]]], *, narrow: bool = False) -> Figure:
    """Draw what each thing alone does, one panel for each metric, the widest bar on top."""
    with _style():
        count = len(panels)
        most = max(len(bars) for _, bars in panels)
        high = 0.32 * most + 0.9
        size = (3.9, high * count) if narrow else (4.2 * count, high + 0.2)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        for n, (title, bars) in enumerate(panels, start=1):
            shape = (count, 1) if narrow else (1, count)
            _draw_bars(figure.add_subplot(*shape, n), title, bars)
    return figure


def _draw_bars(axes: Axes, title: str, bars: Sequence[Bar]) -> None:
    ordered = sorted(bars, key=lambda bar: bar.span)
    for row, bar in enumerate(ordered):
        # Each end has its own half of the row: both may lie on the same side.
        for end, colour, up in ((bar.low, BLUE, 0.17), (bar.high, VERMILLION, -0.17)):
            axes.barh(row + up, end - bar.nominal, left=bar.nominal, color=colour, height=0.32)
    axes.axvline(ordered[0].nominal, color=BLACK, linewidth=0.9)
    axes.set_yticks(range(len(ordered)), [bar.what for bar in ordered])
    axes.set_xlabel(f"{title} [Gy]")
    axes.grid(axis="x", color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    handles = [
        Line2D([], [], color=colour, linewidth=5, label=label)
        for colour, label in ((BLUE, "1 σ below"), (VERMILLION, "1 σ above"))
    ]
    axes.legend(handles=handles, fontsize=7, frameon=False, loc="lower right")


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
