"""The primary photons without chance: attenuation along rays, averaged over each voxel.

Far from the source and where the way is smooth, one ray to the centre of a voxel and the second
derivatives of exp(−μr)/r² give the mean; elsewhere Gauss points do. Each kernel has five rows of
scratch, one entry wider than the energies and the materials.
"""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.rays import (
    arriving,
    attenuated,
    decayed,
    layer_of,
    optical_depths,
    voxel_worth,
)
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid


@jit
def curved(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    centre: tuple[float, float, float],
    per_mm: NDArray[np.float64],
    depths: NDArray[np.float64],
    worth: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> tuple[float, float]:
    """Return the sum as in `attenuated`, corrected from the centre to the mean of the voxel.

    Also the sum of `weight` × exp(−depth).
    """
    dx = centre[0] - source.position[n, 0]
    dy = centre[1] - source.position[n, 1]
    dz = centre[2] - source.position[n, 2]
    r2 = dx * dx + dy * dy + dz * dz
    r = math.sqrt(r2)
    hx, hy, hz = grid.spacing[0] ** 2, grid.spacing[1] ** 2, grid.spacing[2] ** 2
    along = (hx * dx * dx + hy * dy * dy + hz * dz * dz) / r2 / 24
    across = (hx + hy + hz) / 24 - along
    total, passed = 0.0, 0.0
    for e in range(len(depths)):
        slope = per_mm[e] + 2 / r
        factor = 1 + along * (slope * slope + 2 / r2) - across * slope / r
        left = decayed(depths[e])
        total += worth[e] * left * factor
        passed += weight[e] * left
    return total, passed


@jit
def centre_rays(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    reference: int,
    layers: tuple[int, int],
    weight: NDArray[np.float64],
    depth_at_centre: NDArray[np.float32],
    depth_of_photons: NDArray[np.float32],
    dose: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Add one ray for each voxel of some layers, corrected to the mean, and keep its depths.

    That at the reference energy, and that by which the number of photons falls: −log of the sum
    of `weight` (energy) × exp(−depth).
    """
    materials, energies = attenuation.shape
    paths, one = scratch[0, : materials + 1], scratch[1, : materials + 1]
    depths, here, per_mm = scratch[2, :energies], scratch[3, :energies], scratch[4, :energies]
    nx, ny = grid.shape[0], grid.shape[1]
    for k in range(layers[0], layers[1]):
        for j in range(1, ny - 1):
            for i in range(1, nx - 1):
                voxel = (k * ny + j) * nx + i
                x = grid.origin[0] + (i + 0.5) * grid.spacing[0]
                y = grid.origin[1] + (j + 0.5) * grid.spacing[1]
                z = grid.origin[2] + (k + 0.5) * grid.spacing[2]
                geometry = arriving(grid, source, n, x, y, z, paths)
                optical_depths(attenuation, paths, depths)
                depth_at_centre[voxel] = depths[reference]
                if geometry == 0.0:
                    continue
                voxel_worth(grid, voxel, worth, here)
                layer_of(grid, voxel, one)
                optical_depths(attenuation, one, per_mm)
                mean, passed = curved(grid, source, n, (x, y, z), per_mm, depths, here, weight)
                dose[voxel] = geometry * mean
                depth_of_photons[voxel] = -math.log(passed)


@jit
def density_length(grid: Grid, voxel: int, m: int, per_density: NDArray[np.float64]) -> float:
    """Return a property per density of the voxel's material, times its density."""
    value = per_density[m]
    share = grid.next_fraction[voxel] if grid.mixed else 0.0
    if share > 0:
        value += share * (per_density[m + 1] - value)
    return float(value * grid.density[voxel])


@jit
def bends(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    voxel: int,
    direction: tuple[float, float, float],
    r: float,
    per_mm: float,
    depth: NDArray[np.float32],
) -> tuple[float, float]:
    """Return how far the depth bends more than in a uniform medium: sum, and largest, of the axes.

    A bend is the second difference of the depths at the centres of three voxels in a row.
    """
    nx = grid.shape[0]
    total, largest = 0.0, 0.0
    for axis in range(3):
        stride = 1 if axis == 0 else (nx if axis == 1 else nx * grid.shape[1])
        before, after = voxel - stride, voxel + stride
        if grid.material[before] == OUTSIDE or grid.material[after] == OUTSIDE:
            continue
        across = 1 - direction[axis] * direction[axis]
        expected = per_mm * grid.spacing[axis] ** 2 * across / r
        bend = float(depth[before]) + depth[after] - 2.0 * depth[voxel] - expected
        total += bend
        largest = max(largest, abs(bend))
    return total, largest


@jit
def gauss_points(
    grid: Grid,
    source: Emission,
    r: float,
    largest_bend: float,
    tolerance: float,
) -> int:
    """Return how many Gauss points for each axis a voxel needs: 1 is the ray to its centre."""
    size = max(grid.spacing[0], grid.spacing[1], grid.spacing[2])
    if r < source.core + 5 * size:
        return 5
    if r < source.core + 8 * size:
        return 3
    return 1 if largest_bend <= tolerance else 2


@jit
def gauss_mean(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    voxel: int,
    centre: tuple[float, float, float],
    points: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> float:
    """Return the mean over Gauss points of a voxel.

    Of the eight corners of the rule of two points every other one is enough, a tetrahedron that
    is exact for parabolas; neighbours take the other one.
    """
    materials, energies = attenuation.shape
    paths = scratch[0, : materials + 1]
    depths, here = scratch[2, :energies], scratch[3, :energies]
    voxel_worth(grid, voxel, worth, here)
    odd = (voxel % grid.shape[0] + voxel // grid.shape[0]) % 2
    total = 0.0
    for c in range(points):
        z = centre[2] + nodes[points, c] * grid.spacing[2]
        for b in range(points):
            y = centre[1] + nodes[points, b] * grid.spacing[1]
            for a in range(points):
                if points == 2 and (a + b + c) % 2 == odd:
                    continue
                x = centre[0] + nodes[points, a] * grid.spacing[0]
                geometry = arriving(grid, source, n, x, y, z, paths)
                if geometry > 0.0:
                    optical_depths(attenuation, paths, depths)
                    share = weights[points, a] * weights[points, b] * weights[points, c]
                    total += share * geometry * attenuated(depths, here)
    return 2 * total if points == 2 else total


@jit
def gauss_rays(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    reference: int,
    layers: tuple[int, int],
    depth_at_centre: NDArray[np.float32],
    dose: NDArray[np.float64],
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    tolerance: float,
    bend_share: float,
    scratch: NDArray[np.float64],
) -> None:
    """Mend the dose of voxels near the source and where the way is not smooth.

    A small bend changes the mean of a voxel by `bend_share` × bend / 24 (the second derivative of
    exp(−τ)); where it is larger, and near the source, Gauss points replace the ray to the centre.
    """
    per_density = attenuation[:, reference]
    nx, ny = grid.shape[0], grid.shape[1]
    for k in range(layers[0], layers[1]):
        for j in range(1, ny - 1):
            for i in range(1, nx - 1):
                voxel = (k * ny + j) * nx + i
                x = grid.origin[0] + (i + 0.5) * grid.spacing[0]
                y = grid.origin[1] + (j + 0.5) * grid.spacing[1]
                z = grid.origin[2] + (k + 0.5) * grid.spacing[2]
                dx = x - source.position[n, 0]
                dy = y - source.position[n, 1]
                dz = z - source.position[n, 2]
                r = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-9)
                m = int(grid.material[voxel])
                per_mm = density_length(grid, voxel, m, per_density)
                total, largest = bends(
                    grid, voxel, (dx / r, dy / r, dz / r), r, per_mm, depth_at_centre
                )
                points = gauss_points(grid, source, r, largest, tolerance)
                if points == 1:
                    dose[voxel] *= 1 - bend_share * total / 24
                    continue
                dose[voxel] = gauss_mean(
                    grid, source, n, voxel, (x, y, z), points, attenuation, worth, nodes, weights,
                    scratch,
                )  # fmt: skip
