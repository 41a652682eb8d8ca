"""Changing a registry behind its back, as another program or an intruder might."""

import sqlite3
from contextlib import closing

import psycopg

from kyphort.registry.place import is_url


def edit(place: str, *statements: str, guarded: bool = False) -> None:
    """Run statements; without `guarded`, with the engine's guards switched off."""
    if is_url(place):
        with psycopg.connect(place) as server:
            if not guarded:
                server.execute("SET session_replication_role = replica")
            for statement in statements:
                server.execute(statement.encode())
        return
    with closing(sqlite3.connect(place)) as file, file:
        if not guarded:
            file.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            file.execute(statement)


def ask(place: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    if is_url(place):
        with psycopg.connect(place) as server:
            return server.execute(query.encode()).fetchall()
    vault = place.replace(".db", ".vault.db")
    with closing(sqlite3.connect(place)) as file:
        file.execute("ATTACH ? AS vault", (vault,))
        return file.execute(query).fetchall()
