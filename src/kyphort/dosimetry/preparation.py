"""From objects to the arrays of the kernels."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.source import PhotonSource
from kyphort.dosimetry.transport.interactions import off_plane
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid
from kyphort.dosimetry.transport_tables import transport_tables
from kyphort.dosimetry.volume import Volume

Floats = NDArray[np.float64]
NO_ROWS = np.zeros((0, 7))


def grid_arrays(volume: Volume) -> Grid:
    """Return the volume with a layer around it, in its own axes from its lower corner."""
    shape = np.array(volume.shape) + 2
    material = np.full(shape, OUTSIDE, dtype=np.uint8)
    density = np.zeros(shape, dtype=np.float32)
    inner = (slice(1, -1),) * 3
    material[inner], density[inner] = volume.material_index, volume.density_g_cm3
    fraction = np.zeros(1, dtype=np.float32)
    if volume.next_fraction is not None:
        padded = np.zeros(shape, dtype=np.float32)
        padded[inner] = volume.next_fraction
        fraction = padded.ravel()
    return Grid(
        origin=-volume.spacing_mm,
        spacing=volume.spacing_mm,
        shape=shape[::-1].astype(np.int64).copy(),
        material=material.ravel(),
        density=density.ravel(),
        next_fraction=fraction,
        mixed=int(volume.next_fraction is not None),
        largest=_largest_attenuation(volume),
    )


def _largest_attenuation(volume: Volume) -> NDArray[np.float32]:
    """Return the largest attenuation coefficient from each node of the tables to the next."""
    after = volume.next_fraction
    found = []
    for m in range(len(volume.materials)):
        here = volume.material_index == m
        if after is not None:
            here = here | ((volume.material_index == m - 1) & (after > 0))
        found.append(np.max(volume.density_g_cm3, initial=0.0, where=here))
    attenuation = transport_tables(volume.materials, volume.materials).attenuation
    at_node = (attenuation * np.array(found)).max(axis=1)
    # Single precision may round a sum of products down.
    larger = np.maximum(at_node, np.append(at_node[1:], 0.0)) * (1 + 1e-6)
    return np.asarray(larger, dtype=np.float32)


def emission_arrays(
    source: PhotonSource, positions: Floats, axes: Floats, weights: Floats
) -> Emission:
    """Return the source at positions (n, 3) with axes (n, 3) of the grid and weights (n,)."""
    keep, alias = alias_table(source.weight)
    isotropic = source.emission is None
    cosine = np.array([-1.0, 1.0]) if source.emission is None else source.emission.cosines()
    rows = NO_ROWS
    if source.phase_space is not None:
        rows = source.phase_space[source.phase_space[:, 7] > 0, :7].copy()
        rows[:, 3:6] = np.vectorize(off_plane, otypes=[float])(rows[:, 3:6])
    return Emission(
        position=np.ascontiguousarray(positions),
        axis=np.tile([0.0, 0.0, 1.0], (len(positions), 1)) if isotropic else axes,
        cumulative=np.append(np.cumsum(weights)[:-1] / weights.sum(), 1.0),
        energy=source.energy_kev,
        keep=keep,
        alias=alias,
        cosine=cosine,
        core=source.core_radius_mm,
        rows=rows,
    )


def alias_table(weight: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return Walker's table: keep cell k with probability keep[k], else take alias[k].

    >>> keep, alias = alias_table(np.array([0.25, 0.75]))
    >>> keep.tolist(), alias.tolist()
    ([0.5, 1.0], [1, 1])
    """
    scaled = weight / weight.sum() * len(weight)
    keep, alias = np.ones(len(weight)), np.arange(len(weight))
    small = [k for k, value in enumerate(scaled) if value < 1]
    large = [k for k, value in enumerate(scaled) if value >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        keep[low], alias[low] = scaled[low], high
        scaled[high] -= 1 - scaled[low]
        if scaled[high] < 1:
            small.append(large.pop())
    return keep, alias


def positions_in_grid(volume: Volume, positions_mm: Floats) -> Floats:
    """Return positions (n, 3) in the axes of the grid."""
    return np.ascontiguousarray(volume.to_grid(positions_mm))


def slabs(layers: int, parts: int) -> Sequence[tuple[int, int]]:
    """Split the inner layers of a grid into nearly equal parts.

    >>> slabs(5, 2)
    [(1, 4), (4, 6)]
    """
    ends = np.linspace(1, layers + 1, parts + 1).round().astype(int)
    return [(int(low), int(high)) for low, high in pairwise(ends)]
