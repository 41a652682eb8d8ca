"""The cohort: the one value that travels from the registry to the endpoints."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from kyphort.clinical.followup import AdverseEvent, Visit, VisitKind
from kyphort.clinical.patient import Patient
from kyphort.clinical.treatment import TreatedVertebra
from kyphort.errors import InvalidDataError


class _PatientRow(Protocol):
    @property
    def patient_id(self) -> str: ...


_Row = TypeVar("_Row", bound=_PatientRow)


@dataclass(frozen=True)
class Cohort:
    """Everything that is known of a group of patients up to a data cut-off.

    `synthetic` is True when the rows do not describe real people; it is carried into every output.
    Rows are kept in canonical order (patient, then date or level), so that cohorts with the same
    content are equal whatever the order in which they were read.

    Raises
    ------
    InvalidDataError
        When rows contradict each other: a repeated patient, vertebra or visit, a row of an unknown
        patient, a patient without a vertebra, a date before the procedure, after the last contact
        or after the data cut-off.
    """

    name: str
    data_cut_off: dt.date
    synthetic: bool
    provenance: str
    patients: tuple[Patient, ...]
    vertebrae: tuple[TreatedVertebra, ...]
    visits: tuple[Visit, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    _vertebrae_of: dict[str, tuple[TreatedVertebra, ...]] = field(
        init=False, repr=False, compare=False
    )
    _visits_of: dict[str, tuple[Visit, ...]] = field(init=False, repr=False, compare=False)
    _adverse_events_of: dict[str, tuple[AdverseEvent, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        self._keep("patients", sorted(self.patients, key=lambda row: row.patient_id))
        self._keep(
            "vertebrae",
            sorted(self.vertebrae, key=lambda row: (row.patient_id, row.level.position)),
        )
        self._keep("visits", sorted(self.visits, key=lambda row: (row.patient_id, row.visit_date)))
        self._keep(
            "adverse_events",
            sorted(self.adverse_events, key=lambda row: (row.patient_id, row.onset_date, row.term)),
        )
        object.__setattr__(self, "_vertebrae_of", _by_patient(self.vertebrae))
        object.__setattr__(self, "_visits_of", _by_patient(self.visits))
        object.__setattr__(self, "_adverse_events_of", _by_patient(self.adverse_events))
        _check_identity(self)
        for patient in self.patients:
            _check_chronology(self, patient)

    def _keep(self, name: str, rows: list[_Row]) -> None:
        object.__setattr__(self, name, tuple(rows))

    def vertebrae_of(self, patient: Patient) -> tuple[TreatedVertebra, ...]:
        """Return the treated vertebrae of `patient`, head to tail."""
        return self._vertebrae_of[patient.patient_id]

    def visits_of(self, patient: Patient) -> tuple[Visit, ...]:
        """Return the visits of `patient` by date."""
        return self._visits_of.get(patient.patient_id, ())

    def adverse_events_of(self, patient: Patient) -> tuple[AdverseEvent, ...]:
        """Return the adverse events of `patient` by date of onset."""
        return self._adverse_events_of.get(patient.patient_id, ())

    def first_procedure_date(self, patient: Patient) -> dt.date:
        """Return the date of the patient's first procedure, the origin of survival."""
        return min(vertebra.procedure_date for vertebra in self.vertebrae_of(patient))


def _by_patient(rows: Iterable[_Row]) -> dict[str, tuple[_Row, ...]]:
    grouped: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[row.patient_id].append(row)
    return {patient_id: tuple(found) for patient_id, found in grouped.items()}


def _check_identity(cohort: Cohort) -> None:
    known = {patient.patient_id for patient in cohort.patients}
    _refuse_repeats("patient", (patient.patient_id for patient in cohort.patients))
    _refuse_repeats("vertebra", (vertebra.vertebra_id for vertebra in cohort.vertebrae))
    _refuse_repeats("visit", (f"{row.patient_id} on {row.visit_date}" for row in cohort.visits))
    _refuse_repeats(
        "adverse event",
        (f"'{row.term}' of {row.patient_id} on {row.onset_date}" for row in cohort.adverse_events),
    )
    for kind, rows in (
        ("vertebra", cohort.vertebrae),
        ("visit", cohort.visits),
        ("adverse event", cohort.adverse_events),
    ):
        for row in rows:
            if row.patient_id not in known:
                raise InvalidDataError(
                    f"A {kind} belongs to patient {row.patient_id}, who is not among the patients. "
                    "Add the patient or correct the patient_id."
                )
    for patient in cohort.patients:
        if not cohort._vertebrae_of.get(patient.patient_id):
            raise InvalidDataError(
                f"Patient {patient.patient_id} has no treated vertebra. A cohort holds treated "
                "patients only: add the vertebra or remove the patient."
            )


def _refuse_repeats(kind: str, names: Iterable[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidDataError(
            f"The {kind} {repeated[0]} appears more than once. Every {kind} has one row: "
            "remove or correct the other."
        )


def _check_chronology(cohort: Cohort, patient: Patient) -> None:
    procedures = [vertebra.procedure_date for vertebra in cohort.vertebrae_of(patient)]
    first, last = min(procedures), patient.last_contact_date
    _within(patient, "last contact", last, first, cohort.data_cut_off)
    for vertebra in cohort.vertebrae_of(patient):
        _within(patient, f"procedure at {vertebra.level}", vertebra.procedure_date, first, last)
        if vertebra.retreatment_date is not None:
            _within(
                patient,
                f"retreatment of {vertebra.level}",
                vertebra.retreatment_date,
                vertebra.procedure_date,
                last,
            )
    treated = {vertebra.level for vertebra in cohort.vertebrae_of(patient)}
    for visit in cohort.visits_of(patient):
        is_baseline = visit.kind is VisitKind.BASELINE
        earliest = min(first, visit.visit_date) if is_baseline else first
        _within(patient, "visit", visit.visit_date, earliest, last)
        _refuse_repeats(
            "reading",
            (
                f"{visit.patient_id} on {visit.visit_date} of {one.level} by reader '{one.reader}'"
                for one in visit.assessments
            ),
        )
        for assessment in visit.assessments:
            if assessment.level not in treated:
                raise InvalidDataError(
                    f"Patient {patient.patient_id}, visit on {visit.visit_date}: level "
                    f"{assessment.level} is assessed but was not treated. Treated: "
                    f"{', '.join(sorted(treated))}. Correct the level."
                )
    for event in cohort.adverse_events_of(patient):
        _within(patient, f"adverse event '{event.term}'", event.onset_date, first, last)


def _within(patient: Patient, what: str, date: dt.date, earliest: dt.date, latest: dt.date) -> None:
    if not earliest <= date <= latest:
        raise InvalidDataError(
            f"Patient {patient.patient_id}: {what} on {date}. Allowed: {earliest} to {latest}. "
            "Correct the date."
        )
