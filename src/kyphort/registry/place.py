"""Where a registry lives: an SQLite file with its vault beside it, or a PostgreSQL database."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from kyphort.errors import RegistryError

SQLITE_APPLICATION_ID = 0x6B796F72
"""Marks an SQLite file as a kyphort registry ("kyor" in ASCII)."""
VAULT_APPLICATION_ID = 0x6B797661
"""Marks an SQLite file as the vault of a registry ("kyva" in ASCII)."""
VAULT_SCHEMA = "vault"
"""The schema of keys and identities: a file of its own in SQLite, a schema in PostgreSQL."""

WAIT_S = 60.0
"""How long a writer waits for another one [s]."""
WRITE = "kyphort_write"
"""The execution option of a connection that will write."""

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Place:
    """A registry's address; `shown` names it in messages and never holds a password.

    While `is_staged`, its files are not yet where anyone looks for them, and need not be safe from
    a power cut at every step.
    """

    shown: str
    path: Path | None = None
    url: URL | None = None
    is_staged: bool = False

    @property
    def vault_path(self) -> Path:
        """The file beside an SQLite registry that holds its keys and identities."""
        path = self.file
        return path.with_name(f"{path.stem}.vault{path.suffix}")

    @property
    def file(self) -> Path:
        """The SQLite file; only for a place that is one."""
        if self.path is None:
            raise TypeError(f"{self.shown} is not a file")
        return self.path


def is_url(place: str | Path) -> bool:
    """Whether `place` is the URL of a database and not a path.

    >>> is_url("postgresql://localhost/kypho"), is_url("kypho.db")
    (True, False)
    """
    return "://" in str(place)


def place_of(place: str | Path) -> Place:
    """Return the place that a path or a PostgreSQL URL names.

    Raises
    ------
    RegistryError
        When the URL is not understood.

    Examples
    --------
    >>> place_of("postgresql://anna:secret@localhost/kypho").shown
    'postgresql://anna:***@localhost/kypho'
    >>> place_of("kypho.db").vault_path.name
    'kypho.vault.db'
    """
    if not is_url(place):
        return Place(str(place), path=Path(place))
    try:
        url = make_url(str(place))
    except (ArgumentError, ValueError) as error:
        raise RegistryError(
            "The URL of the registry is not understood. Allowed: a path, or "
            "postgresql://USER@HOST:PORT/DATABASE. Correct it."
        ) from error
    if url.drivername not in _POSTGRESQL:
        raise RegistryError(
            f"The registry is at a URL of kind '{url.drivername}'. Allowed: the path of an SQLite "
            "file, or postgresql://USER@HOST:PORT/DATABASE. Correct it."
        )
    shown = url.render_as_string(hide_password=True)
    return Place(shown, url=url.set(drivername="postgresql+psycopg"))


def shown_place(place: str | Path) -> str:
    """Return a path or URL as messages and reports may show it: without a password.

    >>> shown_place("postgresql://anna:secret@localhost/kypho")
    'postgresql://anna:***@localhost/kypho'
    """
    return place_of(place).shown


def engine_of(place: Place, *, read_only: bool = False) -> Engine:
    """Return an engine whose connections enforce what the registry relies on.

    A connection with the execution option `WRITE` takes the write lock at once, so that no writer
    works on rows that another one is about to change. The vault is attached where there is one.
    """
    if place.url is not None:
        return _postgresql(place.url, read_only=read_only)
    engine = create_engine(
        "sqlite://", creator=lambda: _connect(place, read_only=read_only), poolclass=NullPool
    )
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql(url: URL, *, read_only: bool) -> Engine:
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra, needed by this kind of place only
    except ImportError as error:
        raise RegistryError(
            "A registry in PostgreSQL needs the package psycopg. Install kyphort[postgresql]."
        ) from error
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return create_engine(url, poolclass=NullPool, execution_options=options if read_only else {})


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _connect(place: Place, *, read_only: bool) -> sqlite3.Connection:
    mode = _mode(place.file, read_only=read_only)
    connection = sqlite3.connect(
        _uri(place.file, mode), uri=True, timeout=WAIT_S, isolation_level=None
    )
    try:
        # REPLACE must fire the triggers that refuse a deletion; what is erased must not linger.
        for name in ("foreign_keys", "recursive_triggers", "secure_delete"):
            connection.execute(f"PRAGMA {name} = ON")
        synchronous = "OFF" if place.is_staged else "FULL"
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        if place.vault_path.is_file():
            vault_mode = _mode(place.vault_path, read_only=read_only)
            vault = _uri(place.vault_path, vault_mode)
            connection.execute(f"ATTACH DATABASE ? AS {VAULT_SCHEMA}", (vault,))
            connection.execute(f"PRAGMA {VAULT_SCHEMA}.synchronous = {synchronous}")
            connection.execute(f"PRAGMA {VAULT_SCHEMA}.secure_delete = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            # Kept in the file, so this is a change for the oldest registries only.
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _mode(path: Path, *, read_only: bool) -> str:
    """Return how to open a file.

    Where it may be, it is opened for writing even to be read, so that the last one who closes it
    clears the log of changes away. In a folder that is read-only no log can be made.
    """
    if not read_only or may_write(path):
        return "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() else "mode=ro&immutable=1"


def may_write(path: Path) -> bool:
    """Whether a file and its folder can be written to."""
    # As the user who acts, not as the one who started the program.
    effective = os.access in os.supports_effective_ids
    return all(os.access(one, os.W_OK, effective_ids=effective) for one in (path, path.parent))


def _uri(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?{mode}"


def pragma(path: Path, *names: str) -> tuple[Any, ...]:
    """Return what an SQLite file says of itself, without changing it.

    Raises
    ------
    sqlite3.Error
        When it is no SQLite file.
    """
    mode = _mode(path, read_only=True)
    with closing(sqlite3.connect(_uri(path, mode), uri=True, timeout=WAIT_S)) as connection:
        return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
