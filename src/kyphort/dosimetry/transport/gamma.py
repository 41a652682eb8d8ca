"""The search of the gamma index around each point."""

import math

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.transport.jit import jit


@jit
def trilinear(values: NDArray[np.float64], z: float, y: float, x: float) -> float:
    """Return the value at a place in voxels, NaN outside the centres of the outermost ones."""
    nz, ny, nx = values.shape
    if z < 0 or y < 0 or x < 0 or z > nz - 1 or y > ny - 1 or x > nx - 1:
        return math.nan
    k, j, i = min(int(z), nz - 2), min(int(y), ny - 2), min(int(x), nx - 2)
    c, b, a = z - k, y - j, x - i
    low = (values[k, j, i] * (1 - a) + values[k, j, i + 1] * a) * (1 - b)
    low += (values[k, j + 1, i] * (1 - a) + values[k, j + 1, i + 1] * a) * b
    high = (values[k + 1, j, i] * (1 - a) + values[k + 1, j, i + 1] * a) * (1 - b)
    high += (values[k + 1, j + 1, i] * (1 - a) + values[k + 1, j + 1, i + 1] * a) * b
    return float(low * (1 - c) + high * c)


@jit
def gamma_values(  # noqa: PLR0917 - a compiled loop is called by position
    reference: NDArray[np.float64],
    evaluated: NDArray[np.float64],
    offsets: NDArray[np.float64],
    distances: NDArray[np.float64],
    allowed: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill in gamma at each voxel whose `allowed` dose difference is above 0.

    `offsets` (n, 3) in voxels (z, y, x) by rising `distances`, which are in units of the distance
    criterion; the search ends where the distance alone exceeds the best value.
    """
    nz, ny, nx = reference.shape
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                if allowed[k, j, i] <= 0:
                    continue
                best = math.inf
                for n in range(len(distances)):
                    far = distances[n] * distances[n]
                    if far >= best:
                        break
                    dose = trilinear(
                        evaluated, k + offsets[n, 0], j + offsets[n, 1], i + offsets[n, 2]
                    )
                    if math.isnan(dose):
                        continue
                    off = (dose - reference[k, j, i]) / allowed[k, j, i]
                    best = min(best, far + off * off)
                out[k, j, i] = math.sqrt(best)
