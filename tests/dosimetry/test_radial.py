"""Shells around a point: the analytic primary, the anchor's Case A, published constants."""

import math
from typing import Any

import numpy as np
import pytest

from kyphort.dosimetry import (
    Material,
    PhotonSource,
    attenuation,
    dose_rate_constant,
    energy_transfer,
    material,
    radial_dose,
    radial_function,
    water_dose,
)
from kyphort.dosimetry.engine import GY_PER_WORTH
from kyphort.errors import InvalidDataError

RADII_MM = [2, 5, 8, 10, 11, 13, 20, 30]
# egs_brachy, isotropic point in water of 0.998 g/cm³, cube ±50.5 mm, shells of 1 mm, Gy/photon.
CASE_A = {
    20: [3.2623e-12, 4.6665e-13, 1.5642e-13, 8.9506e-14,
         6.9804e-14, 4.4413e-14, 1.2124e-14, 2.7814e-15],
    30: [1.5229e-12, 2.5522e-13, 1.0046e-13, 6.3992e-14,
         5.2636e-14, 3.7191e-14, 1.4541e-14, 5.4766e-15],
    50: [7.0458e-13, 1.2428e-13, 5.1893e-14, 3.4461e-14,
         2.8950e-14, 2.1348e-14, 9.6941e-15, 4.4617e-15],
}  # fmt: skip


@pytest.mark.parametrize("energy", CASE_A)
def test_case_a_within_half_a_per_cent(energy: int) -> None:
    shells = radial_dose(
        PhotonSource.monoenergetic(energy), material("water"), np.arange(1.5, 31, 1.0),
        half_size_mm=50.5, histories=2_500_000, seed=11, threads=2,
    )  # fmt: skip
    ratio = shells.dose_gy[np.array(RADII_MM) - 2] / CASE_A[energy]
    chance = shells.relative_uncertainty[np.array(RADII_MM) - 2]
    assert chance.max() < 0.002
    assert (np.abs(ratio - 1) < 0.005 + 2 * chance).all()


def test_primary_shells_are_the_integral() -> None:
    water, edges = material("water"), np.arange(1.5, 31, 1.0)
    shells = radial_dose(
        PhotonSource.monoenergetic(20.0), water, edges, half_size_mm=50.5, histories=32, seed=1
    )
    per_mm = float(attenuation(water, 20.0)) * 0.0998
    worth = 20.0 * float(energy_transfer(water, 20.0)) / (4 * math.pi)
    r = np.linspace(edges[:-1], edges[1:], 2001)
    field = worth * np.exp(-per_mm * r) / r**2
    mean = np.trapezoid(field * r**2, r, axis=0) / ((edges[1:] ** 3 - edges[:-1] ** 3) / 3)
    assert shells.primary_gy / (mean * GY_PER_WORTH) == pytest.approx(np.ones(len(mean)), abs=1e-6)


def test_inverse_square_in_next_to_nothing() -> None:
    nothing = Material("nothing", 1e-9, {"H": 0.111894, "O": 0.888106})
    shells = radial_dose(
        PhotonSource.monoenergetic(30.0), nothing, [4.99, 5.01, 19.99, 20.01],
        half_size_mm=30, histories=32, seed=1,
    )  # fmt: skip
    assert shells.dose_gy[0] / shells.dose_gy[2] == pytest.approx(16.0, rel=1e-5)


def test_the_same_bits_for_any_number_of_threads() -> None:
    doses = [
        radial_dose(
            PhotonSource.from_spectrum([20, 40], [1, 2]), material("spongiosa"), [1, 2, 9, 11],
            half_size_mm=20, histories=5_000, seed=7, threads=threads,
        ).dose_gy
        for threads in (1, 3)
    ]  # fmt: skip
    assert (doses[0] == doses[1]).all()


def test_the_fast_path_is_the_table_of_the_engine() -> None:
    source = PhotonSource.from_spectrum([12.0, 23.3, 41.0], [1.0, 2.0, 1.0])
    shells = radial_dose(
        source, material("water"), np.arange(3.9, 24.2, 0.2), half_size_mm=150,
        histories=600_000, seed=3, threads=2,
    )  # fmt: skip
    ratio = water_dose(source, shells.radius_mm) / shells.dose_gy
    assert np.abs(ratio[1:] - 1).max() < 0.005 + 3 * shells.relative_uncertainty.max()
    assert np.mean(ratio) == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize(
    ("energy", "constant"),
    [(15, 0.260), (20, 0.650), (25, 0.919), (28.4, 1.040), (30, 1.085), (40, 1.260),
     (50, 1.328), (60, 1.342)],
)  # fmt: skip
def test_dose_rate_constants(energy: float, constant: float) -> None:
    assert dose_rate_constant(PhotonSource.monoenergetic(energy)) == pytest.approx(
        constant, rel=0.01
    )


def test_the_published_maximum_of_the_dose_rate_constant() -> None:
    # Luxton and Jozsef 1999, doi:10.1118/1.598790: 1.355 cGy/h/U at 60 keV.
    assert dose_rate_constant(PhotonSource.monoenergetic(60)) == pytest.approx(1.355, rel=0.02)


@pytest.mark.parametrize(
    ("energy", "values"),
    [(20, [1.493, 1.308, 0.744, 0.543, 0.281]), (30, [0.974, 1.001, 0.964, 0.911, 0.777])],
)
def test_radial_functions(energy: float, values: Any) -> None:
    g = radial_function(PhotonSource.monoenergetic(energy), [2, 5, 15, 20, 30])
    assert g == pytest.approx(values, rel=0.012)


@pytest.mark.parametrize(
    ("edges", "message"),
    [([5, 4], "rising"), ([-1, 2], "rising"), ([1, float("nan")], "finite"), ([1, 99], "Enlarge"),
     ([3], "at least two")],
)  # fmt: skip
def test_impossible_shells_are_refused(edges: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        radial_dose(
            PhotonSource.monoenergetic(30), material("water"), edges, half_size_mm=50,
            histories=10, seed=1,
        )  # fmt: skip
