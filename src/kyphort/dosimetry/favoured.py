"""Which energies of a source are worth following when only scatter is scored."""

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.preparation import alias_table
from kyphort.dosimetry.transport.scattering import shares_that_scatter
from kyphort.dosimetry.transport.state import Emission, Favoured, Grid, Tables

COPIES = 2
"""Photons to follow from a first collision, on average: they share its flight."""
_TRIES = 256
_LEAST = 0.02
"""No energy is favoured less than this, relative to the mean: few tries may have missed it."""

Floats = NDArray[np.float64]


def favour_scatter(grid: Grid, tables: Tables, source: Emission, weight: Floats) -> Favoured:
    """Return a source that draws energies of shares `weight` (line,) by how often they scatter.

    With p the spectrum and s(E) the share of photons whose first collision scatters, energies are
    drawn from q ∝ p s; a first collision hands on u (p/q) × its own share of scattering, which is
    `COPIES` on average for u = `COPIES` / Σ p s. Each photon that is followed then stands for 1/u
    emitted ones, whatever s is: an error of s costs time, never truth.
    """
    shares = np.zeros(len(weight))
    shares_that_scatter(grid, tables, source, np.uint64(0), _TRIES, shares)
    shares = np.maximum(shares, _LEAST * float(shares @ weight) + 1e-12)
    often = weight * shares
    unit = COPIES / float(often.sum())
    keep, alias = alias_table(often)
    return Favoured(
        emission=source._replace(keep=keep, alias=alias),
        photons=unit * weight * often.sum() / often,
        unit=unit,
    )
