"""The registry: opened at a place, changed one transaction at a time, explained by its trail."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select

from kyphort.clinical import Cohort
from kyphort.errors import OutputError, RegistryError
from kyphort.registry import keys, migrate, plans, reading, tables
from kyphort.registry.backup import (
    Summary,
    content_of,
    write_backup,
)
from kyphort.registry.difference import Difference, difference
from kyphort.registry.faults import understood
from kyphort.registry.place import (
    WRITE,
    Place,
    engine_of,
)
from kyphort.registry.reading import Event
from kyphort.registry.rows import rows_of_record
from kyphort.registry.shapes import Key, Row
from kyphort.registry.tables import ALL_SHAPES, IDENTITY
from kyphort.registry.trail import Change
from kyphort.registry.values import Identity
from kyphort.registry.verify import Verification, verify
from kyphort.registry.writing import Head, append, begin

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
        with understood(self.place), self._engine.connect() as plain:
            yield self._at_one_moment(plain)

    def _at_one_moment(self, connection: Connection) -> Connection:
        """Let all that is read be of one moment; in SQLite it is so anyway."""
        if self.place.path is not None:
            return connection
        return connection.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees data and vault as they are at one and the same moment."""
        with ExitStack() as stack:
            stack.enter_context(understood(self.place))
            with ExitStack() as others_wait:
                if not self._read_only and self.place.path is not None:
                    others_wait.enter_context(self.writing())
                connection = self._at_one_moment(stack.enter_context(self._engine.connect()))
                connection.execute(select(tables.head)).all()
                if keys.has_vault(connection):
                    connection.execute(select(tables.anchor)).all()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that holds the write lock."""
        with understood(self.place), self._engine.connect() as plain:
            connection = plain.execution_options(**{WRITE: True})
            with connection.begin():
                yield connection

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
        stored = shape.encode_some(values)
        return self._write(
            lambda connection: plans.plan_correct(connection, record, key, stored, reason, version)
        )

    def remove(self, record: str, key: Key, *, reason: str, version: int | None = None) -> Receipt:
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

    def import_cohort(
        self, cohort: Cohort, *, reason: str = "", dry_run: bool = False
    ) -> Difference:
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

    def backup(self, file: Path) -> Summary:
        """Write a backup into two new files, `file` and the vault's beside it.

        Both show the registry at one moment; others may go on writing. The hashes are those of the
        content, so that a restored registry has the same.

        Raises
        ------
        OutputError
            When a file exists already, or cannot be written.
        """
        self._catch_up()
        with self.snapshot() as connection:
            return write_backup(connection, file, migrate.NEWEST)

    def content(self) -> Summary:
        """Return the hashes that a backup would have."""
        with self.snapshot() as connection:
            return content_of(connection, migrate.NEWEST)

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
            keys.make_secrets(connection, set(patients) - set(plans.erased_patients(connection)))
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


def _rows_of(value: object) -> Iterable[tuple[str, Row]]:
    if isinstance(value, Identity):
        row = {name: getattr(value, name) for name in IDENTITY.by_name}
        return [("identity", IDENTITY.encode(row))]
    return rows_of_record(value)
