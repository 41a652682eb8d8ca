"""What rows of a cohort may not contradict: who is who, and what came before what."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.followup import Visit, VisitKind
from kyphort.clinical.patient import Patient
from kyphort.clinical.procedure import Procedure
from kyphort.clinical.records import RECORDS, End, RecordField, RecordType, Start
from kyphort.clinical.therapy import Retreatment
from kyphort.clinical.treatment import TreatedVertebra
from kyphort.errors import InvalidDataError

if TYPE_CHECKING:
    from kyphort.clinical.cohort import Cohort

_OWN = tuple(one for one in RECORDS if not one.within)
_OF_PATIENTS = tuple(one for one in _OWN if one.parent)
_OF_VERTEBRAE = tuple(one for one in _OWN if one.parent == "vertebra")
_DATED = tuple(
    (kind, tuple(one for one in kind.fields if one.not_after is not None)) for kind in _OWN
)
_NAMES = {
    ("patient", "last_contact_date"): "last contact",
    ("vertebra", "procedure_date"): "procedure",
    ("vertebra", "retreatment_date"): "retreatment",
    ("visit", "visit_date"): "visit",
    ("adverse_event", "onset_date"): "adverse event",
}
"""How messages name the dates of the records that every cohort has."""


def check_identity(cohort: "Cohort") -> None:
    """Refuse repeated rows, rows of nobody, untreated levels, and patients without a vertebra."""
    for kind in _OWN:
        _refuse_repeats(kind, cohort.records(kind))
    known = {patient.patient_id for patient in cohort.patients}
    for kind in _OF_PATIENTS:
        for row in cohort.records(kind):
            if row.patient_id not in known:
                raise InvalidDataError(
                    f"A {kind.words} belongs to patient {row.patient_id}, who is not among the "
                    "patients. Add the patient or correct the patient_id."
                )
    _refuse_untreated_levels(cohort)
    for patient in cohort.patients:
        if not cohort.vertebrae_of(patient):
            raise InvalidDataError(
                f"Patient {patient.patient_id} has no treated vertebra. A cohort holds treated "
                "patients only: add the vertebra or remove the patient."
            )


def _refuse_repeats(kind: RecordType, rows: Iterable[Any]) -> None:
    keys = Counter(kind.key_of(row) for row in rows)
    repeated = next((key for key, count in keys.items() if count > 1), None)
    if repeated is not None:
        raise InvalidDataError(
            f"The {kind.words} {_named(kind, repeated)} appears more than once. Every {kind.words} "
            "has one row: remove or correct the other."
        )


def _named(kind: RecordType, key: tuple[Any, ...]) -> str:
    """Write a key in words: "A-T12", "A on 2015-07-04", "'pain' of A on 2015-07-04"."""
    words = str(key[0])
    for name, value in zip(kind.key[1:], key[1:], strict=True):
        if isinstance(value, dt.date):
            words += f" on {value}"
        elif name == "level":
            words += f"-{value}"
        else:
            words = f"'{value}' of {words}"
    return words


def _refuse_untreated_levels(cohort: "Cohort") -> None:
    treated = {(one.patient_id, one.level) for one in cohort.vertebrae}
    for kind in _OF_VERTEBRAE:
        for row in cohort.records(kind):
            if (row.patient_id, row.level) not in treated:
                levels = sorted(level for patient, level in treated if patient == row.patient_id)
                raise InvalidDataError(
                    f"Patient {row.patient_id}, {kind.words}: level {row.level} was not treated. "
                    f"Treated: {', '.join(levels)}. Correct the level."
                )


def check_chronology(cohort: "Cohort", patient: Patient) -> None:
    """Refuse dates of one patient that cannot follow each other."""
    treated = {one.level: one.procedure_date for one in cohort.vertebrae_of(patient)}
    life = _Life(patient, min(treated.values()), treated, cohort.data_cut_off)
    for kind, dated in _DATED:
        for row in cohort.of(patient, kind.record_class):
            for one in dated:
                date = getattr(row, one.name)
                if date is not None:
                    life.check(kind, row, one, date)
    for visit in cohort.visits_of(patient):
        _check_visit(visit, life)
    for procedure in cohort.of(patient, Procedure):
        _check_procedure(procedure, life)
    for summary in cohort.of(patient, DoseSummary):
        _check_plan(summary, life)
    _check_retreatments(cohort, patient)


class _Life:
    """The days that bound every date of one patient."""

    def __init__(
        self, patient: Patient, first: dt.date, treated: dict[Any, dt.date], cut_off: dt.date
    ) -> None:
        self.patient = patient
        self.first = first
        self.treated = treated
        self._latest = {End.LAST_CONTACT: patient.last_contact_date, End.CUT_OFF: cut_off}

    def check(self, kind: RecordType, row: Any, one: RecordField, date: dt.date) -> None:  # noqa: ANN401 - any record
        """Refuse a date outside the bounds that the declaration gives it."""
        earliest = dt.date.min
        if one.not_before is Start.FIRST_PROCEDURE:
            earliest = self.first
        elif one.not_before is Start.OWN_PROCEDURE:
            earliest = self.treated[row.level]
        latest = self._latest[one.not_after] if one.not_after else dt.date.max
        if not earliest <= date <= latest:
            self.refuse(_words(kind, row, one), date, earliest, latest)

    def refuse(self, what: str, date: dt.date, earliest: dt.date, latest: dt.date) -> None:
        """Raise the error about a date."""
        allowed = f"up to {latest}" if earliest == dt.date.min else f"{earliest} to {latest}"
        raise InvalidDataError(
            f"Patient {self.patient.patient_id}: {what} on {date}. Allowed: {allowed}. "
            "Correct the date."
        )


def _words(kind: RecordType, row: Any, one: RecordField) -> str:  # noqa: ANN401 - any record
    """Name a date of a record: "retreatment of T12", "adverse event 'pain'"."""
    name = _NAMES.get((kind.name, one.name))
    if name is None:
        level = f" of {row.level}" if "level" in kind.key else ""
        return f"{kind.words}{level}, {one.name}"
    if isinstance(row, TreatedVertebra):
        return f"{name} {'at' if name == 'procedure' else 'of'} {row.level}"
    return f"{name} '{row.term}'" if kind.name == "adverse_event" else name


def _check_visit(visit: Visit, life: _Life) -> None:
    if visit.kind is not VisitKind.BASELINE and visit.visit_date < life.first:
        last = life.patient.last_contact_date
        life.refuse("visit", visit.visit_date, life.first, last)
    readings: set[tuple[Any, str]] = set()
    for one in visit.assessments:
        if (one.level, one.reader) in readings:
            raise InvalidDataError(
                f"The reading {visit.patient_id} on {visit.visit_date} of {one.level} by reader "
                f"'{one.reader}' appears more than once. Every reading has one row: remove or "
                "correct the other."
            )
        readings.add((one.level, one.reader))
        if one.level not in life.treated:
            raise InvalidDataError(
                f"Patient {visit.patient_id}, visit on {visit.visit_date}: level {one.level} is "
                f"assessed but was not treated. Treated: {', '.join(sorted(life.treated))}. "
                "Correct the level."
            )


def _check_procedure(procedure: Procedure, life: _Life) -> None:
    dates = sorted(set(life.treated.values()))
    if procedure.procedure_date not in dates:
        raise InvalidDataError(
            f"Patient {procedure.patient_id}: a procedure on {procedure.procedure_date}, but no "
            f"vertebra was treated then. Treated: {', '.join(map(str, dates))}. Correct the date."
        )


def _check_plan(summary: DoseSummary, life: _Life) -> None:
    treated = life.treated[summary.level]
    if summary.procedure_date != treated:
        raise InvalidDataError(
            f"Patient {summary.patient_id}, dose summary of {summary.level}: the procedure was on "
            f"{summary.procedure_date}, but the vertebra was treated on {treated}. Correct one."
        )


def _check_retreatments(cohort: "Cohort", patient: Patient) -> None:
    """Refuse a first retreatment of a level that is not the one its vertebra names."""
    rows = cohort.of(patient, Retreatment)
    if not rows:
        return
    named = {one.level: one.retreatment_date for one in cohort.vertebrae_of(patient)}
    first: dict[Any, dt.date] = {}
    for row in rows:
        first.setdefault(row.level, row.retreatment_date)
    for level, date in first.items():
        if named[level] != date:
            said = "none" if named[level] is None else str(named[level])
            raise InvalidDataError(
                f"Patient {patient.patient_id}: the first retreatment of {level} was on {date}, "
                f"but its vertebra names {said} as retreatment_date. Correct one of them."
            )
