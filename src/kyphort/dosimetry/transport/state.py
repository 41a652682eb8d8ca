"""What the kernels are given: the grid, the cross sections and the source, as plain arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 255
"""Material index of the layer around the grid."""
BY_CELL, BY_BOTH, BY_VOXEL = 0, 1, 2
"""How scatter in a coarse cell is scored: as a whole, also by voxels, or by voxels only."""
NO_SLOT = 255
"""Slot of a voxel that is scored by itself."""


class Grid(NamedTuple):
    """Voxels with one layer of `OUTSIDE` around them, flattened with x fastest.

    `origin` is the lower corner of the first voxel of the layer; a voxel's material lies between
    `material` and the one after it, by `next_fraction` (one zero, when `mixed` is 0). `largest`
    (node,) is the largest attenuation coefficient between a node of the tables and the next one.
    """

    origin: NDArray[np.float64]
    spacing: NDArray[np.float64]
    shape: NDArray[np.int64]
    material: NDArray[np.uint8]
    density: NDArray[np.float32]
    next_fraction: NDArray[np.float32]
    mixed: int
    largest: NDArray[np.float32]


class Cells(NamedTuple):
    """Coarse cells with one layer around them, for the tally (cell, slot) of scattered photons.

    `way` (cell,) is `BY_CELL`, `BY_BOTH` or `BY_VOXEL`; each slot of the tally has a `response`.
    `own_row` of the padded grid is the row of a voxel scored by itself, the last row for every
    other voxel; with `one_response` all materials are scored alike.
    """

    origin: NDArray[np.float64]
    spacing: NDArray[np.float64]
    shape: NDArray[np.int64]
    way: NDArray[np.uint8]
    response: NDArray[np.int64]
    one_response: int
    own_row: NDArray[np.int32]


class Tables(NamedTuple):
    """Cross sections on a uniform energy grid, and angles of scattering at equal probabilities.

    `attenuation` (energy, material) is 1/mm for 1 g/cm³, `transfer` (energy, response) keV cm²/g;
    `photo` and `photo_coherent` (energy, material) are shares of the attenuation; the cosines are
    (material, row, quantile).
    """

    lowest_kev: float
    nodes_per_kev: float
    attenuation: NDArray[np.float32]
    transfer: NDArray[np.float32]
    photo: NDArray[np.float32]
    photo_coherent: NDArray[np.float32]
    rows_per_kev: float
    coherent_cosine: NDArray[np.float32]
    incoherent_cosine: NDArray[np.float32]


class Emission(NamedTuple):
    """Where photons start: positions by cumulative weight, energies by alias table, directions.

    `cosine` holds the cosines to the axis at equal probabilities; two of them, -1 and 1, are the
    isotropic source. Photons start `core` mm from the position. With `rows` (n, 7: x, y, z, u, v,
    w, energy, relative to the position) photons are rows instead, chosen by the alias table.
    """

    position: NDArray[np.float64]
    axis: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    energy: NDArray[np.float64]
    keep: NDArray[np.float64]
    alias: NDArray[np.int64]
    cosine: NDArray[np.float64]
    core: float
    rows: NDArray[np.float64]


class Favoured(NamedTuple):
    """A source that draws energies by how many of their photons scatter first.

    A first collision hands on `photons` (line,) × its share of scattering; for each photon that is
    emitted by the true source, `unit` × the share that scatters are followed.
    """

    emission: Emission
    photons: NDArray[np.float64]
    unit: float
