"""The nouns of the clinic: frozen values that are valid from the moment they exist."""

from kyphort.clinical.cohort import Cohort
from kyphort.clinical.followup import (
    AdverseEvent,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
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
    "AdverseEvent",
    "Cohort",
    "DistanceReference",
    "Finding",
    "LevelAssessment",
    "LocalStatus",
    "Modality",
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
