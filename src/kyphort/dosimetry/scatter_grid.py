"""The coarse grid of scatter: cells, classes of tissue in them, and the course between them.

Scatter falls nearly as exp(−cτ)/r, with the optical depth τ from the source. A cell's track length
is divided by the mean of that course over the cell, the quotient is interpolated, and multiplied by
the course at the voxel: what is interpolated is nearly flat, so that cells may be large. Near other
tissue it is not flat: a cell that holds or touches tissue of another attenuation is mixed, and every
voxel whose interpolation would ask a mixed cell is scored by itself, without any smoothing. What is
interpolated lies in one class of tissue with all its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import attenuation
from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.transport.state import MIXED, NO_SLOT, Cells
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
    upper one; `slot` is each voxel's place in the tally of its cell (`NO_SLOT`: scored by itself),
    `inverse_course` (cell,) one over the sum of the course in a cell, `voxel_course` (voxel,);
    `own` are the voxels that are scored by themselves.
    """

    cells: Cells
    lower: Axes
    share: tuple[Floats, Floats, Floats]
    slot: NDArray[np.uint8]
    inverse_course: Floats
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
    cell = _cell_of_voxel(voxels, group, count)
    tissue = _classes(volume, energy_kev)
    column, first, response = _columns(volume, tissue, responses)
    lower, share = _neighbours(voxels, group, count)
    cell_tissue = _cell_tissue(cell, tissue, int(np.prod(count + 2)))
    by_itself = _asks_mixed(cell_tissue.reshape(tuple(count[::-1] + 2)) == MIXED, lower, share)
    own = np.flatnonzero(by_itself)
    classes = len(first) - 1
    walked = np.zeros(len(cell_tissue), dtype=np.bool_)
    walked[cell.ravel()[own]] = True
    cell_tissue[walked & (cell_tissue != MIXED)] += np.uint8(classes)
    spacing = volume.spacing_mm * group
    return ScatterGrid(
        cells=Cells(
            origin=-spacing,
            spacing=spacing,
            shape=(count + 2).astype(np.int64),
            classes=classes,
            tissue=cell_tissue,
            slots=np.diff(first),
            response=_responses(first, response),
            one_response=int(len(responses) == 1),
            own_row=_own_rows(by_itself),
        ),
        lower=lower,
        share=share,
        slot=np.where(by_itself, NO_SLOT, column - first[tissue]).astype(np.uint8).ravel(),
        inverse_course=_inverse_sums(cell, course, len(cell_tissue)),
        voxel_course=course.ravel(),
        own=own,
    )


def _cell_of_voxel(
    voxels: NDArray[np.int64], group: NDArray[np.int64], count: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the cell of each voxel (z, y, x), in the grid of cells with its layer."""
    x, y, z = (np.arange(n) // k + 1 for n, k in zip(voxels, group, strict=True))
    row, plane = count[0] + 2, (count[0] + 2) * (count[1] + 2)
    return np.asarray(z[:, None, None] * plane + y[:, None] * row + x)


def _neighbours(
    voxels: NDArray[np.int64], group: NDArray[np.int64], count: NDArray[np.int64]
) -> tuple[Axes, tuple[Floats, Floats, Floats]]:
    """Return the lower of the two cells around each voxel along each axis, and the upper's weight.

    The centre of a cell is that of its voxels: the last cell may hold fewer.
    """
    lower, share = [], []
    for n, k, cells in zip(voxels, group, count, strict=True):
        ends = np.minimum(np.arange(cells + 1) * k, n)
        centre = (ends[:-1] + ends[1:] - 1) / 2
        low = np.clip(np.searchsorted(centre, np.arange(n), side="right") - 1, 0, cells - 2)
        width = centre[low + 1] - centre[low]
        lower.append(low.astype(np.int64) + 1)
        share.append(np.clip((np.arange(n) - centre[low]) / width, 0, 1))
    return (lower[0], lower[1], lower[2]), (share[0], share[1], share[2])


def _asks_mixed(
    mixed: NDArray[np.bool_], lower: Axes, share: tuple[Floats, Floats, Floats]
) -> NDArray[np.bool_]:
    """Return which voxels (z, y, x) lie in or would be interpolated from a mixed cell."""
    found = mixed
    for axis, low, upper in zip((2, 1, 0), lower, share, strict=True):
        inside = [1 if n == axis else None for n in range(3)]
        weight = upper.reshape([-1 if one else 1 for one in inside])
        below, above = np.take(found, low, axis), np.take(found, low + 1, axis)
        found = (below & (weight < 1)) | (above & (weight > 0))
    return np.asarray(found, dtype=np.bool_)


def _inverse_sums(cell: NDArray[np.int64], course: Floats, size: int) -> Floats:
    """Return one over the course summed over each cell, 0 for cells without."""
    total = np.bincount(cell.ravel(), course.ravel(), size)
    return np.divide(1.0, total, out=np.zeros(size), where=total > 0)


def _responses(first: NDArray[np.int64], response: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the response of each slot of each class, (class, slot)."""
    table = np.zeros((len(first) - 1, int(np.diff(first).max())), dtype=np.int64)
    for one, (low, high) in enumerate(pairwise(first)):
        table[one, : high - low] = response[low:high]
    return table


def _own_rows(by_itself: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the row of each voxel scored by itself; all others share the row after these."""
    count = int(np.count_nonzero(by_itself))
    row = np.full(by_itself.shape, count, dtype=np.int32)
    row[by_itself] = np.arange(count)
    return np.pad(row, 1, constant_values=count).ravel()


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
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
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
    column = np.searchsorted(used, pair)
    return column, first.astype(np.int64), (used % len(responses)).astype(np.int64)


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
