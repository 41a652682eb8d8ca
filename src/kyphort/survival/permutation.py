"""The patient-level permutation test: whole label vectors move between patients of one size."""

from dataclasses import dataclass

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray, count_at
from kyphort.survival.checks import check_cause
from kyphort.survival.clusters import count_clusters
from kyphort.survival.comparisons import encode_groups
from kyphort.survival.data import SurvivalData
from kyphort.survival.labels import Labels
from kyphort.survival.resampling import (
    Progress,
    canonical_clusters,
    canonical_order,
    check_draws,
    in_blocks,
)
from kyphort.survival.results import PermutationResult
from kyphort.survival.score import Scheme, Weighting, count_strata, row_scores, strata_of

_SAME = 1e-9
_ROUNDING = 1e-12


def permutation_test(
    data: SurvivalData,
    groups: Labels,
    *,
    permutations: int,
    seed: int,
    workers: int = 1,
    cause: int = 1,
    rho: float = 0.0,
    gamma: float = 0.0,
    weighting: Weighting = "fleming-harrington",
    stratum: Labels | None = None,
    progress: Progress | None = None,
) -> PermutationResult:
    """Compare k groups by the log-rank statistic, permuting labels between clusters.

    Each cluster keeps its times; the labels of its rows are exchanged, as one vector, with those of
    another cluster of as many rows (and of the same strata). So a patient with thoracic and lumbar
    levels stays one, and what the patient's rows have in common stays in the null distribution.
    O - E is a sum of row scores that do not depend on the labels, event - Σ d/Y in the simplest
    case, so that one matrix product gives many permutations. The statistic is
    (U - μ)ᵀ V⁻ (U - μ), U = O - E, with the exact mean μ and variance V over all permutations; the
    p value is (1 + number as large as observed) / (1 + permutations).

    Within a cluster the rows are put in order of their time, event, entry and weight; clusters are
    taken in sorted label order. The result therefore does not depend on the order of rows.

    Parameters
    ----------
    data
        Rows with clusters; without clusters each row is one. Entry times and case weights count.
    groups
        `(n,)` labels.
    permutations
        How many to draw.
    seed
        The same seed gives the same bits for any number of workers.
    workers
        Threads that draw.
    cause, rho, gamma, weighting, stratum
        As for `logrank`.
    progress
        Called with the permutations done and their total.

    Source: Phipson & Smyth 2010, doi 10.2202/1544-6115.1585 (the p value); Hoeffding 1951,
    doi 10.1214/aoms/1177729545 (the moments).

    Raises
    ------
    InvalidDataError
        For fewer than two groups, or numbers of permutations or workers below 1.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1], cluster=[1, 1, 2, 2, 3, 4])
    >>> result = permutation_test(data, ["T", "L", "T", "T", "L", "L"], permutations=999, seed=1)
    >>> result.informative, 0.0 < result.p_value <= 1.0
    (2, True)
    """
    check_cause(cause)
    check_draws("permutations", permutations, seed, workers)
    group, names = encode_groups(groups, len(data))
    strata = strata_of(data, stratum)
    scheme = Scheme(weighting, rho, gamma)
    scores = row_scores(data, data.event == cause, strata, scheme)
    order = canonical_order(data, group)
    k = len(names)
    if strata is None:
        strata = np.zeros(len(data), dtype=np.int64)
    cluster = canonical_clusters(data, order)
    found = exchange_labels(
        *(scores[order], group[order], k, cluster, strata[order]),
        permutations=permutations,
        seed=seed,
        workers=workers,
        progress=progress,
    )
    observed_score = count_at(group, scores, k)
    is_event = data.event == cause
    counted = scheme.name
    events = count_at(group, data.weights * is_event, k)
    clusters = count_clusters(cluster)
    stratified = f", {count_strata(strata)} strata" if strata.any() else ""
    return PermutationResult(
        statistic=found.statistic,
        df=found.rank,
        p_value=found.p_value,
        observed=events,
        expected=events - observed_score,
        method=(
            f"{counted}{stratified}, {permutations} permutations of label vectors between clusters "
            f"of one size, {found.informative} of {clusters} clusters informative"
            f"{'' if found.rank else '; no comparison: every permutation gives the same'}"
        ),
        groups=tuple(names),
        sizes=count_at(group, data.weights, k),
        clusters=clusters,
        informative=found.informative,
        permutations=permutations,
        seed=seed,
    )


@dataclass(frozen=True, slots=True)
class Exchange:
    """What exchanging labels between clusters gives; the statistic is NaN where none can move."""

    statistic: float
    rank: int
    p_value: float
    informative: int


def exchange_labels(
    scores: FloatArray,
    group: IntArray,
    k: int,
    cluster: IntArray,
    strata: IntArray,
    *,
    permutations: int,
    seed: int,
    workers: int,
    progress: Progress | None,
) -> Exchange:
    """Compare the summed scores of k groups by permuting label vectors between clusters.

    All arrays are `(n,)`, the rows of a cluster together and in a canonical order.
    """
    classes = _classes(cluster, strata, scores, group, k)
    total = _Totals(classes, k)

    def draw(rng: np.random.Generator, size: int) -> FloatArray:
        return total.statistic(np.sum([one.draw(rng, size) for one in classes], axis=0))

    if not total.rank:
        return Exchange(float("nan"), 0, 1.0, total.informative)
    observed = float(total.statistic(count_at(group, scores, k)[None, :-1])[0])
    found = in_blocks(
        draw, permutations, scores.size * (k - 1), seed=seed, workers=workers, progress=progress
    )
    at_least = int(np.count_nonzero(found >= observed - _SAME * max(observed, 1.0)))
    p_value = (1 + at_least) / (1 + permutations)
    return Exchange(observed, total.rank, p_value, total.informative)


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    """Clusters that may exchange labels: scores `(c, s)`, labels as 0 or 1 `(k - 1, c, s)`."""

    scores: FloatArray
    labels: FloatArray

    @property
    def is_informative(self) -> bool:
        return bool((self.labels != self.labels[:, :1]).any())

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean `(k - 1,)` and the variance of Σ scores × labels over permutations."""
        clusters = self.scores.shape[0]
        mean = np.einsum("s,gs->g", self.scores.sum(axis=0), self.labels.mean(axis=1))
        if clusters == 1:
            return mean, np.zeros((mean.size, mean.size))
        a = self.scores - self.scores.mean(axis=0)
        x = self.labels - self.labels.mean(axis=1, keepdims=True)
        between_labels = np.einsum("gcs,hct->ghst", x, x, optimize=True)
        variance = np.einsum("st,ghst->gh", a.T @ a, between_labels, optimize=True)
        return mean, variance / (clusters - 1)

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Return Σ scores × labels `(size, k - 1)` for that many permutations."""
        clusters, rows = self.scores.shape
        if not self.is_informative:
            fixed = np.einsum("cs,gcs->g", self.scores, self.labels)
            return np.broadcast_to(fixed, (size, fixed.size))
        places = np.broadcast_to(np.arange(clusters, dtype=np.int32), (size, clusters))
        places = rng.permuted(places, axis=1)
        flat = self.scores.ravel()
        shape = (size, clusters * rows)
        return np.stack([one[places].reshape(shape) @ flat for one in self.labels], axis=1)


class _Totals:
    """The exact moments over all permutations, and the statistic that they give."""

    def __init__(self, classes: list[_Class], k: int) -> None:
        self.mean, variance = np.zeros(k - 1), np.zeros((k - 1, k - 1))
        scale = 0.0
        for one in classes:
            mean, part = one.moments()
            self.mean, variance = self.mean + mean, variance + part
            scale += float(np.sum(one.scores**2))
        size, directions = np.linalg.eigh(variance)
        used = size > _ROUNDING * scale
        self.rank = int(used.sum())
        self._whiten = directions[:, used] / np.sqrt(size[used])
        self.informative = sum(one.scores.shape[0] for one in classes if one.is_informative)

    def statistic(self, score: FloatArray) -> FloatArray:
        """Return (U - μ)ᵀ V⁻ (U - μ) for each row of U `(b, k - 1)`."""
        return np.asarray(np.sum(((score - self.mean) @ self._whiten) ** 2, axis=1))


def _classes(
    cluster: IntArray, strata: IntArray, scores: FloatArray, group: IntArray, k: int
) -> list[_Class]:
    """Gather clusters by their number of rows and their strata; rows sorted by cluster."""
    starts = np.flatnonzero(np.diff(cluster, prepend=-1))
    sizes = np.diff(starts, append=cluster.size)
    found = []
    for size in np.unique(sizes):
        rows = starts[sizes == size][:, None] + np.arange(size)
        kinds, kind = np.unique(strata[rows], axis=0, return_inverse=True)
        for number in range(kinds.shape[0]):
            mine = rows[kind.ravel() == number]
            labels = np.stack([group[mine] == code for code in range(k - 1)])
            found.append(_Class(scores[mine], labels.astype(np.float64)))
    return found
