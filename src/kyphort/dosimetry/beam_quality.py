"""Beam quality: half-value layers and mean energies."""

from typing import Literal

import numpy as np
from scipy.optimize import brentq

from kyphort.dosimetry.cross_sections import energy_absorption
from kyphort.dosimetry.materials import material
from kyphort.dosimetry.source import PhotonSource, transmission
from kyphort.errors import InvalidDataError

_THICKEST_MM = 1000.0


def half_value_layer_mm(
    source: PhotonSource, *, depth_mm: float = 0.0, absorber: str = "aluminium"
) -> float:
    """Return the first half-value layer of air kerma, narrow beam [mm].

    Parameters
    ----------
    source
        Spectrum.
    depth_mm
        Water that the beam has passed before, narrow beam too.
    absorber
        Name of a shipped material.

    Raises
    ------
    InvalidDataError
        For a negative depth or an unknown absorber.

    Examples
    --------
    >>> from kyphort.dosimetry import source_model
    >>> round(half_value_layer_mm(source_model("needle"), depth_mm=20), 2)
    1.35
    """
    beam = _at_depth(source, depth_mm)
    filter_material = material(absorber)
    kerma = beam.weight * beam.energy_kev * energy_absorption(material("air"), beam.energy_kev)

    def above_half(thickness: float) -> float:
        left = transmission(filter_material, thickness, beam.energy_kev)
        return float(np.sum(kerma * left) / np.sum(kerma)) - 0.5

    return float(brentq(above_half, 0.0, _THICKEST_MM, xtol=1e-9))


def mean_energy_kev(
    source: PhotonSource,
    *,
    depth_mm: float = 0.0,
    weighting: Literal["fluence", "kerma"] = "fluence",
) -> float:
    """Return the mean energy of primary photons behind water [keV], by fluence or by air kerma.

    Raises
    ------
    InvalidDataError
        For a negative depth.

    Examples
    --------
    >>> from kyphort.dosimetry import source_model
    >>> round(mean_energy_kev(source_model("needle"), depth_mm=10), 1)
    28.8
    """
    beam = _at_depth(source, depth_mm)
    weight = beam.weight
    if weighting == "kerma":
        weight = weight * beam.energy_kev * energy_absorption(material("air"), beam.energy_kev)
    return float(np.sum(beam.energy_kev * weight) / np.sum(weight))


def _at_depth(source: PhotonSource, depth_mm: float) -> PhotonSource:
    if not depth_mm >= 0:
        raise InvalidDataError(f"Depth {depth_mm} mm of water; allowed are values of 0 or more.")
    return source.behind(material("water").with_density(1.0), depth_mm) if depth_mm else source
