"""The primary photons in the voxels around the source, which many rays cross."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.geometry import voxel_of
from kyphort.dosimetry.transport.interactions import off_plane
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.rays import (
    decayed,
    emission_density,
    layer_of,
    optical_depths,
    voxel_worth,
)
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid


@jit
def rays_around_source(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    rays: int,
    near: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Fill in the dose of the 27 voxels (z, y, x) around a position: what many rays leave in them.

    Directions lie on a Fibonacci spiral; each ray leaves its weight × (e^−τ₁ − e^−τ₂) / μ.
    """
    nx, ny = grid.shape[0], grid.shape[1]
    home = voxel_of(grid, source.position[n, 0], source.position[n, 1], source.position[n, 2])
    near[:] = 0.0
    hi, hj, hk = home % nx, (home // nx) % ny, home // (nx * ny)
    golden = math.pi * (3 - math.sqrt(5.0))
    materials, energies = attenuation.shape
    one, remaining = scratch[1, : materials + 1], scratch[2, :energies]
    here, per_mm = scratch[3, :energies], scratch[4, :energies]
    per_voxel = 1 / (rays * grid.spacing[0] * grid.spacing[1] * grid.spacing[2])
    for ray in range(rays):
        w = off_plane(1 - (2 * ray + 1) / rays)
        sine = math.sqrt(1 - w * w)
        u = off_plane(sine * math.cos(golden * ray))
        v = off_plane(sine * math.sin(golden * ray))
        share = emission_density(source, n, u, v, w) * per_voxel
        x = source.position[n, 0] + source.core * u
        y = source.position[n, 1] + source.core * v
        z = source.position[n, 2] + source.core * w
        remaining[:] = 1.0
        voxel = voxel_of(grid, x, y, z)
        i, j, k = voxel % nx, (voxel // nx) % ny, voxel // (nx * ny)
        while abs(i - hi) <= 1 and abs(j - hj) <= 1 and abs(k - hk) <= 1:
            m = int(grid.material[voxel])
            if m == OUTSIDE:
                break
            way_x = (grid.origin[0] + grid.spacing[0] * (i + (u > 0)) - x) / u
            way_y = (grid.origin[1] + grid.spacing[1] * (j + (v > 0)) - y) / v
            way_z = (grid.origin[2] + grid.spacing[2] * (k + (w > 0)) - z) / w
            way = max(min(way_x, way_y, way_z), 0.0)
            layer_of(grid, voxel, one)
            optical_depths(attenuation, one, per_mm)
            voxel_worth(grid, voxel, worth, here)
            total = 0.0
            for e in range(energies):
                depth = per_mm[e] * way
                left = remaining[e] * decayed(depth)
                # For a thin medium the mean of the ends is as good, and it cannot cancel.
                mean = 0.5 * (remaining[e] + left)
                if depth > 1e-4:
                    mean = (remaining[e] - left) / depth
                total += here[e] * mean * way
                remaining[e] = left
            near[k - hk + 1, j - hj + 1, i - hi + 1] += share * total
            x, y, z = x + way * u, y + way * v, z + way * w
            if way_x <= way:
                i += 1 if u > 0 else -1
            elif way_y <= way:
                j += 1 if v > 0 else -1
            else:
                k += 1 if w > 0 else -1
            voxel = (k * ny + j) * nx + i
