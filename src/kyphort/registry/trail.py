"""The audit trail: entries that follow from each other, with values only the vault can read.

Entry n has the hash

    hash(n) = SHA-256(hash(n - 1) + line feed + head(n) + line feed + payload(n)),

in which head(n) is the JSON list of number, time, user, action, record and patient. The payload
is AES-256-GCM of the JSON of key, values and reason under the patient's key (NIST SP 800-38D), with
hash(n - 1) and head(n) as associated data: without the vault no entry can be forged, altered,
moved or left out, and once the key is destroyed the chain still verifies.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kyphort.registry.shapes import Key, Row

START = "0" * 64
"""The hash before the first entry."""
REGISTRY_KEY = ""
"""The name of the key for values that belong to no patient: the data set, an erasure."""
KEY_BITS = 256

_NONCE_BYTES = 12
_OF_NO_PATIENT = ("dataset", "erasure")

canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
"""One text for one value, in ASCII."""


class Action(StrEnum):
    """What an entry says was done."""

    ADD = "add"
    CORRECT = "correct"
    REMOVE = "remove"
    LOCK = "lock"
    UNLOCK = "unlock"
    ERASE = "erase"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after: no `old` when it is new, no `new` when it goes.

    `key` is the key before the change; for a new row its own. `version` counts the changes of the
    row so far, from 1; 0 for a new row.
    """

    action: Action
    record: str
    key: Key
    old: Row | None
    new: Row | None
    reason: str = ""
    version: int = 0

    @property
    def patient_id(self) -> str:
        """The patient that the change is about, "" when it is about none."""
        row = self.new if self.new is not None else self.old
        return str((row or {}).get("patient_id", ""))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is stored."""

    seq: int
    at: str
    who: str
    action: str
    record: str
    patient_id: str
    payload: bytes
    hash: str

    @property
    def key_owner(self) -> str:
        """The patient whose key reads the payload."""
        return key_owner(self.record, self.patient_id)

    @property
    def head(self) -> str:
        """What an entry says in clear."""
        return canonical_json(
            [self.seq, self.at, self.who, self.action, self.record, self.patient_id]
        )

    def follows(self, previous: str) -> bool:
        """Whether the hash of the entry is the one that follows from the previous hash."""
        return self.hash == _hash(previous, self.head, self.payload)


@dataclass(frozen=True, slots=True)
class Values:
    """What an entry's payload says: the key, the values before and after, and the reason.

    A correction has the changed columns only, in both; a missing column is empty.
    """

    key: Key
    old: Row | None
    new: Row | None
    reason: str


def key_owner(record: str, patient_id: str) -> str:
    """Return the patient whose key encrypts the values of a record."""
    return REGISTRY_KEY if record in _OF_NO_PATIENT else patient_id


def utc_now() -> str:
    """Return the time as ISO 8601 in UTC, to the microsecond."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


class Chain:
    """Appends entries to a trail: gives each its number, its cipher text and its hash."""

    def __init__(self, seq: int, hash_: str, keys: dict[str, bytes]) -> None:
        self.seq = seq
        self.hash = hash_
        self._ciphers = {owner: AESGCM(secret) for owner, secret in keys.items()}

    def entries(self, changes: Iterable[Change], who: str, at: str) -> Iterator[Entry]:
        """Yield the entry of each change."""
        for change in changes:
            yield self._entry(change, who, at)

    def _entry(self, change: Change, who: str, at: str) -> Entry:
        self.seq += 1
        patient = change.patient_id
        action, record = change.action.value, change.record
        head = canonical_json([self.seq, at, who, action, record, patient])
        cipher = self._ciphers[key_owner(record, patient)]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = cipher.encrypt(nonce, _payload(change).encode(), _bound(self.hash, head))
        payload = nonce + sealed
        self.hash = _hash(self.hash, head, payload)
        return Entry(self.seq, at, who, action, record, patient, payload, self.hash)


def opened(entry: Entry, previous: str, secret: bytes) -> Values | None:
    """Return what an entry says, None when the key does not fit or anything was altered."""
    nonce, sealed = entry.payload[:_NONCE_BYTES], entry.payload[_NONCE_BYTES:]
    try:
        text = AESGCM(secret).decrypt(nonce, sealed, _bound(previous, entry.head))
    except (InvalidTag, ValueError):
        return None
    said: dict[str, Any] = json.loads(text)
    return Values(tuple(said["key"]), said.get("old"), said.get("new"), said.get("reason", ""))


def _payload(change: Change) -> str:
    old, new = change.old, change.new
    if old is not None and new is not None:
        changed = [name for name in new if old[name] != new[name]]
        old, new = ({name: row[name] for name in changed} for row in (old, new))
    said: dict[str, Any] = {"key": change.key}
    for name, row in (("old", old), ("new", new)):
        if row is not None:
            said[name] = {one: value for one, value in row.items() if value is not None}
    if change.reason:
        said["reason"] = change.reason
    return canonical_json(said)


def _bound(previous: str, head: str) -> bytes:
    return f"{previous}\n{head}".encode()


def _hash(previous: str, head: str, payload: bytes) -> str:
    return hashlib.sha256(_bound(previous, head) + b"\n" + payload).hexdigest()
