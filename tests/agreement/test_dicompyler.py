"""Histograms beside those of dicompyler-core 0.5.6: saved output, script and versions."""

import json
from pathlib import Path

import pytest

from kyphort.planning.dvh import DoseVolume
from kyphort.workflows.plan_verbs import histograms_of_files

from .dicompyler import case

HERE = Path(__file__).parent / "dicompyler"
SAVED = json.loads((HERE / "dicompyler.json").read_text())["structures"]
BIN_GY = 0.01
"""Width of its histogram's bins."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DoseVolume]:
    folder = tmp_path_factory.mktemp("dvh")
    case.write(folder)
    return dict(histograms_of_files(folder / "rtdose.dcm", folder / "rtstruct.dcm", folder / "ct"))


@pytest.mark.parametrize("name", SAVED)
def test_volume_and_mean_agree_to_half_a_percent(name: str, found: dict[str, DoseVolume]) -> None:
    theirs = SAVED[name]["volume_cm3"]
    # It counts pixels of 0.25 mm: 0.9 % too many in a root of 0.1506 cm³ (formula).
    tolerance = 0.005 if theirs > 1 else 0.01
    assert found[name].total_cm3 == pytest.approx(theirs, rel=tolerance)
    assert found[name].mean_gy == pytest.approx(SAVED[name]["mean_gy"], rel=0.005)


@pytest.mark.parametrize("percent", [90, 50, 2])
@pytest.mark.parametrize("name", SAVED)
def test_doses_agree_to_half_a_percent_or_a_bin(
    name: str, percent: int, found: dict[str, DoseVolume]
) -> None:
    theirs = SAVED[name][f"d{percent}_gy"]
    ours = found[name].dose_at_percent(percent)
    assert ours == pytest.approx(theirs, rel=0.005, abs=BIN_GY)
