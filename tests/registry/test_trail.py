"""The trail is append-only, chained and sealed; whatever is altered is found and named."""

import hashlib
import json
import sqlite3
from collections.abc import Callable

import psycopg
import pytest

from kyphort.registry import Registry, open_registry

from .behind import ask, edit
from .people import P1, opened


@pytest.fixture
def tampered(ready: str) -> str:
    with opened(ready) as registry:
        registry.correct("patient", P1, {"age_years": 62}, reason="birthday")
    return ready


def faults(place: str) -> str:
    with opened(place) as registry:
        return "\n".join(registry.verify().faults)


def test_the_chain_can_be_checked_without_kyphort(tampered: str) -> None:
    """The formula of the page, in ten lines of another hand."""
    previous = "0" * 64
    columns = "seq, at, who, action, record, patient_id, payload, hash"
    for *head, payload, stored in ask(tampered, f"SELECT {columns} FROM audit ORDER BY seq"):  # noqa: S608
        text = json.dumps(head, separators=(",", ":"))
        assert isinstance(payload, bytes)
        hashed = hashlib.sha256(f"{previous}\n{text}\n".encode() + payload).hexdigest()
        assert hashed == stored
        previous = hashed
    assert ask(tampered, "SELECT hash FROM audit_head") == [(previous,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'nobody' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT seq + 100, at, who, action, record, patient_id, payload, hash"
        " FROM audit WHERE seq = 3",
    ],
)
def test_the_trail_is_append_only(tampered: str, statement: str) -> None:
    with pytest.raises(
        (sqlite3.IntegrityError, psycopg.errors.RaiseException), match="append-only"
    ):
        edit(tampered, statement, guarded=True)
    assert faults(tampered) == ""


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_replace_is_no_way_around(tampered: str, recursive: str) -> None:
    replace = (
        "INSERT OR REPLACE INTO audit SELECT seq, at, 'nobody', action, record, patient_id,"
        " payload, hash FROM audit WHERE seq = 3"
    )
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        edit(tampered, f"PRAGMA recursive_triggers = {recursive}", replace, guarded=True)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        edit(tampered, "UPDATE OR REPLACE audit SET seq = 2 WHERE seq = 3", guarded=True)
    assert faults(tampered) == ""


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_truncate_is_no_way_around(tampered: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        edit(tampered, "TRUNCATE audit", guarded=True)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE patient SET age_years = 40 WHERE patient_id = 'P1'",
         "The patient P1 has age_years '40' instead of '62' (entry 10)."),
        ("UPDATE visit SET modality = 'CT'",
         "The visit P1 2015-10-05 has modality 'CT' instead of 'MRI' (entry 7)."),
        ("UPDATE vertebra SET dose_gy = 10 WHERE level = 'L3'",
         "The vertebra P2 L3 has dose_gy '10.0' instead of '8.0' (entry 6)."),
        ("UPDATE patient SET row_version = 1 WHERE patient_id = 'P1'",
         "The patient P1 has version 1 instead of 2 (entry 10)."),
        ("DELETE FROM assessment WHERE level = 'L1'",
         "The assessment P1 2015-10-05 L1 is missing from its table; entry"),
        ("INSERT INTO visit (patient_id, visit_date, kind, modality) VALUES"
         " ('P2', '2016-01-01', 'planned', 'none')",
         "The visit P2 2016-01-01 is in the table, but not in the trail."),
        ("UPDATE dataset SET data_cut_off = '2018-01-01'",
         "The dataset has data_cut_off '2018-01-01' instead of '2019-12-31' (entry 1)."),
        ("INSERT INTO record_lock (patient_id, record, record_key) VALUES ('P1', 'patient', '[]')",
         "The record lock P1 patient [] is in the table, but not in the trail."),
        ("UPDATE audit_head SET hash = 'x'", "does not"),
        ("DELETE FROM vault.patient_key WHERE patient_id = 'P1'",
         "The key of patient P1 is missing from the vault, first needed by entry 2."),
        ("INSERT INTO vault.identity (patient_id, family_name) VALUES ('P2', 'Meier')",
         "The identity P2 is in the table, but not in the trail."),
    ],
)  # fmt: skip
def test_a_changed_row_is_named(tampered: str, statement: str, found: str) -> None:
    if found == "does not":
        edit(tampered, statement)
        with open_registry(tampered, read_only=True) as registry:
            said = "\n".join(registry.verify().faults)
        assert "its head says entry 10" in said
        return
    if "vault." in statement and tampered.endswith(".db"):
        edit(tampered.replace(".db", ".vault.db"), statement.replace("vault.", ""))
    else:
        edit(tampered, statement)
    assert found in faults(tampered)


def without_guards(place: str) -> Callable[..., None]:
    """Return `edit` for someone who takes the triggers away first, and puts them back."""

    def change(*statements: str) -> None:
        if not place.endswith(".db"):
            edit(place, *statements)
            return
        triggers = ask(place, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
        edit(place, *drop, *statements, *(str(sql) for _, sql in triggers))

    return change


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE seq = 4", "Entry 4 of the audit trail was altered"),
        ("UPDATE audit SET at = '2001-01-01T00:00:00.000000+00:00' WHERE seq = 10",
         "Entry 10 of the audit trail was altered"),
        ("UPDATE audit SET payload = (SELECT payload FROM audit WHERE seq = 4) WHERE seq = 5",
         "Entry 5 of the audit trail was altered"),
        ("DELETE FROM audit WHERE seq = 5", "Entries 5 to 5 of the audit trail are missing."),
        ("DELETE FROM audit WHERE seq = 10",
         "The audit trail ends with entry 9, but its head says entry 10"),
    ],
)  # fmt: skip
def test_an_altered_entry_is_named(tampered: str, statement: str, found: str) -> None:
    without_guards(tampered)(statement)
    with open_registry(tampered, read_only=True) as registry:
        assert found in "\n".join(registry.verify().faults)


def rechained(place: str, *, drop: int) -> None:
    """Cut one entry out and compute a chain that fits again, as one could without the vault."""
    columns = "seq, at, who, action, record, patient_id, payload, hash"
    rows = ask(place, f"SELECT {columns} FROM audit ORDER BY seq")  # noqa: S608
    previous, statements = "0" * 64, ["DELETE FROM audit"]
    kept = [row for row in rows if row[0] != drop]
    for seq, (_, *head, payload, _hash) in enumerate(kept, start=1):
        assert isinstance(payload, bytes)
        text = json.dumps([seq, *head], separators=(",", ":"))
        previous = hashlib.sha256(f"{previous}\n{text}\n".encode() + payload).hexdigest()
        values = ", ".join(f"'{one}'" for one in head)
        blob = f"X'{payload.hex()}'" if place.endswith(".db") else f"'\\x{payload.hex()}'"
        statements.append(f"INSERT INTO audit VALUES ({seq}, {values}, {blob}, '{previous}')")  # noqa: S608
    statements.append(f"UPDATE audit_head SET seq = {len(kept)}, hash = '{previous}'")  # noqa: S608
    without_guards(place)(*statements)


@pytest.mark.parametrize("drop", [1, 5, 9])
def test_without_the_vault_nobody_forges_a_chain(tampered: str, drop: int) -> None:
    rechained(tampered, drop=drop)
    with open_registry(tampered, read_only=True) as registry:
        said = "\n".join(registry.verify().faults)
    assert "cannot be read with its key: it was forged" in said


def test_a_tail_cut_off_with_its_head_is_known_to_the_vault(tampered: str) -> None:
    (hash_9,) = ask(tampered, "SELECT hash FROM audit WHERE seq = 9")[0]
    without_guards(tampered)(
        "DELETE FROM audit WHERE seq = 10",
        f"UPDATE audit_head SET seq = 9, hash = '{hash_9}'",  # noqa: S608
        "UPDATE patient SET age_years = 61, row_version = 1 WHERE patient_id = 'P1'",
    )
    with open_registry(tampered, read_only=True) as registry:
        (said,) = registry.verify().faults
    assert "has 9 entries, but the vault knows entry 10" in said


def test_a_hash_noted_outside_finds_what_nothing_inside_can(tampered: str) -> None:
    with opened(tampered) as registry:
        noted = registry.verify().head.hash
        assert registry.verify(noted[:16]).is_sound
    (hash_9,) = ask(tampered, "SELECT hash FROM audit WHERE seq = 9")[0]
    without_guards(tampered)(
        "DELETE FROM audit WHERE seq = 10",
        f"UPDATE audit_head SET seq = 9, hash = '{hash_9}'",  # noqa: S608
        "UPDATE patient SET age_years = 61, row_version = 1 WHERE patient_id = 'P1'",
    )
    anchor = f"UPDATE anchor SET seq = 9, hash = '{hash_9}'"  # noqa: S608
    if tampered.endswith(".db"):
        edit(tampered.replace(".db", ".vault.db"), anchor)
    else:
        edit(tampered, anchor.replace("anchor", "vault.anchor"))
    with opened(tampered) as registry:
        assert registry.verify().is_sound
        assert registry.verify(noted).faults == (
            f"The audit trail holds no entry with the hash {noted}.",
        )


def test_missing_guards_are_noticed(tampered: str) -> None:
    name = "audit_is_append_only_insert"
    on = "" if tampered.endswith(".db") else " ON audit"
    edit(tampered, f"DROP TRIGGER {name}{on}")
    assert "triggers that keep the audit trail append-only are not all there" in faults(tampered)


def test_an_identity_is_named_but_not_shown(tampered: str) -> None:
    from kyphort.registry import Identity

    with opened(tampered) as registry:
        registry.add(Identity("P1", "Müller"))
    vault = tampered.replace(".db", ".vault.db")
    if tampered.endswith(".db"):
        edit(vault, "UPDATE identity SET family_name = 'Meier'")
    else:
        edit(tampered, "UPDATE vault.identity SET family_name = 'Meier'")
    said = faults(tampered)
    assert "The identity P1 has family_name another value than the trail says (entry 11)." in said
    assert "Meier" not in said
    assert "Müller" not in said


def test_a_refused_change_leaves_no_entry(ready: str) -> None:
    with opened(ready) as registry:
        head = registry.verify().head
        with pytest.raises(Exception, match="no patient"):
            registry.correct("patient", ("P9",), {"age_years": 3}, reason="x")
        assert registry.verify().head == head


def test_who_is_the_login_unless_said(ready: str) -> None:
    import getpass

    with open_registry(ready) as registry:
        registry.correct("patient", P1, {"age_years": 62}, reason="birthday")
        assert isinstance(registry, Registry)
        assert registry.history("P1")[-1].entry.who == getpass.getuser()
