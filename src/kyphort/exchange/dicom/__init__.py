"""DICOM: CT series and structure sets in; dose, structures, plan and report out."""

from kyphort.exchange.dicom.ct import CtSeries, Listed, PatientStudy, list_series, read_ct
from kyphort.exchange.dicom.deidentify import (
    NotCleanableError,
    Pseudonym,
    deidentified,
    deidentify_folder,
)
from kyphort.exchange.dicom.dose import BITS, ReadDose, dose_object, read_dose
from kyphort.exchange.dicom.objects import Identity, hash_of, save
from kyphort.exchange.dicom.pdf import pdf_object
from kyphort.exchange.dicom.plan import PlannedNeedle, PrescribedDose, plan_object
from kyphort.exchange.dicom.structures import StructureSet, read_structures, structure_set
from kyphort.exchange.dicom.synthetic import write_synthetic_ct

__all__ = [
    "BITS",
    "CtSeries",
    "Identity",
    "Listed",
    "NotCleanableError",
    "PatientStudy",
    "PlannedNeedle",
    "PrescribedDose",
    "Pseudonym",
    "ReadDose",
    "StructureSet",
    "deidentified",
    "deidentify_folder",
    "dose_object",
    "hash_of",
    "list_series",
    "pdf_object",
    "plan_object",
    "read_ct",
    "read_dose",
    "read_structures",
    "save",
    "structure_set",
    "write_synthetic_ct",
]
