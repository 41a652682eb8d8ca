"""The CT image of a plan: Hounsfield units in a frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError
from kyphort.planning.frame import VoxelFrame, written

LOWEST_HU, HIGHEST_HU = -3100.0, 33000.0
"""What a CT can say: below air lies padding, above metal on an extended scale nothing."""
AIR_HU = -1000.0

Hounsfield = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CtImage:
    """Hounsfield units (z, y, x) in a frame, and the name of the patient's coordinate system.

    Attributes
    ----------
    hounsfield
        (z, y, x) float32; padding was replaced by air.
    frame
        Where the voxels are.
    frame_of_reference
        UID of the coordinate system; empty when unknown.
    is_cone_beam
        True when its values are no calibrated Hounsfield units.

    Raises
    ------
    InvalidDataError
        For values that are not finite or cannot be Hounsfield units, or a shape that is not the
        frame's.
    """

    hounsfield: Hounsfield
    frame: VoxelFrame
    frame_of_reference: str = ""
    is_cone_beam: bool = False

    def __post_init__(self) -> None:
        if self.hounsfield.shape != self.frame.shape:
            raise InvalidDataError(
                f"The image has the shape {self.hounsfield.shape}, its frame {self.frame.shape}."
            )
        low, high = float(self.hounsfield.min()), float(self.hounsfield.max())
        if not (low >= LOWEST_HU and high <= HIGHEST_HU):
            raise InvalidDataError(
                f"Values of the image run from {low:g} to {high:g}; allowed for Hounsfield units "
                f"are {LOWEST_HU:g} to {HIGHEST_HU:g}. Check rescale slope and intercept."
            )

    def around(self, points_mm: NDArray[np.float64], margin_mm: float) -> "CtImage":
        """Return the part within a margin of points (n, 3), as far as the image reaches."""
        low, high = (end.astype(int) for end in self.frame.box_around(points_mm, margin_mm))
        part = self.hounsfield[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
        return CtImage(
            np.ascontiguousarray(part),
            self.frame.cut(low, high),
            self.frame_of_reference,
            self.is_cone_beam,
        )

    def resampled(self, spacing_mm: float) -> "CtImage":
        """Return the image with voxels near a size: whole voxels averaged, or slices divided.

        Values are means of the voxels joined; a slice that is divided is repeated, because that is
        what it says about its thickness. Axes and corner stay.
        """
        factors = [_factor(one, spacing_mm) for one in self.frame.spacing_mm]
        frame = self.frame.rebinned(factors)
        values = self.hounsfield
        for axis, factor in enumerate(factors[::-1]):
            values = _rebinned(values, axis, factor)
        return CtImage(
            np.ascontiguousarray(values, dtype=np.float32),
            frame,
            self.frame_of_reference,
            self.is_cone_beam,
        )

    def at(self, point_mm: NDArray[np.float64]) -> float:
        """Return the value of the voxel that holds a point.

        Raises
        ------
        InvalidDataError
            When the point is outside the image.
        """
        if not self.frame.holds(point_mm):
            raise InvalidDataError(
                f"Point {written(point_mm)} mm is outside the image. Check the coordinates."
            )
        last = np.array(self.frame.shape[::-1]) - 1
        x, y, z = np.clip(np.round(self.frame.to_index(point_mm)), 0, last).astype(int)
        return float(self.hounsfield[z, y, x])


def _factor(spacing: float, wanted: float) -> float:
    """Return how many voxels are joined, or one over how many parts a voxel is cut into."""
    if spacing <= wanted:
        return float(max(1, int(wanted / spacing + 0.25)))
    return 1.0 / max(1, round(spacing / wanted))


def _rebinned(values: Hounsfield, axis: int, factor: float) -> Hounsfield:
    if factor < 1:
        return np.repeat(values, round(1 / factor), axis=axis)
    count = int(factor)
    if count == 1:
        return values
    kept = values.shape[axis] // count
    part = np.take(values, np.arange(kept * count), axis=axis)
    shape = (*part.shape[:axis], kept, count, *part.shape[axis + 1 :])
    return np.asarray(part.reshape(shape).mean(axis=axis + 1, dtype=np.float32))
