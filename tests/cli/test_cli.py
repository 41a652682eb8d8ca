"""The command line as a user meets it: a process, its output, its exit code."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import kyphort
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.registry import create_registry


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kyphort", *words], capture_output=True, text=True, check=False
    )


def test_reproduce_shows_the_table_and_leaves_the_report(tmp_path: Path) -> None:
    done = run("reproduce", "bludau2020", "--out", str(tmp_path / "out"), "--all")
    assert done.returncode == 0, done.stderr
    assert "140 of 140 printed numbers agree" in done.stdout
    assert "SYNTHETIC" in done.stdout
    assert "0.663" in done.stdout
    assert done.stdout.count("misprint") == 4
    assert (tmp_path / "out/report.html").stat().st_size < 3_000_000
    assert not done.stderr


def test_a_disagreement_is_shown_and_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    create_registry(path, read_csv_set(dataset_folder("bludau2020")))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE patient SET sex = 'male' WHERE patient_id = 'SYN-P003'")
    done = run("reproduce", "bludau2020", "--out", str(tmp_path / "o"), "--registry", str(path))
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.rstrip().endswith("NO")]
    assert len(lines) == 2
    assert "138 of 140 printed numbers agree" in done.stdout


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("reproduce", "bludau2021", "--out", "o"), 4, "There is no publication 'bludau2021'."),
        (("reproduce", "bludau2020", "--out", "o", "--registry", "x.db"), 5, "no registry file"),
        (("reproduce", "bludau2020", "--out", "/dev/null/o"), 6, "cannot be written"),
        (("reproduce", "bludau2020"), 2, "--out"),
        (("reproduec",), 2, "reproduec"),
    ],
)
def test_a_mistake_is_one_sentence_without_traceback(
    words: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    done = run(*words)
    assert done.returncode == exit_code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_version_and_help_say_what_it_is() -> None:
    assert run("--version").stdout == (
        f"kyphort {kyphort.__version__} - research software, not a medical device\n"
    )
    assert "not a medical device" in " ".join(run("--help").stdout.split())
