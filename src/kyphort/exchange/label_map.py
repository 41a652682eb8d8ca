"""NIfTI label maps, for example of a segmentation tool, as structures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.structures import Role, Structure, role_of_name

MOST_VOXELS = 600_000_000
MOST_LABELS = 200


def read_label_map(
    path: Path, labels: Mapping[int, str], *, roles: Mapping[str, Role] | None = None
) -> tuple[Structure, ...]:
    """Return the structures of a label map (NIfTI, .nii or .nii.gz).

    NIfTI coordinates run to the right, front and head (RAS); they are turned to those of DICOM
    (LPS).

    Parameters
    ----------
    path
        The file.
    labels
        Name of each label; empty for all labels of the file, as "label 1", "label 2" …
    roles
        Role by name, where the guess from the name is wrong.

    Raises
    ------
    InvalidDataError
        When it cannot be read, is no label map, is sheared, or a label is not in it.
    """
    values, frame = _values(path)
    present = [int(one) for one in np.unique(values) if one != 0]
    if len(present) > MOST_LABELS:
        raise InvalidDataError(
            f"{path.name} holds {len(present)} different values: an image, no label map. Give the "
            "map of labels."
        )
    named = labels or {number: f"label {number}" for number in present}
    absent = sorted(set(named) - set(present))
    if absent:
        raise InvalidDataError(
            f"{path.name} has no voxel of label {absent[0]} ('{named[absent[0]]}'); it holds "
            f"{present}. Correct [structures.labels]."
        )
    roles = roles or {}
    unknown = sorted(set(roles) - set(named.values()))
    if unknown:
        raise InvalidDataError(
            f"[structures.roles] names '{unknown[0]}'; the label map has "
            f"{', '.join(named.values())}."
        )
    return tuple(
        Structure(
            name, role=roles.get(name, role_of_name(name)), mask=values == number, mask_frame=frame
        )
        for number, name in named.items()
    )


def _values(path: Path) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], VoxelFrame]:
    import nibabel  # noqa: PLC0415 - heavy, and only for this format

    if not path.is_file():
        raise InvalidDataError(f"{path} does not exist. Give the label map (.nii or .nii.gz).")
    try:
        image: Any = nibabel.load(path)
        shape, affine = image.shape, np.asarray(image.affine, dtype=np.float64)
        if len(shape) != 3 or not 0 < int(np.prod(shape)) <= MOST_VOXELS:
            raise InvalidDataError(
                f"{path.name} has the shape {shape}; allowed are three axes, not empty, up to "
                f"{MOST_VOXELS} voxels."
            )
        raw = np.asarray(image.dataobj)
    except InvalidDataError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise InvalidDataError(
            f"{path.name} is no NIfTI file, or damaged ({reason}). Export it again."
        ) from error
    if not np.all(np.isfinite(raw)) or np.any(raw != np.round(raw)):
        raise InvalidDataError(
            f"{path.name} holds values that are no whole numbers: an image, no label map."
        )
    return _right_handed(path, np.asarray(raw, dtype=np.int64), affine)


def _right_handed(
    path: Path,
    values: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    affine: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], VoxelFrame]:
    """Return labels (z, y, x) and their frame in LPS, the third index reversed if need be."""
    to_lps = np.diag([-1.0, -1.0, 1.0]) @ affine[:3]
    spacing = np.linalg.norm(to_lps[:, :3], axis=0)
    if not np.all(np.isfinite(affine)) or np.any(spacing < 1e-3):
        raise InvalidDataError(f"{path.name} has no usable affine. Export it with its geometry.")
    direction = to_lps[:, :3] / spacing
    origin = to_lps[:, 3]
    if np.abs(direction.T @ direction - np.eye(3)).max() > 1e-3:
        raise InvalidDataError(f"{path.name} is sheared. Resample it on a straight grid.")
    if np.linalg.det(direction) < 0:
        origin = origin + direction[:, 2] * spacing[2] * (values.shape[2] - 1)
        direction = direction * np.array([1.0, 1.0, -1.0])
        values = values[:, :, ::-1]
    ordered = np.ascontiguousarray(values.transpose(2, 1, 0))
    z, y, x = ordered.shape
    return ordered, VoxelFrame((z, y, x), spacing, origin, direction)
