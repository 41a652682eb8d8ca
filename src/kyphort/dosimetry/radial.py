"""Radial dose: a source in the middle of a homogeneous cube, scored in spherical shells."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.cross_sections import attenuation, energy_transfer
from kyphort.dosimetry.engine import GY_PER_WORTH
from kyphort.dosimetry.materials import Material
from kyphort.dosimetry.preparation import emission_arrays
from kyphort.dosimetry.run_checks import check_randomness
from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.task import BATCHES
from kyphort.dosimetry.transport.spheres import track_in_shells
from kyphort.dosimetry.transport_tables import transport_tables
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
_FAR = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class RadialDose:
    """Dose in spherical shells around a source.

    Attributes
    ----------
    edges_mm
        (n + 1,) radii between the shells.
    dose_gy
        (n,) mean over each shell, Gy for each photon emitted.
    relative_uncertainty
        (n,) one standard error / dose; chance enters by scatter only.
    primary_gy
        (n,) the part of photons that have not interacted.
    histories, seed
        Photons followed, and the seed that repeats them.
    """

    edges_mm: Floats
    dose_gy: Floats
    relative_uncertainty: Floats
    primary_gy: Floats
    histories: int
    seed: int

    @property
    def radius_mm(self) -> Floats:
        """Middle of each shell, (n,) [mm]."""
        return np.asarray((self.edges_mm[1:] + self.edges_mm[:-1]) / 2)


def radial_dose(
    source: PhotonSource,
    material: Material,
    edges_mm: ArrayLike,
    *,
    half_size_mm: float,
    histories: int,
    seed: int,
    threads: int = 1,
) -> RadialDose:
    """Compute the dose in spherical shells around a source in a homogeneous cube.

    Primary photons by the integral of E μ_tr/ρ exp(−μ r) over the shell, scattered ones by Monte
    Carlo with track length. A source with angular emission is taken as isotropic, as an average
    over the sphere.

    Parameters
    ----------
    source, material
        Spectrum, and medium with its density.
    edges_mm
        (n + 1,) rising radii [mm], the last one at most `half_size_mm`.
    half_size_mm
        Half the side of the cube [mm]; outside there is nothing.
    histories
        Photons to follow (rounded up to a multiple of 32).
    seed
        Any integer of 0 or more; the same seed gives the same bits for any number of threads.
    threads
        Number of threads.

    Raises
    ------
    InvalidDataError
        For edges that do not rise, shells outside the cube or inside the source, a phase space, or
        an impossible seed or number of threads.

    Examples
    --------
    >>> from kyphort.dosimetry import PhotonSource, material, radial_dose
    >>> shell = radial_dose(
    ...     PhotonSource.monoenergetic(30.0), material("water"), [9.5, 10.5],
    ...     half_size_mm=50.5, histories=50_000, seed=1,
    ... )
    >>> f"{shell.dose_gy[0]:.1e}"
    '6.4e-14'
    """
    edges = np.asarray(edges_mm, dtype=np.float64)
    check_randomness(seed, threads)
    _check(source, edges, half_size_mm, histories)
    padded = np.concatenate(([0.0] * int(edges[0] > 0), edges, [_FAR]))
    kept = slice(int(edges[0] > 0), len(padded) - 2)
    volumes = 4 / 3 * math.pi * np.diff(edges**3)
    primary = _primary(source, material, edges) / volumes
    batches = np.array(list(_batches(source, material, padded, half_size_mm, histories, seed,
                                     threads)))[:, kept] / volumes  # fmt: skip
    scatter = batches.mean(axis=0)
    error = batches.std(axis=0, ddof=1) / math.sqrt(len(batches))
    total = primary + scatter
    return RadialDose(
        edges_mm=edges,
        dose_gy=total * GY_PER_WORTH,
        relative_uncertainty=error / total,
        primary_gy=primary * GY_PER_WORTH,
        histories=_batch_size(histories) * BATCHES,
        seed=seed,
    )


def _primary(source: PhotonSource, material: Material, edges: Floats) -> Floats:
    energy = source.energy_kev[:, None]
    per_mm = attenuation(material, energy) * material.density_g_cm3 / 10
    worth = energy * energy_transfer(material, energy) * source.weight[:, None]
    beyond = np.maximum(edges - source.core_radius_mm, 0.0)
    inner, width = beyond[:-1], np.diff(beyond)
    lost = -np.expm1(-per_mm * width)
    return np.asarray(np.sum(worth * np.exp(-per_mm * inner) * lost / per_mm, axis=0))


def _batch_size(histories: int) -> int:
    return math.ceil(histories / BATCHES)


def _batches(  # noqa: PLR0917 - the parts of one task, handed on once
    source: PhotonSource,
    material: Material,
    edges: Floats,
    half_size: float,
    histories: int,
    seed: int,
    threads: int,
) -> Iterator[Floats]:
    """Yield track length × energy transfer in each shell, for each photon, batch by batch."""
    tables = transport_tables([material], [material])
    emission = emission_arrays(source, np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]), np.ones(1))
    isotropic = emission._replace(cosine=np.array([-1.0, 1.0]))
    size = _batch_size(histories)

    def batch(n: int) -> Floats:
        tally = np.zeros(len(edges) - 1)
        track_in_shells(
            tables, isotropic, material.density_g_cm3, half_size, np.uint64(seed), n * size, size,
            edges, tally,
        )  # fmt: skip
        return tally / size

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(batch, range(BATCHES))


def _check(source: PhotonSource, edges: Floats, half_size: float, histories: int) -> None:
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.isfinite(edges)):
        raise InvalidDataError("Edges of shells must be a row of at least two finite radii.")
    if edges[0] < 0 or np.any(np.diff(edges) <= 0):
        raise InvalidDataError(
            f"Edges of shells start with {edges[:3].tolist()} mm; allowed are rising radii from 0."
        )
    if not (math.isfinite(half_size) and edges[-1] <= half_size):
        raise InvalidDataError(
            f"The outermost shell ends at {edges[-1]:g} mm, the cube at {half_size:g} mm. Enlarge "
            "half_size_mm or leave out the shells outside."
        )
    if edges[1] <= source.core_radius_mm:
        raise InvalidDataError(
            f"A shell ends at {edges[1]:g} mm, inside the source of {source.core_radius_mm:g} mm."
        )
    if source.phase_space is not None:
        raise InvalidDataError("A phase space is not isotropic. Use simulate_dose for it.")
    if histories < 1:
        raise InvalidDataError(f"{histories} histories; allowed are whole numbers from 1.")
