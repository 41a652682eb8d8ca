"""The nouns of the clinic: frozen values that are valid from the moment they exist."""

from kyphort.clinical.baseline import Baseline, Radiotherapy, Technique
from kyphort.clinical.cohort import Cohort
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.ending import LossReason, LossToFollowUp, Withdrawal, WithdrawalForm
from kyphort.clinical.followup import (
    ADJUDICATED,
    AdverseEvent,
    EventCause,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Seriousness,
    Visit,
    VisitKind,
    VisitTrigger,
)
from kyphort.clinical.history import (
    CodeSystem,
    Confirmation,
    Consent,
    ConsentPurpose,
    EligibilityEntry,
    Fulfilment,
    PrimaryTumour,
    TrialMembership,
)
from kyphort.clinical.levels import SpinalLevel, SpineRegion
from kyphort.clinical.patient import CauseOfDeath, Patient, Relatedness, Sex, VitalStatusSource
from kyphort.clinical.procedure import (
    Anaesthesia,
    Approach,
    Cement,
    Delivery,
    NotDelivered,
    Procedure,
    Setting,
)
from kyphort.clinical.status import NeurologicalScale, NeurologicalStatus, PerformanceStatus
from kyphort.clinical.therapy import (
    Retreatment,
    RetreatmentKind,
    RetreatmentReason,
    SystemicTherapy,
    TherapyKind,
)
from kyphort.clinical.treatment import (
    DistanceReference,
    Prescription,
    ReportingQuantity,
    TreatedVertebra,
)

__all__ = [
    "ADJUDICATED",
    "AdverseEvent",
    "Anaesthesia",
    "Approach",
    "Baseline",
    "CauseOfDeath",
    "Cement",
    "CodeSystem",
    "Cohort",
    "Confirmation",
    "Consent",
    "ConsentPurpose",
    "Delivery",
    "DistanceReference",
    "DoseSummary",
    "EligibilityEntry",
    "EventCause",
    "Finding",
    "Fulfilment",
    "LevelAssessment",
    "LocalStatus",
    "LossReason",
    "LossToFollowUp",
    "Modality",
    "NeurologicalScale",
    "NeurologicalStatus",
    "NotDelivered",
    "Pain",
    "Patient",
    "PerformanceStatus",
    "Prescription",
    "PrimaryTumour",
    "Procedure",
    "Radiotherapy",
    "Relatedness",
    "ReportingQuantity",
    "Retreatment",
    "RetreatmentKind",
    "RetreatmentReason",
    "Seriousness",
    "Setting",
    "Sex",
    "SpinalLevel",
    "SpineRegion",
    "SystemicTherapy",
    "Technique",
    "TherapyKind",
    "TreatedVertebra",
    "TrialMembership",
    "Visit",
    "VisitKind",
    "VisitTrigger",
    "VitalStatusSource",
    "Withdrawal",
    "WithdrawalForm",
]
