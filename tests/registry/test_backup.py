"""A restored backup has the same content, whichever engine wrote it and whichever reads it."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.registry.postgresql import new_database

from kyphort.errors import OutputError, RegistryError
from kyphort.registry import Identity, read_registry, restore

from .people import COHORT, P1, make, opened

NewPlace = Callable[[], str]


@pytest.fixture
def backup(ready: str, folder: Path) -> Path:
    with opened(ready) as registry:
        registry.add(Identity("P1", "base64:Müller"))
        registry.correct("patient", P1, {"age_years": 62}, reason="base64:")
        registry.lock("patient", P1)
        registry.erase("P2", reason="asked")
        registry.backup(folder / "backup")
    return folder / "backup"


def test_it_comes_back_whole(backup: Path, ready: str, new_place: NewPlace) -> None:
    again = new_place()
    restored = restore(backup, again)
    with opened(ready) as one, opened(again) as other:
        assert one.content() == other.content() == restored
        assert one.cohort() == other.cohort()
        assert [e.values for e in one.history("P1")] == [e.values for e in other.history("P1")]
        assert other.verify().faults == ()
        other.unlock("patient", P1, reason="goes on")
        assert other.verify().faults == ()


def test_either_engine_restores_the_other(
    backup: Path, ready: str, folder: Path, postgresql_server: str
) -> None:
    there = new_database(postgresql_server) if ready.endswith(".db") else str(folder / "there.db")
    first = restore(backup, there)
    with opened(there) as registry:
        assert registry.verify().faults == ()
        registry.backup(folder / "second")
    back = folder / "back.db"
    assert restore(folder / "second", back) == first
    assert (folder / "second").read_bytes() == backup.read_bytes()


def test_two_backups_of_one_content_are_one_file(ready: str, folder: Path) -> None:
    with opened(ready) as registry:
        registry.backup(folder / "one")
        registry.backup(folder / "two")
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()
    assert (folder / "one.vault").read_bytes() == (folder / "two.vault").read_bytes()


def test_a_backup_overwrites_nothing(backup: Path, ready: str) -> None:
    before = backup.read_bytes()
    with opened(ready) as registry, pytest.raises(OutputError, match="exists already"):
        registry.backup(backup)
    assert backup.read_bytes() == before


def test_a_restore_overwrites_nothing(backup: Path, ready: str) -> None:
    with opened(ready) as registry:
        before = registry.content()
    with pytest.raises(OutputError, match=r"exists already|holds a registry already"):
        restore(backup, ready)
    with opened(ready) as registry:
        assert registry.content() == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def altered(path: Path) -> None:
    text = (
        gzip.decompress(path.read_bytes()).replace(b"Breast", b"Broast").replace(b"null", b"nu1l")
    )
    path.write_bytes(gzip.compress(text))


def shortened(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:3])))


def foreign(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"format": "another"}\n'))


@pytest.mark.parametrize(
    "spoil", [cut, altered, shortened, foreign, Path.unlink, lambda path: path.write_text("x")]
)
@pytest.mark.parametrize("suffix", ["", ".vault"])
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_spoilt_backup_is_refused(
    backup: Path, folder: Path, spoil: Callable[[Path], None], suffix: str
) -> None:
    spoil(backup.with_name(f"backup{suffix}"))
    present = sorted(folder.iterdir())
    with pytest.raises(RegistryError, match=f"backup{suffix}"):
        restore(backup, folder / "again.db")
    assert sorted(folder.iterdir()) == present


def test_a_backup_of_the_shipped_cohort_reads_as_before(folder: Path) -> None:
    make(str(folder / "registry.db"))
    with opened(str(folder / "registry.db")) as registry:
        registry.backup(folder / "backup")
    restore(folder / "backup", folder / "again.db")
    assert read_registry(folder / "again.db") == COHORT
