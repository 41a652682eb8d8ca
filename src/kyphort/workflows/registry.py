"""The registry as a data manager uses it: import, export, look, withdraw."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kyphort.clinical import Cohort, SpinalLevel, Withdrawal, WithdrawalForm
from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.csv_set import write_csv_set
from kyphort.registry import Receipt, open_registry
from kyphort.registry.difference import Difference
from kyphort.registry.plans import erased_patients, lock_of
from kyphort.registry.reading import Event, stored_rows
from kyphort.registry.rows import SHAPES
from kyphort.registry.shapes import Key, Row, Stored
from kyphort.registry.tables import ALL_SHAPES
from kyphort.registry.writing import Versioned, rows_in
from kyphort.wording import counted
from kyphort.workflows.check import check_data
from kyphort.workflows.registry_entry import said


def import_data(
    place: str | Path,
    data: Path,
    *,
    who: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Difference:
    """Bring a registry to what a data set says; what the data set lacks stays.

    All or nothing, and the second time nothing. With `dry_run` nothing is written.

    Raises
    ------
    FaultyDataError
        When the data set has errors; it carries them all.
    RegistryError
        When there is no registry at `place`.
    InvalidDataError
        When the records of both together contradict each other.
    ConflictError
        When a record is locked, or a patient was erased.
    """
    checked = check_data(data)
    if checked.cohort is None:
        raise FaultyDataError(
            f"{data} has {counted(len(checked.errors), 'error')}: nothing was imported. Mend "
            f"{'it' if len(checked.errors) == 1 else 'them'} and check again with: kyphort check "
            f"{data}",
            tuple(one.line for one in checked.errors),
        )
    with open_registry(place, who=who, read_only=dry_run) as registry:
        return registry.import_cohort(
            checked.cohort, reason=reason or f"import of {data.name}", dry_run=dry_run
        )


def export_data(place: str | Path, folder: Path) -> Cohort:
    """Write the treated patients of a registry as a data set into a new or empty folder.

    Raises
    ------
    RegistryError
        When there is no registry at `place`, or it holds no data set.
    OutputError
        When the folder holds files, or cannot be written to.
    """
    with open_registry(place, read_only=True) as registry:
        cohort = registry.cohort()
    write_csv_set(cohort, folder)
    return cohort


def withdraw_patient(
    place: str | Path,
    patient_id: str,
    form: str,
    date: dt.date | None,
    *,
    reason: str,
    who: str | None = None,
) -> Receipt:
    """Record that a patient stops follow-up, or forbids the use of the records.

    Raises
    ------
    InvalidDataError
        When there is no such patient, or the withdrawal is recorded already.
    """
    on = date or dt.datetime.now().astimezone().date()
    withdrawal = Withdrawal(patient_id, WithdrawalForm(form), on, said(reason))
    with open_registry(place, who=who) as registry:
        return registry.add(withdrawal, reason=reason)


def erase(place: str | Path, patient_id: str, *, reason: str, who: str | None = None) -> Receipt:
    """Destroy all that the registry holds of a patient; see `Registry.erase`.

    Raises
    ------
    InvalidDataError
        When there is no such patient.
    ConflictError
        When the patient is locked.
    """
    with open_registry(place, who=who) as registry:
        return registry.erase(patient_id, reason=said(reason))


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One line of the list of patients."""

    patient_id: str
    vertebrae: tuple[str, ...]
    visits: int
    last_contact_date: str
    state: str
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What a registry holds, patient by patient."""

    name: str
    data_cut_off: str
    synthetic: bool
    patients: tuple[PatientLine, ...]
    erased: int


def overview(place: str | Path) -> Overview:
    """List the patients of a registry.

    Raises
    ------
    RegistryError
        When there is no registry at `place`.
    """
    with open_registry(place, read_only=True) as registry, registry.reading() as connection:
        found = stored_rows(connection)
        locked = {lock_of(one.row) for one in rows_in(connection, "record_lock").values()}
        erased = len(erased_patients(connection))
    described: Row = next(iter(found["dataset"]), {})
    lines = _lines(found, locked)
    return Overview(
        str(described.get("name", "")),
        str(described.get("data_cut_off", "")),
        bool(described.get("synthetic", False)),
        tuple(sorted(lines, key=lambda one: one.patient_id)),
        erased,
    )


def _lines(found: dict[str, list[Row]], locked: set[tuple[str, Key]]) -> Iterator[PatientLine]:
    levels: defaultdict[Stored, list[SpinalLevel]] = defaultdict(list)
    for row in found["vertebra"]:
        levels[row["patient_id"]].append(SpinalLevel(str(row["level"])))
    visits = Counter(row["patient_id"] for row in found["visit"])
    forms = {row["patient_id"]: str(row["form"]) for row in found["withdrawal"]}
    for row in found["patient"]:
        patient_id = row["patient_id"]
        yield PatientLine(
            str(patient_id),
            tuple(one.value for one in sorted(levels[patient_id])),
            visits[patient_id],
            str(row["last_contact_date"]),
            _state(row, is_treated=bool(levels[patient_id]), form=forms.get(patient_id, "")),
            ("patient", (patient_id,)) in locked,
        )


def _state(row: Row, *, is_treated: bool, form: str) -> str:
    if form:
        return f"withdrawn ({form})"
    if row["death_date"] is not None:
        return "dead"
    return "alive" if is_treated else "not treated yet"


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Everything that a registry says of one patient; the identity only when asked for."""

    patient_id: str
    records: dict[str, tuple[Versioned, ...]]
    locked: frozenset[tuple[str, Key]]
    events: int
    last: Event | None


def patient_page(place: str | Path, patient_id: str, *, with_identity: bool = False) -> PatientPage:
    """Collect the records of one patient.

    Raises
    ------
    InvalidDataError
        When there is no such patient.
    RegistryError
        When there is no registry at `place`, or the identity is asked for and the vault is missing.
    """
    names = [*SHAPES, *(["identity"] if with_identity else [])]
    with open_registry(place, read_only=not with_identity) as registry:
        with registry.reading() as connection:
            records = {
                name: tuple(
                    one
                    for _, one in sorted(rows_in(connection, name, patient_id).items(), key=_key)
                )
                for name in names
                if name != "dataset"
            }
            locks = rows_in(connection, "record_lock", patient_id).values()
            if not records["patient"]:
                raise InvalidDataError(
                    f"There is no patient {patient_id} in {registry.place.shown}. "
                    "kyphort registry list names them."
                )
        events = registry.history(patient_id)
    locked = frozenset(lock_of(one.row) for one in locks)
    return PatientPage(patient_id, records, locked, len(events), events[-1] if events else None)


def _key(item: tuple[Key, Versioned]) -> tuple[str, ...]:
    return tuple(map(str, item[0]))


def history_of(
    place: str | Path, patient_id: str, record: str | None, key: Key
) -> tuple[Event, ...]:
    """Return what was done to a patient, or to one record, oldest first.

    With the record "dataset" it is the history of the data set's description.

    Raises
    ------
    RegistryError
        When there is no registry at `place`.
    InvalidDataError
        When the trail says nothing of it.
    """
    owner = "" if record == "dataset" else patient_id
    with open_registry(place, read_only=True) as registry:
        events = registry.history(owner)
    if record is not None:
        events = _of_row(events, record, key)
    if not events:
        raise InvalidDataError(
            f"The audit trail says nothing of {patient_id or 'the data set'}. kyphort registry "
            "list names the patients."
        )
    return events


def _of_row(events: tuple[Event, ...], record: str, key: Key) -> tuple[Event, ...]:
    """Follow one row back through the keys that it had."""
    keys, found = {key}, []
    for event in reversed(events):
        if any(event.is_about(record, one) for one in keys):
            found.append(event)
            if event.values is not None:
                keys.add(event.values.key)
    return tuple(reversed(found))


def field_names(record: str) -> tuple[str, ...]:
    """Return the columns of a record in their order."""
    return tuple(ALL_SHAPES[record].by_name)
