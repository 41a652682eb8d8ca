"""What is not a registry, or no longer one, is told apart and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError, RegistryError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.registry import create_registry, read_registry

COHORT = read_csv_set(dataset_folder("bludau2020"))


@pytest.fixture
def path(folder: Path) -> Path:
    create_registry(folder / "registry.db", COHORT)
    return folder / "registry.db"


def edit(path: Path, *statements: str) -> None:
    """Change a registry behind its back, as another program might."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)


def test_a_missing_file_is_not_created(folder: Path) -> None:
    with pytest.raises(RegistryError, match="no registry file"):
        read_registry(folder / "absent.db")
    assert not list(folder.iterdir())


def test_a_folder_is_no_registry(folder: Path) -> None:
    with pytest.raises(RegistryError, match="no registry file"):
        read_registry(folder)


@pytest.mark.parametrize("content", [b"", b"patient_id,sex\n" * 50, b"SQLite format 3\0" * 9])
def test_another_kind_of_file_is_no_registry(folder: Path, content: bytes) -> None:
    path = folder / "some.db"
    path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"some\.db is not a kyphort registry"):
        read_registry(path)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_no_registry(folder: Path) -> None:
    edit(folder / "other.db", "CREATE TABLE t (x)", "PRAGMA application_id = 252006675")
    with pytest.raises(RegistryError, match="its SQLite application id is 252006675"):
        read_registry(folder / "other.db")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_file_is_refused(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(RegistryError, match=r"registry\.db"):
        read_registry(path)


def test_an_emptied_description_is_refused(path: Path) -> None:
    edit(path, "DELETE FROM dataset")
    with pytest.raises(RegistryError, match="the table 'dataset' is empty"):
        read_registry(path)


def test_a_missing_table_is_refused(path: Path) -> None:
    edit(path, "DROP TABLE adverse_event")
    with pytest.raises(RegistryError, match=r"cannot be read \(OperationalError: no such table"):
        read_registry(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE patient SET sex = 'F' WHERE patient_id = 'SYN-P001'",
            "'F' where a Sex is expected. Allowed: female, male, diverse, unknown",
        ),
        (
            "UPDATE adverse_event SET relatedness = 'perhaps'",
            "'perhaps' where a Relatedness is expected. Allowed: unrelated, related, unknown",
        ),
        (
            "UPDATE patient SET last_contact_date = '04.07.2015' WHERE patient_id = 'SYN-P001'",
            r"'04\.07\.2015' where a date is expected. Allowed: YYYY-MM-DD",
        ),
        (
            "UPDATE visit SET modality = 'PET' WHERE patient_id = 'SYN-P001'",
            "'PET' where a Modality is expected. Allowed: CT, MRI, none",
        ),
        (
            "UPDATE patient SET age_years = 300 WHERE patient_id = 'SYN-P001'",
            "SYN-P001: age_years is 300",
        ),
        ("UPDATE vertebra SET dose_gy = -8 WHERE patient_id = 'SYN-P001'", "dose_gy -8"),
        ("UPDATE visit SET pain_nrs = 11 WHERE patient_id = 'SYN-P001'", "pain score is 11"),
        (
            "DELETE FROM patient WHERE patient_id = 'SYN-P001'",
            "belongs to patient SYN-P001, who is not among",
        ),
        (
            "UPDATE dataset SET data_cut_off = '2010-01-01'",
            "Allowed: .* to 2010-01-01. Correct the date",
        ),
    ],
)
def test_a_wrong_entry_is_named(path: Path, change: str, sentence: str) -> None:
    edit(path, change)
    with pytest.raises(InvalidDataError, match=sentence):
        read_registry(path)


def test_reading_changes_nothing(path: Path) -> None:
    before = {one: one.read_bytes() for one in path.parent.iterdir()}
    read_registry(path)
    assert {one: one.read_bytes() for one in path.parent.iterdir()} == before
