"""Bringing the tables of a place to the newest version, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from kyphort.registry.place import SQLITE_APPLICATION_ID, VAULT_APPLICATION_ID, VAULT_SCHEMA

if TYPE_CHECKING:
    from alembic.script import Script

VERSION_TABLE = "alembic_version"
NEWEST = "0003"
"""The newest version of the tables."""
FIRST = "0001"
"""The version of tables that were made before versions were recorded in the place itself."""


@dataclass(frozen=True, slots=True)
class _History:
    """One line of steps, and the schema that they change; None is the data's own."""

    folder: str
    schema: str | None
    application_id: int


_DATA = _History("data", None, SQLITE_APPLICATION_ID)
_VAULT = _History("vault", VAULT_SCHEMA, VAULT_APPLICATION_ID)


def migrate_vault(connection: Connection, target: str | None = None) -> None:
    """Make or renew the tables of the vault, up to the newest version or `target`.

    It comes first and is committed first: data whose keys have no place would be lost.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VAULT_SCHEMA}"))
    _upgrade(connection, _VAULT, target)


def migrate_data(connection: Connection, target: str | None = None) -> None:
    """Make or renew the tables of the data, up to the newest version or `target`."""
    _upgrade(connection, _DATA, target)


def version_of(connection: Connection) -> str | None:
    """Return the version of the data's tables, None when there are none."""
    names = inspect(connection).get_table_names()
    if VERSION_TABLE in names:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our own name
        return None if found is None else str(found)
    return FIRST if "dataset" in names else None


def _upgrade(connection: Connection, history: _History, target: str | None) -> None:
    from alembic.operations import Operations  # noqa: PLC0415 - slow to load, rarely needed
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(_folder(history.folder)))
    context = MigrationContext.configure(
        connection, opts={"version_table_schema": history.schema, "transactional_ddl": True}
    )
    current = context.get_current_revision()
    if current is None and history is _DATA and version_of(connection) == FIRST:
        context.stamp(script, FIRST)
        current = FIRST
    with Operations.context(context):
        for step in _steps(script.walk_revisions(head=target or "heads"), current):
            step.module.upgrade()
            context.stamp(script, step.revision)
    if connection.dialect.name == "sqlite":
        _mark(connection, history, context.get_current_revision() or FIRST)


def _steps(revisions: "Iterator[Script]", current: str | None) -> "list[Script]":
    """Return the steps after the current one, oldest first."""
    steps: list[Script] = []
    for step in revisions:
        if step.revision == current:
            break
        steps.insert(0, step)
    return steps


def _mark(connection: Connection, history: _History, version: str) -> None:
    prefix = f"{history.schema}." if history.schema else ""
    connection.execute(text(f"PRAGMA {prefix}application_id = {history.application_id}"))
    connection.execute(text(f"PRAGMA {prefix}user_version = {int(version)}"))


@cache
def _folder(name: str) -> Path:
    return Path(str(files("kyphort.registry.migrations") / name))
