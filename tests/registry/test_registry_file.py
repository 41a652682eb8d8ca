"""The file itself: marked, complete or absent, in clear words when it cannot be written."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kyphort.clinical import Cohort
from kyphort.errors import KyphortError, OutputError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.registry import create_registry, migrate, open_registry, read_registry

COHORT = read_csv_set(dataset_folder("bludau2020"))


@pytest.fixture
def path(folder: Path) -> Path:
    create_registry(folder / "registry.db", COHORT)
    return folder / "registry.db"


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_the_file_says_what_it_is(path: Path) -> None:
    assert path.read_bytes()[68:72] == b"kyor"
    assert ask(path, "PRAGMA user_version") == [(int(migrate.NEWEST),)]


def test_nothing_but_the_registry_is_left_behind(path: Path) -> None:
    assert sorted(path.parent.iterdir()) == [path, path.with_name("registry.vault.db")]


def test_a_file_in_the_way_is_refused_and_untouched(folder: Path) -> None:
    path = folder / "registry.db"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"registry\.db exists already"):
        create_registry(path, COHORT)
    assert path.read_text() == "mine"
    assert list(folder.iterdir()) == [path]


def test_a_folder_in_the_way_is_refused(folder: Path) -> None:
    (folder / "registry.db").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        create_registry(folder / "registry.db", COHORT)


@pytest.mark.parametrize("parent", ["absent", "file"])
def test_a_place_that_cannot_hold_a_file_is_refused(folder: Path, parent: str) -> None:
    (folder / "file").write_text("mine")
    with pytest.raises(OutputError, match=f"{parent} cannot be written to"):
        create_registry(folder / parent / "registry.db", COHORT)
    assert [one.name for one in folder.iterdir()] == ["file"]
    assert (folder / "file").read_text() == "mine"


def test_a_failure_half_way_leaves_nothing(folder: Path) -> None:
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
        create_registry(folder / "registry.db", cohort)
    assert not list(folder.iterdir())


def test_a_vault_in_the_way_is_refused(folder: Path) -> None:
    (folder / "registry.vault.db").write_text("keys")
    with pytest.raises(OutputError, match=r"vault of a registry that is not here any more"):
        create_registry(folder / "registry.db", COHORT)
    assert (folder / "registry.vault.db").read_text() == "keys"


FILL_UP = """
import resource, signal, sys
from kyphort.clinical import Modality, Visit, VisitKind
from kyphort.errors import OutputError
from kyphort.registry import open_registry
import datetime as dt

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
acknowledged = 0
with open_registry(sys.argv[1]) as registry:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        for day in range(5_000):
            date = dt.date(2015, 7, 5) + dt.timedelta(day % 360)
            registry.correct(
                "patient", ("SYN-P001",), {"entity": f"entity {day} {'x' * 900}"}, reason="fill"
            )
            acknowledged += 1
    except OutputError as error:
        print(acknowledged, error)
"""


def test_a_full_disk_is_said_and_loses_nothing(path: Path) -> None:
    # The log of changes may grow to a size and no further, as on a full disk.
    limit = path.stat().st_size + 100_000
    run = subprocess.run(
        [sys.executable, "-c", FILL_UP, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    acknowledged, _, sentence = run.stdout.partition(" ")
    assert "there is no space left. Nothing was changed; free some space" in sentence
    assert int(acknowledged) > 3
    with open_registry(path) as registry:
        assert registry.verify().faults == ()
        last = registry.history("SYN-P001")[-1]
        assert last.values is not None
        assert last.values.new is not None
        assert str(last.values.new["entity"]).startswith(f"entity {int(acknowledged) - 1} ")


@contextmanager
def nobody() -> Iterator[None]:
    """Act without root's right to write everywhere."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_folder_that_is_read_only_is_said(path: Path) -> None:
    for one in path.parent.iterdir():
        one.chmod(0o444)
    path.parent.chmod(0o555)
    for outer in path.parent.parents:
        if outer.stat().st_uid == os.geteuid() and outer.name.startswith("pytest"):
            outer.chmod(0o755)
    before = {one: one.read_bytes() for one in path.parent.iterdir()}
    try:
        with nobody():
            assert read_registry(path) == COHORT
            with open_registry(path, must_write=False) as registry:
                assert registry.verify().faults == ()
            with (
                open_registry(path) as registry,
                pytest.raises(
                    OutputError, match=r"cannot be written\. Nothing was changed; check the rights"
                ),
            ):
                registry.correct("patient", ("SYN-P001",), {"age_years": 3}, reason="x")
            with pytest.raises(OutputError, match="cannot be written to"):
                create_registry(path.with_name("new.db"), COHORT)
    finally:
        path.parent.chmod(0o755)
    assert {one: one.read_bytes() for one in path.parent.iterdir()} == before
