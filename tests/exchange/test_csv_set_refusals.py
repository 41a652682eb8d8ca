"""A data set that cannot be right is refused with the place, the value and what is allowed."""

from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set

from .csv_folder import FILES, spoil, spoil_cell, write_files


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidDataError) as caught:
        read_csv_set(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "column", "value", "allowed"),
    [
        ("patients.csv row 3", "sex", "woman?", "female, male, diverse, unknown"),
        ("patients.csv row 3", "age_years", "seventy", "whole number"),
        ("patients.csv row 3", "age_years", "70.5", "whole number"),
        ("patients.csv row 3", "last_contact_date", "2016-02-30", "YYYY-MM-DD"),
        ("patients.csv row 3", "last_contact_date", "31.01.2016", "YYYY-MM-DD"),
        ("patients.csv row 3", "death_date", "dead", "YYYY-MM-DD"),
        ("patients.csv row 3", "death_relatedness", "maybe", "unrelated, related, unknown"),
        ("vertebrae.csv row 4", "level", "L7", "L"),
        ("vertebrae.csv row 3", "procedure_date", "2015-13-04", "YYYY-MM-DD"),
        ("vertebrae.csv row 2", "dose_gy", "eight", "number"),
        ("vertebrae.csv row 2", "distance_mm", "13 mm", "number"),
        ("vertebrae.csv row 2", "distance_reference", "centre", "isocentre, applicator_surface"),
        ("vertebrae.csv row 2", "reporting_quantity", "bone", "water, medium, water_in_medium"),
        ("vertebrae.csv row 2", "preexisting_fracture", "perhaps", "yes, no"),
        ("vertebrae.csv row 3", "retreatment_date", "later", "YYYY-MM-DD"),
        ("visits.csv row 2", "visit_date", "soon", "YYYY-MM-DD"),
        ("visits.csv row 2", "kind", "chance", "planned, unscheduled"),
        ("visits.csv row 2", "modality", "ultrasound", "CT, MRI, none"),
        ("visits.csv row 4", "level", "vertebra", "T"),
        ("visits.csv row 2", "local_status", "worse", "none, progression, indeterminate"),
        ("visits.csv row 2", "new_fracture", "two", "absent, present, not_assessed"),
        ("visits.csv row 2", "adjacent_fracture", "two", "absent, present, not_assessed"),
        ("adverse_events.csv row 2", "onset_date", "today", "YYYY-MM-DD"),
        ("adverse_events.csv row 2", "ctcae_grade", "severe", "whole number"),
        ("adverse_events.csv row 2", "serious", "perhaps", "yes"),
        ("adverse_events.csv row 2", "relatedness", "probably", "unrelated, related, unknown"),
        ("adverse_events.csv row 2", "resolved_date", "never", "YYYY-MM-DD"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_named(
    tmp_path: Path, place: str, column: str, value: str, allowed: str
) -> None:
    file, _, row = place.split()
    spoil_cell(write_files(tmp_path), file, int(row), column, value)
    message = refusal(tmp_path)
    assert message.startswith(f"{place}, ")
    for part in (column, f"'{value}'", allowed):
        assert part in message


@pytest.mark.parametrize(
    ("file", "row", "column"),
    [
        ("patients.csv", 3, "patient_id"),
        ("patients.csv", 3, "sex"),
        ("patients.csv", 3, "age_years"),
        ("patients.csv", 3, "entity"),
        ("patients.csv", 3, "last_contact_date"),
        ("vertebrae.csv", 2, "level"),
        ("vertebrae.csv", 2, "procedure_date"),
        ("vertebrae.csv", 2, "dose_gy"),
        ("visits.csv", 2, "visit_date"),
        ("visits.csv", 2, "local_status"),
        ("adverse_events.csv", 2, "term"),
        ("adverse_events.csv", 2, "ctcae_grade"),
    ],
)
def test_a_cell_that_must_be_filled_is_named(
    tmp_path: Path, file: str, row: int, column: str
) -> None:
    spoil_cell(write_files(tmp_path), file, row, column, "")
    message = refusal(tmp_path)
    assert message.startswith(f"{file} row {row}, ")
    assert column in message


@pytest.mark.parametrize("file", list(FILES))
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    (write_files(tmp_path) / file).unlink()
    message = refusal(tmp_path)
    assert file in message
    assert "missing" in message or "no such file" in message


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("patients.csv", "last_contact_date"),
        ("vertebrae.csv", "dose_gy"),
        ("visits.csv", "local_status"),
        ("adverse_events.csv", "serious"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, file: str, column: str) -> None:
    spoil(write_files(tmp_path), file, column, "something_else")
    message = refusal(tmp_path)
    assert message.startswith(file)
    assert column in message


def test_a_workbook_is_refused(tmp_path: Path) -> None:
    (write_files(tmp_path) / "patients.csv").write_bytes(b"PK\x03\x04\x14\0\x06\0\xff\xfe")
    message = refusal(tmp_path)
    assert "patients.csv" in message
    assert "UTF-8" in message


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('name = "small"', "", ["name", "missing"]),
        ('name = "small"', "name = 7", ["name", "7", "a text"]),
        ("synthetic = true", "", ["synthetic", "missing"]),
        ("synthetic = true", 'synthetic = "yes"', ["synthetic", "yes", "true or false"]),
        ('provenance = "made up"', "", ["provenance", "missing"]),
        ("2019-12-31", '"31.12.2019"', ["data_cut_off", "31.12.2019", "YYYY-MM-DD"]),
        ("2019-12-31", "2019", ["data_cut_off", "2019", "YYYY-MM-DD"]),
        ("data_cut_off = 2019-12-31", "", ["data_cut_off", "missing"]),
        ("data_cut_off =", "data_cut_off", ["TOML", "line 2"]),
    ],
)
def test_a_faulty_description_is_refused(
    tmp_path: Path, old: str, new: str, parts: list[str]
) -> None:
    spoil(write_files(tmp_path), "dataset.toml", old, new)
    message = refusal(tmp_path)
    assert "dataset.toml" in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("file", "old", "new", "parts"),
    [
        ("visits.csv", "B,2015-12-02", "C,2015-12-02", ["C"]),
        ("visits.csv", "CT,T9", "CT,T10", ["T10"]),
        ("visits.csv", "MRI,L1", "MRI,T12", ["T12"]),
        ("vertebrae.csv", "B,T9", "A,T9", ["B"]),
        ("vertebrae.csv", "A,L1", "A,T12", ["T12"]),
        ("patients.csv", "B,male", "A,male", ["A"]),
        ("patients.csv", "2016-01-31", "2020-01-01", ["2020-01-01", "2019-12-31"]),
        ("patients.csv", "B,male,70", "B,male,170", ["170", "0 to 120"]),
        ("vertebrae.csv", "8,13", "-8,13", ["-8", "dose_gy"]),
        ("vertebrae.csv", "8,13", "8,inf", ["inf", "distance_mm"]),
        ("adverse_events.csv", "pain,3", "pain,6", ["6", "1 to 5"]),
    ],
)
def test_rows_that_contradict_each_other_are_refused(
    tmp_path: Path, file: str, old: str, new: str, parts: list[str]
) -> None:
    spoil(write_files(tmp_path), file, old, new)
    message = refusal(tmp_path)
    for part in parts:
        assert part in message
