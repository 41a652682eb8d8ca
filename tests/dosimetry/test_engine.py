"""The engine in voxels: exactness, agreement of its ways, reproducibility, bad input."""

import math
from typing import Any

import numpy as np
import pytest

from kyphort.dosimetry import (
    AngularEmission,
    PhotonSource,
    Volume,
    absorption_ratio,
    attenuation,
    dose_difference,
    energy_transfer,
    gamma_index,
    material,
    radial_dose,
    run_checks,
    simulate_dose,
    slab_phantom,
    uniform_phantom,
    vertebra_phantom,
    volume_from_hounsfield,
    water_phantom,
)
from kyphort.dosimetry.engine import GY_PER_WORTH
from kyphort.dosimetry.task import make_task, primary_of
from kyphort.errors import InvalidDataError

KEV30 = PhotonSource.monoenergetic(30.0)


def radius(volume: Volume) -> np.ndarray:
    return np.asarray(np.linalg.norm(volume.centres_mm(), axis=-1))


def few(volume: Volume, source: PhotonSource = KEV30, **options: Any) -> Any:
    options = {"histories": 32, "seed": 1} | options
    return simulate_dose(volume, source, options.pop("positions_mm", (0, 0, 0)), **options)


def primary_mean(  # noqa: PLR0917 - the parts of one task, handed on once
    centre: Any, spacing: Any, source_at: Any, per_mm: Any, worth: Any, points: Any = 24
) -> float:
    """Return the voxel mean of the primary of a point source, by brute force."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    x, y, z = np.meshgrid(
        *[c + nodes / 2 * h - s for c, h, s in zip(centre, spacing, source_at, strict=True)]
    )
    r2 = x**2 + y**2 + z**2
    weight = weights[:, None, None] * weights[:, None] * weights / 8
    return float(np.sum(weight * worth * np.exp(-per_mm * np.sqrt(r2)) / (4 * math.pi * r2)))


@pytest.mark.parametrize("name", ["water", "cortical_bone"])
def test_the_primary_is_exact_to_the_voxel_mean(name: str) -> None:
    # 20-keV photons in voxels of different edges, the source off the middle of its voxel.
    filling, source = material(name), PhotonSource.monoenergetic(20.0)
    spacing, source_at = (1.0, 1.5, 2.0), (0.2, -0.3, 0.4)
    volume = Volume.from_materials(
        np.zeros((15, 15, 15), int), {0: filling}, spacing, (-7.0, -10.5, -14.0)
    )
    full = few(volume, source, positions_mm=source_at, histories=3_200_0, seed=5)
    # Scatter is taken away by the difference of two seeds' common part: the engine's own primary.
    task = make_task(volume, source, source_at, None, None, "medium", 1, 1, "hybrid", None)
    primary = primary_of(task)[0] * GY_PER_WORTH
    per_mm = float(attenuation(filling, 20.0)) * filling.density_g_cm3 / 10
    worth = 20.0 * float(energy_transfer(filling, 20.0)) * GY_PER_WORTH
    for place in [(7, 7, 9), (7, 7, 10), (7, 9, 7), (9, 8, 9), (7, 7, 13), (12, 12, 12), (2, 7, 3)]:
        expected = primary_mean(volume.centres_mm()[place], spacing, source_at, per_mm, worth)
        assert primary[place] == pytest.approx(expected, rel=2e-3)
        assert full.dose_gy[place] >= primary[place]


def test_the_voxels_around_the_source_are_exact_too() -> None:
    # All 27 of them together: the integral over a cube, from its analytic form in directions.
    volume, source = water_phantom(9), PhotonSource.monoenergetic(20.0)
    task = make_task(volume, source, (0, 0, 0), None, None, "medium", 1, 1, "hybrid", None)
    primary = primary_of(task)[0][3:6, 3:6, 3:6].sum()
    per_mm = float(attenuation(material("water"), 20.0)) * 0.0998
    cosine, azimuth = np.meshgrid(
        np.linspace(-1, 1, 2001)[1:-1], np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    )
    sine = np.sqrt(1 - cosine**2)
    way = 1.5 / np.maximum(
        np.maximum(np.abs(sine * np.cos(azimuth)), np.abs(sine * np.sin(azimuth))), np.abs(cosine)
    )
    worth = 20.0 * float(energy_transfer(material("water"), 20.0))
    expected = worth * float(np.mean(-np.expm1(-per_mm * way))) / per_mm
    assert primary == pytest.approx(expected, rel=1e-3)


def test_slab_attenuation() -> None:
    spongiosa, water = material("spongiosa"), material("water")
    volume = slab_phantom(2.5, 8.5, spongiosa, water, voxels=41)
    task = make_task(volume, KEV30, (0, 0, 0), None, None, "medium", 1, 1, "hybrid", None)
    primary = primary_of(task)[0]
    through = primary[20, 20, 20 + 12]
    per_mm = [float(attenuation(one, 30.0)) * one.density_g_cm3 / 10 for one in (water, spongiosa)]
    depth = 6 * per_mm[0] + 6 * per_mm[1]
    worth = 30.0 * float(energy_transfer(water, 30.0))
    expected = worth * math.exp(-depth) / (4 * math.pi * 12**2)
    assert through == pytest.approx(expected, rel=3e-3)


def test_analog_energy_is_balanced() -> None:
    spectrum = PhotonSource.from_spectrum([10.0, 30.0, 50.0], [1.0, 1.0, 1.0])
    emitted, absorbed, escaped = few(
        vertebra_phantom(66), spectrum, histories=20_000, method="analog"
    ).energy_balance
    assert absorbed + escaped == pytest.approx(emitted, rel=1e-9)
    assert absorbed > 0.5 * emitted
    assert escaped > 0


@pytest.mark.parametrize("name", ["water", "spongiosa"])
def test_analog_hybrid_and_coarse_scatter_agree_with_the_shells(name: str) -> None:
    filling = material(name)
    volume = uniform_phantom(41, filling)
    shells = radial_dose(
        KEV30, filling, [4.5, 8.5, 12.5, 16.5], half_size_mm=20.5, histories=500_000, seed=2,
        threads=2,
    )  # fmt: skip
    r = radius(volume)
    for options in ({"method": "analog"}, {}, {"scatter_grid_mm": 2.0}):
        dose = few(volume, histories=640_000, seed=3, threads=2, **options)
        for n, (low, high) in enumerate(((4.5, 8.5), (8.5, 12.5), (12.5, 16.5))):
            # r² weighting, voxel by voxel, takes the steepest part of the binning away.
            inside = (r > low) & (r < high)
            smooth = dose.dose_gy[inside] * r[inside] ** 2
            middle = np.linspace(low, high, 400)
            mean = shells.dose_gy[n] * (high**3 - low**3) / 3 / (high - low)
            weight = np.interp(r[inside], middle, middle**-2)
            assert np.sum(smooth * weight) / np.sum(weight) == pytest.approx(mean, rel=0.012)


def test_coarse_scatter_keeps_interfaces_sharp() -> None:
    bone = vertebra_phantom(66)
    options: Any = {"histories": 2_000_000, "threads": 2}
    fine, coarse = few(bone, **options), few(bone, seed=2, scatter_grid_mm=2.0, **options)
    near = (radius(bone) > 5) & (radius(bone) < 25)
    assert np.isfinite(coarse.dose_gy).all()
    assert coarse.dose_gy.max() < 2 * fine.dose_gy.max()
    for index, one in enumerate(bone.materials):
        mask = near & (bone.material_index == index)
        ratio = coarse.dose_gy[mask].sum() / fine.dose_gy[mask].sum()
        assert ratio == pytest.approx(1, abs=0.004), one.name
    assert np.median(coarse.relative_uncertainty[near]) < 0.5 * np.median(
        fine.relative_uncertainty[near]
    )


def test_dm_over_dw_is_the_ratio_of_absorption() -> None:
    medium, water = (
        few(uniform_phantom(15, material("spongiosa"))),
        few(uniform_phantom(15, material("spongiosa")), reporting="water_in_medium"),
    )
    ratio = medium.dose_gy[7, 7, 9] / water.dose_gy[7, 7, 9]
    expected = absorption_ratio(material("spongiosa"), material("water"), [30.0], [1.0])
    assert ratio == pytest.approx(expected, rel=0.015)  # fluorescence stays, 1.3 %
    transfer = energy_transfer(material("spongiosa"), 30.0) / energy_transfer(
        material("water"), 30.0
    )
    assert ratio == pytest.approx(float(transfer), rel=0.003)


def test_reporting_water_is_a_volume_of_water() -> None:
    bone, water = vertebra_phantom(66), water_phantom(66)
    as_water = few(bone, reporting="water")
    assert (as_water.dose_gy == few(water).dose_gy).all()


@pytest.mark.parametrize("options", [{}, {"scatter_grid_mm": 2.0}, {"method": "analog"}])
def test_the_same_bits_for_any_number_of_threads(options: Any) -> None:
    volume = vertebra_phantom(66)
    one, three = (few(volume, histories=3_200, threads=n, **options) for n in (1, 3))
    assert (one.dose_gy == three.dose_gy).all()
    assert (one.relative_uncertainty == three.relative_uncertainty).all()
    assert (one.dose_gy != few(volume, histories=3_200, seed=2, **options).dose_gy).any()


def test_uncertainty_is_honest() -> None:
    # 40 runs: the spread of a voxel between runs is what a run says of itself.
    volume = water_phantom(21)
    runs = [few(volume, histories=6_400, seed=n) for n in range(40)]
    dose = np.array([run.dose_gy for run in runs])
    mask = (radius(volume) > 3) & (radius(volume) < 9)
    spread = dose.var(axis=0, ddof=1)[mask] / dose.mean(axis=0)[mask] ** 2
    errors = np.array([run.relative_uncertainty * run.dose_gy for run in runs])
    said = np.mean(errors**2, axis=0)[mask] / dose.mean(axis=0)[mask] ** 2
    assert np.sqrt(spread.mean()) == pytest.approx(np.sqrt(said.mean()), rel=0.03)


def test_a_target_uncertainty_is_reached() -> None:
    volume = water_phantom(25)
    mask = np.abs(radius(volume) - 10) < 0.5
    dose = few(
        volume, histories=None, target_uncertainty=0.01, target_mask=mask, scatter_grid_mm=3.0,
        threads=2,
    )  # fmt: skip
    assert dose.relative_uncertainty[mask].max() <= 0.01
    assert dose.complete


def test_a_direction_and_an_origin_do_not_change_the_dose() -> None:
    labels = np.zeros((13, 17, 15), int)
    labels[:, :, 10:] = 1
    fill = {0: material("soft_tissue"), 1: material("cortical_bone")}
    plain = Volume.from_materials(labels, fill, (1, 1, 1), (-7, -8, -6))
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    tilt = turn @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    moved = Volume.from_materials(
        labels, fill, (1, 1, 1), np.array([-7, -8, -6]) @ tilt.T + [100, 5, -3], direction=tilt
    )
    one = few(plain, histories=3_200)
    other = few(moved, histories=3_200, positions_mm=(100, 5, -3))
    assert other.dose_gy == pytest.approx(one.dose_gy, rel=1e-6)
    assert other.at([np.array([3, 0, 0]) @ tilt.T + [100, 5, -3]]) == pytest.approx(
        one.at([(3, 0, 0)]), rel=1e-6
    )


def test_two_needles_add_up() -> None:
    volume = water_phantom(31)
    left, right = (
        few(volume, positions_mm=(x, 0, 0), histories=320_000, threads=2) for x in (-5, 5)
    )
    both = few(
        volume, positions_mm=[(-5, 0, 0), (5, 0, 0)], weights=[2, 1], histories=320_000, threads=2
    )
    mask = radius(volume) < 12
    summed = 2 * left.dose_gy[mask].sum() + right.dose_gy[mask].sum()
    assert both.dose_gy[mask].sum() == pytest.approx(summed, rel=3e-3)


def test_mixed_voxels_are_the_mixture() -> None:
    # 30 % by mass of cortical bone in marrow: as a mixing fraction and as a material of its own.
    from kyphort.dosimetry import mixture

    marrow, bone = material("red_marrow"), material("cortical_bone")
    mixed = mixture("mixed", {marrow: 0.7, bone: 0.3}, 1.2)
    shape = (21, 21, 21)
    by_fraction = Volume(
        np.zeros(shape, np.uint8), np.full(shape, 1.2, np.float32), (marrow, bone),
        np.ones(3), np.full(3, -10.0), np.eye(3), np.full(shape, 0.3, np.float32),
    )  # fmt: skip
    as_material = uniform_phantom(21, mixed)
    every: Any = ({}, {"scatter_grid_mm": 2.0})
    for options in every:
        one, other = (
            few(v, histories=640_000, threads=2, **options) for v in (by_fraction, as_material)
        )
        found = dose_difference(other, one, radius(as_material) < 9)
        assert abs(found.mean) < 2e-3
        assert found.excess < 1e-2


def test_an_emission_forwards_stays_in_front() -> None:
    forward = PhotonSource(
        "forward", np.array([30.0]), np.ones(1),
        emission=AngularEmission(np.array([0, 60, 60.001, 180.0]), np.array([1, 1, 0, 0.0])),
    )  # fmt: skip
    volume = water_phantom(25)
    dose = few(volume, forward, histories=64_000, axes=(1, 0, 0))
    isotropic = few(volume, histories=64_000)
    # A cone of 60 degrees is a quarter of the sphere: four times the primary inside it.
    assert dose.dose_gy[12, 12, 18] / isotropic.dose_gy[12, 12, 18] == pytest.approx(4, rel=0.25)
    assert dose.dose_gy[12, 12, 6] < 0.2 * isotropic.dose_gy[12, 12, 6]


def test_a_phase_space_is_followed_row_by_row() -> None:
    generator = np.random.default_rng(4)
    directions = generator.normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    rows = np.column_stack([np.zeros((4000, 3)), directions, np.full(4000, 30.0), np.ones(4000)])
    source = PhotonSource.from_phase_space(rows)
    volume = water_phantom(25)
    mask = (radius(volume) > 3) & (radius(volume) < 11)
    dose, point = few(volume, source, histories=64_000), few(volume, histories=64_000)
    assert dose.dose_gy[mask].sum() == pytest.approx(point.dose_gy[mask].sum(), rel=0.02)
    assert dose.energy_balance is not None


def test_a_stop_keeps_what_is_done() -> None:
    seen: list[Any] = []
    dose = few(
        water_phantom(15), histories=3_200, progress=seen.append, stop=lambda: len(seen) >= 5
    )
    assert not dose.complete
    assert dose.histories == 500
    assert [one.done for one in seen] == [100, 200, 300, 400, 500]
    assert all(one.total == 3_200 and one.seconds_left >= 0 for one in seen)
    assert (dose.dose_gy > 0).any()


def test_an_interrupt_keeps_what_is_done() -> None:
    def interrupt(progress: Any) -> None:
        if progress.done >= 300:
            raise KeyboardInterrupt

    dose = few(water_phantom(15), histories=3_200, progress=interrupt)
    assert (dose.complete, dose.histories) == (False, 300)


def test_the_core_of_a_source_lets_photons_pass() -> None:
    core = PhotonSource("core", np.array([15.0]), np.ones(1), core_radius_mm=3.0)
    bare = PhotonSource.monoenergetic(15.0)
    volume = water_phantom(21)
    ratio = few(volume, core).dose_gy[10, 10, 18] / few(volume, bare).dose_gy[10, 10, 18]
    per_mm = float(attenuation(material("water"), 15.0)) * 0.0998
    assert ratio == pytest.approx(math.exp(3 * per_mm), rel=0.1)


def test_gamma_sees_a_shift_and_a_scale() -> None:
    dose = few(water_phantom(25))
    assert gamma_index(dose, dose, dose_percent=1, distance_mm=1).pass_rate == 1
    more = dose.scaled(1.05, dose.normalisation)
    strict = gamma_index(dose, more, dose_percent=2, distance_mm=0.01)
    assert strict.pass_rate == 0
    judged = gamma_index(dose, more, dose_percent=10, distance_mm=0.01)
    assert judged.gamma[12, 12, 18] == pytest.approx(0.5, abs=0.01)
    # 21 %/mm at 13 mm: 5 % are a quarter of a millimetre.
    assert gamma_index(dose, more, dose_percent=2, distance_mm=0.5).pass_rate > 0.5
    with pytest.raises(InvalidDataError, match="above 0"):
        gamma_index(dose, dose, dose_percent=0, distance_mm=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"histories": 0}, "0 histories"),
        ({"histories": -5}, "-5 histories"),
        ({"histories": None}, "histories or target_uncertainty"),
        ({"target_uncertainty": 0.0}, "between 0 and 1"),
        ({"target_uncertainty": float("nan")}, "between 0 and 1"),
        ({"target_uncertainty": 1e-5, "histories": 1_000}, "would need about"),
        ({"target_uncertainty": 0.1, "target_mask": np.zeros((15, 15, 15))}, "0 voxels"),
        ({"positions_mm": (8, 0, 0)}, "outside the volume, which spans"),
        ({"positions_mm": (float("nan"), 0, 0)}, "not a number"),
        ({"positions_mm": (0, 0)}, "allowed are"),
        ({"weights": [0.0]}, "above 0"),
        ({"axes": (0, 0, 0)}, "length 0"),
        ({"seed": -1}, "Seed -1"),
        ({"threads": 0}, "0 threads"),
        ({"reporting": "bone"}, "reporting 'bone'"),
        ({"normalisation": "per_minute"}, "photons_per_mas"),
        ({"scatter_grid_mm": 0.5}, "from the size of a voxel"),
        ({"scatter_grid_mm": 2, "method": "analog"}, "hybrid"),
    ],
)
def test_impossible_runs_are_refused(change: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        few(water_phantom(15), **change)


@pytest.mark.parametrize("name", ["air", "stainless_steel"])
def test_a_source_in_air_or_metal_is_refused(name: str) -> None:
    with pytest.raises(InvalidDataError, match=f"stands in '{name}'.*neither air nor metal"):
        few(uniform_phantom(5, material(name)))


def test_too_little_memory_is_said_before_the_run(monkeypatch: Any) -> None:
    monkeypatch.setattr(run_checks, "free_bytes", lambda: 1e5)
    with pytest.raises(InvalidDataError, match="GB are free"):
        few(water_phantom(15), histories=10**9)


def canal() -> Volume:
    """Return water of 5 × 11 mm along z in cortical bone."""
    bone, water = material("cortical_bone"), material("water")
    base = uniform_phantom(41, bone)
    centres = base.centres_mm()
    inside = (np.abs(centres[..., 0] - 8) < 3) & (np.abs(centres[..., 1]) < 6)
    return Volume.from_masks(bone, [(water, inside)], base.spacing_mm, base.origin_mm)


def test_coarse_scatter_has_no_bias_in_a_canal_of_bone() -> None:
    # Cells of one voxel do not smooth; the same seed follows the same photons: no chance is left.
    volume = canal()
    options: Any = {"histories": 320_000, "seed": 3, "threads": 2}
    exact, coarse = (few(volume, scatter_grid_mm=size, **options) for size in (1.0, 2.0))
    water = (volume.material_index == 1) & (radius(volume) > 5)
    np.testing.assert_allclose(coarse.dose_gy[water], exact.dose_gy[water], rtol=1e-6)
    bone = (volume.material_index == 0) & (radius(volume) > 5) & (radius(volume) < 15)
    weight = radius(volume)[bone] ** 3
    ratio = (coarse.dose_gy[bone] @ weight) / (exact.dose_gy[bone] @ weight)
    assert ratio == pytest.approx(1, abs=0.003)
    assert np.median(coarse.relative_uncertainty[bone]) < 0.6 * np.median(
        exact.relative_uncertainty[bone]
    )


def test_noise_of_a_ct_is_no_interface() -> None:
    hounsfield = 240 + 25 * np.random.default_rng(1).normal(size=(31, 31, 31))
    volume = volume_from_hounsfield(np.rint(hounsfield).astype(np.int16), (1, 1, 1), (-15,) * 3)
    exact, coarse = (
        few(volume, histories=64_000, seed=3, scatter_grid_mm=size) for size in (1.0, 2.0)
    )
    near = (radius(volume) > 5) & (radius(volume) < 12)
    assert np.median(coarse.relative_uncertainty[near]) < 0.5 * np.median(
        exact.relative_uncertainty[near]
    )
    weight = radius(volume)[near] ** 3
    ratio = (coarse.dose_gy[near] @ weight) / (exact.dose_gy[near] @ weight)
    assert ratio == pytest.approx(1, abs=0.003)


def test_the_primary_behind_an_edge_is_the_mean_over_the_voxel() -> None:
    # A shadow edge of bone, against 24³ points in voxels that it crosses.
    bone, water = material("cortical_bone"), material("water")
    base = uniform_phantom(31, water)
    centres = base.centres_mm()
    block = (centres[..., 0] > 4) & (centres[..., 0] < 7) & (centres[..., 1] > 1.5)
    volume = Volume.from_masks(water, [(bone, block)], base.spacing_mm, base.origin_mm)
    task = make_task(volume, KEV30, (0, 0, 0), None, None, "medium", 1, 1, "hybrid", None)
    found = primary_of(task)[0]
    per_mm = [float(attenuation(one, 30.0)) * one.density_g_cm3 / 10 for one in (water, bone)]
    worth = 30.0 * float(energy_transfer(water, 30.0))
    offsets = (np.arange(24) + 0.5) / 24 - 0.5
    difference = []
    for y, x in [(2, 10), (3, 10), (4, 12), (5, 12), (3, 14), (5, 14), (4, 9), (9, 12)]:
        px, py, pz = np.meshgrid(x + offsets, y + offsets, offsets, indexing="ij")
        r = np.sqrt(px**2 + py**2 + pz**2)
        # The ray crosses 4.5 < X < 6.5 where Y > 1.5, both along X = t px.
        low, high = np.maximum(4.5 / px, 1.5 / py), np.minimum(6.5 / px, 1.0)
        through = np.clip(high - low, 0, None) * r
        value = worth * np.exp(-per_mm[0] * (r - through) - per_mm[1] * through)
        expected = float(np.mean(value / (4 * math.pi * r**2)))
        difference.append(found[15, 15 + y, 15 + x] / expected - 1)
    assert np.abs(difference).max() < 0.03
    assert abs(np.mean(difference)) < 0.01


@pytest.mark.parametrize("change", [{"seed": -1}, {"seed": 0.5}, {"threads": 0}])
def test_impossible_seeds_and_threads_are_refused_in_shells_too(change: Any) -> None:
    options = {"half_size_mm": 20.5, "histories": 64, "seed": 1} | change
    with pytest.raises(InvalidDataError, match="allowed are"):
        radial_dose(KEV30, material("water"), [4.5, 5.5], **options)


@pytest.mark.parametrize(("voxels", "spacing"), [(0, 1.0), (9, 0.0), (9, math.nan), (100_000, 1.0)])
def test_impossible_phantoms_are_refused(voxels: int, spacing: float) -> None:
    with pytest.raises(InvalidDataError):
        water_phantom(voxels, spacing_mm=spacing)
