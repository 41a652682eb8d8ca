"""RT Structure Sets: read on a CT series, and written for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom.ct import CtSeries, PatientStudy
from kyphort.exchange.dicom.files import is_modality, items, optional, read_file, text
from kyphort.exchange.dicom.objects import STRUCTURE_SET, Identity, new_object, reference
from kyphort.planning.structures import Role, Structure, role_of_name

Floats = NDArray[np.float64]
MOST_POINTS = 10_000_000
_COLOURS = (
    (213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233),
)  # fmt: skip
_INTERPRETED: Mapping[Role, str] = {
    Role.LESION: "GTV", Role.CORD: "ORGAN", Role.THECAL_SAC: "ORGAN", Role.NERVE_ROOT: "ORGAN",
    Role.CANAL: "ORGAN", Role.VERTEBRA: "ORGAN", Role.CEMENT: "", Role.OTHER: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StructureSet:
    """The structures of a file, its SOP instance, and notes on what was left out."""

    structures: tuple[Structure, ...]
    instance_uid: str
    notes: tuple[str, ...]


def read_structures(
    path: Path, series: CtSeries, *, roles: Mapping[str, Role] | None = None
) -> StructureSet:
    """Return the structures of an RT Structure Set drawn on a CT series.

    Parameters
    ----------
    path
        The file.
    series
        The CT series of the plan.
    roles
        Role by structure name, where the guess from the name is wrong.

    Raises
    ------
    InvalidDataError
        When it is no structure set, of another patient or another frame of reference, damaged,
        without any contour, or `roles` names a structure that is not there.
    """
    found = read_file(path)
    if not is_modality(found, "RTSTRUCT"):
        raise InvalidDataError(
            f"{path.name} has the modality {text(found, 'Modality') or 'unknown'}; "
            "allowed is RTSTRUCT. Give the structure set."
        )
    _check_patient(path, found, series)
    names = _names(path, found, series)
    roles = roles or {}
    unknown = sorted(set(roles) - set(names.values()))
    if unknown:
        raise InvalidDataError(
            f"[structures.roles] names '{unknown[0]}'; {path.name} has "
            f"{', '.join(sorted(names.values()))}. Correct the name."
        )
    thickness = float(series.image.frame.spacing_mm[2])
    structures, notes = [], []
    for number, colour, contours, left_out in _contours(path, found):
        name = names.get(number)
        if name is None:
            raise InvalidDataError(
                f"{path.name}: contours of structure {number}, which has no name. Export it again."
            )
        notes += [f"{left_out} open or single-point contours of '{name}' were left out."] * bool(
            left_out
        )
        if contours:
            role = roles.get(name, role_of_name(name))
            structures.append(Structure(name, contours, role, colour, thickness_mm=thickness))
    drawn = {one.name for one in structures}
    notes += [f"Structure '{name}' has no contour." for name in names.values() if name not in drawn]
    needed = [name for name in roles if name not in drawn]
    if needed:
        raise InvalidDataError(
            f"Structure '{needed[0]}' of {path.name} is empty. Contour it, or leave it out of "
            "[structures.roles]."
        )
    if not structures:
        raise InvalidDataError(f"{path.name} holds no closed contour. Contour the structures.")
    return StructureSet(tuple(structures), text(found, "SOPInstanceUID"), tuple(notes))


def _check_patient(path: Path, found: FileDataset, series: CtSeries) -> None:
    patient = text(found, "PatientID")
    if patient != series.study.patient_id:
        raise InvalidDataError(
            f"{path.name} belongs to the patient '{patient}', the CT series to "
            f"'{series.study.patient_id}'. Give files of one patient."
        )


def _names(path: Path, found: FileDataset, series: CtSeries) -> dict[int, str]:
    names: dict[int, str] = {}
    for one in items(found, "StructureSetROISequence", path.name):
        frame = text(one, "ReferencedFrameOfReferenceUID")
        if frame != series.study.frame_of_reference:
            raise InvalidDataError(
                f"{path.name}: structure '{text(one, 'ROIName')}' lies in another frame "
                f"of reference ({frame or 'none'}) than the CT series "
                f"({series.study.frame_of_reference}). Contour on this series, or register first."
            )
        number = _number(path, one, "ROINumber")
        names[number] = text(one, "ROIName") or f"ROI {number}"
    return names


def _number(path: Path, one: Dataset, keyword: str) -> int:
    found = optional(one, keyword)
    try:
        return int(found)
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{path.name}: {keyword} is {found!s:.40}; allowed are whole numbers."
        ) from error


def _contours(
    path: Path, found: FileDataset
) -> Sequence[tuple[int, tuple[int, int, int] | None, tuple[Floats, ...], int]]:
    """Return number, colour, closed contours and how many others were left out."""
    rows, total = [], 0
    for one in items(found, "ROIContourSequence", path.name):
        closed, left_out = [], 0
        number = _number(path, one, "ReferencedROINumber")
        for contour in items(one, "ContourSequence", path.name):
            kind = text(contour, "ContourGeometricType")
            if kind not in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR"):
                left_out += 1
                continue
            corners = _corners(path, contour)
            total += len(corners)
            if total > MOST_POINTS:
                raise InvalidDataError(f"{path.name} has more than {MOST_POINTS} points.")
            closed.append(corners)
        rows.append((number, _colour(one), tuple(closed), left_out))
    return rows


def _corners(path: Path, contour: Dataset) -> Floats:
    data = optional(contour, "ContourData")
    try:
        values = np.array([float(value) for value in (data or [])])
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{path.name}: a contour holds {data!s:.40}, which is no list of numbers."
        ) from error
    if not len(values) or len(values) % 3:
        raise InvalidDataError(
            f"{path.name}: a contour has {len(values)} numbers; allowed are three for each point."
        )
    return values.reshape(-1, 3)


def _colour(one: Dataset) -> tuple[int, int, int] | None:
    found = optional(one, "ROIDisplayColor")
    try:
        red, green, blue = (int(value) for value in found)
    except (TypeError, ValueError):
        return None
    return red, green, blue


def structure_set(
    structures: Sequence[Structure],
    study: PatientStudy,
    identity: Identity,
    *,
    slice_of: Mapping[str, Sequence[str]] | None = None,
    label: str = "kyphort",
) -> FileDataset:
    """Return an RT Structure Set of contours on a CT series.

    Parameters
    ----------
    structures
        With contours.
    study, identity
        Whose they are, and the UIDs of the new object.
    slice_of
        For each structure, the SOP instance of the slice of each contour.
    label
        Label of the set.
    """
    found = new_object(STRUCTURE_SET, "RTSTRUCT", study, identity, "Structures")
    found.StructureSetLabel = label[:16]
    found.StructureSetDate, found.StructureSetTime = identity.date, identity.time
    found.ReferencedFrameOfReferenceSequence = Items([_referenced_frame(study)])
    found.FrameOfReferenceUID = study.frame_of_reference
    found.PositionReferenceIndicator = ""
    names, drawn, observed = [], [], []
    for number, one in enumerate(structures, start=1):
        names.append(_named(number, one, study))
        drawn.append(_drawn(number, one, (slice_of or {}).get(one.name), study))
        observed.append(_observed(number, one))
    found.StructureSetROISequence = Items(names)
    found.ROIContourSequence = Items(drawn)
    found.RTROIObservationsSequence = Items(observed)
    found.ApprovalStatus = "UNAPPROVED"
    return found


def _referenced_frame(study: PatientStudy) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = study.series_uid
    series.ContourImageSequence = Items([reference(*one) for one in study.instances])
    whole = reference("1.2.840.10008.3.1.2.3.1", study.elements["StudyInstanceUID"])
    whole.RTReferencedSeriesSequence = Items([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = study.frame_of_reference
    frame.RTReferencedStudySequence = Items([whole])
    return frame


def _named(number: int, one: Structure, study: PatientStudy) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = study.frame_of_reference
    item.ROIName = one.name[:64]
    item.ROIGenerationAlgorithm = "SEMIAUTOMATIC"
    return item


def _drawn(
    number: int, one: Structure, slices: Sequence[str] | None, study: PatientStudy
) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(one.colour or _COLOURS[(number - 1) % len(_COLOURS)])
    contours = []
    classes = {instance: sop_class for sop_class, instance in study.instances}
    for n, corners in enumerate(one.contours):
        contour = Dataset()
        if slices is not None:
            instance = slices[n]
            contour.ContourImageSequence = Items([reference(classes[instance], instance)])
        contour.ContourGeometricType = "CLOSED_PLANAR"
        contour.NumberOfContourPoints = len(corners)
        contour.ContourData = [f"{value:.4f}" for value in corners.ravel()]
        contours.append(contour)
    item.ContourSequence = Items(contours)
    item.ReferencedROINumber = number
    return item


def _observed(number: int, one: Structure) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.RTROIInterpretedType = _INTERPRETED[one.role]
    item.ROIInterpreter = ""
    return item
