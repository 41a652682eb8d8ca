"""The registry: opened at a place, changed one transaction at a time, explained by its trail."""

import datetime as dt
import getpass
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, inspect, select

from kyphort.clinical import Cohort
from kyphort.errors import OutputError, RegistryError
from kyphort.registry import keys, migrate, plans, reading, tables
from kyphort.registry.difference import Difference, difference
from kyphort.registry.faults import understood
from kyphort.registry.place import (
    SQLITE_APPLICATION_ID,
    VAULT_SCHEMA,
    WRITE,
    Place,
    engine_of,
    place_of,
    pragma,
)
from kyphort.registry.reading import Event
from kyphort.registry.rows import rows_of_value
from kyphort.registry.shapes import Key, Row
from kyphort.registry.tables import ALL_SHAPES, IDENTITY
from kyphort.registry.trail import Change
from kyphort.registry.values import Identity
from kyphort.registry.verify import Verification, verify
from kyphort.registry.writing import Head, append, begin, make_head

Plan = Callable[[Connection], Sequence[Change]]
Check = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written, and the end of the trail after it."""

    changes: tuple[Change, ...]
    head: Head


class Registry:
    """An open registry. Every change is one transaction with its entries in the audit trail.

    Use it as a context manager; `open_registry` makes it. All methods raise `RegistryError` when
    the registry is damaged, `OutputError` when it cannot be written, and `ConflictError` when a
    lock, an erasure or another writer forbids the change. When a method raises, nothing changed.
    """

    def __init__(self, place: Place, who: str, *, read_only: bool = False) -> None:
        self.place = place
        self.who = who
        self._read_only = read_only
        self._engine = engine_of(place, read_only=read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees the registry as it is at one moment."""
        with understood(self.place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees data and vault as they are at one and the same moment."""
        with ExitStack() as stack:
            stack.enter_context(understood(self.place))
            with ExitStack() as others_wait:
                if not self._read_only and self.place.path is not None:
                    others_wait.enter_context(self.writing())
                connection = stack.enter_context(self._engine.connect())
                if self.place.path is None:
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                connection.execute(select(tables.head)).all()
                if inspect(connection).has_table("anchor", schema=VAULT_SCHEMA):
                    connection.execute(select(tables.anchor)).all()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that holds the write lock."""
        with understood(self.place), self._engine.connect() as plain:
            with plain.execution_options(**{WRITE: True}).begin():
                yield plain

    def cohort(self) -> Cohort:
        """Return the cohort of all treated patients; one without a vertebra is left out.

        Raises
        ------
        RegistryError
            When no data set is described.
        InvalidDataError
            When rows hold what they may not, or contradict each other.
        """
        with self.reading() as connection:
            return reading.read_cohort(connection, self.place.shown)

    def add(self, *values: object, reason: str = "") -> Receipt:
        """Add records of `kyphort.clinical`, or an `Identity`; all of them or none.

        A visit brings its assessments. A date later than the patient's last contact moves it, and
        the data cut-off, since the patient was seen alive; each move has its entry.

        Raises
        ------
        InvalidDataError
            When a record is there already, its owner is not, or it contradicts another one.
        """
        new = [row for value in values for row in _rows_of(value)]
        return self.add_rows(new, reason=reason)

    def add_rows(self, new: Sequence[tuple[str, Row]], *, reason: str = "") -> Receipt:
        """Add stored rows, each with the name of its record; see `add`."""
        patients = {str(row["patient_id"]) for _, row in new if "patient_id" in row}
        return self._write(lambda connection: plans.plan_add(connection, new, reason), patients)

    def correct(
        self,
        record: str,
        key: Key,
        values: Mapping[str, Any],
        *,
        reason: str,
        version: int | None = None,
    ) -> Receipt:
        """Give some fields of a record other values; the trail keeps the old ones.

        `key` holds the stored values of the record's key (dates as YYYY-MM-DD). With `version`, the
        row version that the user saw, a change that came in between is not overwritten.

        Raises
        ------
        InvalidDataError
            When there is no such record, nothing would change, or the result contradicts another
            record.
        ConflictError
            When the record has another version by now: the message says who changed what.
        """
        shape = ALL_SHAPES[record]
        stored: Row = {
            name: None if value is None else shape.by_name[name].encode(value)
            for name, value in values.items()
        }
        return self._write(
            lambda connection: plans.plan_correct(connection, record, key, stored, reason, version)
        )

    def remove(
        self, record: str, key: Key, *, reason: str, version: int | None = None
    ) -> Receipt:
        """Take a record that should not be there out of the data; the trail keeps it.

        Raises
        ------
        InvalidDataError
            When there is no such record, or others belong to it.
        """
        return self._write(
            lambda connection: plans.plan_remove(connection, record, key, reason, version)
        )

    def lock(self, record: str, key: Key, *, reason: str = "") -> Receipt:
        """Lock a record as clean; the record "patient" locks all records of the patient."""
        return self._write(lambda connection: plans.plan_lock(connection, record, key, reason))

    def unlock(self, record: str, key: Key, *, reason: str) -> Receipt:
        """Unlock a record, so that it can be corrected again."""
        return self._write(lambda connection: plans.plan_unlock(connection, record, key, reason))

    def erase(self, patient_id: str, *, reason: str) -> Receipt:
        """Destroy all records of a patient, the identity, and the key of the audit values.

        What the trail said of the patient cannot be read any more, and still verifies. `reason` is
        kept readable, so it must not name the person.
        """
        receipt = self._write(lambda connection: plans.plan_erase(connection, patient_id, reason))
        self._forget()
        return receipt

    def _forget(self) -> None:
        """Move what was erased out of the logs and free pages too."""
        if self.place.path is None:
            with understood(self.place), self._engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
            return
        with understood(self.place), closing(self._engine.raw_connection()) as connection:
            for schema in ("main", "vault"):
                connection.cursor().execute(f"PRAGMA {schema}.wal_checkpoint(TRUNCATE)")

    def import_cohort(self, cohort: Cohort, *, reason: str = "", dry_run: bool = False) -> Difference:
        """Bring the registry to what a cohort says: add what is new, correct what differs.

        Records that the cohort lacks stay, and are named. All or nothing; importing the same cohort
        again changes nothing and leaves no entry. With `dry_run` nothing is written.

        Raises
        ------
        InvalidDataError
            When the result would contradict itself, or real and synthetic data would be mixed.
        """
        if dry_run:
            with self.reading() as connection:
                return difference(connection, cohort, reason)
        found: list[Difference] = []

        def plan(connection: Connection) -> Sequence[Change]:
            found.append(difference(connection, cohort, reason))
            return found[-1].changes

        def check(connection: Connection) -> None:
            if found[-1].absent and found[-1].changes:
                reading.read_cohort(connection, self.place.shown)

        self._write(plan, {patient.patient_id for patient in cohort.patients}, check)
        return found[-1]

    def history(self, patient_id: str) -> tuple[Event, ...]:
        """Return what the trail says of a patient, or with "" of the data set, oldest first."""
        with self.reading() as connection:
            return reading.events_of(connection, patient_id)

    def verify(self, expect: str | None = None) -> Verification:
        """Recompute the chain, replay the trail, and compare with the rows; see `verify`."""
        self._catch_up()
        with self.snapshot() as connection:
            return verify(connection, expect)

    def _catch_up(self) -> None:
        """Let the vault finish what a power cut interrupted, where it can be written."""
        if self._read_only:
            return
        with suppress(OutputError, RegistryError), self.writing() as connection:
            begin(connection)

    def _write(
        self, plan: Plan, patients: Collection[str] = (), check: Check | None = None
    ) -> Receipt:
        with self.writing() as connection:
            # A key must be safe before anything is written with it: two files, two commits.
            keys.make_secrets(connection, patients)
        with self.writing() as connection:
            head = begin(connection)
            changes = plan(connection)
            plans.refuse_what_is_closed(connection, changes)
            end = append(connection, head, changes, self.who)
            if check is not None:
                check(connection)
            else:
                _check(connection, changes, self.place)
        return Receipt(tuple(changes), end)


def _check(connection: Connection, changes: Sequence[Change], place: Place) -> None:
    if any(change.record == "dataset" for change in changes):
        reading.read_cohort(connection, place.shown)
    plans.check_patients(connection, sorted({change.patient_id for change in changes} - {""}))


def _rows_of(value: object) -> list[tuple[str, Row]]:
    if isinstance(value, Identity):
        row = {name: getattr(value, name) for name in IDENTITY.by_name}
        return [("identity", IDENTITY.encode(row))]
    return rows_of_value(value)


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
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "registry.db"
    ...     init_registry(place, "One patient", "made up", synthetic=True, cut_off=day)
    ...     with open_registry(place, who="anna") as registry:
    ...         _ = registry.add(Patient("A", Sex.FEMALE, 61, "Breast cancer", day))
    ...         receipt = registry.add(TreatedVertebra("A", SpinalLevel.T12, day, Prescription(8, 13)))
    ...         receipt.head.seq, len(registry.cohort().vertebrae)
    (3, 1)
    """
    where = place_of(place)
    read_only = read_only or not (must_write or _may_write(where))
    with understood(where):
        _check_is_registry(where, read_only=read_only)
    return Registry(where, who or default_user(), read_only=read_only)


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
    OutputError
        When there is one already, or the place cannot be written to.
    """
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
    if name is None:
        return
    row = {
        "id": 1,
        "name": name,
        "data_cut_off": cut_off or dt.datetime.now().astimezone().date(),
        "synthetic": synthetic,
        "provenance": provenance,
    }
    with Registry(place, who or default_user()) as registry:
        registry.add_rows([("dataset", ALL_SHAPES["dataset"].encode(row))])


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
            registry.import_cohort(cohort)

    _make(place_of(path), fill)


def _make(place: Place, fill: Callable[[Place], None]) -> None:
    if place.path is None:
        with understood(place):
            _make_tables(place)
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
    staged = Place(place.shown, path=stage / place.file.name)
    try:
        with understood(place):
            _make_files(staged)
            _make_tables(staged)
            fill(staged)
            # The vault first: a registry without its vault would be lost.
            staged.vault_path.replace(place.vault_path)
            staged.file.replace(place.file)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


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


def _make_files(place: Place) -> None:
    """Make the two files as SQLite databases that keep a log of changes (WAL)."""
    for path in (place.file, place.vault_path):
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")


def _make_tables(place: Place) -> None:
    """Make the tables of an empty place; the vault is committed first."""
    with Registry(place, default_user()) as registry:
        with registry.reading() as connection:
            if migrate.version_of(connection) is not None:
                raise OutputError(f"{place.shown} holds a registry already. Open it instead.")
        registry_id = secrets.token_hex(16)
        with registry.writing() as connection:
            migrate.migrate_vault(connection)
        with registry.writing() as connection:
            migrate.migrate_data(connection)
            make_head(connection, registry_id)


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
    return place.path is None or (
        place.vault_path.is_file()
        and all(os.access(one, os.W_OK) for one in (place.file, place.file.parent))
    )


def _check_is_registry(place: Place, *, read_only: bool) -> None:
    version = _file_version(place) if place.path is not None else _database_version(place)
    if version is None:
        raise RegistryError(
            f"{place.shown} is not a kyphort registry: it has no such tables. Make one with: "
            f"kyphort registry init {place.shown}"
        )
    if version < migrate.NEWEST:
        raise RegistryError(
            f"{place.shown} has tables of version {int(version)}; this kyphort uses version "
            f"{int(migrate.NEWEST)}. Renew them with: kyphort registry migrate {place.shown}"
        )
    if version > migrate.NEWEST:
        raise RegistryError(
            f"{place.shown} has tables of version {int(version)}; this kyphort reads version "
            f"{int(migrate.NEWEST)}. Use the kyphort that made it, or a newer one."
        )
    if place.path is not None and not read_only and not place.vault_path.is_file():
        raise RegistryError(
            f"The vault {place.vault_path} is missing, so the registry can be read but not changed. "
            "Put it back beside the registry, or restore both from a backup."
        )


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
