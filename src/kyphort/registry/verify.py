"""Whether trail, rows and vault still say the same: any tampering is found and its row named."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from kyphort.errors import RegistryError
from kyphort.registry import keys, tables, trail
from kyphort.registry.reading import describe
from kyphort.registry.replay import Replay, Replayed
from kyphort.registry.shapes import Key
from kyphort.registry.tables import ALL_SHAPES
from kyphort.registry.trail import REGISTRY_KEY, START, Entry
from kyphort.registry.writing import Head, Versioned, check_pair, entry_of, rows_in

TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit'::regclass "
        "AND NOT tgisinternal AND tgenabled <> 'D'"
    ),
}
"""How each engine names the triggers that keep the trail append-only; there are three."""


@dataclass(frozen=True)
class Verification:
    """What was found: faults, each with its row or entry; and what the trail holds.

    `unreadable` counts entries whose key was destroyed by an erasure. `has_vault` is False when the
    vault was not there, so that the chain could be checked but not the rows.
    """

    faults: tuple[str, ...]
    head: Head
    unreadable: int
    has_vault: bool

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def verify(connection: Connection, expect: str | None = None) -> Verification:
    """Recompute the chain, replay the trail, and compare with the rows.

    `expect` is the hash of an entry that was noted down outside, whole or its first digits (at
    least 12): the trail must still hold that entry. Without it, entries that were cut off the end
    are found by the vault; if the vault was set back too, nothing within the registry can tell.

    Raises
    ------
    RegistryError
        When the registry has no trail at all.
    """
    found = connection.execute(select(tables.head)).one_or_none()
    if found is None:
        raise RegistryError(
            "The registry has no head of its audit trail. Restore it from a backup."
        )
    head = Head(found.registry_id, found.seq, found.hash)
    has_vault = keys.has_vault(connection)
    secrets = keys.all_secrets(connection) if has_vault else {}
    check = _Check(connection, secrets, head, expect, has_vault=has_vault)
    faults = tuple(check.faults())
    return Verification(faults, head, check.unreadable, has_vault)


class _Check:
    """One pass over trail and rows."""

    def __init__(
        self,
        connection: Connection,
        secrets: dict[str, bytes],
        head: Head,
        expect: str | None,
        *,
        has_vault: bool,
    ) -> None:
        self._connection = connection
        self._secrets = secrets
        self._head = head
        self._expect = expect
        self._has_vault = has_vault
        self._replay = Replay()
        self._without_key: dict[str, int] = {}
        self.unreadable = 0

    def faults(self) -> Iterator[str]:
        yield from self._of_file()
        yield from self._of_triggers()
        yield from self._of_chain()
        if self._has_vault:
            yield from self._of_vault()
            for record in ALL_SHAPES:
                yield from self._of_rows(record)

    def _of_file(self) -> Iterator[str]:
        if self._connection.dialect.name == "sqlite":
            said = self._connection.execute(text("PRAGMA quick_check(1)")).scalar()
            if said != "ok":
                yield f"The file is damaged: {said}. Restore it from a backup."

    def _of_triggers(self) -> Iterator[str]:
        query = TRIGGERS[self._connection.dialect.name]
        if len(self._connection.execute(text(query)).all()) != 3:
            yield "The triggers that keep the audit trail append-only are not all there."

    def _of_chain(self) -> Iterator[str]:
        previous, seq, is_expected = START, 0, self._expect is None
        query = select(tables.audit).order_by(tables.audit.c.seq)
        for values in self._connection.execute(query):
            entry = entry_of(values)
            if entry.seq != seq + 1:
                yield f"Entries {seq + 1} to {entry.seq - 1} of the audit trail are missing."
            if not entry.follows(previous):
                yield f"Entry {entry.seq} of the audit trail was altered, or the one before it."
            elif self._has_vault:
                yield from self._of_entry(entry, previous)
            is_expected = is_expected or entry.hash.startswith(self._expect or "")
            previous, seq = entry.hash, entry.seq
        if (seq, previous) != (self._head.seq, self._head.hash):
            yield (
                f"The audit trail ends with entry {seq}, but its head says entry {self._head.seq}: "
                "entries were cut off or added."
            )
        if not is_expected:
            yield f"The audit trail holds no entry with the hash {self._expect}."

    def _of_entry(self, entry: Entry, previous: str) -> Iterator[str]:
        secret = self._secrets.get(entry.key_owner)
        if secret is None:
            self.unreadable += 1
            self._without_key.setdefault(entry.key_owner, entry.seq)
            return
        values = trail.opened(entry, previous, secret)
        if values is None:
            yield (
                f"Entry {entry.seq} of the audit trail ({entry.action} {entry.record} "
                f"{entry.patient_id}) cannot be read with its key: it was forged, or the vault is "
                "not the one it was written with."
            )
            return
        wrong = self._replay.apply(entry, values)
        if wrong is not None:
            what = describe(entry.record, values.key)
            yield f"Entry {entry.seq} of the audit trail {wrong}: {what}."

    def _of_vault(self) -> Iterator[str]:
        for owner, seq in self._without_key.items():
            if owner not in self._replay.erased:
                whose = "of the registry" if owner == REGISTRY_KEY else f"of patient {owner}"
                yield f"The key {whose} is missing from the vault, first needed by entry {seq}."
        for owner in sorted(self._replay.erased & self._secrets.keys()):
            yield f"The key of patient {owner} is still in the vault, although erased."
        anchor = self._connection.execute(select(tables.anchor)).one_or_none()
        if anchor is None:
            yield "The vault has no anchor of the audit trail."
            return
        try:
            kept = Head(anchor.registry_id, anchor.seq, anchor.hash)
            check_pair(self._connection, self._head, kept)
        except RegistryError as error:
            yield str(error)

    def _of_rows(self, record: str) -> Iterator[str]:
        said = self._replay.rows[record]
        for key, found in rows_in(self._connection, record).items():
            expected = said.pop(key, None)
            if expected is None:
                if not self._may_be_unread(record, key):
                    yield f"The {describe(record, key)} is in the table, but not in the trail."
                continue
            yield from _row_faults(record, key, found, expected)
        for key, expected in said.items():
            yield (
                f"The {describe(record, key)} is missing from its table; entry {expected.seq} says "
                "it is there."
            )

    def _may_be_unread(self, record: str, key: Key) -> bool:
        """Whether the missing key of a patient, which is named already, explains it."""
        return record != "dataset" and str(key[0]) in self._without_key


def _row_faults(record: str, key: Key, found: Versioned, expected: Replayed) -> Iterator[str]:
    what = describe(record, key)
    hidden = record == "identity"
    for name, value in expected.row.items():
        if found.row[name] != value:
            values = "another value than" if hidden else f"{_shown(found.row[name])} instead of"
            said = "the trail says" if hidden else f"{_shown(value)}"
            yield f"The {what} has {name} {values} {said} (entry {expected.seq})."
    if found.version != expected.version:
        yield (
            f"The {what} has version {found.version} instead of {expected.version} "
            f"(entry {expected.seq})."
        )


def _shown(value: object) -> str:
    return "empty" if value is None else f"'{value}'"
