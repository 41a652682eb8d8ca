"""The dose engine: deterministic primary photons and Monte Carlo scatter in a volume."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.deterministic import primary_worth
from kyphort.dosimetry.dose_grid import DoseGrid
from kyphort.dosimetry.materials import Material, material
from kyphort.dosimetry.preparation import emission_arrays, grid_arrays, positions_in_grid
from kyphort.dosimetry.scatter import CoarseScorer, Moments, Progress, VoxelScorer, Watch, follow
from kyphort.dosimetry.scatter_grid import scatter_grid
from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.transport.state import Emission, Grid
from kyphort.dosimetry.transport_tables import transport_tables
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

GY_PER_WORTH = 1.602176634e-11
"""Gy for 1 keV cm²/(g mm²): 1.602e-16 J/keV × 1000 g/kg × 100 mm²/cm²."""

BATCHES = 32
"""Histories are followed in this many batches; their spread gives the uncertainty."""

Reporting = Literal["medium", "water_in_medium", "water"]
Normalisation = Literal["per_photon", "per_mas", "per_minute"]
Method = Literal["hybrid", "analog"]

_REPORTING = ("medium", "water_in_medium", "water")
_NORMALISATION = ("per_photon", "per_mas", "per_minute")
_METHOD = ("hybrid", "analog")
_PILOT_BATCH = 2_000
_MOST_HISTORIES = 20_000_000_000
_MORE_BATCHES = 8
_RESERVE = 1.25
_LIGHTEST, _HEAVIEST = 0.2, 3.0
"""Densities [g/cm³] in which a source may stand: neither air nor metal."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Task:
    volume: Volume
    grid: Grid
    source: PhotonSource
    emission: Emission
    positions: Floats
    weights: Floats
    responses: tuple[Material, ...]
    seed: int
    threads: int
    method: Method
    scatter_grid_mm: ArrayLike | None


def simulate_dose(
    volume: Volume,
    source: PhotonSource,
    positions_mm: ArrayLike,
    *,
    histories: int | None = None,
    target_uncertainty: float | None = None,
    target_mask: ArrayLike | None = None,
    seed: int,
    threads: int = 1,
    reporting: Reporting = "medium",
    normalisation: Normalisation = "per_photon",
    scatter_grid_mm: ArrayLike | None = None,
    progress: Callable[[Progress], None] | None = None,
    weights: ArrayLike | None = None,
    axes: ArrayLike | None = None,
    method: Method = "hybrid",
    stop: Callable[[], bool] | None = None,
) -> DoseGrid:
    """Compute the dose of a source at one or several positions in a volume.

    Collision kerma (which is absorbed dose here: 50-keV electrons stop within 43 µm) by track
    length; primary photons deterministic, scattered ones by Monte Carlo. The same seed gives the
    same bits for any number of threads.

    Parameters
    ----------
    volume
        Materials and densities.
    source
        Spectrum, emission and output.
    positions_mm
        (3,) or (n, 3) as (x, y, z) in patient coordinates.
    histories
        Photons to follow (rounded up to a multiple of 32); with `target_uncertainty` the most.
    target_uncertainty
        Follow photons until the largest 1 σ / dose over `target_mask` is at most this.
    target_mask
        (z, y, x); None for voxels with at least 10 % of the dose at 10 mm.
    seed
        Any integer of 0 or more.
    threads
        Number of threads.
    reporting
        Dose to the medium, to a small water cavity in the medium, or in a volume of water only.
    normalisation
        For each photon, each mAs, or each minute at the source's current; with `weights`, for each
        unit of weight.
    scatter_grid_mm
        Size of cells for scatter (one number or x, y, z), or None for the voxels: faster by about
        the number of voxels in a cell; the bias is in docs/validation/dosimetry.md.
    progress
        Called after each batch.
    weights
        (n,) dwell times or other weights of the positions, 1 each when None; doses add up.
    axes
        (n, 3) axis of each position for a source with angular emission; None for +z.
    method
        "analog" follows primary photons by chance too, and balances the energy.
    stop
        Called after each batch: True ends the run and keeps what is done, as Ctrl-C does.

    Raises
    ------
    InvalidDataError
        For impossible input, a source outside the volume or in metal or air, a target that cannot
        be reached, or a run that does not fit into memory.

    Examples
    --------
    >>> from kyphort.dosimetry import PhotonSource, material, simulate_dose, water_phantom
    >>> dose = simulate_dose(
    ...     water_phantom(21), PhotonSource.monoenergetic(30.0), (0, 0, 0),
    ...     histories=20_000, seed=1,
    ... )
    >>> f"{dose.at((8, 0, 0))[0]:.2g} Gy for each photon"
    '7.5e-14 Gy for each photon'
    """
    _check_choices(reporting, normalisation, method, seed, threads)
    _check_amount(histories, target_uncertainty)
    if reporting == "water":
        volume = volume.replaced_by(material("water"))
    task = _task(volume, source, positions_mm, weights, axes, reporting, seed, threads, method,
                 scatter_grid_mm)  # fmt: skip
    _check_memory(task)
    primary, course = _primary(task)
    watch = Watch(progress, stop)
    if target_uncertainty is None:
        size = math.ceil((histories or 0) / BATCHES)
        scorer = _scorer(task, course)
        done = follow(scorer, 0, BATCHES, size, threads, watch)
        moments = _moments(task, scorer)
    else:
        mask = None if target_mask is None else np.asarray(target_mask, dtype=bool)
        scorer, done, moments = _until(
            task, primary, course, target_uncertainty, mask, histories, watch
        )
    total = primary + moments[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(total > 0, np.sqrt(moments[1]) / total, np.inf)
    factor = GY_PER_WORTH * task.weights.sum() * _output(source, normalisation)
    return DoseGrid(
        dose_gy=total * factor,
        relative_uncertainty=relative,
        spacing_mm=volume.spacing_mm,
        origin_mm=volume.origin_mm,
        direction=volume.direction,
        positions_mm=np.atleast_2d(np.asarray(positions_mm, dtype=np.float64)),
        histories=done,
        seed=seed,
        source=source.name,
        calibration=source.calibration,
        reporting=reporting,
        normalisation=normalisation,
        scatter_grid_mm=_cells(scorer),
        complete=not watch.stopped,
        energy_balance=_balance(scorer, done, method),
    )


def _task(  # noqa: PLR0917 - the parts of one task, handed on once
    volume: Volume,
    source: PhotonSource,
    positions_mm: ArrayLike,
    weights: ArrayLike | None,
    axes: ArrayLike | None,
    reporting: Reporting,
    seed: int,
    threads: int,
    method: Method,
    scatter_grid_mm: ArrayLike | None,
) -> _Task:
    positions = np.atleast_2d(np.asarray(positions_mm, dtype=np.float64))
    _check_positions(volume, source, positions)
    weight = np.ones(len(positions)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (len(positions),) or not np.all(np.isfinite(weight) & (weight > 0)):
        raise InvalidDataError(
            f"Weights {np.round(weight, 6).tolist()} for {len(positions)} positions; allowed is "
            "one finite value above 0 for each. Leave out positions without dwell time."
        )
    if source.phase_space is not None:
        method = "analog"
        if scatter_grid_mm is not None:
            raise InvalidDataError(
                "Scatter cells need a point source; a phase space is followed photon by photon. "
                "Leave out scatter_grid_mm."
            )
    if method == "analog" and scatter_grid_mm is not None:
        raise InvalidDataError("Scatter cells belong to the hybrid method. Leave out one of both.")
    in_grid = positions_in_grid(volume, positions)
    emission = emission_arrays(source, in_grid, _axes(volume, axes, len(positions)), weight)
    water_only = reporting != "medium"
    responses = tuple(
        [material("water")] * len(volume.materials) if water_only else volume.materials
    )
    return _Task(volume, grid_arrays(volume), source, emission, in_grid, weight, responses, seed,
                 threads, method, scatter_grid_mm)  # fmt: skip


def _axes(volume: Volume, axes: ArrayLike | None, count: int) -> Floats:
    given = np.array([0.0, 0.0, 1.0]) if axes is None else np.asarray(axes, dtype=np.float64)
    every = np.broadcast_to(np.atleast_2d(given), (count, 3))
    length = np.linalg.norm(every, axis=1, keepdims=True)
    if not np.all(np.isfinite(every)) or np.any(length == 0):
        raise InvalidDataError("Axes of the source must be finite and not of length 0.")
    return np.ascontiguousarray(every / length @ volume.direction)


def _primary(task: _Task) -> tuple[Floats, Floats]:
    """Return primary photons' worth and the course of scatter, (z, y, x)."""
    if task.method == "analog":
        return np.zeros(task.volume.shape), np.zeros(task.volume.shape)
    tables = transport_tables(task.volume.materials, task.responses)
    worth, course = primary_worth(
        task.grid, tables, task.emission, task.source.weight, task.weights, task.threads
    )
    return _inner(task, worth), _inner(task, course)


def _inner(task: _Task, padded: Floats) -> Floats:
    return padded.reshape(tuple(task.grid.shape[::-1]))[1:-1, 1:-1, 1:-1]


def _scorer(task: _Task, course: Floats) -> VoxelScorer | CoarseScorer:
    materials = task.volume.materials
    if task.scatter_grid_mm is None:
        size = len(task.grid.material)
        tables = transport_tables(materials, task.responses)
        return VoxelScorer(task.grid, tables, task.emission, task.seed, task.method == "hybrid",
                           np.zeros(size), np.zeros(size), np.zeros(3))  # fmt: skip
    one_response = len(set(task.responses)) == 1
    responses = task.responses[:1] if one_response else task.responses
    fraction = task.volume.next_fraction
    cells = scatter_grid(
        task.volume, responses, task.scatter_grid_mm, course, task.source.mean_energy_kev()
    )
    return CoarseScorer(
        task.grid, transport_tables(materials, responses), task.emission, task.seed, cells,
        np.zeros(1, np.float32) if fraction is None or one_response else fraction.ravel(),
        np.zeros(len(cells.own) + 1), np.zeros(len(cells.own) + 1), [],
    )  # fmt: skip


def _moments(task: _Task, scorer: VoxelScorer | CoarseScorer) -> Moments:
    if scorer.batches < 2:
        raise InvalidDataError(
            "The run was stopped before two batches were done, so that there is no uncertainty. "
            "Let it run longer, or ask for fewer histories."
        )
    mean, variance = scorer.moments(task.threads)
    if isinstance(scorer, VoxelScorer):
        return _inner(task, mean), _inner(task, variance)
    return mean.reshape(task.volume.shape), variance.reshape(task.volume.shape)


def _until(  # noqa: PLR0917 - the parts of one task, handed on once
    task: _Task,
    primary: Floats,
    course: Floats,
    target: float,
    mask: NDArray[np.bool_] | None,
    most: int | None,
    watch: Watch,
) -> tuple[VoxelScorer | CoarseScorer, int, Moments]:
    """Follow a pilot, then as many histories as it foretells, then more until it is enough."""
    limit = _MOST_HISTORIES if most is None else most
    scorer = _scorer(task, course)
    quiet = Watch(None, watch.stop)
    done = pilot = follow(scorer, 0, BATCHES, _PILOT_BATCH, task.threads, quiet)
    watch.stopped = quiet.stopped
    moments = _moments(task, scorer)
    where = _default_mask(task, primary + moments[0]) if mask is None else _checked(task, mask)
    reached = _largest(primary, moments, where)
    if reached <= target or watch.stopped:
        return scorer, done, moments
    needed = pilot * (reached / target) ** 2 * _RESERVE
    _check_reachable(needed, limit, target)
    size = math.ceil(needed / BATCHES)
    scorer = _scorer(task, course)
    done = follow(scorer, pilot, BATCHES, size, task.threads, watch)
    moments = _moments(task, scorer)
    while _largest(primary, moments, where) > target and not watch.stopped:
        _check_reachable(done + _MORE_BATCHES * size, limit * 2, target)
        done += follow(scorer, pilot + done, _MORE_BATCHES, size, task.threads, watch)
        moments = _moments(task, scorer)
    return scorer, done, moments


def _largest(primary: Floats, moments: Moments, where: NDArray[np.bool_]) -> float:
    dose = (primary + moments[0])[where]
    if np.any(dose <= 0):
        return 1.0
    return float(np.max(np.sqrt(moments[1][where]) / dose))


def _default_mask(task: _Task, worth: Floats) -> NDArray[np.bool_]:
    nearest = np.full(task.volume.shape, np.inf)
    shape, spacing = task.volume.shape[::-1], task.volume.spacing_mm
    axes = [(np.arange(n) + 0.5) * h for n, h in zip(shape, spacing, strict=True)]
    for x, y, z in task.positions:
        plane = (axes[1] - y)[:, None] ** 2 + (axes[0] - x) ** 2
        nearest = np.minimum(nearest, np.sqrt((axes[2] - z)[:, None, None] ** 2 + plane))
    around = np.abs(nearest - 10) <= max(0.5, float(task.volume.spacing_mm.max()) / 2)
    if not around.any():
        raise InvalidDataError(
            "No voxel is 10 mm away from the source, where the default mask of the target takes "
            "its dose. Give target_mask, or histories."
        )
    worthy = worth >= 0.1 * worth[around].mean()
    return np.asarray(worthy & (nearest > task.source.core_radius_mm), dtype=np.bool_)


def _checked(task: _Task, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if mask.shape != task.volume.shape or not mask.any():
        raise InvalidDataError(
            f"target_mask has the shape {mask.shape} with {int(mask.sum())} voxels; allowed is "
            f"{task.volume.shape} with at least one voxel."
        )
    return mask


def _check_reachable(needed: float, limit: int, target: float) -> None:
    if needed > limit:
        raise InvalidDataError(
            f"An uncertainty of {target:g} would need about {needed:.2g} histories; allowed are "
            f"{limit:.2g}. Ask for a larger target, a smaller target_mask, larger voxels, or "
            "scatter_grid_mm of 2 to 4."
        )


def _output(source: PhotonSource, normalisation: Normalisation) -> float:
    if normalisation == "per_photon":
        return 1.0
    if source.photons_per_mas is None:
        raise InvalidDataError(
            f"Source '{source.name}' has no photons_per_mas, so that there is no dose "
            f"'{normalisation}'. Use normalisation='per_photon', or commission the source."
        )
    return source.photons_per_mas * (1 if normalisation == "per_mas" else 60 * source.current_ma)


def _cells(scorer: VoxelScorer | CoarseScorer) -> tuple[float, float, float] | None:
    if isinstance(scorer, VoxelScorer):
        return None
    x, y, z = (float(value) for value in scorer.cells.cells.spacing)
    return x, y, z


def _balance(
    scorer: VoxelScorer | CoarseScorer, done: int, method: Method
) -> tuple[float, float, float] | None:
    if isinstance(scorer, CoarseScorer) or (method != "analog" and not len(scorer.source.rows)):
        return None
    emitted, absorbed, escaped = (float(value) / done for value in scorer.energy)
    return emitted, absorbed, escaped


def _check_choices(
    reporting: str, normalisation: str, method: str, seed: int, threads: int
) -> None:
    for name, value, allowed in (
        ("reporting", reporting, _REPORTING),
        ("normalisation", normalisation, _NORMALISATION),
        ("method", method, _METHOD),
    ):
        if value not in allowed:
            raise InvalidDataError(f"{name} '{value}'; allowed are {', '.join(allowed)}.")
    if not (0 <= seed < 2**63 and seed == int(seed)):
        raise InvalidDataError(f"Seed {seed!r}; allowed are integers from 0 to 2^63 - 1.")
    if not (threads >= 1 and threads == int(threads)):
        raise InvalidDataError(f"{threads!r} threads; allowed are whole numbers from 1.")


def _check_amount(histories: int | None, target: float | None) -> None:
    if histories is None and target is None:
        raise InvalidDataError("Say how long to run: give histories or target_uncertainty.")
    if histories is not None and not 1 <= histories <= _MOST_HISTORIES:
        raise InvalidDataError(
            f"{histories} histories; allowed are 1 to {_MOST_HISTORIES:.0e}. One million take "
            "about a second."
        )
    if target is not None and not (math.isfinite(target) and 0 < target < 1):
        raise InvalidDataError(f"target_uncertainty {target}; allowed are values between 0 and 1.")


def _check_positions(volume: Volume, source: PhotonSource, positions: Floats) -> None:
    if positions.ndim != 2 or positions.shape[1] != 3 or not len(positions):
        raise InvalidDataError(
            f"Positions of shape {positions.shape}; allowed are (3,) or (n, 3) as (x, y, z)."
        )
    if not np.all(np.isfinite(positions)):
        raise InvalidDataError("A position of the source is not a number.")
    reach = np.array([0.0, source.core_radius_mm, -source.core_radius_mm])
    for position in positions:
        for offset in np.array(np.meshgrid(reach, reach, reach)).reshape(3, -1).T:
            volume.voxel_of(position + offset)
        place = volume.voxel_of(position)
        density = float(volume.density_g_cm3[place])
        if not _LIGHTEST <= density <= _HEAVIEST:
            name = volume.materials[volume.material_index[place]].name
            raise InvalidDataError(
                f"The source at ({', '.join(f'{v:g}' for v in position)}) mm stands in '{name}' "
                f"with {density:g} g/cm³; allowed are {_LIGHTEST:g} to {_HEAVIEST:g}, neither air "
                "nor metal. Move it, or mend the densities there: the source's own spectrum "
                "already stands for the applicator."
            )


def _check_memory(task: _Task) -> None:
    voxels = float(np.prod(task.volume.shape))
    per_voxel = 96 + 16 * (task.threads + 1 if task.scatter_grid_mm is None else 1)
    needed = voxels * per_voxel
    if task.scatter_grid_mm is not None:
        cell = float(np.prod(np.broadcast_to(np.asarray(task.scatter_grid_mm, dtype=float), (3,))))
        cells = voxels * float(np.prod(task.volume.spacing_mm)) / cell
        needed += cells * len(task.responses) * (8 * (task.threads + 1) + 8 * 2 * BATCHES)
    free = _free_bytes()
    if needed > free:
        raise InvalidDataError(
            f"{voxels:.3g} voxels with {task.threads} threads need about {needed / 1e9:.1f} GB of "
            f"memory; {free / 1e9:.1f} GB are free. Use larger voxels, a smaller volume, or "
            "scatter_grid_mm."
        )


def _free_bytes() -> float:
    report = Path("/proc/meminfo")
    if report.exists():
        for line in report.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    return math.inf
