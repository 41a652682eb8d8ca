"""Scoring on a coarse grid, and its interpolation to the voxels."""

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.geometry import ZERO, Three, entered
from kyphort.dosimetry.transport.interactions import Place, read
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.state import (
    BY_CELL,
    BY_VOXEL,
    NO_SLOT,
    OUTSIDE,
    Cells,
    Grid,
    Tables,
)

_NUDGE = 1e-9
"""A way that starts on a plane between voxels starts this far behind it [mm]."""
_NOWHERE = -1.0


@jit
def to_exit(grid: Grid, start: Three, direction: Three) -> float:
    """Return the way to the surface of the grid, without its outer layer."""
    u, v, w = direction
    x = grid.origin[0] + grid.spacing[0] * (grid.shape[0] - 1 if u > 0 else 1)
    y = grid.origin[1] + grid.spacing[1] * (grid.shape[1] - 1 if v > 0 else 1)
    z = grid.origin[2] + grid.spacing[2] * (grid.shape[2] - 1 if w > 0 else 1)
    return float(min((x - start[0]) / u, (y - start[1]) / v, (z - start[2]) / w))


@jit
def worth_of(grid: Grid, tables: Tables, cells: Cells, place: Place, voxel: np.uint64) -> float:
    """Return the energy transfer of a voxel's own material."""
    if cells.one_response:
        return read(tables.transfer, place, 0)
    m = grid.material[voxel]
    worth = read(tables.transfer, place, m)
    if grid.mixed and grid.next_fraction[voxel] > 0:
        worth += grid.next_fraction[voxel] * (read(tables.transfer, place, m + 1) - worth)
    return float(worth)


@jit
def score_voxels(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    cells: Cells,
    place: Place,
    start: Three,
    direction: Three,
    stretch: tuple[float, float],
    own: NDArray[np.float64],
) -> None:
    """Score a stretch of a way, from and to, voxel by voxel."""
    behind = stretch[0] + _NUDGE
    entry = (
        start[0] + behind * direction[0],
        start[1] + behind * direction[1],
        start[2] + behind * direction[2],
    )
    length = stretch[1] - stretch[0]
    voxel, (next_x, next_y, next_z), (step_x, step_y, step_z), (by_x, by_y, by_z) = entered(
        grid.origin, grid.spacing, grid.shape, entry, direction
    )
    at = 0.0
    while True:
        # Rounding may lead past the surface of the grid by 1e-15 mm.
        if grid.material[voxel] == OUTSIDE:
            return
        until = min(next_x, next_y, next_z)
        here = min(until, length) - at
        own[cells.own_row[voxel]] += here * worth_of(grid, tables, cells, place, voxel)
        if until >= length:
            return
        at = until
        # Selections instead of branches: which plane comes next cannot be predicted.
        in_x, in_y, in_z = next_x <= until, next_y <= until, next_z <= until
        next_x += step_x if in_x else 0.0
        next_y += step_y if in_y else 0.0
        next_z += step_z if in_z else 0.0
        voxel += by_x if in_x else ZERO
        voxel += by_y if in_y else ZERO
        voxel += by_z if in_z else ZERO


@jit
def score_segment(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    cells: Cells,
    place: Place,
    start: Three,
    direction: Three,
    length: float,
    worth: NDArray[np.float64],
    tally: NDArray[np.float64],
    own: NDArray[np.float64],
) -> None:
    """Score a way in the cells that it crosses, voxel by voxel near other tissue.

    `worth` (slot,) is the energy transfer of each slot's response.
    """
    cell, (next_x, next_y, next_z), (step_x, step_y, step_z), (by_x, by_y, by_z) = entered(
        cells.origin, cells.spacing, cells.shape, start, direction
    )
    at, fine_from = 0.0, _NOWHERE
    while True:
        until = min(next_x, next_y, next_z)
        way = cells.way[cell]
        if way == BY_CELL:
            if fine_from != _NOWHERE:
                score_voxels(grid, tables, cells, place, start, direction, (fine_from, at), own)
                fine_from = _NOWHERE
        elif fine_from == _NOWHERE:
            fine_from = at
        if way != BY_VOXEL:
            here = min(until, length) - at
            for slot in range(len(worth)):
                tally[cell, slot] += here * worth[slot]
        if until >= length:
            if fine_from != _NOWHERE:
                score_voxels(grid, tables, cells, place, start, direction, (fine_from, length), own)
            return
        at = until
        # Selections instead of branches: which plane comes next cannot be predicted.
        in_x, in_y, in_z = next_x <= until, next_y <= until, next_z <= until
        next_x += step_x if in_x else 0.0
        next_y += step_y if in_y else 0.0
        next_z += step_z if in_z else 0.0
        cell += by_x if in_x else ZERO
        cell += by_y if in_y else ZERO
        cell += by_z if in_z else ZERO


@jit
def fold(
    tally: NDArray[np.float64],
    factor: float,
    total: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None:
    """Add a batch times `factor` to the sums and to the sums of squares, and empty it."""
    for n in range(len(tally)):
        value = factor * tally[n]
        total[n] += value
        squares[n] += value * value
        tally[n] = 0.0


@jit
def quotients(
    tally: NDArray[np.float64],
    inverse_course: NDArray[np.float64],
    factor: float,
    out: NDArray[np.float32],
) -> None:
    """Divide a batch (cell, slot) by the course of scatter in its cells, and empty it."""
    for cell in range(tally.shape[0]):
        share = factor * inverse_course[cell]
        for slot in range(tally.shape[1]):
            out[cell, slot] = share * tally[cell, slot]
            tally[cell, slot] = 0.0


@jit
def side_by_side(
    batches: NDArray[np.float32], part: tuple[int, int], out: NDArray[np.float32]
) -> None:
    """Turn (batch, cell, slot) into (cell, slot, batch) for some cells."""
    for cell in range(part[0], part[1]):
        for slot in range(batches.shape[2]):
            for n in range(batches.shape[0]):
                out[cell, slot, n] = batches[n, cell, slot]


@jit
def mean_and_variance(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean over batches and the variance of that mean."""
    count = len(values)
    total, squares = 0.0, 0.0
    for n in range(count):
        total += values[n]
    total /= count
    for n in range(count):
        squares += (values[n] - total) ** 2
    return total, squares / (count - 1) / count


@jit
def opposite_moments(  # noqa: PLR0917 - a compiled loop is called by position
    batches: NDArray[np.float32],
    voxels: NDArray[np.int64],
    cells: NDArray[np.int64],
    weights: NDArray[np.float64],
    slot: NDArray[np.uint8],
    course: NDArray[np.float64],
    next_fraction: NDArray[np.float32],
    mixed: int,
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Fill in the same for voxels (n,) from four cells each (n, 4) with their weights."""
    for place in range(len(voxels)):
        voxel = voxels[place]
        c = int(slot[voxel])
        after = next_fraction[voxel] if mixed else 0.0
        values[:] = 0.0
        for side in range(4):
            cell, part = cells[place, side], weights[place, side]
            for n in range(len(values)):
                values[n] += part * (1 - after) * batches[cell, c, n]
            if after > 0:
                for n in range(len(values)):
                    values[n] += part * after * batches[cell, c + 1, n]
        found, spread = mean_and_variance(values)
        mean[voxel] = found * course[voxel]
        variance[voxel] = spread * course[voxel] ** 2


@jit
def coarse_moments(  # noqa: PLR0917 - a compiled loop is called by position
    batches: NDArray[np.float32],
    shape: NDArray[np.int64],
    lower: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    share: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    slot: NDArray[np.uint8],
    course: NDArray[np.float64],
    next_fraction: NDArray[np.float32],
    mixed: int,
    layers: tuple[int, int],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Interpolate every batch to the voxels; fill in mean and variance of the mean.

    `batches` is (cell, slot, batch), divided by the course of scatter in the cell; `course` is that
    of the voxels, `slot` is `NO_SLOT` for those scored by themselves; `values` is scratch.
    """
    count = batches.shape[2]
    nx, ny = len(lower[0]), len(lower[1])
    cx, cxy = shape[0], shape[0] * shape[1]
    for k in range(layers[0], layers[1]):
        for j in range(ny):
            for i in range(nx):
                voxel = (k * ny + j) * nx + i
                c = int(slot[voxel])
                if c == NO_SLOT:
                    continue
                values[:] = 0.0
                corner = lower[2][k] * cxy + lower[1][j] * cx + lower[0][i]
                after = next_fraction[voxel] if mixed else 0.0
                for side in range(8):
                    a, b, d = side & 1, (side >> 1) & 1, side >> 2
                    part = (share[0][i] if a else 1 - share[0][i]) * (
                        share[1][j] if b else 1 - share[1][j]
                    )
                    part *= share[2][k] if d else 1 - share[2][k]
                    cell = corner + a + b * cx + d * cxy
                    if part == 0.0:
                        continue
                    for n in range(count):
                        values[n] += part * (1 - after) * batches[cell, c, n]
                    if after > 0:
                        for n in range(count):
                            values[n] += part * after * batches[cell, c + 1, n]
                found, spread = mean_and_variance(values)
                mean[voxel] = found * course[voxel]
                variance[voxel] = spread * course[voxel] ** 2
