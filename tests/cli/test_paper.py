"""`kyphort paper` as a user meets it: processes, output, exit codes."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kyphort", "paper", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_template_to_cohort(tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "cohorts"
    assert run("new", str(path)).returncode == 0
    shown = run("show", str(path))
    assert "40 x vertebra (22 with 1, 6 with 2, 2 with 3)" in shown.stdout
    done = run("reconstruct", str(path), "--out", str(out), "--cohorts", "2")
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC DATA" in done.stdout
    assert "cohort 2 of 2 verified" in done.stderr
    assert len(json.loads((out / "ensemble.json").read_text())["cohorts"]) == 2


def test_check_tells_the_three_verdicts_by_its_exit_code(tmp_path: Path) -> None:
    path, findings = tmp_path / "mine.toml", tmp_path / "found.json"
    done = run("check", "kypho_iort_phase12", "--quiet", "--out", str(findings))
    assert done.returncode == 0, done.stderr
    assert "at risk at event 1 of 2: 40" in done.stdout
    assert "Strength: 2 of 6" in done.stdout
    assert json.loads(findings.read_text())["specification"] == "kypho_iort_phase12"
    run("new", str(path))
    path.write_text(path.read_text().replace('printed = "12.0"', 'printed = "13.0"'))
    wrong = run("check", str(path), "--quiet", "--no-sensitivity", "--seconds", "60")
    assert wrong.returncode == 1, wrong.stdout
    assert "Proved contradictory: 1" in wrong.stdout
    assert "3 of 25" in wrong.stdout


def test_bounds_tell_proof_from_what_was_seen() -> None:
    done = run(
        "bounds", "kypho_iort_phase12", "--statistic", "std_error:LPFS:6", "--cohorts", "2",
        "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "determined (by proof)" in done.stdout
    assert "inner ranges" in done.stdout


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("show", "nothing.toml"), 4, "There is no specification 'nothing.toml'"),
        (("new", "/dev/null/x.toml"), 6, "cannot be written"),
        (("reconstruct", "bludau2020"), 2, "--out"),
        (("bounds", "bludau2020", "--statistic", "x", "--quiet"), 3, "is not understood"),
        (("check", "bludau2020", "--memory-mb", "1"), 2, "memory-mb"),
    ],
)
def test_a_mistake_is_one_sentence(words: tuple[str, ...], exit_code: int, sentence: str) -> None:
    done = run(*words)
    assert done.returncode == exit_code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_walk_of_the_page_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "paper.md"
    lines = re.findall(r"^\$ kyphort paper (.*mine.*)$", page.read_text("utf-8"), re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    for line in lines:
        done = run(*shlex.split(line))
        assert done.returncode == 0, (line, done.stderr)
    assert len(lines) == 5
    assert (tmp_path / "mine" / "cohort_0003" / "verification.json").is_file()


def test_sentences_instead_of_what_a_publication_cannot_mean(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    run("new", str(path))
    text = path.read_text(encoding="utf-8")
    for right, wrong, says in (
        ('p = "0.57"', 'p = "1.57"', "logrank 'regions': p is 1.57"),
        ('"94.2", "91.3", "91.3"', '"94.2", "95.3", "91.3"', "survival goes from 94.2 to 95.3"),
        ("events_total = 19", "events_total = 31", "events_total is 31, n is 30"),
        ('["thoracic", "lumbar"]', '["thoracic", "sacral"]', "unknown group 'sacral'"),
    ):
        path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        for command in ("show", "check"):
            done = run(command, str(path))
            assert done.returncode not in (0, 1, 33)
            assert says in done.stderr
            assert "Traceback" not in done.stderr
