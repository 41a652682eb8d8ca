"""The dose in this patient: in the tissue, in water cavities of it, and in water throughout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import (
    Beam,
    PhotonSource,
    Progress,
    ScatterField,
    Volume,
    beam,
    dose_rate_gy_per_min,
    primary_at,
    response_at,
    scatter_field,
    scatter_response,
)
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.needle import Stops

Floats = NDArray[np.float64]
QUANTITIES = (
    ReportingQuantity.WATER_IN_MEDIUM,
    ReportingQuantity.MEDIUM,
    ReportingQuantity.WATER,
)
COARSE_MM = 2.0
"""Voxels in which scatter is followed."""
_WATER_RADII = 600
_FARTHEST_MM = 60.0


@dataclass(frozen=True, slots=True)
class Precision:
    """How exact the Monte Carlo part is to be.

    Attributes
    ----------
    cord, sphere
        Largest root mean square of 1 σ / dose in the cord, and on the prescription sphere.
    first_histories, most_histories
        Photons of the first run, and of all.
    seed, threads
        As in `simulate_dose`.
    """

    cord: float = 0.02
    sphere: float = 0.01
    first_histories: int = 1_000_000
    most_histories: int = 200_000_000
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Irradiation:
    """What the source does: where it stops, and for how long.

    Attributes
    ----------
    source, stops
        The source, and its places.
    minutes
        (n,) at each stop.
    """

    source: PhotonSource
    stops: Stops
    minutes: Floats

    @property
    def total_min(self) -> float:
        """Minutes of all stops."""
        return float(self.minutes.sum())

    def longer(self, factor: float) -> "Irradiation":
        """Return the irradiation with every time multiplied."""
        return replace(self, minutes=self.minutes * factor)


@dataclass(frozen=True, slots=True, eq=False)
class PointDoses:
    """Doses at points (n,) [Gy] in three quantities, and 1 σ of chance over the dose."""

    by_quantity: Mapping[ReportingQuantity, Floats]
    relative_uncertainty: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DoseModel:
    """An irradiation of a tissue, ready to give the dose at any point.

    Attributes
    ----------
    rays
        The irradiation in the fine voxels.
    field
        Its scatter.
    irradiation
        What it is of.
    threads
        Number of threads.
    """

    rays: Beam
    field: ScatterField
    irradiation: Irradiation
    threads: int

    def at(self, points_mm: Floats) -> PointDoses:
        """Return the doses at points (n, 3).

        Primary photons by one ray to each point, scatter from the field: it deposits in the tissue
        what it would in a water cavity, times the ratio of energy transfers.
        """
        return self._at(self.irradiation, self.rays, points_mm)

    def moved_at(self, irradiation: Irradiation, points_mm: Floats) -> PointDoses:
        """Return the doses at points if the stops were others, with the scatter quotient kept.

        Scatter over its course hardly depends on where the source is, so that only rays are traced
        anew; how well that holds is measured by `robustness`.
        """
        places = irradiation.stops
        rays = self.rays.moved(places.positions_mm, irradiation.minutes, places.axes)
        return self._at(irradiation, rays, points_mm)

    def _at(self, irradiation: Irradiation, rays: Beam, points_mm: Floats) -> PointDoses:
        volume = rays.volume
        primary = primary_at(rays, points_mm, threads=self.threads)
        scatter, sigma = self.field.at(points_mm, primary.course)
        response = scatter_response(irradiation.source, volume.materials)
        cavity = primary.water_gy + scatter
        medium = primary.medium_gy + scatter * response_at(volume, response, points_mm)
        water = water_at(irradiation, points_mm)
        relative = np.divide(sigma, cavity, out=np.zeros(len(cavity)), where=cavity > 0)
        doses = {
            ReportingQuantity.WATER_IN_MEDIUM: cavity,
            ReportingQuantity.MEDIUM: medium,
            ReportingQuantity.WATER: water,
        }
        return PointDoses(doses, relative)


def rays_of(volume: Volume, irradiation: Irradiation) -> Beam:
    """Return an irradiation ready for the rays through a volume."""
    stops = irradiation.stops
    return beam(volume, irradiation.source, stops.positions_mm, irradiation.minutes, stops.axes)


def dose_model(
    fine: Volume,
    coarse: Volume,
    irradiation: Irradiation,
    precision: Precision,
    *,
    judged: Mapping[str, tuple[Floats, float]] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DoseModel:
    """Return the dose of an irradiation, its scatter followed until it is exact enough.

    Parameters
    ----------
    fine, coarse
        The tissue in voxels of about 1 and 2 mm, of the same place.
    irradiation
        Source, stops and times.
    precision
        How exact.
    judged
        Points (n, 3) and the largest root mean square of 1 σ / dose at them, by name; after a
        first run as many histories follow as they need. None keeps the first run.
    progress
        Called after each batch.

    Raises
    ------
    InvalidDataError
        When a stop lies outside the volume.
    """
    coarse_rays = rays_of(coarse, irradiation)

    def run(histories: int, seed: int) -> ScatterField:
        return scatter_field(
            coarse_rays, histories=histories, seed=seed, threads=precision.threads,
            progress=progress,
        )  # fmt: skip

    found = DoseModel(
        rays_of(fine, irradiation),
        run(precision.first_histories, precision.seed),
        irradiation,
        precision.threads,
    )
    more = _missing(found, judged or {}, precision)
    if more > 0:
        found = replace(found, field=found.field.joined(run(more, precision.seed + 1)))
    return found


def water_at(irradiation: Irradiation, points_mm: Floats) -> Floats:
    """Return the dose in unbounded water at points (n, 3) [Gy], as the clinic's table has it.

    Inside the source's core the value at its surface stands; beyond 60 mm the fall-off from 50 to
    60 mm goes on.
    """
    source = irradiation.source
    low = source.core_radius_mm + 0.05
    radius = np.geomspace(low, _FARTHEST_MM, _WATER_RADII)
    rate = np.log(dose_rate_gy_per_min(source, radius))
    slope = (rate[-1] - np.interp(50.0, radius, rate)) / np.log(_FARTHEST_MM / 50.0)
    total = np.zeros(len(points_mm))
    for position, time in zip(irradiation.stops.positions_mm, irradiation.minutes, strict=True):
        distance = np.maximum(np.linalg.norm(points_mm - position, axis=1), low)
        inner = np.interp(np.log(distance), np.log(radius), rate)
        beyond = slope * np.log(np.maximum(distance / _FARTHEST_MM, 1.0))
        total += time * np.exp(inner + beyond)
    return total


def frame_of(volume: Volume) -> VoxelFrame:
    """Return where a volume's voxels are."""
    return VoxelFrame(volume.shape, volume.spacing_mm, volume.origin_mm, volume.direction)


def sphere_points(positions_mm: Floats, radius_mm: float, count: int = 400) -> Floats:
    """Return points (m, 3) spread evenly on a sphere around each position.

    >>> len(sphere_points(np.zeros((2, 3)), 13.0))
    800
    """
    n = np.arange(count)
    z = 1 - (2 * n + 1) / count
    turn = n * np.pi * (3 - np.sqrt(5))
    sine = np.sqrt(1 - z**2)
    unit = np.stack((sine * np.cos(turn), sine * np.sin(turn), z), axis=1)
    return np.concatenate([position + radius_mm * unit for position in positions_mm])


def root_mean_square(values: Floats) -> float:
    """Return the root mean square of values (n,); 0 for none."""
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0


def _missing(
    found: DoseModel, judged: Mapping[str, tuple[Floats, float]], precision: Precision
) -> int:
    """Return how many histories must follow."""
    ratios = [
        root_mean_square(found.at(points).relative_uncertainty) / largest
        for points, largest in judged.values()
    ]
    worst = max(ratios, default=0.0)
    if worst <= 1:
        return 0
    needed = int(found.field.histories * (1.15 * worst**2 - 1))
    return max(min(needed, precision.most_histories - found.field.histories), 0)
