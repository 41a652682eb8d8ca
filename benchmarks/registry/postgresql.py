"""A PostgreSQL server of one's own: on loopback, in a temporary folder, not as root."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PACKAGE = "PostgreSQL (apt install postgresql)"

_numbers = itertools.count()


def program(name: str) -> str | None:
    """Return the path of one of the server's programs; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@contextmanager
def server(initdb: str) -> Iterator[str]:
    """Start a server and give the URL of its databases; the folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="kyphort-postgresql-", dir=memory()))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data, log = str(folder / "data"), str(folder / "log")
    port = _free_port()
    options = (
        f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder} "
        "-c fsync=off -c max_connections=40"
    )
    control = str(Path(initdb).with_name("pg_ctl"))
    make = ["-D", data, "-U", "kyphort", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    try:
        _run([*as_user, initdb, *make])
        _run([*as_user, control, "-D", data, "-l", log, "-w", "-o", options, "start"])
        try:
            yield f"postgresql://kyphort@127.0.0.1:{port}"
        finally:
            _run([*as_user, control, "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, template: str = "template0") -> str:
    """Make a database, empty or a copy of `template`, and return its URL."""
    name = f"registry{next(_numbers)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{server}/{name}"


def drop(server: str, urls: list[str]) -> None:
    """Remove databases, whoever is still connected to them."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for url in urls:
            name = url.rpartition("/")[2]
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def memory() -> Path | None:
    """Return a folder in memory with room for a server; every commit waits for its disk."""
    folder = Path("/dev/shm")  # noqa: S108 - a file system in memory
    has_room = folder.is_dir() and shutil.disk_usage(folder).free > 2 * 1024**3
    return folder if has_room else None


def _run(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603 - our own


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
