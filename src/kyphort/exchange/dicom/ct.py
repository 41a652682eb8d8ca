"""A CT series: slices checked, sorted and stacked to an image."""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom.files import (
    MOST_PIXELS,
    damaged,
    files_below,
    is_dicom,
    is_modality,
    numbers,
    optional,
    read_file,
    text,
    value,
)
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import AIR_HU, CtImage

Floats = NDArray[np.float64]
CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_SAME_PLACE_MM = 0.01
_STEP_TOLERANCE = 0.02
"""Largest difference of a slice distance from the usual one, as a share of it."""
_ANGLE = 1e-4
_MOST_LISTED = 8
_CONE_BEAM = re.compile(r"cbct|cone.?beam|o-?arm|3d-?rx|\bxvi\b|\bobi\b|airo", re.IGNORECASE)
_HEADER = (
    "Modality", "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName",
    "ImageType", "SeriesDescription", "SeriesNumber", "Rows", "Columns", "NumberOfFrames",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "FrameOfReferenceUID",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatientStudy:
    """Whose images these are: what every object derived from them must repeat.

    `elements` holds patient and study elements by keyword; `series_uid` and `frame_of_reference`
    are of the CT, `instances` its (SOP class, SOP instance) from the first slice to the last.
    """

    elements: Mapping[str, str]
    series_uid: str
    frame_of_reference: str
    instances: tuple[tuple[str, str], ...]

    @property
    def patient_id(self) -> str:
        """The patient's number in the files."""
        return self.elements.get("PatientID", "")


@dataclass(frozen=True, slots=True, eq=False)
class CtSeries:
    """A CT series as it was read: image, whose it is, and what the reader must know."""

    image: CtImage
    study: PatientStudy
    contrast: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A series of a folder: modality, UID, description and number of files."""

    modality: str
    series_uid: str
    description: str
    files: tuple[Path, ...] = field(default=(), repr=False)


PATIENT_STUDY = (
    "SpecificCharacterSet", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber",
    "ReferringPhysicianName", "StudyDescription",
)  # fmt: skip
"""What derived objects repeat."""


def list_series(place: Path) -> tuple[Listed, ...]:
    """Return the series of a folder, each with its files; other files are passed over.

    Raises
    ------
    InvalidDataError
        When a file says that it is DICOM but is damaged, or there is none.
    """
    groups: dict[tuple[str, str, str], list[Path]] = {}
    for path, header in _headers(files_below(place)):
        key = (
            text(header, "Modality") or "unknown",
            text(header, "SeriesInstanceUID"),
            text(header, "SeriesDescription"),
        )
        groups.setdefault(key, []).append(path)
    if not groups:
        raise InvalidDataError(f"{place} holds no DICOM file. Give the folder of the CT series.")
    return tuple(Listed(*key, tuple(paths)) for key, paths in sorted(groups.items()))


def read_ct(place: Path, *, series_uid: str = "") -> CtSeries:
    """Return the CT series of a folder.

    Parameters
    ----------
    place
        Folder with the slices; files of other kinds are passed over.
    series_uid
        Which series, when there are several; the end of the UID is enough.

    Raises
    ------
    InvalidDataError
        For no or several CT series, several patients, slices that are missing, doubled, damaged,
        tilted or unequally spaced, and values that are no Hounsfield units.
    """
    paths, headers = _chosen(place, series_uid)
    order = _sorted_slices(paths, headers)
    slices = [read_file(path) for path in order]
    frame = _frame(order, slices)
    values = np.empty(frame.shape, dtype=np.float32)
    for n, (path, one) in enumerate(zip(order, slices, strict=True)):
        values[n] = _hounsfield(path, one)
    first = slices[0]
    reference = str(value(first, "FrameOfReferenceUID", order[0].name))
    return CtSeries(
        CtImage(values, frame, reference, _is_cone_beam(first)),
        _study(order, slices, reference),
        bool(text(first, "ContrastBolusAgent")),
        _notes(order, first),
    )


def _headers(paths: Iterable[Path]) -> Iterable[tuple[Path, FileDataset]]:
    for path in paths:
        if is_dicom(path):
            yield path, read_file(path, pixels=False, tags=_HEADER)


def _chosen(place: Path, wanted: str) -> tuple[list[Path], list[FileDataset]]:
    """Return the files of the one series, with their headers."""
    others: set[str] = set()
    series: dict[str, list[tuple[Path, FileDataset]]] = {}
    for path, header in _headers(files_below(place)):
        if not is_modality(header, "CT"):
            others.add(text(header, "Modality") or "unknown")
        elif "LOCALIZER" not in text(header, "ImageType").upper():
            uid = text(header, "SeriesInstanceUID")
            series.setdefault(uid, []).append((path, header))
    if not series:
        there = f"; it holds {', '.join(sorted(others))}" if others else ""
        raise InvalidDataError(
            f"{place} holds no CT image{there}. Allowed is the folder of a CT series (modality CT)."
        )
    _check_one_patient(series)
    fitting = {uid: one for uid, one in series.items() if uid.endswith(wanted)}
    if len(fitting) != 1:
        listed = "; ".join(
            f"{_short(uid)} ({len(one)} slices, "
            f"{_short(text(one[0][1], 'SeriesDescription')) or 'no name'})"
            for uid, one in sorted(series.items())[:_MOST_LISTED]
        )
        raise InvalidDataError(
            f"{place} holds {len(series)} CT series"
            + (f", {len(fitting)} of them '{wanted}'" if wanted else "")
            + f". Choose one by the end of its UID: {listed}."
        )
    (chosen,) = fitting.values()
    return [path for path, _ in chosen], [header for _, header in chosen]


def _short(words: str) -> str:
    """Return words that fit into a sentence, without what cannot be printed."""
    return "".join(one for one in words if one.isprintable())[:64]


def _check_one_patient(series: Mapping[str, Sequence[tuple[Path, FileDataset]]]) -> None:
    patients = {
        (text(header, "PatientID"), text(header, "PatientName")): path
        for one in series.values()
        for path, header in one
    }
    if len(patients) > 1:
        first, second = list(patients.values())[:2]
        raise InvalidDataError(
            f"The folder holds images of {len(patients)} patients (for example {first.name} and "
            f"{second.name}). Put one patient's series into a folder of its own."
        )


def _sorted_slices(paths: Sequence[Path], headers: Sequence[FileDataset]) -> list[Path]:
    """Return the files from foot to head of the stack's normal, checked for gaps and doubles."""
    for path, header in zip(paths, headers, strict=True):
        if text(header, "SOPClassUID") != CT_IMAGE_STORAGE:
            raise InvalidDataError(
                f"{path.name} is not a CT slice of the classic kind (SOP class "
                f"{text(header, 'SOPClassUID')}). Export the series as single slices."
            )
    directions = [
        numbers(header, "ImageOrientationPatient", 6, path.name)
        for path, header in zip(paths, headers, strict=True)
    ]
    _check_same(paths, directions, "ImageOrientationPatient", _ANGLE)
    sizes = [
        [*numbers(header, "PixelSpacing", 2, path.name), *numbers(header, "Rows", 1, path.name),
         *numbers(header, "Columns", 1, path.name)]
        for path, header in zip(paths, headers, strict=True)
    ]  # fmt: skip
    _check_same(paths, sizes, "PixelSpacing, Rows or Columns", _ANGLE)
    frames = {text(header, "FrameOfReferenceUID") for path, header in zip(
        paths, headers, strict=True)}  # fmt: skip
    if len(frames) > 1:
        raise InvalidDataError(
            f"The slices lie in {len(frames)} frames of reference. Export one acquisition."
        )
    normal = _axes(directions[0], paths[0])[:, 2]
    positions = np.array([
        numbers(header, "ImagePositionPatient", 3, path.name)
        for path, header in zip(paths, headers, strict=True)
    ])  # fmt: skip
    height = positions @ normal
    order = np.argsort(height, kind="stable")
    sorted_paths = [paths[n] for n in order]
    _check_heights(sorted_paths, height[order])
    _check_straight(positions[order], normal)
    return sorted_paths


def _check_same(
    paths: Sequence[Path], values: Sequence[Sequence[float]], what: str, tolerance: float
) -> None:
    first = np.array(values[0])
    for path, one in zip(paths, values, strict=True):
        if np.abs(np.array(one) - first).max() > tolerance:
            raise InvalidDataError(
                f"{path.name} differs from {paths[0].name} in {what} ({list(one)} and "
                f"{list(values[0])}): the folder mixes series. Export one series."
            )


def _axes(direction: Sequence[float], path: Path) -> Floats:
    """Return the directions of the column, row and slice index as columns."""
    across, down = np.array(direction[:3]), np.array(direction[3:])
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if abs(lengths[0] - 1) > 1e-3 or abs(lengths[1] - 1) > 1e-3 or abs(across @ down) > 1e-3:
        raise InvalidDataError(
            f"{path.name}: ImageOrientationPatient {list(direction)} is not two directions at a "
            "right angle. Export the series again."
        )
    # Six digits of text leave the directions a little off; the nearest rotation is meant.
    rough = np.stack((across, down, np.cross(across, down)), axis=1)
    left, _, right = np.linalg.svd(rough)
    return np.asarray(left @ right)


def _check_heights(paths: Sequence[Path], height: Floats) -> None:
    if len(paths) < 2:
        raise InvalidDataError(
            f"The series has one slice ({paths[0].name}); allowed are at least 2, whose distance "
            "is the slices' thickness."
        )
    steps = np.diff(height)
    for n, step in enumerate(steps):
        if step < _SAME_PLACE_MM:
            raise InvalidDataError(
                f"{paths[n].name} and {paths[n + 1].name} lie at the same place "
                f"({height[n]:.2f} mm): a slice is doubled, or two series are mixed. Remove one."
            )
    usual = float(np.median(steps))
    for n, step in enumerate(steps):
        missing = round(step / usual) - 1
        if missing >= 1 and abs(step / usual - missing - 1) < _STEP_TOLERANCE * (missing + 1):
            raise InvalidDataError(
                f"{missing} slice{'s are' if missing > 1 else ' is'} missing between "
                f"{paths[n].name} ({height[n]:.2f} mm) and {paths[n + 1].name} "
                f"({height[n + 1]:.2f} mm); the others are {usual:.3f} mm apart. Export the whole "
                "series."
            )
        if abs(step / usual - 1) > _STEP_TOLERANCE:
            raise InvalidDataError(
                f"The slices are not equally spaced: {step:.3f} mm between {paths[n].name} and "
                f"{paths[n + 1].name}, {usual:.3f} mm usually. Distances would be wrong; export "
                "a series with one slice distance."
            )


def _check_straight(positions: Floats, normal: Floats) -> None:
    along = np.outer((positions - positions[0]) @ normal, normal)
    sideways = np.linalg.norm(positions - positions[0] - along, axis=1)
    if sideways.max() > 0.1:
        raise InvalidDataError(
            f"The slices are stacked obliquely: they shift sideways by {sideways.max():.1f} mm "
            "(a tilted gantry). Resample the series on a straight grid."
        )


def _frame(paths: Sequence[Path], slices: Sequence[FileDataset]) -> VoxelFrame:
    first, last = slices[0], slices[-1]
    axes = _axes(numbers(first, "ImageOrientationPatient", 6, paths[0].name), paths[0])
    rows, columns = _size(paths[0], first)
    down, across = numbers(first, "PixelSpacing", 2, paths[0].name)
    if not (0.01 <= across <= 20 and 0.01 <= down <= 20):
        raise InvalidDataError(
            f"{paths[0].name}: PixelSpacing {down:g}, {across:g} mm; allowed are 0.01 to 20 mm."
        )
    ends = [
        np.array(numbers(one, "ImagePositionPatient", 3, path.name))
        for one, path in ((first, paths[0]), (last, paths[-1]))
    ]
    step = float((ends[1] - ends[0]) @ axes[:, 2]) / (len(slices) - 1)
    return VoxelFrame((len(slices), rows, columns), np.array([across, down, step]), ends[0], axes)


def _size(path: Path, one: FileDataset) -> tuple[int, int]:
    rows, columns = (int(numbers(one, name, 1, path.name)[0]) for name in ("Rows", "Columns"))
    if not (1 <= rows <= MOST_PIXELS and 1 <= columns <= MOST_PIXELS):
        raise InvalidDataError(
            f"{path.name} has {rows} × {columns} pixels; allowed are 1 to {MOST_PIXELS} each way."
        )
    return rows, columns


def _hounsfield(path: Path, one: FileDataset) -> NDArray[np.float32]:
    """Return the slice in Hounsfield units, padding replaced by air."""
    stored = _pixels(path, one)
    slope = numbers(one, "RescaleSlope", 1, path.name)[0]
    intercept = numbers(one, "RescaleIntercept", 1, path.name)[0]
    if slope == 0:
        raise InvalidDataError(f"{path.name}: RescaleSlope is 0. Export the series again.")
    values = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    padding = optional(one, "PixelPaddingValue")
    if padding is not None:
        values[_padded(path, one, stored, str(padding))] = AIR_HU
    return values


def _padded(
    path: Path, one: FileDataset, stored: NDArray[np.int64], padding: str
) -> NDArray[np.bool_]:
    end = optional(one, "PixelPaddingRangeLimit")
    try:
        ends = sorted((int(padding), int(padding if end is None else end)))
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{path.name}: PixelPaddingValue {padding!s:.40} is no number. Export it again."
        ) from error
    return np.asarray((stored >= ends[0]) & (stored <= ends[1]))


def _pixels(path: Path, one: FileDataset) -> NDArray[np.int64]:
    rows, columns = _size(path, one)
    for name, allowed in (("SamplesPerPixel", (1,)), ("BitsAllocated", (8, 16, 32))):
        found = numbers(one, name, 1, path.name)[0]
        if found not in allowed:
            raise InvalidDataError(
                f"{path.name}: {name} is {found:g}; allowed are {', '.join(map(str, allowed))}."
            )
    if "PixelData" not in one:
        raise damaged(path, "it has no pixels")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = np.asarray(one.pixel_array)
    except Exception as error:
        raise _undecoded(path, one, error) from error
    if pixels.shape != (rows, columns):
        raise damaged(path, f"its pixels have the shape {pixels.shape}, not {(rows, columns)}")
    return pixels


def _undecoded(path: Path, one: FileDataset, error: BaseException) -> InvalidDataError:
    try:
        syntax = one.file_meta.TransferSyntaxUID
        compressed, name = syntax.is_compressed, syntax.name
    except Exception:  # noqa: BLE001 - a damaged header fails anyhow
        compressed, name = False, "unknown"
    words = str(error)
    if compressed and ("missing" in words or "plugin" in words.lower()):
        return InvalidDataError(
            f"{path.name} is compressed ({name}), and no decoder for it is installed. Install "
            "kyphort with the extra compressed-dicom, or export uncompressed."
        )
    reason = " ".join(words.split())[:120].rstrip(".")
    return damaged(path, f"its pixels cannot be decoded ({reason})")


def _study(paths: Sequence[Path], slices: Sequence[FileDataset], reference: str) -> PatientStudy:
    first, name = slices[0], paths[0].name
    elements = {key: text(first, key) for key in PATIENT_STUDY if key in first}
    elements["SpecificCharacterSet"] = "ISO_IR 192"
    return PatientStudy(
        elements,
        str(value(first, "SeriesInstanceUID", name)),
        reference,
        tuple(
            (text(one, "SOPClassUID"), text(one, "SOPInstanceUID"))
            for one, path in zip(slices, paths, strict=True)
        ),
    )


def _is_cone_beam(one: FileDataset) -> bool:
    words = [text(one, key) for key in (
        "ImageType", "SeriesDescription", "ManufacturerModelName", "ProtocolName",
    )]  # fmt: skip
    return bool(_CONE_BEAM.search(" ".join(words)))


def _notes(paths: Sequence[Path], first: FileDataset) -> tuple[str, ...]:
    notes = []
    if text(first, "LossyImageCompression") == "01":
        notes.append("The images were compressed with loss: Hounsfield units may be off.")
    kind = text(first, "RescaleType")
    if kind not in ("", "HU"):
        notes.append(f"The image says that its values are '{kind}', not Hounsfield units.")
    return tuple(notes)
