"""Dose and volume: samples of a structure, and what a dose-volume histogram says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.errors import InvalidDataError
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.structures import Structure

Floats = NDArray[np.float64]
FINE_MM = 0.5
"""Largest side of the parts into which voxels are cut for a histogram."""
MOST_SAMPLES = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The parts of voxels that a structure fills.

    Attributes
    ----------
    points_mm
        (n, 3) centres of the parts.
    volume_cm3
        (n,) filled volume of each.
    """

    points_mm: Floats
    volume_cm3: Floats

    @property
    def total_cm3(self) -> float:
        """Volume of all [cm³]."""
        return float(self.volume_cm3.sum())

    def where(self, kept: NDArray[np.bool_]) -> "Samples":
        """Return some of the samples."""
        return Samples(self.points_mm[kept], self.volume_cm3[kept])


def samples_of(structure: Structure, frame: VoxelFrame, *, fine_mm: float = FINE_MM) -> Samples:
    """Return the parts of a frame's voxels that a structure fills.

    Voxels are cut into whole numbers of parts no longer than `fine_mm`; where that were too many
    parts, into fewer.

    Raises
    ------
    InvalidDataError
        When nothing of the structure lies in the frame.
    """
    low, high = frame.box_around(structure.points_mm(), float(frame.spacing_mm.max()))
    part = frame.cut(low, high)
    cuts = np.maximum(np.ceil(part.spacing_mm / fine_mm - 1e-9), 1)
    while np.prod(part.shape) * np.prod(cuts) > MOST_SAMPLES and cuts.max() > 1:
        cuts = np.maximum(cuts - 1, 1)
    fine = part.rebinned(1 / cuts)
    share = structure.coverage(fine)
    z, y, x = np.nonzero(share)
    if not len(z):
        raise InvalidDataError(
            f"Nothing of structure '{structure.name}' lies in the calculated region. Enlarge the "
            "region, or leave the structure out."
        )
    points = fine.to_points(np.stack((x, y, z), axis=-1))
    return Samples(points, share[z, y, x].astype(np.float64) * fine.voxel_cm3)


@dataclass(frozen=True, slots=True, eq=False)
class DoseVolume:
    """The dose-volume histogram of a structure: every sample, the highest dose first.

    Attributes
    ----------
    dose_gy
        (n,) falling.
    volume_cm3
        (n,) of each sample, in the same order.

    Examples
    --------
    >>> found = dose_volume([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0])
    >>> found.mean_gy, found.volume_percent(2.5), found.dose_at_cm3(0.5), found.dose_at_percent(50)
    (2.5, 50.0, 4.0, 2.5)
    """

    dose_gy: Floats
    volume_cm3: Floats

    @property
    def total_cm3(self) -> float:
        """Volume of the structure [cm³]."""
        return float(self.volume_cm3.sum())

    @property
    def mean_gy(self) -> float:
        """Mean dose [Gy]."""
        return float(np.average(self.dose_gy, weights=self.volume_cm3))

    def dose_at_cm3(self, volume_cm3: float) -> float:
        """Return the dose that the hottest part of a volume [cm³] receives at least [Gy]."""
        middle = np.cumsum(self.volume_cm3) - self.volume_cm3 / 2
        return float(np.interp(volume_cm3, middle, self.dose_gy))

    def dose_at_percent(self, percent: float) -> float:
        """Return the dose that a share of the volume [%] receives at least [Gy], as D90."""
        return self.dose_at_cm3(percent / 100 * self.total_cm3)

    def volume_percent(self, dose_gy: float) -> float:
        """Return the share of the volume that receives at least a dose [%], as V100."""
        received = self.dose_gy >= dose_gy
        return float(100 * self.volume_cm3[received].sum() / self.total_cm3)

    def volumes_percent(self, doses_gy: ArrayLike) -> Floats:
        """Return the share of the volume at or above each dose (m,) [%], the cumulative curve."""
        cumulative = np.concatenate(([0.0], np.cumsum(self.volume_cm3)))
        place = np.searchsorted(-self.dose_gy, -np.asarray(doses_gy), side="right")
        return np.asarray(100 * cumulative[place] / self.total_cm3)


def dose_volume(dose_gy: ArrayLike, volume_cm3: ArrayLike) -> DoseVolume:
    """Return the histogram of samples (n,) of dose [Gy] and volume [cm³].

    Raises
    ------
    InvalidDataError
        For no sample, a negative dose, or one that is not a number.
    """
    dose = np.asarray(dose_gy, dtype=np.float64)
    volume = np.asarray(volume_cm3, dtype=np.float64)
    if dose.shape != volume.shape or dose.ndim != 1 or not len(dose):
        raise InvalidDataError(
            f"{dose.shape} doses and {volume.shape} volumes; allowed are two equally long rows."
        )
    if not np.all(np.isfinite(dose) & (dose >= 0)):
        raise InvalidDataError("A dose of the histogram is negative or not a number.")
    order = np.argsort(-dose, kind="stable")
    return DoseVolume(dose[order], volume[order])


def interpolated(
    values: Floats, frame: VoxelFrame, points_mm: Floats, positions_mm: Floats, weights: Floats
) -> Floats:
    """Return a dose (z, y, x) at points (n, 3): trilinear of the dose over Σ w/r², times it.

    The quotient is nearly flat, so that the fall-off between voxel centres is kept; the positions
    (m, 3) and weights (m,) are those of the source. Beyond the outermost centres the nearest value
    of the quotient is taken.
    """
    course = inverse_square(frame.centres_mm().reshape(-1, 3), positions_mm, weights)
    flat = values / course.reshape(frame.shape)
    place = np.clip(frame.to_index(points_mm), 0, np.array(frame.shape[::-1]) - 1)
    return trilinear(flat, place) * inverse_square(points_mm, positions_mm, weights)


def inverse_square(points_mm: Floats, positions_mm: Floats, weights: Floats) -> Floats:
    """Return Σ w / (r² + 0.25 mm²) at points (n, 3)."""
    total = np.zeros(len(points_mm))
    for position, weight in zip(positions_mm, weights, strict=True):
        total += weight / (np.sum((points_mm - position) ** 2, axis=1) + 0.25)
    return total


def trilinear(values: Floats, place: Floats) -> Floats:
    """Return values (z, y, x) at indices (n, 3) as (x, y, z), within the grid."""
    last = np.array(values.shape[::-1]) - 1
    low = np.clip(np.floor(place).astype(np.int64), 0, np.maximum(last - 1, 0))
    share = place - low
    total = np.zeros(len(place))
    for corner in np.ndindex(2, 2, 2):
        side = np.array(corner)
        weight = np.prod(np.where(side, share, 1 - share), axis=1)
        x, y, z = np.minimum(low + side, last).T
        total += weight * values[z, y, x]
    return total


def mixed(parts: Sequence[Samples]) -> Samples:
    """Return the samples of several structures together."""
    return Samples(
        np.concatenate([one.points_mm for one in parts]),
        np.concatenate([one.volume_cm3 for one in parts]),
    )
