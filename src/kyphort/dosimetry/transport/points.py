"""Primary photons at points: one ray from each position of the source to each point."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.geometry import voxel_of
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.rays import (
    arriving,
    attenuated,
    decayed,
    optical_depths,
    voxel_worth,
)
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid


@jit
def rays_to_points(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    cavity: NDArray[np.float64],
    weight: NDArray[np.float64],
    points: NDArray[np.float64],
    part: tuple[int, int],
    medium: NDArray[np.float64],
    water: NDArray[np.float64],
    depth: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Fill in worth to the medium and to a cavity, and the depth of photons, for each point.

    `cavity` is weight × energy × transfer of the cavity at each energy; the depth of photons is
    −log of the sum of weight × exp(−depth). Within the source's core all three are 0.
    """
    materials, energies = attenuation.shape
    paths = scratch[0, : materials + 1]
    depths, here = scratch[2, :energies], scratch[3, :energies]
    for p in range(part[0], part[1]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        geometry = arriving(grid, source, n, x, y, z, paths)
        optical_depths(attenuation, paths, depths)
        depth[p] = -math.log(attenuated(depths, weight))
        medium[p], water[p] = 0.0, 0.0
        voxel = voxel_of(grid, x, y, z)
        if geometry == 0.0 or grid.material[voxel] == OUTSIDE:
            continue
        voxel_worth(grid, voxel, worth, here)
        for e in range(energies):
            left = geometry * decayed(depths[e])
            medium[p] += here[e] * left
            water[p] += cavity[e] * left
