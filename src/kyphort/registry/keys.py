"""The keys of the vault, and the vault's step after the trail."""

from collections.abc import Collection, Iterable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, insert, inspect, select, update

from kyphort.errors import RegistryError
from kyphort.registry import tables, trail
from kyphort.registry.place import VAULT_SCHEMA
from kyphort.registry.tables import ROW_VERSION, TABLES
from kyphort.registry.trail import REGISTRY_KEY, Entry

_AT_ONCE = 500
"""How many names a query asks for at once; engines limit the number of parameters."""


def has_vault(connection: Connection) -> bool:
    """Whether the vault is there; a copy of the data alone can be read as well."""
    return inspect(connection).has_table("patient_key", schema=VAULT_SCHEMA)


def secrets_of(connection: Connection, owners: Collection[str]) -> dict[str, bytes]:
    """Return the keys of some owners; an owner without one is left out."""
    found: dict[str, bytes] = {}
    wanted = sorted(owners)
    for start in range(0, len(wanted), _AT_ONCE):
        some = tables.patient_key.c.patient_id.in_(wanted[start : start + _AT_ONCE])
        rows = connection.execute(select(tables.patient_key).where(some))
        found.update((owner, bytes(secret)) for owner, secret in rows)
    return found


def all_secrets(connection: Connection) -> dict[str, bytes]:
    """Return every key by its owner."""
    rows = connection.execute(select(tables.patient_key))
    return {owner: bytes(secret) for owner, secret in rows}


def make_secrets(connection: Connection, owners: Iterable[str]) -> None:
    """Give a key to each of the owners who has none."""
    wanted = {REGISTRY_KEY, *owners}
    missing = sorted(wanted - secrets_of(connection, wanted).keys())
    if missing:
        connection.execute(
            insert(tables.patient_key),
            [
                {"patient_id": one, "secret": AESGCM.generate_key(bit_length=trail.KEY_BITS)}
                for one in missing
            ],
        )


def destroy(connection: Connection, patient_id: str) -> None:
    """Destroy what the vault holds of a patient: the identity and the key."""
    identity = TABLES["identity"]
    connection.execute(delete(identity).where(identity.c.patient_id == patient_id))
    key = tables.patient_key
    connection.execute(delete(key).where(key.c.patient_id == patient_id))


def forget_erased(connection: Connection) -> None:
    """Destroy keys that were made for a patient in the moment in which another erased them."""
    erased = select(TABLES["erasure"].c.patient_id)
    key = tables.patient_key
    connection.execute(delete(key).where(key.c.patient_id.in_(erased)))


def catch_up(connection: Connection, entries: Iterable[tuple[Entry, str]]) -> None:
    """Redo in the vault what entries after its anchor say; each comes with the hash before it.

    Two files cannot be committed at one instant: after a power cut the vault may lack what the
    trail already says.

    Raises
    ------
    RegistryError
        When an entry cannot be read: the vault is not the one that the trail was written with.
    """
    for entry, previous in entries:
        if entry.record == "erasure":
            destroy(connection, entry.patient_id)
        elif entry.record == "identity":
            _redo(connection, entry, previous)


def _redo(connection: Connection, entry: Entry, previous: str) -> None:
    secret = secrets_of(connection, [entry.key_owner]).get(entry.key_owner)
    values = None if secret is None else trail.opened(entry, previous, secret)
    if values is None:
        raise RegistryError(
            f"Entry {entry.seq} of the audit trail cannot be read with the keys of the vault. "
            "Restore data and vault from one backup."
        )
    identity, shape = TABLES["identity"], tables.IDENTITY
    is_patient = identity.c.patient_id == entry.patient_id
    if values.new is None:
        connection.execute(delete(identity).where(is_patient))
    elif values.old is None:
        connection.execute(delete(identity).where(is_patient))
        row = {one.name: values.new.get(one.name) for one in shape.fields}
        connection.execute(insert(identity), [{**row, ROW_VERSION: 1}])
    else:
        changed = {name: values.new.get(name) for name in {*values.old, *values.new}}
        connection.execute(
            update(identity)
            .where(is_patient)
            .values({**changed, ROW_VERSION: identity.c[ROW_VERSION] + 1})
        )
