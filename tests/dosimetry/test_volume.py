"""Volumes and phantoms: coordinates, what is refused, Hounsfield units."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kyphort.dosimetry import (
    Volume,
    hounsfield_curve,
    material,
    mixture,
    vertebra_phantom,
    volume_from_hounsfield,
    water_phantom,
)
from kyphort.errors import InvalidDataError

WATER = {0: material("water")}
CUBE = np.zeros((2, 3, 4), int)


def make(**changes: Any) -> Volume:
    options = {"spacing_mm": (1, 1, 1), "origin_mm": (0, 0, 0)} | changes
    labels = options.pop("labels", CUBE)
    return Volume.from_materials(labels, options.pop("materials", WATER), **options)


def test_the_origin_is_the_centre_of_the_first_voxel() -> None:
    volume = make(spacing_mm=(1, 2, 3), origin_mm=(10, 20, 30))
    assert volume.voxel_of((10.4, 20.9, 31.4)) == (0, 0, 0)
    assert volume.voxel_of((10.6, 21.1, 31.6)) == (1, 1, 1)
    assert volume.centres_mm()[1, 2, 3].tolist() == [13, 24, 33]
    low, high = volume.limits_mm()
    assert (low.tolist(), high.tolist()) == ([9.5, 19, 28.5], [13.5, 25, 34.5])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spacing_mm": (1, 0, 1)}, "above 0"),
        ({"spacing_mm": (1, 1)}, "three values"),
        ({"origin_mm": (0, 0, float("inf"))}, "finite"),
        ({"direction": np.diag([1, 1, -1])}, "left-handed"),
        ({"direction": [[1, 0.2, 0], [0, 1, 0], [0, 0, 1]]}, "sheared"),
        ({"direction": np.eye(2)}, "3 x 3"),
        ({"labels": CUBE + 5}, "Label 5 has no material"),
        ({"labels": CUBE * 1.0}, "integers"),
        ({"labels": CUBE[0]}, "three axes"),
        ({"density_g_cm3": np.zeros(CUBE.shape)}, "Density 0.0 g/cm³ in voxel"),
        ({"density_g_cm3": np.full(CUBE.shape, np.nan)}, "Density nan"),
        ({"density_g_cm3": np.ones((2, 2, 2))}, "shape"),
    ],
)
def test_impossible_grids_are_refused(changes: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        make(**changes)


def test_masks_are_painted_in_their_order() -> None:
    first, second = np.zeros((3, 3, 3), bool), np.zeros((3, 3, 3), bool)
    first[0:2], second[1:3] = True, True
    volume = Volume.from_masks(
        material("water"), [(material("cord"), first), (material("spongiosa"), second)],
        (1, 1, 1), (0, 0, 0),
    )  # fmt: skip
    names = [volume.materials[volume.material_index[z, 0, 0]].name for z in range(3)]
    assert names == ["cord", "spongiosa", "spongiosa"]


def test_hounsfield_units_give_printed_densities() -> None:
    # Schneider 2000 with the factors of common implementations.
    image = np.array([200.0, 400.0, 800.0, -1000.0, -1e4, 1e4]).reshape(1, 1, 6)
    volume = volume_from_hounsfield(image, (1, 1, 1), (0, 0, 0))
    density = volume.density_g_cm3.ravel()
    assert density[:3] == pytest.approx([1.135, 1.254, 1.491], abs=2e-3)
    assert density[3] == density[4] == pytest.approx(0.00121)
    assert volume.materials[volume.material_index[0, 0, 5]].name == "cortical_bone"


def test_bone_is_continuous_between_marrow_and_cortex() -> None:
    units = np.linspace(40, 1600, 200).reshape(1, 1, -1)
    volume = volume_from_hounsfield(units, (1, 1, 1), (0, 0, 0))
    assert volume.next_fraction is not None
    share = np.where(volume.material_index == 3, 1.0, volume.next_fraction).ravel()
    assert (np.diff(share) > 0).all()
    assert np.diff(share).max() < 0.02
    assert (share[0], share[-1]) == (0, 1)
    # Half of the volume of each: the mass of cortical bone is its share of density.
    half = volume_from_hounsfield(np.full((1, 1, 1), 820.0), (1, 1, 1), (0, 0, 0))
    assert half.next_fraction is not None
    assert float(half.next_fraction[0, 0, 0]) == pytest.approx(1.92 / (1.92 + 1.03), abs=1e-6)


def test_an_image_with_holes_and_a_missing_curve_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="not finite"):
        volume_from_hounsfield(np.full((1, 1, 1), np.nan), (1, 1, 1), (0, 0, 0))
    with pytest.raises(InvalidDataError, match="No Hounsfield curve"):
        hounsfield_curve(tmp_path / "absent.toml")


def test_a_mixture_adds_volumes() -> None:
    half = mixture("half", {material("water"): 0.998, material("cortical_bone"): 1.92})
    assert half.density_g_cm3 == pytest.approx((0.998 + 1.92) / 2)
    with pytest.raises(InvalidDataError, match="shares"):
        mixture("none", {material("water"): 0.0})


def test_the_vertebra_has_its_parts() -> None:
    spine = vertebra_phantom(81, lesion_radius_mm=5)

    def name(x: Any, y: Any, z: Any) -> str:
        index: int = spine.material_index[40 + z, 40 + y, 40 + x]
        return spine.materials[index].name

    assert name(0, 0, 0) == "soft_tissue"
    assert name(8, 0, 0) == "spongiosa"
    assert name(0, 17, 0) == "cortical_bone"
    assert name(0, 18, 0) == "soft_tissue"
    assert name(0, 24, 0) == "cord"
    assert name(14, 20, 0) == "cortical_bone"
    assert name(12, 20, 0) == "spongiosa"
    with pytest.raises(InvalidDataError, match="66 mm"):
        vertebra_phantom(20)
    with pytest.raises(InvalidDataError, match="0 voxels"):
        water_phantom(0)


def test_a_part_keeps_place_and_tissue() -> None:
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    hounsfield = np.arange(12 * 10 * 8).reshape(12, 10, 8)
    whole = volume_from_hounsfield(hounsfield, (1, 2, 3), (5, 6, 7), direction=turned)
    centre = whole.centres_mm()[6, 5, 4]
    part = whole.crop(centre, 4.0)
    # 4 mm on both sides of the middle of a voxel of 3, 2 and 1 mm.
    assert part.shape == (3, 5, 8)
    z, y, x = part.voxel_of(centre)
    np.testing.assert_allclose(part.centres_mm()[z, y, x], centre)
    for name in ("material_index", "density_g_cm3", "next_fraction"):
        assert getattr(part, name)[z, y, x] == getattr(whole, name)[6, 5, 4]
    everything = whole.crop(centre, 1000.0)
    assert everything.shape == whole.shape
    np.testing.assert_allclose(everything.origin_mm, whole.origin_mm)
    for margin in (-1.0, np.nan):
        with pytest.raises(InvalidDataError, match="margin"):
            whole.crop(centre, margin)
    with pytest.raises(InvalidDataError, match="outside the volume"):
        whole.crop(centre + 100, 1.0)


def test_whole_hounsfield_units_give_the_same_tissue_as_real_numbers() -> None:
    values = np.random.default_rng(1).integers(-1024, 3000, size=(30, 20, 10))
    by_table, by_curve = (
        volume_from_hounsfield(values.astype(kind), (1, 1, 1), (0, 0, 0))
        for kind in (np.int16, np.float64)
    )
    for name in ("material_index", "density_g_cm3", "next_fraction"):
        np.testing.assert_array_equal(getattr(by_table, name), getattr(by_curve, name))
