"""The fast path: dose in water from tables of primary and scattered photons, without a run.

Scatter-to-primary ratios of single energies were computed with `radial_dose` (script
scripts/build_water_table.py); a spectrum is a sum over its lines.
"""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RectBivariateSpline

from kyphort.dosimetry.cross_sections import attenuation, energy_absorption, energy_transfer
from kyphort.dosimetry.engine import GY_PER_WORTH
from kyphort.dosimetry.materials import material
from kyphort.dosimetry.source import PhotonSource
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
_FAR_SIDE = 0.36
REFERENCE_MM = 10.0
"""Reference distance of radial functions: 1 cm of water, as for electronic brachytherapy."""


@dataclass(frozen=True, slots=True, eq=False)
class WaterTable:
    """Scatter-to-primary ratios of kerma in water around an isotropic point, (energy, radius)."""

    energy_kev: Floats
    radius_mm: Floats
    scatter_to_primary: Floats


@cache
def water_table() -> WaterTable:
    """Return the shipped table, read once.

    >>> water_table().scatter_to_primary.shape[0] == len(water_table().energy_kev)
    True
    """
    path = resources.files("kyphort.dosimetry") / "data" / "water_table.npz"
    with resources.as_file(path) as file, np.load(file) as stored:
        return WaterTable(**{name: stored[name].astype(np.float64) for name in stored.files})


def water_dose(source: PhotonSource, distance_mm: ArrayLike) -> Floats:
    """Return the dose in unbounded water at distances (n,) [mm], Gy for each photon.

    Σ w E μ_tr/ρ exp(−μ (r − a)) / (4π r²) · (1 + scatter/primary); a is the source's core radius.
    Angular emission is averaged over the sphere.

    Raises
    ------
    InvalidDataError
        For distances inside the source or beyond the table.

    Examples
    --------
    >>> from kyphort.dosimetry import PhotonSource
    >>> f"{water_dose(PhotonSource.monoenergetic(30.0), [10.0])[0]:.2e}"
    '6.39e-14'
    """
    distance = np.atleast_1d(np.asarray(distance_mm, dtype=np.float64))
    _check_distance(source, distance)
    water = material("water")
    energy = source.energy_kev
    per_mm = attenuation(water, energy) * water.density_g_cm3 / 10
    worth = source.weight * energy * energy_transfer(water, energy)
    beyond = distance[:, None] - source.core_radius_mm
    primary = worth * np.exp(-per_mm * beyond) / (4 * math.pi * distance[:, None] ** 2)
    ratio = _scatter_to_primary(energy, _depth_of_scatter(distance, source.core_radius_mm))
    return np.asarray(np.sum(primary * (1 + ratio.T), axis=1) * GY_PER_WORTH)


def dose_rate_gy_per_min(source: PhotonSource, distance_mm: ArrayLike) -> Floats:
    """Return the dose rate in water at distances (n,) [mm], Gy/min at the source's current.

    Raises
    ------
    InvalidDataError
        When the source has no output, and as for `water_dose`.

    Examples
    --------
    >>> from kyphort.dosimetry import source_model
    >>> [round(float(rate), 1) for rate in dose_rate_gy_per_min(source_model("needle"), [8, 13])]
    [7.0, 1.8]
    """
    if source.photons_per_mas is None:
        raise InvalidDataError(
            f"Source '{source.name}' has no photons_per_mas, so that there is no dose rate. "
            "Commission it, or use water_dose."
        )
    return water_dose(source, distance_mm) * source.photons_per_mas * source.current_ma * 60


def irradiation_time_min(source: PhotonSource, dose_gy: float, distance_mm: float) -> float:
    """Return the minutes for a dose [Gy] at a distance from the isocentre in water [mm].

    Raises
    ------
    InvalidDataError
        For a dose that is not positive, and as for `dose_rate_gy_per_min`.

    Examples
    --------
    >>> from kyphort.dosimetry import source_model
    >>> round(irradiation_time_min(source_model("needle"), 8.0, 8.0), 1)
    1.1
    """
    if not (math.isfinite(dose_gy) and dose_gy > 0):
        raise InvalidDataError(f"A dose of {dose_gy} Gy; allowed are values above 0.")
    return dose_gy / float(dose_rate_gy_per_min(source, [distance_mm])[0])


def falloff_exponent(source: PhotonSource, from_mm: float, to_mm: float) -> float:
    """Return n of dose ~ r^−n between two distances in water.

    >>> from kyphort.dosimetry import source_model
    >>> round(falloff_exponent(source_model("needle"), 8.0, 13.0), 1)
    2.8
    """
    near, far = water_dose(source, [from_mm, to_mm])
    return math.log(near / far) / math.log(to_mm / from_mm)


def radial_function(source: PhotonSource, distance_mm: ArrayLike) -> Floats:
    """Return g(r) = D(r) r² / (D(10 mm) 100) for a point source in water, (n,).

    As in TG-43 (doi:10.1118/1.1646040) with the dose at 1 cm as reference.

    >>> from kyphort.dosimetry import PhotonSource
    >>> round(float(radial_function(PhotonSource.monoenergetic(30.0), [20.0])[0]), 2)
    0.91
    """
    distance = np.atleast_1d(np.asarray(distance_mm, dtype=np.float64))
    reference = float(water_dose(source, [REFERENCE_MM])[0]) * REFERENCE_MM**2
    return water_dose(source, distance) * distance**2 / reference


def dose_rate_constant(source: PhotonSource) -> float:
    """Return Λ, dose in water at 1 cm / air-kerma strength, cGy/h/U.

    >>> from kyphort.dosimetry import PhotonSource
    >>> round(dose_rate_constant(PhotonSource.monoenergetic(60.0)), 2)
    1.34
    """
    energy = source.energy_kev
    air = source.weight * energy * energy_absorption(material("air"), energy)
    kerma = float(np.sum(air)) / (4 * math.pi * REFERENCE_MM**2) * GY_PER_WORTH
    return float(water_dose(source, [REFERENCE_MM])[0]) / kerma


def _depth_of_scatter(distance: Floats, core: float) -> Floats:
    """Return the distance at which a point source has the scatter of a source with a core.

    r − a, and near the core a part from its far side: 0.36 a²/r fits runs with a = 1.6 mm to 0.4 %.
    """
    return distance - core + _FAR_SIDE * core**2 / distance


@cache
def _spline() -> RectBivariateSpline:
    table = water_table()
    logarithm = np.log1p(table.scatter_to_primary)
    return RectBivariateSpline(np.log(table.energy_kev), table.radius_mm, logarithm)


def _scatter_to_primary(energy: Floats, distance: Floats) -> Floats:
    """Return the ratio for each energy and distance; below the first energy, that one."""
    lowest = water_table().energy_kev[0]
    order = np.argsort(energy)
    rising = np.log(np.maximum(energy[order], lowest))
    by_distance = np.argsort(distance)
    found = np.empty((len(energy), len(distance)))
    found[np.ix_(order, by_distance)] = np.expm1(_spline()(rising, distance[by_distance]))
    return found


def _check_distance(source: PhotonSource, distance: Floats) -> None:
    farthest = float(water_table().radius_mm[-1])
    inside = ~((distance > source.core_radius_mm) & (distance - source.core_radius_mm <= farthest))
    if inside.any():
        raise InvalidDataError(
            f"A distance of {distance[inside][0]:g} mm; allowed are those beyond the source's "
            f"radius of {source.core_radius_mm:g} mm and up to {farthest:g} mm from its surface."
        )
    if source.phase_space is not None:
        raise InvalidDataError("A phase space has no fast path. Use simulate_dose.")
