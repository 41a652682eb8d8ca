"""The cohort: the one value that travels from the registry to the endpoints."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from kyphort.clinical.baseline import Baseline, Radiotherapy
from kyphort.clinical.cohort_checks import check_chronology, check_identity
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.ending import LossToFollowUp, Withdrawal
from kyphort.clinical.followup import AdverseEvent, Visit
from kyphort.clinical.history import (
    Consent,
    EligibilityEntry,
    PrimaryTumour,
    TrialMembership,
)
from kyphort.clinical.patient import Patient
from kyphort.clinical.procedure import Delivery, Procedure
from kyphort.clinical.records import RECORDS, RecordType
from kyphort.clinical.status import NeurologicalStatus, PerformanceStatus
from kyphort.clinical.therapy import Retreatment, SystemicTherapy
from kyphort.clinical.treatment import TreatedVertebra


class _PatientRow(Protocol):
    @property
    def patient_id(self) -> str: ...


_Row = TypeVar("_Row", bound=_PatientRow)
_OWN = tuple(one for one in RECORDS if not one.within)
"""The records that are fields of the cohort."""


@dataclass(frozen=True)
class Cohort:
    """Everything that is known of a group of patients up to a data cut-off.

    `synthetic` is True when the rows do not describe real people; it is carried into every output.
    Rows are kept in canonical order (by their keys, levels from head to tail), so that cohorts with
    the same content are equal whatever the order in which they were read.

    Raises
    ------
    InvalidDataError
        When rows contradict each other: a repeated row, a row of an unknown patient or of a level
        that was not treated, a patient without a vertebra, a date before the procedure, after the
        last contact or after the data cut-off.
    """

    name: str
    data_cut_off: dt.date
    synthetic: bool
    provenance: str
    patients: tuple[Patient, ...]
    vertebrae: tuple[TreatedVertebra, ...]
    visits: tuple[Visit, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    primary_tumours: tuple[PrimaryTumour, ...] = ()
    consents: tuple[Consent, ...] = ()
    trial_memberships: tuple[TrialMembership, ...] = ()
    eligibility_entries: tuple[EligibilityEntry, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    radiotherapies: tuple[Radiotherapy, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    dose_summaries: tuple[DoseSummary, ...] = ()
    neurological_statuses: tuple[NeurologicalStatus, ...] = ()
    performance_statuses: tuple[PerformanceStatus, ...] = ()
    systemic_therapies: tuple[SystemicTherapy, ...] = ()
    retreatments: tuple[Retreatment, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    losses_to_follow_up: tuple[LossToFollowUp, ...] = ()
    _of_patient: dict[type, dict[str, tuple[Any, ...]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for kind in _OWN:
            ordered = sorted(getattr(self, kind.plural), key=kind.key_of)
            object.__setattr__(self, kind.plural, tuple(ordered))
        grouped = {kind.record_class: _by_patient(self.records(kind)) for kind in _OWN}
        object.__setattr__(self, "_of_patient", grouped)
        check_identity(self)
        for patient in self.patients:
            check_chronology(self, patient)

    def records(self, kind: RecordType) -> tuple[Any, ...]:
        """Return the records of one declared kind."""
        return cast("tuple[Any, ...]", getattr(self, kind.plural))

    def of(self, patient: Patient, record_class: type[_Row]) -> tuple[_Row, ...]:
        """Return the records of one class that belong to `patient`, in the order of their keys.

        >>> from kyphort.exchange.csv_set import read_csv_set
        >>> from kyphort.published import dataset_folder
        >>> cohort = read_csv_set(dataset_folder("bludau2020"))
        >>> len(cohort.of(cohort.patients[0], TreatedVertebra))
        1
        """
        return self._of_patient[record_class].get(patient.patient_id, ())

    def vertebrae_of(self, patient: Patient) -> tuple[TreatedVertebra, ...]:
        """Return the treated vertebrae of `patient`, head to tail."""
        return self.of(patient, TreatedVertebra)

    def visits_of(self, patient: Patient) -> tuple[Visit, ...]:
        """Return the visits of `patient` by date."""
        return self.of(patient, Visit)

    def adverse_events_of(self, patient: Patient) -> tuple[AdverseEvent, ...]:
        """Return the adverse events of `patient` by date of onset."""
        return self.of(patient, AdverseEvent)

    def first_procedure_date(self, patient: Patient) -> dt.date:
        """Return the date of the patient's first procedure, the origin of survival."""
        return min(vertebra.procedure_date for vertebra in self.vertebrae_of(patient))


def _by_patient(rows: Iterable[_Row]) -> dict[str, tuple[_Row, ...]]:
    grouped: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[row.patient_id].append(row)
    return {patient_id: tuple(found) for patient_id, found in grouped.items()}
