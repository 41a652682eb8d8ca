"""Compiled loops of the partial likelihood: arrays and scalars only, no object of this package.

Import this module only for many rows: it imports numba. `kyphort.survival.risk_sets` says what the
arrays mean, `kyphort.survival.cox_likelihood` what the formulas do.
"""

import numpy as np

from kyphort.survival.arrays import BoolArray, FloatArray, IntArray
from kyphort.survival.jit import jit


@jit
def partial_likelihood(  # noqa: PLR0912, PLR0915, PLR0917 - one compiled loop over rows
    design: FloatArray,
    risk: FloatArray,
    weight: FloatArray,
    is_event: BoolArray,
    first: IntArray,
    last: IntArray,
    by_entry: IntArray,
    bounds: IntArray,
    efron: bool,
    gradient: FloatArray,
    information: FloatArray,
    hazard: FloatArray,
    mean_hazard: FloatArray,
    mean: FloatArray,
) -> float:
    """Write the gradient and information, and return Σ w log of the denominators.

    `risk` `(n,)` is exp(η) with the case weight in; `by_entry` holds the rows that come late, by
    falling `first`. Where `hazard` `(m, 2)` has rows, each slot's step of the hazard is written,
    for those who stay and for those who have the event then; `mean_hazard` `(m, 2, p)` the same
    times the mean covariates, `mean` `(m, p)` the mean itself.
    """
    n, p = design.shape
    stores = hazard.shape[0] > 0
    s_1, d_1, z_bar = np.zeros(p), np.zeros(p), np.zeros(p)
    s_2, d_2 = np.zeros((p, p)), np.zeros((p, p))
    logarithms = 0.0
    row, entering = n - 1, 0
    for stratum in range(bounds.size - 2, -1, -1):
        s_0 = 0.0
        s_1[:] = 0.0
        s_2[:] = 0.0
        for slot in range(bounds[stratum + 1] - 1, bounds[stratum] - 1, -1):
            d_0, deaths, dead_weight = 0.0, 0, 0.0
            d_1[:] = 0.0
            d_2[:] = 0.0
            while row >= 0 and last[row] == slot:
                if first[row] <= slot:
                    r = risk[row]
                    s_0 += r
                    for a in range(p):
                        part = r * design[row, a]
                        s_1[a] += part
                        for b in range(a + 1):
                            s_2[a, b] += part * design[row, b]
                    if is_event[row]:
                        deaths += 1
                        dead_weight += weight[row]
                        d_0 += r
                        for a in range(p):
                            gradient[a] += weight[row] * design[row, a]
                            part = r * design[row, a]
                            d_1[a] += part
                            for b in range(a + 1):
                                d_2[a, b] += part * design[row, b]
                row -= 1
            while entering < by_entry.size and first[by_entry[entering]] > slot:
                late = by_entry[entering]
                r = risk[late]
                s_0 -= r
                for a in range(p):
                    part = r * design[late, a]
                    s_1[a] -= part
                    for b in range(a + 1):
                        s_2[a, b] -= part * design[late, b]
                entering += 1
            w = dead_weight / deaths
            for tied in range(deaths):
                taken = tied / deaths if efron else 0.0
                total = s_0 - taken * d_0
                logarithms += w * np.log(total)
                share = 1.0 / total
                for a in range(p):
                    z_bar[a] = (s_1[a] - taken * d_1[a]) * share
                    gradient[a] -= w * z_bar[a]
                    for b in range(a + 1):
                        second = (s_2[a, b] - taken * d_2[a, b]) * share
                        information[a, b] += w * (second - z_bar[a] * z_bar[b])
                if stores:
                    step = w * share
                    hazard[slot, 0] += step
                    hazard[slot, 1] += (1.0 - taken) * step
                    for a in range(p):
                        mean[slot, a] += z_bar[a] / deaths
                        mean_hazard[slot, 0, a] += step * z_bar[a]
                        mean_hazard[slot, 1, a] += (1.0 - taken) * step * z_bar[a]
    for a in range(p):
        for b in range(a):
            information[b, a] = information[a, b]
    return logarithms


@jit
def clustered_scores(  # noqa: PLR0917 - a compiled loop is called by position
    design: FloatArray,
    risk: FloatArray,
    weight: FloatArray,
    is_event: BoolArray,
    first: IntArray,
    last: IntArray,
    hazard: FloatArray,
    mean_hazard: FloatArray,
    mean: FloatArray,
    cluster: IntArray,
    summed: FloatArray,
) -> None:
    """Add each row's score residual, its case weight in, to its cluster's row of `summed` `(c, p)`.

    `hazard` and `mean_hazard` are as `partial_likelihood` writes them.
    """
    n, p = design.shape
    slots = hazard.shape[0]
    total, mean_total = np.zeros(slots + 1), np.zeros((slots + 1, p))
    for slot in range(slots):
        total[slot + 1] = total[slot] + hazard[slot, 0]
        for a in range(p):
            mean_total[slot + 1, a] = mean_total[slot, a] + mean_hazard[slot, 0, a]
    for row in range(n):
        if last[row] < first[row]:
            continue
        low, high, k = first[row], last[row] + 1, cluster[row]
        own = total[high] - total[low]
        slot = last[row]
        event = is_event[row]
        if event:
            own -= hazard[slot, 0] - hazard[slot, 1]
        for a in range(p):
            average = mean_total[high, a] - mean_total[low, a]
            if event:
                average -= mean_hazard[slot, 0, a] - mean_hazard[slot, 1, a]
            score = risk[row] * (average - design[row, a] * own)
            if event:
                score += weight[row] * (design[row, a] - mean[slot, a])
            summed[k, a] += score
