"""The shipped cross sections of the elements, 1 to 60 keV, as they were tabulated."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

LOWEST_KEV, HIGHEST_KEV = 1.0, 60.0
"""Limits of the tables [keV]."""

ATOMIC_NUMBER = {
    "H": 1, "C": 6, "N": 7, "O": 8, "Na": 11, "Mg": 12, "Al": 13, "Si": 14, "P": 15, "S": 16,
    "Cl": 17, "Ar": 18, "K": 19, "Ca": 20, "Ti": 22, "Cr": 24, "Fe": 26, "Ni": 28, "Zr": 40,
    "Ba": 56, "Au": 79,
}  # fmt: skip
"""Elements with shipped cross sections."""


@dataclass(frozen=True, slots=True)
class ElementTables:
    """Tables of all elements; rows follow `ATOMIC_NUMBER`, cross sections are in cm²/g.

    `compton_transfer` is the mean share of the energy that a Compton electron takes;
    `k_fluorescence_kev` the mean K fluorescence energy for each photo-absorption above the K edge.
    """

    atomic_weight: NDArray[np.float64]
    energy_kev: NDArray[np.float64]
    photo: NDArray[np.float64]
    coherent: NDArray[np.float64]
    incoherent: NDArray[np.float64]
    compton_transfer: NDArray[np.float64]
    k_edge_kev: NDArray[np.float64]
    k_fluorescence_kev: NDArray[np.float64]
    momentum_per_angstrom: NDArray[np.float64]
    form_factor: NDArray[np.float64]
    scattering_function: NDArray[np.float64]


ROW = {symbol: row for row, symbol in enumerate(ATOMIC_NUMBER)}
"""Row of each element in the tables."""


@cache
def element_tables() -> ElementTables:
    """Return the tables, read once.

    Examples
    --------
    >>> element_tables().energy_kev[[0, -1]].tolist()
    [1.0, 60.0]
    """
    path = resources.files("kyphort.dosimetry") / "data" / "cross_sections.npz"
    with resources.as_file(path) as file, np.load(file) as stored:
        names = ElementTables.__dataclass_fields__
        return ElementTables(**{name: stored[name].astype(np.float64) for name in names})
