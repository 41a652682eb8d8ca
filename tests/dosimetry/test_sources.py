"""Source models, beam quality, times and commissioning."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kyphort.dosimetry import (
    AngularEmission,
    DepthDoseTable,
    PhotonSource,
    commission,
    dose_rate_gy_per_min,
    falloff_exponent,
    half_value_layer_mm,
    irradiation_time_min,
    load_source,
    material,
    mean_energy_kev,
    radial_table,
    read_depth_dose,
    source_model,
    unverified,
    water_dose,
)
from kyphort.errors import InvalidDataError

NEEDLE = source_model("needle")
BARE = source_model("bare_probe")


def test_dose_rates_of_the_needle_are_near_print() -> None:
    # Sethi 2018 (doi:10.3389/fonc.2018.00074): 8 Gy at 8 mm in 1.1 min, 2.2 Gy at 13 mm.
    at_8, at_13 = dose_rate_gy_per_min(NEEDLE, [8.0, 13.0])
    assert at_8 == pytest.approx(7.27, rel=0.05)
    calibrated = replace(NEEDLE, photons_per_mas=(NEEDLE.photons_per_mas or 0) * 7.27 / at_8)
    assert dose_rate_gy_per_min(calibrated, [13.0])[0] == pytest.approx(2.00, rel=0.10)
    assert at_13 < at_8
    assert 2.5 < falloff_exponent(NEEDLE, 8, 13) < 2.9
    assert falloff_exponent(BARE, 5, 10) == pytest.approx(3.1, abs=0.15)


def test_beam_quality() -> None:
    assert half_value_layer_mm(BARE) == pytest.approx(0.113, abs=0.003)
    assert 1.3 < half_value_layer_mm(NEEDLE, depth_mm=20) < 1.4
    for depth, layer, energy in ((0, 0.207, 22.4), (5, 0.513, 26.7), (10, 0.861, 28.7)):
        assert half_value_layer_mm(NEEDLE, depth_mm=depth) == pytest.approx(layer, rel=0.03)
        assert mean_energy_kev(NEEDLE, depth_mm=depth) == pytest.approx(energy, abs=0.2)
    assert mean_energy_kev(NEEDLE, weighting="kerma") < mean_energy_kev(NEEDLE)
    with pytest.raises(InvalidDataError, match="Depth"):
        half_value_layer_mm(NEEDLE, depth_mm=-1)


def test_a_mono_energetic_half_value_layer_is_ln_2_over_mu() -> None:
    from kyphort.dosimetry import attenuation

    per_mm = float(attenuation(material("aluminium"), 30.0)) * 2.699 / 10
    layer = half_value_layer_mm(PhotonSource.monoenergetic(30.0))
    assert layer == pytest.approx(np.log(2) / per_mm, rel=1e-6)


def test_times_follow_dose_and_rate() -> None:
    assert irradiation_time_min(NEEDLE, 8, 8) == pytest.approx(1.13, rel=0.03)
    assert irradiation_time_min(NEEDLE, 8, 11) == pytest.approx(2.76, rel=0.03)
    assert irradiation_time_min(NEEDLE, 8, 13) == pytest.approx(4.38, rel=0.03)
    assert irradiation_time_min(NEEDLE, 16, 13) == pytest.approx(
        2 * irradiation_time_min(NEEDLE, 8, 13)
    )
    with pytest.raises(InvalidDataError, match="0 Gy"):
        irradiation_time_min(NEEDLE, 0, 8)
    with pytest.raises(InvalidDataError, match="Commission it"):
        irradiation_time_min(PhotonSource.monoenergetic(30), 8, 8)


@pytest.mark.parametrize("distance", [1.6, -3.0, 80.0, float("nan")])
def test_distances_without_a_dose_are_refused(distance: Any) -> None:
    with pytest.raises(InvalidDataError, match="beyond the source's radius"):
        water_dose(NEEDLE, [distance])


def test_commissioning_finds_what_made_the_table() -> None:
    harder = NEEDLE.behind(material("aluminium"), 0.12)
    distance = np.array([5.0, 8, 10, 13, 20, 30])
    table = DepthDoseTable("ours", distance, 1.3 * dose_rate_gy_per_min(harder, distance))
    found = commission(NEEDLE, table)
    assert found.hardening_mm_al == pytest.approx(0.12, abs=0.002)
    assert found.output_scale == pytest.approx(1.3, rel=2e-3)
    assert np.abs(found.residual_percent).max() < 0.1
    assert found.source.calibration == "ours"
    assert dose_rate_gy_per_min(found.source, [13.0])[0] == pytest.approx(
        table.dose_rate_gy_per_min[3], rel=1e-3
    )
    fixed = commission(NEEDLE, table, fit_hardening=False)
    assert fixed.hardening_mm_al == 0
    assert np.abs(fixed.residual_percent).max() > 1


def test_a_table_of_another_current_gives_the_same_dose() -> None:
    distance = np.array([5.0, 10, 20])
    rates = dose_rate_gy_per_min(NEEDLE, distance)
    half = DepthDoseTable("half", distance, rates / 2, current_ma=0.02)
    assert commission(NEEDLE, half, fit_hardening=False).output_scale == pytest.approx(1)


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="end of the allowed"):
        commission(NEEDLE, DepthDoseTable("odd", np.array([5.0, 10, 20]), np.full(3, 9.0)))


@pytest.mark.parametrize(
    ("dataset", "distance", "rate", "message"),
    [
        (" ", [1, 2, 3], [1, 1, 1], "no name"),
        ("a", [1, 2], [1, 1], "at least 3"),
        ("a", [1, 2, 3], [1, 0, 1], "row 2"),
        ("a", [1, float("nan"), 3], [1, 1, 1], "row 2"),
        ("a", [1, 2, 2], [1, 1, 1], "twice"),
    ],
)
def test_impossible_tables_are_refused(
    dataset: str, distance: Any, rate: Any, message: str
) -> None:
    with pytest.raises(InvalidDataError, match=message):
        DepthDoseTable(dataset, np.array(distance, float), np.array(rate, float))


def test_tables_are_read_with_the_reference_of_their_distances(tmp_path: Path) -> None:
    path = tmp_path / "v4.toml"
    path.write_text(
        'dataset = "V4.0, test"\nreference = "applicator tip"\noffset_mm = 3.0\n'
        "distance_mm = [5, 10, 20]\ndose_rate_gy_per_min = [7.0, 1.7, 0.4]\n"
    )
    table = read_depth_dose(path)
    assert (table.dataset, table.distance_mm.tolist()) == ("V4.0, test", [8, 13, 23])
    path.write_text(path.read_text().replace("offset_mm = 3.0\n", ""))
    with pytest.raises(InvalidDataError, match="offset_mm"):
        read_depth_dose(path)
    csv = tmp_path / "chamber.csv"
    csv.write_text("distance_mm,dose_rate_gy_per_min\n5,7.0\n10,1.7\n20,0.4\n")
    assert read_depth_dose(csv).dataset == "chamber"
    csv.write_text("mm,Gy\n5,7.0\n")
    with pytest.raises(InvalidDataError, match="lacks the column 'distance_mm'"):
        read_depth_dose(csv)
    csv.write_text("distance_mm,dose_rate_gy_per_min\n5,7.0\n10,1,7\n20,0.4 Gy\n")
    with pytest.raises(InvalidDataError, match="row 4, dose_rate_gy_per_min"):
        read_depth_dose(csv)
    with pytest.raises(InvalidDataError, match="cannot be read"):
        read_depth_dose(tmp_path / "absent.csv")


def test_what_is_not_verified_says_so_and_can_be_changed(tmp_path: Path) -> None:
    assert "hardening_mm_al" in unverified(NEEDLE)
    assert "tube_voltage_kv" not in unverified(NEEDLE)
    path = tmp_path / "own.toml"
    path.write_text(
        "[mine]\ncurrent_ma = 0.04\ncore_radius_mm = 2.2\n"
        "spectrum = { energy_kev = [20, 30], photons_per_mas = [1e13, 1e13] }\n"
        "emission = { theta_deg = [0, 180], relative = [1.0, 0.5] }\n"
    )
    mine = load_source(path, "mine")
    assert (mine.core_radius_mm, mine.mean_energy_kev()) == (2.2, 25.0)
    with pytest.raises(InvalidDataError, match="no source 'yours'"):
        load_source(path, "yours")
    with pytest.raises(InvalidDataError, match="cannot be read"):
        load_source(tmp_path / "absent.toml", "mine")


@pytest.mark.parametrize(
    ("energy", "weight", "message"),
    [([0.5], [1], "1 to 60"), ([61], [1], "1 to 60"), ([30], [-1], "at least 0"),
     ([30], [0], "not all 0"), ([float("nan")], [1], "not a number"), ([20, 30], [1], "equally")],
)  # fmt: skip
def test_impossible_spectra_are_refused(energy: float, weight: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        PhotonSource.from_spectrum(energy, weight)


@pytest.mark.parametrize(
    ("theta", "relative", "message"),
    [([0, 90], [1, 1], "0 to 180"), ([0, 180], [0, 0], "not all 0"), ([0, 180], [1], "equally")],
)
def test_impossible_emissions_are_refused(theta: Any, relative: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        AngularEmission(np.array(theta, float), np.array(relative, float))


def test_a_radial_table_repeats_its_run() -> None:
    table = radial_table(
        NEEDLE, material("water"), [5.0, 8.0, 20.0], histories=200_000, seed=1, threads=2
    )
    assert table.dose_gy(10.0) == pytest.approx(water_dose(NEEDLE, [10.0])[0], rel=0.01)
    assert table.radial_function[table.distance_mm == 20][0] == pytest.approx(0.585, rel=0.02)
    with pytest.raises(InvalidDataError, match="spans 5 to 20"):
        table.dose_gy(30.0)
