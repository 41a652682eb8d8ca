"""The dose engine: deterministic primary photons and Monte Carlo scatter in a volume."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.dose_grid import DoseGrid
from kyphort.dosimetry.materials import material
from kyphort.dosimetry.run_checks import (
    Method,
    Normalisation,
    Reporting,
    check_amount,
    check_choices,
)
from kyphort.dosimetry.scatter import Progress, Watch, follow
from kyphort.dosimetry.scorers import CoarseScorer, VoxelScorer
from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.target import follow_until
from kyphort.dosimetry.task import (
    BATCHES,
    make_scorer,
    make_task,
    moments_of,
    primary_of,
)
from kyphort.dosimetry.transport.state import Favoured
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

GY_PER_WORTH = 1.602176634e-11
"""Gy for 1 keV cm²/(g mm²): 1.602e-16 J/keV × 1000 g/kg × 100 mm²/cm²."""

Floats = NDArray[np.float64]


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
    '9e-14 Gy for each photon'
    """
    check_choices(reporting, normalisation, method, seed, threads)
    check_amount(histories, target_uncertainty)
    if reporting == "water":
        volume = volume.replaced_by(material("water"))
    task = make_task(volume, source, positions_mm, weights, axes, reporting, seed, threads, method,
                 scatter_grid_mm)  # fmt: skip
    direct, course = primary_of(task)
    watch = Watch(progress, stop)
    if target_uncertainty is None:
        size = math.ceil((histories or 0) / BATCHES)
        scorer = make_scorer(task, course)
        done = follow(scorer, 0, BATCHES, size, threads, watch)
        moments = moments_of(task, scorer)
    else:
        mask = None if target_mask is None else np.asarray(target_mask, dtype=bool)
        scorer, done, moments = follow_until(
            task, direct, course, target_uncertainty, mask, histories, watch
        )
    total = direct + moments[0]
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
        energy_balance=_balance(scorer, done),
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


def _balance(scorer: VoxelScorer | CoarseScorer, done: int) -> tuple[float, float, float] | None:
    if isinstance(scorer, CoarseScorer) or isinstance(scorer.source, Favoured):
        return None
    emitted, absorbed, escaped = (float(value) / done for value in scorer.energy)
    return emitted, absorbed, escaped
