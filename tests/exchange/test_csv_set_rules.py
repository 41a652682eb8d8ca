"""Each rule catches its case with one line at the right place, and lets its neighbour pass."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kyphort.exchange.csv_set import CATALOGUE, Severity, check_csv_set
from kyphort.exchange.csv_set import check as check_module

from .planting import (
    TODAY,
    Again,
    Bytes,
    Drop,
    DropColumn,
    Edit,
    Place,
    Put,
    Recode,
    Remove,
    Text,
    check_with,
    copy_example,
    place,
)

TOML, PATIENTS, VERTEBRAE = "dataset.toml", "patients.csv", "vertebrae.csv"
VISITS, EVENTS = "visits.csv", "adverse_events.csv"
REAL = Text(TOML, "synthetic = true", "synthetic = false")
PREFIX: Place = ("KD-SYNTHETIC-PREFIX", PATIENTS, 2, "patient_id")

FILES: list[tuple[Sequence[Edit], list[Place]]] = [
    ([Remove(VISITS)], [("KD-FILE-MISSING", VISITS, None, "")]),
    ([Remove(TOML)], [("KD-FILE-MISSING", TOML, None, "")]),
    ([Bytes(VISITS, None)], [("KD-FILE-UNREADABLE", VISITS, None, "")]),
    ([Bytes(VISITS, b"PK\x03\x04rest")], [("KD-FILE-FORMAT", VISITS, None, "")]),
    ([Bytes(VISITS, b"\xff\xfea")], [("KD-FILE-FORMAT", VISITS, None, "")]),
    ([Bytes(VISITS, b"")], [("KD-FILE-EMPTY", VISITS, None, "")]),
    ([Bytes(VISITS, b"\n  \n")], [("KD-FILE-EMPTY", VISITS, None, "")]),
    (
        [Drop(PATIENTS), Drop(VERTEBRAE), Drop(VISITS), Drop(EVENTS)],
        [
            ("KD-FILE-EMPTY", PATIENTS, None, ""),
            ("KD-FILE-EMPTY", VERTEBRAE, None, ""),
            ("KD-NO-VISITS", VISITS, None, ""),
        ],
    ),
    ([Drop(VISITS)], [("KD-NO-VISITS", VISITS, None, "")]),
    ([Recode(PATIENTS, "utf-8-sig")], [("KD-ENCODING", PATIENTS, None, "")]),
    ([Recode(PATIENTS, separator=";")], [("KD-SEPARATOR", PATIENTS, None, "")]),
    ([Text(VISITS, "absent", "abs\0nt")], [("KD-NUL", VISITS, 3, "")]),
    ([Text(VISITS, "8,60\r\n", '8,"60\r\n')], [("KD-QUOTE", VISITS, 2, "")]),
    (
        [Text(TOML, "name", "nmae")],
        [
            ("KD-DESCRIPTION-UNKNOWN", TOML, None, "nmae"),
            ("KD-DESCRIPTION", TOML, None, "name"),
        ],
    ),
    (
        [Text(TOML, "synthetic = true", "synthetic = 1")],
        [
            ("KD-DESCRIPTION", TOML, None, "synthetic"),
        ],
    ),
    ([Text(TOML, "YYYY-MM-DD", "MM-DD-YYYY")], [("KD-DESCRIPTION", TOML, None, "date_format")]),
    ([Text(TOML, "= true", "= ")], [("KD-DESCRIPTION", TOML, None, "")]),
    ([REAL], [PREFIX]),
]
HEADERS: list[tuple[Sequence[Edit], list[Place]]] = [
    ([Drop(PATIENTS, 1)], [("KD-HEADER", PATIENTS, 1, "")]),
    ([DropColumn(PATIENTS, "entity")], [("KD-COLUMN-MISSING", PATIENTS, 1, "entity")]),
    ([Put(PATIENTS, 1, "entity", "enitty")], [("KD-COLUMN-MISSING", PATIENTS, 1, "entity")]),
    (
        [Put(VISITS, 1, "omed_mg", "omed")],
        [("KD-COLUMN-UNKNOWN", VISITS, 1, "header")],
    ),
    (
        [
            Text(PATIENTS, "sex", "sex,sex"),
            *(Text(PATIENTS, f"SYN-E0{n},", f"SYN-E0{n},male,") for n in range(1, 7)),
        ],
        [("KD-COLUMN-REPEATED", PATIENTS, 1, "sex")],
    ),
    (
        [Put(PATIENTS, 1, "patient_id", "Patient ID")],
        [
            ("KD-COLUMN-SPELLING", PATIENTS, 1, "header"),
        ],
    ),
]
CELLS: list[tuple[Sequence[Edit], list[Place]]] = [
    ([Text(VERTEBRAE, ",8,13,", ",8,5,13,")], [("KD-CELL-COUNT", VERTEBRAE, 2, "")]),
    ([Text(PATIENTS, "SYN-E02,male", "SYN-E02")], [("KD-CELL-COUNT", PATIENTS, 3, "")]),
    ([Put(PATIENTS, 3, "entity", "x" * 1001)], [("KD-CELL-SIZE", PATIENTS, 3, "entity")]),
    ([Put(PATIENTS, 3, "entity", "x" * 200_000)], [("KD-CELL-SIZE", PATIENTS, 3, "")]),
    ([Put(PATIENTS, 3, "entity", "a\x07b")], [("KD-CHARACTER", PATIENTS, 3, "entity")]),
    ([Text(PATIENTS, "SYN-E03", ",,,,,,\r\nSYN-E03")], [("KD-ROW-EMPTY", PATIENTS, 4, "")]),
    ([Put(PATIENTS, 3, "sex", "")], [("KD-REQUIRED", PATIENTS, 3, "sex")]),
    ([Put(VISITS, 3, "local_status", "")], [("KD-REQUIRED", VISITS, 3, "local_status")]),
    ([Put(PATIENTS, 2, "death_date", "n/a")], [("KD-PLACEHOLDER", PATIENTS, 2, "death_date")]),
    ([Put(VERTEBRAE, 4, "level", "L7")], [("KD-LEVEL", VERTEBRAE, 4, "level")]),
    ([Put(VERTEBRAE, 4, "level", "L3/L4")], [("KD-LEVEL", VERTEBRAE, 4, "level")]),
    ([Put(PATIENTS, 3, "sex", "2")], [("KD-CODE", PATIENTS, 3, "sex")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "8 Gy")], [("KD-NUMBER", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VISITS, 2, "omed_mg", "1,200")], [("KD-NUMBER", VISITS, 2, "omed_mg")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "nan")], [("KD-NUMBER", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VERTEBRAE, 3, "dose_gy", "1e999")], [("KD-RANGE", VERTEBRAE, 3, "dose_gy")]),
    ([Put(VISITS, 2, "pain_nrs", "11")], [("KD-RANGE", VISITS, 2, "pain_nrs")]),
    ([Put(EVENTS, 2, "ctcae_grade", "6")], [("KD-RANGE", EVENTS, 2, "ctcae_grade")]),
    ([Put(PATIENTS, 3, "age_years", "171")], [("KD-AGE", PATIENTS, 3, "age_years")]),
    ([Put(VISITS, 8, "visit_date", "24.07.2017")], [("KD-DATE-FORMAT", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "soon")], [("KD-DATE-FORMAT", VISITS, 8, "visit_date")]),
    (
        [Put(VISITS, 8, "visit_date", "2017-02-30")],
        [
            ("KD-DATE-IMPOSSIBLE", VISITS, 8, "visit_date"),
        ],
    ),
    ([Put(VISITS, 8, "visit_date", "42940")], [("KD-DATE-SERIAL", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "24.07.17")], [("KD-DATE-YEAR", VISITS, 8, "visit_date")]),
    ([Put(VISITS, 8, "visit_date", "0017-07-24")], [("KD-DATE-YEAR", VISITS, 8, "visit_date")]),
    ([Put(EVENTS, 2, "term", "=cmd|' /C calc'!A0")], [("KD-FORMULA", EVENTS, 2, "term")]),
    ([Put(PATIENTS, 3, "entity", "Sarcoma ")], [("KD-BLANKS", PATIENTS, 3, "entity")]),
    ([Put(VERTEBRAE, 2, "level", "Th12")], [("KD-LEVEL-SPELLING", VERTEBRAE, 2, "level")]),
    ([Put(PATIENTS, 2, "sex", "weiblich")], [("KD-CODE-SPELLING", PATIENTS, 2, "sex")]),
    ([Put(VERTEBRAE, 2, "dose_gy", "8,5")], [("KD-NUMBER-SPELLING", VERTEBRAE, 2, "dose_gy")]),
    (
        [Put(VISITS, 8, "visit_date", "2017-07-24 00:00:00")],
        [
            ("KD-DATE-SPELLING", VISITS, 8, "visit_date"),
        ],
    ),
]
IDENTITIES: list[tuple[Sequence[Edit], list[Place]]] = [
    ([Again(PATIENTS, 3)], [("KD-REPEATED", PATIENTS, 8, "")]),
    ([Again(VERTEBRAE, 3)], [("KD-REPEATED", VERTEBRAE, 10, "")]),
    ([Again(VISITS, 3)], [("KD-REPEATED", VISITS, 23, "")]),
    ([Again(EVENTS, 3)], [("KD-REPEATED", EVENTS, 4, "")]),
    ([Again(PATIENTS, 3, sex="female")], [("KD-DUPLICATE", PATIENTS, 8, "sex")]),
    ([Again(VERTEBRAE, 3, dose_gy="9")], [("KD-DUPLICATE", VERTEBRAE, 10, "dose_gy")]),
    (
        [Again(VISITS, 3, local_status="progression")],
        [
            ("KD-DUPLICATE", VISITS, 23, "local_status"),
        ],
    ),
    ([Again(EVENTS, 3, ctcae_grade="4")], [("KD-DUPLICATE", EVENTS, 4, "ctcae_grade")]),
    ([Put(VISITS, 4, "modality", "CT")], [("KD-VISIT-CONTRADICTION", VISITS, 4, "modality")]),
    ([Put(VISITS, 4, "pain_nrs", "9")], [("KD-VISIT-CONTRADICTION", VISITS, 4, "pain_nrs")]),
    ([Put(VERTEBRAE, 9, "patient_id", "SYN-E60")], [("KD-ORPHAN", VERTEBRAE, 9, "patient_id")]),
    ([Put(VISITS, 22, "patient_id", "Nobody")], [("KD-ORPHAN", VISITS, 22, "patient_id")]),
    ([Drop(PATIENTS, 6)], [("KD-ORPHAN", VERTEBRAE, 7, "patient_id")]),
    ([Put(VISITS, 8, "level", "L4")], [("KD-LEVEL-UNTREATED", VISITS, 8, "level")]),
    ([Drop(VERTEBRAE, 9)], [("KD-NO-VERTEBRA", PATIENTS, 7, "patient_id")]),
    (
        [Put(VISITS, 2, "new_fracture", "absent")],
        [
            ("KD-STATUS-WITHOUT-LEVEL", VISITS, 2, "new_fracture"),
        ],
    ),
    ([Put(VISITS, 2, "pain_nrs", "")], [("KD-PAIN-INCOMPLETE", VISITS, 2, "omed_mg")]),
    ([Put(VISITS, 2, "modality", "CT")], [("KD-IMAGING-UNREAD", VISITS, 2, "modality")]),
]
DATES: list[tuple[Sequence[Edit], list[Place]]] = [
    (
        [Put(PATIENTS, 3, name, "2015-01-20") for name in ("last_contact_date", "death_date")],
        [("KD-DEATH-EARLY", PATIENTS, 3, "death_date")],
    ),
    (
        [Put(PATIENTS, 2, "last_contact_date", "2015-01-20")],
        [("KD-CONTACT-EARLY", PATIENTS, 2, "last_contact_date")],
    ),
    (
        [Put(PATIENTS, 3, "last_contact_date", "2018-01-27")],
        [("KD-DEATH-NOT-LAST", PATIENTS, 3, "death_date")],
    ),
    (
        [Put(VERTEBRAE, 3, "procedure_date", "2019-12-24")],
        [("KD-PROCEDURE-LATE", VERTEBRAE, 3, "procedure_date")],
    ),
    (
        [Put(VERTEBRAE, 2, "retreatment_date", "2017-03-07")],
        [("KD-RETREATMENT-EARLY", VERTEBRAE, 2, "retreatment_date")],
    ),
    (
        [Put(VERTEBRAE, 2, "retreatment_date", "2020-03-07")],
        [("KD-RETREATMENT-LATE", VERTEBRAE, 2, "retreatment_date")],
    ),
    (
        [Put(VISITS, 8, "visit_date", "2017-04-18")],
        [("KD-VISIT-CONTRADICTION", VISITS, 8, "kind")],
    ),
    (
        [Put(VISITS, 8, "visit_date", "2017-04-17")],
        [("KD-VISIT-EARLY", VISITS, 8, "visit_date")],
    ),
    (
        [Put(VISITS, 9, "visit_date", "2018-01-21")],
        [("KD-VISIT-LATE", VISITS, 9, "visit_date")],
    ),
    (
        [Put(EVENTS, 2, "onset_date", "2017-04-18")],
        [("KD-EVENT-EARLY", EVENTS, 2, "onset_date")],
    ),
    (
        [
            Put(EVENTS, 2, "onset_date", "2018-01-21"),
            Put(EVENTS, 2, "resolved_date", ""),
        ],
        [("KD-EVENT-LATE", EVENTS, 2, "onset_date")],
    ),
    (
        [Put(EVENTS, 2, "resolved_date", "2017-04-20")],
        [("KD-EVENT-RESOLVED", EVENTS, 2, "resolved_date")],
    ),
    (
        [Put(PATIENTS, 5, "last_contact_date", "2021-01-01")],
        [("KD-AFTER-CUT-OFF", PATIENTS, 5, "last_contact_date")],
    ),
    (
        [Put(PATIENTS, 5, name, "2021-01-01") for name in ("last_contact_date", "death_date")]
        + [Put(PATIENTS, 5, "death_relatedness", "unknown")],
        [("KD-AFTER-CUT-OFF", PATIENTS, 5, "last_contact_date")],
    ),
    (
        [
            REAL,
            Text(TOML, "2020-12-31", "2026-12-31"),
            Put(PATIENTS, 5, "last_contact_date", "2026-06-02"),
        ],
        [
            ("KD-FUTURE", TOML, None, "data_cut_off"),
            PREFIX,
            ("KD-FUTURE", PATIENTS, 5, "last_contact_date"),
        ],
    ),
]
DOUBTS: list[tuple[Sequence[Edit], list[Place]]] = [
    (
        [Put(VERTEBRAE, 6, "retreatment_date", "")],
        [
            ("KD-STATUS-REVERSED", VISITS, 17, "local_status"),
        ],
    ),
    (
        [Put(PATIENTS, 3, "death_relatedness", "")],
        [
            ("KD-DEATH-RELATEDNESS", PATIENTS, 3, "death_relatedness"),
        ],
    ),
    (
        [Put(PATIENTS, 2, "death_relatedness", "related")],
        [
            ("KD-ALIVE-RELATEDNESS", PATIENTS, 2, "death_relatedness"),
        ],
    ),
    ([Drop(VISITS, 16)], [("KD-READERS-DIFFER", VISITS, 15, "local_status")]),
    ([Put(PATIENTS, 3, "age_years", "17")], [("KD-AGE-UNUSUAL", PATIENTS, 3, "age_years")]),
    ([Put(VERTEBRAE, 4, "dose_gy", "800")], [("KD-DOSE-UNUSUAL", VERTEBRAE, 4, "dose_gy")]),
    (
        [Put(VERTEBRAE, 4, "distance_mm", "1.3")],
        [
            ("KD-DISTANCE-UNUSUAL", VERTEBRAE, 4, "distance_mm"),
        ],
    ),
    (
        [Put(VERTEBRAE, 4, "calibration_dataset", "TARGIT")],
        [
            ("KD-CALIBRATION-MIXED", VERTEBRAE, 4, "calibration_dataset"),
        ],
    ),
    (
        [Again(VERTEBRAE, 2, level="L2"), Again(VERTEBRAE, 2, level="L3")],
        [
            ("KD-MANY-LEVELS", VERTEBRAE, 11, "level"),
        ],
    ),
]
CAUGHT = [*FILES, *HEADERS, *CELLS, *IDENTITIES, *DATES, *DOUBTS]

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
    "KD-ROW-EMPTY": [Text(EVENTS, "2019-02-20\r\n", "2019-02-20\r\n,,,,,,,\r\n\r\n")],
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
    "KD-PROCEDURE-LATE": [Put(VERTEBRAE, 3, "procedure_date", "2019-06-14")],
    "KD-RETREATMENT-EARLY": [Put(VERTEBRAE, 2, "retreatment_date", "2017-03-08")],
    "KD-RETREATMENT-LATE": [Put(VERTEBRAE, 2, "retreatment_date", "2019-06-14")],
    "KD-VISIT-EARLY": [Put(VISITS, 7, "visit_date", "2016-12-24")],
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
    caught = {rule for _, expected in CAUGHT for rule, *_ in expected}
    assert caught | {"KD-FOLDER", "KD-COHORT"} == set(names)
    assert set(PASSING) <= set(names)


def test_nothing_is_written(tmp_path: Path) -> None:
    copy_example(tmp_path / "data")
    before = {path: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    check_csv_set(tmp_path / "data", today=TODAY)
    assert {path: path.read_bytes() for path in (tmp_path / "data").iterdir()} == before
