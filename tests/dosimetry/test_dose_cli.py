"""`kyphort dose`: each command from input to files."""

import csv
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kyphort.cli.dose import app
from kyphort.dosimetry import dose_rate_gy_per_min, load_dose, save_dose, source_model
from kyphort.errors import InvalidDataError, OutputError

RUNNER = CliRunner()
MINUTES = "3:59"
"""8 Gy at 13 mm by the table of the fixture: 1.1 × the model's 1.82 Gy/min."""
TODAY = dt.datetime.now(dt.UTC).astimezone().date()


def run(*words: object, exit_code: int = 0) -> str:
    result = RUNNER.invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result.output


def lines_of_numbers(text: str) -> list[list[str]]:
    lines = [line.split() for line in text.splitlines()]
    return [words for words in lines if len(words) > 2 and words[0].replace(".", "").isdigit()]


@pytest.fixture
def table(tmp_path: Path) -> Any:
    distance = [5, 8, 10, 11, 13, 20, 25]
    rates = 1.1 * dose_rate_gy_per_min(source_model("needle"), distance)
    path = tmp_path / "table.toml"
    path.write_text(
        f'dataset = "test, V4.0"\ndistance_mm = {distance}\n'
        f"dose_rate_gy_per_min = {[float(rate) for rate in rates]}\n"
    )
    return path


def test_depth_shows_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = run("depth", "--out", out)
    assert "model-based, not commissioned" in shown
    assert "not verified" in shown
    rows = list(csv.DictReader((out / "depth_dose.csv").read_text().splitlines()))
    assert float(rows[2]["Dose rate [Gy/min]"]) == pytest.approx(7.0, rel=0.02)
    results = json.loads((out / "results.json").read_text())
    assert 1.3 < results["half_value_layer_mm_al_at_20_mm"] < 1.4
    assert "not a medical device" in (out / "report.html").read_text()
    assert (out / "figures" / "spectrum.svg").stat().st_size > 1000


def test_depth_in_bone_is_shallower() -> None:
    shown = run("depth", "--medium", "spongiosa", "--distance", 5, "--distance", 20)
    ratios = [float(words[2]) for words in lines_of_numbers(shown)]
    assert ratios[0] > 1 > ratios[1]


def test_times_use_the_commissioned_source(table: Path) -> None:
    plain, own = run("time"), run("time", "--table", table)
    minutes = [float(lines_of_numbers(text)[0][1]) for text in (plain, own)]
    assert minutes[0] == pytest.approx(1.14, abs=0.01)
    assert minutes[1] == pytest.approx(minutes[0] / 1.1, rel=0.01)
    assert "test, V4.0" in own


def test_commissioning_shows_its_residuals(table: Path, tmp_path: Path) -> None:
    shown = run("commission", table, "--out", tmp_path / "fit")
    assert "output × 1.1" in shown
    results = json.loads((tmp_path / "fit" / "results.json").read_text())
    assert max(map(abs, results["residual_percent"])) < 0.1
    assert results["calibration"] == "test, V4.0"


def test_the_vertebra_and_a_comparison(tmp_path: Path) -> None:
    out = tmp_path / "vertebra"
    run("phantom", "vertebra", "--voxels", 67, "--target", 0.08, "--threads", 2, "--out", out)
    axis = {
        row["distance_mm"]: row for row in json.loads((out / "results.json").read_text())["axis"]
    }
    # Ratios of the reference vertebra; chance 1 to 4 %, another arch.
    for distance, medium, cavity in ((5, 1.23, 0.46), (12, 0.97, 0.355), (20, 0.315, 0.295)):
        assert axis[distance]["medium_over_water"] == pytest.approx(medium, rel=0.2)
        assert axis[distance]["cavity_over_water"] == pytest.approx(cavity, rel=0.2)
    assert all(row["uncertainty_percent"] <= 8 for far, row in axis.items() if far <= 20)
    saved = out / "dose.npz"
    dose = load_dose(saved)
    assert dose.normalisation == "per_minute"
    save_dose(dose.scaled(1.02, dose.normalisation), tmp_path / "other.npz")
    passed = run("compare", saved, tmp_path / "other.npz", "--threshold", 0.0001)
    assert "100" in passed
    failed = run(
        "compare", saved, tmp_path / "other.npz", "--dose-percent", 1, "--distance-mm", 0.01,
        "--out", tmp_path / "gamma",
    )  # fmt: skip
    assert "Median difference" in failed
    assert json.loads((tmp_path / "gamma" / "results.json").read_text())["pass_rate"] == 0


def sheet(table: Path, out: Any, *changes: object, exit_code: int = 0) -> str:
    words = {
        "--table": table, "--serial": "PRS 507", "--daily-check": TODAY.isoformat(),
        "--dose": 8, "--distance": 13, "--cord-distance": 20, "--out": out,
    } | dict(zip(changes[::2], changes[1::2], strict=True))  # fmt: skip
    return run("sheet", *(part for pair in words.items() for part in pair), exit_code=exit_code)


def test_the_sheet_calculates_twice(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    shown = sheet(table, out)
    assert "by table" in shown
    page = out.read_text()
    for fact in (
        "PRS 507",
        "test, V4.0",
        TODAY.isoformat(),
        "13 mm from the isocentre",
        f"{MINUTES} min",
    ):
        assert fact in page
    assert "Do not" not in page


def test_a_sheet_from_the_tip_is_not_one_from_the_isocentre(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    sheet(table, out, "--distance", 10, "--reference", "applicator tip", "--tip-offset", 3)
    assert f"{MINUTES} min" in out.read_text()
    assert "10 mm from the applicator tip" in out.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--serial", " "), "serial number"),
        (("--daily-check", "2020-01-01"), "Do the check of the source"),
        (("--daily-check", (TODAY + dt.timedelta(days=1)).isoformat()), "daily check is of"),
        (("--reference", "applicator tip"), "tip-offset"),
        (("--reference", "skin"), "allowed are isocentre"),
        (("--distance", 40), "outside the table"),
        (("--dose", 0), "0.0 Gy"),
    ],
)
def test_a_sheet_is_refused(change: Any, message: str, table: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=message):
        sheet(table, tmp_path / "sheet.html", *change)
    assert not (tmp_path / "sheet.html").exists()


def test_a_sheet_without_dataset_or_place_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        sheet(table, tmp_path / "absent" / "sheet.html")
    table.write_text(table.read_text().replace("test, V4.0", ""))
    with pytest.raises(InvalidDataError, match="no name of its dataset"):
        sheet(table, tmp_path / "sheet.html")


def test_a_disagreement_is_an_exit_code(table: Path, tmp_path: Path) -> None:
    table.write_text(
        'dataset = "odd"\ndistance_mm = [5, 10, 25]\ndose_rate_gy_per_min = [9.0, 3.0, 1.0]\n'
    )
    sheet(table, tmp_path / "sheet.html", exit_code=1)
    assert "Do not" in (tmp_path / "sheet.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [(("phantom", "hip"), "no phantom 'hip'"),
     (("depth", "--source", "linac"), "no source 'linac'"),
     (("depth", "--medium", "cheese"), "no material 'cheese'"),
     (("compare", __file__, __file__), "not a dose grid")],
)  # fmt: skip
def test_unknown_names_are_answered(words: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        run(*words)


def test_help_loads_no_kernels() -> None:
    import subprocess

    code = (
        "import contextlib, sys\nfrom kyphort.cli.dose import app\n"
        "with contextlib.suppress(SystemExit): app(['--help'])\n"
        "sys.exit(bool({'numba', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
