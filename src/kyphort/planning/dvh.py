"""Dose and volume: samples of a structure, and what a dose-volume histogram says of them."""

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
_LOW_DISCREPANCY = 1.0 / 1.2207440846057596 ** np.arange(1, 4)
"""Steps of the R3 sequence; the base is the root of x⁴ = x + 1."""


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
    margin = max(float(frame.spacing_mm.max()), structure.reach_mm)
    low, high = frame.box_around(structure.points_mm(), margin)
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
    filled = share[z, y, x].astype(np.float64)
    place = np.stack((x, y, z), axis=-1) + _within_filled_part(share, (z, y, x), fine.spacing_mm)
    return Samples(fine.to_points(place), filled * fine.voxel_cm3)


def _within_filled_part(
    share: NDArray[np.float32], index: tuple[NDArray[np.intp], ...], spacing_mm: Floats
) -> Floats:
    """Return where in its voxel a sample lies, (n, 3) as (x, y, z) in voxels.

    A part that is filled to a share f reaches f across the voxel from its inner side, against the
    normal of the structure's surface: its middle is (1 − f)/2 further in. Within the filled part
    samples are scattered evenly (a sequence of low discrepancy), so that a dose which changes along
    an axis of the grid does not come in steps.
    """
    z, y, x = index
    filled = share[z, y, x].astype(np.float64)
    slopes = [_slope(share, index, axis) / spacing_mm[2 - axis] for axis in (2, 1, 0)]
    inwards = np.stack(slopes, axis=-1)
    length = np.linalg.norm(inwards, axis=1)
    inwards /= np.where(length > 0, length, 1.0)[:, None]
    across_mm = np.abs(inwards) @ spacing_mm
    middle = ((1 - filled) / 2 * across_mm)[:, None] * inwards / spacing_mm
    number = np.arange(1, len(filled) + 1)[:, None]
    even = (number * _LOW_DISCREPANCY) % 1.0 - 0.5
    along = np.sum(even * spacing_mm * inwards, axis=1)
    scattered = even - ((1 - filled) * along)[:, None] * inwards / spacing_mm
    return np.asarray(middle + scattered)


def _slope(share: NDArray[np.float32], index: tuple[NDArray[np.intp], ...], axis: int) -> Floats:
    """Return half the difference of the neighbours along an axis; beyond the grid is nothing."""
    ends = []
    for step in (1, -1):
        moved = list(index)
        moved[axis] = moved[axis] + step
        inside = (moved[axis] >= 0) & (moved[axis] < share.shape[axis])
        moved[axis] = np.clip(moved[axis], 0, share.shape[axis] - 1)
        ends.append(np.where(inside, share[tuple(moved)], 0.0))
    return np.asarray((ends[0] - ends[1]) / 2, dtype=np.float64)


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
