"""The file itself: strict tables, marked, complete or absent."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kyphort.registry.schema import SCHEMA_VERSION, metadata

from kyphort.clinical import Cohort
from kyphort.errors import KyphortError, OutputError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.registry import create_registry

COHORT = read_csv_set(dataset_folder("bludau2020"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_registry(tmp_path / "registry.db", COHORT)
    return tmp_path / "registry.db"


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_file_says_what_it_is(path: Path) -> None:
    assert path.read_bytes()[68:72] == b"kyor"
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_every_table_is_strict(path: Path) -> None:
    strict = {
        name: bool(is_strict)
        for _, name, kind, _, _, is_strict in ask(path, "PRAGMA table_list")
        if kind == "table" and not name.startswith("sqlite_")
    }
    assert strict == dict.fromkeys(metadata.tables, True)
    assert len(strict) == 6


@pytest.mark.parametrize(
    ("table", "targets"),
    [
        ("vertebra", {"patient"}),
        ("visit", {"patient"}),
        ("assessment", {"visit", "vertebra"}),
        ("adverse_event", {"patient"}),
    ],
)
def test_rows_point_to_their_owner(path: Path, table: str, targets: set[str]) -> None:
    assert {row[2] for row in ask(path, f"PRAGMA foreign_key_list({table})")} == targets


def test_the_file_is_whole(path: Path) -> None:
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_one_row_for_each_value(path: Path) -> None:
    readings = sum(len(visit.assessments) for visit in COHORT.visits)
    counts = {name: ask(path, f"SELECT count(*) FROM {name}")[0][0] for name in metadata.tables}  # noqa: S608 - names of our own tables
    assert counts == {
        "dataset": 1,
        "patient": len(COHORT.patients),
        "vertebra": len(COHORT.vertebrae),
        "visit": len(COHORT.visits),
        "assessment": readings,
        "adverse_event": len(COHORT.adverse_events),
    }


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO dataset VALUES (2, 'x', '2019-12-31', 1, 'x')",
        "UPDATE dataset SET synthetic = 2",
        "UPDATE patient SET age_years = 121",
        "UPDATE patient SET age_years = 'old'",
        "UPDATE patient SET sex = NULL",
        "UPDATE vertebra SET dose_gy = 0",
        "UPDATE vertebra SET distance_mm = -1",
        "UPDATE visit SET pain_nrs = 11",
        "UPDATE adverse_event SET ctcae_grade = 6",
        "DELETE FROM patient",
        "DELETE FROM visit",
        "UPDATE vertebra SET patient_id = 'nobody'",
    ],
)
def test_the_tables_refuse_what_cannot_be_right(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(change)


def test_nothing_but_the_registry_is_left_behind(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]


def test_a_file_in_the_way_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"registry\.db exists already"):
        create_registry(path, COHORT)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registry.db").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        create_registry(tmp_path / "registry.db", COHORT)


@pytest.mark.parametrize("parent", ["absent", "file"])
def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=f"{parent} cannot be written to"):
        create_registry(tmp_path / parent / "registry.db", COHORT)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    # A lone surrogate cannot be encoded, and adverse events are the last table to be written.
    event = COHORT.adverse_events[0]
    broken = type(event)(
        event.patient_id,
        event.onset_date,
        "\ud800",
        event.ctcae_grade,
        event.ctcae_version,
        event.serious,
        event.relatedness,
    )
    cohort = Cohort(
        COHORT.name,
        COHORT.data_cut_off,
        COHORT.synthetic,
        COHORT.provenance,
        COHORT.patients,
        COHORT.vertebrae,
        COHORT.visits,
        (broken,),
    )
    with pytest.raises((KyphortError, UnicodeEncodeError)):
        create_registry(tmp_path / "registry.db", cohort)
    assert not list(tmp_path.iterdir())
