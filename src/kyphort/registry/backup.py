"""Backups: a canonical text of every row, which either engine writes and either restores.

A backup is two gzip files of JSON lines, one for the data with the audit trail and one for the
vault, since whoever may keep the one may not always keep the other. The first line describes the
file; then each table has a line with its columns and a line for each row, ordered by key; the last
line holds the number of lines and their SHA-256. The same content gives the same hash, whatever
engine held it.
"""

import base64
import gzip
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Table, TableClause, column, insert, select, table

from kyphort.errors import OutputError, RegistryError
from kyphort.registry import tables
from kyphort.registry.place import VAULT_SCHEMA
from kyphort.registry.tables import TABLES
from kyphort.registry.trail import canonical_json

FORMAT = "kyphort registry backup 1"
VAULT_SUFFIX = ".vault"
"""What the name of the vault's backup ends with, after that of the data's."""

_DATA = (*(one for name, one in TABLES.items() if name != "identity"), tables.audit, tables.head)
_VAULT = (TABLES["identity"], tables.patient_key, tables.anchor)
_IN_BYTES = ("payload", "secret")
"""Columns that are written in base 64."""
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: its hashes, the version of its tables, the end of the trail."""

    data_sha256: str
    vault_sha256: str
    revision: str
    entries: int
    head: str

    @property
    def content_sha256(self) -> str:
        """One hash for data and vault together."""
        return hashlib.sha256(f"{self.data_sha256}{self.vault_sha256}".encode()).hexdigest()


def vault_file(file: Path) -> Path:
    """Return the name of the vault's backup beside that of the data."""
    return file.with_name(f"{file.name}{VAULT_SUFFIX}")


def write_backup(connection: Connection, file: Path, revision: str) -> Summary:
    """Write both files, each complete or not at all; the vault's appears first.

    Raises
    ------
    OutputError
        When a file exists already, or cannot be written.
    """
    for one in (file, vault_file(file)):
        if one.exists():
            raise OutputError(f"{one} exists already. A backup overwrites nothing: choose a name.")
    try:
        stage = Path(tempfile.mkdtemp(prefix=f".{file.name}.", dir=file.parent))
    except OSError as error:
        raise OutputError(
            f"The folder {file.parent} cannot be written to ({error.strerror}). Choose another one."
        ) from error
    try:
        data, vault = stage / file.name, vault_file(stage / file.name)
        summary = summarised(
            _write(data, _lines(connection, "data", _DATA, revision)),
            _write(vault, _lines(connection, "vault", _VAULT, revision)),
            connection,
            revision,
        )
        vault.replace(vault_file(file))
        data.replace(file)
    except OSError as error:
        raise OutputError(
            f"{file} cannot be written ({error.strerror}). Check the free space."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return summary


def content_of(connection: Connection, revision: str) -> Summary:
    """Return the hashes that a backup of the registry would have."""
    return summarised(
        _hash_of(_lines(connection, "data", _DATA, revision)),
        _hash_of(_lines(connection, "vault", _VAULT, revision)),
        connection,
        revision,
    )


def summarised(data: str, vault: str, connection: Connection, revision: str) -> Summary:
    """Return the summary of two hashes and the end of the trail."""
    head = connection.execute(select(tables.head)).one()
    return Summary(data, vault, revision, head.seq, head.hash)


def _lines(
    connection: Connection, part: str, some: Iterable[Table], revision: str
) -> Iterator[str]:
    yield canonical_json({"format": FORMAT, "part": part, "revision": revision})
    for one in some:
        yield canonical_json({"table": one.name, "columns": one.columns.keys()})
        yield from map(canonical_json, _rows(connection, one))


def _rows(connection: Connection, one: Table) -> Iterable[list[Any]]:
    """Return the rows by key; the trail comes in order from the engine, and need not be kept."""
    if one is tables.audit:
        for row in connection.execute(select(one).order_by(one.c.seq)):
            yield [_as_json(value) for value in row]
        return
    places = [one.columns.keys().index(key.name) for key in one.primary_key.columns]
    rows = connection.execute(select(one)).all()
    for row in sorted(rows, key=lambda row: tuple(row[place] for place in places)):
        yield [_as_json(value) for value in row]


def _as_json(value: object) -> object:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return value


def _hash_of(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _write(path: Path, lines: Iterable[str]) -> str:
    digest, number = hashlib.sha256(), 0
    with path.open("xb") as raw:
        path.chmod(0o600)
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file:
            for line in lines:
                number += 1
                content = f"{line}\n".encode()
                digest.update(content)
                file.write(content)
            file.write(
                f"{canonical_json({'lines': number, 'sha256': digest.hexdigest()})}\n".encode()
            )
        raw.flush()
        os.fsync(raw.fileno())
    return digest.hexdigest()


def check_backup(file: Path) -> str:
    """Read both files once, from the first to the last line; return the version of the tables.

    Raises
    ------
    RegistryError
        When one is missing, cut off, altered, or no backup.
    """
    revisions = set()
    for path, part in ((file, "data"), (vault_file(file), "vault")):
        if not path.is_file():
            raise RegistryError(
                f"There is no backup {path}. A backup is two files: NAME and NAME{VAULT_SUFFIX}."
            )
        with _opened(path) as lines:
            first = _first(path, lines, part)
            revisions.add(first["revision"])
            _check_rest(path, first["line"], lines)
    if len(revisions) != 1:
        raise RegistryError(f"{file} and {vault_file(file)} are of different versions.")
    return str(revisions.pop())


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    with ExitStack() as stack:
        try:
            raw: BinaryIO = stack.enter_context(path.open("rb"))
            yield iter(stack.enter_context(gzip.GzipFile(fileobj=raw, mode="rb")))
        except (OSError, EOFError, ValueError) as error:
            raise RegistryError(
                f"{path} is no complete backup ({error}). Use another copy of it."
            ) from error


def _first(path: Path, lines: Iterator[bytes], part: str) -> dict[str, Any]:
    line = next(lines, b"")
    said = json.loads(line)
    if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("part") != part:
        raise RegistryError(f"{path} is no backup of a registry's {part}. Give one that is.")
    return {**said, "line": line}


def _check_rest(path: Path, first: bytes, lines: Iterator[bytes]) -> None:
    digest, number, line = hashlib.sha256(), 0, first
    for following in lines:
        number += 1
        digest.update(line)
        line = following
    said = json.loads(line)
    if said != {"lines": number, "sha256": digest.hexdigest()}:
        raise RegistryError(
            f"{path} was cut off or altered: its last line does not fit the others. Use another "
            "copy of it."
        )


def load_backup(connection: Connection, file: Path) -> None:
    """Write the rows of both files into tables of the backup's version, which are empty."""
    for path, schema in ((file, None), (vault_file(file), VAULT_SCHEMA)):
        with _opened(path) as lines:
            _load(connection, map(json.loads, lines), schema)


def _load(connection: Connection, lines: Iterator[Any], schema: str | None) -> None:
    names: list[str] = []
    target = table("")
    for is_row, group in itertools.groupby(lines, lambda said: isinstance(said, list)):
        if is_row:
            _insert(connection, target, names, group)
            continue
        for said in group:
            if "table" in said:
                names = said["columns"]
                target = table(said["table"], *map(column, names), schema=schema)


def _insert(
    connection: Connection, target: TableClause, names: list[str], rows: Iterable[list[Any]]
) -> None:
    waiting = iter(rows)
    while some := list(itertools.islice(waiting, _AT_ONCE)):
        connection.execute(insert(target), [_values(names, row) for row in some])


def _values(names: list[str], row: list[Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value) if name in _IN_BYTES else value
        for name, value in zip(names, row, strict=True)
    }
