"""Writing is the exact inverse of reading."""

import datetime as dt
import runpy
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given

from kyphort.clinical import Cohort, Patient, Prescription, Sex, SpinalLevel, TreatedVertebra
from kyphort.errors import InvalidDataError, OutputError
from kyphort.exchange.csv_set import check_csv_set, read_csv_set, write_csv_set
from kyphort.exchange.csv_set.template import example_files
from kyphort.published import dataset_folder

from .planting import copy_example

# The folders of the tests are packages apart from each other.
COHORTS = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "strategies.py"))["cohorts"]


def tidy(text: str) -> str:
    """Return the text without what a table does not hold."""
    return "".join(one for one in text if one.isprintable() or ord(one) >= 160).strip() or "x"


def tidied(cohort: Cohort) -> Cohort:
    """Return the cohort with its texts as a careful clerk would have written them."""
    return replace(
        cohort,
        name=tidy(cohort.name),
        provenance=tidy(cohort.provenance),
        patients=tuple(
            replace(one, patient_id=tidy(one.patient_id), entity=tidy(one.entity))
            for one in cohort.patients
        ),
        vertebrae=tuple(
            replace(
                one,
                patient_id=tidy(one.patient_id),
                prescription=replace(
                    one.prescription,
                    calibration_dataset=tidy(one.prescription.calibration_dataset),
                ),
            )
            for one in cohort.vertebrae
        ),
        visits=tuple(replace(one, patient_id=tidy(one.patient_id)) for one in cohort.visits),
        adverse_events=tuple(
            replace(
                one,
                patient_id=tidy(one.patient_id),
                term=f"{index} {tidy(one.term)}",
                ctcae_version=tidy(one.ctcae_version),
            )
            for index, one in enumerate(cohort.adverse_events)
        ),
    )


@given(COHORTS())
def test_what_was_written_is_read_again(cohort: Cohort) -> None:
    names = {tidy(one.patient_id) for one in cohort.patients}
    assume(cohort.patients and len(names) == len(cohort.patients))
    tidy_cohort = tidied(cohort)
    with tempfile.TemporaryDirectory() as home:
        write_csv_set(tidy_cohort, Path(home) / "export")
        checked = check_csv_set(Path(home) / "export")
        assert checked.errors == ()
        assert checked.notes == ()
        assert checked.cohort == tidy_cohort


@given(COHORTS())
def test_whatever_is_written_comes_back_or_is_refused(cohort: Cohort) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "export"
        try:
            write_csv_set(cohort, folder)
        except InvalidDataError:
            assert not folder.exists()
        else:
            assert read_csv_set(folder) == cohort


def test_the_shipped_set_comes_back(tmp_path: Path) -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    write_csv_set(cohort, tmp_path / "export")
    checked = check_csv_set(tmp_path / "export")
    assert checked.findings == ()
    assert checked.cohort == cohort


def test_the_example_is_written_as_it_was_read(tmp_path: Path) -> None:
    write_csv_set(
        read_csv_set(copy_example(tmp_path / "data", with_optional=True)), tmp_path / "export"
    )
    for name, text in example_files().items():
        written = (tmp_path / "export" / name).read_bytes().decode()
        if name.endswith(".csv"):
            assert written == text


def one_patient(**changes: str) -> Cohort:
    day = dt.date(2015, 7, 4)
    texts = {"patient_id": "A", "entity": "Sarcoma", "name": "one", "provenance": "made up"}
    texts |= changes
    return Cohort(
        texts["name"],
        day,
        True,
        texts["provenance"],
        (Patient(texts["patient_id"], Sex.MALE, 61, texts["entity"], day),),
        (TreatedVertebra(texts["patient_id"], SpinalLevel.L1, day, Prescription(8, 13)),),
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("patient_id", " A"),
        ("entity", "Sarcoma\t"),
        ("entity", "a\x07b"),
        ("entity", "\ud800"),
        ("entity", "x" * 1001),
        ("name", " "),
        ("provenance", ""),
        ("provenance", "\udfff"),
    ],
)
def test_a_text_that_would_not_come_back_is_refused(tmp_path: Path, field: str, text: str) -> None:
    with pytest.raises(InvalidDataError):
        write_csv_set(one_patient(**{field: text}), tmp_path / "export")
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize(
    "text", ['"', "a,b", "a\nb", "a\rb", "a;b", "'", "\x7f\\"[1:], "=1+1", "ß"]
)
def test_awkward_texts_come_back(tmp_path: Path, text: str) -> None:
    cohort = one_patient(entity=text, name=text, provenance=f"{text}\x7f\t")
    write_csv_set(cohort, tmp_path / "export")
    assert read_csv_set(tmp_path / "export") == cohort


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(OutputError, match=r"letter\.txt"):
        write_csv_set(one_patient(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(OutputError, match="cannot be written"):
        write_csv_set(one_patient(), tmp_path / "letter.txt" / "export")
