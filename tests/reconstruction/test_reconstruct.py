"""Cohorts: verified by other code than made them, repeatable, refused when a number is missed."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kyphort.errors import NoCohortError, OutputError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import read_study
from kyphort.published import agrees, in_printed_unit, load
from kyphort.published.specification import Printed, find_specification, template_text
from kyphort.reconstruction import draw_cohort, plan_of, verify
from kyphort.reports.paths import value_at
from kyphort.workflows.analyse import analyse
from kyphort.workflows.paper import cohort_folders, reconstruct

from .papers import hidden, published, read

PAPER = find_specification("bludau2020")


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("paper") / "out"
    done = reconstruct(PAPER, out, cohorts=3, seed=1)
    assert done.is_complete
    return out


def test_every_printed_number_comes_back(ensemble: Path) -> None:
    for folder in cohort_folders(ensemble):
        numbers = verify(PAPER, folder)
        assert len(numbers) > 85
        assert [one for one in numbers if not one.agrees] == []


def test_the_whole_analysis_agrees_with_the_publication(ensemble: Path, tmp_path: Path) -> None:
    # Another way than the verifier: registry values, endpoints and estimators of kyphort itself.
    folder = next(cohort_folders(ensemble))
    done = analyse(folder, tmp_path / "report", study=folder / "study.toml")
    computed = done.results.as_json()
    unmodelled = {"vcf", "vcf_recurrent", "sae"}
    wrong = [
        number.id
        for number in load("bludau2020").numbers
        if number.result
        and number.can_agree
        # The fracture and the adverse event are no part of the specification.
        and not number.result.startswith("safety")
        and number.id not in unmodelled
        and not agrees(number, in_printed_unit(number, value_at(computed, number.result)))
    ]
    assert wrong == []


def test_every_row_says_that_it_is_synthetic(ensemble: Path) -> None:
    for folder in cohort_folders(ensemble):
        assert read_csv_set(folder).synthetic
        for path in folder.glob("*.csv"):
            with path.open(newline="", encoding="utf-8") as file:
                assert all(row["patient_id"].startswith("SYN-") for row in csv.DictReader(file))
        for name in ("dataset.toml", "study.toml", "verification.json"):
            assert "SYNTHETIC" in (folder / name).read_text(encoding="utf-8")
        assert read_study(folder / "study.toml").title.startswith("SYNTHETIC")
    assert "SYNTHETIC" in (ensemble / "ensemble.json").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_bytes(ensemble: Path, tmp_path: Path) -> None:
    reconstruct(PAPER, tmp_path / "again", cohorts=1, seed=2)
    second = ensemble / "cohort_0002"
    for path in (tmp_path / "again" / "cohort_0001").iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_cohorts_differ(ensemble: Path) -> None:
    first, second, third = ((one / "patients.csv").read_bytes() for one in cohort_folders(ensemble))
    assert len({first, second, third}) == 3


def test_the_verifier_sees_one_changed_day(ensemble: Path, tmp_path: Path) -> None:
    folder = next(cohort_folders(ensemble))
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (folder / "patients.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[0]["death_date"] = "" if rows[0]["death_date"] else rows[0]["last_contact_date"]
    with (tmp_path / "patients.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    wrong = {one.item for one in verify(PAPER, tmp_path) if not one.agrees}
    assert "OS events" in wrong


def test_a_cohort_that_misses_a_number_never_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kyphort.workflows.paper_staging as staging

    # The maker draws for the paper, the verifier reads another p: every cohort misses it.
    other = replace(PAPER, logranks=(replace(PAPER.logranks[0], p=Printed("0.664")),))
    monkeypatch.setattr(staging, "verify", lambda _, folder: verify(other, folder))
    with pytest.raises(NoCohortError, match="None of 3 seeds"):
        reconstruct(PAPER, tmp_path / "out", cohorts=1)
    assert not (tmp_path / "out").exists()


def test_interrupted_work_keeps_what_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kyphort.workflows.paper as workflow

    def drawn_once(plan: object, seed: int, until: float) -> object:
        if seed > 1:
            raise KeyboardInterrupt
        return draw_cohort(plan, seed)  # type: ignore[arg-type]  # a Plan

    monkeypatch.setattr(workflow, "draw_cohort", drawn_once)
    done = reconstruct(PAPER, tmp_path / "out", cohorts=5)
    assert (done.ended, len(done.cohorts)) == ("interrupted", 1)
    index = json.loads((tmp_path / "out" / "ensemble.json").read_text(encoding="utf-8"))
    assert index["ended"] == "interrupted"
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "cohort_0001",
        "ensemble.json",
    ]


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match=r"letter\.txt"):
        reconstruct(PAPER, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["kypho_iort_phase12", "ncctg_lung"])
def test_the_other_specifications_have_cohorts(name: str, tmp_path: Path) -> None:
    done = reconstruct(find_specification(name), tmp_path / "out", cohorts=1)
    (cohort,) = done.cohorts
    assert all(one.agrees for one in cohort.numbers)


def test_the_template_has_cohorts(tmp_path: Path) -> None:
    done = reconstruct(read(template_text(), tmp_path), tmp_path / "out", cohorts=2)
    assert len(done.cohorts) == 2


@pytest.mark.parametrize("seed", range(6))
def test_hidden_cohorts_come_back_in_print(seed: int, tmp_path: Path) -> None:
    data = hidden(seed, 60 + 20 * seed, 1.0, 300.0)
    paper = read(published(data, [90, 180, 360], at_risk=seed % 2 == 0), tmp_path)
    done = reconstruct(paper, tmp_path / "out", cohorts=1)
    assert all(one.agrees for one in done.cohorts[0].numbers)


def test_reconstruction_needs_no_constraint_solver() -> None:
    code = (
        "import sys; sys.modules['ortools'] = None\n"
        "from kyphort.published.specification import find_specification\n"
        "from kyphort.reconstruction import draw_cohort, plan_of, check, Limits\n"
        "paper = find_specification('bludau2020')\n"
        "assert draw_cohort(plan_of(paper), 1) is not None\n"
        "try:\n    check(paper, Limits(9))\nexcept Exception as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'kyphort[reconstruction]'" in run.stdout


def test_a_plan_can_be_used_again() -> None:
    plan = plan_of(PAPER)
    assert draw_cohort(plan, 7) == draw_cohort(plan, 7)
