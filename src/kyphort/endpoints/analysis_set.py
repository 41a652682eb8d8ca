"""Who enters an analysis, and until when: withdrawal, loss, and irradiation that did not happen."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    LossToFollowUp,
    Patient,
    Relatedness,
    TreatedVertebra,
    Visit,
    VisitKind,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.clinical.records import RECORDS, End, RecordType


class Exclusion(StrEnum):
    """Why a patient, or a vertebra, enters no estimate."""

    USE_WITHDRAWN = "use_withdrawn"
    NOT_DELIVERED = "not_delivered"


class Ending(StrEnum):
    """What ended the follow-up of a patient before the last contact."""

    WITHDRAWAL = "withdrawal"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Excluded:
    """One vertebra that enters no estimate, and why."""

    vertebra_id: str
    patient_id: str
    reason: Exclusion


@dataclass(frozen=True, slots=True)
class Ended:
    """One patient whose later records are set aside; `death` says whether a death is among them."""

    patient_id: str
    date: dt.date
    reason: Ending
    visits: int
    death: bool


@dataclass(frozen=True)
class AnalysisSet:
    """The cohort that is analysed, what was left out of it, and whose records end early."""

    cohort: Cohort
    excluded: tuple[Excluded, ...] = ()
    ended: tuple[Ended, ...] = ()
    patients_left_out: int = 0


def analysis_set(cohort: Cohort) -> AnalysisSet:
    """Return the part of a cohort that may be analysed, and that was treated.

    Patients who withdrew the use of their records, or asked for erasure, are left out. Vertebrae
    whose irradiation was not delivered are left out, and patients without another one with them.
    What was recorded after a patient stopped follow-up, or was given up as lost, is set aside: a
    death that becomes known of some of the lost, and of none of those who live, would bias survival
    (the censoring would be informative). The last contact is then that day, or an earlier one.

    A cohort without any of these is returned as it is.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> analysis_set(cohort).cohort is cohort
    True
    """
    excluded = tuple(_excluded(cohort))
    treated = _Treated(cohort, excluded).cohort() if excluded else cohort
    ended = tuple(_ended(treated))
    analysed = _Treated(treated, (), ended).cohort() if ended else treated
    left_out = len(cohort.patients) - len(analysed.patients)
    return AnalysisSet(analysed, excluded, ended, left_out)


def _excluded(cohort: Cohort) -> Iterator[Excluded]:
    forbidden = {
        one.patient_id
        for one in cohort.withdrawals
        if one.form is not WithdrawalForm.STOP_FOLLOW_UP
    }
    undelivered = {(one.patient_id, one.level) for one in cohort.deliveries if not one.delivered}
    for vertebra in cohort.vertebrae:
        name, patient = vertebra.vertebra_id, vertebra.patient_id
        if patient in forbidden:
            yield Excluded(name, patient, Exclusion.USE_WITHDRAWN)
        elif (patient, vertebra.level) in undelivered:
            yield Excluded(name, patient, Exclusion.NOT_DELIVERED)


def _ended(cohort: Cohort) -> Iterator[Ended]:
    for patient in cohort.patients:
        found = end_of_follow_up(cohort, patient)
        if found is not None and found[0] < patient.last_contact_date:
            date, reason = found
            later = sum(visit.visit_date > date for visit in cohort.visits_of(patient))
            yield Ended(patient.patient_id, date, reason, later, patient.died)


def end_of_follow_up(cohort: Cohort, patient: Patient) -> tuple[dt.date, Ending] | None:
    """Return the day on which a patient stopped follow-up or was given up as lost, and which.

    None when neither happened. It is never before the last procedure, which is a contact.
    """
    ends = [
        (one.withdrawal_date, Ending.WITHDRAWAL)
        for one in cohort.of(patient, Withdrawal)
        if one.form is WithdrawalForm.STOP_FOLLOW_UP
    ]
    ends += [(one.loss_date, Ending.LOSS) for one in cohort.of(patient, LossToFollowUp)]
    if not ends:
        return None
    date, reason = min(ends, key=lambda one: one[0])
    last = max(one.procedure_date for one in cohort.vertebrae_of(patient))
    return max(date, last), reason


class _Treated:
    """What stays of a cohort: of whom, of which vertebrae, from when and until when."""

    def __init__(
        self, cohort: Cohort, excluded: tuple[Excluded, ...], ended: tuple[Ended, ...] = ()
    ) -> None:
        self._cohort = cohort
        self._out = {one.vertebra_id for one in excluded}
        kept = [one for one in cohort.vertebrae if one.vertebra_id not in self._out]
        self._procedures = {(one.patient_id, one.procedure_date) for one in kept}
        self._end = {one.patient_id: one.date for one in ended}
        self._first: dict[str, dt.date] = {}
        for one in kept:
            earliest = self._first.get(one.patient_id, one.procedure_date)
            self._first[one.patient_id] = min(earliest, one.procedure_date)

    def cohort(self) -> Cohort:
        """Return the cohort of what stays."""
        records: dict[str, Any] = {
            kind.plural: tuple(self._records(kind)) for kind in RECORDS if not kind.within
        }
        return replace(self._cohort, **records)

    def _records(self, kind: RecordType) -> Iterator[Any]:
        """Yield the records of one kind that stay, cut at the end of follow-up."""
        dated = [one for one in kind.fields if one.not_after is End.LAST_CONTACT]
        names = [one.name for one in dated if one.name in kind.key]
        for row in self._cohort.records(kind):
            if self._stays(kind, row) and self._is_in_time(row, names):
                yield _cut(_without_levels(row, self._out), self._end.get(row.patient_id))

    def _stays(self, kind: RecordType, row: Any) -> bool:  # noqa: ANN401 - any record
        if row.patient_id not in self._first:
            return False
        if kind.name == "procedure":
            return (row.patient_id, row.procedure_date) in self._procedures
        return not ("level" in kind.key and f"{row.patient_id}-{row.level}" in self._out)

    def _is_in_time(self, row: Any, names: list[str]) -> bool:  # noqa: ANN401 - as above
        """Tell whether a record lies between the first procedure that counts and the end."""
        end, first = self._end.get(row.patient_id, dt.date.max), self._first[row.patient_id]
        if any(getattr(row, name) > end for name in names):
            return False
        if isinstance(row, Visit):
            return row.kind is VisitKind.BASELINE or row.visit_date >= first
        return not isinstance(row, AdverseEvent) or row.onset_date >= first


def _without_levels(row: Any, out: set[str]) -> Any:  # noqa: ANN401 - any record
    """Take the readings of vertebrae that are left out from a visit."""
    if not isinstance(row, Visit) or not out:
        return row
    readings = tuple(one for one in row.assessments if f"{row.patient_id}-{one.level}" not in out)
    return row if readings == row.assessments else replace(row, assessments=readings)


def _cut(row: Any, end: dt.date | None) -> Any:  # noqa: ANN401 - any record
    """Take what came after the end from a patient or a vertebra."""
    if end is None:
        return row
    if isinstance(row, Patient) and row.last_contact_date > end:
        return replace(
            row,
            last_contact_date=end,
            death_date=None,
            death_relatedness=Relatedness.UNKNOWN,
            cause_of_death=None,
        )
    if isinstance(row, TreatedVertebra) and (row.retreatment_date or end) > end:
        return replace(row, retreatment_date=None)
    return row
