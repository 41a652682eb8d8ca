"""Ways to score batches of histories: in the voxels themselves, or on coarse cells."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.preparation import slabs
from kyphort.dosimetry.scatter_grid import ScatterGrid
from kyphort.dosimetry.transport.history import track_in_voxels
from kyphort.dosimetry.transport.scattering import track_scatter_in_voxels, track_scatter_on_cells
from kyphort.dosimetry.transport.scoring import (
    coarse_moments,
    fold,
    opposite_moments,
    quotients,
    side_by_side,
)
from kyphort.dosimetry.transport.state import Emission, Favoured, Grid, Tables

Floats = NDArray[np.float64]
Scored = tuple[Floats, NDArray[np.floating]]
"""What a batch scored: the tally, and what is kept beside it."""
Moments = tuple[Floats, Floats]
"""Mean and variance of the mean for each voxel, in keV cm²/(g mm²) for each photon."""


class Scorer(Protocol):
    """A way to score batches."""

    def batch(self, first: int, count: int) -> Scored:
        """Follow histories first … first + count − 1."""

    def take(self, scored: Scored, count: int) -> None:
        """Add a batch to the sums."""

    def moments(self, threads: int) -> Moments:
        """Return mean and variance of the mean of what was taken."""

    batches: int


@dataclass(slots=True)
class VoxelScorer:
    """Track length in the voxels themselves: of all photons, or of scattered ones of `favoured`.

    `energy` sums keV emitted, absorbed and escaped when all photons are followed.
    """

    grid: Grid
    tables: Tables
    source: Emission | Favoured
    seed: int
    total: Floats = field(init=False)
    squares: Floats = field(init=False)
    energy: Floats = field(init=False)
    batches: int = 0
    spare: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = len(self.grid.material)
        self.total, self.squares, self.energy = np.zeros(size), np.zeros(size), np.zeros(3)

    def batch(self, first: int, count: int) -> Scored:
        """Follow a batch on a grid of its own."""
        tally = _taken(self.spare, (len(self.grid.material),))
        seed = np.uint64(self.seed)
        energies = (0.0, 0.0, 0.0)
        if isinstance(self.source, Favoured):
            track_scatter_in_voxels(self.grid, self.tables, self.source, seed, first, count, tally)
        else:
            energies = track_in_voxels(
                self.grid, self.tables, self.source, seed, first, count, tally
            )
        return tally, np.array(energies)

    def take(self, scored: Scored, count: int) -> None:
        """Add the mean of a batch and its square; its grid is free for another one."""
        tally, energies = scored
        fold(tally, 1 / self.per_photon(count), self.total, self.squares)
        self.energy += energies
        self.batches += 1
        self.spare.append(tally)

    def moments(self, threads: int) -> Moments:
        """Return the moments over batches, with the layer around the grid."""
        return _batch_moments(self.total, self.squares, self.batches)

    def per_photon(self, count: int) -> float:
        """Return what a tally is divided by: emitted photons times the volume of a voxel."""
        unit = self.source.unit if isinstance(self.source, Favoured) else 1.0
        return count * unit * float(np.prod(self.grid.spacing))


@dataclass(slots=True)
class CoarseScorer:
    """Track length of scattered photons on coarse cells, kept batch by batch."""

    grid: Grid
    tables: Tables
    source: Favoured
    seed: int
    cells: ScatterGrid
    next_fraction: NDArray[np.float32]
    own_total: Floats = field(init=False)
    own_squares: Floats = field(init=False)
    kept: list[NDArray[np.floating]] = field(default_factory=list)
    batches: int = 0
    spare: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = len(self.cells.own) + 1
        self.own_total, self.own_squares = np.zeros(size), np.zeros(size)

    def batch(self, first: int, count: int) -> Scored:
        """Follow a batch on cells of its own, and divide it by the expected course of scatter."""
        cells = self.cells.cells
        shape = (len(cells.way), len(cells.response))
        tally, own = _taken(self.spare, shape), np.zeros(len(self.own_total))
        track_scatter_on_cells(
            self.grid, self.tables, self.source, np.uint64(self.seed), first, count,
            cells, tally, own, np.zeros(shape[1]),
        )  # fmt: skip
        per_photon = 1 / (count * self.source.unit * float(np.prod(self.grid.spacing)))
        quotient = np.empty(shape, np.float32)
        quotients(tally, self.cells.inverse_course, per_photon, quotient)
        self.spare.append(tally)
        own *= per_photon
        return own, quotient

    def take(self, scored: Scored, count: int) -> None:
        """Keep a batch."""
        own, quotient = scored
        fold(own, 1.0, self.own_total, self.own_squares)
        self.kept.append(quotient)
        self.batches += 1

    def moments(self, threads: int) -> Moments:
        """Interpolate each batch to the voxels and return the moments over batches."""
        size = len(self.cells.voxel_course)
        mean, variance = np.zeros(size), np.zeros(size)
        batches = np.stack(self.kept)
        stacked = np.empty((*batches.shape[1:], self.batches), np.float32)
        mixed = int(len(self.next_fraction) > 1)

        def interpolate(layers: tuple[int, int]) -> None:
            coarse_moments(
                stacked, self.cells.cells.shape, self.cells.lower, self.cells.share,
                self.cells.slot, self.cells.voxel_course, self.next_fraction, mixed,
                (layers[0] - 1, layers[1] - 1), mean, variance, np.zeros(self.batches),
            )  # fmt: skip

        ends = [(low - 1, high - 1) for low, high in slabs(len(stacked), threads)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(side_by_side, repeat(batches), ends, repeat(stacked)))
            list(pool.map(interpolate, slabs(int(self.grid.shape[2]) - 2, threads)))
        opposite = self.cells.opposite
        opposite_moments(
            stacked, opposite.voxel, opposite.cell, opposite.weight, self.cells.slot,
            self.cells.voxel_course, self.next_fraction, mixed, mean, variance,
            np.zeros(self.batches),
        )  # fmt: skip
        own = _batch_moments(self.own_total[:-1], self.own_squares[:-1], self.batches)
        mean[self.cells.own], variance[self.cells.own] = own
        return mean, variance


def _taken(spare: list[Floats], shape: tuple[int, ...]) -> Floats:
    """Return an emptied tally that an earlier batch has left, or a new one."""
    try:
        return spare.pop()
    except IndexError:
        return np.zeros(shape)


def _batch_moments(total: Floats, squares: Floats, batches: int) -> Moments:
    mean = total / batches
    return mean, np.maximum(squares / batches - mean**2, 0.0) / (batches - 1)
