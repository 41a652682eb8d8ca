"""The frame of voxels: where a regular grid lies in patient coordinates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, init=False)
class VoxelFrame:
    """A regular grid without values, indexed [z, y, x], in patient coordinates (LPS) in mm.

    Attributes
    ----------
    shape
        Numbers of voxels (z, y, x).
    spacing_mm, origin_mm
        (3,) size of a voxel and **centre** of voxel [0, 0, 0], as (x, y, z).
    direction
        (3, 3) columns are the directions of the x, y and z index.

    Examples
    --------
    >>> frame = VoxelFrame((4, 5, 6), (1, 1, 2), (10, 0, 0))
    >>> frame.to_index((12, 0, 4)).tolist()
    [2.0, 0.0, 2.0]
    >>> frame.to_points((2.0, 0.0, 2.0)).tolist()
    [12.0, 0.0, 4.0]
    """

    shape: tuple[int, int, int]
    spacing_mm: Floats
    origin_mm: Floats
    direction: Floats

    def __init__(
        self,
        shape: tuple[int, int, int],
        spacing_mm: ArrayLike,
        origin_mm: ArrayLike,
        direction: ArrayLike | None = None,
    ) -> None:
        z, y, x = (int(n) for n in shape)
        object.__setattr__(self, "shape", (z, y, x))
        turned = np.eye(3) if direction is None else direction
        for name, value in (
            ("spacing_mm", spacing_mm), ("origin_mm", origin_mm), ("direction", turned),
        ):  # fmt: skip
            object.__setattr__(self, name, np.array(value, dtype=np.float64))

    @property
    def voxel_cm3(self) -> float:
        """Volume of a voxel [cm³]."""
        return float(np.prod(self.spacing_mm)) / 1000

    def to_index(self, points_mm: ArrayLike) -> Floats:
        """Return points (…, 3) as fractions of voxels (x, y, z); 0 is the centre of the first."""
        points = np.asarray(points_mm, dtype=np.float64)
        return np.asarray((points - self.origin_mm) @ self.direction / self.spacing_mm)

    def to_points(self, index: ArrayLike) -> Floats:
        """Return indices (…, 3) as (x, y, z) in patient coordinates [mm]."""
        steps = np.asarray(index, dtype=np.float64) * self.spacing_mm
        return np.asarray(self.origin_mm + steps @ self.direction.T)

    def centres_mm(self) -> Floats:
        """Return the centre of every voxel, (z, y, x, 3) as (x, y, z)."""
        z, y, x = np.indices(self.shape)
        return self.to_points(np.stack((x, y, z), axis=-1))

    def holds(self, points_mm: ArrayLike, margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Return whether points (…, 3) lie in the voxels, at least a margin from the edge."""
        place = self.to_index(points_mm)
        size = np.array(self.shape[::-1])
        margin = margin_mm / self.spacing_mm
        inside = (place >= margin - 0.5) & (place <= size - 0.5 - margin)
        return np.asarray(np.all(inside, axis=-1))

    def cut(self, lower: ArrayLike, upper: ArrayLike) -> "VoxelFrame":
        """Return the voxels from index `lower` up to, not with, `upper`, both as (x, y, z)."""
        low, high = np.asarray(lower, dtype=np.int64), np.asarray(upper, dtype=np.int64)
        x, y, z = (int(n) for n in high - low)
        return VoxelFrame((z, y, x), self.spacing_mm, self.to_points(low), self.direction)

    def rebinned(self, factors: ArrayLike) -> "VoxelFrame":
        """Return the frame with voxels `factors` (x, y, z) times as wide, from the same corner.

        Voxels that do not fill a whole new one are left out.

        >>> VoxelFrame((4, 4, 5), (1, 1, 1), (0, 0, 0)).rebinned((2, 2, 0.5)).origin_mm.tolist()
        [0.5, 0.5, -0.25]
        """
        factor = np.asarray(factors, dtype=np.float64)
        count = np.floor(np.array(self.shape[::-1]) / factor + 1e-9).astype(int)
        x, y, z = (int(n) for n in count)
        corner = factor / 2 - 0.5
        return VoxelFrame(
            (z, y, x), self.spacing_mm * factor, self.to_points(corner), self.direction
        )

    def box_around(self, points_mm: ArrayLike, margin_mm: float) -> tuple[Floats, Floats]:
        """Return the lowest and one past the highest index (x, y, z) around points, clipped.

        Raises
        ------
        InvalidDataError
            When nothing of the box lies in the frame.
        """
        place = np.atleast_2d(self.to_index(points_mm))
        margin = margin_mm / self.spacing_mm
        size = np.array(self.shape[::-1])
        low = np.clip(np.floor(place.min(axis=0) - margin + 0.5), 0, size)
        high = np.clip(np.ceil(place.max(axis=0) + margin + 0.5), 0, size)
        if np.any(high <= low):
            raise InvalidDataError(
                f"Nothing of the image lies within {margin_mm:g} mm of "
                f"{written(np.atleast_2d(points_mm)[0])} mm. Check the coordinates (LPS, mm)."
            )
        return low, high

    def same_as(self, other: "VoxelFrame") -> bool:
        """Return whether two frames have the same voxels, to 1e-6 mm."""
        return self.shape == other.shape and all(
            np.allclose(getattr(self, name), getattr(other, name), atol=1e-6)
            for name in ("spacing_mm", "origin_mm", "direction")
        )


def written(point: ArrayLike) -> str:
    """Write a point.

    >>> written((1.0, 2.345, -3))
    '(1.0, 2.3, -3.0)'
    """
    return f"({', '.join(f'{value:.1f}' for value in np.asarray(point, dtype=float))})"
