"""Comparing dose grids: gamma index and differences."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.dose_grid import DoseGrid
from kyphort.dosimetry.transport.gamma import gamma_values
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GammaResult:
    """Gamma at each voxel of the reference, NaN where it was not asked for.

    Attributes
    ----------
    gamma
        (z, y, x).
    pass_rate
        Share of the judged voxels with gamma of at most 1.
    voxels
        Number of judged voxels.
    """

    gamma: Floats
    pass_rate: float
    voxels: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How two grids differ over the voxels of a mask, relative to the reference.

    `mean` and `root_mean_square` are of (evaluated − reference) / reference; `excess` is what the
    latter has beyond the uncertainties of both, 0 when chance explains all of it.
    """

    mean: float
    root_mean_square: float
    excess: float
    voxels: int


def gamma_index(
    reference: DoseGrid,
    evaluated: DoseGrid,
    *,
    dose_percent: float,
    distance_mm: float,
    normalise: Literal["local", "global"] = "local",
    threshold: float = 0.0,
    largest: float = 2.0,
    steps: int = 5,
) -> GammaResult:
    """Return the gamma index of an evaluated grid against a reference on the same grid.

    Γ = min √(Δr²/distance² + ΔD²/dose²) (Low et al. 1998, doi:10.1118/1.598248), the evaluated dose
    trilinear on a search grid of distance/steps.

    Parameters
    ----------
    reference, evaluated
        Grids of the same shape, spacing and place.
    dose_percent, distance_mm
        Criteria, for example 7 and 0.5.
    normalise
        Per cent of the dose in the voxel, or of the largest dose of the reference.
    threshold
        Voxels below this share of the largest dose are left out.
    largest
        Gamma is searched up to this value, and is this value beyond.
    steps
        Search steps for each distance criterion.

    Raises
    ------
    InvalidDataError
        For criteria that are not positive, or grids that differ.

    Examples
    --------
    >>> from kyphort.dosimetry import PhotonSource, simulate_dose, water_phantom
    >>> dose = simulate_dose(
    ...     water_phantom(11), PhotonSource.monoenergetic(30.0), (0, 0, 0), histories=64, seed=1
    ... )
    >>> gamma_index(dose, dose, dose_percent=1, distance_mm=0.5).pass_rate
    1.0
    """
    _check_same_grid(reference, evaluated)
    for name, value in (("dose_percent", dose_percent), ("distance_mm", distance_mm),
                        ("largest", largest), ("steps", steps)):  # fmt: skip
        if not (math.isfinite(value) and value > 0):
            raise InvalidDataError(f"{name} {value}; allowed are values above 0.")
    dose = reference.dose_gy
    judged = (dose > 0) & (dose >= threshold * dose.max())
    scale = dose if normalise == "local" else np.full_like(dose, dose.max())
    allowed = np.where(judged, scale * dose_percent / 100, 0.0)
    offsets, distances = _offsets(distance_mm, steps, largest, reference.spacing_mm)
    gamma = np.full(dose.shape, np.nan)
    gamma_values(dose, evaluated.dose_gy, offsets, distances, allowed, gamma)
    gamma = np.minimum(gamma, largest)
    passed = float(np.mean(gamma[judged] <= 1)) if judged.any() else math.nan
    return GammaResult(gamma, passed, int(judged.sum()))


def dose_difference(
    reference: DoseGrid, evaluated: DoseGrid, mask: NDArray[np.bool_]
) -> Difference:
    """Return how an evaluated grid differs from a reference over a mask (z, y, x).

    Raises
    ------
    InvalidDataError
        When the grids differ, or the mask holds no voxel with dose.
    """
    _check_same_grid(reference, evaluated)
    where = mask & (reference.dose_gy > 0)
    if not where.any():
        raise InvalidDataError("The mask holds no voxel with dose. Choose another one.")
    ratio = evaluated.dose_gy[where] / reference.dose_gy[where] - 1
    chance = reference.relative_uncertainty[where] ** 2 + evaluated.relative_uncertainty[where] ** 2
    square = float(np.mean(ratio**2))
    excess = math.sqrt(max(square - float(np.mean(chance)), 0.0))
    return Difference(float(ratio.mean()), math.sqrt(square), excess, int(where.sum()))


def _offsets(
    distance_mm: float, steps: int, largest: float, spacing_mm: Floats
) -> tuple[Floats, Floats]:
    """Return offsets (n, 3) in voxels (z, y, x) and their distances in criteria, rising."""
    reach = math.ceil(steps * largest)
    grid = np.array(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"))
    points = grid.reshape(3, -1).T / steps
    distances = np.linalg.norm(points, axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[distances[order] <= largest]
    offsets = points[order] * distance_mm / spacing_mm[::-1]
    return np.ascontiguousarray(offsets), distances[order]


def _check_same_grid(reference: DoseGrid, evaluated: DoseGrid) -> None:
    same = (
        reference.dose_gy.shape == evaluated.dose_gy.shape
        and np.allclose(reference.spacing_mm, evaluated.spacing_mm)
        and np.allclose(reference.origin_mm, evaluated.origin_mm)
        and np.allclose(reference.direction, evaluated.direction)
    )
    if not same:
        raise InvalidDataError(
            f"The grids differ: {reference.dose_gy.shape} at {reference.origin_mm.tolist()} mm and "
            f"{evaluated.dose_gy.shape} at {evaluated.origin_mm.tolist()} mm. Compute or resample "
            "both on one grid."
        )
    if reference.normalisation != evaluated.normalisation:
        raise InvalidDataError(
            f"One dose is '{reference.normalisation}', the other '{evaluated.normalisation}'. "
            "Bring both to the same normalisation."
        )
