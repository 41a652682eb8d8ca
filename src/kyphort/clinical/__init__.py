"""The nouns of the clinic: frozen values that are valid from the moment they exist."""

from kyphort.clinical.cohort import Cohort
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.followup import (
    ADJUDICATED,
    AdverseEvent,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Visit,
    VisitKind,
)
from kyphort.clinical.levels import SpinalLevel, SpineRegion
from kyphort.clinical.patient import Patient, Relatedness, Sex
from kyphort.clinical.treatment import (
    DistanceReference,
    Prescription,
    ReportingQuantity,
    TreatedVertebra,
)

__all__ = [
    "ADJUDICATED",
    "AdverseEvent",
    "Cohort",
    "DistanceReference",
    "DoseSummary",
    "Finding",
    "LevelAssessment",
    "LocalStatus",
    "Modality",
    "Pain",
    "Patient",
    "Prescription",
    "Relatedness",
    "ReportingQuantity",
    "Sex",
    "SpinalLevel",
    "SpineRegion",
    "TreatedVertebra",
    "Visit",
    "VisitKind",
]
