"""`kyphort quality` and `kyphort query` as their user meets them, and the pages of the rules."""

import csv
import json
import runpy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kyphort.cli import app
from kyphort.errors import KyphortError
from kyphort.exchange.csv_set import write_csv_set
from kyphort.workflows.analyse import analyse

from .people import SOUND, prescribed

ROOT = Path(__file__).parents[2]


def kyphort(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code in {0, 3}, done.output
    return done.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_csv_set(prescribed(dose_gy=800.0), tmp_path / "data")
    return tmp_path / "data"


def test_a_check_names_patient_place_rule_and_remedy(data: Path) -> None:
    text = kyphort("quality", "check", data)
    assert "impossible       Patient A, vertebra T12 (800 Gy): no single fraction" in text
    assert "Correct the dose; it is in Gy. [KQ-DOSE-IMPOSSIBLE]" in text
    assert "1 impossible, 0 contradictory" in text
    assert "SYNTHETIC DATA" in text


def test_only_fail_makes_an_impossible_value_an_exit_code(data: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["quality", "check", str(data)]).exit_code == 0
    assert runner.invoke(app, ["quality", "check", str(data), "--fail"]).exit_code == 3


def test_json_and_csv_hold_the_findings(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "findings.csv"
    text = kyphort("quality", "check", data, "--json", "--csv", path, "--severity", "impossible")
    found = json.loads(text)
    assert [one["rule"] for one in found["findings"]] == ["KQ-DOSE-IMPOSSIBLE"]
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["rule"] == "KQ-DOSE-IMPOSSIBLE"
    with pytest.raises(KyphortError, match="exists"):
        kyphort("quality", "check", data, "--csv", path)


def test_a_query_goes_its_way(data: Path) -> None:
    assert "1 query opened" in kyphort(
        "quality", "check", data, "--severity", "impossible", "--open-queries", "--as", "monitor"
    )
    assert "1 (answered)" in kyphort(
        "query", "answer", data, 1, "--text", "In cGy.", "--as", "nurse"
    )
    assert "0 open, 1 answered, 0 closed." in kyphort("query", "list", data)
    assert "1 (closed)" in kyphort("query", "close", data, 1, "--text", "Ok.", "--as", "monitor")
    history = kyphort("query", "list", data, "--state", "closed", "--history")
    assert "nurse: answer: In cGy." in history
    assert "it can be closed" not in history
    with pytest.raises(KyphortError, match="is closed"):
        kyphort("query", "answer", data, 1, "--text", "x", "--as", "y")


def test_the_queries_do_not_disturb_the_data(data: Path) -> None:
    kyphort("query", "open", data, "--text", "Why?", "--patient", "A", "--as", "x")
    assert "0 errors" in kyphort("check", data)


def test_the_report_has_a_section_on_quality(tmp_path: Path) -> None:
    write_csv_set(prescribed(dose_gy=800.0), tmp_path / "data")
    results = analyse(tmp_path / "data", tmp_path / "out").results
    assert [one.rule for one in results.quality] == ["KQ-DOSE-IMPOSSIBLE"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Completeness and quality of the data" in page
    assert "KQ-DOSE-IMPOSSIBLE" in page
    table = (tmp_path / "out" / "tables" / "fields_filled.csv").read_text(encoding="utf-8")
    assert "assessment,epidural_status,0,5,0.0" in table


def test_a_sound_cohort_has_only_its_completeness_in_the_report(tmp_path: Path) -> None:
    write_csv_set(SOUND, tmp_path / "data")
    results = analyse(tmp_path / "data", tmp_path / "out").results
    assert results.quality == ()
    assert results.filled


def test_the_pages_of_the_rules_are_what_the_rules_generate() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "build_rule_pages.py"))
    for name, page in script["PAGES"].items():
        shown = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert shown == page(), "run scripts/build_rule_pages.py"
