"""Compiled loops over the pairs of rows of each cluster: arrays and scalars only.

Import this module only for many rows: it imports numba. `kyphort.survival.day_influence` says what
the arrays mean. Small clusters, in any order, are taken pair by pair; large ones are sorted, so
that the work stays within n log n.
"""

from kyphort.survival.arrays import FloatArray, Integers
from kyphort.survival.jit import jit


@jit
def pairs_of_log_survival(
    cells: Integers, sizes: Integers, c: FloatArray, shift: int, change: FloatArray
) -> None:
    """Add to `change` `(days, 3)` what pairs change in Σ n², Σ c n and Σ c².

    `cells` come cluster by cluster and are put in order within large clusters.
    """
    start = 0
    for size in sizes:
        stop = start + size
        if size <= 8:
            for i in range(start + 1, stop):
                for j in range(start, i):
                    first, second = min(cells[i], cells[j]), max(cells[i], cells[j])
                    c_1, c_2 = c[first], c[second]
                    day, later = first >> shift, second >> shift
                    change[day, 0] -= 2.0
                    change[day, 1] += c_1
                    change[later, 1] -= c_1
                    change[later, 2] += 2.0 * c_1 * c_2
        else:
            cells[start:stop].sort()
            gone, left = 0.0, float(size)
            for i in range(start, stop):
                day, c_1 = cells[i] >> shift, c[cells[i]]
                left -= 1.0
                change[day, 0] -= 2.0 * left
                change[day, 1] += c_1 * left - gone
                change[day, 2] += 2.0 * c_1 * gone
                gone += c_1
        start = stop


@jit
def pairs_of_incidence(  # noqa: PLR0917 - a compiled loop is called by position
    cells: Integers,
    sizes: Integers,
    c: FloatArray,
    alpha: FloatArray,
    shift: int,
    change: FloatArray,
) -> None:
    """Add to `change` `(days, 6)` what pairs change in Σ n², Σ c n, Σ c², Σ α n, Σ α c and Σ α².

    `cells` come cluster by cluster and are put in order within large clusters.
    """
    start = 0
    for size in sizes:
        stop = start + size
        if size <= 8:
            for i in range(start + 1, stop):
                for j in range(start, i):
                    first, second = min(cells[i], cells[j]), max(cells[i], cells[j])
                    c_1, c_2, a_1, a_2 = c[first], c[second], alpha[first], alpha[second]
                    day, later = first >> shift, second >> shift
                    change[day, 0] -= 2.0
                    change[day, 1] += c_1
                    change[day, 3] += a_1
                    change[later, 1] -= c_1
                    change[later, 2] += 2.0 * c_1 * c_2
                    change[later, 3] -= a_1
                    change[later, 4] += a_1 * c_2 + a_2 * c_1
                    change[later, 5] += 2.0 * a_1 * a_2
        else:
            cells[start:stop].sort()
            c_gone, a_gone, left = 0.0, 0.0, float(size)
            for i in range(start, stop):
                day, c_1, a_1 = cells[i] >> shift, c[cells[i]], alpha[cells[i]]
                left -= 1.0
                change[day, 0] -= 2.0 * left
                change[day, 1] += c_1 * left - c_gone
                change[day, 2] += 2.0 * c_1 * c_gone
                change[day, 3] += a_1 * left - a_gone
                change[day, 4] += a_1 * c_gone + c_1 * a_gone
                change[day, 5] += 2.0 * a_1 * a_gone
                c_gone += c_1
                a_gone += a_1
        start = stop
