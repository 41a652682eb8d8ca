"""The coarse grid of scatter: cells, and the course of scatter between them.

Scatter falls nearly as exp(−cτ)/r, where exp(−τ) is the share of photons that arrive. A cell's
track length is divided by the mean of that course over the cell, the quotient is interpolated, and
multiplied by the course at the voxel: what is interpolated is nearly flat, so that cells may be
large. At interfaces of tissues it is not: the voxels of cells that hold, touch or adjoin one are
scored by themselves, without any smoothing. Voxels of other cells whose interpolation would ask
such a cell take the slope between their cell and the opposite one instead. Cells keep one tally for
each material, so that marrow in bone has its own energy transfer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import attenuation
from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.transport.state import BY_BOTH, BY_CELL, BY_VOXEL, NO_SLOT, Cells
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

_SHARP = 1.6
"""Ratio of the attenuation coefficients of two neighbouring voxels that makes an interface."""
_STEP = 1.25
"""Ratio of the mean attenuation of two neighbouring cells that makes one: noise is averaged."""
_LARGEST_OPPOSITE_MM = 2.0
"""Larger cells take no slope from the opposite side: with 3 mm it is 0.4 % off beside bone."""

Floats = NDArray[np.float64]
Slices = tuple[slice, ...]
Axes = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Opposite:
    """Voxels (n,) that take a slope from the opposite cell: four cells each, and their weights."""

    voxel: NDArray[np.int64]
    cell: NDArray[np.int64]
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ScatterGrid:
    """Cells for the kernels, and how voxels find their value.

    `lower` and `share` are, for each axis and voxel, the lower of two cells and the weight of the
    upper one; `slot` is each voxel's place in the tally of its cell (`NO_SLOT`: scored by itself),
    `inverse_course` (cell,) one over the sum of the course in a cell, `voxel_course` (voxel,);
    `own` are the voxels that are scored by themselves, `opposite` those that are on the barred side
    of their cell.
    """

    cells: Cells
    lower: Axes
    share: tuple[Floats, Floats, Floats]
    slot: NDArray[np.uint8]
    inverse_course: Floats
    voxel_course: Floats
    own: NDArray[np.int64]
    opposite: Opposite


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
    group = voxels_of_cells(asked_mm, volume)
    count = -(-voxels // group)
    cell = _cell_of_voxel(voxels, group, count)
    lower, share = _neighbours(voxels, group, count)
    mixed = _mixed(_log_attenuation(volume, energy_kev), cell, tuple(count[::-1] + 2))
    by_itself = _asks_mixed(mixed, lower, share)
    small = bool(np.all(volume.spacing_mm * group <= _LARGEST_OPPOSITE_MM * (1 + 1e-9)))
    opposite = _opposite(mixed, cell, by_itself & small, lower, share)
    by_itself.ravel()[opposite.voxel] = False
    slot, response = _slots(volume, by_itself, responses)
    spacing = volume.spacing_mm * group
    return ScatterGrid(
        cells=Cells(
            origin=-spacing,
            spacing=spacing,
            shape=(count + 2).astype(np.int64),
            way=_ways(mixed, cell, by_itself),
            response=response,
            one_response=int(len(responses) == 1),
            own_row=_own_rows(by_itself),
        ),
        lower=lower,
        share=share,
        slot=slot,
        inverse_course=_inverse_sums(cell, course, mixed.size),
        voxel_course=course.ravel(),
        own=np.flatnonzero(by_itself),
        opposite=opposite,
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


def _opposite(
    mixed: NDArray[np.bool_],
    cell: NDArray[np.int64],
    asking: NDArray[np.bool_],
    lower: Axes,
    share: tuple[Floats, Floats, Floats],
) -> Opposite:
    """Return the voxels that can take the slope of an axis from the side that is not barred.

    The value is that of the own cell and a slope for each axis, towards the neighbour on the
    voxel's side where that is not barred, else from the opposite one, which must not be the last.
    """
    voxel = np.flatnonzero(asking & ~mixed.ravel()[cell])
    home = cell.ravel()[voxel]
    cells, weights = [home], [np.ones(len(voxel))]
    known = np.ones(len(voxel), dtype=np.bool_)
    places = np.unravel_index(voxel, asking.shape)
    steps = (1, mixed.shape[2], mixed.shape[1] * mixed.shape[2])
    barred = mixed.ravel() | _layer(mixed.shape).ravel()
    for axis, step in enumerate(steps):
        at = places[2 - axis]
        in_lower = (home // step) % mixed.shape[2 - axis] == lower[axis][at]
        away = np.where(in_lower, share[axis][at], 1 - share[axis][at])
        side = np.where(in_lower, step, -step)
        ahead = ~barred[home + side]
        behind = ~barred[home - side] & ~barred[np.clip(home - 2 * side, 0, barred.size - 1)]
        known &= ahead | behind | (away == 0)
        weight = np.where(ahead, away, -away)
        weights[0] = weights[0] - weight
        cells.append(home + np.where(ahead, side, -side))
        weights.append(weight)
    return Opposite(voxel[known], np.stack(cells, 1)[known], np.stack(weights, 1)[known])


def _layer(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the layer around a grid."""
    layer = np.ones(shape, dtype=np.bool_)
    layer[1:-1, 1:-1, 1:-1] = False
    return layer


def _inverse_sums(cell: NDArray[np.int64], course: Floats, size: int) -> Floats:
    """Return one over the course summed over each cell, 0 for cells without."""
    total = np.bincount(cell.ravel(), course.ravel(), size)
    return np.divide(1.0, total, out=np.zeros(size), where=total > 0)


def _ways(
    mixed: NDArray[np.bool_], cell: NDArray[np.int64], by_itself: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return how each cell is scored."""
    way = np.full(mixed.size, BY_CELL, dtype=np.uint8)
    way[cell[by_itself]] = BY_BOTH
    way[mixed.ravel()] = BY_VOXEL
    return way


def _own_rows(by_itself: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the row of each voxel scored by itself; all others share the row after these."""
    count = int(np.count_nonzero(by_itself))
    row = np.full(by_itself.shape, count, dtype=np.int32)
    row[by_itself] = np.arange(count)
    return np.pad(row, 1, constant_values=count).ravel()


def voxels_of_cells(asked_mm: ArrayLike, volume: Volume) -> NDArray[np.int64]:
    """Return how many voxels along each axis make a cell; refuse cells that are impossible."""
    asked = np.broadcast_to(np.asarray(asked_mm, dtype=np.float64), (3,))
    spacing = volume.spacing_mm
    extent = np.array(volume.shape[::-1]) * spacing
    if not np.all(np.isfinite(asked) & (asked >= spacing * (1 - 1e-9)) & (asked <= extent / 2)):
        raise InvalidDataError(
            f"Scatter cells of {asked.tolist()} mm; allowed are from the size of a voxel, "
            f"{spacing.tolist()} mm, to half of the volume, {(extent / 2).tolist()} mm. 2 to 3 mm "
            "serve well; None scores scatter in the voxels."
        )
    return np.maximum(np.round(asked / spacing), 1).astype(np.int64)


def _log_attenuation(volume: Volume, energy_kev: float) -> Floats:
    """Return the logarithm of the attenuation coefficient of each voxel."""
    per_density = np.array([float(attenuation(one, energy_kev)) for one in volume.materials])
    index = volume.material_index.astype(np.int64)
    value = per_density[index]
    if volume.next_fraction is not None:
        after = per_density[np.minimum(index + 1, len(per_density) - 1)]
        value = value + volume.next_fraction * (after - value)
    return np.asarray(np.log(value * volume.density_g_cm3), dtype=np.float64)


def _mixed(logarithm: Floats, cell: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which cells (z, y, x with the layer) hold, touch or adjoin an interface."""
    size = int(np.prod(shape))
    found = np.zeros(size, dtype=np.bool_)
    for before, after in _pairs():
        sharp = np.abs(logarithm[after] - logarithm[before]) > np.log(_SHARP)
        found[cell[before][sharp]] = True
        found[cell[after][sharp]] = True
    count = np.bincount(cell.ravel(), minlength=size)
    total = np.bincount(cell.ravel(), logarithm.ravel(), size)
    # The mean of a cell with an interface says nothing of its neighbours.
    told = (count > 0) & ~found
    mean = np.divide(total, count, out=np.full(size, np.nan), where=told).reshape(shape)
    mixed = found.reshape(shape)
    for before, after in _pairs():
        step = np.abs(mean[after] - mean[before]) > np.log(_STEP)
        mixed[before] |= step
        mixed[after] |= step
    return mixed


def _pairs() -> Iterator[tuple[Slices, Slices]]:
    """Give the slices of neighbours along each axis."""
    for axis in range(3):
        ahead = (slice(None),) * axis
        yield (*ahead, slice(None, -1)), (*ahead, slice(1, None))


def _slots(
    volume: Volume, by_itself: NDArray[np.bool_], responses: Sequence[Material]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the slot of each voxel's material in the tally, and the response of each slot."""
    if len(responses) == 1:
        return np.where(by_itself, NO_SLOT, 0).astype(np.uint8).ravel(), np.zeros(1, np.int64)
    material = volume.material_index
    found = np.bincount(material[~by_itself], minlength=len(responses))
    if volume.next_fraction is not None:
        mixed = material[~by_itself & (volume.next_fraction > 0)]
        found[1:] += np.bincount(mixed, minlength=len(responses))[: len(responses) - 1]
    used = np.flatnonzero(found)
    slot = np.where(by_itself, NO_SLOT, np.searchsorted(used, material)).astype(np.uint8)
    return slot.ravel(), used.astype(np.int64)
