"""RT Dose: written from a plan's grid, and read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.sequence import Sequence as Items

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom.ct import PatientStudy
from kyphort.exchange.dicom.files import is_modality, numbers, read_file, text
from kyphort.exchange.dicom.objects import DOSE, PLAN, Identity, new_object, reference
from kyphort.planning.frame import VoxelFrame

Floats = NDArray[np.float64]
BITS = (16, 32)
"""How finely doses may be stored."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadDose:
    """An RT Dose as read: values (z, y, x) in its units, where they are, and its labels."""

    values: Floats
    frame: VoxelFrame
    units: str
    frame_of_reference: str
    comment: str


def dose_object(
    values: Floats,
    frame: VoxelFrame,
    study: PatientStudy,
    identity: Identity,
    what: str,
    *,
    comment: str,
    relative: bool = False,
    bits: int = 16,
) -> FileDataset:
    """Return an RT Dose of values at the centres of a frame's voxels.

    Parameters
    ----------
    values
        (z, y, x) [Gy], or relative ones.
    frame
        Where the voxels are.
    study, identity, what
        Whose it is, the UIDs of the plan, and the object's name in it.
    comment
        What the values mean, for DoseComment.
    relative
        True for values without unit, for example 1 σ / dose.
    bits
        16, or 32 for steps of a four-billionth of the largest value. Debian's validator aborts on
        32 bits, and some readers know 16 only; steps of 16 bits are 1/65535 of the largest value.
    """
    found = new_object(DOSE, "RTDOSE", study, identity, what)
    found.FrameOfReferenceUID = study.frame_of_reference
    found.PositionReferenceIndicator = ""
    found.ImagePositionPatient = [_decimal(one) for one in frame.origin_mm]
    found.ImageOrientationPatient = [_decimal(one) for one in frame.direction[:, :2].T.ravel()]
    found.PixelSpacing = [_decimal(frame.spacing_mm[1]), _decimal(frame.spacing_mm[0])]
    found.SliceThickness = _decimal(frame.spacing_mm[2])
    frames, found.Rows, found.Columns = frame.shape
    found.NumberOfFrames = frames
    found.FrameIncrementPointer = (0x3004, 0x000C)
    found.GridFrameOffsetVector = [_decimal(n * frame.spacing_mm[2]) for n in range(frames)]
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = bits, bits, bits - 1
    found.PixelRepresentation = 0
    found.DoseUnits = "RELATIVE" if relative else "GY"
    found.DoseType = "PHYSICAL"
    found.DoseSummationType = "PLAN"
    found.DoseComment = f"RESEARCH ONLY. {comment}"[:64]
    found.ReferencedRTPlanSequence = Items([reference(PLAN, identity.uid("plan"))])
    largest = 2**bits - 1
    scaling = _decimal(max(float(values.max()), 1e-9) / largest, 10)
    found.DoseGridScaling = scaling
    stored = np.minimum(np.round(values / float(scaling)), largest).astype(f"<u{bits // 8}")
    found.PixelData = stored.tobytes()
    return found


def read_dose(path: Path) -> ReadDose:
    """Return the grid of an RT Dose file.

    Raises
    ------
    InvalidDataError
        When it is no RT Dose, damaged, or not on equally spaced planes.
    """
    found = read_file(path)
    if not is_modality(found, "RTDOSE"):
        raise InvalidDataError(
            f"{path.name} has the modality {text(found, 'Modality') or 'unknown'}; "
            "allowed is RTDOSE."
        )
    name = path.name
    rows, columns = (int(numbers(found, key, 1, name)[0]) for key in ("Rows", "Columns"))
    frames = int(numbers(found, "NumberOfFrames", 1, name)[0])
    offsets = np.array(numbers(found, "GridFrameOffsetVector", frames, name))
    steps = np.diff(offsets)
    if frames < 2 or np.abs(steps - steps.mean()).max() > 1e-3 or steps.mean() == 0:
        raise InvalidDataError(f"{name}: its planes are not equally spaced. Export it again.")
    direction = np.array(numbers(found, "ImageOrientationPatient", 6, name)).reshape(2, 3)
    normal = np.cross(*direction)
    origin = np.array(numbers(found, "ImagePositionPatient", 3, name))
    # Offsets may be along the normal from the first plane, or (axial grids) heights themselves.
    first = offsets[0] if offsets[0] == 0 else offsets[0] - origin @ normal
    down, across = numbers(found, "PixelSpacing", 2, name)
    try:
        pixels = np.asarray(found.pixel_array, dtype=np.float64)
    except Exception as error:
        raise InvalidDataError(f"{name} is damaged: its values cannot be read.") from error
    values = pixels.reshape(frames, rows, columns) * numbers(found, "DoseGridScaling", 1, name)[0]
    step = float(steps.mean())
    origin = origin + first * normal
    if step < 0:
        values, origin, step = values[::-1], origin + (frames - 1) * step * normal, -step
    frame = VoxelFrame(
        (frames, rows, columns), np.array([across, down, step]), origin,
        np.stack((*direction, normal), axis=1),
    )  # fmt: skip
    return ReadDose(
        values, frame, text(found, "DoseUnits"),
        text(found, "FrameOfReferenceUID"), text(found, "DoseComment"),
    )  # fmt: skip


def _decimal(value: float, digits: int = 9) -> str:
    """Write a number in at most 16 characters, as a decimal string must be."""
    for significant in range(digits, 0, -1):
        text_ = f"{value:.{significant}g}"
        if len(text_) <= 16:
            return text_
    return "0"
