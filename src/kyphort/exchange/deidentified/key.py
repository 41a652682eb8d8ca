"""The key that stays home: from it come new pseudonyms and the days by which dates are shifted."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kyphort.errors import InvalidDataError, OutputError

_BYTES = 32
_HEX = re.compile(r"[0-9a-f]{64}")
LONGEST_SHIFT_DAYS = 365
_SHORTEST_NAME = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of 32 bytes; its text never appears in an output or an error."""

    secret: bytes

    @classmethod
    def random(cls) -> "Key":
        """Return a new key from the system's source of randomness."""
        return cls(secrets.token_bytes(_BYTES))

    def __repr__(self) -> str:
        """Show nothing of the secret."""
        return "Key(…)"

    def digest(self, purpose: str, text: str) -> bytes:
        """Return the keyed hash (HMAC-SHA-256) of a text for one purpose [32 bytes]."""
        return hmac.digest(self.secret, f"{purpose}\x00{text}".encode(), hashlib.sha256)

    def pseudonyms(self, names: Iterable[str], prefix: str, purpose: str) -> dict[str, str]:
        """Return a new name for each name: the same for the same key, and nobody can go back.

        The names are as short as lets no two be alike, from 8 letters and digits on.

        >>> found = Key(bytes(32)).pseudonyms(["P001", "P002"], "D-", "patient")
        >>> sorted(found), len(set(found.values())), len(found["P001"])
        (['P001', 'P002'], 2, 10)
        """
        whole = {
            name: base64.b32encode(self.digest(purpose, name)).decode().rstrip("=")
            for name in names
        }
        size = _SHORTEST_NAME
        while len({text[:size] for text in whole.values()}) < len(whole):
            size += 1
        return {name: f"{prefix}{text[:size]}" for name, text in whole.items()}

    def shift_days(self, patient_id: str) -> int:
        """Return by how many days all dates of a patient move to the past, 1 to 365 [d]."""
        number = int.from_bytes(self.digest("dates", patient_id)[:8])
        return 1 + number % LONGEST_SHIFT_DAYS

    def hidden_hash(self, text: str) -> str:
        """Return 64 hexadecimal digits that stand for a hash without showing it."""
        return self.digest("hash", text).hex()


def write_key(key: Key, path: Path) -> None:
    """Write a key into a new file that only its owner can read.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{key.secret.hex()}\n")
    except FileExistsError:
        raise OutputError(
            f"{path} exists. A key is never overwritten: use it with --key-file, or choose another "
            "name."
        ) from None
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}). Choose a file you may write."
        ) from error


def read_key(path: Path) -> Key:
    """Read a key.

    Raises
    ------
    InvalidDataError
        When the file cannot be read or holds no key; nothing of its content is shown.
    """
    try:
        text = path.read_bytes().decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDataError(
            f"{path} cannot be read as a key. Give the file that --new-key made."
        ) from error
    if not _HEX.fullmatch(text):
        raise InvalidDataError(
            f"{path} holds no key (64 hexadecimal digits). Give the file that --new-key made."
        )
    return Key(bytes.fromhex(text))
