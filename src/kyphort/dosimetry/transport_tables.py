"""Cross sections and angles of scattering as the kernels read them."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.cross_sections import (
    attenuation,
    coherent,
    energy_transfer,
    form_factor_squared,
    photo_absorption,
    scattering_function,
)
from kyphort.dosimetry.elements import HIGHEST_KEV, LOWEST_KEV
from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.transport.interactions import ELECTRON_REST_KEV
from kyphort.dosimetry.transport.state import Tables

NODES_PER_KEV = 100
ROWS_PER_KEV = 2
QUANTILES = 128
_HALF_ANGLES = 1001
_KEV_ANGSTROM = 12.39841984
_CM_PER_MM = 0.1

Floats = NDArray[np.float64]


def transport_tables(materials: Sequence[Material], responses: Sequence[Material]) -> Tables:
    """Tabulate materials to fly through and materials whose dose is scored."""
    every = [_material_tables(one) for one in materials]
    coherent_cosine, incoherent_cosine = (
        np.stack([_cosines(one)[which] for one in materials]) for which in (0, 1)
    )
    return Tables(
        lowest_kev=LOWEST_KEV,
        nodes_per_kev=float(NODES_PER_KEV),
        attenuation=_columns([one[0] * _CM_PER_MM for one in every]),
        transfer=_columns([_material_tables(one)[1] for one in responses]),
        photo=_columns([one[2] for one in every]),
        photo_coherent=_columns([one[3] for one in every]),
        rows_per_kev=float(ROWS_PER_KEV),
        coherent_cosine=coherent_cosine,
        incoherent_cosine=incoherent_cosine,
    )


def _columns(values: Sequence[Floats]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.stack(values, axis=1), dtype=np.float32)


@lru_cache(maxsize=64)
def _material_tables(material: Material) -> tuple[Floats, Floats, Floats, Floats]:
    """Return attenuation, energy × transfer, and the shares of photo and photo + coherent."""
    nodes = round((HIGHEST_KEV - LOWEST_KEV) * NODES_PER_KEV) + 1
    energy = np.linspace(LOWEST_KEV, HIGHEST_KEV, nodes)
    total = attenuation(material, energy)
    photo = photo_absorption(material, energy)
    shares = photo / total, (photo + coherent(material, energy)) / total
    return total, energy * energy_transfer(material, energy), *shares


@lru_cache(maxsize=64)
def _cosines(material: Material) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return cosines of Rayleigh and Compton scattering at equal probabilities, by energy."""
    rows = round((HIGHEST_KEV - LOWEST_KEV) * ROWS_PER_KEV) + 1
    energy = np.linspace(LOWEST_KEV, HIGHEST_KEV, rows)
    half_sine = np.linspace(0, 1, _HALF_ANGLES)
    cosine = 1 - 2 * half_sine**2
    found: tuple[list[Floats], list[Floats]] = ([], [])
    for one in energy:
        momentum = one / _KEV_ANGSTROM * half_sine
        ratio = 1 / (1 + one / ELECTRON_REST_KEV * (1 - cosine))
        rayleigh = (1 + cosine**2) * form_factor_squared(material, momentum)
        compton = ratio**2 * (ratio + 1 / ratio - 1 + cosine**2)
        compton *= scattering_function(material, momentum)
        for into, density in zip(found, (rayleigh, compton), strict=True):
            into.append(_quantiles(half_sine, density))
    return np.array(found[0], dtype=np.float32), np.array(found[1], dtype=np.float32)


def _quantiles(half_sine: Floats, per_solid_angle: Floats) -> Floats:
    """Return the cosines between equally probable cells; solid angle goes as sin(θ/2)²."""
    area = half_sine**2
    steps = (per_solid_angle[1:] + per_solid_angle[:-1]) / 2 * np.diff(area)
    cumulative = np.concatenate(([0.0], np.cumsum(steps)))
    wanted = np.linspace(0, cumulative[-1], QUANTILES + 1)
    return np.asarray(1 - 2 * np.interp(wanted, cumulative, area))
