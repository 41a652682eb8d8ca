"""Drawing in blocks: the same bits for a seed, whatever the number of workers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.clusters import clusters_or_rows
from kyphort.survival.data import SurvivalData

Progress = Callable[[int, int], None]
"""Called with how many draws are done, and how many there will be."""

_NUMBERS_IN_BLOCK = 1 << 20


def canonical_order(data: SurvivalData, *more: IntArray) -> IntArray:
    """Return the rows `(n,)` by cluster and then by what they hold, whatever order they came in."""
    cluster = np.zeros(len(data), dtype=np.int64) if data.cluster is None else data.cluster
    keys = [*more, data.weights, data.entries, data.event, data.time, cluster]
    return np.lexsort(keys).astype(np.int64)


def canonical_clusters(data: SurvivalData, order: IntArray) -> IntArray:
    """Return the cluster of each row in canonical order `(n,)`."""
    return clusters_or_rows(data) if data.cluster is None else data.cluster[order]


def in_blocks(
    draw: Callable[[np.random.Generator, int], FloatArray],
    draws: int,
    numbers_per_draw: int,
    *,
    seed: int,
    workers: int,
    progress: Progress | None,
) -> FloatArray:
    """Return `draws` results, one a row, drawn in blocks that each have a stream of their own.

    The size of a block depends on the data alone, so that workers share the same blocks.
    """
    size = max(1, min(1024, _NUMBERS_IN_BLOCK // max(1, numbers_per_draw)))
    sizes = [min(size, draws - start) for start in range(0, draws, size)]
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    found, done = [], 0

    def one(block: tuple[np.random.SeedSequence, int]) -> FloatArray:
        return draw(np.random.default_rng(block[0]), block[1])

    with ThreadPoolExecutor(workers) as pool:
        blocks = list(zip(streams, sizes, strict=True))
        for result in map(one, blocks) if workers == 1 else pool.map(one, blocks):
            found.append(result)
            done += result.shape[0]
            if progress is not None:
                progress(done, draws)
    return np.concatenate(found)


def check_draws(name: str, draws: object, seed: object, workers: object) -> None:
    """Raise unless the numbers of draws and workers and the seed can be used."""
    for field, value, least in ((name, draws, 1), ("workers", workers, 1), ("seed", seed, 0)):
        if not isinstance(value, int | np.integer) or value < least:
            raise InvalidDataError(f"{field}: {value!r}. Allowed: a whole number from {least} on.")
