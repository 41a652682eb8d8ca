"""Clustered variances from packed days: pairs within a cluster, added up day by day.

The formulas are those of `kyphort.survival.influence`. Which day a row leaves, and how, is all that
decides its c and α, so that both are tables by cell. A product of two running numbers of a cluster
is a sum over pairs of its rows, and each pair changes it on two days only, when its first and when
its second row leaves. Rows need no order but their cluster; what a row makes with itself comes from
the counts.
"""

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray, Integers, with_start
from kyphort.survival.clusters import quadratic_form
from kyphort.survival.data import SurvivalData
from kyphort.survival.days import DayRows
from kyphort.survival.exits import RiskCounts, greenwood_terms, product_limit


def variance_of_log_survival(  # noqa: PLR0917 - rows, and what is known of them
    data: SurvivalData,
    days: DayRows,
    cluster: IntArray,
    cause: int,
    at_risk: FloatArray,
    greenwood: FloatArray,
) -> FloatArray:
    """Return the clustered variance of log S(t) at each distinct day `(m,)`.

    `at_risk` and `greenwood` `(m,)` belong to the events of the cause.
    """
    from kyphort.survival import day_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    present, codes = _present(days)
    c = np.repeat(greenwood[:, None], codes, axis=1)
    if cause < codes:
        c[:, cause] = with_start(0.0, greenwood)[:-1] - 1.0 / at_risk
    pairs = np.zeros((days.counts.size // codes, 3))
    sizes = data.cluster_sizes
    cells = days.within(_starts(sizes), cluster)
    day_kernels.pairs_of_log_survival(cells, sizes, _by_cell(c, days, present), days.shift, pairs)
    alone = _alone(days, present, [c])
    gram = _gram(pairs[present] + alone, sizes, 2)
    return quadratic_form(gram, np.stack([greenwood, np.ones_like(greenwood)], axis=1))


def variance_of_incidence(  # noqa: PLR0917 - rows, and what is known of them
    data: SurvivalData,
    days: DayRows,
    cluster: IntArray,
    cause: int,
    counts: RiskCounts,
    of_cause: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return F(t) and its clustered variance at each distinct day `(m,)`.

    `counts` are those of every cause, `of_cause` `(m,)` the events of the one.
    """
    from kyphort.survival import day_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    present, codes = _present(days)
    y = counts.at_risk
    g = np.cumsum(greenwood_terms(counts))
    g_before, s_before = with_start(0.0, g)[:-1], with_start(1.0, product_limit(counts))[:-1]
    rate = of_cause / y
    step, c_event = s_before * rate, g_before - 1.0 / y
    f, big_g = np.cumsum(step), np.cumsum(step * c_event)
    gone = with_start(0.0, big_g)[:-1] + g_before * step - c_event * f
    c = np.repeat(c_event[:, None], codes, axis=1)
    alpha = np.repeat((gone - s_before * rate / y)[:, None], codes, axis=1)
    if cause < codes:
        alpha[:, cause] = gone + s_before * (1.0 - rate) / y
    c[:, 0], alpha[:, 0] = g, big_g - g * f
    pairs = np.zeros((days.counts.size // codes, 6))
    sizes = data.cluster_sizes
    cells = days.within(_starts(sizes), cluster)
    tables = (_by_cell(c, days, present), _by_cell(alpha, days, present))
    day_kernels.pairs_of_incidence(cells, sizes, *tables, days.shift, pairs)
    alone = _alone(days, present, [c, alpha])
    gram = _gram(pairs[present] + alone, sizes, 3)
    return f, quadratic_form(gram, np.stack([big_g, f, np.ones_like(f)], axis=1))


def _present(days: DayRows) -> tuple[IntArray, int]:
    """Return the days `(m,)` on which somebody leaves, and how many codes there are."""
    return days.exits.times.astype(np.int64), 1 << days.shift


def _starts(sizes: Integers) -> Integers:
    return np.cumsum(sizes) - sizes


def _by_cell(values: FloatArray, days: DayRows, present: IntArray) -> FloatArray:
    """Spread `(m, codes)` over all cells."""
    table = np.zeros((days.counts.size >> days.shift, values.shape[1]))
    table[present] = values
    return table.ravel()


def _alone(days: DayRows, present: IntArray, states: list[FloatArray]) -> FloatArray:
    """Return what each day's leavers change by themselves, in the order of `_gram`."""
    counts = days.counts.reshape(-1, 1 << days.shift)[present].astype(np.float64)
    nothing = np.zeros(present.size)
    products = [-counts.sum(axis=1)]
    for i, one in enumerate(states):
        products.append(nothing)
        products += [(counts * one * other).sum(axis=1) for other in states[: i + 1]]
    return np.stack(products, axis=1)


def _gram(changes: FloatArray, sizes: Integers, states: int) -> FloatArray:
    """Add up changes `(m, states (states + 1) / 2)`, lower triangle row by row, to `(m, p, p)`."""
    total = np.cumsum(changes, axis=0)
    total[:, 0] += float(np.sum(sizes.astype(np.float64) ** 2))
    gram = np.empty((total.shape[0], states, states))
    for place, (i, j) in enumerate(zip(*np.tril_indices(states), strict=True)):
        gram[:, i, j] = gram[:, j, i] = total[:, place]
    return gram
