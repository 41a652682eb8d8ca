"""The life of photons, from emission to absorption or escape: one batch for each call."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.emission import emitted
from kyphort.dosimetry.transport.geometry import fly_scoring
from kyphort.dosimetry.transport.interactions import Place, collided, place_of, read, rotated
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw, stream
from kyphort.dosimetry.transport.state import Emission, Grid, Tables


@jit
def material_of_collision(
    grid: Grid, tables: Tables, place: Place, voxel: int, state: np.uint64
) -> tuple[np.uint64, int]:
    """Return which of the two materials of a mixed voxel the photon met."""
    m = int(grid.material[voxel])
    if not grid.mixed:
        return state, m
    share = grid.next_fraction[voxel]
    if share == 0:
        return state, m
    after = share * read(tables.attenuation, place, m + 1)
    state, one = draw(state)
    return state, m + int(one * (after + (1 - share) * read(tables.attenuation, place, m)) < after)


@jit
def track_in_voxels(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    source: Emission,
    seed: np.uint64,
    first: int,
    count: int,
    tally: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Follow histories and score each voxel; return energy emitted, absorbed and escaped [keV]."""
    all_emitted = absorbed = escaped = 0.0
    for n in range(first, first + count):
        state, x, y, z, u, v, w, line = emitted(source, stream(seed, np.uint64(n)))
        energy = source.energy[line]
        all_emitted += energy
        while True:
            place = place_of(tables, energy)
            state, one = draw(state)
            depth = -math.log(1 - one)
            length, voxel = fly_scoring(grid, tables, place, (x, y, z), (u, v, w), depth, tally)
            if voxel < 0:
                escaped += energy
                break
            x, y, z = x + length * u, y + length * v, z + length * w
            state, m = material_of_collision(grid, tables, place, voxel, state)
            state, left, cosine = collided(tables, m, place[0], energy, state)
            absorbed += energy - left
            if left <= tables.lowest_kev:
                absorbed += left
                break
            energy = left
            state, u, v, w = rotated(u, v, w, cosine, state)
    return all_emitted, absorbed, escaped
