"""What every DICOM object that kyphort writes has in common."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from kyphort import __version__
from kyphort.exchange.dicom.ct import PATIENT_STUDY, PatientStudy

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SERIES_NUMBERS = {STRUCTURE_SET: 7001, DOSE: 7002, PLAN: 7003, ENCAPSULATED_PDF: 7004}
RESEARCH = "RESEARCH ONLY, NOT FOR CLINICAL USE"


@dataclass(frozen=True, slots=True)
class Identity:
    """Where the UIDs of a plan's objects come from, and when it was made.

    The same plan gives the same UIDs, so that storing it twice does not make two of it.

    Attributes
    ----------
    plan_hash
        SHA-256 of the plan, hexadecimal.
    when
        When it was made.
    """

    plan_hash: str
    when: dt.datetime

    @property
    def date(self) -> str:
        """The date as DICOM writes it."""
        return self.when.strftime("%Y%m%d")

    @property
    def time(self) -> str:
        """The time as DICOM writes it."""
        return self.when.strftime("%H%M%S")

    def uid(self, what: str) -> str:
        """Return the UID of a part of the plan, for example "dose" or "dose series".

        >>> Identity("ab", dt.datetime(2026, 1, 1)).uid("dose") == Identity(
        ...     "ab", dt.datetime(2027, 1, 1)).uid("dose")
        True
        """
        return str(generate_uid(entropy_srcs=["kyphort", self.plan_hash, what]))


def new_object(
    sop_class: str, modality: str, study: PatientStudy, identity: Identity, what: str
) -> FileDataset:
    """Return an object with patient, study, series and equipment filled in.

    `what` names the object within the plan: its UID follows from it.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(identity.uid(what))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = generate_uid(entropy_srcs=["kyphort", "implementation"])
    meta.ImplementationVersionName = f"KYPHORT_{__version__}"[:16]
    found = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    for keyword in PATIENT_STUDY:
        setattr(found, keyword, study.elements.get(keyword, ""))
    if not found.StudyDescription:
        del found.StudyDescription
    found.SOPClassUID, found.SOPInstanceUID = sop_class, identity.uid(what)
    found.Modality = modality
    found.SeriesInstanceUID = identity.uid(f"series {modality} {what}")
    found.SeriesNumber = SERIES_NUMBERS[sop_class]
    found.SeriesDescription = f"kyphort {what}: research only"[:64]
    found.OperatorsName = ""
    found.InstanceNumber = 1
    found.InstanceCreationDate, found.InstanceCreationTime = identity.date, identity.time
    found.Manufacturer = "kyphort"
    found.ManufacturerModelName = "kyphort (research software)"
    found.SoftwareVersions = __version__
    return found


def reference(sop_class: str, instance: str) -> Dataset:
    """Return an item that names another object."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return item


def save(found: FileDataset, path: Path) -> None:
    """Write an object as a DICOM file, all elements checked against their formats."""
    found.save_as(path, enforce_file_format=True)


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
