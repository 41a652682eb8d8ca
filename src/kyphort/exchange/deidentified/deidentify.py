"""De-identification: new pseudonyms, shifted dates, grouped ages, no serials, no free text."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kyphort.clinical import ADJUDICATED, Cohort
from kyphort.clinical.ending import WithdrawalForm
from kyphort.clinical.history import ConsentPurpose
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set.columns import CSV_FILES
from kyphort.exchange.csv_set.from_rows import cohort_of_rows
from kyphort.exchange.csv_set.rows import Texts, rows_of_cohort
from kyphort.exchange.deidentified.key import Key
from kyphort.exchange.deidentified.texts import (
    FreeText,
    TextDecisions,
    free_texts,
    harmless,
    is_known,
    removed,
)
from kyphort.exchange.mapping.declared import ColumnKind, Declared, all_declared, declared

OLDEST_AGE_YEARS = 89
GROUPED_AGE_YEARS = 90
"""All ages above 89 are written as 90, which stands for 90 or more (HIPAA safe harbour, C)."""
NAME = "De-identified data set"
EVERYWHERE = ("pseudonym re-keyed", "date shifted")
"""What is done to every row, so that nobody needs the count of each column."""
_SYNTHETIC = "SYN-"
_PATIENT = "patient_id"
_SERIAL = "serial"
_PEOPLE = ("reader", "entered_by")
_HASH = "plan_hash"


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was done to one column: to how many cells."""

    file: str
    column: str
    what: str
    cells: int


@dataclass(frozen=True)
class Deidentified:
    """The cohort that may leave, and what was done; `links` and `texts` must stay home.

    `links` gives the new pseudonym of each old one. `texts` are those that no vocabulary knows.
    `withheld` counts patients who are not in it, by reason.
    """

    cohort: Cohort
    done: tuple[Done, ...]
    withheld: Mapping[str, int]
    links: Mapping[str, str]
    texts: tuple[FreeText, ...]


def deidentify(
    cohort: Cohort,
    key: Key,
    *,
    name: str = NAME,
    decisions: TextDecisions | None = None,
) -> Deidentified:
    """Return a cohort that names nobody, with the account of what was done to it.

    Pseudonyms are replaced by keyed hashes (HMAC-SHA-256). All dates of a patient move to the past
    by the same 1 to 365 days, so that intervals stay as they are; the data cut-off becomes the last
    day that is left. Ages above 89 become 90. Serial numbers go; readers get new names; hashes of
    plans are hidden. Texts pass when they are known words, or when `decisions` keep them. Patients
    who withdrew the use of their data, or refused to share them, are withheld.

    Raises
    ------
    InvalidDataError
        When nobody is left.
    """
    withheld = dict(_withheld(cohort))
    rows = {
        file: [row for row in found if row[_PATIENT] not in withheld]
        for file, found in rows_of_cohort(cohort).items()
    }
    if not rows[CSV_FILES[0].name]:
        raise InvalidDataError(
            "Nobody is left to export: every patient withdrew or refused to share data."
        )
    work = _Work(cohort, key, rows, decisions or TextDecisions())
    made = {file.name: [work.row(file.name, row) for row in rows[file.name]] for file in CSV_FILES}
    _tell_apart(made)
    shifted = cohort_of_rows(made, name=name, cut_off=_last_day(made), synthetic=cohort.synthetic)
    return Deidentified(
        shifted,
        tuple(Done(*place, cells) for place, cells in sorted(work.done.items())),
        Counter(withheld.values()),
        work.patients,
        tuple(free_texts(_free_columns(), rows)),
    )


def _withheld(cohort: Cohort) -> Iterator[tuple[str, str]]:
    """Yield the patients whose data must not leave, with the reason."""
    for one in cohort.withdrawals:
        if one.form in {WithdrawalForm.STOP_USE, WithdrawalForm.ERASE}:
            yield one.patient_id, "withdrew the use of the data"
    latest = {
        one.patient_id: one.given
        for one in sorted(cohort.consents, key=lambda one: one.consent_date)
        if one.purpose is ConsentPurpose.DATA_SHARING
    }
    for patient_id, is_given in latest.items():
        if not is_given:
            yield patient_id, "refused to share data"


def _free_columns() -> list[Declared]:
    """Return the columns of free text: not names, serial numbers, readers or hashes."""
    special = (_PATIENT, *_PEOPLE, _HASH)
    return [
        one
        for one in all_declared()
        if one.kind is ColumnKind.TEXT and one.name not in special and _SERIAL not in one.name
    ]


class _Work:
    """Turns one row after the other, and counts what it does."""

    def __init__(
        self,
        cohort: Cohort,
        key: Key,
        rows: Mapping[str, Iterable[Texts]],
        decisions: TextDecisions,
    ) -> None:
        self._key = key
        self._decisions = decisions
        self._columns = {file.name: declared(file) for file in CSV_FILES}
        prefix = f"{_SYNTHETIC}D" if cohort.synthetic else "D"
        names = (row[_PATIENT] for row in rows[CSV_FILES[0].name])
        self.patients = key.pseudonyms(names, prefix, "patient")
        people = {
            row[one.name]
            for one in all_declared()
            if one.name in _PEOPLE
            for row in rows[one.file.name]
        }
        self._people = key.pseudonyms(people - {"", ADJUDICATED}, "R", "reader")
        self.done: Counter[tuple[str, str, str]] = Counter()

    def row(self, file: str, row: Texts) -> Texts:
        """Return a row without what could name its patient."""
        patient = row[_PATIENT]
        return {one.name: self._cell(one, row[one.name], patient) for one in self._columns[file]}

    def _cell(self, one: Declared, text: str, patient: str) -> str:
        if not text:
            return ""
        what, new = self._changed(one, text, patient)
        if new != text:
            self.done[one.file.name, one.name, what] += 1
        return new

    def _changed(self, one: Declared, text: str, patient: str) -> tuple[str, str]:
        if one.name == _PATIENT:
            return "pseudonym re-keyed", self.patients[text]
        if one.kind is ColumnKind.DATE:
            day = dt.date.fromisoformat(text) - dt.timedelta(self._key.shift_days(patient))
            return "date shifted", day.isoformat()
        if one.name == "age_years":
            is_old = int(text) > OLDEST_AGE_YEARS
            return "age grouped as 90 or more", str(GROUPED_AGE_YEARS) if is_old else text
        if one.kind is ColumnKind.TEXT:
            return self._text(one, text)
        return "kept", text

    def _text(self, one: Declared, text: str) -> tuple[str, str]:
        if _SERIAL in one.name:
            return "serial number removed", ""
        if one.name in _PEOPLE:
            return "person renamed", self._people.get(text, text)
        if one.name == _HASH:
            return "hash hidden", self._key.hidden_hash(text)
        decided = self._decisions.of(one.file.name, one.name, text)
        if decided is not None:
            return "text replaced by decision", harmless(decided or removed(one))
        return "free text removed", text if is_known(one, text) else removed(one)


def _tell_apart(rows: Mapping[str, list[Texts]]) -> None:
    """Give a number to rows that became alike when a text of their key was removed."""
    for file in CSV_FILES:
        texts = [one.name for one in declared(file) if one.kind is ColumnKind.TEXT]
        numbered = [name for name in file.key if name in texts and name not in {_PATIENT, *_PEOPLE}]
        if not numbered:
            continue
        seen: Counter[tuple[str, ...]] = Counter()
        for row in rows[file.name]:
            key = tuple(row[name] for name in file.key)
            seen[key] += 1
            if seen[key] > 1:
                row[numbered[-1]] = f"{row[numbered[-1]]} {seen[key]}"


def _last_day(rows: Mapping[str, Iterable[Texts]]) -> dt.date:
    dates = (
        row[one.name]
        for file in CSV_FILES
        for one in declared(file)
        if one.kind is ColumnKind.DATE
        for row in rows[file.name]
    )
    return dt.date.fromisoformat(max(date for date in dates if date))
