"""Scattered photons only: the first collision scatters, and is aimed at where photons scatter.

Primary photons are counted elsewhere, so that a history whose first collision is absorption would
score nothing. Energies are drawn in proportion to the photons that scatter first (`Favoured`), and
a first collision hands on `photons[line]` × its share of scattering, rounded by chance to a whole
number of photons. All photons that are followed weigh the same.
"""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.emission import emitted
from kyphort.dosimetry.transport.geometry import Three, fly_delta, fly_scoring
from kyphort.dosimetry.transport.history import material_of_collision
from kyphort.dosimetry.transport.interactions import collided, cross_sections, rotated, scattered
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw, stream
from kyphort.dosimetry.transport.scoring import score_segment, to_exit
from kyphort.dosimetry.transport.state import Cells, Emission, Favoured, Grid, Tables

Collision = tuple[np.uint64, int, Three, Three, float, int, int]
"""State of the stream, photons to follow, place, direction before, energy, node, material."""


@jit
def first_collision(
    grid: Grid,
    tables: Tables,
    favoured: Favoured,
    state: np.uint64,
    scratch: NDArray[np.float64],
) -> Collision:
    """Emit a photon and fly it to its first collision; no photon is to be followed if it left."""
    attenuation = scratch[0]
    state, x, y, z, u, v, w, line = emitted(favoured.emission, state)
    energy = favoured.emission.energy[line]
    node = cross_sections(tables, energy, attenuation, scratch[1])
    state, length, voxel = fly_delta(grid, (x, y, z), u, v, w, attenuation, state)
    place = (x + length * u, y + length * v, z + length * w)
    if voxel < 0:
        return state, 0, place, (u, v, w), energy, node, 0
    state, m = material_of_collision(grid, voxel, attenuation, state)
    state, one = draw(state)
    copies = int(favoured.photons[line] * (1 - tables.photo[node, m]) + one)
    return state, copies, place, (u, v, w), energy, node, m


@jit
def shares_that_scatter(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    source: Emission,
    seed: np.uint64,
    tries: int,
    shares: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Estimate for each energy how often a photon scatters at its first collision in the grid."""
    attenuation = scratch[0]
    for line in range(len(source.energy)):
        energy = source.energy[line]
        node = cross_sections(tables, energy, attenuation, scratch[1])
        total = 0.0
        for n in range(tries):
            state, x, y, z, u, v, w, _ = emitted(source, stream(seed, np.uint64(n)))
            state, _, voxel = fly_delta(grid, (x, y, z), u, v, w, attenuation, state)
            if voxel >= 0:
                state, m = material_of_collision(grid, voxel, attenuation, state)
                total += 1 - tables.photo[node, m]
        shares[line] = total / tries


@jit
def track_scatter_in_voxels(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    favoured: Favoured,
    seed: np.uint64,
    first: int,
    count: int,
    tally: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Follow the scattered photons of histories and score each voxel."""
    attenuation, transfer = scratch[0], scratch[1]
    for n in range(first, first + count):
        state, copies, at, before, start_energy, start_node, start_m = first_collision(
            grid, tables, favoured, stream(seed, np.uint64(n)), scratch
        )
        for _ in range(copies):
            x, y, z = at
            u, v, w = before
            state, energy, cosine = scattered(tables, start_m, start_node, start_energy, state)
            while energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
                node = cross_sections(tables, energy, attenuation, transfer)
                state, one = draw(state)
                depth = -math.log(1 - one)
                length, voxel = fly_scoring(
                    grid, (x, y, z), u, v, w, attenuation, transfer, depth, tally
                )
                if voxel < 0:
                    break
                x, y, z = x + length * u, y + length * v, z + length * w
                state, m = material_of_collision(grid, voxel, attenuation, state)
                state, energy, cosine = collided(tables, m, node, energy, state)


@jit
def track_scatter_on_cells(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    favoured: Favoured,
    seed: np.uint64,
    first: int,
    count: int,
    cells: Cells,
    tally: NDArray[np.float64],
    own: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Follow them and score in coarse cells, and in voxels that are scored by themselves."""
    attenuation, transfer = scratch[0], scratch[1]
    for n in range(first, first + count):
        state, copies, at, before, start_energy, start_node, start_m = first_collision(
            grid, tables, favoured, stream(seed, np.uint64(n)), scratch
        )
        for _ in range(copies):
            x, y, z = at
            u, v, w = before
            state, energy, cosine = scattered(tables, start_m, start_node, start_energy, state)
            while energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
                node = cross_sections(tables, energy, attenuation, transfer)
                state, length, voxel = fly_delta(grid, (x, y, z), u, v, w, attenuation, state)
                way = min(length, to_exit(grid, (x, y, z), u, v, w))
                score_segment(grid, cells, (x, y, z), u, v, w, way, transfer, tally, own)
                if voxel < 0:
                    break
                x, y, z = x + length * u, y + length * v, z + length * w
                state, m = material_of_collision(grid, voxel, attenuation, state)
                state, energy, cosine = collided(tables, m, node, energy, state)
