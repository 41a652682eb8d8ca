"""What happens to a photon: cross sections at an energy, and the sampling of an interaction.

Photo-absorption ends the history; Rayleigh scattering follows F(x)², Compton scattering
Klein-Nishina times S(x), both from cosines tabulated at equal probabilities; Doppler broadening is
left out (its effect on kerma at 50 kV is below 0.1 %).
"""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw
from kyphort.dosimetry.transport.state import Tables

ELECTRON_REST_KEV = 510.99895
_HALF_PI = math.pi / 2
_PARALLEL = 1e-12
"""A direction is kept off the planes of the grid by this much."""


Place = tuple[int, float]
"""The node below an energy, and the way to the next one, from 0 to 1."""


@jit
def place_of(tables: Tables, energy: float) -> Place:
    """Return where an energy lies in the tables."""
    place = (energy - tables.lowest_kev) * tables.nodes_per_kev
    node = min(int(place), tables.attenuation.shape[0] - 2)
    return node, place - node


@jit
def read(table: NDArray[np.float32], place: Place, column: int) -> float:
    """Return a column of a table (energy, column) at a place, by a straight line."""
    node, share = place
    low = table[node, column]
    return float(low + share * (table[node + 1, column] - low))


@jit
def sampled_cosine(
    cosines: NDArray[np.float32], rows_per_kev: float, above_lowest: float, state: np.uint64
) -> tuple[np.uint64, float]:
    """Return a cosine; between two tabulated energies one of them is chosen at random."""
    state, one = draw(state)
    state, other = draw(state)
    row = min(int(above_lowest * rows_per_kev + one), cosines.shape[0] - 1)
    place = other * (cosines.shape[1] - 1)
    cell = int(place)
    low = float(cosines[row, cell])
    return state, low + (place - cell) * (cosines[row, cell + 1] - low)


@jit
def on_circle(turns: float) -> tuple[float, float]:
    """Return cosine and sine of a part of a full turn, from 0 to 1, to 1e-15.

    Within an eighth of a turn of the nearest axis both are short series; two calls of the
    library's functions take three times as long.
    """
    quarter = int(4 * turns + 0.5)
    x = _HALF_PI * (4 * turns - quarter)
    x2 = x * x
    cosine, sine = 1.0, 1.0
    for n in range(16, 0, -2):
        cosine = 1 - x2 / (n * (n - 1)) * cosine
        sine = 1 - x2 / (n * (n + 1)) * sine
    sine *= x
    if quarter & 1:
        cosine, sine = -sine, cosine
    return (-cosine, -sine) if quarter & 2 else (cosine, sine)


@jit
def rotated(
    u: float, v: float, w: float, cosine: float, state: np.uint64
) -> tuple[np.uint64, float, float, float]:
    """Turn a direction by a polar cosine and a random azimuth."""
    state, one = draw(state)
    along, across = on_circle(one)
    sine = math.sqrt(max(0.0, 1 - cosine * cosine))
    a, b = sine * along, sine * across
    # The frame of Duff et al. 2017 (JCGT 6(1):1): no branch and no pole.
    sign = 1.0 if w >= 0 else -1.0
    c = -1.0 / (sign + w)
    d = u * v * c
    x = u * cosine + a * (1 + sign * u * u * c) + b * d
    y = v * cosine + a * sign * d + b * (sign + v * v * c)
    z = w * cosine - a * sign * u - b * v
    return state, off_plane(x), off_plane(y), off_plane(z)


@jit
def off_plane(component: float) -> float:
    """Return a component that can be divided by."""
    if abs(component) < _PARALLEL:
        return _PARALLEL if component >= 0 else -_PARALLEL
    return component


@jit
def compton_energy(energy: float, cosine: float) -> float:
    """Return the energy of the scattered photon."""
    return energy / (1 + energy / ELECTRON_REST_KEV * (1 - cosine))


@jit
def turned(  # noqa: PLR0917 - a compiled loop is called by position
    tables: Tables, m: int, node: int, energy: float, one: float, state: np.uint64
) -> tuple[np.uint64, float, float]:
    """Return state, energy after scattering and cosine of the turn.

    `one` chooses Rayleigh or Compton scattering; it lies above the share of photo-absorption.
    """
    above = energy - tables.lowest_kev
    if one < tables.photo_coherent[node, m]:
        state, cosine = sampled_cosine(tables.coherent_cosine[m], tables.rows_per_kev, above, state)
        return state, energy, cosine
    state, cosine = sampled_cosine(tables.incoherent_cosine[m], tables.rows_per_kev, above, state)
    return state, compton_energy(energy, cosine), cosine


@jit
def collided(
    tables: Tables, m: int, node: int, energy: float, state: np.uint64
) -> tuple[np.uint64, float, float]:
    """Return state, energy after the interaction (0: absorbed) and cosine of the turn."""
    state, one = draw(state)
    if one < tables.photo[node, m]:
        return state, 0.0, 1.0
    return turned(tables, m, node, energy, one, state)


@jit
def scattered(
    tables: Tables, m: int, node: int, energy: float, state: np.uint64
) -> tuple[np.uint64, float, float]:
    """Return the same of a photon that is known to scatter."""
    state, one = draw(state)
    photo = tables.photo[node, m]
    return turned(tables, m, node, energy, photo + one * (1 - photo), state)
