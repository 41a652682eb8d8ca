"""Making registries: new, from a cohort, from a backup, from older tables."""

import datetime as dt
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError, OutputError, RegistryError
from kyphort.registry import keys, migrate, plans
from kyphort.registry.backup import Summary, check_backup, load_backup
from kyphort.registry.faults import understood
from kyphort.registry.opening import default_user, too_new, version_at
from kyphort.registry.place import Place, place_of
from kyphort.registry.rows import DATASET
from kyphort.registry.store import Registry
from kyphort.registry.writing import append, begin, make_anchor, make_head


def init_registry(
    place: str | Path,
    name: str | None = None,
    provenance: str = "",
    *,
    synthetic: bool = False,
    cut_off: dt.date | None = None,
    who: str | None = None,
) -> None:
    """Make a new, empty registry; with a name it describes its data set at once.

    Without a name the first import brings the description. An SQLite registry appears complete or
    not at all, with its vault beside it.

    Raises
    ------
    InvalidDataError
        When it has a name but no provenance.
    OutputError
        When there is one already, or the place cannot be written to.
    """
    if name is not None and not (name.strip() and provenance.strip()):
        raise InvalidDataError(
            "A data set has a name and a provenance. Say where the data come from, or leave both "
            "to the first import."
        )
    where = place_of(place)
    _make(where, lambda made: _describe(made, name, provenance, synthetic, cut_off, who))


def _describe(  # noqa: PLR0917 - what the caller was given
    place: Place,
    name: str | None,
    provenance: str,
    synthetic: bool,
    cut_off: dt.date | None,
    who: str | None,
) -> None:
    row = {
        "id": 1,
        "name": name,
        "data_cut_off": cut_off or dt.datetime.now().astimezone().date(),
        "synthetic": synthetic,
        "provenance": provenance,
    }
    with Registry(place, who or default_user()) as registry:
        _make_tables(registry)
        if name is not None:
            registry.add_rows([("dataset", DATASET.encode(row))])


def create_registry(path: Path, cohort: Cohort) -> None:
    """Write `cohort` into a new SQLite registry file at `path`, with its audit trail and vault.

    The file appears complete or not at all.

    Raises
    ------
    OutputError
        When `path` exists already, or its folder cannot be written to.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from pathlib import Path
    >>> from kyphort.clinical import *
    >>> from kyphort.registry import read_registry
    >>> day = dt.date(2015, 7, 4)
    >>> cohort = Cohort(
    ...     "one patient", dt.date(2019, 12, 31), True, "made up for this example",
    ...     (Patient("A", Sex.FEMALE, 61, "Breast cancer", dt.date(2016, 7, 4)),),
    ...     (TreatedVertebra("A", SpinalLevel.T12, day, Prescription(8, 13)),),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     create_registry(Path(folder) / "registry.db", cohort)
    ...     read_registry(Path(folder) / "registry.db") == cohort
    True
    """

    def fill(place: Place) -> None:
        with Registry(place, default_user()) as registry:
            _make_tables(registry)
            registry.import_cohort(cohort)

    _make(place_of(path), fill)


def restore(file: Path, place: str | Path) -> Summary:
    """Make a registry at a new place from a backup; either engine restores what either wrote.

    It appears complete or not at all, and its content has the hash of the backup's. A backup with
    older tables is renewed.

    Raises
    ------
    RegistryError
        When the backup is missing, cut off or altered.
    OutputError
        When there is a registry at `place` already, or it cannot be written to.
    """
    revision = check_backup(file)
    if revision > migrate.NEWEST:
        raise RegistryError(
            f"{file} has tables of version {int(revision)}; this kyphort knows up to "
            f"{int(migrate.NEWEST)}. Use a newer kyphort."
        )
    found: list[Summary] = []

    def fill(made: Place) -> None:
        with Registry(made, default_user()) as registry:
            with registry.writing() as connection:
                migrate.migrate_data(connection, revision)
                load_backup(connection, file)
                migrate.migrate_data(connection)
            found.append(registry.content())

    _make(place_of(place), fill)
    return found[0]


def renew(place: str | Path, *, who: str | None = None) -> tuple[str, str]:
    """Bring the tables of a registry to the newest version; return the versions before and after.

    A registry from before the audit trail gets one: each row is adopted with an entry. All of it or
    nothing.

    Raises
    ------
    RegistryError
        When there is no registry at `place`, or a newer kyphort made it.
    """
    where = place_of(place)
    with understood(where):
        before = version_at(where)
        if before > migrate.NEWEST:
            raise too_new(where, before)
        if before == migrate.NEWEST:
            return before, before
        if where.path is not None and not where.vault_path.exists():
            _make_file(where.vault_path)
    with Registry(where, who or default_user()) as registry:
        with registry.writing() as connection:
            migrate.migrate_vault(connection)
            adopted = [] if before > migrate.FIRST else plans.first_patients(connection)
            keys.make_secrets(connection, adopted)
            # Two files are two commits: a vault without an anchor could not catch up.
            registry_id = secrets.token_hex(16)
            if before == migrate.FIRST:
                registry_id = make_anchor(connection, registry_id)
        with registry.writing() as connection:
            migrate.migrate_data(connection)
            if before == migrate.FIRST:
                make_head(connection, registry_id)
                append(connection, begin(connection), plans.plan_adopt(connection), registry.who)
    return before, migrate.NEWEST


def _make(place: Place, fill: Callable[[Place], None]) -> None:
    """Make the files or the schema of a new registry, and let `fill` make and fill its tables."""
    if place.path is None:
        _refuse_taken_database(place)
        _make_vault(place)
        fill(place)
        return
    _refuse_taken(place)
    try:
        stage = Path(tempfile.mkdtemp(prefix=f".{place.file.name}.", dir=place.file.parent))
    except OSError as error:
        raise OutputError(
            f"The folder {place.file.parent} cannot be written to ({error.strerror}). Choose "
            "another folder for the registry."
        ) from error
    staged = Place(place.shown, path=stage / place.file.name, is_staged=True)
    try:
        with understood(place):
            _make_file(staged.vault_path)
            _make_file(staged.file)
            _make_vault(staged)
            fill(staged)
            # The vault first: a registry without its vault would be lost.
            _put_in_place(staged.vault_path, place.vault_path)
            _put_in_place(staged.file, place.file)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _put_in_place(staged: Path, path: Path) -> None:
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    staged.replace(path)


def _make_vault(place: Place) -> None:
    """Make the tables of the vault, committed before there are data that need them."""
    with Registry(place, default_user()) as registry, registry.writing() as connection:
        migrate.migrate_vault(connection)


def _make_tables(registry: Registry) -> None:
    with registry.writing() as connection:
        migrate.migrate_data(connection)
        make_head(connection, secrets.token_hex(16))


def _make_file(path: Path) -> None:
    """Make an SQLite database that keeps a log of changes (WAL), for its owner's eyes only."""
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _refuse_taken(place: Place) -> None:
    if place.file.exists():
        raise OutputError(
            f"{place.shown} exists already. A new registry does not overwrite a file: choose "
            "another name or remove the file."
        )
    if place.vault_path.exists():
        raise OutputError(
            f"{place.vault_path} exists already: the vault of a registry that is not here any "
            "more. Choose another name, or remove it if it is not needed."
        )


def _refuse_taken_database(place: Place) -> None:
    registry = Registry(place, default_user(), read_only=True)
    with registry, registry.reading() as connection:
        if migrate.version_of(connection) is not None:
            raise OutputError(
                f"{place.shown} holds a registry already. Open it, or choose another database."
            )
