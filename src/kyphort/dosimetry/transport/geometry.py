"""Ways through the grid: voxel by voxel, or from one possible collision to the next."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.interactions import Place, read
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw
from kyphort.dosimetry.transport.state import OUTSIDE, Grid, Tables

ZERO, _ONE = np.uint64(0), np.uint64(1)

Three = tuple[float, float, float]
Strides = tuple[np.uint64, np.uint64, np.uint64]
Walk = tuple[np.uint64, Three, Three, Strides]
"""Flat index of a cell, ways to the next plane of each axis, ways between planes, and what a step
along each axis adds to the index."""
Flight = tuple[np.uint64, float, int]
"""State of the stream, length [mm], voxel of the collision (-1: left the grid)."""


@jit
def voxel_of(grid: Grid, x: float, y: float, z: float) -> int:
    """Return the flat index of the voxel that holds a point of the grid or its layer."""
    return cell_of(grid.origin, grid.spacing, grid.shape, (x, y, z))


@jit
def cell_of(
    origin: NDArray[np.float64], spacing: NDArray[np.float64], shape: NDArray[np.int64], at: Three
) -> int:
    """Return the flat index of the cell that holds a point, or of the one nearest to it."""
    i = int((at[0] - origin[0]) / spacing[0])
    j = int((at[1] - origin[1]) / spacing[1])
    k = int((at[2] - origin[2]) / spacing[2])
    i = min(max(i, 0), shape[0] - 1)
    j = min(max(j, 0), shape[1] - 1)
    k = min(max(k, 0), shape[2] - 1)
    return int((k * shape[1] + j) * shape[0] + i)


@jit
def entered(
    origin: NDArray[np.float64], spacing: NDArray[np.float64], shape: NDArray[np.int64],
    start: Three, direction: Three,
) -> Walk:  # fmt: skip
    """Return the walk at its start, on the voxels of a grid or on coarse cells.

    The step itself is written out in each loop: as a function it made the ray trace a third and
    scoring on coarse cells 5 to 10 % slower (numba 0.65, values of a loop handed on as tuples).
    Unsigned numbers wrap around, so that a step back is an addition too, and an index that cannot
    be negative needs no check.
    """
    u, v, w = direction
    row, plane = np.uint64(shape[0]), np.uint64(shape[0] * shape[1])
    return (
        np.uint64(cell_of(origin, spacing, shape, start)),
        (
            to_plane(start[0], origin[0], spacing[0], u),
            to_plane(start[1], origin[1], spacing[1], v),
            to_plane(start[2], origin[2], spacing[2], w),
        ),
        (spacing[0] / abs(u), spacing[1] / abs(v), spacing[2] / abs(w)),
        (
            _ONE if u > 0 else ZERO - _ONE,
            row if v > 0 else ZERO - row,
            plane if w > 0 else ZERO - plane,
        ),
    )


@jit
def to_plane(start: float, origin: float, spacing: float, component: float) -> float:
    """Return the way to the next plane of the grid along one axis."""
    place = (start - origin) / spacing
    cell = math.floor(place)
    ahead = cell + 1 - place if component > 0 else place - cell
    return ahead * spacing / abs(component)


@jit
def cell_below(edges: NDArray[np.float64], value: float) -> int:
    """Return the cell of rising edges that holds a value; the first or last one beyond the ends."""
    low, high = 0, len(edges) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@jit
def fly_scoring(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    place: Place,
    start: Three,
    direction: Three,
    depth: float,
    tally: NDArray[np.float64],
) -> tuple[float, int]:
    """Fly to an optical depth voxel by voxel, and score track length × energy transfer.

    Cross sections are read where the material changes. Returns the length and the voxel of the
    collision, -1 when the photon left.
    """
    voxel, (next_x, next_y, next_z), (step_x, step_y, step_z), (by_x, by_y, by_z) = entered(
        grid.origin, grid.spacing, grid.shape, start, direction
    )
    material, density, next_fraction = grid.material, grid.density, grid.next_fraction
    last = tables.attenuation.shape[1] - 1
    at, current = 0.0, OUTSIDE
    attenuation = transfer = next_attenuation = next_transfer = 0.0
    while True:
        m = material[voxel]
        if m != current:
            if m == OUTSIDE:
                return at, -1
            current = m
            attenuation, transfer = (
                read(tables.attenuation, place, m),
                read(tables.transfer, place, m),
            )
            if grid.mixed:
                after = min(m + 1, last)
                next_attenuation = read(tables.attenuation, place, after)
                next_transfer = read(tables.transfer, place, after)
        per_mm, worth = attenuation, transfer
        if grid.mixed:
            per_mm += next_fraction[voxel] * (next_attenuation - per_mm)
            worth += next_fraction[voxel] * (next_transfer - worth)
        per_mm *= density[voxel]
        until = min(next_x, next_y, next_z)
        lost = (until - at) * per_mm
        if lost >= depth:
            length = depth / per_mm
            tally[voxel] += length * worth
            return at + length, int(np.int64(voxel))
        depth -= lost
        tally[voxel] += (until - at) * worth
        at = until
        if next_x <= until:
            next_x += step_x
            voxel += by_x
        elif next_y <= until:
            next_y += step_y
            voxel += by_y
        else:
            next_z += step_z
            voxel += by_z


@jit
def fly_delta(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    place: Place,
    start: Three,
    direction: Three,
    state: np.uint64,
) -> Flight:
    """Fly from one possible collision to the next (Woodcock): exact, and blind to the voxels."""
    u, v, w = direction
    largest = grid.largest[place[0]]
    at = 0.0
    while True:
        state, one = draw(state)
        at -= math.log(1 - one) / largest
        voxel = voxel_of(grid, start[0] + at * u, start[1] + at * v, start[2] + at * w)
        m = grid.material[voxel]
        if m == OUTSIDE:
            return state, at, -1
        here = per_mm(grid, tables, place, voxel, m)
        if here >= largest:
            return state, at, voxel
        state, one = draw(state)
        if one * largest < here:
            return state, at, voxel


@jit
def per_mm(grid: Grid, tables: Tables, place: Place, voxel: int, m: int) -> float:
    """Return the attenuation coefficient of a voxel of material m [1/mm]."""
    value = read(tables.attenuation, place, m)
    share = grid.next_fraction[voxel] if grid.mixed else 0.0
    if share > 0:
        value += share * (read(tables.attenuation, place, m + 1) - value)
    return float(value * grid.density[voxel])
