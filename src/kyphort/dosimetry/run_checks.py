"""What a run of the engine is asked for: impossible wishes are refused before it starts."""

import math
import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

Reporting = Literal["medium", "water_in_medium", "water"]
Normalisation = Literal["per_photon", "per_mas", "per_minute"]
Method = Literal["hybrid", "analog"]

MOST_HISTORIES = 20_000_000_000
_REPORTING = ("medium", "water_in_medium", "water")
_NORMALISATION = ("per_photon", "per_mas", "per_minute")
_METHOD = ("hybrid", "analog")
_LIGHTEST, _HEAVIEST = 0.2, 3.0
"""Densities [g/cm³] in which a source may stand: neither air nor metal."""

_BYTES_PER_VOXEL = 96
"""What drawing a phantom and its dose takes for each voxel."""

Floats = NDArray[np.float64]


def check_choices(reporting: str, normalisation: str, method: str, seed: int, threads: int) -> None:
    """Refuse words that are not offered, and impossible seeds or threads."""
    for name, value, allowed in (
        ("reporting", reporting, _REPORTING),
        ("normalisation", normalisation, _NORMALISATION),
        ("method", method, _METHOD),
    ):
        if value not in allowed:
            raise InvalidDataError(f"{name} '{value}'; allowed are {', '.join(allowed)}.")
    check_randomness(seed, threads)


def check_randomness(seed: int, threads: int) -> None:
    """Refuse a seed or a number of threads that is not a whole number in its range."""
    if seed != int(seed) or not 0 <= seed < 2**63:
        raise InvalidDataError(f"Seed {seed!r}; allowed are integers from 0 to 2^63 - 1.")
    if threads != int(threads) or threads < 1:
        raise InvalidDataError(f"{threads!r} threads; allowed are whole numbers from 1.")


def check_amount(histories: int | None, target: float | None) -> None:
    """Refuse a run without an end, or one that cannot be."""
    if histories is None and target is None:
        raise InvalidDataError("Say how long to run: give histories or target_uncertainty.")
    if histories is not None and not 1 <= histories <= MOST_HISTORIES:
        raise InvalidDataError(
            f"{histories} histories; allowed are 1 to {MOST_HISTORIES:.0e}. One million take "
            "about a second."
        )
    if target is not None and not (math.isfinite(target) and 0 < target < 1):
        raise InvalidDataError(f"target_uncertainty {target}; allowed are values between 0 and 1.")


def check_positions(volume: Volume, source: PhotonSource, positions: Floats) -> None:
    """Refuse positions outside the volume, in air or in metal."""
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


def check_memory(
    volume: Volume, threads: int, scatter_grid_mm: ArrayLike | None, responses: int, batches: int
) -> None:
    """Refuse a run that does not fit into memory, before anything is allocated."""
    voxels = float(np.prod(volume.shape))
    needed = voxels * (96 + 16 * (threads + 1 if scatter_grid_mm is None else 1))
    if scatter_grid_mm is not None:
        cell = float(np.prod(np.broadcast_to(np.asarray(scatter_grid_mm, dtype=float), (3,))))
        cells = voxels * float(np.prod(volume.spacing_mm)) / cell
        needed += cells * responses * (8 * (threads + 1) + 8 * batches)
    free = free_bytes()
    if needed > free:
        raise InvalidDataError(
            f"{voxels:.3g} voxels with {threads} threads need about {needed / 1e9:.1f} GB of "
            f"memory; {free / 1e9:.1f} GB are free. Use Volume.crop, larger voxels, or "
            "scatter_grid_mm."
        )


def check_voxels(voxels: int, spacing_mm: float) -> None:
    """Refuse the cube of a phantom that cannot be, or does not fit into memory."""
    if voxels < 1 or voxels != int(voxels):
        raise InvalidDataError(f"{voxels} voxels for each axis; allowed are whole numbers from 1.")
    if not (math.isfinite(spacing_mm) and spacing_mm > 0):
        raise InvalidDataError(f"Voxels of {spacing_mm:g} mm; allowed are sizes above 0.")
    needed, free = _BYTES_PER_VOXEL * float(voxels) ** 3, free_bytes()
    if needed > free:
        raise InvalidDataError(
            f"A phantom of {voxels} × {voxels} × {voxels} voxels needs about {needed / 1e9:.1f} GB "
            f"of memory; {free / 1e9:.1f} GB are free. Use fewer or larger voxels."
        )


def free_bytes() -> float:
    """Return how much memory is free; infinite where the system does not tell."""
    report = Path("/proc/meminfo")
    if report.exists():
        for line in report.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    return math.inf
