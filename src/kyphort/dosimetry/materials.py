"""Materials: what tissue is made of, and mixtures of tissues."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from kyphort.dosimetry.elements import ATOMIC_NUMBER
from kyphort.errors import InvalidDataError

_LARGEST_ROUNDING = 0.02
"""Printed mass fractions add up to 1 within this."""


@dataclass(frozen=True, slots=True)
class Material:
    """A material: its name, density [g/cm³] and the mass fractions of its elements.

    Fractions are normalised to 1; they must add up to 1 within 0.02 before.

    Raises
    ------
    InvalidDataError
        For a density that is not positive, an element without cross sections, or fractions that
        are negative or do not add up to 1.

    Examples
    --------
    >>> Material("water", 0.998, {"H": 0.111894, "O": 0.888106}).mass_fractions["O"]
    0.888106
    """

    name: str
    density_g_cm3: float
    mass_fractions: Mapping[str, float]
    source: str = ""
    verified: bool = True

    def __post_init__(self) -> None:
        _check_density(self.name, self.density_g_cm3)
        _check_fractions(self.name, self.mass_fractions)
        total = sum(self.mass_fractions.values())
        fractions = {
            name: value if total == 1 else value / total
            for name, value in self.mass_fractions.items()
        }
        object.__setattr__(self, "mass_fractions", MappingProxyType(fractions))

    def __hash__(self) -> int:
        return hash((self.name, self.density_g_cm3, tuple(sorted(self.mass_fractions.items()))))

    def with_density(self, density_g_cm3: float) -> "Material":
        """Return the same composition with another density [g/cm³].

        >>> material("water").with_density(1.0).density_g_cm3
        1.0
        """
        return Material(
            self.name, density_g_cm3, dict(self.mass_fractions), self.source, self.verified
        )


def _check_density(name: str, density: float) -> None:
    if not (math.isfinite(density) and density > 0):
        raise InvalidDataError(
            f"Material '{name}' has a density of {density} g/cm³; allowed are values above 0. "
            "Correct density_g_cm3."
        )


def _check_fractions(name: str, fractions: Mapping[str, float]) -> None:
    for element, value in fractions.items():
        if element not in ATOMIC_NUMBER:
            raise InvalidDataError(
                f"Material '{name}' holds '{element}', for which there are no cross sections. "
                f"There are {', '.join(ATOMIC_NUMBER)}."
            )
        if not (math.isfinite(value) and value >= 0):
            raise InvalidDataError(
                f"Material '{name}', {element}: mass fraction {value}; allowed are 0 to 1."
            )
    total = sum(fractions.values())
    if abs(total - 1) > _LARGEST_ROUNDING:
        raise InvalidDataError(
            f"Material '{name}': the mass fractions add up to {total:.4f}, not to 1 "
            f"(± {_LARGEST_ROUNDING}). Correct or complete them."
        )


@cache
def tissues() -> Mapping[str, Material]:
    """Return the shipped tissues and technical materials by name.

    Compositions of ICRU 44 and 46; one that was not compared with its source has `verified` False.

    Examples
    --------
    >>> round(tissues()["cortical_bone"].mass_fractions["Ca"], 3)
    0.225
    """
    text = (resources.files("kyphort.dosimetry") / "data" / "tissues.toml").read_text("utf-8")
    return MappingProxyType(
        {name: Material(name, **fields) for name, fields in tomllib.loads(text).items()}
    )


def material(name: str) -> Material:
    """Return a shipped material by name.

    Raises
    ------
    InvalidDataError
        When there is none of that name.

    Examples
    --------
    >>> material("spongiosa").density_g_cm3
    1.18
    """
    found = tissues().get(name)
    if found is None:
        raise InvalidDataError(
            f"There is no material '{name}'. There are {', '.join(tissues())}; or make your own "
            "with Material(name, density_g_cm3, mass_fractions)."
        )
    return found


def mixture(
    name: str, parts: Mapping[Material, float], density_g_cm3: float | None = None
) -> Material:
    """Mix materials by mass; without a density, volumes are added.

    Parameters
    ----------
    name
        Name of the mixture.
    parts
        Share of mass of each material; normalised.
    density_g_cm3
        Density of the mixture; None for 1 / Σ (share / density).

    Raises
    ------
    InvalidDataError
        When the shares are negative or all zero.

    Examples
    --------
    >>> half = mixture("half", {material("red_marrow"): 0.5, material("yellow_marrow"): 0.5})
    >>> round(half.density_g_cm3, 4), round(half.mass_fractions["C"], 3)
    (1.0044, 0.529)
    """
    total = sum(parts.values())
    if total <= 0 or min(parts.values()) < 0:
        raise InvalidDataError(
            f"Mixture '{name}' has shares {sorted(parts.values())}; allowed are values of 0 or "
            "more that are not all 0."
        )
    fractions: dict[str, float] = {}
    for part, share in parts.items():
        for element, fraction in part.mass_fractions.items():
            fractions[element] = fractions.get(element, 0.0) + share / total * fraction
    volume = sum(share / total / part.density_g_cm3 for part, share in parts.items())
    return Material(name, density_g_cm3 or 1 / volume, fractions)
