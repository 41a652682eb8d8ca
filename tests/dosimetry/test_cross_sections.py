"""Cross sections against NIST, and against the fault of xraylib's CS_Energy."""

from typing import Any

import numpy as np
import pytest

from kyphort.dosimetry import (
    Material,
    absorption_ratio,
    attenuation,
    coherent,
    energy_absorption,
    energy_transfer,
    incoherent,
    material,
    photo_absorption,
    source_model,
    tissues,
)
from kyphort.errors import InvalidDataError

ENERGY_KEV = np.array([10.0, 15.0, 20.0, 30.0, 40.0, 50.0])
NIST = {
    "water": {
        "attenuation": [5.329, 1.673, 0.8096, 0.3756, 0.2683, 0.2269],
        "absorption": [4.944, 1.374, 0.5503, 0.1557, 0.06947, 0.04223],
    },
    "cortical_bone": {"absorption": [26.80, 8.388, 3.601, 1.070, 0.4507, 0.2336]},
}
XRAYLIB_CS_ENERGY_OF_WATER = {20.0: 0.382, 30.0: 0.63 * 0.1557, 40.0: 0.77 * 0.06947}


@pytest.mark.parametrize(
    ("name", "quantity", "function"),
    [
        ("water", "attenuation", attenuation),
        ("water", "absorption", energy_absorption),
        ("cortical_bone", "absorption", energy_absorption),
    ],
)
def test_nist_within_two_tenths_of_a_per_cent(name: str, quantity: str, function: Any) -> None:
    computed = function(material(name), ENERGY_KEV)
    assert computed / NIST[name][quantity] == pytest.approx(np.ones(6), abs=0.002)


def test_the_broken_absorption_of_a_library_would_be_noticed() -> None:
    for energy, wrong in XRAYLIB_CS_ENERGY_OF_WATER.items():
        right = NIST["water"]["absorption"][ENERGY_KEV.tolist().index(energy)]
        assert wrong / right != pytest.approx(1, abs=0.1)
        assert float(energy_absorption(material("water"), energy)) / wrong > 1.2


def test_calcium_fluorescence_is_absorbed_in_what_the_engine_scores() -> None:
    bone = material("cortical_bone")
    lost = energy_transfer(bone, [15.0, 30.0]) / energy_absorption(bone, [15.0, 30.0]) - 1
    assert (lost > 0.005).all()
    assert (lost < 0.03).all()


def test_processes_add_up_and_jump_at_the_calcium_edge() -> None:
    bone = material("cortical_bone")
    below, above = photo_absorption(bone, [4.03, 4.05])
    assert above / below > 2
    parts = photo_absorption(bone, 30.0) + coherent(bone, 30.0) + incoherent(bone, 30.0)
    assert float(parts) == float(attenuation(bone, 30.0))


@pytest.mark.parametrize(
    ("name", "at_surface"),
    [("cortical_bone", 5.9), ("spongiosa", 2.43), ("red_marrow", 0.81), ("yellow_marrow", 0.56),
     ("soft_tissue", 1.02), ("cord", 1.02), ("pmma", 0.61)],
)  # fmt: skip
def test_absorption_ratios_of_the_needle_spectrum(name: str, at_surface: float) -> None:
    needle = source_model("needle")
    ratio = absorption_ratio(
        material(name), material("water"), needle.energy_kev, needle.weight * needle.energy_kev
    )
    assert ratio == pytest.approx(at_surface, rel=0.03)


@pytest.mark.parametrize("energy", [0.99, 60.01, float("nan"), -5.0])
def test_energies_outside_the_tables_are_refused(energy: float) -> None:
    with pytest.raises(InvalidDataError, match="Allowed are 1 to 60 keV"):
        attenuation(material("water"), energy)


@pytest.mark.parametrize(
    ("density", "fractions", "message"),
    [
        (0.0, {"H": 1.0}, "density of 0.0"),
        (float("nan"), {"H": 1.0}, "density of nan"),
        (1.0, {"Xx": 1.0}, "'Xx'"),
        (1.0, {"H": 0.5}, "add up to 0.5"),
        (1.0, {"H": 1.2, "O": -0.2}, "mass fraction -0.2"),
    ],
)
def test_impossible_materials_are_refused(density: float, fractions: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        Material("odd", density, fractions)


def test_an_unknown_material_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidDataError, match=r"unobtainium.*spongiosa"):
        material("unobtainium")


def test_every_tissue_says_where_it_comes_from() -> None:
    assert all(one.source for one in tissues().values())
    assert not tissues()["bone_cement"].verified
