"""Every test of the store runs on SQLite and on a real PostgreSQL."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.registry import postgresql

from . import people

NewPlace = Callable[[], str]
Require = Callable[[str | None, str], str]

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server(require: Require) -> Iterator[str]:
    initdb = require(postgresql.program("initdb"), postgresql.PACKAGE)
    with postgresql.server(initdb) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory where there is one: every commit of a registry waits for its disk."""
    with tempfile.TemporaryDirectory(dir=postgresql.memory()) as name:
        yield Path(name)


@pytest.fixture
def new_place(engine_name: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[NewPlace]:
    """Give a function that makes a new, unused place of the engine under test."""
    if engine_name == "sqlite":
        yield lambda: str(folder / f"registry{next(_numbers)}.db")
        return
    server = request.getfixturevalue("postgresql_server")
    made: list[str] = []

    def new() -> str:
        made.append(postgresql.new_database(server))
        return made[-1]

    yield new
    postgresql.drop(server, made)


@pytest.fixture
def place(new_place: NewPlace) -> str:
    return new_place()


@pytest.fixture(scope="session")
def template_folder() -> Iterator[Path]:
    """Give a folder with the registry of the two patients, to be copied."""
    with tempfile.TemporaryDirectory(dir=postgresql.memory()) as name:
        people.make(str(Path(name) / "ready.db"))
        yield Path(name)


@pytest.fixture(scope="session")
def template_database(postgresql_server: str) -> str:
    """Give the name of a database with the registry of the two patients, to be copied."""
    url = postgresql.new_database(postgresql_server)
    people.make(url)
    return url.rpartition("/")[2]


@pytest.fixture
def ready(engine_name: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a place with the registry of the two patients."""
    if engine_name == "sqlite":
        source = request.getfixturevalue("template_folder")
        for name in ("ready.db", "ready.vault.db"):
            shutil.copyfile(source / name, folder / name)
        yield str(folder / "ready.db")
        return
    server = request.getfixturevalue("postgresql_server")
    url = postgresql.new_database(server, template=request.getfixturevalue("template_database"))
    yield url
    postgresql.drop(server, [url])
