"""Identities and keys live apart; a power cut between two files mends itself."""

import datetime as dt
import gzip
import shutil
from pathlib import Path

import pytest

from kyphort.errors import RegistryError
from kyphort.registry import Identity, init_registry, open_registry, read_registry

from .behind import ask, edit
from .people import ANNA, COHORT, P1, VERTEBRAE, make, opened

CANARY = Identity("P1", "Zyxwvut", "Qanary", dt.date(1911, 11, 11), "H-987123", "0621 555")
SECRETS = ("Zyxwvut", "Qanary", "1911-11-11", "H-987123", "0621 555")


def test_no_identity_leaves_the_vault(folder: Path) -> None:
    place = folder / "registry.db"
    make(str(place))
    with opened(str(place)) as registry:
        registry.add(CANARY, reason="told by Qanary")
        registry.correct("identity", P1, {"contact": "0621 556"}, reason="Zyxwvut moved")
        registry.backup(folder / "backup")
    data = place.read_bytes() + gzip.decompress((folder / "backup").read_bytes())
    vault = (folder / "registry.vault.db").read_bytes()
    for secret in SECRETS:
        assert secret.encode() not in data
    assert b"Zyxwvut" in vault


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_no_identity_leaves_the_schema(place: str) -> None:
    make(place)
    with opened(place) as registry:
        registry.add(CANARY, reason="told by Qanary")
    tables = ask(
        place, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for (table,) in tables:
        text = str(ask(place, f"SELECT * FROM {table}"))  # noqa: S608
        assert not [secret for secret in SECRETS if secret in text]
    assert ask(place, "SELECT family_name FROM vault.identity") == [("Zyxwvut",)]


def test_an_erased_identity_is_gone_from_the_file(folder: Path) -> None:
    place = folder / "registry.db"
    make(str(place))
    with opened(str(place)) as registry:
        registry.add(CANARY)
        key = ask(str(place), "SELECT secret FROM vault.patient_key WHERE patient_id = 'P1'")[0][0]
        registry.erase("P1", reason="asked")
    assert isinstance(key, bytes)
    left = b"".join(one.read_bytes() for one in folder.iterdir())
    assert key not in left
    for secret in SECRETS:
        assert secret.encode() not in left
    assert b"Breast cancer" not in left


def test_the_files_are_for_their_owner(folder: Path) -> None:
    make(str(folder / "registry.db"))
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}


def test_a_copy_without_vault_is_read_but_not_changed(folder: Path) -> None:
    place = folder / "registry.db"
    make(str(place))
    shutil.copyfile(place, folder / "copy.db")
    assert read_registry(folder / "copy.db") == COHORT
    with pytest.raises(RegistryError, match=r"vault .*copy\.vault\.db is missing"):
        open_registry(folder / "copy.db")
    with open_registry(folder / "copy.db", must_write=False) as registry:
        found = registry.verify()
        assert (found.is_sound, found.has_vault) == (True, False)
        assert [one.values for one in registry.history("P1")] == [None] * 6


def test_the_vault_of_another_registry_is_refused(folder: Path) -> None:
    one, other = folder / "one.db", folder / "other.db"
    make(str(one))
    make(str(other))
    shutil.copyfile(folder / "other.vault.db", folder / "one.vault.db")
    with opened(str(one)) as registry:
        with pytest.raises(RegistryError, match="vault belongs to another registry"):
            registry.correct("patient", P1, {"age_years": 60}, reason="x")
        assert "vault belongs to another registry" in " ".join(registry.verify().faults)


def test_older_data_beside_a_newer_vault_are_refused(folder: Path) -> None:
    place = folder / "registry.db"
    make(str(place))
    shutil.copyfile(place, folder / "old")
    with opened(str(place)) as registry:
        registry.correct("patient", P1, {"age_years": 60}, reason="x")
    shutil.copyfile(folder / "old", place)
    with opened(str(place)) as registry, pytest.raises(RegistryError, match="entries were lost"):
        registry.correct("patient", P1, {"age_years": 59}, reason="x")


@pytest.mark.parametrize("change", ["add", "correct", "remove", "erase"])
def test_a_vault_that_a_power_cut_left_behind_catches_up(folder: Path, change: str) -> None:
    place, vault = folder / "registry.db", folder / "registry.vault.db"
    init_registry(place, "Two", "made up", synthetic=True, cut_off=COHORT.data_cut_off)
    with opened(str(place)) as registry:
        registry.add(ANNA, *VERTEBRAE[:2])
        if change != "add":
            registry.add(CANARY)
    before = vault.read_bytes()
    with opened(str(place)) as registry:
        match change:
            case "add":
                registry.add(CANARY)
            case "correct":
                registry.correct("identity", P1, {"contact": None}, reason="x")
            case "remove":
                registry.remove("identity", P1, reason="x")
            case _:
                registry.erase("P1", reason="x")
        after = registry.content()
    # What the disk holds when the power goes between the two commits of one transaction.
    vault.write_bytes(before)
    with opened(str(place)) as registry:
        assert registry.verify().faults == ()
        assert registry.content() == after


def test_a_key_made_in_the_moment_of_an_erasure_goes_too(folder: Path) -> None:
    place = folder / "registry.db"
    make(str(place))
    with opened(str(place)) as registry:
        registry.erase("P1", reason="x")
    vault = str(folder / "registry.vault.db")
    edit(vault, "INSERT INTO patient_key VALUES ('P1', X'00')")
    with open_registry(place, read_only=True) as registry:
        assert "The key of patient P1 is still in the vault, although erased." in (
            registry.verify().faults
        )
    with opened(str(place)) as registry:
        assert registry.verify().faults == ()
