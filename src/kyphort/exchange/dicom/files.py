"""Reading DICOM files with care: whatever is wrong with one becomes a sentence."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from kyphort.errors import InvalidDataError

MOST_FILES = 20_000
MOST_PIXELS = 4096
LARGEST_FILE = 2_000_000_000
_PREFIX_AT = 128
_LONGEST = 400


def files_below(place: Path) -> tuple[Path, ...]:
    """Return the files of a folder and its folders, or the one file, hidden ones left out.

    Raises
    ------
    InvalidDataError
        When there is nothing, or far too much.
    """
    if place.is_file():
        return (place,)
    if not place.is_dir():
        raise InvalidDataError(f"{place} does not exist. Give the folder of the CT series.")
    found = []
    for path in sorted(place.rglob("*")):
        if path.is_file() and not any(
            part.startswith(".") for part in path.relative_to(place).parts
        ):
            found.append(path)
        if len(found) > MOST_FILES:
            raise InvalidDataError(
                f"{place} holds more than {MOST_FILES} files. Give the folder of one study."
            )
    if not found:
        raise InvalidDataError(f"{place} holds no file. Give the folder of the CT series.")
    return tuple(found)


def is_dicom(path: Path) -> bool:
    """Return whether a file says that it is DICOM (“DICM” after 128 bytes)."""
    with path.open("rb") as file:
        file.seek(_PREFIX_AT)
        return file.read(4) == b"DICM"


def read_file(path: Path, *, pixels: bool = True, tags: Sequence[str] | None = None) -> FileDataset:
    """Return the dataset of a DICOM file.

    Raises
    ------
    InvalidDataError
        When it is absent, not DICOM, damaged, or in a transfer syntax that is not read.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InvalidDataError(
                f"{path.name} has {size / 1e9:.1f} GB; allowed are {LARGEST_FILE / 1e9:.0f} GB."
            )
        if not is_dicom(path):
            raise InvalidDataError(
                f"{path.name} is not a DICOM file (no 'DICM' after 128 bytes). Export it again."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_not_deflated(path)
            found = dcmread(path, stop_before_pixels=not pixels, specific_tags=_tags(tags))
            _settle(found)
            return found
    except InvalidDataError:
        raise
    except OSError as error:
        raise InvalidDataError(
            f"{path} cannot be read ({error.strerror or error}). Check its name and its rights."
        ) from error
    except Exception as error:
        raise damaged(path, _reason(error)) from error


def _settle(found: Dataset) -> None:
    """Convert every element now, and drop those that cannot be: what is needed is missed later."""
    for tag in list(found.keys()):
        try:
            element = found[tag]
            if element.VR == "SQ":
                for one in element.value:
                    _settle(one)
        except Exception:  # noqa: BLE001 - a damaged element is as good as absent
            del found[tag]


def damaged(path: Path, reason: str) -> InvalidDataError:
    """Return the error of a damaged file."""
    return InvalidDataError(
        f"{path.name} is damaged: {reason}. Export the series again; nothing was written."
    )


def _check_not_deflated(path: Path) -> None:
    # Unpacking comes before anything can be checked, and a few kilobytes may unpack to gigabytes.
    with path.open("rb") as file:
        start = file.read(4096)
    if DeflatedExplicitVRLittleEndian.encode("ascii") in start:
        raise InvalidDataError(
            f"{path.name} is stored with the deflated transfer syntax, which is not read. Export "
            "it uncompressed or as JPEG 2000."
        )


def _tags(names: Sequence[str] | None) -> list[Any] | None:
    return None if names is None else list(names)


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text[:120] if text else type(error).__name__).rstrip(".")


def value(dataset: Dataset, keyword: str, where: str) -> Any:  # noqa: ANN401 - as DICOM has it
    """Return an element that must be there and not empty.

    Raises
    ------
    InvalidDataError
        When it is absent or empty.
    """
    found = optional(dataset, keyword)
    if found is None or (hasattr(found, "__len__") and len(found) == 0):
        raise InvalidDataError(
            f"{where}: element {keyword} is absent or empty. Export the series again with all "
            "elements of its module."
        )
    return found


def optional(dataset: Dataset, keyword: str) -> Any:  # noqa: ANN401 - as DICOM has it
    """Return an element, or None when it is absent."""
    return dataset.get(keyword)


def text(dataset: Dataset, keyword: str) -> str:
    """Return an element as text, empty when absent."""
    found = optional(dataset, keyword)
    words = "" if found is None else str(found).strip().strip("\0")
    # No element read here may be so long: it is damage, and would stand in a sentence.
    return words if len(words) <= _LONGEST else words[:64]


def numbers(dataset: Dataset, keyword: str, count: int, where: str) -> list[float]:
    """Return an element of so many finite numbers.

    Raises
    ------
    InvalidDataError
        When it is absent, not numbers, or another count.
    """
    found = value(dataset, keyword, where)
    given = list(found) if hasattr(found, "__iter__") and not isinstance(found, str) else [found]
    try:
        converted = [float(one) for one in given]
    except (TypeError, ValueError) as error:
        raise InvalidDataError(
            f"{where}: element {keyword} is {found!s:.60}; allowed are {count} numbers."
        ) from error
    if len(converted) != count or not all(-1e9 < one < 1e9 for one in converted):
        raise InvalidDataError(
            f"{where}: element {keyword} is {found!s:.60}; allowed are {count} finite numbers."
        )
    return converted


def items(dataset: Dataset, keyword: str, where: str) -> Iterator[Dataset]:
    """Yield the items of a sequence; none when it is absent.

    Raises
    ------
    InvalidDataError
        When the element is not a sequence.
    """
    found = optional(dataset, keyword)
    if found is None:
        return
    if not hasattr(found, "__iter__") or isinstance(found, str | bytes):
        raise InvalidDataError(f"{where}: element {keyword} is no sequence. Export it again.")
    for one in found:
        if not isinstance(one, Dataset):
            raise InvalidDataError(f"{where}: element {keyword} is no sequence. Export it again.")
        yield one


def is_modality(dataset: Dataset, modality: str) -> bool:
    """Return whether a dataset is of a modality."""
    return text(dataset, "Modality") == modality
