"""From a plan to what its figures show: planes through the isocentre, histograms, bars."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kyphort.clinical import ReportingQuantity
from kyphort.planning.plan import Plan, PlannedStructure
from kyphort.planning.robustness import Robustness
from kyphort.planning.structures import Role
from kyphort.planning.summary import CAVITY, MEDIUM, WATER
from kyphort.reports.plan_figures import (
    Bar,
    Histogram,
    Outline,
    Panel,
    Plane,
    histogram_figure,
    planes_figure,
    tornado_figure,
)

Floats = NDArray[np.float64]
Drawings = dict[str, tuple[Figure, Figure]]
"""A wide and a narrow variant by name."""
_SHOWN = (Role.LESION, Role.CORD, Role.THECAL_SAC, Role.NERVE_ROOT, Role.VERTEBRA)
_POINTS = 300
_TITLES = ("Axial", "Coronal", "Sagittal")
_AXES = ("x, to the left", "y, to the back", "z, to the head")


def drawings_of(plan: Plan, robust: Robustness | None) -> Drawings:
    """Return the figures of a plan by name."""
    prescribed = plan.request.prescription.dose_gy
    planes = _planes(plan)
    found = {
        "planes": (
            planes_figure(planes, prescribed), planes_figure(planes, prescribed, narrow=True),
        )
    }  # fmt: skip
    if plan.structures:
        curves = [(one.role, curve) for one in plan.structures for curve in _curves(one)]
        found["dvh"] = _histograms(plan, curves)
    if robust is not None and robust.bands:
        bands = [
            (_named(plan, band.structure).role, Histogram(
                band.structure, _rgb(_named(plan, band.structure)), band.dose_gy, band.nominal,
                band.lower, band.upper,
            ))
            for band in robust.bands
        ]  # fmt: skip
        found["robust_dvh"] = _histograms(plan, bands)
        panels = _panels(robust)
        found["tornado"] = (tornado_figure(panels), tornado_figure(panels, narrow=True))
    return found


def _histograms(plan: Plan, curves: Sequence[tuple[Role, Histogram]]) -> tuple[Figure, Figure]:
    """Return lesions and organs in panels of their own: their doses are far apart."""
    prescribed = plan.request.prescription.dose_gy
    lesions = [curve for role, curve in curves if role is Role.LESION]
    organs = [curve for role, curve in curves if role is not Role.LESION]
    panels = [
        Panel(title, tuple(some), largest)
        for title, some, largest in (
            ("Lesion", lesions, 4 * prescribed),
            ("Organs at risk", organs, _largest(organs)),
        )
        if some
    ]
    wide, narrow = (histogram_figure(panels, prescribed, narrow=one) for one in (False, True))
    return wide, narrow


def _largest(curves: Sequence[Histogram]) -> float:
    """Return up to which dose any volume of curves is left, with a margin."""
    ends = [
        float(one.dose_gy[(one.volume_percent if one.upper is None else one.upper) > 0.2].max())
        for one in curves
    ]
    return 1.1 * max(ends, default=1.0)


def _curves(one: PlannedStructure) -> list[Histogram]:
    """Return the histogram in tissue with its band, and dashed the one in water."""
    if one.role not in (Role.LESION, Role.CORD, Role.THECAL_SAC, Role.NERVE_ROOT):
        return []
    shown = CAVITY if one.role is Role.LESION else MEDIUM
    nominal = one.by_assumption[shown]
    top = max(float(found.dose_gy[0]) for found in one.by_assumption.values())
    dose = np.linspace(0, 1.02 * top, 8 * _POINTS)
    chance = float(np.average(one.doses.relative_uncertainty, weights=one.samples.volume_cm3))
    variants = [
        found.volumes_percent(dose / factor)
        for name, found in one.by_assumption.items()
        if name == shown or name.startswith(f"{shown}, ")
        for factor in (1 - chance, 1 + chance)
    ]
    colour = _rgb(one)
    water = one.by_assumption[WATER]
    return [
        Histogram(f"{one.name}, {shown}", colour, dose, nominal.volumes_percent(dose),
                  np.min(variants, axis=0), np.max(variants, axis=0)),
        Histogram(f"{one.name}, water", colour, dose, water.volumes_percent(dose), dashed=True),
    ]  # fmt: skip


def _rgb(one: PlannedStructure) -> tuple[float, float, float]:
    red, green, blue = one.structure.colour or (120, 120, 120)
    return red / 255, green / 255, blue / 255


def _named(plan: Plan, name: str) -> PlannedStructure:
    return next(one for one in plan.structures if one.name == name)


def _panels(robust: Robustness) -> list[tuple[str, list[Bar]]]:
    panels: dict[str, list[Bar]] = {}
    for one in robust.levers:
        panels.setdefault(one.metric, []).append(Bar(one.what, one.low, one.high, one.nominal))
    return list(panels.items())[:2]


def _planes(plan: Plan) -> list[Plane]:
    return [
        _plane(plan, across, up, title)
        for (across, up), title in zip(((0, 1), (0, 2), (1, 2)), _TITLES, strict=True)
    ]


def _plane(plan: Plan, across: int, up: int, title: str) -> Plane:
    """Return the plane of two axes (0 x, 1 y, 2 z of the grid) through the isocentres' middle."""
    frame, region = plan.grid.frame, plan.region
    through = 3 - across - up
    middle = plan.irradiation.stops.positions_mm.mean(axis=0)
    dose = plan.grid.by_quantity[ReportingQuantity.WATER_IN_MEDIUM]
    zero = _zero(plan)

    def cut(values: Floats, place: float) -> Floats:
        count = values.shape[2 - through]
        index = int(np.clip(np.round(place), 0, count - 1))
        return np.asarray(np.take(values, index, axis=2 - through), dtype=np.float64)

    def ticks(axis: int) -> Floats:
        steps = np.arange(frame.shape[2 - axis])
        return np.asarray(steps * frame.spacing_mm[axis] + zero[axis])

    place = float(frame.to_index(middle)[through])
    image_place = float(region.frame.to_index(middle)[through])
    ends = [_ends(plan, axis, zero) for axis in (across, up)]

    def flat(points: Floats) -> Floats:
        own = frame.to_index(points) * frame.spacing_mm + zero
        return np.asarray(own[..., [across, up]])

    names = _axis_names(frame.direction)
    return Plane(
        title=title if names is _AXES else f"Plane {title[0].lower()}{title[1:]} to the image",
        across_label=f"{names[across]} [mm]",
        up_label=f"{names[up]} [mm]",
        image=cut(region.hounsfield.astype(np.float64), image_place),
        image_extent=(*ends[0], *ends[1]),
        dose=cut(dose, place),
        across_mm=ticks(across),
        up_mm=ticks(up),
        outlines=[
            Outline(one.name, _rgb(one), share)
            for one in plan.structures
            if one.role in _SHOWN
            and (share := cut(one.structure.coverage(frame).astype(np.float64), place)).max() > 0.5
        ],
        needles=[flat(np.stack((one.entry_mm, one.tip_mm))) for one in plan.request.needles],
        isocentres=flat(plan.irradiation.stops.positions_mm),
        upwards=up == 2,
    )


def _axis_names(direction: Floats) -> tuple[str, str, str]:
    if np.allclose(direction, np.eye(3), atol=1e-3):
        return _AXES
    return "along rows", "along columns", "across slices"


def _zero(plan: Plan) -> Floats:
    """Return what a tick of 0 is offset by: patient coordinates when the axes are the patient's."""
    frame = plan.grid.frame
    return np.asarray(frame.origin_mm @ frame.direction)


def _ends(plan: Plan, axis: int, zero: Floats) -> tuple[float, float]:
    """Return the edges of the image along an axis, in the same ticks as the dose."""
    image, frame = plan.region.frame, plan.grid.frame
    ends = np.zeros((2, 3))
    ends[0] -= 0.5
    ends[1] = np.array(image.shape[::-1]) - 0.5
    own = frame.to_index(image.to_points(ends)) * frame.spacing_mm + zero
    return float(own[0, axis]), float(own[1, axis])
