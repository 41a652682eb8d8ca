"""Scatter around a point in a homogeneous cube, scored in spherical shells."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.emission import emitted
from kyphort.dosimetry.transport.geometry import cell_below
from kyphort.dosimetry.transport.interactions import collided, place_of, read, rotated
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw, stream
from kyphort.dosimetry.transport.state import Emission, Tables


@jit
def score_shells(  # noqa: PLR0917 - a compiled loop is called by position
    along: float,
    distance2: float,
    length: float,
    worth: float,
    edges: NDArray[np.float64],
    tally: NDArray[np.float64],
) -> None:
    """Add track length × `worth` to the shells that a straight segment crosses.

    `along` is the place of its start beyond the point nearest to the centre, which lies
    √`distance2` away from it; the first edge is 0, the last one is beyond every segment.
    """
    shell = cell_below(edges, math.sqrt(along * along + distance2))
    end = along + length
    at = along
    while at < 0 and at < end:
        inner = edges[shell] * edges[shell] - distance2
        until = min(end, -math.sqrt(inner) if inner > 0 else 0.0)
        tally[shell] += max(until - at, 0.0) * worth
        at = until
        if inner > 0 and at < end:
            shell -= 1
    while at < end:
        outer = edges[shell + 1] * edges[shell + 1] - distance2
        until = min(end, math.sqrt(max(outer, 0.0)))
        tally[shell] += max(until - at, 0.0) * worth
        at = max(until, at)
        shell += 1


@jit
def track_in_shells(  # noqa: PLR0917 - a compiled loop is called by position
    tables: Tables,
    source: Emission,
    density: float,
    half_size: float,
    seed: np.uint64,
    first: int,
    count: int,
    edges: NDArray[np.float64],
    tally: NDArray[np.float64],
) -> None:
    """Follow histories from the centre of a cube and score their scattered photons."""
    for n in range(first, first + count):
        state, x, y, z, u, v, w, k = emitted(source, stream(seed, np.uint64(n)))
        energy = source.energy[k]
        primary = True
        while True:
            place = place_of(tables, energy)
            state, one = draw(state)
            length = -math.log(1 - one) / (read(tables.attenuation, place, 0) * density)
            way_x = ((half_size if u > 0 else -half_size) - x) / u
            way_y = ((half_size if v > 0 else -half_size) - y) / v
            way_z = ((half_size if w > 0 else -half_size) - z) / w
            way_out = min(way_x, way_y, way_z)
            if not primary:
                along = x * u + y * v + z * w
                nearest2 = max(x * x + y * y + z * z - along * along, 0.0)
                worth = read(tables.transfer, place, 0)
                score_shells(along, nearest2, min(length, way_out), worth, edges, tally)
            primary = False
            if length >= way_out:
                break
            x, y, z = x + length * u, y + length * v, z + length * w
            state, energy, cosine = collided(tables, 0, place[0], energy, state)
            if energy <= tables.lowest_kev:
                break
            state, u, v, w = rotated(u, v, w, cosine, state)
