"""Concordance: how often the row with the higher risk score has its event first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, with_start
from kyphort.survival.checks import as_floats, check_cause, check_length
from kyphort.survival.clusters import count_clusters, robust_clusters, sum_by_cluster
from kyphort.survival.cox_model import CoxModel, fit_of
from kyphort.survival.data import SurvivalData
from kyphort.survival.results import Estimate
from kyphort.survival.score import rows_by_stratum, strata_of
from kyphort.survival.transforms import normal_quantile


@dataclass(frozen=True, slots=True)
class Concordance(Estimate):
    """The share of comparable pairs in agreement, and the pairs that it is made of.

    `tied_score` counts comparable pairs of one score; they count one half.
    """

    concordant: float
    discordant: float
    tied_score: float


def concordance(model: CoxModel, *, level: float = 0.95) -> Concordance:
    """Return the concordance of a Cox model's linear predictor with the times of its rows.

    The error is clustered where the model's is. See `concordance_of`.

    >>> from kyphort.survival import SurvivalData, cox
    >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), [1, 0, 1, 0])
    >>> round(concordance(model).value, 3)
    0.6
    """
    fit = fit_of(model)
    problem = fit.scaled.problem
    score = problem.sets.to_rows(problem.linear_predictor(fit.beta))
    cause = int(fit.data.event[fit.is_event][0])
    robust = fit.cluster is not None
    return concordance_of(fit.data, score, cause=cause, level=level, cluster_robust=robust)


def concordance_of(
    data: SurvivalData,
    score: ArrayLike,
    *,
    cause: int = 1,
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> Concordance:
    """Return how often, of two rows, the one with the higher score has its event first.

    Pairs are compared within strata at each event with every row at risk then that goes on longer;
    a row censored at the time of an event goes on. C = (concordant + tied / 2) / pairs, weighted by
    the product of case weights. The error is the infinitesimal jackknife: the root of the summed
    squares of each row's influence on C, summed within clusters first for clustered rows.

    Parameters
    ----------
    data
        Rows with entry times, strata, clusters and weights where they have any.
    score
        `(n,)` risk scores: higher is worse.
    cause, cluster_robust
        As for `cox`.
    level
        Confidence level of the symmetric limits.

    Source: Harrell, Califf, Pryor, Lee & Rosati 1982, doi 10.1001/jama.1982.03320430047030;
    Therneau & Watson 2017, Mayo Clinic Technical Report 85 (the error).

    Raises
    ------
    InvalidDataError
        When no pair can be compared.

    Examples
    --------
    >>> found = concordance_of(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), [4, 2, 3, 1])
    >>> found.value, found.concordant, found.discordant
    (0.8, 4.0, 1.0)
    """
    check_cause(cause)
    values = as_floats("score", score)
    check_length("score", values.size, len(data))
    agree, differ, tied = _pairs(data, values, cause)
    pairs = agree + differ + tied
    total = float(data.weights @ pairs) / 2.0
    if total <= 0.0:
        raise InvalidDataError(
            "event: no pair of rows can be compared, since nobody goes on after an event. Check "
            "the event codes."
        )
    each = agree + tied / 2.0
    value = float(data.weights @ each) / 2.0 / total
    influence = data.weights * (each - value * pairs) / total
    cluster = robust_clusters(data, cluster_robust)
    by_unit = influence if cluster is None else sum_by_cluster(influence, cluster)
    std_error = float(np.sqrt(np.sum(by_unit**2)))
    margin = normal_quantile(level) * std_error
    return Concordance(
        *(value, std_error, value - margin, value + margin, level),
        method="concordance, infinitesimal jackknife"
        + ("" if cluster is None else f" over {count_clusters(cluster)} clusters"),
        concordant=float(data.weights @ agree) / 2.0,
        discordant=float(data.weights @ differ) / 2.0,
        tied_score=float(data.weights @ tied) / 2.0,
    )


def _pairs(
    data: SurvivalData, score: FloatArray, cause: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the weight of pairs of each row `(n,)` in agreement, not, and of one score."""
    found = np.zeros((3, len(data)))
    for rows in rows_by_stratum(strata_of(data, None)):
        part = data.select(rows) if isinstance(rows, np.ndarray) else data
        found[:, rows] = _pairs_of_one(part, score[rows], part.event == cause)
    return found[0], found[1], found[2]


def _pairs_of_one(data: SurvivalData, score: FloatArray, is_event: BoolArray) -> FloatArray:
    """Return the same `(3, n)` for one stratum.

    Exits are keyed so that censorings come after the events of their time; a row that has not come
    by the time of an event, t ≤ entry, has an entry key above that event's.
    """
    rank = np.unique(score, return_inverse=True)[1].astype(np.int64)
    times, position = np.unique(data.time, return_inverse=True)
    leaves = (2 * position + ~is_event).astype(np.int64)
    comes = (2 * np.searchsorted(times, data.entries, side="right") - 1).astype(np.int64)
    events = np.flatnonzero(is_event)
    own = (leaves[events], rank[events])
    later = _beyond(leaves, rank, data.weights, *own)
    earlier = _beyond(-leaves[events], rank[events], data.weights[events], -leaves, rank)
    if data.entry is not None:
        later -= _beyond(comes, rank, data.weights, *own)
        earlier -= _beyond(-leaves[events], rank[events], data.weights[events], -comes, rank)
    lower, equal, higher = earlier
    found = np.stack((higher, lower, equal))
    found[0, events] += later[0]
    found[1, events] += later[2]
    found[2, events] += later[1]
    return found


def _beyond(
    key: IntArray, rank: IntArray, weight: FloatArray, asked_key: IntArray, asked_rank: IntArray
) -> FloatArray:
    """Weigh the points of a greater key by lower, equal and higher rank, `(3, q)` of q.

    Points in falling order of their key are sorted by rank within blocks of 1, 2, 4 … of them; the
    points beyond a question are a few such blocks, one for each bit of their number.
    """
    order = np.argsort(-key, kind="stable")
    ranks, weights = rank[order], weight[order]
    number = np.searchsorted(-key[order], -asked_key, side="left")
    ceiling = int(max(rank.max(), asked_rank.max())) + 2
    below, up_to = np.zeros(asked_key.size), np.zeros(asked_key.size)
    for bit in range(int(key.size).bit_length()):
        block = np.arange(key.size) >> bit
        keyed = block * ceiling + ranks
        sort = np.argsort(keyed, kind="stable")
        keyed, summed = keyed[sort], with_start(0.0, np.cumsum(weights[sort]))
        asked = np.flatnonzero((number >> bit) & 1)
        start = (number[asked] >> (bit + 1)) << 1
        base = summed[start << bit]
        at = start * ceiling + asked_rank[asked]
        below[asked] += summed[np.searchsorted(keyed, at, side="left")] - base
        up_to[asked] += summed[np.searchsorted(keyed, at, side="right")] - base
    every = with_start(0.0, np.cumsum(weights))[number]
    return np.stack((below, up_to - below, every - up_to))
