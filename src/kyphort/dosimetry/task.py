"""One run of the engine: its arrays, its primary photons, and the scorer of its scatter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.deterministic import primary_worth
from kyphort.dosimetry.favoured import favour_scatter
from kyphort.dosimetry.materials import Material, material
from kyphort.dosimetry.preparation import emission_arrays, grid_arrays, positions_in_grid
from kyphort.dosimetry.run_checks import Method, Reporting, check_memory, check_positions
from kyphort.dosimetry.scatter_grid import scatter_grid, voxels_of_cells
from kyphort.dosimetry.scorers import CoarseScorer, Moments, VoxelScorer
from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.transport.state import Emission, Favoured, Grid, Tables
from kyphort.dosimetry.transport_tables import transport_tables
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

BATCHES = 32
"""Histories are followed in this many batches; their spread gives the uncertainty."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is made of: objects as asked for, and arrays as the kernels read them."""

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


def make_task(  # noqa: PLR0917 - the parts of one task, handed on once
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
) -> Task:
    """Return the task of a run; refuse positions, weights and cells that cannot be."""
    positions = np.atleast_2d(np.asarray(positions_mm, dtype=np.float64))
    check_positions(volume, source, positions)
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
    if scatter_grid_mm is not None:
        voxels_of_cells(scatter_grid_mm, volume)
    check_memory(volume, threads, scatter_grid_mm, len(volume.materials), BATCHES)
    in_grid = positions_in_grid(volume, positions)
    emission = emission_arrays(source, in_grid, _axes(volume, axes, len(positions)), weight)
    water_only = reporting != "medium"
    responses = tuple(
        [material("water")] * len(volume.materials) if water_only else volume.materials
    )
    return Task(volume, grid_arrays(volume), source, emission, in_grid, weight, responses, seed,
                 threads, method, scatter_grid_mm)  # fmt: skip


def _axes(volume: Volume, axes: ArrayLike | None, count: int) -> Floats:
    given = np.array([0.0, 0.0, 1.0]) if axes is None else np.asarray(axes, dtype=np.float64)
    every = np.broadcast_to(np.atleast_2d(given), (count, 3))
    length = np.linalg.norm(every, axis=1, keepdims=True)
    if not np.all(np.isfinite(every)) or np.any(length == 0):
        raise InvalidDataError("Axes of the source must be finite and not of length 0.")
    return np.ascontiguousarray(every / length @ volume.direction)


def primary_of(task: Task) -> tuple[Floats, Floats]:
    """Return primary photons' worth and the course of scatter, (z, y, x)."""
    if task.method == "analog":
        return np.zeros(task.volume.shape), np.zeros(task.volume.shape)
    tables = transport_tables(task.volume.materials, task.responses)
    worth, course = primary_worth(
        task.grid, tables, task.emission, task.source.weight, task.weights, task.threads
    )
    return inner(task, worth), inner(task, course)


def inner(task: Task, padded: Floats) -> Floats:
    """Return (z, y, x) without the layer around the grid."""
    return padded.reshape(tuple(task.grid.shape[::-1]))[1:-1, 1:-1, 1:-1]


def make_scorer(task: Task, course: Floats) -> VoxelScorer | CoarseScorer:
    """Return a scorer that has taken nothing yet."""
    materials = task.volume.materials
    if task.scatter_grid_mm is None:
        tables = transport_tables(materials, task.responses)
        analog = task.method == "analog"
        source = task.emission if analog else _favoured(task, tables)
        return VoxelScorer(task.grid, tables, source, task.seed)
    one_response = len(set(task.responses)) == 1
    responses = task.responses[:1] if one_response else task.responses
    fraction = task.volume.next_fraction
    cells = scatter_grid(
        task.volume, responses, task.scatter_grid_mm, course, task.source.mean_energy_kev()
    )
    tables = transport_tables(materials, responses)
    return CoarseScorer(
        task.grid, tables, _favoured(task, tables), task.seed, cells,
        np.zeros(1, np.float32) if fraction is None or one_response else fraction.ravel(),
    )  # fmt: skip


def _favoured(task: Task, tables: Tables) -> Favoured:
    return favour_scatter(task.grid, tables, task.emission, task.source.weight)


def moments_of(task: Task, scorer: VoxelScorer | CoarseScorer) -> Moments:
    """Return mean and variance of scatter, (z, y, x)."""
    if scorer.batches < 2:
        raise InvalidDataError(
            "The run was stopped before two batches were done, so that there is no uncertainty. "
            "Let it run longer, or ask for fewer histories."
        )
    mean, variance = scorer.moments(task.threads)
    if isinstance(scorer, VoxelScorer):
        return inner(task, mean), inner(task, variance)
    return mean.reshape(task.volume.shape), variance.reshape(task.volume.shape)
