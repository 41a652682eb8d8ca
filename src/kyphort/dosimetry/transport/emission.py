"""Starting a photon: position, direction and energy."""

import numpy as np

from kyphort.dosimetry.transport.interactions import rotated
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw
from kyphort.dosimetry.transport.state import Emission

Photon = tuple[np.uint64, float, float, float, float, float, float, int]
"""State of the stream, x, y, z, direction u, v, w, and which of the source's energies."""


@jit
def chosen(source: Emission, state: np.uint64) -> tuple[np.uint64, int]:
    """Return an energy or a row by its weight (Walker's alias method)."""
    k = 0
    if len(source.keep) > 1:
        state, one = draw(state)
        place = one * len(source.keep)
        k = int(place)
        if place - k >= source.keep[k]:
            k = source.alias[k]
    return state, k


@jit
def emitted(source: Emission, state: np.uint64) -> Photon:
    """Return a photon as it leaves the source."""
    n = 0
    if len(source.cumulative) > 1:
        state, one = draw(state)
        while one >= source.cumulative[n]:
            n += 1
    if len(source.rows) > 0:
        state, k = chosen(source, state)
        row = source.rows[k]
        x, y, z = source.position[n, 0] + row[0], source.position[n, 1] + row[1], row[2]
        return state, x, y, z + source.position[n, 2], row[3], row[4], row[5], k
    state, one = draw(state)
    place = one * (len(source.cosine) - 1)
    cell = int(place)
    cosine = source.cosine[cell] + (place - cell) * (source.cosine[cell + 1] - source.cosine[cell])
    state, u, v, w = rotated(source.axis[n, 0], source.axis[n, 1], source.axis[n, 2], cosine, state)
    state, k = chosen(source, state)
    x = source.position[n, 0] + source.core * u
    y = source.position[n, 1] + source.core * v
    z = source.position[n, 2] + source.core * w
    return state, x, y, z, u, v, w, k
