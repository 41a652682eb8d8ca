"""Every test of the store runs on SQLite and on a real PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kyphort.registry.place import is_url

from . import postgresql

NewPlace = Callable[[], str]
Require = Callable[[str | None, str], str]

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server(require: Require) -> Iterator[str]:
    initdb = require(postgresql.program("initdb"), postgresql.PACKAGE)
    with postgresql.server(initdb) as url:
        yield url


def new_database(server: str) -> str:
    name = f"registry{next(_numbers)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_place(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> NewPlace:
    """Return a function that gives a new, unused place of the engine under test."""
    if engine_name == "sqlite":
        return lambda: str(tmp_path / f"registry{next(_numbers)}.db")
    server = request.getfixturevalue("postgresql_server")
    return lambda: new_database(server)


@pytest.fixture
def place(new_place: NewPlace) -> str:
    return new_place()


__all__ = ["NewPlace", "is_url", "new_database"]
