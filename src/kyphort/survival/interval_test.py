"""A test of k groups of interval-censored rows, exchanging labels between whole clusters."""

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray, count_at, with_start
from kyphort.survival.checks import check_kind
from kyphort.survival.clusters import count_clusters
from kyphort.survival.comparisons import encode_groups
from kyphort.survival.innermost import innermost_intervals
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.labels import Labels, rank_integers
from kyphort.survival.npmle_fit import fit_probabilities
from kyphort.survival.permutation import exchange_labels
from kyphort.survival.resampling import Progress, check_draws
from kyphort.survival.results import PermutationResult


def interval_test(
    data: IntervalData,
    groups: Labels,
    *,
    permutations: int,
    seed: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> PermutationResult:
    """Compare k groups of interval-censored rows by log-rank scores, permuted between clusters.

    A row that fails in (l, r] has the score (S(l) log S(l) - S(r) log S(r)) / (S(l) - S(r)), S the
    maximum likelihood estimate of all rows (of its stratum): the score of a proportional hazards
    model at no effect. Scores of a group sum to zero when groups are alike. Label vectors move as
    whole between clusters of one size, as in `permutation_test`, which also says what the statistic
    and the p value are.

    The test assumes that groups were looked at alike: when one is scanned more often, permuted
    labels are no longer exchangeable.

    Parameters
    ----------
    data
        Rows with clusters and strata where they have any; case weights multiply the scores.
    groups
        `(n,)` labels.
    permutations, seed, workers, progress
        As for `permutation_test`.

    Source: Finkelstein 1986, doi 10.2307/2530698 (the score); Fay 1996, doi 10.2307/2532844 (in
    this form); Phipson & Smyth 2010, doi 10.2202/1544-6115.1585 (the p value).

    Raises
    ------
    InvalidDataError
        For fewer than two groups, or numbers of permutations or workers below 1.

    Examples
    --------
    >>> data = IntervalData([0, 3, 6, 6, 0, 3], [3, 6, float("inf"), 9, 3, float("inf")])
    >>> result = interval_test(data, ["a", "b", "a", "b", "a", "b"], permutations=999, seed=1)
    >>> result.df, round(result.p_value, 2)
    (1, 0.58)
    """
    check_kind("data", data, IntervalData, "IntervalData()")
    check_draws("permutations", permutations, seed, workers)
    group, names = encode_groups(groups, len(data))
    strata = np.zeros(len(data), dtype=np.int64) if data.stratum is None else data.stratum
    scores = _scores(data, strata)
    own = np.zeros(len(data), dtype=np.int64) if data.cluster is None else data.cluster
    order = np.lexsort((group, data.weights, data.right, data.left, own))
    ranked = own if data.cluster is None else rank_integers(own)[0]
    cluster = np.arange(len(data)) if data.cluster is None else ranked[order]
    found = exchange_labels(
        *(scores[order], group[order], len(names), cluster, strata[order]),
        permutations=permutations,
        seed=seed,
        workers=workers,
        progress=progress,
    )
    observed = count_at(group, data.weights * np.isfinite(data.right), len(names))
    return PermutationResult(
        statistic=found.statistic,
        df=found.rank,
        p_value=found.p_value,
        observed=observed,
        expected=observed - count_at(group, scores, len(names)),
        method=f"interval-censored log-rank test, {permutations} permutations of label vectors "
        f"between clusters of one size, {found.informative} of {count_clusters(cluster)} clusters "
        "informative",
        groups=tuple(names),
        sizes=count_at(group, data.weights, len(names)),
        clusters=count_clusters(cluster),
        informative=found.informative,
        permutations=permutations,
        seed=seed,
    )


def _scores(data: IntervalData, strata: IntArray) -> FloatArray:
    """Return the score of each row `(n,)`, its weight in."""
    scores = np.empty(len(data))
    for code in range(int(strata.max()) + 1):
        rows = np.flatnonzero(strata == code)
        part = data.select(rows)
        inner = innermost_intervals(part)
        probability = fit_probabilities(inner, part.weights)[0]
        left = np.maximum(with_start(1.0, 1.0 - np.cumsum(probability)), 0.0)
        before, after = left[inner.first], left[inner.last + 1]
        after = np.where(inner.last + 1 == probability.size, 0.0, after)
        scores[rows] = part.weights * (_entropy(before) - _entropy(after)) / (before - after)
    return np.where(np.isfinite(scores), scores, 0.0)


def _entropy(survival: FloatArray) -> FloatArray:
    """Return S log S, 0 at 0."""
    return np.asarray(survival * np.log(np.where(survival > 0.0, survival, 1.0)))
