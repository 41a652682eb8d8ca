"""The bias of coarse scatter cells: cells against voxels, along the same photons."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from kyphort.dosimetry import (
    PhotonSource,
    Volume,
    material,
    simulate_dose,
    source_model,
    uniform_phantom,
    vertebra_phantom,
    volume_from_hounsfield,
    water_phantom,
)
from kyphort.dosimetry.scorers import CoarseScorer
from kyphort.dosimetry.task import make_scorer, make_task

THREADS = 2
BIAS_RUNS, BIAS_HISTORIES = 8, 1.2e7
WORTHY = 0.01
"""Single voxels are compared where the dose is at least this share of that at 10 mm."""
CT_HU = {"soft_tissue": 45.0, "cortical_bone": 1000.0, "spongiosa": 230.0, "cord": 35.0}
HEAD = ("volume", "voxels", "number", "2 mm [%]", "1 σ", "in single voxels",
        "3 mm [%]", "1 σ", "in single voxels")  # fmt: skip

Floats = NDArray[np.float64]


def rows(scale: float) -> list[tuple[str, ...]]:
    """Return the table of every volume."""
    kev30, needle = PhotonSource.monoenergetic(30.0), source_model("needle")
    vertebra, bone = vertebra_phantom(81), uniform_phantom(41, material("cortical_bone"))
    narrow, wide = _canal(3, 6, 8), _canal(4.6, 7.6, 10)
    cases = (
        ("water", water_phantom(81), kev30),
        ("vertebra", vertebra, kev30),
        ("canal of 5 × 11 mm in cortical bone", narrow, kev30),
        ("canal of 9 × 15 mm in cortical bone", wide, kev30),
        ("CT of the vertebra, noise 25 HU", _noisy_ct(), kev30),
        ("vertebra, needle", vertebra, needle),
        ("canal of 9 × 15 mm in cortical bone, needle", wide, needle),
        ("cortical bone, needle", bone, needle),
    )
    return [row for case in cases for row in _bias_rows(*case, scale)]


def _canal(half_x_mm: float, half_y_mm: float, x_mm: float) -> Volume:
    """Return a canal of water along z in solid cortical bone."""
    bone, water = material("cortical_bone"), material("water")
    base = uniform_phantom(41, bone)
    centres = base.centres_mm()
    canal = (np.abs(centres[..., 0] - x_mm) < half_x_mm) & (np.abs(centres[..., 1]) < half_y_mm)
    return Volume.from_masks(bone, [(water, canal)], base.spacing_mm, base.origin_mm)


def _noisy_ct() -> Volume:
    """Return the vertebra as a CT would show it: blurred, with noise of 25 HU."""
    base = vertebra_phantom(81)
    names = [one.name for one in base.materials]
    hounsfield = np.array([CT_HU[name] for name in names])[base.material_index]
    noise = np.random.default_rng(1).normal(scale=25.0, size=hounsfield.shape)
    image = np.rint(gaussian_filter(hounsfield, 0.6) + noise).astype(np.int16)
    return volume_from_hounsfield(image, base.spacing_mm, base.origin_mm)


def _bias_rows(
    name: str, volume: Volume, source: PhotonSource, scale: float
) -> list[tuple[str, ...]]:
    """Compare cells with voxels run by run, with the same photons: what differs is the bias."""
    count = int(BIAS_HISTORIES * scale / BIAS_RUNS)
    groups = _groups(volume)
    doses = {
        cell: np.array([
            simulate_dose(volume, source, (0, 0, 0), histories=count, seed=n, threads=THREADS,
                          scatter_grid_mm=cell).dose_gy
            for n in range(BIAS_RUNS)
        ])
        for cell in (1.0, 2.0, 3.0)
    }  # fmt: skip
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    dose = doses[2.0].mean(axis=0)
    worthy = dose >= WORTHY * dose[np.abs(radius - 10) < 0.5].mean()
    found = []
    for label, mask, weight in groups:
        row = [name, label, f"{len(weight)}"]
        for cell in (2.0, 3.0):
            row += _difference(doses[1.0][:, mask], doses[cell][:, mask], weight, worthy[mask])
        found.append(tuple(row))
    return found


def _difference(
    fine: Floats, coarse: Floats, weight: Floats, worthy: NDArray[np.bool_]
) -> list[str]:
    """Return mean difference, its error, and the root mean square of single voxels, per cent.

    The product of the differences in two halves of the runs has no contribution of chance, nor has
    what they are divided by: the smooth dose of the cells, not the noisy one of the voxels.
    """
    each = (coarse @ weight) / (fine @ weight) - 1
    error = each.std(ddof=1) / math.sqrt(len(each))
    half = len(each) // 2
    first, second = (
        (coarse[part] - fine[part]).sum(axis=0)[worthy] for part in (slice(half), slice(half, None))
    )
    square = float(np.mean(first * second / (coarse.sum(axis=0)[worthy] / 2) ** 2))
    return [
        f"{100 * each.mean():+.3f}",
        f"{100 * error:.3f}",
        f"{100 * math.sqrt(max(square, 0.0)):.2f}",
    ]


def _groups(volume: Volume) -> list[tuple[str, NDArray[np.bool_], Floats]]:
    """Return the voxels of each material 5 to 25 mm away, at interfaces and inside.

    Weights r³ count each distance about equally, so that the nearest voxels do not decide.
    """
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    near, edge = (radius >= 5) & (radius < 25), _at_interface(volume)
    found = []
    opposite = _opposite(volume) & near
    if opposite.any():
        found.append(("slope of the opposite cell", opposite, radius[opposite] ** 3))
    if volume.next_fraction is not None:
        return [("all", near, radius[near] ** 3), *found]
    for n, one in enumerate(volume.materials):
        for place, touching in (("at interfaces", True), ("inside", False)):
            mask = (volume.material_index == n) & (edge == touching) & near
            if mask.sum() >= 100:
                found.append((f"{one.name}, {place}", mask, radius[mask] ** 3))
    return found


def _opposite(volume: Volume) -> NDArray[np.bool_]:
    """Return the voxels that take a slope from the opposite cell of 2 mm."""
    task = make_task(volume, PhotonSource.monoenergetic(30.0), (0, 0, 0), None, None, "medium", 1,
                     1, "hybrid", 2.0)  # fmt: skip
    scorer = make_scorer(task, np.ones(volume.shape))
    found = np.zeros(volume.material_index.size, dtype=np.bool_)
    if isinstance(scorer, CoarseScorer):
        found[scorer.cells.opposite.voxel] = True
    return found.reshape(volume.shape)


def _at_interface(volume: Volume) -> NDArray[np.bool_]:
    index = volume.material_index
    touching = np.zeros(volume.shape, dtype=np.bool_)
    for axis in range(3):
        before = (slice(None),) * axis + (slice(None, -1),)
        after = (slice(None),) * axis + (slice(1, None),)
        differs = index[before] != index[after]
        touching[before] |= differs
        touching[after] |= differs
    return touching
