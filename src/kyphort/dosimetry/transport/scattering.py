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
from kyphort.dosimetry.transport.interactions import (
    Place,
    collided,
    place_of,
    read,
    rotated,
    scattered,
)
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw, stream
from kyphort.dosimetry.transport.scoring import score_segment, to_exit
from kyphort.dosimetry.transport.state import Cells, Emission, Favoured, Grid, Tables

Collision = tuple[np.uint64, int, Three, Three, float, Place, int]
"""State of the stream, photons to follow, where, direction before, energy and place, material."""


@jit
def first_collision(grid: Grid, tables: Tables, favoured: Favoured, state: np.uint64) -> Collision:
    """Emit a photon and fly it to its first collision; no photon is to be followed if it left."""
    state, x, y, z, u, v, w, line = emitted(favoured.emission, state)
    energy = favoured.emission.energy[line]
    place = place_of(tables, energy)
    state, length, voxel = fly_delta(grid, tables, place, (x, y, z), (u, v, w), state)
    at = (x + length * u, y + length * v, z + length * w)
    if voxel < 0:
        return state, 0, at, (u, v, w), energy, place, 0
    state, m = material_of_collision(grid, tables, place, voxel, state)
    state, one = draw(state)
    copies = int(favoured.photons[line] * (1 - tables.photo[place[0], m]) + one)
    return state, copies, at, (u, v, w), energy, place, m


@jit
def shares_that_scatter(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    source: Emission,
    seed: np.uint64,
    tries: int,
    shares: NDArray[np.float64],
) -> None:
    """Estimate for each energy how often a photon scatters at its first collision in the grid."""
    for line in range(len(source.energy)):
        place = place_of(tables, source.energy[line])
        total = 0.0
        for n in range(tries):
            state, x, y, z, u, v, w, _ = emitted(source, stream(seed, np.uint64(n)))
            state, _, voxel = fly_delta(grid, tables, place, (x, y, z), (u, v, w), state)
            if voxel >= 0:
                state, m = material_of_collision(grid, tables, place, voxel, state)
                total += 1 - tables.photo[place[0], m]
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
) -> None:
    """Follow the scattered photons of histories and score each voxel."""
    for n in range(first, first + count):
        state, copies, at, before, start_energy, start, start_m = first_collision(
            grid, tables, favoured, stream(seed, np.uint64(n))
        )
        for _ in range(copies):
            x, y, z = at
            u, v, w = before
            state, energy, cosine = scattered(tables, start_m, start[0], start_energy, state)
            while energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
                place = place_of(tables, energy)
                state, one = draw(state)
                depth = -math.log(1 - one)
                length, voxel = fly_scoring(grid, tables, place, (x, y, z), (u, v, w), depth, tally)
                if voxel < 0:
                    break
                x, y, z = x + length * u, y + length * v, z + length * w
                state, m = material_of_collision(grid, tables, place, voxel, state)
                state, energy, cosine = collided(tables, m, place[0], energy, state)


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
    worth: NDArray[np.float64],
) -> None:
    """Follow them and score in coarse cells, and in voxels that are scored by themselves.

    `worth` is scratch, one entry for each slot.
    """
    for n in range(first, first + count):
        state, copies, at, before, start_energy, start, start_m = first_collision(
            grid, tables, favoured, stream(seed, np.uint64(n))
        )
        for _ in range(copies):
            x, y, z = at
            u, v, w = before
            state, energy, cosine = scattered(tables, start_m, start[0], start_energy, state)
            while energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
                place = place_of(tables, energy)
                state, length, voxel = fly_delta(grid, tables, place, (x, y, z), (u, v, w), state)
                way = min(length, to_exit(grid, (x, y, z), (u, v, w)))
                for slot in range(len(cells.response)):
                    worth[slot] = read(tables.transfer, place, cells.response[slot])
                score_segment(
                    grid, tables, cells, place, (x, y, z), (u, v, w), way, worth, tally, own
                )
                if voxel < 0:
                    break
                x, y, z = x + length * u, y + length * v, z + length * w
                state, m = material_of_collision(grid, tables, place, voxel, state)
                state, energy, cosine = collided(tables, m, place[0], energy, state)
