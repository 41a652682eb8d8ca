"""Twenty faults in one data set: twenty lines, nothing written, and none once they are mended."""

from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import check_csv_set, read_csv_set

from .planting import TODAY, Again, Drop, Edit, Put, Text, check_with, copy_example

TOML, PATIENTS, VERTEBRAE = "dataset.toml", "patients.csv", "vertebrae.csv"
VISITS, EVENTS = "visits.csv", "adverse_events.csv"

FAULTS: list[tuple[Edit, str, str]] = [
    (Text(TOML, "provenance", "origin"), "KD-DESCRIPTION", "dataset.toml, provenance: missing."),
    (
        Put(PATIENTS, 2, "age_years", "163"),
        "KD-AGE",
        "patients.csv row 2, age_years '163': not possible. Allowed: 0 to 120.",
    ),
    (
        Put(PATIENTS, 3, "last_contact_date", "2018-01-02"),
        "KD-DEATH-NOT-LAST",
        "patients.csv row 3, death_date '2018-01-20': the last contact is another day, 2018-01-02.",
    ),
    (
        Put(PATIENTS, 4, "sex", "fenale"),
        "KD-CODE",
        "patients.csv row 4, sex 'fenale': not allowed. "
        "Allowed: female, male, diverse, unknown. Did you mean 'female'?",
    ),
    (
        Put(PATIENTS, 6, "last_contact_date", "01.12.2020"),
        "KD-DATE-FORMAT",
        "patients.csv row 6, last_contact_date '01.12.2020': not a date as YYYY-MM-DD; "
        "looks like DD.MM.YYYY.",
    ),
    (
        Again(PATIENTS, 7, age_years="67"),
        "KD-DUPLICATE",
        "patients.csv row 8, age_years '67': row 7 is the same patient (SYN-E06) with '77' there",
    ),
    (
        Put(VERTEBRAE, 3, "dose_gy", "8 Gy"),
        "KD-NUMBER",
        "vertebrae.csv row 3, dose_gy '8 Gy': a number with other text.",
    ),
    (
        Put(VERTEBRAE, 4, "level", "L7"),
        "KD-LEVEL",
        "vertebrae.csv row 4, level 'L7': no such vertebra. "
        "Allowed: C1–C7, T1–T13, L1–L6, S1–S5. Correct the level.",
    ),
    (
        Put(VERTEBRAE, 5, "retreatment_date", "2017-05-02"),
        "KD-RETREATMENT-EARLY",
        "vertebrae.csv row 5, retreatment_date '2017-05-02': comes before the procedure, "
        "2017-05-22.",
    ),
    (
        Put(VERTEBRAE, 7, "distance_mm", ""),
        "KD-REQUIRED",
        "vertebrae.csv row 7, distance_mm: the cell is empty.",
    ),
    (
        Again(VERTEBRAE, 9, patient_id="SYN-E77"),
        "KD-ORPHAN",
        "vertebrae.csv row 10, patient_id 'SYN-E77': no such patient in patients.csv.",
    ),
    (
        Put(VISITS, 2, "pain_nrs", "11"),
        "KD-RANGE",
        "visits.csv row 2, pain_nrs '11': not possible. Allowed: 0 to 10.",
    ),
    (
        Put(VISITS, 4, "modality", "CT"),
        "KD-VISIT-CONTRADICTION",
        "visits.csv row 4, modality 'CT': row 3, of the same visit, has 'MRI'.",
    ),
    (
        Put(VISITS, 9, "visit_date", "2051-10-23"),
        "KD-AFTER-CUT-OFF",
        "visits.csv row 9, visit_date '2051-10-23': lies after the data cut-off, 2020-12-31.",
    ),
    (
        Put(VISITS, 11, "visit_date", "42975"),
        "KD-DATE-SERIAL",
        "visits.csv row 11, visit_date '42975': looks like a spreadsheet's serial number "
        "(day 2017-08-28), not a date.",
    ),
    (
        Put(VISITS, 13, "level", "L3"),
        "KD-LEVEL-UNTREATED",
        "visits.csv row 13, level 'L3': patient SYN-E04 was not treated there. Treated: L2.",
    ),
    (
        Put(VISITS, 19, "visit_date", "2018-02-30"),
        "KD-DATE-IMPOSSIBLE",
        "visits.csv row 19, visit_date '2018-02-30': there is no such day",
    ),
    (
        Put(VISITS, 22, "visit_date", "2018-07-20"),
        "KD-VISIT-LATE",
        "visits.csv row 22, visit_date '2018-07-20': comes after the last contact of patient "
        "SYN-E06, 2018-07-15.",
    ),
    (
        Put(EVENTS, 2, "resolved_date", "2017-04-05"),
        "KD-EVENT-RESOLVED",
        "adverse_events.csv row 2, resolved_date '2017-04-05': comes before the onset, 2017-04-21.",
    ),
    (
        Text(EVENTS, "SYN-E05,2019-02-03,", "SYN-E05,2019-02-03,root, "),
        "KD-CELL-COUNT",
        "adverse_events.csv row 3: 13 cells, but the header has 12.",
    ),
]


def spoil_all(folder: Path) -> Path:
    copy_example(folder)
    # Text edits come last: they make rows that a CSV editor would rewrite.
    for edit, _, _ in sorted(FAULTS, key=lambda fault: isinstance(fault[0], Text)):
        edit.plant(folder)
    # The old entry's new name is no entry either; that is a warning of its own.
    Text(TOML, 'origin = "', '# origin = "').plant(folder)
    return folder


def test_twenty_faults_give_twenty_lines(tmp_path: Path) -> None:
    assert len(FAULTS) == 20
    checked = check_csv_set(spoil_all(tmp_path / "data"), today=TODAY)
    assert [finding.rule for finding in checked.findings] == [rule for _, rule, _ in FAULTS]
    for finding, (_, _, beginning) in zip(checked.findings, FAULTS, strict=True):
        assert finding.line.startswith(beginning)
        assert finding.remedy
        assert finding.line.count("\n") == 0
    assert checked.cohort is None


def test_reading_names_the_first_fault_and_counts_the_others(tmp_path: Path) -> None:
    folder = spoil_all(tmp_path / "data")
    with pytest.raises(InvalidDataError) as caught:
        read_csv_set(folder)
    assert str(caught.value).startswith("dataset.toml, provenance: missing.")
    assert f"And 19 more problems: kyphort check {folder} lists them." in str(caught.value)


def test_faulty_data_leave_nothing_behind(tmp_path: Path) -> None:
    folder = spoil_all(tmp_path / "data")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    check_csv_set(folder, today=TODAY)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_mended_set_gives_no_line(tmp_path: Path) -> None:
    spoil_all(tmp_path / "data")
    copy_example(tmp_path / "data")
    assert check_csv_set(tmp_path / "data", today=TODAY).findings == ()


def test_one_broken_row_does_not_make_its_neighbours_look_wrong(tmp_path: Path) -> None:
    checked = check_with(tmp_path / "data", Text(PATIENTS, "SYN-E02,male", "SYN-E02,male,m"))
    assert [finding.rule for finding in checked.findings] == ["KD-CELL-COUNT"]


def test_a_file_that_cannot_be_read_does_not_make_the_others_look_wrong(tmp_path: Path) -> None:
    for file in (PATIENTS, VERTEBRAE, VISITS):
        folder = copy_example(tmp_path / file)
        (folder / file).write_bytes(b"PK\x03\x04")
        (finding,) = check_csv_set(folder, today=TODAY).findings
        assert (finding.file, finding.rule) == (file, "KD-FILE-FORMAT")


def test_an_unknown_patient_is_one_line_with_all_its_places(tmp_path: Path) -> None:
    checked = check_with(tmp_path / "data", Drop(PATIENTS, 5))
    (finding,) = checked.findings
    assert finding.line == (
        "vertebrae.csv row 6, patient_id 'SYN-E04': no such patient in patients.csv. Did you mean "
        "'SYN-E06'? Also visits.csv row 12, visits.csv row 13, visits.csv row 14 and 3 more. "
        "Add the patient, or correct the patient_id."
    )


@pytest.mark.parametrize(
    ("written", "meant"), [("syn-e06", "SYN-E06"), ("SYN-E6", "SYN-E06"), ("SYN-EO6", "SYN-E06")]
)
def test_the_patient_who_was_probably_meant_is_named(
    tmp_path: Path, written: str, meant: str
) -> None:
    edit = Put(VERTEBRAE, 9, "patient_id", written)
    (finding,) = check_with(tmp_path / "data", edit).findings
    assert f"Did you mean '{meant}'?" in finding.line


def test_values_are_shown_as_they_are_written(tmp_path: Path) -> None:
    checked = check_with(
        tmp_path / "data",
        Put(PATIENTS, 3, "age_years", "101,0"),
        Again(PATIENTS, 2, sex="m"),
    )
    assert [(one.rule, one.value) for one in checked.warnings] == [("KD-AGE-UNUSUAL", "101,0")]
    assert [(one.rule, one.value) for one in checked.errors] == [("KD-DUPLICATE", "m")]
