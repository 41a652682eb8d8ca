"""Opening a registry: what stands at a place, and whether this kyphort reads it."""

import getpass
import sqlite3
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import RegistryError
from kyphort.registry import migrate
from kyphort.registry.faults import understood
from kyphort.registry.place import (
    SQLITE_APPLICATION_ID,
    Place,
    engine_of,
    may_write,
    place_of,
    pragma,
)
from kyphort.registry.store import Registry


def default_user() -> str:
    """Return the name under which the operating system knows the user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def open_registry(
    place: str | Path,
    *,
    who: str | None = None,
    read_only: bool = False,
    must_write: bool = True,
) -> Registry:
    """Open the registry at a path or PostgreSQL URL; `who` stands in the audit trail.

    Without `who` it is the user of the operating system. With `must_write` False it is opened
    read-only where it cannot be written.

    Raises
    ------
    RegistryError
        When there is no registry, its tables are of another version, or its vault is missing.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from kyphort.clinical import *
    >>> day = dt.date(2015, 7, 4)
    >>> from kyphort.registry import init_registry
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "registry.db"
    ...     init_registry(place, "One patient", "made up", synthetic=True, cut_off=day)
    ...     with open_registry(place, who="anna") as registry:
    ...         _ = registry.add(Patient("A", Sex.FEMALE, 61, "Breast cancer", day))
    ...         vertebra = TreatedVertebra("A", SpinalLevel.T12, day, Prescription(8, 13))
    ...         receipt = registry.add(vertebra)
    ...         receipt.head.seq, len(registry.cohort().vertebrae)
    (3, 1)
    """
    where = place_of(place)
    read_only = read_only or not (must_write or _may_write(where))
    with understood(where):
        _check_is_registry(where, read_only=read_only)
    return Registry(where, who or default_user(), read_only=read_only)


def read_registry(place: str | Path) -> Cohort:
    """Read the cohort of treated patients that the registry at `place` holds.

    Raises
    ------
    RegistryError
        When there is no such registry, it is not a kyphort registry, or its tables have another
        version.
    InvalidDataError
        When rows hold what they may not, or contradict each other.
    """
    with open_registry(place, read_only=True) as registry:
        return registry.cohort()


def _may_write(place: Place) -> bool:
    return place.path is None or all(map(may_write, (place.file, place.vault_path)))


def _check_is_registry(place: Place, *, read_only: bool) -> None:
    version = version_at(place)
    if version < migrate.NEWEST:
        raise RegistryError(
            f"{place.shown} has tables of version {int(version)}; this kyphort uses version "
            f"{int(migrate.NEWEST)}. Renew them with: kyphort registry migrate {place.shown}"
        )
    if version > migrate.NEWEST:
        raise too_new(place, version)
    if place.path is not None and not read_only and not place.vault_path.is_file():
        raise RegistryError(
            f"The vault {place.vault_path} is missing, so the registry can be read but not "
            "changed. Put it back beside the registry, or restore both from a backup."
        )


def too_new(place: Place, version: str) -> RegistryError:
    """Return the error about tables that a newer kyphort made."""
    return RegistryError(
        f"{place.shown} has tables of version {int(version)}; this kyphort reads version "
        f"{int(migrate.NEWEST)}. Use the kyphort that made it, or a newer one."
    )


def version_at(place: Place) -> str:
    """Return the version of the tables at a place.

    Raises
    ------
    RegistryError
        When there is no registry.
    """
    version = _file_version(place) if place.path is not None else _database_version(place)
    if version is None:
        raise RegistryError(
            f"{place.shown} is not a kyphort registry: it has no such tables. Make one with: "
            f"kyphort registry init {place.shown}"
        )
    return version


def _file_version(place: Place) -> str:
    if not place.file.is_file():
        raise RegistryError(
            f"There is no registry file {place.shown}. Give the path of a file that kyphort has "
            "made."
        )
    try:
        application, version = pragma(place.file, "application_id", "user_version")
    except sqlite3.Error as error:
        raise RegistryError(
            f"{place.shown} is not a kyphort registry ({error}). Give a file that kyphort has made."
        ) from error
    if application != SQLITE_APPLICATION_ID:
        raise RegistryError(
            f"{place.shown} is not a kyphort registry: its SQLite application id is {application}. "
            "Give a file that kyphort has made."
        )
    return f"{version:04d}"


def _database_version(place: Place) -> str | None:
    engine = engine_of(place, read_only=True)
    try:
        with engine.connect() as connection:
            return migrate.version_of(connection)
    finally:
        engine.dispose()
