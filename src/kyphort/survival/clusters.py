"""Sums over clusters: who varies together, and the variance that follows at every time."""

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, count_at
from kyphort.survival.data import SurvivalData

ROUNDING = 1e-13
"""What a variance keeps of the largest it has been, by rounding alone."""


def robust_clusters(data: SurvivalData, cluster_robust: bool | None) -> IntArray | None:
    """Return the cluster of each row `(n,)` when the error is to be robust, else None.

    None as the choice means: robust when a cluster holds more than one row, or when a weight is not
    a whole number (a row then stands for no count of independent units). Without cluster labels
    each row is its own cluster.
    """
    if cluster_robust is not None and not isinstance(cluster_robust, bool | np.bool_):
        raise InvalidDataError(f"cluster_robust: {cluster_robust!r}. Allowed: None, True, False.")
    if cluster_robust is None:
        cluster_robust = has_shared_clusters(data) or data.has_fractional_weights
    return clusters_or_rows(data) if cluster_robust else None


def regression_clusters(data: SurvivalData, cluster_robust: bool | None) -> IntArray | None:
    """Return `robust_clusters`, of which a regression needs two: a sum of scores is 0 over all."""
    cluster = robust_clusters(data, cluster_robust)
    if cluster is not None:
        refuse_one_cluster(cluster)
    return cluster


def refuse_one_cluster(cluster: IntArray) -> None:
    """Raise when all rows are of one cluster."""
    if count_clusters(cluster) < 2:
        raise InvalidDataError(
            "cluster: all rows are of one, so that nothing says how clusters differ. Give each "
            "patient a label of its own, or leave cluster out."
        )


def clusters_or_rows(data: SurvivalData) -> IntArray:
    """Return the cluster of each row `(n,)`, the row itself when there are no labels."""
    return np.arange(len(data), dtype=np.int64) if data.cluster is None else data.cluster


def has_shared_clusters(data: SurvivalData) -> bool:
    """Whether a cluster holds more than one row."""
    return data.cluster is not None and count_clusters(data.cluster) < len(data)


def count_clusters(cluster: IntArray) -> int:
    """Return the number of clusters, given codes from 0."""
    return int(cluster.max()) + 1


def sum_by_cluster(values: FloatArray, cluster: IntArray) -> FloatArray:
    """Sum the rows of `values`, `(n,)` or `(n, k)`, within each cluster: `(c,)` or `(c, k)`."""
    if values.ndim == 1:
        return count_at(cluster, values, count_clusters(cluster))
    return np.stack([sum_by_cluster(column, cluster) for column in values.T], axis=1)


def running_gram(cluster: IntArray, slot: IntArray, change: FloatArray, slots: int) -> FloatArray:
    """Return Σ over clusters of the outer product of their running state, at every slot.

    Each of r changes adds a vector of p numbers to the state of one cluster at one slot. The state
    of a cluster is squared again only when it changes, so that the work is proportional to the
    number of changes and no clusters × times matrix appears.

    Parameters
    ----------
    cluster, slot
        `(r,)` which cluster changes, and when.
    change
        `(r, p)` what is added.
    slots
        How many slots there are.

    Returns
    -------
    `(slots, p, p)`, the sum after the changes of that slot.

    Examples
    --------
    Two clusters of one number: 1 and then 3 for the first, 2 for the second.

    >>> cluster, slot = np.array([0, 0, 1]), np.array([0, 1, 1])
    >>> gram = running_gram(cluster, slot, np.array([[1.0], [2.0], [2.0]]), slots=3)
    >>> gram[:, 0, 0].tolist()
    [1.0, 13.0, 13.0]
    """
    order = np.lexsort((slot, cluster))
    cluster, slot, change = _net_changes(cluster[order], slot[order], change[order])
    before, after = _states(cluster, change)
    size = change.shape[1]
    gram = np.empty((slots, size, size))
    for i in range(size):
        for j in range(i + 1):
            step = after[:, i] * after[:, j] - before[:, i] * before[:, j]
            gram[:, i, j] = gram[:, j, i] = np.cumsum(count_at(slot, step, slots))
    return gram


def quadratic_form(gram: FloatArray, vector: FloatArray) -> FloatArray:
    """Return vᵀ G v at each slot `(m,)`, with what is rounding only set to zero."""
    terms = gram * vector[:, :, None] * vector[:, None, :]
    value = terms.sum(axis=(1, 2))
    # A running sum keeps the rounding of the largest it has been.
    scale = np.maximum.accumulate(np.abs(terms).sum(axis=(1, 2)))
    return np.where(value > ROUNDING * scale, value, 0.0)


def _net_changes(
    cluster: IntArray, slot: IntArray, change: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Add up what one cluster changes at one slot; rows sorted by cluster, slot."""
    is_new = (np.diff(cluster, prepend=-1) != 0) | (np.diff(slot, prepend=-1) != 0)
    starts = np.flatnonzero(is_new)
    return cluster[starts], slot[starts], np.add.reduceat(change, starts, axis=0)


def _states(cluster: IntArray, change: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each cluster's state before and after each change; rows sorted by cluster, slot."""
    starts = np.flatnonzero(np.diff(cluster, prepend=-1))
    sizes = np.diff(starts, append=cluster.size)
    rank = np.arange(cluster.size) - np.repeat(starts, sizes)
    by_rank = np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1])
    state = np.zeros((count_clusters(cluster), change.shape[1]))
    before, after = np.empty_like(change), np.empty_like(change)
    for rows in by_rank:
        before[rows] = state[cluster[rows]]
        after[rows] = before[rows] + change[rows]
        state[cluster[rows]] = after[rows]
    return before, after
