"""Dose in a digital phantom: `kyphort dose phantom`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry import (
    DoseGrid,
    PhotonSource,
    Progress,
    Reporting,
    Volume,
    dose_rate_gy_per_min,
    material,
    simulate_dose,
    sphere_phantom,
    uniform_phantom,
    vertebra_phantom,
)
from kyphort.errors import InvalidDataError
from kyphort.reports.document import Table
from kyphort.reports.dose_figures import Slice, isodose_figure
from kyphort.reports.dose_pages import dose_table
from kyphort.workflows.dose_report import DoseReport, facts, notes_on

Floats = NDArray[np.float64]
PHANTOMS = ("vertebra", "lytic", "water", "spongiosa", "sphere")
"""Names of the phantoms of the command line."""
_FEWEST_VOXELS = 43
_SPHERE_MM, _LESION_MM = 15.0, 12.0
_REFERENCE_DOSES: tuple[Reporting, ...] = ("water_in_medium", "water")
_AXIS_KEYS = (
    "distance_mm", "medium", "water_gy_per_min", "medium_over_water", "cavity_over_water",
    "uncertainty_percent",
)  # fmt: skip


def dose_in_phantom(
    source: PhotonSource,
    name: str,
    *,
    voxels: int,
    target: float,
    scatter_grid_mm: float | None,
    seed: int,
    threads: int,
    progress: Callable[[Progress], None] | None = None,
) -> DoseReport:
    """Dose in a digital phantom, beside the same in water and a water cavity in the medium."""
    if voxels < _FEWEST_VOXELS:
        raise InvalidDataError(
            f"A phantom of {voxels} voxels of 1 mm; allowed are {_FEWEST_VOXELS} and more, so that "
            "20 mm behind the source are inside."
        )
    volume = named_phantom(name, voxels)
    near = _along_axis(volume) <= 20.5
    options: dict[str, Any] = {"seed": seed, "threads": threads, "scatter_grid_mm": scatter_grid_mm}
    run = simulate_dose(
        volume, source, (0, 0, 0), target_uncertainty=target, target_mask=near,
        normalisation="per_minute", progress=progress, **options,
    )  # fmt: skip
    cavity, water = (
        simulate_dose(
            volume,
            source,
            (0, 0, 0),
            histories=run.histories,
            reporting=reporting,
            normalisation="per_minute",
            **options,
        )
        for reporting in _REFERENCE_DOSES
    )
    table = _axis_table(volume, run, cavity, water)
    reference = float(dose_rate_gy_per_min(source, [10.0])[0])
    drawing = isodose_figure(_planes(volume, run), reference, "Gy/min (water, 10 mm)")
    return DoseReport(
        title=f"Dose in the phantom '{name}'",
        subtitle=f"{source.name}; calibration: {source.calibration}",
        tables=(table,),
        notes=(*notes_on(source), *_stopped(run)),
        results=facts(source) | {
            "phantom": name,
            "histories": run.histories,
            "seed": seed,
            "complete": run.complete,
            "scatter_grid_mm": None if run.scatter_grid_mm is None else list(run.scatter_grid_mm),
            "axis": [dict(zip(_AXIS_KEYS, row, strict=True)) for row in table.rows],
        },
        figures=(("isodoses", "Isodoses over density, through the source.", drawing),),
        grid=run,
    )  # fmt: skip


def named_phantom(name: str, voxels: int) -> Volume:
    """Return a phantom of 1-mm voxels by its name on the command line.

    Raises
    ------
    InvalidDataError
        When there is none of that name.
    """
    if name == "vertebra":
        return vertebra_phantom(voxels)
    if name == "lytic":
        return vertebra_phantom(voxels, lesion_radius_mm=_LESION_MM)
    if name == "sphere":
        return sphere_phantom(_SPHERE_MM, material("spongiosa"), material("water"), voxels=voxels)
    if name in ("water", "spongiosa"):
        return uniform_phantom(voxels, material(name))
    raise InvalidDataError(f"There is no phantom '{name}'. There are {', '.join(PHANTOMS)}.")


def _along_axis(volume: Volume) -> Floats:
    """Return the distance of voxels on the posterior axis from the source; elsewhere infinite."""
    centres = volume.centres_mm()
    half = volume.spacing_mm / 2
    on_axis = (np.abs(centres[..., 0]) <= half[0]) & (np.abs(centres[..., 2]) <= half[2])
    behind = centres[..., 1] > 2.0
    return np.where(on_axis & behind, centres[..., 1], np.inf)


def _axis_table(volume: Volume, run: DoseGrid, cavity: DoseGrid, water: DoseGrid) -> Table:
    along = _along_axis(volume)
    rows = []
    for low in np.arange(2.5, float(volume.limits_mm()[1][1]) - 1):
        inside = (along >= low) & (along < low + 1)
        if not inside.any():
            continue
        place = tuple(axis[0] for axis in np.nonzero(inside))
        given = float(water.dose_gy[inside].mean())
        rows.append((
            float(along[inside].mean()),
            volume.materials[volume.material_index[place]].name,
            given,
            float(run.dose_gy[inside].mean()) / given,
            float(cavity.dose_gy[inside].mean()) / given,
            100 * float(run.relative_uncertainty[inside].max()),
        ))  # fmt: skip
    return dose_table(
        "posterior_axis", "Along the posterior axis, from the source to the cord",
        ("Distance [mm]", "Medium", "In water [Gy/min]", "Medium ÷ water", "Water cavity ÷ water",
         "1 σ of a voxel [%]"), rows,
    )  # fmt: skip


def _planes(volume: Volume, run: DoseGrid) -> list[Slice]:
    z, _, x = volume.voxel_of((0.0, 0.0, 0.0))
    edges = [
        volume.origin_mm[n] + (np.arange(volume.shape[2 - n] + 1) - 0.5) * volume.spacing_mm[n]
        for n in range(3)
    ]
    density = volume.density_g_cm3.astype(np.float64)
    return [
        Slice("Axial", density[z], run.dose_gy[z], edges[0], edges[1], "x, to the left [mm]",
              "y, to the back [mm]", turned=True),
        Slice("Sagittal", density[:, :, x], run.dose_gy[:, :, x], edges[1], edges[2],
              "y, to the back [mm]", "z, to the head [mm]"),
    ]  # fmt: skip


def _stopped(run: DoseGrid) -> tuple[str, ...]:
    return () if run.complete else ("The run was stopped before its end; see the uncertainty.",)
