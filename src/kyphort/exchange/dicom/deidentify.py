"""De-identification by the basic profile of DICOM PS3.15: tables decide, UIDs stay consistent."""

import csv
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import generate_uid

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom.files import files_below, is_dicom, read_file, text, value
from kyphort.planning.structures import role_of_name

METHOD = "DICOM PS3.15 Basic Profile (2026c), kyphort"
_DUMMIES: Mapping[str, object] = {
    "DA": "19000101", "TM": "000000", "DT": "19000101000000", "PN": "REMOVED", "AS": "000Y",
    "DS": "0", "IS": "0", "FL": 0.0, "FD": 0.0, "SL": 0, "SS": 0, "UL": 0, "US": 0, "OB": b"\0\0",
    "OW": b"\0\0", "UN": b"\0\0",
}  # fmt: skip
_REPEATING = ((0x5000, 0x50FF), (0x6000, 0x60FF))
"""Curves and overlays, which may show text."""
_ROI_NAME = 0x30060026


class NotCleanableError(InvalidDataError):
    """An object whose text or pixels cannot be cleaned: it is left out of the copies."""


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """The new name of a patient, and the secret from which the new UIDs follow.

    The same secret gives the same UIDs, so that later objects fit to earlier ones; without one, a
    new secret is drawn and forgotten.
    """

    patient_id: str
    secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def uid(self, old: str) -> str:
        """Return the new UID of an old one."""
        return str(generate_uid(entropy_srcs=["kyphort pseudonym", self.secret, old]))


@cache
def profile() -> Mapping[int, str]:
    """Return the action on each attribute: X remove, Z empty, D dummy, U new UID.

    >>> profile()[0x00100010], profile()[0x00200052]
    ('Z', 'U')
    """
    table = resources.files("kyphort.exchange.dicom") / "data" / "basic_profile.csv"
    rows = csv.DictReader(table.read_text(encoding="ascii").splitlines())
    return {int(row["tag"], 16): row["action"] for row in rows}


def deidentified(found: FileDataset, pseudonym: Pseudonym, where: str) -> FileDataset:
    """Return a de-identified copy of an object.

    Private attributes, curves and overlays are removed; names of structures are replaced by their
    number and role. Dates are emptied.

    Raises
    ------
    NotCleanableError
        For a document, whose text cannot be cleaned, and an image with writing burned in.
    """
    if text(found, "Modality") in ("DOC", "SR") or "EncapsulatedDocument" in found:
        raise NotCleanableError(
            f"{where} is a document, whose text cannot be cleaned. Leave it out, and make the "
            "report anew from the de-identified series."
        )
    if text(found, "BurnedInAnnotation").upper() == "YES":
        raise NotCleanableError(
            f"{where} has writing burned into its pixels. Leave it out, or clean the pixels first."
        )
    clean = FileDataset("", Dataset(), file_meta=found.file_meta, preamble=b"\0" * 128)
    clean.update(_cleaned(found, pseudonym))
    clean.PatientID = clean.PatientName = pseudonym.patient_id
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = METHOD
    clean.DeidentificationMethodCodeSequence = Items([_code()])
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    clean.file_meta.MediaStorageSOPInstanceUID = value(clean, "SOPInstanceUID", where)
    for name in ("SourceApplicationEntityTitle", "PrivateInformation"):
        if name in clean.file_meta:
            delattr(clean.file_meta, name)
    return clean


def deidentify_folder(place: Path, out: Path, pseudonym: Pseudonym) -> tuple[int, tuple[str, ...]]:
    """Write de-identified copies of the objects of a folder into another, empty one.

    Files are numbered: their own names may say whose they are. Returns how many were written, and
    a sentence for each that was left out.

    Raises
    ------
    InvalidDataError
        When a file is damaged, or the folder holds no DICOM object.
    """
    written, left_out = 0, []
    for path in files_below(place):
        if not is_dicom(path):
            left_out.append(f"{path.name} is not DICOM and was left out.")
            continue
        try:
            clean = deidentified(read_file(path), pseudonym, path.name)
        except NotCleanableError as error:
            left_out.append(str(error))
            continue
        written += 1
        clean.save_as(out / f"{written:05d}.dcm", enforce_file_format=True)
    if not written:
        raise InvalidDataError(f"{place} holds no object that can be de-identified.")
    return written, tuple(left_out)


def _cleaned(found: Dataset, pseudonym: Pseudonym) -> Dataset:
    clean = Dataset()
    numbers = 0
    for element in found:
        tag = int(element.tag)
        if element.tag.is_private or _is_repeating(element.tag.group):
            continue
        if tag == _ROI_NAME:
            numbers = int(found.get("ROINumber", numbers + 1))
            role = role_of_name(str(element.value))
            clean.add_new(tag, "LO", f"{role}_{numbers}")
            continue
        action = profile().get(tag, "K")
        if action == "X":
            continue
        clean.add(_acted(element, action, pseudonym))
    return clean


def _is_repeating(group: int) -> bool:
    return any(low <= group <= high for low, high in _REPEATING)


def _acted(element: DataElement, action: str, pseudonym: Pseudonym) -> DataElement:
    if action == "U" and element.VR == "UI":
        return DataElement(element.tag, "UI", _new_uids(element.value, pseudonym))
    if element.VR == "SQ":
        kept = [] if action == "Z" else [_cleaned(one, pseudonym) for one in element.value]
        return DataElement(element.tag, "SQ", Items(kept))
    if action == "Z":
        return DataElement(element.tag, element.VR, None)
    if action == "D":
        return DataElement(element.tag, element.VR, _DUMMIES.get(element.VR, "REMOVED"))
    return element


def _new_uids(value: object, pseudonym: Pseudonym) -> object:
    if value is None or value == "":
        return value
    if isinstance(value, str):
        return pseudonym.uid(value)
    return [pseudonym.uid(str(one)) for one in value]  # type: ignore[attr-defined] # several UIDs


def _code() -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = "113100", "DCM"
    item.CodeMeaning = "Basic Application Confidentiality Profile"
    return item
