"""The coarse grid of scatter: cells, classes of tissue in them, and the course between them.

Scatter falls nearly as exp(−cτ)/r, with the optical depth τ from the source. A cell's track length
is divided by the mean of that course over the cell, the quotient is interpolated, and multiplied by
the course at the voxel: what is interpolated is nearly flat, so that cells may be large. Where a
cell holds tissues of different attenuation, its voxels are scored by themselves, without any
smoothing; and each class of tissue has its own track length there, so that voxels of other cells
look only at their own class: bone does not blur into marrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import attenuation
from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.transport.state import MIXED, Cells
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

_WIDEST_CLASS = 1.25
"""Ratio of attenuation coefficients within a class of tissue."""

Floats = NDArray[np.float64]
Axes = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class ScatterGrid:
    """Cells for the kernels, and how voxels find their value.

    `lower` and `share` are, for each axis and voxel, the lower of two cells and the weight of the
    upper one; `column` is each voxel's column of the tally, `cell_course` and `present` (cell,
    column) the sum of the course over a class and its share of the cell, `voxel_course` (voxel,);
    `own` are the voxels of mixed cells, which are scored by themselves.
    """

    cells: Cells
    lower: Axes
    share: tuple[Floats, Floats, Floats]
    column: NDArray[np.uint8]
    cell_course: Floats
    present: NDArray[np.float32]
    voxel_course: Floats
    own: NDArray[np.int64]


def scatter_grid(
    volume: Volume,
    responses: Sequence[Material],
    asked_mm: ArrayLike,
    course: Floats,
    energy_kev: float,
) -> ScatterGrid:
    """Group voxels to cells of nearly the asked size (x, y, z or one number) [mm].

    `course` (z, y, x) is the expected course of scatter, `energy_kev` where tissues are compared.
    """
    voxels = np.array(volume.shape[::-1])
    group = _group(asked_mm, volume, voxels)
    count = -(-voxels // group)
    axes = [np.arange(n) // k for n, k in zip(voxels, group, strict=True)]
    cx, cxy = count[0] + 2, (count[0] + 2) * (count[1] + 2)
    cell = (axes[2] + 1)[:, None, None] * cxy + (axes[1] + 1)[:, None] * cx + axes[0] + 1
    tissue = _classes(volume, energy_kev)
    column, first, response = _columns(volume, tissue, responses)
    size = int(np.prod(count + 2))
    cell_tissue = _cell_tissue(cell, tissue, size)
    own = np.flatnonzero(cell_tissue[cell.ravel()] == MIXED)
    cell_course, present = _sums(cell.ravel(), tissue.ravel(), first, course.ravel(), size)
    places = [(np.arange(n) + 0.5) / k - 0.5 for n, k in zip(voxels, group, strict=True)]
    lower = [
        np.clip(np.floor(place), 0, n - 2).astype(np.int64) + 1
        for place, n in zip(places, count, strict=True)
    ]
    share = [np.clip(place + 1 - low, 0, 1) for place, low in zip(places, lower, strict=True)]
    spacing = volume.spacing_mm * group
    return ScatterGrid(
        cells=Cells(
            origin=-spacing,
            spacing=spacing,
            shape=(count + 2).astype(np.int64),
            tissue=cell_tissue,
            voxel_tissue=np.pad(tissue, 1).ravel(),
            first_column=first,
            response=response,
            one_response=int(len(responses) == 1),
            own_row=_own_rows(volume, own),
        ),
        lower=(lower[0], lower[1], lower[2]),
        share=(share[0], share[1], share[2]),
        column=column.ravel(),
        cell_course=cell_course,
        present=present,
        voxel_course=course.ravel(),
        own=own,
    )


def _own_rows(volume: Volume, own: NDArray[np.int64]) -> NDArray[np.int32]:
    row = np.zeros(volume.material_index.size, dtype=np.int32)
    row[own] = np.arange(len(own))
    return np.pad(row.reshape(volume.shape), 1).ravel()


def _group(asked_mm: ArrayLike, volume: Volume, voxels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many voxels along each axis make a cell."""
    asked = np.broadcast_to(np.asarray(asked_mm, dtype=np.float64), (3,))
    spacing, extent = volume.spacing_mm, voxels * volume.spacing_mm
    if not np.all(np.isfinite(asked) & (asked >= spacing * (1 - 1e-9)) & (asked <= extent / 2)):
        raise InvalidDataError(
            f"Scatter cells of {asked.tolist()} mm; allowed are from the size of a voxel, "
            f"{spacing.tolist()} mm, to half of the volume, {(extent / 2).tolist()} mm. 2 to 3 mm "
            "serve well; None scores scatter in the voxels."
        )
    return np.maximum(np.round(asked / spacing), 1).astype(np.int64)


def _classes(volume: Volume, energy_kev: float) -> NDArray[np.uint8]:
    """Return the class of tissue of each voxel: voxels whose attenuation differs little."""
    per_density = np.array([float(attenuation(one, energy_kev)) for one in volume.materials])
    index = volume.material_index.astype(np.int64)
    value = per_density[index]
    if volume.next_fraction is not None:
        after = per_density[np.minimum(index + 1, len(per_density) - 1)]
        value = value + volume.next_fraction * (after - value)
    logarithm = np.round(np.log(value * volume.density_g_cm3), 2)
    starts: list[float] = []
    for one in np.unique(logarithm):
        if not starts or one > starts[-1] + np.log(_WIDEST_CLASS):
            starts.append(float(one))
    found = np.searchsorted(np.array(starts), logarithm, side="right") - 1
    return np.asarray(found, dtype=np.uint8)


def _columns(
    volume: Volume, tissue: NDArray[np.uint8], responses: Sequence[Material]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return each voxel's column, the first column of each class, and each column's response."""
    material = volume.material_index.astype(np.int64)
    if len(responses) == 1:
        material = np.zeros_like(material)
    pair = tissue.astype(np.int64) * len(responses) + material
    used = np.unique(pair)
    if volume.next_fraction is not None and len(responses) > 1:
        used = np.union1d(used, np.unique(pair[volume.next_fraction > 0]) + 1)
    classes = int(tissue.max()) + 1
    first = np.searchsorted(used // len(responses), np.arange(classes + 1))
    column = np.searchsorted(used, pair).astype(np.uint8)
    return column, first.astype(np.int64), (used % len(responses)).astype(np.int64)


def _sums(
    cell: NDArray[np.int64],
    tissue: NDArray[np.uint8],
    first: NDArray[np.int64],
    course: Floats,
    size: int,
) -> tuple[Floats, NDArray[np.float32]]:
    """Return the course summed over each class of each cell, and the class's share of voxels."""
    columns = int(first[-1])
    total, share = np.zeros((size, columns)), np.zeros((size, columns), dtype=np.float32)
    filled = np.maximum(np.bincount(cell, minlength=size), 1)
    for one, (low, high) in enumerate(pairwise(first)):
        inside = tissue == one
        total[:, low:high] = np.bincount(cell[inside], course[inside], size)[:, None]
        share[:, low:high] = (np.bincount(cell[inside], minlength=size) / filled)[:, None]
    return total, share


def _cell_tissue(
    cell: NDArray[np.int64], tissue: NDArray[np.uint8], size: int
) -> NDArray[np.uint8]:
    """Return the class of each cell, `MIXED` where it holds or touches another class."""
    found = np.full(size, MIXED, dtype=np.uint8)
    found[cell.ravel()] = tissue.ravel()
    for axis in range(3):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        differs = tissue[before] != tissue[after]
        found[cell[before][differs]] = MIXED
        found[cell[after][differs]] = MIXED
    return found
