"""Rays from the source: the matter on the way, and what is left of each energy behind it."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.geometry import ZERO, cell_below, entered
from kyphort.dosimetry.transport.interactions import off_plane
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid

_HALVINGS = 6


@jit
def decayed(depth: float) -> float:
    """Return exp(−depth) to 1e-12, in a form that compilers can put into vectors."""
    x = -min(depth, 60.0) / (1 << _HALVINGS)
    series = 1 + x / 10
    for n in range(9, 0, -1):
        series = 1 + x / n * series
    for _ in range(_HALVINGS):
        series = series * series
    return series


@jit
def add_paths(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    start: tuple[float, float, float],
    u: float,
    v: float,
    w: float,
    length: float,
    paths: NDArray[np.float64],
) -> None:
    """Add density × length of each material along a ray."""
    voxel, (next_x, next_y, next_z), (step_x, step_y, step_z), (by_x, by_y, by_z) = entered(
        grid.origin, grid.spacing, grid.shape, start, (u, v, w)
    )
    material, density, next_fraction = grid.material, grid.density, grid.next_fraction
    at, passed = 0.0, 0.0
    current = material[voxel]
    while True:
        m = material[voxel]
        if m != current:
            paths[current] += passed
            passed, current = 0.0, m
        if m == OUTSIDE:
            return
        until = min(next_x, next_y, next_z)
        mass = (min(until, length) - at) * density[voxel]
        if grid.mixed:
            after = mass * next_fraction[voxel]
            paths[m + 1] += after
            mass -= after
        passed += mass
        if until >= length:
            paths[current] += passed
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
def emission_density(source: Emission, n: int, u: float, v: float, w: float) -> float:
    """Return the share of photons emitted into a direction, for each sr × 4π."""
    if len(source.cosine) == 2:
        return 1.0
    cosine = u * source.axis[n, 0] + v * source.axis[n, 1] + w * source.axis[n, 2]
    if cosine < source.cosine[0] - 1e-12 or cosine > source.cosine[-1] + 1e-12:
        return 0.0
    cell = cell_below(source.cosine, cosine)
    width = source.cosine[cell + 1] - source.cosine[cell]
    return float(2.0 / ((len(source.cosine) - 1) * max(width, 1e-12)))


@jit
def arriving(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    x: float,
    y: float,
    z: float,
    paths: NDArray[np.float64],
) -> float:
    """Fill in the paths from a position to a point; return emission / (4π r²), 0 in the core."""
    dx, dy, dz = x - source.position[n, 0], y - source.position[n, 1], z - source.position[n, 2]
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    paths[:] = 0.0
    if r <= source.core:
        return 0.0
    u, v, w = off_plane(dx / r), off_plane(dy / r), off_plane(dz / r)
    start = (
        source.position[n, 0] + source.core * u,
        source.position[n, 1] + source.core * v,
        source.position[n, 2] + source.core * w,
    )
    add_paths(grid, start, u, v, w, r - source.core, paths)
    return emission_density(source, n, u, v, w) / (4 * math.pi * r * r)


@jit
def optical_depths(
    attenuation: NDArray[np.float64], paths: NDArray[np.float64], depths: NDArray[np.float64]
) -> None:
    """Fill in the optical depth at each energy; attenuation is (material, energy)."""
    depths[:] = 0.0
    for m in range(attenuation.shape[0]):
        path = paths[m]
        if path > 0:
            for e in range(len(depths)):
                depths[e] += attenuation[m, e] * path


@jit
def attenuated(depths: NDArray[np.float64], worth: NDArray[np.float64]) -> float:
    """Return the sum over energies of worth × exp(−depth)."""
    total = 0.0
    for e in range(len(depths)):
        total += worth[e] * decayed(depths[e])
    return total


@jit
def voxel_worth(
    grid: Grid, voxel: int, worth: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill in weight × energy × transfer of a voxel's material at each energy."""
    m = int(grid.material[voxel])
    share = grid.next_fraction[voxel] if grid.mixed else 0.0
    if share > 0:
        for e in range(len(out)):
            out[e] = worth[m, e] + share * (worth[m + 1, e] - worth[m, e])
    else:
        for e in range(len(out)):
            out[e] = worth[m, e]


@jit
def layer_of(grid: Grid, voxel: int, out: NDArray[np.float64]) -> None:
    """Fill in the paths of 1 mm inside a voxel."""
    out[:] = 0.0
    m = int(grid.material[voxel])
    out[m] = grid.density[voxel]
    if grid.mixed:
        out[m + 1] = out[m] * grid.next_fraction[voxel]
        out[m] -= out[m + 1]
