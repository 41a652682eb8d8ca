"""One transaction: changes into the tables, their entries to the end of the trail."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from kyphort.errors import RegistryError
from kyphort.registry import keys, tables
from kyphort.registry.shapes import Key, Row
from kyphort.registry.tables import ALL_SHAPES, ROW_VERSION, TABLES
from kyphort.registry.trail import START, Action, Chain, Change, Entry, key_owner, utc_now

_ENTRY = tuple(one.name for one in fields(Entry))


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail: how many entries, and the hash of the last one."""

    registry_id: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Versioned:
    """A stored row and how often it was changed."""

    row: Row
    version: int


def begin(connection: Connection) -> Head:
    """Take the write lock, and let the vault catch up with the trail; return the trail's end.

    Raises
    ------
    RegistryError
        When trail and vault do not belong together.
    """
    found = connection.execute(select(tables.head).with_for_update()).one_or_none()
    kept = connection.execute(select(tables.anchor)).one_or_none()
    if found is None or kept is None:
        raise RegistryError(
            "The registry has no head of its audit trail. Restore it from a backup."
        )
    head, anchor = (Head(one.registry_id, one.seq, one.hash) for one in (found, kept))
    check_pair(connection, head, anchor)
    if anchor.seq < head.seq:
        keys.catch_up(connection, entries_after(connection, anchor.seq))
        _keep_anchor(connection, head)
    keys.forget_erased(connection)
    return head


def check_pair(connection: Connection, head: Head, anchor: Head) -> None:
    """Refuse a vault of another registry, and a trail that is shorter than the vault knows.

    Raises
    ------
    RegistryError
        When they do not belong together.
    """
    if head.registry_id != anchor.registry_id:
        raise RegistryError(
            "The vault belongs to another registry. Put the vault that belongs to it beside it, "
            "or restore both from one backup."
        )
    known = head.hash if anchor.seq == head.seq else _hash_at(connection, anchor.seq)
    if known != anchor.hash:
        raise RegistryError(
            f"The audit trail has {head.seq} entries, but the vault knows entry {anchor.seq} as "
            f"{anchor.hash[:12]}…: entries were lost or replaced, or the data are older than their "
            "vault. Restore both from one backup."
        )


def _hash_at(connection: Connection, seq: int) -> str | None:
    if seq == 0:
        return START
    audit = tables.audit
    found = connection.execute(select(audit.c.hash).where(audit.c.seq == seq)).scalar()
    return None if found is None else str(found)


def entries_after(connection: Connection, seq: int = 0) -> Iterator[tuple[Entry, str]]:
    """Yield the entries after number `seq` in order, each with the hash before it."""
    audit = tables.audit
    previous = _hash_at(connection, seq) or START
    query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq)
    for values in connection.execute(query):
        entry = entry_of(values)
        yield entry, previous
        previous = entry.hash


def entries_of(connection: Connection, patient_id: str) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of one patient in order, each with the hash before it."""
    audit, before = tables.audit, tables.audit.alias("before")
    query = (
        select(audit, before.c.hash)
        .outerjoin(before, before.c.seq == audit.c.seq - 1)
        .where(audit.c.patient_id == patient_id)
        .order_by(audit.c.seq)
    )
    for *values, previous in connection.execute(query):
        yield entry_of(values), START if previous is None else previous


def entry_of(values: Sequence[Any]) -> Entry:
    """Return the entry of a row of the trail."""
    seq, at, who, action, record, patient_id, payload, hash_ = values
    return Entry(seq, at, who, action, record, patient_id, bytes(payload), hash_)


def append(connection: Connection, head: Head, changes: Sequence[Change], who: str) -> Head:
    """Write changes into tables and trail; return the new end of the trail."""
    if not changes:
        return head
    owners = {key_owner(change.record, change.patient_id) for change in changes}
    secrets = keys.secrets_of(connection, owners)
    if missing := owners - secrets.keys():
        raise RegistryError(
            f"The vault has no key for patient {min(missing)}. Restore data and vault from one "
            "backup."
        )
    chain = Chain(head.seq, head.hash, secrets)
    entries = chain.entries(changes, who, utc_now())
    connection.execute(
        insert(tables.audit), [{name: getattr(one, name) for name in _ENTRY} for one in entries]
    )
    _write_rows(connection, changes)
    end = Head(head.registry_id, chain.seq, chain.hash)
    connection.execute(update(tables.head).values(seq=end.seq, hash=end.hash))
    _keep_anchor(connection, end)
    return end


def make_anchor(connection: Connection, registry_id: str) -> str:
    """Give the vault the anchor of a trail that is still to begin; return the registry's identity.

    An anchor that an interrupted run left is kept.
    """
    kept = connection.execute(select(tables.anchor)).one_or_none()
    if kept is not None and kept.seq == 0:
        return str(kept.registry_id)
    _keep_anchor(connection, Head(registry_id, 0, START))
    return registry_id


def make_head(connection: Connection, registry_id: str) -> None:
    """Begin an empty trail, and its anchor in the vault."""
    start = {"id": 1, "registry_id": registry_id, "seq": 0, "hash": START}
    connection.execute(insert(tables.head), [start])
    _keep_anchor(connection, Head(registry_id, 0, START))


def _keep_anchor(connection: Connection, head: Head) -> None:
    connection.execute(delete(tables.anchor))
    connection.execute(
        insert(tables.anchor),
        [{"id": 1, "registry_id": head.registry_id, "seq": head.seq, "hash": head.hash}],
    )


def rows_in(
    connection: Connection, record: str, patient_id: str | None = None
) -> dict[Key, Versioned]:
    """Return the rows of one table, or those of one patient, by key."""
    shape, table = ALL_SHAPES[record], TABLES[record]
    query = select(table)
    if patient_id is not None:
        query = query.where(table.c.patient_id == patient_id)
    names = [one.name for one in shape.fields]
    found: dict[Key, Versioned] = {}
    for *values, version in connection.execute(query):
        row: Row = dict(zip(names, values, strict=True))
        found[shape.key_of(row)] = Versioned(row, version)
    return found


def _write_rows(connection: Connection, changes: Sequence[Change]) -> None:
    """Write the rows: first what is new, owners before what they own; last what goes."""
    for change in changes:
        if change.record == "erasure":
            _erase(connection, change.patient_id)
    new, changed, gone = _sorted_out(changes)
    for record in ALL_SHAPES:
        if record in new:
            rows = [{**row, ROW_VERSION: version} for row, version in new[record]]
            connection.execute(insert(TABLES[record]), rows)
    for record, some in changed.items():
        _update(connection, record, some)
    for record in reversed(ALL_SHAPES):
        for key in gone.get(record, ()):
            connection.execute(delete(TABLES[record]).where(_is(record, key)))


def _sorted_out(
    changes: Sequence[Change],
) -> tuple[dict[str, list[tuple[Row, int]]], dict[str, list[Change]], dict[str, list[Key]]]:
    """Return new rows with their version, changed rows, and keys that go, by record."""
    new: defaultdict[str, list[tuple[Row, int]]] = defaultdict(list)
    changed: defaultdict[str, list[Change]] = defaultdict(list)
    gone: defaultdict[str, list[Key]] = defaultdict(list)
    for change in changes:
        if change.new is None:
            gone[change.record].append(change.key)
        elif change.old is None:
            if change.action is not Action.ADOPT:
                new[change.record].append((change.new, 1))
        elif ALL_SHAPES[change.record].key_of(change.new) == change.key:
            changed[change.record].append(change)
        else:
            new[change.record].append((change.new, change.version + 1))
            gone[change.record].append(change.key)
    return new, changed, gone


def _update(connection: Connection, record: str, changes: Iterable[Change]) -> None:
    """Update rows in place; the statement is the same for all, so that many go at once."""
    shape, table = ALL_SHAPES[record], TABLES[record]
    is_row = and_(*(table.c[name] == bindparam(f"key_{name}") for name in shape.key))
    values: dict[str, Any] = {
        one.name: bindparam(f"new_{one.name}") for one in shape.fields if one.name not in shape.key
    }
    statement = (
        update(table).where(is_row).values({**values, ROW_VERSION: table.c[ROW_VERSION] + 1})
    )
    parameters = []
    for change in changes:
        row = change.new or {}
        new = {f"new_{name}": value for name, value in row.items() if name not in shape.key}
        key = {f"key_{name}": value for name, value in zip(shape.key, change.key, strict=True)}
        parameters.append({**new, **key})
    connection.execute(statement, parameters)


def _is(record: str, key: Key) -> ColumnElement[bool]:
    table = TABLES[record]
    names = ALL_SHAPES[record].key
    return and_(*(table.c[name] == value for name, value in zip(names, key, strict=True)))


def _erase(connection: Connection, patient_id: str) -> None:
    keys.destroy(connection, patient_id)
    for record in reversed(ALL_SHAPES):
        table = TABLES[record]
        if record not in {"dataset", "erasure", "identity"}:
            connection.execute(delete(table).where(table.c.patient_id == patient_id))
