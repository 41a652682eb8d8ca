"""`kyphort template` and `kyphort check` as a user meets them."""

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kyphort.errors import OutputError
from kyphort.exchange.csv_set.columns import CSV_FILES
from kyphort.exchange.csv_set.template import example_files
from kyphort.protocol import default_study, read_study
from kyphort.workflows.template import write_template


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kyphort", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in example_files().items():
        (folder / name).write_bytes(text.encode())
    return folder


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_template_makes_a_complete_folder(tmp_path: Path) -> None:
    done = run("template", str(tmp_path / "new" / "data"))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "new" / "data"
    assert {path.name for path in folder.iterdir()} == {
        "data_dictionary.csv",
        "data_dictionary.html",
        "dataset.toml",
        "example",
        "optional",
        "study.toml",
        *(file.name for file in CSV_FILES if not file.is_optional),
    }
    assert {path.name for path in (folder / "optional").iterdir()} == {
        file.name for file in CSV_FILES if file.is_optional
    }
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["data"]
    assert f"{folder / 'example'}/ ({len(example_files())} files)" in done.stdout
    assert read_study(folder / "study.toml") == default_study()
    assert tomllib.loads((folder / "dataset.toml").read_text())["synthetic"] is False


def test_the_dictionary_of_a_template_holds_every_column(tmp_path: Path) -> None:
    run("template", str(tmp_path / "data"))
    with (tmp_path / "data/data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    declared = [(file.name, column.name) for file in CSV_FILES for column in file.columns]
    assert [(row["file"], row["name"]) for row in rows if row["file"] != "dataset.toml"] == declared
    assert all(row["meaning"] and row["allowed"] and row["example"] for row in rows)
    page = (tmp_path / "data/data_dictionary.html").read_text(encoding="utf-8")
    for _, name in declared:
        assert f"<code>{name}</code>" in page
    for outside in ("http://", "https://", "<script", "src=", "{{"):
        assert outside not in page


def test_a_filled_template_passes(tmp_path: Path) -> None:
    run("template", str(tmp_path / "data"))
    example = tmp_path / "data" / "example"
    assert run("check", str(example)).returncode == 0
    for path in example.iterdir():
        (tmp_path / "data" / path.name).write_bytes(path.read_bytes())
    done = run("check", str(tmp_path / "data"))
    assert done.returncode == 0
    assert "0 errors, 0 warnings, 0 notes. Patients: 6, treated vertebrae: 8" in done.stdout
    assert "The data can be used." in done.stdout


def test_an_empty_template_says_what_to_fill(tmp_path: Path) -> None:
    run("template", str(tmp_path / "data"))
    done = run("check", str(tmp_path / "data"))
    assert done.returncode == 3
    rules = [line.rpartition("[")[2] for line in done.stdout.splitlines() if line.endswith("]")]
    assert rules == [
        "KD-DESCRIPTION]",
        "KD-DESCRIPTION]",
        "KD-DATE-FORMAT]",
        "KD-FILE-EMPTY]",
        "KD-FILE-EMPTY]",
        "KD-NO-VISITS]",
    ]


@pytest.mark.parametrize("kind", ["file", "full folder", "no folder above"])
def test_template_overwrites_nothing(tmp_path: Path, kind: str) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear colleague")
    target = {"file": letter, "full folder": tmp_path, "no folder above": letter / "data"}[kind]
    done = run("template", str(target))
    assert done.returncode == 6
    assert done.stderr.startswith("Error [output]: ")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert letter.read_text() == "Dear colleague"


def test_template_fills_a_folder_that_is_there_and_empty(tmp_path: Path) -> None:
    run("template", str(tmp_path / "new"))
    (tmp_path / "data").mkdir()
    before = (tmp_path / "data").stat().st_ino
    done = subprocess.run(
        [sys.executable, "-m", "kyphort", "template", "."], cwd=tmp_path / "data", check=True
    )
    assert done.returncode == 0
    assert (tmp_path / "data").stat().st_ino == before
    contents = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (tmp_path / "data", tmp_path / "new")
    ]
    assert contents[0] == contents[1]


def test_check_gives_one_line_for_each_error_and_exits_with_three(data: Path) -> None:
    spoil(data / "vertebrae.csv", "SYN-E02,L3", "SYN-E02,L7")
    spoil(data / "patients.csv", "male,71", "male,711")
    done = run("check", str(data))
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "error    patients.csv row 3, age_years '711': not possible. Allowed: 0 to 120. "
        "Correct the number. [KD-AGE]",
        "",
        "error    vertebrae.csv row 4, level 'L7': no such vertebra. Allowed: C1–C7, T1–T13, "
        "L1–L6, S1–S5. Correct the level. [KD-LEVEL]",
        "",
        "2 errors, 0 warnings, 0 notes.",
        f"Mend the errors and run kyphort check {data} again; until then nothing is computed "
        "from these data.",
    ]
    assert not done.stderr


def test_warnings_pass_unless_they_count_as_errors(data: Path) -> None:
    spoil(data / "patients.csv", "male,71", "male,101")
    done = run("check", str(data))
    assert done.returncode == 0
    assert "warning  patients.csv row 3, age_years '101'" in done.stdout
    assert "0 errors, 1 warning, 0 notes. Patients: 6" in done.stdout
    assert "kept in every report" in done.stdout
    assert run("check", str(data), "--warnings-as-errors").returncode == 3


def test_notes_pass_even_when_warnings_count_as_errors(data: Path) -> None:
    spoil(data / "patients.csv", "male,71", "m,71")
    done = run("check", str(data), "--warnings-as-errors")
    assert done.returncode == 0
    assert "0 errors, 0 warnings, 1 note." in done.stdout


def test_findings_as_json(data: Path) -> None:
    spoil(data / "vertebrae.csv", "SYN-E02,L3", "SYN-E02,L7")
    done = run("check", str(data), "--json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert (found["errors"], found["warnings"], found["notes"]) == (1, 0, 0)
    assert found["findings"] == [
        {
            "severity": "error",
            "file": "vertebrae.csv",
            "row": 4,
            "column": "level",
            "value": "L7",
            "rule": "KD-LEVEL",
            "message": "no such vertebra. Allowed: C1–C7, T1–T13, L1–L6, S1–S5.",
            "remedy": "Correct the level.",
        }
    ]


def test_many_findings_of_one_kind_are_folded_unless_all_are_asked_for(data: Path) -> None:
    text = (data / "visits.csv").read_text(encoding="utf-8")
    (data / "visits.csv").write_text(text.replace(",planned,", ",plan,"), encoding="utf-8")
    done = run("check", str(data))
    assert done.stdout.count("[KD-CODE]") == 5
    assert "and 10 more of KD-CODE in kind." in done.stdout
    assert "15 errors" in done.stdout
    assert "With --all every line is listed." in done.stdout
    assert run("check", str(data), "--all").stdout.count("[KD-CODE]") == 15
    assert len(json.loads(run("check", str(data), "--json").stdout)["findings"]) == 15


def test_a_cell_cannot_write_to_the_terminal(data: Path) -> None:
    spoil(data / "patients.csv", "Prostate cancer", "\x1b[2J")
    done = run("check", str(data))
    assert "\x1b" not in done.stdout
    assert "[KD-CHARACTER]" in done.stdout


def test_an_empty_folder_stays_empty_when_a_file_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fails_at_the_last(path: Path, target: Path) -> Path:
        if path.name == "visits.csv":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails_at_the_last)
    with pytest.raises(OutputError, match="No space left"):
        write_template(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere", "dataset.toml", "x" * 300])
def test_what_is_no_data_set_is_one_line(data: Path, name: str) -> None:
    done = run("check", str(data / name))
    assert done.returncode == 3
    assert done.stdout.count("[KD-FOLDER]") == 1
    assert not done.stderr
