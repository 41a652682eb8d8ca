"""The scatter of an irradiation as a smooth field: Monte Carlo on coarse voxels, smoothed.

What scattered photons would leave in small water cavities is divided by the course it nearly
follows, exp(−cτ)/r, and averaged with its neighbours: fluence is continuous across the borders of
tissues, so that their edges need not be kept here. Each batch is smoothed by itself; the spread of
the batches is the uncertainty of the smoothed field.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.favoured import favour_scatter
from kyphort.dosimetry.materials import material
from kyphort.dosimetry.point_dose import Beam, primary_at
from kyphort.dosimetry.scatter import Progress, Watch, follow
from kyphort.dosimetry.scorers import Scored, VoxelScorer
from kyphort.dosimetry.transport_tables import transport_tables

BATCHES = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScatterField:
    """Scatter to water cavities over its course, on coarse voxels.

    Attributes
    ----------
    quotient, sigma
        (z, y, x) [Gy for a unit of the course], and its standard error.
    volume_frame
        Spacing, origin and direction of the voxels, as in `Volume`.
    histories
        Photons followed.
    """

    quotient: Floats
    sigma: Floats
    volume_frame: tuple[Floats, Floats, Floats]
    histories: int

    def joined(self, other: "ScatterField") -> "ScatterField":
        """Return two independent runs on the same voxels as one, weighted by their histories."""
        total = self.histories + other.histories
        a, b = self.histories / total, other.histories / total
        return ScatterField(
            a * self.quotient + b * other.quotient,
            np.hypot(a * self.sigma, b * other.sigma),
            self.volume_frame,
            total,
        )

    def at(self, points_mm: ArrayLike, course: Floats) -> tuple[Floats, Floats]:
        """Return the scatter dose to a cavity at points (n, 3), and its standard error [Gy]."""
        spacing, origin, direction = self.volume_frame
        points = np.asarray(points_mm, dtype=np.float64)
        place = (points - origin) @ direction / spacing
        place = np.clip(place, 0, np.array(self.quotient.shape[::-1]) - 1)
        value, sigma = _trilinear(self.quotient, place), _trilinear(self.sigma, place)
        return value * course, sigma * course


@dataclass(slots=True)
class _SmoothScorer:
    """Scores in voxels, and keeps the moments of each batch's smoothed quotient."""

    voxels: VoxelScorer
    course: Floats
    total: Floats
    squares: Floats
    smooth_course: Floats = field(init=False)
    batches: int = 0

    def __post_init__(self) -> None:
        self.smooth_course = smoothed(self.course)

    def batch(self, first: int, count: int) -> Scored:
        tally, energies = self.voxels.batch(first, count)
        padded = tuple(np.array(self.course.shape) + 2)
        inner = tally.reshape(padded)[1:-1, 1:-1, 1:-1]
        return smoothed(inner) / self.smooth_course / self.voxels.per_photon(count), energies

    def take(self, scored: Scored, count: int) -> None:
        quotient, _ = scored
        self.total += quotient
        self.squares += quotient**2
        self.batches += 1

    def moments(self, threads: int) -> tuple[Floats, Floats]:
        mean = self.total / self.batches
        spread = np.maximum(self.squares / self.batches - mean**2, 0.0)
        return mean, spread / (self.batches - 1)


def scatter_field(
    coarse: Beam,
    *,
    histories: int,
    seed: int,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> ScatterField:
    """Follow photons through a coarse volume and return the smooth field of their scatter.

    Parameters
    ----------
    coarse
        The irradiation in voxels of about 2 mm.
    histories
        Photons, rounded up to a multiple of 32.
    seed
        Any integer of 0 or more; the same gives the same bits for any number of threads.
    threads, progress
        As in `simulate_dose`.
    """
    volume = coarse.volume
    shape = volume.shape
    points = volume.centres_mm().reshape(-1, 3)
    course = primary_at(coarse, points, threads=threads).course.reshape(shape)
    tables = transport_tables(volume.materials, [material("water")] * len(volume.materials))
    favoured = favour_scatter(coarse.grid, tables, coarse.emission, coarse.source.weight)
    voxels = VoxelScorer(coarse.grid, tables, favoured, seed)
    scorer = _SmoothScorer(voxels, course, np.zeros(shape), np.zeros(shape))
    each = -(-histories // BATCHES)
    done = follow(scorer, 0, BATCHES, each, threads, Watch(progress, None))
    mean, variance = scorer.moments(threads)
    factor = coarse.gy_per_worth * float(coarse.minutes.sum())
    frame = (volume.spacing_mm, volume.origin_mm, volume.direction)
    return ScatterField(mean * factor, np.sqrt(variance) * factor, frame, done)


def smoothed(values: Floats) -> Floats:
    """Return (z, y, x) weighted 1 : 2 : 1 with the neighbours along each axis; edges repeat.

    >>> smoothed(np.array([[[0.0, 4.0, 0.0]]])).tolist()
    [[[1.0, 2.0, 1.0]]]
    """
    result = values
    for axis in range(3):
        padded = np.pad(result, [(int(n == axis),) * 2 for n in range(3)], mode="edge")
        low, high = (
            np.take(padded, np.arange(start, start + values.shape[axis]), axis=axis)
            for start in (0, 2)
        )
        result = (low + 2 * result + high) / 4
    return result


def _trilinear(values: Floats, place: Floats) -> Floats:
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
