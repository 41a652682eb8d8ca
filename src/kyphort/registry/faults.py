"""What goes wrong beneath the store, in sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from kyphort.errors import ConflictError, OutputError, RegistryError
from kyphort.registry.place import Place

_NO_SPACE = ("database or disk is full", "disk i/o error", "no space left")
_READ_ONLY = ("readonly database", "read-only", "unable to open database file")
_BUSY = ("database is locked", "database table is locked", "lock timeout")


@contextmanager
def understood(place: Place) -> Iterator[None]:
    """Turn what the engine says into an error with a sentence; nothing is half done.

    Raises
    ------
    OutputError
        When the disk is full, or the place cannot be written to.
    ConflictError
        When another writer holds the registry for longer than a minute.
    RegistryError
        When the registry is damaged or cannot be reached.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _fault(place, error) from error


def _fault(place: Place, error: Exception) -> Exception:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = next(iter(str(cause).strip().splitlines()), "")
    low = said.casefold()
    if any(one in low for one in _NO_SPACE):
        return OutputError(
            f"{place.shown} cannot be written: there is no space left. Nothing was changed; free "
            "some space and try again."
        )
    if any(one in low for one in _READ_ONLY):
        return OutputError(
            f"{place.shown} cannot be written. Nothing was changed; check the rights of the file "
            "and its folder."
        )
    if any(one in low for one in _BUSY):
        return ConflictError(
            f"{place.shown} is being written by another program. Nothing was changed; try again."
        )
    if isinstance(error, IntegrityError):
        return RegistryError(
            f"{place.shown} refused a change that would break its rules ({said}). Nothing was "
            "changed; check the registry with kyphort registry verify."
        )
    if place.path is None and "connect" in low:
        return RegistryError(
            f"{place.shown} cannot be reached ({said}). Check the URL, and that the server runs."
        )
    return RegistryError(
        f"{place.shown} is a kyphort registry but cannot be read ({cause.__class__.__name__}: "
        f"{said}). Restore it from a backup."
    )


def remove_file(path: Path) -> None:
    """Remove an SQLite file and what SQLite may have left beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
