"""Following histories until an uncertainty is reached."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.run_checks import MOST_HISTORIES
from kyphort.dosimetry.scatter import Watch, follow
from kyphort.dosimetry.scorers import CoarseScorer, Moments, VoxelScorer
from kyphort.dosimetry.task import BATCHES, Task, make_scorer, moments_of
from kyphort.errors import InvalidDataError

_PILOT_BATCH = 2_000
_MORE_BATCHES = 8
_RESERVE = 1.25

Floats = NDArray[np.float64]


def follow_until(  # noqa: PLR0917 - the parts of one task, handed on once
    task: Task,
    primary: Floats,
    course: Floats,
    target: float,
    mask: NDArray[np.bool_] | None,
    most: int | None,
    watch: Watch,
) -> tuple[VoxelScorer | CoarseScorer, int, Moments]:
    """Follow a pilot, then as many histories as it foretells, then more until it is enough."""
    limit = MOST_HISTORIES if most is None else most
    scorer = make_scorer(task, course)
    quiet = Watch(None, watch.stop)
    done = pilot = follow(scorer, 0, BATCHES, _PILOT_BATCH, task.threads, quiet)
    watch.stopped = quiet.stopped
    moments = moments_of(task, scorer)
    where = _default_mask(task, primary + moments[0]) if mask is None else _checked(task, mask)
    reached = _largest(primary, moments, where)
    if reached <= target or watch.stopped:
        return scorer, done, moments
    needed = pilot * (reached / target) ** 2 * _RESERVE
    _check_reachable(needed, limit, target)
    size = math.ceil(needed / BATCHES)
    scorer = make_scorer(task, course)
    done = follow(scorer, pilot, BATCHES, size, task.threads, watch)
    moments = moments_of(task, scorer)
    while _largest(primary, moments, where) > target and not watch.stopped:
        _check_reachable(done + _MORE_BATCHES * size, limit * 2, target)
        done += follow(scorer, pilot + done, _MORE_BATCHES, size, task.threads, watch)
        moments = moments_of(task, scorer)
    return scorer, done, moments


def _largest(primary: Floats, moments: Moments, where: NDArray[np.bool_]) -> float:
    dose = (primary + moments[0])[where]
    if np.any(dose <= 0):
        return 1.0
    return float(np.max(np.sqrt(moments[1][where]) / dose))


def _default_mask(task: Task, worth: Floats) -> NDArray[np.bool_]:
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


def _checked(task: Task, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
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
