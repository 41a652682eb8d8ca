"""`kyphort eligibility` as an investigator meets it: answers, and never a block."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kyphort.cli import app
from kyphort.errors import FaultyDataError, InvalidDataError, RegistryError
from kyphort.exchange.csv_set.template import example_files


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The example data set in a folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in example_files().items():
        (folder / name).write_bytes(text.encode())
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["eligibility", *map(str, words)])


def has_line(done: Result, pattern: str) -> bool:
    return re.search(pattern, done.output, re.MULTILINE) is not None


def test_one_patient_has_a_line_for_each_rule_and_level(data: Path) -> None:
    done = run("SYN-E05", "--data", data)
    assert done.exit_code == 0
    assert re.search(
        r"^not met +T10 +Painful and/or unstable +painful no; unstable no +progressive",
        done.output,
        re.M,
    )
    assert "6 met, 2 not met, 0 unknown; 0 not met and not documented." in done.output
    assert "SYNTHETIC DATA" in done.output


def test_what_is_not_met_blocks_nothing_and_asks_for_a_deviation(data: Path) -> None:
    done = run("SYN-E05", "--data", data, "--protocol", "nct01280032")
    assert done.exit_code == 0
    assert has_line(done, r"^not met +— +Age of at least 50 years +age_years 49 +to be doc")
    assert "Below T3 (not verified)" in done.output
    assert "Not verified in print: level." in done.output


def test_without_a_patient_everybody_has_one_line(data: Path) -> None:
    done = run("--data", data, "--protocol", "nct02773966")
    assert done.exit_code == 0
    assert len(re.findall(r"^SYN-E0\d +\d", done.output, re.M)) == 6
    assert has_line(done, r"^SYN-E05 +1 +1 +1 +1$")


def test_json_holds_every_answer_with_its_source(data: Path) -> None:
    found = json.loads(run("SYN-E06", "--data", data, "--json").output)
    assert found["protocol"] == "bludau2020_abstract"
    tomita = next(one for one in found["answers"] if one["rule"] == "tomita")
    assert tomita["answer"] == "met"
    assert tomita["level"] == "L5"
    assert "entered by hand" in tomita["found"]
    assert tomita["verified"] is True


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        (["nobody"], InvalidDataError, "There is no patient 'nobody'"),
        (["SYN-E01", "--protocol", "bludau2021"], InvalidDataError, "no follow-up protocol"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: list[str], kind: type[Exception], sentence: str, data: Path
) -> None:
    found = run(*words, "--data", data).exception
    assert isinstance(found, kind)
    assert sentence in str(found)


def test_faulty_data_and_files_that_are_none_are_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("x")
    assert isinstance(run("SYN-E01", "--data", tmp_path / "x.db").exception, RegistryError)
    (data / "patients.csv").unlink()
    assert isinstance(run("SYN-E01", "--data", data).exception, FaultyDataError)


def test_a_protocol_without_rules_says_how_to_add_them(data: Path, tmp_path: Path) -> None:
    from kyphort.protocol import protocol_template_text

    file = tmp_path / "p.toml"
    file.write_text(protocol_template_text().partition("# Eligibility:")[0], encoding="utf-8")
    found = run("SYN-E01", "--data", data, "--protocol", file).exception
    assert isinstance(found, InvalidDataError)
    assert "has no rule of eligibility. Add [[eligibility]]" in str(found)
