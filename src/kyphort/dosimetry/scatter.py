"""Batches of histories: in any number of threads, always summed in the same order."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.preparation import slabs
from kyphort.dosimetry.scatter_grid import ScatterGrid
from kyphort.dosimetry.transport.history import track_in_voxels, track_on_coarse_grid
from kyphort.dosimetry.transport.scoring import coarse_moments, fold
from kyphort.dosimetry.transport.state import Emission, Grid, Tables

Floats = NDArray[np.float64]
Scored = tuple[Floats, Floats]
"""What a batch scored: the tally, and what is kept beside it."""
Moments = tuple[Floats, Floats]
"""Mean and variance of the mean for each voxel, in keV cm²/(g mm²) for each photon."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: histories done and asked for, and seconds left as it looks now."""

    done: int
    total: int
    seconds_left: float


@dataclass(slots=True)
class Watch:
    """Who is told of the progress, and who may ask for a stop."""

    progress: Callable[[Progress], None] | None
    stop: Callable[[], bool] | None
    stopped: bool = False

    def after(self, done: int, total: int, started: float) -> bool:
        """Tell the progress; return whether to go on."""
        elapsed = time.perf_counter() - started
        if self.progress is not None:
            self.progress(Progress(done, total, elapsed / done * (total - done)))
        if self.stop is not None and self.stop():
            self.stopped = True
        return not self.stopped


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
    """Track length in the voxels themselves; `energy` sums keV emitted, absorbed and escaped."""

    grid: Grid
    tables: Tables
    source: Emission
    seed: int
    skip_primary: bool
    total: Floats
    squares: Floats
    energy: Floats
    batches: int = 0

    def batch(self, first: int, count: int) -> Scored:
        """Follow a batch on a grid of its own."""
        tally = np.zeros(len(self.grid.material))
        energies = track_in_voxels(
            self.grid, self.tables, self.source, np.uint64(self.seed), first, count,
            int(self.skip_primary), tally, _scratch(self.tables),
        )  # fmt: skip
        return tally, np.array(energies)

    def take(self, scored: Scored, count: int) -> None:
        """Add the mean of a batch, and its square."""
        tally, energies = scored
        tally /= count * float(np.prod(self.grid.spacing))
        fold(tally, self.total, self.squares)
        self.energy += energies
        self.batches += 1

    def moments(self, threads: int) -> Moments:
        """Return the moments over batches, with the layer around the grid."""
        return _batch_moments(self.total, self.squares, self.batches)


@dataclass(slots=True)
class CoarseScorer:
    """Track length of scattered photons on coarse cells, kept batch by batch."""

    grid: Grid
    tables: Tables
    source: Emission
    seed: int
    cells: ScatterGrid
    next_fraction: NDArray[np.float32]
    own_total: Floats
    own_squares: Floats
    kept: list[NDArray[np.float32]]
    batches: int = 0

    def batch(self, first: int, count: int) -> Scored:
        """Follow a batch on cells of its own."""
        cells = self.cells.cells
        tally = np.zeros((len(cells.way), len(cells.response)))
        own = np.zeros(len(self.cells.own) + 1)
        track_on_coarse_grid(
            self.grid, self.tables, self.source, np.uint64(self.seed), first, count,
            cells, tally, own, _scratch(self.tables),
        )  # fmt: skip
        tally *= self.cells.inverse_course[:, None] / self._per_photon(count)
        own /= self._per_photon(count)
        return own, tally

    def take(self, scored: Scored, count: int) -> None:
        """Keep a batch, divided by the expected course of scatter."""
        own, quotient = scored
        fold(own, self.own_total, self.own_squares)
        self.kept.append(quotient.astype(np.float32))
        self.batches += 1

    def moments(self, threads: int) -> Moments:
        """Interpolate each batch to the voxels and return the moments over batches."""
        stacked = np.ascontiguousarray(np.stack(self.kept, axis=-1))
        size = len(self.cells.voxel_course)
        mean, variance = np.zeros(size), np.zeros(size)
        layers = [(low - 1, high - 1) for low, high in slabs(int(self.grid.shape[2]) - 2, threads)]
        mixed = int(len(self.next_fraction) > 1)
        with ThreadPoolExecutor(threads) as pool:
            running = [
                pool.submit(
                    coarse_moments, stacked, self.cells.cells.shape, self.cells.lower,
                    self.cells.share, self.cells.slot, self.cells.voxel_course,
                    self.next_fraction, mixed, part, mean, variance, np.zeros(self.batches),
                )
                for part in layers
            ]  # fmt: skip
            for one in running:
                one.result()
        own = _batch_moments(self.own_total[:-1], self.own_squares[:-1], self.batches)
        mean[self.cells.own], variance[self.cells.own] = own
        return mean, variance

    def _per_photon(self, count: int) -> float:
        return count * float(np.prod(self.grid.spacing))


def _scratch(tables: Tables) -> Floats:
    return np.zeros((2, max(tables.attenuation.shape[1], tables.transfer.shape[1]) + 1))


def _batch_moments(total: Floats, squares: Floats, batches: int) -> Moments:
    mean = total / batches
    return mean, np.maximum(squares / batches - mean**2, 0.0) / (batches - 1)


def follow(scorer: Scorer, first: int, batches: int, size: int, threads: int, watch: Watch) -> int:  # noqa: PLR0917 - the parts of one task, handed on once
    """Follow batches of `size` histories from number `first`; return how many histories ran.

    Batches are added in their order, so that the sums do not depend on the threads. An interrupt
    ends the run and keeps what is done.
    """
    started, done = time.perf_counter(), 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            for scored in _in_order(pool, scorer, first, batches, size, threads):
                scorer.take(scored, size)
                done += size
                if not watch.after(done, batches * size, started):
                    break
        except KeyboardInterrupt:
            watch.stopped = True
    return done


def _in_order(  # noqa: PLR0917 - the parts of one task, handed on once
    pool: ThreadPoolExecutor, scorer: Scorer, first: int, batches: int, size: int, threads: int
) -> Iterator[Scored]:
    waiting: list[Future[Scored]] = []
    try:
        for n in range(batches):
            waiting.append(pool.submit(scorer.batch, first + n * size, size))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        for one in waiting:
            one.cancel()
