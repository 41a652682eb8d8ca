"""Cross sections of materials: attenuation, energy transfer and energy absorption."""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.elements import HIGHEST_KEV, LOWEST_KEV, ROW, element_tables
from kyphort.dosimetry.materials import Material
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]


def photo_absorption(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return τ/ρ of photo-absorption, (n,) [cm²/g].

    >>> float(photo_absorption(Material("C", 2.0, {"C": 1.0}), 20.0).round(4))
    0.2177
    """
    return _summed(material, "photo", energy_kev)


def coherent(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return σ/ρ of Rayleigh scattering, (n,) [cm²/g]."""
    return _summed(material, "coherent", energy_kev)


def incoherent(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return σ/ρ of Compton scattering from bound electrons, (n,) [cm²/g]."""
    return _summed(material, "incoherent", energy_kev)


def attenuation(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return μ/ρ, (n,) [cm²/g]: photo-absorption, coherent and incoherent scattering.

    Elemental data of xraylib 4.3.0, interpolated log-log (doi:10.1016/j.sab.2011.09.011).

    Raises
    ------
    InvalidDataError
        For an energy outside 1 to 60 keV.

    Examples
    --------
    >>> from kyphort.dosimetry.materials import material
    >>> float(attenuation(material("water"), 30.0).round(4))
    0.3761
    """
    return (
        photo_absorption(material, energy_kev)
        + coherent(material, energy_kev)
        + incoherent(material, energy_kev)
    )


def energy_transfer(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return μ_tr/ρ with fluorescence absorbed on the spot, (n,) [cm²/g].

    τ/ρ + σ_incoh/ρ · ⟨T⟩/E: what the engine scores. At 3.7 keV calcium fluorescence travels less
    than 0.1 mm in bone; subtracting it would take 1.4 to 2.3 % from the dose to bone.

    Examples
    --------
    >>> from kyphort.dosimetry.materials import material
    >>> bone = material("cortical_bone")
    >>> float((energy_transfer(bone, 20.0) / energy_absorption(bone, 20.0)).round(3))
    1.022
    """
    return photo_absorption(material, energy_kev) + _compton_part(material, energy_kev)


def energy_absorption(material: Material, energy_kev: ArrayLike) -> Floats:
    """Return μ_en/ρ as it is tabulated, K fluorescence subtracted, (n,) [cm²/g].

    Σ wᵢ [τᵢ (1 − (1 − 1/J) ω E_Kα / E) + σ_incoh,ᵢ ⟨T⟩/E]; bremsstrahlung is below 0.1 % here. For
    ratios between materials and for comparison with NIST (doi:10.18434/T4D01F).

    Examples
    --------
    >>> from kyphort.dosimetry.materials import material
    >>> float(energy_absorption(material("water"), 20.0).round(4))
    0.5507
    """
    energy = _checked(energy_kev)
    tables = element_tables()
    lost = np.zeros_like(energy)
    for symbol, fraction in material.mass_fractions.items():
        row = ROW[symbol]
        above = energy > tables.k_edge_kev[row]
        share = tables.k_fluorescence_kev[row] / energy * above
        lost += fraction * _interpolated("photo", row, energy) * share
    return energy_transfer(material, energy) - lost


def absorption_ratio(
    material: Material, reference: Material, energy_kev: ArrayLike, energy_fluence: ArrayLike
) -> float:
    """Return the ratio of mean μ_en/ρ of two materials in a spectrum of energy fluence (n,).

    >>> from kyphort.dosimetry.materials import material as named
    >>> round(absorption_ratio(named("cortical_bone"), named("water"), [20.0], [1.0]), 2)
    6.54
    """
    weight = np.asarray(energy_fluence, dtype=np.float64)
    above = float(np.sum(weight * energy_absorption(material, energy_kev)))
    return above / float(np.sum(weight * energy_absorption(reference, energy_kev)))


def form_factor_squared(material: Material, momentum_per_angstrom: Floats) -> Floats:
    """Return Σ nᵢ Fᵢ(x)² for each gram, in units of Avogadro's number."""
    tables = element_tables()
    total = np.zeros_like(momentum_per_angstrom)
    for symbol, fraction in material.mass_fractions.items():
        row = ROW[symbol]
        factor = np.interp(
            momentum_per_angstrom, tables.momentum_per_angstrom, tables.form_factor[row]
        )
        total += fraction / tables.atomic_weight[row] * factor**2
    return total


def scattering_function(material: Material, momentum_per_angstrom: Floats) -> Floats:
    """Return Σ nᵢ Sᵢ(x) for each gram, in units of Avogadro's number."""
    tables = element_tables()
    total = np.zeros_like(momentum_per_angstrom)
    for symbol, fraction in material.mass_fractions.items():
        row = ROW[symbol]
        value = np.interp(
            momentum_per_angstrom, tables.momentum_per_angstrom, tables.scattering_function[row]
        )
        total += fraction / tables.atomic_weight[row] * value
    return total


def _compton_part(material: Material, energy_kev: ArrayLike) -> Floats:
    energy = _checked(energy_kev)
    tables = element_tables()
    total = np.zeros_like(energy)
    for symbol, fraction in material.mass_fractions.items():
        row = ROW[symbol]
        share = np.interp(energy, tables.energy_kev, tables.compton_transfer[row])
        total += fraction * _interpolated("incoherent", row, energy) * share
    return total


def _summed(material: Material, process: str, energy_kev: ArrayLike) -> Floats:
    energy = _checked(energy_kev)
    total = np.zeros_like(energy)
    for symbol, fraction in material.mass_fractions.items():
        total += fraction * _interpolated(process, ROW[symbol], energy)
    return total


def _interpolated(process: str, row: int, energy: Floats) -> Floats:
    log_energy, log_values = _logarithms(process)
    return np.asarray(np.exp(np.interp(np.log(energy), log_energy, log_values[row])))


@cache
def _logarithms(process: str) -> tuple[Floats, Floats]:
    tables = element_tables()
    return np.log(tables.energy_kev), np.log(getattr(tables, process))


def _checked(energy_kev: ArrayLike) -> Floats:
    energy = np.asarray(energy_kev, dtype=np.float64)
    wrong = ~((energy >= LOWEST_KEV) & (energy <= HIGHEST_KEV))
    if np.any(wrong):
        raise InvalidDataError(
            f"Energy {energy[wrong].flat[0]:g} keV is outside the tables of cross sections. "
            f"Allowed are {LOWEST_KEV:g} to {HIGHEST_KEV:g} keV."
        )
    return energy
