"""The primary dose of every voxel, computed without chance."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.preparation import slabs
from kyphort.dosimetry.transport.near_source import rays_around_source
from kyphort.dosimetry.transport.primary import centre_rays, gauss_rays
from kyphort.dosimetry.transport.state import Emission, Grid, Tables

SMOOTH_DEPTH = 0.1
"""How far the optical depth may bend between neighbours for one ray to be enough."""
RAYS_AROUND_SOURCE = 200_000
COURSE = 1.15
"""c of the course of scatter, fitted in water at 20 and 30 keV."""
RAY_SHARE = 0.4
"""How much of the difference between a ray's depth and the mean at its distance is kept."""
_DEEPEST = 50.0
"""The course of scatter is divided by: beyond this depth it stays as it is."""
_MOST_POINTS = 5
_NEAR, _NEAR_POINTS = 3, 4
_SLABS_PER_THREAD = 8

Floats = NDArray[np.float64]


def primary_worth(  # noqa: PLR0917 - the parts of one task, handed on once
    grid: Grid, tables: Tables, source: Emission, weight: Floats, weights: Floats, threads: int
) -> tuple[Floats, Floats]:
    """Return fluence × energy × transfer [keV cm²/(g mm²)] for each photon, and scatter's course.

    Both for the grid with its layer. `weight` are the shares of the lines of the spectrum,
    `weights` those of the positions.
    """
    attenuation = _at_energies(tables, tables.attenuation, source.energy)
    worth = _at_energies(tables, tables.transfer, source.energy) * weight
    mean = float(np.sum(source.energy * weight))
    reference = int(np.argmin(np.abs(source.energy - mean)))
    bend_share = _bend_share(attenuation, worth, reference)
    nodes, shares = _gauss_tables()
    total, course = np.zeros(len(grid.material)), np.zeros(len(grid.material))
    with ThreadPoolExecutor(threads) as pool:
        parts = slabs(int(grid.shape[2]) - 2, threads * _SLABS_PER_THREAD)
        for n, share in enumerate(weights / weights.sum()):
            depth, lost = np.zeros((2, len(grid.material)), dtype=np.float32)
            dose, near = np.zeros(len(grid.material)), np.zeros((3, 3, 3))
            common = (grid, source, n, attenuation, worth)
            _wait(
                _each(pool, centre_rays, parts, (*common, reference), (weight, depth, lost, dose))
            )
            gauss = (depth, dose, nodes, shares, SMOOTH_DEPTH, bend_share)
            running = _each(pool, gauss_rays, parts, (*common, reference), gauss)
            around = (*common, RAYS_AROUND_SOURCE, near, scratch_rows(attenuation))
            running.append(pool.submit(rays_around_source, *around))
            course += share * _course(grid, source.position[n], lost)
            _wait(running)
            _put(grid, source.position[n], near, dose)
            total += share * dose
    return total, course


def _bend_share(attenuation: Floats, worth: Floats, reference: int) -> float:
    """Return how much the dose feels of a depth at the reference energy, behind two units of it."""
    relative = attenuation / attenuation[:, reference : reference + 1]
    left = worth * np.exp(-2 * relative)
    return float(np.mean(np.sum(left * relative, axis=1) / np.sum(left, axis=1)))


def _course(grid: Grid, position: Floats, depth: NDArray[np.float32]) -> Floats:
    """Return exp(−cτ)/r, the mean of 1/r in the voxels around the position.

    exp(−τ) is the share of photons that arrive: with the depth at the mean energy alone, coarse
    scatter of a broad spectrum was 1 to 8 % off in cortical bone, where only its hardest lines are
    left.
    """
    axes = [
        origin + (np.arange(n) + 0.5) * spacing - place
        for origin, n, spacing, place in zip(
            grid.origin, grid.shape, grid.spacing, position, strict=True
        )
    ]
    inverse = _mean_inverse(axes, grid.spacing, 1)
    near = [
        slice(*np.searchsorted(axis, [-_NEAR * s, _NEAR * s]))
        for axis, s in zip(axes, grid.spacing, strict=True)
    ]
    cut = [axis[part] for axis, part in zip(axes, near, strict=True)]
    inverse[near[2], near[1], near[0]] = _mean_inverse(cut, grid.spacing, _NEAR_POINTS)
    depths = np.minimum(COURSE * _around(axes, grid.spacing, depth), _DEEPEST)
    return np.asarray(inverse.ravel() * np.exp(-depths))


def _around(axes: list[Floats], spacing: Floats, depth: NDArray[np.float32]) -> Floats:
    """Return the optical depth drawn towards its mean at the same distance from the source.

    Scatter fills shadows: with the depth along the ray alone, their edges would be too sharp.
    """
    r = np.sqrt(axes[2][:, None, None] ** 2 + (axes[1][:, None] ** 2 + axes[0] ** 2)).ravel()
    width = float(spacing.min())
    ring = (r / width).astype(np.int64)
    seen = depth > 0
    count = np.bincount(ring, seen)
    mean = np.bincount(ring, depth) / np.maximum(count, 1)
    radius = (np.flatnonzero(count) + 0.5) * width
    around = np.interp(r, radius, mean[count > 0])
    return np.asarray(around + RAY_SHARE * (depth - around))


def _mean_inverse(axes: list[Floats], spacing: Floats, points: int) -> Floats:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    total = np.zeros(tuple(len(axis) for axis in axes[::-1]))
    for a, b, c in np.ndindex(points, points, points):
        x2, y2, z2 = (
            (axis + nodes[n] / 2 * s) ** 2
            for axis, n, s in zip(axes, (a, b, c), spacing, strict=True)
        )
        r = np.sqrt(z2[:, None, None] + (y2[:, None] + x2))
        total += weights[a] * weights[b] * weights[c] / 8 / np.maximum(r, 1e-6)
    return total


def _each(
    pool: ThreadPoolExecutor,
    kernel: Callable[..., None],
    parts: Sequence[tuple[int, int]],
    before: tuple[object, ...],
    after: tuple[object, ...],
) -> list[Future[None]]:
    attenuation = np.asarray(before[3])
    return [pool.submit(kernel, *before, part, *after, scratch_rows(attenuation)) for part in parts]


def _wait(running: list[Future[None]]) -> None:
    for one in running:
        one.result()


def _put(grid: Grid, position: Floats, near: Floats, dose: Floats) -> None:
    """Put the 27 voxels around a position into the grid."""
    x, y, z = np.floor((position - grid.origin) / grid.spacing).astype(np.int64)
    whole = dose.reshape(tuple(grid.shape[::-1]))
    whole[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2] = near


def scratch_rows(attenuation: Floats) -> Floats:
    """Return what the kernels of primary photons work in."""
    return np.zeros((5, max(attenuation.shape) + 1))


def _at_energies(tables: Tables, values: NDArray[np.float32], energy: Floats) -> Floats:
    """Interpolate (energy, material) as the kernels do; returns (material, line)."""
    nodes = tables.lowest_kev + np.arange(values.shape[0]) / tables.nodes_per_kev
    columns = [np.interp(energy, nodes, column.astype(np.float64)) for column in values.T]
    return np.ascontiguousarray(columns)


def _gauss_tables() -> tuple[Floats, Floats]:
    """Return nodes on (−½, ½) and weights; row n holds the rule of n points."""
    nodes, weights = np.zeros((_MOST_POINTS + 1,) * 2), np.zeros((_MOST_POINTS + 1,) * 2)
    for n in range(1, _MOST_POINTS + 1):
        x, w = np.polynomial.legendre.leggauss(n)
        nodes[n, :n], weights[n, :n] = x / 2, w / 2
    return nodes, weights
