"""The tables: what the migrations make is what the records declare, from whatever version on."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from kyphort.clinical.records import RECORDS
from kyphort.errors import RegistryError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.registry import migrate, open_registry, read_registry, renew
from kyphort.registry.place import place_of
from kyphort.registry.rows import SHAPES
from kyphort.registry.tables import metadata

from .behind import edit
from .people import opened

HERE = Path(__file__).parent
EXAMPLE = HERE / "version1"
"""The data set that the registry of version 1 was made from."""


def test_the_migrations_make_what_the_records_declare(ready: str) -> None:
    with opened(ready) as registry, registry.reading() as connection:
        found = inspect(connection)
        made = set(found.get_table_names()) | set(found.get_table_names(schema="vault"))
        assert made - {"alembic_version"} == {one.name for one in metadata.tables.values()}
        for table in metadata.tables.values():
            columns = {one["name"]: one for one in found.get_columns(table.name, table.schema)}
            assert set(columns) == set(table.columns.keys()), table.name
            for column in table.columns:
                one = columns[column.name]
                assert one["nullable"] == column.nullable, column
                assert one["type"].python_type is column.type.python_type, column
            key = found.get_pk_constraint(table.name, table.schema)["constrained_columns"]
            assert key == [one.name for one in table.primary_key.columns], table.name


@pytest.mark.parametrize("name", [one.name for one in RECORDS if one.parent])
def test_each_row_points_to_its_owner(ready: str, name: str) -> None:
    with opened(ready) as registry, registry.reading() as connection:
        keys = inspect(connection).get_foreign_keys(name)
    owners = {one["referred_table"]: tuple(one["constrained_columns"]) for one in keys}
    assert owners == {parent: SHAPES[parent].key for parent in SHAPES[name].parents}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_table_is_strict_and_the_log_is_on(ready: str) -> None:
    for path in (ready, ready.replace(".db", ".vault.db")):
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("PRAGMA table_list").fetchall()
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        strict = {
            name: is_strict
            for _, name, kind, _, _, is_strict in tables
            if kind == "table" and not name.startswith(("sqlite_", "alembic_"))
        }
        assert strict == dict.fromkeys(strict, 1)
        assert strict


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO dataset (id, name, data_cut_off, synthetic, provenance)"
        " VALUES (2, 'x', '2019-12-31', 1, 'x')",
        "UPDATE dataset SET synthetic = 2",
        "UPDATE patient SET age_years = 121",
        "UPDATE patient SET age_years = 'old'",
        "UPDATE patient SET sex = NULL",
        "UPDATE vertebra SET dose_gy = 0",
        "UPDATE vertebra SET distance_mm = -1",
        "UPDATE visit SET pain_nrs = 11",
        "DELETE FROM patient",
        "DELETE FROM visit",
        "UPDATE vertebra SET patient_id = 'nobody'",
        "INSERT INTO delivery (patient_id, level, delivered, source_serial, applicator_serial,"
        " planned_s) VALUES ('P1', 'T12', 1, '', '', 0)",
        "INSERT INTO baseline (patient_id, level, sins_total) VALUES ('P1', 'T12', 19)",
        "INSERT INTO baseline (patient_id, level) VALUES ('P1', 'T4')",
    ],
)
def test_the_tables_refuse_what_cannot_be_right(ready: str, change: str) -> None:
    import psycopg

    allowed = (sqlite3.IntegrityError, psycopg.errors.IntegrityError, psycopg.errors.DataError)
    first = "PRAGMA foreign_keys = ON" if ready.endswith(".db") else "SELECT 1"
    with pytest.raises(allowed):
        edit(ready, first, change, guarded=True)


@pytest.fixture
def version_1(folder: Path) -> Path:
    """Give the registry file that kyphort 0.1.0 wrote."""
    with closing(sqlite3.connect(folder / "old.db")) as connection:
        connection.executescript((HERE / "version1.sql").read_text(encoding="utf-8"))
    return folder / "old.db"


def test_an_older_registry_asks_to_be_renewed(version_1: Path) -> None:
    with pytest.raises(RegistryError, match=r"tables of version 1.*kyphort registry migrate"):
        read_registry(version_1)


def test_a_renewed_registry_has_its_rows_and_a_trail(version_1: Path) -> None:
    assert renew(version_1, who="anna") == ("0001", migrate.NEWEST)
    assert read_registry(version_1) == read_csv_set(EXAMPLE)
    with open_registry(version_1) as registry:
        assert registry.verify().faults == ()
        event = registry.history("SYN-E01")[0]
        assert (event.entry.who, event.entry.action) == ("anna", "adopt")
        registry.correct("patient", ("SYN-E01",), {"age_years": 64}, reason="x", version=1)
        assert registry.verify().faults == ()
    assert renew(version_1) == (migrate.NEWEST, migrate.NEWEST)


def test_a_renewal_that_fails_changes_nothing(
    version_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with closing(sqlite3.connect(version_1)) as connection:
        before = list(connection.iterdump())
    monkeypatch.setattr("kyphort.registry.making.append", fail)
    with pytest.raises(Exception, match="no space left"):
        renew(version_1)
    monkeypatch.undo()
    with closing(sqlite3.connect(version_1)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert list(connection.iterdump()) == before
    renew(version_1)
    with open_registry(version_1) as registry:
        assert registry.verify().faults == ()


@pytest.mark.parametrize("kept", ["data", "vault"])
def test_a_renewal_of_which_only_one_file_was_committed_is_made_good(
    version_1: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    vault = place_of(version_1).vault_path
    older = vault if kept == "data" else version_1
    copy = version_1.with_name("copy")
    step = migrate.migrate_data

    def copied_first(connection: Connection) -> None:
        with closing(sqlite3.connect(older)) as now, closing(sqlite3.connect(copy)) as there:
            now.backup(there)
        step(connection)

    monkeypatch.setattr(migrate, "migrate_data", copied_first)
    renew(version_1)
    monkeypatch.undo()
    for end in ("-wal", "-shm"):
        older.with_name(older.name + end).unlink(missing_ok=True)
    copy.replace(older)
    renew(version_1)
    with open_registry(version_1) as registry:
        assert registry.verify().faults == ()
        assert registry.cohort() == read_csv_set(EXAMPLE)


def test_a_newer_registry_is_left_alone(ready: str) -> None:
    if ready.endswith(".db"):
        edit(ready, "PRAGMA user_version = 99")
    else:
        edit(ready, "UPDATE alembic_version SET version_num = '0099'")
    do: Callable[[str], object]
    for do in (read_registry, open_registry, renew):
        with pytest.raises(RegistryError, match=r"tables of version 99; .*reads version 3"):
            do(ready)
