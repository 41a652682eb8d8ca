"""Reading rows and the trail: for analysis, for the eye, and to say who changed what."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from kyphort.clinical import Cohort, WithdrawalForm
from kyphort.errors import RegistryError
from kyphort.registry import keys, rows, trail
from kyphort.registry.rows import SHAPES
from kyphort.registry.shapes import Key, Row, Stored
from kyphort.registry.tables import ALL_SHAPES, TABLES
from kyphort.registry.trail import Entry, Values
from kyphort.registry.writing import entries_of


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the trail, and what it says; `values` is None when its key was destroyed."""

    entry: Entry
    values: Values | None

    @property
    def reason(self) -> str:
        """Why it was done, empty when nothing was said."""
        return "" if self.values is None else self.values.reason

    @property
    def at(self) -> dt.datetime:
        """When it was done, in UTC."""
        return dt.datetime.fromisoformat(self.entry.at)

    def is_about(self, record: str, key: Key) -> bool:
        """Whether the entry is about a row, under its key before or after."""
        if self.values is None or self.entry.record != record:
            return False
        return key in {self.values.key, self.key_after}

    @property
    def key_after(self) -> Key | None:
        """The key of the row after the change, None when it went or cannot be read."""
        if self.values is None or self.values.new is None:
            return None
        names = ALL_SHAPES[self.entry.record].key
        before = zip(names, self.values.key, strict=True)
        return tuple(self.values.new.get(name, value) for name, value in before)


def describe(record: str, key: Key) -> str:
    """Return the name of a row in a sentence.

    >>> describe("visit", ("P017", "2015-10-05"))
    'visit P017 2015-10-05'
    """
    words = [] if record == "dataset" else [str(one) for one in key if one != ""]
    return " ".join((record.replace("_", " "), *words))


def stored_rows(connection: Connection, patient_id: str | None = None) -> dict[str, list[Row]]:
    """Return all stored rows, or those of one patient and of the data set, by record."""
    return {name: _rows(connection, name, patient_id) for name in SHAPES}


def _rows(connection: Connection, record: str, patient_id: str | None) -> list[Row]:
    table = TABLES[record]
    names = [one.name for one in SHAPES[record].fields]
    query = select(*(table.c[name] for name in names))
    if patient_id is not None and record != "dataset":
        query = query.where(table.c.patient_id == patient_id)
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]


def read_cohort(connection: Connection, shown: str) -> Cohort:
    """Return the cohort of all treated patients whose records may be used.

    Raises
    ------
    RegistryError
        When the registry does not describe a data set.
    InvalidDataError
        When rows hold what they may not, or contradict each other.
    """
    found = stored_rows(connection)
    if not found["dataset"]:
        raise RegistryError(
            f"{shown} holds no data set: the table 'dataset' is empty. Import a data set, or "
            "restore the registry from a backup."
        )
    left_out = not_treated(found) | not_to_be_used(found)
    return rows.cohort_of(_without(found, left_out) if left_out else found)


def not_treated(found: rows.Rows) -> set[Stored]:
    """Return the patients who have no treated vertebra yet."""
    treated = {row["patient_id"] for row in found["vertebra"]}
    return {row["patient_id"] for row in found["patient"]} - treated


def not_to_be_used(found: rows.Rows) -> set[Stored]:
    """Return the patients who withdrew the use of their records."""
    forms = {WithdrawalForm.STOP_USE.value, WithdrawalForm.ERASE.value}
    return {row["patient_id"] for row in found["withdrawal"] if row["form"] in forms}


def _without(found: dict[str, list[Row]], patients: set[Stored]) -> dict[str, list[Row]]:
    return {
        name: [row for row in some if row.get("patient_id") not in patients]
        for name, some in found.items()
    }


def events_of(connection: Connection, patient_id: str) -> tuple[Event, ...]:
    """Return what the trail says of a patient, or with "" of the data set, oldest first."""
    return tuple(_opened(connection, entries_of(connection, patient_id)))


def _opened(connection: Connection, entries: Iterable[tuple[Entry, str]]) -> Iterable[Event]:
    found = list(entries)
    owners = {entry.key_owner for entry, _ in found}
    secrets = keys.secrets_of(connection, owners) if keys.has_vault(connection) else {}
    for entry, previous in found:
        secret = secrets.get(entry.key_owner)
        yield Event(entry, None if secret is None else trail.opened(entry, previous, secret))


def last_change(connection: Connection, record: str, key: Key) -> str:
    """Return a sentence on who changed a row last, when and what."""
    patient_id = "" if record == "dataset" else str(key[0])
    about = [one for one in events_of(connection, patient_id) if one.is_about(record, key)]
    return f"{sentence(about[-1])}." if about else ""


def sentence(event: Event) -> str:
    """Return who did what, when and why, without a full stop."""
    entry, values = event.entry, event.values
    what = f"{entry.who}: {entry.action} on {event.at:%Y-%m-%d %H:%M:%S} UTC"
    if values is None:
        return f"{what} (the values cannot be read any more)"
    changed = ", ".join(differences(entry.record, values.old, values.new))
    reason = f", reason '{values.reason}'" if values.reason else ""
    return f"{what}{': ' if changed else ''}{changed}{reason}"


def differences(record: str, old: Row | None, new: Row | None) -> list[str]:
    """Return what a correction changed, field by field; nothing when a row came or went."""
    if old is None or new is None:
        return []
    fields = ALL_SHAPES[record].by_name
    return [
        f"{name} {fields[name].words(old.get(name)) or 'empty'} → "
        f"{fields[name].words(new.get(name)) or 'empty'}"
        for name in fields
        if old.get(name) != new.get(name)
    ]


def contents(record: str, row: Row | None) -> list[str]:
    """Return what a row holds beside its key, field by field."""
    shape, row = ALL_SHAPES[record], row or {}
    return [
        f"{one.name} {words}"
        for one in shape.fields
        if one.name not in shape.key and (words := one.words(row.get(one.name)))
    ]


def _word(value: object) -> str:
    return "empty" if value is None or value == "" else str(value)
