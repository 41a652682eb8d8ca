"""Each rule catches its case with one line at the right place, and lets its neighbour pass."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kyphort.exchange.csv_set import CATALOGUE, Severity, check_csv_set
from kyphort.exchange.csv_set import check as check_module

from .caught_in_cells import CAUGHT_IN_CELLS
from .caught_in_optional import CAUGHT_IN_OPTIONAL
from .caught_in_rows import CAUGHT_IN_ROWS
from .planting import (
    TODAY,
    Again,
    Drop,
    DropColumn,
    Edit,
    Place,
    Put,
    Text,
    check_with,
    copy_example,
    place,
)

TOML, PATIENTS, VERTEBRAE = "dataset.toml", "patients.csv", "vertebrae.csv"
VISITS, EVENTS = "visits.csv", "adverse_events.csv"
CAUGHT = [*CAUGHT_IN_CELLS, *CAUGHT_IN_ROWS]

PASSING: dict[str, Sequence[Edit]] = {
    "KD-FILE-EMPTY": [Drop(EVENTS)],
    "KD-ENCODING": [Text(PATIENTS, "Breast cancer", "Brustkrebs größer")],
    "KD-NUL": [Text(PATIENTS, "Breast cancer", "NUL")],
    "KD-QUOTE": [Text(PATIENTS, "Breast cancer", '"Breast ""ductal"" cancer, left"')],
    "KD-DESCRIPTION": [Text(TOML, '"2020-12-31"', "2020-12-31")],
    "KD-DESCRIPTION-UNKNOWN": [Text(TOML, 'date_format = "YYYY-MM-DD"', "")],
    "KD-COLUMN-MISSING": [DropColumn(VISITS, "epidural_status")],
    "KD-COLUMN-UNKNOWN": [DropColumn(VISITS, "omed_mg")],
    "KD-CELL-COUNT": [Text(PATIENTS, "Lung cancer", '"Lung, left"')],
    "KD-CELL-SIZE": [Put(PATIENTS, 3, "entity", "x" * 1000)],
    "KD-CHARACTER": [Put(PATIENTS, 3, "entity", "two\nlines")],
    "KD-ROW-EMPTY": [Text(EVENTS, "irradiation\r\n", "irradiation\r\n,,,,,,,\r\n\r\n")],
    "KD-REQUIRED": [Put(VISITS, 3, "new_fracture", "")],
    "KD-PLACEHOLDER": [Put(PATIENTS, 2, "entity", "NA")],
    "KD-LEVEL": [
        Put(VERTEBRAE, 4, "level", "L6"),
        Put(VISITS, 8, "level", "L6"),
        Put(VISITS, 9, "level", "L6"),
    ],
    "KD-CODE": [Put(PATIENTS, 3, "sex", "diverse")],
    "KD-NUMBER": [Put(VERTEBRAE, 3, "dose_gy", "8.5")],
    "KD-RANGE": [Put(VISITS, 2, "pain_nrs", "10"), Put(VISITS, 2, "omed_mg", "0")],
    "KD-AGE": [Put(PATIENTS, 3, "age_years", "100")],
    "KD-DATE-IMPOSSIBLE": [Put(PATIENTS, 5, "last_contact_date", "2020-02-29")],
    "KD-DATE-YEAR": [Put(PATIENTS, 5, "last_contact_date", "2020-01-01")],
    "KD-FORMULA": [Put(EVENTS, 2, "term", "Pain = 3")],
    "KD-BLANKS": [Put(PATIENTS, 3, "entity", "Soft tissue sarcoma")],
    "KD-REPEATED": [Again(EVENTS, 3, term="Pain")],
    "KD-DUPLICATE": [Again(VISITS, 3, reader="B")],
    "KD-VISIT-CONTRADICTION": [Put(VISITS, 4, "pain_nrs", ""), Put(VISITS, 4, "omed_mg", "")],
    "KD-LEVEL-UNTREATED": [Put(VISITS, 3, "level", "L1"), Put(VISITS, 4, "level", "T12")],
    "KD-STATUS-WITHOUT-LEVEL": [Put(VISITS, 2, "pain_nrs", "7")],
    "KD-PAIN-INCOMPLETE": [Put(VISITS, 2, "omed_mg", "")],
    "KD-IMAGING-UNREAD": [Put(VISITS, 2, "modality", "none")],
    "KD-DEATH-EARLY": [Put(VERTEBRAE, 5, "procedure_date", "2017-11-02"), Drop(VISITS, 11)],
    "KD-CONTACT-EARLY": [Put(PATIENTS, 7, "last_contact_date", "2018-06-20")],
    "KD-PROCEDURE-LATE": [Put(VERTEBRAE, 8, "procedure_date", "2020-12-01"), Drop(VISITS, 21)],
    "KD-RETREATMENT-EARLY": [Put(VERTEBRAE, 2, "retreatment_date", "2017-03-08")],
    "KD-RETREATMENT-LATE": [Put(VERTEBRAE, 2, "retreatment_date", "2019-06-14")],
    "KD-VISIT-EARLY": [Put(VISITS, 7, "visit_date", "2016-12-24")],
    "KD-READING-EARLY": [
        Put(VISITS, 18, "modality", "MRI"),
        Put(VISITS, 18, "level", "L4"),
        Put(VISITS, 18, "local_status", "progression"),
    ],
    "KD-VISIT-LATE": [Put(VISITS, 9, "visit_date", "2018-01-20")],
    "KD-EVENT-EARLY": [Put(EVENTS, 2, "onset_date", "2017-04-19")],
    "KD-EVENT-LATE": [
        Put(EVENTS, 2, "onset_date", "2018-01-20"),
        Put(EVENTS, 2, "resolved_date", "2018-01-20"),
    ],
    "KD-EVENT-RESOLVED": [Put(EVENTS, 2, "resolved_date", "2017-04-21")],
    "KD-AFTER-CUT-OFF": [Put(PATIENTS, 5, "last_contact_date", "2020-12-31")],
    "KD-FUTURE": [
        Text(TOML, "2020-12-31", "2040-12-31"),
        Put(PATIENTS, 5, "last_contact_date", "2040-12-31"),
    ],
    "KD-STATUS-REVERSED": [
        Put(VISITS, 17, "local_status", "progression"),
        Put(VERTEBRAE, 6, "retreatment_date", ""),
    ],
    "KD-DEATH-RELATEDNESS": [Put(PATIENTS, 3, "death_relatedness", "unknown")],
    "KD-ALIVE-RELATEDNESS": [Put(PATIENTS, 2, "death_relatedness", "unknown")],
    "KD-READERS-DIFFER": [Drop(VISITS, 16), Put(VISITS, 15, "local_status", "progression")],
    "KD-AGE-UNUSUAL": [Put(PATIENTS, 3, "age_years", "18")],
    "KD-DOSE-UNUSUAL": [Put(VERTEBRAE, 4, "dose_gy", "10")],
    "KD-DISTANCE-UNUSUAL": [Put(VERTEBRAE, 4, "distance_mm", "5")],
    "KD-MANY-LEVELS": [Again(VERTEBRAE, 2, level="L2")],
    "KD-SYNTHETIC-PREFIX": [Put(PATIENTS, 3, "entity", "SYN-")],
}
"""Edits close to what a rule catches that give no finding at all; the example itself, unedited,
is the neighbour of every other rule."""


@pytest.mark.parametrize(("edits", "expected"), CAUGHT)
def test_a_fault_gives_one_line_at_its_place(
    tmp_path: Path, edits: Sequence[Edit], expected: list[Place]
) -> None:
    checked = check_with(tmp_path / "data", *edits)
    assert [place(finding) for finding in checked.findings] == expected
    severity = {rule.identifier: rule.severity for rule in CATALOGUE}
    has_error = any(severity[rule] is Severity.ERROR for rule, *_ in expected)
    assert (checked.cohort is None) == has_error


@pytest.mark.parametrize(("edits", "expected"), CAUGHT_IN_OPTIONAL)
def test_a_fault_of_an_optional_file_gives_one_line_at_its_place(
    tmp_path: Path, edits: Sequence[Edit], expected: list[Place]
) -> None:
    checked = check_with(tmp_path / "data", *edits, with_optional=True)
    assert [place(finding) for finding in checked.findings] == expected
    assert (checked.cohort is None) == any(
        finding.severity is Severity.ERROR for finding in checked.findings
    )


def test_the_whole_example_gives_no_line(tmp_path: Path) -> None:
    checked = check_with(tmp_path / "data", with_optional=True)
    assert checked.findings == ()
    assert checked.valid_cohort().deliveries


@pytest.mark.parametrize("rule", PASSING)
def test_what_is_right_gives_no_line(tmp_path: Path, rule: str) -> None:
    checked = check_with(tmp_path / "data", *PASSING[rule])
    assert checked.findings == ()
    assert checked.cohort is not None


def test_the_example_gives_no_line(tmp_path: Path) -> None:
    checked = check_with(tmp_path / "data")
    assert checked.findings == ()
    assert checked.valid_cohort().synthetic


@pytest.mark.parametrize(
    ("name", "state"), [("a file", "is a file"), ("nowhere", "does not exist")]
)
def test_a_data_set_is_a_folder(tmp_path: Path, name: str, state: str) -> None:
    (tmp_path / "a file").write_text("patient_id\n")
    (finding,) = check_csv_set(tmp_path / name).findings
    assert finding.rule == "KD-FOLDER"
    assert state in finding.line


def test_what_no_rule_names_is_still_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "check_identity", lambda _data: ())
    checked = check_with(tmp_path / "data", Again(PATIENTS, 3, sex="female"))
    assert [finding.rule for finding in checked.findings] == ["KD-COHORT"]
    assert checked.cohort is None


def test_every_rule_is_caught_here_and_named_once() -> None:
    names = [rule.identifier for rule in CATALOGUE]
    assert len(set(names)) == len(names)
    caught = {rule for _, expected in (*CAUGHT, *CAUGHT_IN_OPTIONAL) for rule, *_ in expected}
    assert caught | {"KD-FOLDER", "KD-COHORT"} == set(names)
    assert set(PASSING) <= set(names)


def test_nothing_is_written(tmp_path: Path) -> None:
    copy_example(tmp_path / "data")
    before = {path: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    check_csv_set(tmp_path / "data", today=TODAY)
    assert {path: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before
