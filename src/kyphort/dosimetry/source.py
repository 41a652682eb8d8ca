"""Photon sources: spectrum, emission, output and the pedigree of each number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import attenuation
from kyphort.dosimetry.elements import HIGHEST_KEV, LOWEST_KEV
from kyphort.dosimetry.materials import Material
from kyphort.errors import InvalidDataError

NOT_COMMISSIONED = "model-based, not commissioned"
"""Calibration dataset of a source that no measurement has touched."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of a source model, with its unit, its source, and whether that was checked."""

    value: float
    unit: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, eq=False)
class AngularEmission:
    """Photons for each solid angle by polar angle to the source's axis, relative.

    Attributes
    ----------
    theta_deg
        (n,) rising from 0 (forwards, along the axis) to 180.
    relative
        (n,) at least 0; straight lines in cos θ between them; the scale does not matter.
    """

    theta_deg: Floats
    relative: Floats

    def __post_init__(self) -> None:
        theta = np.asarray(self.theta_deg, dtype=np.float64)
        relative = np.asarray(self.relative, dtype=np.float64)
        if theta.ndim != 1 or theta.shape != relative.shape or len(theta) < 2:
            raise InvalidDataError("An emission needs two equally long rows, angles and values.")
        if theta[0] != 0 or theta[-1] != 180 or np.any(np.diff(theta) <= 0):
            raise InvalidDataError(
                f"Angles run from {theta[0]:g} to {theta[-1]:g} degrees; allowed is a rising row "
                "from 0 to 180."
            )
        if not np.all(np.isfinite(relative) & (relative >= 0)) or relative.max() <= 0:
            raise InvalidDataError("Emission values must be finite, at least 0, and not all 0.")
        object.__setattr__(self, "theta_deg", theta)
        object.__setattr__(self, "relative", relative)

    def cosines(self, quantiles: int = 512) -> Floats:
        """Return the cosines between equally probable cells, rising, (quantiles + 1,)."""
        cosine = np.linspace(-1, 1, 8 * quantiles + 1)
        known = np.cos(np.radians(self.theta_deg))[::-1]
        density = np.interp(cosine, known, self.relative[::-1])
        steps = (density[1:] + density[:-1]) / 2 * np.diff(cosine)
        cumulative = np.concatenate(([0.0], np.cumsum(steps)))
        wanted = np.linspace(0, cumulative[-1], quantiles + 1)
        return np.asarray(np.interp(wanted, cumulative, cosine))


@dataclass(frozen=True, slots=True, eq=False)
class PhotonSource:
    """A source of photons around a point.

    Attributes
    ----------
    name
        What it is.
    energy_kev, weight
        (n,) lines of the spectrum as it leaves the source, and photons in each; weights add up
        to 1.
    core_radius_mm
        Radius of the sphere from which photons start: inside it nothing is attenuated, and the
        dose of primary photons is 0.
    emission
        Angular distribution, or None for isotropic.
    photons_per_mas
        Photons into 4π for each mAs, or None when the output is not known.
    current_ma
        Tube current [mA] of dose rates.
    calibration
        Name of the calibration dataset, carried into every dose.
    parameters
        The numbers behind the model.
    phase_space
        (n, 8) rows x, y, z [mm, from the position], u, v, w, energy [keV], weight; None for a
        point source. `photons_per_mas` then counts rows of weight 1.

    Raises
    ------
    InvalidDataError
        For energies outside 1 to 60 keV, negative weights, or impossible numbers.
    """

    name: str
    energy_kev: Floats
    weight: Floats
    core_radius_mm: float = 0.0
    emission: AngularEmission | None = None
    photons_per_mas: float | None = None
    current_ma: float = 0.04
    calibration: str = NOT_COMMISSIONED
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    phase_space: Floats | None = None

    def __post_init__(self) -> None:
        energy = np.atleast_1d(np.asarray(self.energy_kev, dtype=np.float64))
        weight = np.atleast_1d(np.asarray(self.weight, dtype=np.float64))
        _check_spectrum(energy, weight)
        if not (math.isfinite(self.core_radius_mm) and self.core_radius_mm >= 0):
            raise InvalidDataError(
                f"Core radius {self.core_radius_mm} mm; allowed are values of 0 or more."
            )
        for label, value in (("photons_per_mas", self.photons_per_mas), ("mA", self.current_ma)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidDataError(f"Source '{self.name}': {label} {value}; allowed is > 0.")
        kept = weight > 0
        object.__setattr__(self, "energy_kev", energy[kept])
        object.__setattr__(self, "weight", weight[kept] / weight.sum())
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @classmethod
    def monoenergetic(cls, energy_kev: float) -> "PhotonSource":
        """Return an isotropic point source of one energy.

        >>> PhotonSource.monoenergetic(30.0).mean_energy_kev()
        30.0
        """
        return cls(f"{energy_kev:g} keV", np.array([energy_kev]), np.ones(1))

    @classmethod
    def from_spectrum(
        cls, energy_kev: ArrayLike, weight: ArrayLike, *, name: str = "spectrum"
    ) -> "PhotonSource":
        """Return an isotropic point source of energies (n,) with photons (n,) in each.

        >>> PhotonSource.from_spectrum([20.0, 40.0], [3.0, 1.0]).weight.tolist()
        [0.75, 0.25]
        """
        return cls(name, np.asarray(energy_kev), np.asarray(weight))

    @classmethod
    def from_phase_space(cls, rows: ArrayLike, *, name: str = "phase space") -> "PhotonSource":
        """Return a source that repeats the rows of a phase space.

        Parameters
        ----------
        rows
            (n, 8): x, y, z [mm], u, v, w, energy [keV], weight; in the axes of the grid.

        Raises
        ------
        InvalidDataError
            For another shape, directions that are not of length 1, and as for the class.
        """
        table = np.asarray(rows, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != 8 or not len(table):
            raise InvalidDataError(
                f"Phase space of shape {table.shape}; allowed are rows of 8 numbers: x, y, z, u, "
                "v, w, energy, weight."
            )
        if not np.all(np.isfinite(table)):
            raise InvalidDataError("The phase space holds values that are not finite.")
        if np.abs(np.linalg.norm(table[:, 3:6], axis=1) - 1).max() > 1e-3:
            raise InvalidDataError("Directions of the phase space must have length 1 (± 0.001).")
        return cls(name, table[:, 6], table[:, 7], phase_space=table)

    def mean_energy_kev(self) -> float:
        """Return the mean energy of its photons [keV]."""
        return float(np.sum(self.energy_kev * self.weight))

    def behind(self, material: Material, thickness_mm: float) -> "PhotonSource":
        """Return the source with its photons filtered, narrow beam; the output falls accordingly.

        A negative thickness takes a filter away; exp(−μ t) at each energy.

        >>> from kyphort.dosimetry import material
        >>> soft = PhotonSource.from_spectrum([15.0, 40.0], [1.0, 1.0])
        >>> round(soft.behind(material("aluminium"), 1.0).mean_energy_kev(), 1)
        37.0
        """
        left = self.weight * transmission(material, thickness_mm, self.energy_kev)
        output = None if self.photons_per_mas is None else self.photons_per_mas * float(left.sum())
        return replace(self, weight=left, photons_per_mas=output)


def transmission(material: Material, thickness_mm: float, energy_kev: ArrayLike) -> Floats:
    """Return the narrow-beam transmission at each energy, (n,)."""
    per_mm = attenuation(material, energy_kev) * material.density_g_cm3 / 10
    return np.asarray(np.exp(-per_mm * thickness_mm))


def _check_spectrum(energy: Floats, weight: Floats) -> None:
    if energy.ndim != 1 or energy.shape != weight.shape or not len(energy):
        raise InvalidDataError(
            f"{energy.shape} energies and {weight.shape} weights; allowed are two equally long "
            "rows that are not empty."
        )
    if not np.all(np.isfinite(energy)):
        raise InvalidDataError("The spectrum holds an energy that is not a number.")
    outside = (energy < LOWEST_KEV) | (energy > HIGHEST_KEV)
    if outside.any():
        raise InvalidDataError(
            f"Energy {energy[outside][0]:g} keV is outside the tables of cross sections. Allowed "
            f"are {LOWEST_KEV:g} to {HIGHEST_KEV:g} keV: cut the spectrum there."
        )
    if not np.all(np.isfinite(weight) & (weight >= 0)) or weight.sum() <= 0:
        raise InvalidDataError("Weights of the spectrum must be finite, at least 0, and not all 0.")
