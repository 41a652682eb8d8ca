"""Reading the data set: every cell arrives, whatever program saved the file."""

import csv
import datetime as dt
import random
from pathlib import Path

import pytest

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    DistanceReference,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder

from .csv_folder import FILES, spoil, write_files

DEATH, OPERATION, SCAN = dt.date(2016, 7, 4), dt.date(2015, 7, 4), dt.date(2015, 10, 5)
UNSPECIFIED = ReportingQuantity.UNSPECIFIED
EXPECTED = Cohort(
    "small",
    dt.date(2019, 12, 31),
    True,
    "made up",
    (
        Patient("A", Sex.FEMALE, 61, "Breast cancer, ductal", DEATH, DEATH, Relatedness.UNRELATED),
        Patient("B", Sex.MALE, 70, "Sarcoma", dt.date(2016, 1, 31)),
    ),
    (
        TreatedVertebra(
            "A",
            SpinalLevel.T12,
            OPERATION,
            Prescription(8, 13, DistanceReference.ISOCENTRE, ReportingQuantity.WATER, "V4.0"),
            True,
        ),
        TreatedVertebra(
            "A",
            SpinalLevel.L1,
            OPERATION,
            Prescription(8.5, 10, DistanceReference.APPLICATOR_SURFACE, UNSPECIFIED),
            None,
            dt.date(2016, 2, 1),
        ),
        TreatedVertebra(
            "B",
            SpinalLevel.T9,
            dt.date(2015, 9, 1),
            Prescription(8, 8, DistanceReference.ISOCENTRE, UNSPECIFIED),
            False,
        ),
    ),
    (
        Visit(
            "A",
            SCAN,
            VisitKind.PLANNED,
            Modality.MRI,
            (
                LevelAssessment(SpinalLevel.T12, LocalStatus.NONE, Finding.ABSENT),
                LevelAssessment(
                    SpinalLevel.L1, LocalStatus.PROGRESSION, Finding.PRESENT, Finding.ABSENT
                ),
            ),
        ),
        Visit(
            "B",
            dt.date(2015, 12, 2),
            VisitKind.UNSCHEDULED,
            Modality.CT,
            (
                LevelAssessment(
                    SpinalLevel.T9,
                    LocalStatus.NOT_ASSESSABLE,
                    adjacent_fracture=Finding.PRESENT,
                ),
            ),
        ),
    ),
    (
        AdverseEvent(
            "A",
            dt.date(2015, 7, 5),
            "pain",
            3,
            "4.03",
            True,
            Relatedness.RELATED,
            dt.date(2015, 7, 10),
        ),
    ),
)


def test_every_cell_arrives(tmp_path: Path) -> None:
    assert read_csv_set(write_files(tmp_path)) == EXPECTED


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_line_ends_and_byte_order_mark_do_not_matter(
    tmp_path: Path, encoding: str, newline: str
) -> None:
    assert read_csv_set(write_files(tmp_path, encoding=encoding, newline=newline)) == EXPECTED


def test_letters_beyond_ascii_arrive(tmp_path: Path) -> None:
    spoil(write_files(tmp_path), "patients.csv", "Sarcoma", "Nierenzell-Ca groß")
    assert read_csv_set(tmp_path).patients[1].entity == "Nierenzell-Ca groß"


def test_blanks_around_a_cell_do_not_matter(tmp_path: Path) -> None:
    spoil(write_files(tmp_path), "patients.csv", "B,male,70", " B , male , 70 ")
    assert read_csv_set(tmp_path) == EXPECTED


@pytest.mark.parametrize("file", [name for name in FILES if name.endswith(".csv")])
def test_neither_the_order_of_rows_nor_of_columns_matters(tmp_path: Path, file: str) -> None:
    path = write_files(tmp_path) / file
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    shuffle = random.Random(5)  # noqa: S311 - an order, not a secret
    names = list(rows[0])
    shuffle.shuffle(names)
    shuffle.shuffle(rows)
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, names)
        writer.writeheader()
        writer.writerows(rows)
    assert read_csv_set(tmp_path) == EXPECTED


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_a_rewritten_copy_of_the_shipped_set_is_the_same(tmp_path: Path, quoting: int) -> None:
    shipped = dataset_folder("bludau2020")
    (tmp_path / "dataset.toml").write_bytes((shipped / "dataset.toml").read_bytes())
    for path in shipped.glob("*.csv"):
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        with (tmp_path / path.name).open("w", newline="", encoding="utf-8") as lines:
            csv.writer(lines, quoting=quoting, lineterminator="\r\n").writerows(rows)  # type: ignore[arg-type] # any quoting rule
    assert read_csv_set(tmp_path) == read_csv_set(shipped)


def test_the_shipped_set_is_marked_as_synthetic() -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    assert cohort.synthetic
    assert (len(cohort.patients), len(cohort.vertebrae)) == (104, 143)
    rows = (dataset_folder("bludau2020") / "visits.csv").read_text(encoding="utf-8").splitlines()
    assert sum(len(visit.assessments) for visit in cohort.visits) == len(rows) - 1


def test_a_set_of_real_people_is_not_synthetic(tmp_path: Path) -> None:
    spoil(write_files(tmp_path), "dataset.toml", "true", "false")
    assert not read_csv_set(tmp_path).synthetic


@pytest.mark.parametrize("file", ["visits.csv", "adverse_events.csv"])
def test_there_may_be_no_follow_up_yet(tmp_path: Path, file: str) -> None:
    path = write_files(tmp_path) / file
    path.write_text(FILES[file].splitlines()[0] + "\n", encoding="utf-8")
    cohort = read_csv_set(tmp_path)
    assert (cohort.visits if file == "visits.csv" else cohort.adverse_events) == ()


@pytest.mark.parametrize("file", [name for name in FILES if name.endswith(".csv")])
def test_a_column_of_ones_own_is_left_alone(tmp_path: Path, file: str) -> None:
    path = write_files(tmp_path) / file
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    own = [f"{header},seen_by", *(f"{row},Dr X" for row in rows)]
    path.write_text("\n".join(own) + "\n", encoding="utf-8")
    assert read_csv_set(tmp_path) == EXPECTED
