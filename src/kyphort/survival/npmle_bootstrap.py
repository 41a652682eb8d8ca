"""Limits of the interval-censored estimate: whole clusters are drawn again with replacement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, read_only
from kyphort.survival.checks import as_floats, check_kind, check_level
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.npmle import npmle
from kyphort.survival.resampling import Progress, check_draws, in_blocks
from kyphort.survival.ties import snap


@dataclass(frozen=True, slots=True, eq=False)
class IntervalBootstrap:
    """The interval-censored estimate `(k,)` with limits, and every draw's `(replicates, k)`.

    `lowest` and `highest` bound what the data leave open at a time. `lower` is a percentile of the
    draws' lowest, `upper` of their highest values, so that limits cover what is left open too.
    """

    times: FloatArray
    survival: FloatArray
    lowest: FloatArray
    highest: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    draws: FloatArray
    clusters: int
    level: float
    seed: int
    method: str


def npmle_bootstrap(
    data: IntervalData,
    times: ArrayLike,
    *,
    replicates: int,
    seed: int,
    level: float = 0.95,
    workers: int = 1,
    progress: Progress | None = None,
) -> IntervalBootstrap:
    """Estimate survival from interval-censored rows, with limits from draws of whole clusters.

    A draw takes as many clusters as there are, each with all its rows. A draw that nobody looks at
    after a time carries its last value on. Limits are the percentiles (1 ∓ level) / 2 of the draws.
    The bootstrap is sound for scans at scheduled times, which many rows share; where every row has
    its own times the estimate converges too slowly for it (Sen & Xu 2015), and limits are a guide.

    Parameters
    ----------
    data
        Rows with clusters; without clusters each row is one.
    times
        `(k,)` times, ascending, none negative.
    replicates, seed, level, workers, progress
        As for `bootstrap`.

    Source: Turnbull 1976, doi 10.1111/j.2517-6161.1976.tb01597.x; Davison & Hinkley 1997, section
    3.8 (clusters), doi 10.1017/CBO9780511802843; Sen & Xu 2015, doi 10.1016/j.jspi.2014.07.005.

    Raises
    ------
    InvalidDataError
        For times that are not ascending, or numbers of draws or workers below 1.

    Examples
    --------
    >>> data = IntervalData([0, 3, 6, 6], [3, 6, float("inf"), 9], cluster=["a", "a", "b", "c"])
    >>> found = npmle_bootstrap(data, [3, 6], replicates=200, seed=1)
    >>> found.survival.round(3).tolist(), found.clusters
    ([0.75, 0.5], 3)
    """
    check_level(level)
    check_kind("data", data, IntervalData, "IntervalData()")
    check_draws("replicates", replicates, seed, workers)
    asked = _check_times(times)
    points = npmle(data).at(asked)
    moved = snap(asked, data.looks)
    members = _members(data)

    def draw(rng: np.random.Generator, size: int) -> FloatArray:
        picked = rng.integers(0, len(members), (size, len(members)))
        return np.stack([_refit(data, members, one, moved) for one in picked])

    found = in_blocks(
        draw, replicates, 64 * len(data), seed=seed, workers=workers, progress=progress
    )
    k = asked.size
    tails = ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    known = np.where(np.isnan(points.survival), np.nan, 1.0)
    return IntervalBootstrap(
        times=asked,
        survival=points.survival,
        lowest=points.lowest,
        highest=points.highest,
        std_error=known * found[:, k:].std(axis=0, ddof=1),
        lower=known * np.quantile(found[:, :k], tails[0], axis=0),
        upper=known * np.quantile(found[:, k:], tails[1], axis=0),
        draws=read_only(found[:, k:]),
        clusters=len(members),
        level=level,
        seed=seed,
        method=(
            f"nonparametric maximum likelihood on (last negative, first positive], percentiles of "
            f"{replicates} draws of {len(members)} {'rows' if data.cluster is None else 'clusters'}"
        ),
    )


def _check_times(times: ArrayLike) -> FloatArray:
    asked = as_floats("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    if asked.size == 0 or asked[0] < 0.0 or (np.diff(asked) <= 0.0).any():
        raise InvalidDataError(
            f"times: {asked.tolist()}. Allowed: one or more times, ascending, none negative."
        )
    return asked


def _members(data: IntervalData) -> list[IntArray]:
    """Return the rows of each cluster, in an order that does not depend on how rows came."""
    order = np.lexsort((data.weights, data.right, data.left))
    if data.cluster is None:
        return [order[place : place + 1] for place in range(len(data))]
    by_cluster = order[np.argsort(data.cluster[order], kind="stable")]
    starts = np.flatnonzero(np.diff(data.cluster[by_cluster], prepend=-1))
    return np.split(by_cluster, starts[1:])


def _refit(
    data: IntervalData, members: list[IntArray], picked: IntArray, times: FloatArray
) -> FloatArray:
    """Return the lowest and then the highest values `(2 k,)` of one draw."""
    rows = np.concatenate([members[one] for one in picked])
    lowest, highest = npmle(data.select(rows)).bounds(times)
    return np.concatenate((lowest, highest))
