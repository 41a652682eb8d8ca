"""Dose at points: primary photons by one ray each, scatter from a smooth field."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import energy_transfer
from kyphort.dosimetry.deterministic import COURSE, scratch_rows
from kyphort.dosimetry.engine import GY_PER_WORTH
from kyphort.dosimetry.materials import Material, material
from kyphort.dosimetry.preparation import emission_arrays, grid_arrays
from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.transport.points import rays_to_points
from kyphort.dosimetry.transport.state import Emission, Grid
from kyphort.dosimetry.transport_tables import transport_tables
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

_HARDENING_MM = 20.0
"""Water that hardens the spectrum in which scatter deposits its energy."""
_PARTS_PER_THREAD = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """A source at its places in a volume, ready for the kernels.

    Attributes
    ----------
    volume, source
        Tissue, and what irradiates it.
    minutes
        (n,) time at each position.
    """

    volume: Volume
    source: PhotonSource
    minutes: Floats
    grid: Grid
    emission: Emission
    attenuation: Floats
    worth: Floats
    cavity: Floats

    def moved(self, positions_mm: ArrayLike, minutes: ArrayLike, axes: ArrayLike) -> "Beam":
        """Return the same source in the same volume at other positions, with other times and axes.

        Raises
        ------
        InvalidDataError
            When a position lies outside the volume.
        """
        time = np.asarray(minutes, dtype=np.float64)
        emission = _emission(self.volume, self.source, positions_mm, time, axes)
        return replace(self, minutes=time, emission=emission)

    @property
    def gy_per_worth(self) -> float:
        """Gy for 1 keV cm²/(g mm²) for each photon, of a minute at the source's current."""
        if self.source.photons_per_mas is None:
            raise InvalidDataError(
                f"Source '{self.source.name}' has no photons_per_mas, so that it has no dose rate. "
                "Commission it."
            )
        return GY_PER_WORTH * self.source.photons_per_mas * self.source.current_ma * 60


def beam(
    volume: Volume,
    source: PhotonSource,
    positions_mm: ArrayLike,
    minutes: ArrayLike,
    axes: ArrayLike | None = None,
) -> Beam:
    """Return a source at positions (n, 3) [mm], for (n,) minutes each, with axes (n, 3).

    Raises
    ------
    InvalidDataError
        When a position lies outside the volume.
    """
    time = np.asarray(minutes, dtype=np.float64)
    direction = (0.0, 0.0, 1.0) if axes is None else axes
    lines, cavity = (
        source.energy_kev,
        source.energy_kev * energy_transfer(material("water"), source.energy_kev),
    )
    tables = transport_tables(volume.materials, volume.materials)
    nodes = tables.lowest_kev + np.arange(tables.attenuation.shape[0]) / tables.nodes_per_kev

    def at_lines(values: NDArray[np.float32]) -> Floats:
        return np.ascontiguousarray(
            [np.interp(lines, nodes, column.astype(np.float64)) for column in values.T]
        )

    return Beam(
        volume=volume,
        source=source,
        minutes=time,
        grid=grid_arrays(volume),
        emission=_emission(volume, source, positions_mm, time, direction),
        attenuation=at_lines(tables.attenuation),
        worth=at_lines(tables.transfer) * source.weight,
        cavity=cavity * source.weight,
    )


def _emission(
    volume: Volume, source: PhotonSource, positions_mm: ArrayLike, minutes: Floats, axes: ArrayLike
) -> Emission:
    positions = np.atleast_2d(np.asarray(positions_mm, dtype=np.float64))
    for position in positions:
        volume.voxel_of(position)
    every = np.broadcast_to(np.atleast_2d(np.asarray(axes, dtype=np.float64)), positions.shape)
    unit = every / np.linalg.norm(every, axis=1, keepdims=True) @ volume.direction
    return emission_arrays(source, volume.to_grid(positions), np.ascontiguousarray(unit), minutes)


@dataclass(frozen=True, slots=True, eq=False)
class PointPrimary:
    """Primary photons at points, and the course that their scatter follows.

    Attributes
    ----------
    medium_gy, water_gy
        (n,) dose to the tissue at the point, and to a small water cavity in it.
    course
        (n,) Σ minutes × exp(−cτ) / r, which scatter is nearly proportional to.
    """

    medium_gy: Floats
    water_gy: Floats
    course: Floats


def primary_at(rays: Beam, points_mm: ArrayLike, *, threads: int = 1) -> PointPrimary:
    """Return the primary dose of an irradiation at points (n, 3) [mm] of its volume.

    Each point is the end of one ray from each position: Σ w E μ_tr/ρ exp(−τ) / (4π r²).

    Examples
    --------
    >>> from kyphort.dosimetry import source_model, water_phantom
    >>> needle = source_model("needle")
    >>> found = primary_at(beam(water_phantom(41), needle, (0, 0, 0), [1.0]), [(8.0, 0.0, 0.0)])
    >>> f"{found.water_gy[0]:.1f} of 7.0 Gy/min at 8 mm are of primary photons"
    '5.4 of 7.0 Gy/min at 8 mm are of primary photons'
    """
    points = np.ascontiguousarray(rays.volume.to_grid(points_mm))
    count = len(points)
    medium, water, course = np.zeros(count), np.zeros(count), np.zeros(count)
    ends = np.linspace(0, count, threads * _PARTS_PER_THREAD + 1).astype(int)
    shortest = float(rays.volume.spacing_mm.min()) / 2
    with ThreadPoolExecutor(threads) as pool:
        for n, minutes in enumerate(rays.minutes):
            one = np.zeros(count), np.zeros(count), np.zeros(count)
            running = [
                pool.submit(
                    rays_to_points, rays.grid, rays.emission, n, rays.attenuation, rays.worth,
                    rays.cavity, rays.source.weight, points, (int(low), int(high)), *one,
                    scratch_rows(rays.attenuation),
                )
                for low, high in pairwise(ends)
            ]  # fmt: skip
            for done in running:
                done.result()
            medium += minutes * one[0]
            water += minutes * one[1]
            r = np.linalg.norm(points - rays.emission.position[n], axis=1)
            course += minutes * np.exp(-COURSE * one[2]) / np.maximum(r, shortest)
    return PointPrimary(medium * rays.gy_per_worth, water * rays.gy_per_worth, course)


def scatter_response(source: PhotonSource, materials: tuple[Material, ...]) -> Floats:
    """Return for each material its dose over that of a water cavity, in the spectrum of scatter.

    The spectrum behind 20 mm of water stands for it: the ratio hardly depends on energy (cortical
    bone 6.6 behind 10 mm, 6.8 behind 40 mm; red marrow 0.84 and 0.85).
    """
    hardened = source.behind(material("water"), _HARDENING_MM)
    weight = hardened.weight * hardened.energy_kev
    water = weight @ energy_transfer(material("water"), hardened.energy_kev)
    return np.array(
        [weight @ energy_transfer(one, hardened.energy_kev) / water for one in materials]
    )


def response_at(volume: Volume, response: Floats, points_mm: ArrayLike) -> Floats:
    """Return a number of each material (m,) at points (n, 3), mixed as the voxels are."""
    place = np.floor(volume.to_grid(points_mm) / volume.spacing_mm).astype(np.int64)
    x, y, z = np.clip(place, 0, np.array(volume.shape[::-1]) - 1).T
    index = volume.material_index[z, y, x].astype(np.int64)
    value = response[index]
    if volume.next_fraction is None:
        return np.asarray(value)
    after = response[np.minimum(index + 1, len(response) - 1)]
    return np.asarray(value + volume.next_fraction[z, y, x] * (after - value))
