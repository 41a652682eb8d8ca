"""What a wish of the user changes: looked up under the write lock, refused before it is written."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, column, select, table

from kyphort.clinical.records import RECORDS, End
from kyphort.errors import ConflictError, InvalidDataError
from kyphort.registry import rows
from kyphort.registry.reading import describe, last_change, stored_rows
from kyphort.registry.shapes import Key, Row
from kyphort.registry.tables import ALL_SHAPES, ERASURE, LOCK, TABLES
from kyphort.registry.trail import Action, Change, canonical_json
from kyphort.registry.writing import Versioned, rows_in

SEEN_ALIVE = {
    kind.name: [one.name for one in kind.fields if one.not_after is End.LAST_CONTACT]
    for kind in RECORDS
    if not kind.within
}
"""The dates of records on which the patient is known to have been alive."""
DATES = {
    kind.name: [one.name for one in kind.fields if one.not_after is not None] for kind in RECORDS
}
"""The dates of records that are not after the data cut-off."""

_FEW = 200
"""Up to how many patients rows are asked for one by one."""


def plan_add(connection: Connection, new: Sequence[tuple[str, Row]], reason: str) -> list[Change]:
    """Return the changes that add rows; a patient seen later than known moves the last contact."""
    changes: list[Change] = []
    for record, row in new:
        shape = ALL_SHAPES[record]
        key = shape.key_of(row)
        if _row(connection, record, key, row) is not None:
            raise InvalidDataError(
                f"The {describe(record, key)} is in the registry already. Correct it instead, or "
                "correct the key of the new one."
            )
        _refuse_orphan(connection, record, row, new)
        rows.check_values({record: [row]})
        changes.append(Change(Action.ADD, record, key, None, row, reason))
    return [*changes, *_seen_later(connection, changes)]


def _row(connection: Connection, record: str, key: Key, row: Row) -> Versioned | None:
    patient_id = row.get("patient_id")
    of_patient = None if patient_id is None else str(patient_id)
    return rows_in(connection, record, of_patient).get(key)


def _refuse_orphan(
    connection: Connection, record: str, row: Row, new: Sequence[tuple[str, Row]]
) -> None:
    for parent in ALL_SHAPES[record].parents:
        shape = ALL_SHAPES[parent]
        key = shape.key_of(row)
        comes_along = any(name == parent and shape.key_of(one) == key for name, one in new)
        if not comes_along and _row(connection, parent, key, row) is None:
            raise InvalidDataError(
                f"The {describe(record, ALL_SHAPES[record].key_of(row))} belongs to the "
                f"{describe(parent, key)}, which is not in the registry. Add that first, or "
                "correct the key."
            )


def _seen_later(connection: Connection, changes: Sequence[Change]) -> Iterator[Change]:
    """Move the last contact of a living patient, and the data cut-off, to the latest new date."""
    dataset = next(iter(rows_in(connection, "dataset").values()), None)
    dates = [date for change in changes for date in _dates(change, DATES)]
    latest = max(dates, default="")
    if dataset is None:
        return
    today = dt.datetime.now().astimezone().date().isoformat()
    if latest > today and not dataset.row["synthetic"]:
        raise InvalidDataError(
            f"A date is {latest}, after today, {today}. Allowed: up to today. Correct the date."
        )
    seen: dict[str, str] = {}
    for change in changes:
        for date in _dates(change, SEEN_ALIVE):
            seen[change.patient_id] = max(date, seen.get(change.patient_id, ""))
    for patient_id, date in seen.items():
        _refuse_withdrawn(connection, patient_id, date)
        known = rows_in(connection, "patient", patient_id).get((patient_id,))
        is_alive = known is not None and known.row["death_date"] is None
        if known is not None and is_alive and date > str(known.row["last_contact_date"]):
            yield _moved("patient", (patient_id,), known, "last_contact_date", date)
    if latest > str(dataset.row["data_cut_off"]):
        yield _moved("dataset", (1,), dataset, "data_cut_off", latest)


def _refuse_withdrawn(connection: Connection, patient_id: str, date: str) -> None:
    for found in rows_in(connection, "withdrawal", patient_id).values():
        if date > str(found.row["withdrawal_date"]):
            raise ConflictError(
                f"Patient {patient_id} withdrew on {found.row['withdrawal_date']} "
                f"({found.row['form']}): nothing later is recorded. The date is {date}; correct "
                "it, or the withdrawal."
            )


def _dates(change: Change, names: Mapping[str, Sequence[str]]) -> Iterator[str]:
    row = change.new or {}
    for name in names.get(change.record, ()):
        date = row.get(name)
        if date is not None:
            yield str(date)


def _moved(record: str, key: Key, found: Versioned, column: str, date: str) -> Change:
    new = {**found.row, column: date}
    return Change(Action.CORRECT, record, key, found.row, new, f"seen on {date}", found.version)


def plan_correct(  # noqa: PLR0917 - one row, and what is wished of it
    connection: Connection,
    record: str,
    key: Key,
    values: Row,
    reason: str,
    version: int | None,
) -> list[Change]:
    """Return the changes that give a row other values; a new key goes on to what it owns."""
    found = _existing(connection, record, key, version)
    if "patient_id" in values and values["patient_id"] != found.row["patient_id"]:
        raise InvalidDataError(
            f"The pseudonym of the {describe(record, key)} cannot be changed. Remove the record, "
            "and add it for the other patient."
        )
    new = found.row | values
    if new == found.row:
        raise InvalidDataError(
            f"The {describe(record, key)} has these values already: nothing to correct."
        )
    rows.check_values({record: [new]})
    new_key = ALL_SHAPES[record].key_of(new)
    if new_key != key and _row(connection, record, new_key, new) is not None:
        raise InvalidDataError(
            f"The {describe(record, new_key)} is in the registry already, so the "
            f"{describe(record, key)} cannot become it. Correct the key."
        )
    changes = list(_with_owned(connection, record, key, found, new, reason))
    return [*changes, *_seen_later(connection, changes)]


def _with_owned(  # noqa: PLR0917 - one row, before and after
    connection: Connection, record: str, key: Key, found: Versioned, new: Row, reason: str
) -> Iterator[Change]:
    yield Change(Action.CORRECT, record, key, found.row, new, reason, found.version)
    shape = ALL_SHAPES[record]
    moved = {
        name: new[name] for name, value in zip(shape.key, key, strict=True) if new[name] != value
    }
    if moved:
        for name, owned_key, owned in _owned(connection, record, key, found.row):
            yield from _with_owned(connection, name, owned_key, owned, owned.row | moved, reason)


def _owned(
    connection: Connection, record: str, key: Key, row: Row
) -> Iterator[tuple[str, Key, Versioned]]:
    """Yield the rows that belong to a row directly."""
    shape = ALL_SHAPES[record]
    for name in ALL_SHAPES:
        if record in ALL_SHAPES[name].parents:
            for owned_key, owned in rows_in(connection, name, str(row["patient_id"])).items():
                if tuple(owned.row[one] for one in shape.key) == key:
                    yield name, owned_key, owned


def plan_remove(
    connection: Connection, record: str, key: Key, reason: str, version: int | None
) -> list[Change]:
    """Return the changes that take a row out of the data; the trail keeps it."""
    found = _existing(connection, record, key, version)
    owned = next(_owned(connection, record, key, found.row), None)
    if record == "dataset" or owned is not None:
        what = describe("dataset", key) if owned is None else describe(owned[0], owned[1])
        raise InvalidDataError(
            f"The {describe(record, key)} cannot be removed: the {what} needs it. Remove that "
            "first, or withdraw the patient."
        )
    return [Change(Action.REMOVE, record, key, found.row, None, reason, found.version)]


def _existing(connection: Connection, record: str, key: Key, version: int | None) -> Versioned:
    row = dict(zip(ALL_SHAPES[record].key, key, strict=True))
    found = _row(connection, record, key, row)
    if found is None:
        raise InvalidDataError(
            f"There is no {describe(record, key)} in the registry. Look for it with "
            "kyphort registry show."
        )
    if version is not None and version != found.version:
        raise ConflictError(
            f"The {describe(record, key)} has version {found.version}; you saw version {version}. "
            f"{last_change(connection, record, key)} Look at it again with kyphort registry show, "
            "then decide."
        )
    return found


def plan_lock(connection: Connection, record: str, key: Key, reason: str) -> list[Change]:
    """Return the change that locks a record, or with the record "patient" all of a patient's."""
    found = _existing(connection, record, key, None)
    row = _lock_row(record, key, str(found.row["patient_id"]))
    if LOCK.key_of(row) in rows_in(connection, "record_lock", str(row["patient_id"])):
        raise ConflictError(f"The {describe(record, key)} is locked already.")
    return [Change(Action.LOCK, "record_lock", LOCK.key_of(row), None, row, reason)]


def plan_unlock(connection: Connection, record: str, key: Key, reason: str) -> list[Change]:
    """Return the change that unlocks a record."""
    found = _existing(connection, record, key, None)
    patient_id = str(found.row["patient_id"])
    lock_key = LOCK.key_of(_lock_row(record, key, patient_id))
    lock = rows_in(connection, "record_lock", patient_id).get(lock_key)
    if lock is None:
        raise ConflictError(f"The {describe(record, key)} is not locked.")
    return [Change(Action.UNLOCK, "record_lock", lock_key, lock.row, None, reason, lock.version)]


def _lock_row(record: str, key: Key, patient_id: str) -> Row:
    return {"patient_id": patient_id, "record": record, "record_key": canonical_json(key)}


def plan_erase(connection: Connection, patient_id: str, reason: str) -> list[Change]:
    """Return the change that destroys everything about a patient."""
    if (patient_id,) not in rows_in(connection, "patient", patient_id):
        raise InvalidDataError(
            f"There is no patient {patient_id} in the registry. Correct the pseudonym."
        )
    today = dt.datetime.now(dt.UTC).date().isoformat()
    row: Row = {"patient_id": patient_id, "erased_on": today}
    return [Change(Action.ERASE, "erasure", ERASURE.key_of(row), None, row, reason)]


def plan_adopt(connection: Connection) -> list[Change]:
    """Return an entry for each row that was there before the trail."""
    return [
        Change(Action.ADOPT, record, key, None, found.row, "was there before the audit trail")
        for record in rows.SHAPES
        for key, found in rows_in(connection, record).items()
    ]


def first_patients(connection: Connection) -> list[str]:
    """Return the patients in tables of any version."""
    return list(
        connection.execute(select(column("patient_id")).select_from(table("patient"))).scalars()
    )


def refuse_what_is_closed(connection: Connection, changes: Iterable[Change]) -> None:
    """Refuse changes to locked records and to erased patients.

    Raises
    ------
    ConflictError
        When a record is locked, or a patient was erased.
    """
    about = [change for change in changes if change.record != "record_lock"]
    patients = {change.patient_id for change in about} - {""}
    erased = _of_patients(connection, "erasure", patients)
    for patient_id in sorted(patients):
        if (patient_id,) in erased:
            raise ConflictError(
                f"Patient {patient_id} was erased on {erased[patient_id,].row['erased_on']}. An "
                "erased pseudonym is never given again: choose another one."
            )
    locks = _of_patients(connection, "record_lock", patients)
    if locks:
        for change in about:
            _refuse_locked(change, locks)


def _of_patients(
    connection: Connection, record: str, patients: Collection[str]
) -> dict[Key, Versioned]:
    if len(patients) > _FEW:
        return rows_in(connection, record)
    return {key: row for one in patients for key, row in rows_in(connection, record, one).items()}


def _refuse_locked(change: Change, locks: dict[Key, Versioned]) -> None:
    patient_id = change.patient_id
    for record, key in (("patient", (patient_id,)), (change.record, change.key)):
        if (patient_id, record, canonical_json(key)) in locks:
            raise ConflictError(
                f"The {describe(record, key)} is locked, so the "
                f"{describe(change.record, change.key)} cannot be changed. Unlock it first, with a "
                "reason: kyphort registry unlock."
            )


def check_patients(connection: Connection, patients: Iterable[str]) -> None:
    """Refuse a state in which the records of one of the patients contradict each other.

    A patient without a treated vertebra is not finished; only the values themselves are checked.

    Raises
    ------
    InvalidDataError
        When records contradict each other.
    """
    for patient_id in patients:
        found = stored_rows(connection, patient_id)
        if not found["dataset"]:
            raise InvalidDataError(
                "The registry has no description of its data set yet. Give one first: kyphort "
                "registry init --name, or import a data set."
            )
        if found["vertebra"]:
            rows.cohort_of(found)
        else:
            rows.check_values(found)


def lock_of(row: Row) -> tuple[str, Key]:
    """Return the record and key that a lock is about."""
    return str(row["record"]), tuple(json.loads(str(row["record_key"])))


def erased_patients(connection: Connection) -> tuple[str, ...]:
    """Return the pseudonyms that were erased."""
    return tuple(sorted(connection.execute(select(TABLES["erasure"].c.patient_id)).scalars()))
