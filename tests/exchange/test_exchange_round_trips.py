"""What is exported comes back as it was, or the format is said not to hold it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from kyphort.clinical import Cohort
from kyphort.clinical.records import RECORDS
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.csv_set.columns import CSV_FILES
from kyphort.exchange.mapping import apply_mapping, read_mapping
from kyphort.exchange.redcap import read_dictionary, read_exports, redcap_files
from kyphort.exchange.statistics_files import (
    Program,
    Written,
    read_statistics_files,
    write_statistics_files,
)
from kyphort.published import dataset_folder

from .foreign import STRATEGIES, example_cohort
from .test_csv_set_round_trip import tidied, tidy


def written_by_a_clerk(cohort: Cohort) -> Cohort:
    """Return the cohort with texts that a table holds; patients must stay different."""
    names = {tidy(one.patient_id) for one in cohort.patients}
    assume(cohort.patients and len(names) == len(cohort.patients))
    return tidied(cohort)


def through_redcap(cohort: Cohort, folder: Path) -> Cohort | None:
    for name, text in redcap_files(cohort).items():
        (folder / name).write_bytes(text.encode())
    source = read_exports([folder / "records.csv"], read_dictionary(folder / "data_dictionary.csv"))
    done = apply_mapping(source, read_mapping(folder / "map.toml"))
    assert not done.reconciliation.errors, [one.line for one in done.reconciliation.errors]
    return done.cohort


def through_files(cohort: Cohort, folder: Path, program: Program) -> tuple[Cohort | None, Written]:
    written = write_statistics_files(cohort, folder, program)
    source = read_statistics_files(sorted(folder.glob(f"*.{program}")), trusted=True)
    done = apply_mapping(source, read_mapping(folder / "map.toml"))
    return done.cohort, written


def cohorts() -> dict[str, Cohort]:
    with tempfile.TemporaryDirectory() as home:
        example = example_cohort(Path(home) / "example")
    return {"published": read_csv_set(dataset_folder("bludau2020")), "example": example}


COHORTS = cohorts()


def test_the_example_has_every_kind_of_record() -> None:
    absent = {one.name for one in RECORDS if not one.within and not COHORTS["example"].records(one)}
    assert absent <= {"eligibility_entry"}
    assert len(CSV_FILES) == len([one for one in RECORDS if not one.within])


@pytest.mark.parametrize("name", COHORTS)
def test_redcap_and_back(name: str, tmp_path: Path) -> None:
    assert through_redcap(COHORTS[name], tmp_path) == COHORTS[name]


@pytest.mark.parametrize("program", Program)
@pytest.mark.parametrize("name", COHORTS)
def test_statistics_files_and_back(name: str, program: Program, tmp_path: Path) -> None:
    again, written = through_files(COHORTS[name], tmp_path, program)
    assert again == COHORTS[name]
    assert not [one for one in written.not_held if one.what == "value"]


@given(STRATEGIES["cohorts"]())
@settings(max_examples=30)
def test_any_cohort_goes_through_redcap(cohort: Cohort) -> None:
    clean = written_by_a_clerk(cohort)
    with tempfile.TemporaryDirectory() as home:
        assert through_redcap(clean, Path(home)) == clean


@given(STRATEGIES["cohorts"]())
@settings(max_examples=25)
def test_any_cohort_goes_through_spss(cohort: Cohort) -> None:
    clean = written_by_a_clerk(cohort)
    with tempfile.TemporaryDirectory() as home:
        again, written = through_files(clean, Path(home), Program.SPSS)
        lost = [one for one in written.not_held if one.what == "value"]
        assert (again == clean) == (not lost)
        # SPSS takes the largest and the smallest number of all for signs of its own.
        assert all(abs(float(one.before)) > 1.79e308 for one in lost)


@given(STRATEGIES["cohorts"]())
@settings(max_examples=15)
def test_what_sas_does_not_hold_is_listed(cohort: Cohort) -> None:
    clean = written_by_a_clerk(cohort)
    with tempfile.TemporaryDirectory() as home:
        again, written = through_files(clean, Path(home), Program.SAS)
        lost = [one for one in written.not_held if one.what == "value"]
        assert again == clean or lost
