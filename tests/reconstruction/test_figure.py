"""Digitised figures: the exact model with their heights, and Guyot's data set beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kyphort.exchange.csv_set import read_csv_set
from kyphort.published.specification import Specification
from kyphort.reconstruction import from_figures
from kyphort.survival import SurvivalData, kaplan_meier
from kyphort.workflows.analyse import analyse
from kyphort.workflows.paper import cohort_folders, reconstruct

from .papers import hidden, published, read


def digitised(data: SurvivalData, noise: float, folder: Path) -> Specification:
    times = np.linspace(0, 400, 81)[1:]
    heights = kaplan_meier(data).at(times).survival
    heights = np.clip(heights + np.random.default_rng(1).normal(0, noise, len(times)), 0, 1)
    points = ", ".join(f"[{t:g}, {s:.4f}]" for t, s in zip(times, heights, strict=True))
    figure = f"coordinates = [{points}]\ncoordinate_tolerance = 0.015\n"
    text = published(data, [90, 180, 360], at_risk=True)
    return read(text.replace("at_risk = ", figure + "at_risk = ", 1), folder)


@pytest.mark.parametrize(("noise", "worst"), [(0.0, 0.012), (0.004, 0.03)])
def test_a_figure_gives_exact_cohorts_and_guyots_data_set(
    noise: float, worst: float, tmp_path: Path
) -> None:
    data = hidden(0, 120, 1.0, 300.0)
    paper = digitised(data, noise, tmp_path)
    done = reconstruct(paper, tmp_path / "out", cohorts=1)
    assert all(one.agrees for one in done.cohorts[0].numbers)
    (figure,) = done.figures
    assert figure.folder == tmp_path / "out" / "guyot"
    assert figure.folder not in list(cohort_folders(tmp_path / "out"))
    content = json.loads((figure.folder / "verification.json").read_text(encoding="utf-8"))
    assert content["missed"] == list(figure.missed)
    assert "need not return" in content["exempt"]
    cohort = read_csv_set(figure.folder)
    assert cohort.synthetic
    assert "Guyot" in cohort.provenance
    (made,) = from_figures(paper)
    times = np.array([one.exit_day for one in made.cohort.patients], dtype=float)
    again = kaplan_meier(SurvivalData(times, [int(one.died) for one in made.cohort.patients]))
    truth = kaplan_meier(data)
    where = np.linspace(5, 350, 70)
    assert np.abs(again.at(where).survival - truth.at(where).survival).max() < worst


def test_guyots_data_set_is_analysed(tmp_path: Path) -> None:
    paper = digitised(hidden(1, 120, 1.0, 300.0), 0.0, tmp_path)
    done = reconstruct(paper, tmp_path / "out", cohorts=1)
    folder = done.figures[0].folder
    analysed = analyse(folder, tmp_path / "report", study=folder / "study.toml")
    assert analysed.results.as_json()


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_ended_keeps_what_is_verified(
    kind: signal.Signals, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "kyphort", "paper", "reconstruct", "bludau2020"]
    command += ["--cohorts", "500", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not (out / "cohort_0001").exists() and process.poll() is None:
            time.sleep(0.05)
        os.kill(process.pid, kind)
        said, _ = process.communicate()
    assert process.returncode == 32
    assert "Ended early (interrupted)" in said
    index = json.loads((out / "ensemble.json").read_text(encoding="utf-8"))
    folders = [one.name for one in cohort_folders(out)]
    assert [one["folder"] for one in index["cohorts"]] == folders
    assert sorted(one.name for one in out.iterdir()) == [*folders, "ensemble.json"]


def test_a_limit_of_memory_ends_with_what_is_verified(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from kyphort.workflows.limits import Interruptible\n"
        "import numpy as np\n"
        "with Interruptible(64) as work:\n    np.ones(40_000_000)\n"
        "print(work.ended); np.ones(40_000_000)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "memory limit of 64 MB"
