"""The primary photons without chance: attenuation along rays, averaged over each voxel.

Far from the source and where the way is smooth, one ray to the centre of a voxel and the second
derivatives of exp(−μr)/r² give the mean; elsewhere Gauss points do; the voxels around the source
are crossed by many rays from it. Each kernel has five rows of scratch, one entry wider than the
energies and the materials.
"""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.geometry import ZERO, cell_below, strides, to_plane, voxel_of
from kyphort.dosimetry.transport.interactions import off_plane
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.state import OUTSIDE, Emission, Grid

_HALVINGS = 6


@jit
def decayed(depth: float) -> float:
    """Return exp(−depth) to 1e-12, in a form that compilers can put into vectors."""
    x = -min(depth, 60.0) / (1 << _HALVINGS)
    series = 1 + x / 10
    for n in range(9, 0, -1):
        series = 1 + x / n * series
    for _ in range(_HALVINGS):
        series = series * series
    return series


@jit
def add_paths(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    start: tuple[float, float, float],
    u: float,
    v: float,
    w: float,
    length: float,
    paths: NDArray[np.float64],
) -> None:
    """Add density × length of each material along a ray."""
    voxel = np.uint64(voxel_of(grid, start[0], start[1], start[2]))
    next_x = to_plane(start[0], grid.origin[0], grid.spacing[0], u)
    next_y = to_plane(start[1], grid.origin[1], grid.spacing[1], v)
    next_z = to_plane(start[2], grid.origin[2], grid.spacing[2], w)
    step_x, step_y, step_z = (
        grid.spacing[0] / abs(u),
        grid.spacing[1] / abs(v),
        grid.spacing[2] / abs(w),
    )
    by_x, by_y, by_z = strides(grid.shape, u, v, w)
    material, density, next_fraction = grid.material, grid.density, grid.next_fraction
    at, passed = 0.0, 0.0
    current = material[voxel]
    while True:
        m = material[voxel]
        if m != current:
            paths[current] += passed
            passed, current = 0.0, m
        if m == OUTSIDE:
            return
        until = min(next_x, next_y, next_z)
        mass = (min(until, length) - at) * density[voxel]
        if grid.mixed:
            after = mass * next_fraction[voxel]
            paths[m + 1] += after
            mass -= after
        passed += mass
        if until >= length:
            paths[current] += passed
            return
        at = until
        # Selections instead of branches: which plane comes next cannot be predicted.
        in_x, in_y, in_z = next_x <= until, next_y <= until, next_z <= until
        next_x += step_x if in_x else 0.0
        next_y += step_y if in_y else 0.0
        next_z += step_z if in_z else 0.0
        voxel += by_x if in_x else ZERO
        voxel += by_y if in_y else ZERO
        voxel += by_z if in_z else ZERO


@jit
def emission_density(source: Emission, n: int, u: float, v: float, w: float) -> float:
    """Return the share of photons emitted into a direction, for each sr × 4π."""
    if len(source.cosine) == 2:
        return 1.0
    cosine = u * source.axis[n, 0] + v * source.axis[n, 1] + w * source.axis[n, 2]
    if cosine < source.cosine[0] - 1e-12 or cosine > source.cosine[-1] + 1e-12:
        return 0.0
    cell = cell_below(source.cosine, cosine)
    width = source.cosine[cell + 1] - source.cosine[cell]
    return float(2.0 / ((len(source.cosine) - 1) * max(width, 1e-12)))


@jit
def arriving(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    x: float,
    y: float,
    z: float,
    paths: NDArray[np.float64],
) -> float:
    """Fill in the paths from a position to a point; return emission / (4π r²), 0 in the core."""
    dx, dy, dz = x - source.position[n, 0], y - source.position[n, 1], z - source.position[n, 2]
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    paths[:] = 0.0
    if r <= source.core:
        return 0.0
    u, v, w = off_plane(dx / r), off_plane(dy / r), off_plane(dz / r)
    start = (
        source.position[n, 0] + source.core * u,
        source.position[n, 1] + source.core * v,
        source.position[n, 2] + source.core * w,
    )
    add_paths(grid, start, u, v, w, r - source.core, paths)
    return emission_density(source, n, u, v, w) / (4 * math.pi * r * r)


@jit
def optical_depths(
    attenuation: NDArray[np.float64], paths: NDArray[np.float64], depths: NDArray[np.float64]
) -> None:
    """Fill in the optical depth at each energy; attenuation is (material, energy)."""
    depths[:] = 0.0
    for m in range(attenuation.shape[0]):
        path = paths[m]
        if path > 0:
            for e in range(len(depths)):
                depths[e] += attenuation[m, e] * path


@jit
def attenuated(depths: NDArray[np.float64], worth: NDArray[np.float64]) -> float:
    """Return the sum over energies of worth × exp(−depth)."""
    total = 0.0
    for e in range(len(depths)):
        total += worth[e] * decayed(depths[e])
    return total


@jit
def voxel_worth(
    grid: Grid, voxel: int, worth: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill in weight × energy × transfer of a voxel's material at each energy."""
    m = int(grid.material[voxel])
    if grid.mixed:
        share = grid.next_fraction[voxel]
        for e in range(len(out)):
            out[e] = worth[m, e] + share * (worth[m + 1, e] - worth[m, e])
    else:
        for e in range(len(out)):
            out[e] = worth[m, e]


@jit
def curved(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    centre: tuple[float, float, float],
    per_mm: NDArray[np.float64],
    depths: NDArray[np.float64],
    worth: NDArray[np.float64],
) -> float:
    """Return the sum as in `attenuated`, corrected from the centre to the mean of the voxel."""
    dx = centre[0] - source.position[n, 0]
    dy = centre[1] - source.position[n, 1]
    dz = centre[2] - source.position[n, 2]
    r2 = dx * dx + dy * dy + dz * dz
    r = math.sqrt(r2)
    hx, hy, hz = grid.spacing[0] ** 2, grid.spacing[1] ** 2, grid.spacing[2] ** 2
    along = (hx * dx * dx + hy * dy * dy + hz * dz * dz) / r2 / 24
    across = (hx + hy + hz) / 24 - along
    total = 0.0
    for e in range(len(depths)):
        slope = per_mm[e] + 2 / r
        factor = 1 + along * (slope * slope + 2 / r2) - across * slope / r
        total += worth[e] * decayed(depths[e]) * factor
    return total


@jit
def centre_rays(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    reference: int,
    layers: tuple[int, int],
    depth_at_centre: NDArray[np.float32],
    dose: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Add one ray for each voxel of some layers, corrected to the mean, and keep its depth."""
    materials, energies = attenuation.shape
    paths, one = scratch[0, : materials + 1], scratch[1, : materials + 1]
    depths, here, per_mm = scratch[2, :energies], scratch[3, :energies], scratch[4, :energies]
    nx, ny = grid.shape[0], grid.shape[1]
    for k in range(layers[0], layers[1]):
        for j in range(1, ny - 1):
            for i in range(1, nx - 1):
                voxel = (k * ny + j) * nx + i
                x = grid.origin[0] + (i + 0.5) * grid.spacing[0]
                y = grid.origin[1] + (j + 0.5) * grid.spacing[1]
                z = grid.origin[2] + (k + 0.5) * grid.spacing[2]
                geometry = arriving(grid, source, n, x, y, z, paths)
                optical_depths(attenuation, paths, depths)
                depth_at_centre[voxel] = depths[reference]
                if geometry == 0.0:
                    continue
                voxel_worth(grid, voxel, worth, here)
                one[:] = 0.0
                m = int(grid.material[voxel])
                one[m] = grid.density[voxel]
                if grid.mixed:
                    one[m + 1] = one[m] * grid.next_fraction[voxel]
                    one[m] -= one[m + 1]
                optical_depths(attenuation, one, per_mm)
                dose[voxel] = geometry * curved(grid, source, n, (x, y, z), per_mm, depths, here)


@jit
def is_smooth(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    voxel: int,
    direction: tuple[float, float, float],
    r: float,
    per_mm: float,
    depth: NDArray[np.float32],
    tolerance: float,
) -> bool:
    """Tell whether the depth around a voxel bends as in a uniform medium."""
    nx = grid.shape[0]
    for axis in range(3):
        stride = 1 if axis == 0 else (nx if axis == 1 else nx * grid.shape[1])
        before, after = voxel - stride, voxel + stride
        if grid.material[before] == OUTSIDE or grid.material[after] == OUTSIDE:
            continue
        bend = float(depth[before]) + depth[after] - 2.0 * depth[voxel]
        across = 1 - direction[axis] * direction[axis]
        expected = per_mm * grid.spacing[axis] ** 2 * across / r
        if abs(bend - expected) > tolerance:
            return False
    return True


@jit
def points_needed(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    voxel: int,
    centre: tuple[float, float, float],
    per_density: NDArray[np.float64],
    depth: NDArray[np.float32],
    tolerance: float,
) -> int:
    """Return how many Gauss points for each axis a voxel needs: 1 is the ray to its centre."""
    dx = centre[0] - source.position[n, 0]
    dy = centre[1] - source.position[n, 1]
    dz = centre[2] - source.position[n, 2]
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    size = max(grid.spacing[0], grid.spacing[1], grid.spacing[2])
    if r < source.core + 5 * size:
        return 5
    if r < source.core + 8 * size:
        return 3
    m = int(grid.material[voxel])
    per_mm = per_density[m] * grid.density[voxel]
    if grid.mixed:
        after = per_density[m + 1] if m + 1 < len(per_density) else 0.0
        per_mm += grid.next_fraction[voxel] * (after * grid.density[voxel] - per_mm)
    direction = (dx / r, dy / r, dz / r)
    return 1 if is_smooth(grid, voxel, direction, r, per_mm, depth, tolerance) else 2


@jit
def gauss_rays(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    reference: int,
    layers: tuple[int, int],
    depth_at_centre: NDArray[np.float32],
    dose: NDArray[np.float64],
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    tolerance: float,
    scratch: NDArray[np.float64],
) -> None:
    """Replace the dose of the voxels near the source, and where the way is not smooth."""
    materials, energies = attenuation.shape
    paths = scratch[0, : materials + 1]
    depths, here = scratch[2, :energies], scratch[3, :energies]
    per_density = attenuation[:, reference]
    nx, ny = grid.shape[0], grid.shape[1]
    for k in range(layers[0], layers[1]):
        for j in range(1, ny - 1):
            for i in range(1, nx - 1):
                voxel = (k * ny + j) * nx + i
                x = grid.origin[0] + (i + 0.5) * grid.spacing[0]
                y = grid.origin[1] + (j + 0.5) * grid.spacing[1]
                z = grid.origin[2] + (k + 0.5) * grid.spacing[2]
                points = points_needed(
                    grid, source, n, voxel, (x, y, z), per_density, depth_at_centre, tolerance
                )
                if points == 1:
                    continue
                voxel_worth(grid, voxel, worth, here)
                total = 0.0
                for c in range(points):
                    pz = z + nodes[points, c] * grid.spacing[2]
                    for b in range(points):
                        py = y + nodes[points, b] * grid.spacing[1]
                        for a in range(points):
                            px = x + nodes[points, a] * grid.spacing[0]
                            geometry = arriving(grid, source, n, px, py, pz, paths)
                            if geometry > 0.0:
                                optical_depths(attenuation, paths, depths)
                                share = weights[points, a] * weights[points, b]
                                share *= weights[points, c] * geometry
                                total += share * attenuated(depths, here)
                dose[voxel] = total


@jit
def rays_around_source(  # noqa: PLR0915, PLR0917 - a compiled loop is called by position
    grid: Grid,
    source: Emission,
    n: int,
    attenuation: NDArray[np.float64],
    worth: NDArray[np.float64],
    rays: int,
    dose: NDArray[np.float64],
    scratch: NDArray[np.float64],
) -> None:
    """Replace the dose of the 27 voxels around a position by what many rays leave in them.

    Directions lie on a Fibonacci spiral; each ray leaves its weight × (e^−τ₁ − e^−τ₂) / μ.
    """
    nx, ny = grid.shape[0], grid.shape[1]
    home = voxel_of(grid, source.position[n, 0], source.position[n, 1], source.position[n, 2])
    for k in range(-1, 2):
        for j in range(-1, 2):
            for i in range(-1, 2):
                dose[home + (k * ny + j) * nx + i] = 0.0
    hi, hj, hk = home % nx, (home // nx) % ny, home // (nx * ny)
    golden = math.pi * (3 - math.sqrt(5.0))
    materials, energies = attenuation.shape
    one, remaining = scratch[1, : materials + 1], scratch[2, :energies]
    here, per_mm = scratch[3, :energies], scratch[4, :energies]
    per_voxel = 1 / (rays * grid.spacing[0] * grid.spacing[1] * grid.spacing[2])
    for ray in range(rays):
        w = off_plane(1 - (2 * ray + 1) / rays)
        sine = math.sqrt(1 - w * w)
        u = off_plane(sine * math.cos(golden * ray))
        v = off_plane(sine * math.sin(golden * ray))
        share = emission_density(source, n, u, v, w) * per_voxel
        x = source.position[n, 0] + source.core * u
        y = source.position[n, 1] + source.core * v
        z = source.position[n, 2] + source.core * w
        remaining[:] = 1.0
        voxel = voxel_of(grid, x, y, z)
        i, j, k = voxel % nx, (voxel // nx) % ny, voxel // (nx * ny)
        while abs(i - hi) <= 1 and abs(j - hj) <= 1 and abs(k - hk) <= 1:
            m = int(grid.material[voxel])
            if m == OUTSIDE:
                break
            way_x = (grid.origin[0] + grid.spacing[0] * (i + (u > 0)) - x) / u
            way_y = (grid.origin[1] + grid.spacing[1] * (j + (v > 0)) - y) / v
            way_z = (grid.origin[2] + grid.spacing[2] * (k + (w > 0)) - z) / w
            way = max(min(way_x, way_y, way_z), 0.0)
            one[:] = 0.0
            one[m] = grid.density[voxel]
            if grid.mixed:
                one[m + 1] = one[m] * grid.next_fraction[voxel]
                one[m] -= one[m + 1]
            optical_depths(attenuation, one, per_mm)
            voxel_worth(grid, voxel, worth, here)
            total = 0.0
            for e in range(energies):
                depth = per_mm[e] * way
                left = remaining[e] * decayed(depth)
                # For a thin medium the mean of the ends is as good, and it cannot cancel.
                mean = 0.5 * (remaining[e] + left)
                if depth > 1e-4:
                    mean = (remaining[e] - left) / depth
                total += here[e] * mean * way
                remaining[e] = left
            dose[voxel] += share * total
            x, y, z = x + way * u, y + way * v, z + way * w
            if way_x <= way:
                i += 1 if u > 0 else -1
            elif way_y <= way:
                j += 1 if v > 0 else -1
            else:
                k += 1 if w > 0 else -1
            voxel = (k * ny + j) * nx + i
