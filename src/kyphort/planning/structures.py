"""Structures: what was contoured, and the share of each voxel that it fills."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.polygons import coverage

Floats = NDArray[np.float64]
Share = NDArray[np.float32]

_IN_PLANE_MM = 0.05
"""How far the points of a contour may be off one plane of the image's slices."""
_WIDEST_GAP = 2.5
"""Planes farther apart than this many usual distances bound separate parts."""


class Role(StrEnum):
    """What a structure is to the plan."""

    LESION = "lesion"
    CORD = "cord"
    THECAL_SAC = "thecal_sac"
    NERVE_ROOT = "nerve_root"
    CANAL = "canal"
    VERTEBRA = "vertebra"
    CEMENT = "cement"
    OTHER = "other"


_NAMES: Mapping[Role, str] = {
    Role.LESION: r"\b(gtv|ctv|itv|ptv|lesion|metastas[ie]s|tumou?r|target)",
    Role.CORD: r"(spinal[ _]?cord|\bcord\b|myelon|r(ü|ue)ckenmark|medulla)",
    Role.THECAL_SAC: r"(thecal|cauda|dural?[ _]?sac)",
    Role.NERVE_ROOT: r"(nerve|root|plexus)",
    Role.CANAL: r"canal",
    Role.CEMENT: r"(cement|pmma)",
    Role.VERTEBRA: r"(vertebra|\bvb[_ ]|\bbody\b.*\b[tl]\d|wirbel)",
}


def role_of_name(name: str) -> Role:
    """Guess the role from a usual name; what is not recognised is `other`.

    >>> role_of_name("GTV_T12").value, role_of_name("SpinalCord").value, role_of_name("Liver").value
    ('lesion', 'cord', 'other')
    """
    text = name.lower().replace("_", " ")
    found = (role for role, pattern in _NAMES.items() if re.search(pattern, text))
    return next(found, Role.OTHER)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A contoured structure: closed polygons in planes, or a mask.

    Attributes
    ----------
    name
        As in the file.
    contours
        Corners (n, 3) of each closed polygon as (x, y, z) [mm]; a polygon inside another one of
        its plane is a hole.
    role
        What it is to the plan.
    colour
        Red, green, blue, 0 to 255, or None.
    mask, mask_frame
        (z, y, x) and its frame, instead of contours (for example of a label map).
    thickness_mm
        Of a contour that is alone: the distance of the image's slices.

    Raises
    ------
    InvalidDataError
        When it is empty, or a contour is no polygon.
    """

    name: str
    contours: tuple[Floats, ...] = ()
    role: Role = Role.OTHER
    colour: tuple[int, int, int] | None = None
    mask: NDArray[np.bool_] | None = None
    mask_frame: VoxelFrame | None = None
    thickness_mm: float = 1.0

    def __post_init__(self) -> None:
        given = tuple(np.asarray(one, dtype=np.float64) for one in self.contours)
        object.__setattr__(self, "contours", given)
        for number, one in enumerate(given, start=1):
            if one.ndim != 2 or one.shape[1] != 3 or len(one) < 3 or not np.all(np.isfinite(one)):
                raise InvalidDataError(
                    f"Structure '{self.name}', contour {number}: {len(one)} points; allowed are at "
                    "least 3 finite points (x, y, z). Redraw it, or remove it."
                )
        if not given and (self.mask is None or not self.mask.any()):
            raise InvalidDataError(
                f"Structure '{self.name}' is empty. Contour it, or leave it out of the plan."
            )

    @property
    def reach_mm(self) -> float:
        """How far it may reach beyond its points [mm]."""
        if self.mask_frame is not None:
            return float(self.mask_frame.spacing_mm.max())
        return 2 * self.thickness_mm

    def points_mm(self) -> Floats:
        """Return corners of the contours, or centres of the mask's voxels, (n, 3)."""
        if self.mask is None or self.mask_frame is None:
            return np.concatenate(self.contours)
        z, y, x = np.nonzero(self.mask)
        return self.mask_frame.to_points(np.stack((x, y, z), axis=-1))

    def coverage(self, frame: VoxelFrame) -> Share:
        """Return the share (z, y, x) of each voxel of a frame that the structure fills, 0 to 1.

        Contours reach halfway to their neighbours' planes, and half the usual distance beyond the
        first and the last plane. The frame must lie along the contours' planes.

        Raises
        ------
        InvalidDataError
            When contours are not parallel to the frame's slices.
        """
        if self.mask is not None and self.mask_frame is not None:
            return _from_mask(self.mask, self.mask_frame, frame)
        return _from_contours(self, frame)


def _from_mask(mask: NDArray[np.bool_], own: VoxelFrame, frame: VoxelFrame) -> Share:
    place = own.to_index(frame.centres_mm())
    index = np.floor(place + 0.5).astype(np.int64)
    inside = np.all((index >= 0) & (index < np.array(own.shape[::-1])), axis=-1)
    x, y, z = np.where(inside[..., None], index, 0).transpose(3, 0, 1, 2)
    return np.asarray(mask[z, y, x] & inside, dtype=np.float32)


def _from_contours(structure: Structure, frame: VoxelFrame) -> Share:
    planes = _planes(structure.name, structure.contours, frame)
    filled = np.zeros(frame.shape, dtype=np.float32)
    alone = structure.thickness_mm / float(frame.spacing_mm[2])
    for (low, high), polygons in _slabs(planes, alone):
        first = max(int(np.floor(low + 0.5)), 0)
        last = min(int(np.ceil(high + 0.5)), frame.shape[0])
        if first >= last:
            continue
        area = _area(polygons, frame.shape[1:])
        for k in range(first, last):
            filled[k] += area * max(min(high, k + 0.5) - max(low, k - 0.5), 0.0)
    return np.minimum(filled, 1.0)


def _area(polygons: Sequence[Floats], shape: tuple[int, ...]) -> Share:
    """Return the coverage of a slice, worked out only around the polygons."""
    rows, columns = shape
    corners = np.concatenate(polygons)
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (columns, rows))
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 2, 0, (columns, rows))
    area = np.zeros((rows, columns), dtype=np.float32)
    if np.all(high > low):
        size = (int(high[1] - low[1]), int(high[0] - low[0]))
        part = coverage([one - low for one in polygons], size)
        area[low[1] : high[1], low[0] : high[0]] = part
    return area


def _planes(
    name: str, contours: Iterable[Floats], frame: VoxelFrame
) -> list[tuple[float, list[Floats]]]:
    """Return the polygons (column, row) of each plane, by rising slice index."""
    planes: list[tuple[float, list[Floats]]] = []
    thickness = float(frame.spacing_mm[2])
    for corners in contours:
        place = frame.to_index(corners)
        spread = float(np.ptp(place[:, 2])) * thickness
        if spread > 2 * _IN_PLANE_MM:
            raise InvalidDataError(
                f"Structure '{name}' has a contour that spans {spread:.2f} mm across the image's "
                "slices; allowed are contours within a slice. Contour it on this image, or give a "
                "label map."
            )
        planes.append((float(place[:, 2].mean()), [place[:, :2]]))
    planes.sort(key=lambda plane: plane[0])
    joined = [planes[0]]
    for height, polygons in planes[1:]:
        if (height - joined[-1][0]) * thickness <= _IN_PLANE_MM:
            joined[-1][1].extend(polygons)
        else:
            joined.append((height, polygons))
    return joined


def _slabs(
    planes: Sequence[tuple[float, list[Floats]]], alone: float
) -> Iterable[tuple[tuple[float, float], list[Floats]]]:
    heights = np.array([height for height, _ in planes])
    gaps = np.diff(heights)
    usual = float(np.median(gaps)) if len(gaps) else alone
    half = np.where(gaps <= _WIDEST_GAP * usual, gaps, usual) / 2
    below = np.concatenate(([usual / 2], half))
    above = np.concatenate((half, [usual / 2]))
    for n, (height, polygons) in enumerate(planes):
        yield (float(height - below[n]), float(height + above[n])), polygons


def structures_of_role(structures: Iterable[Structure], role: Role) -> tuple[Structure, ...]:
    """Return the structures that have a role."""
    return tuple(one for one in structures if one.role is role)
