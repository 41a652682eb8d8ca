"""The exact log-rank test of two small groups, by counting every assignment of labels."""

import math
from collections.abc import Hashable

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import IntArray
from kyphort.survival.checks import check_cause
from kyphort.survival.clusters import has_shared_clusters
from kyphort.survival.comparisons import encode_groups
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import RiskProcess, risk_process
from kyphort.survival.labels import Labels
from kyphort.survival.results import TestResult

MOST_ROWS = 40
"""Up to here every denominator of a score divides a number of 64 bits."""


def exact_logrank(data: SurvivalData, groups: Labels, *, cause: int = 1) -> TestResult:
    """Test two small groups by the exact permutation distribution of the log-rank statistic.

    O - E of a group is the sum of its rows' scores, event - Σ d/Y over the times at risk, which do
    not depend on the labels. The p value is the share of the C(n, n₁) assignments whose O - E is at
    least as far from 0 as observed. Scores are kept as whole multiples of one fraction, so that
    ties are exact. The two groups should have the same censoring.

    Parameters
    ----------
    data
        At most 40 rows, without case weights; each its own cluster.
    groups
        `(n,)` labels of two groups.
    cause
        The event code counted; other codes are censorings.

    Returns
    -------
    A `TestResult` whose statistic is (O - E)² over its variance in all assignments.

    Source: Peto & Peto 1972, doi 10.2307/2344317; Heimann & Neuhaus 1998, doi 10.2307/2534005.

    Raises
    ------
    InvalidDataError
        For more rows, other than two groups, case weights, or clusters of several rows: use
        `permutation_test` for those.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1])
    >>> round(exact_logrank(data, ["a", "a", "a", "b", "b", "b"]).p_value, 4)
    0.1
    """
    check_cause(cause)
    group, names = encode_groups(groups, len(data))
    _check_small(data, names)
    process = risk_process(data, data.event == cause)
    scores, unit = _whole_scores(process)
    second = group == 1
    sizes = np.bincount(group)
    difference = int(scores[~second].sum())
    p_value = _share_beyond(scores, int(sizes.min()), abs(difference))
    spread = float(np.sum((scores / unit) ** 2)) * sizes[0] * sizes[1]
    variance = spread / (len(data) * (len(data) - 1))
    events = process.is_event
    observed = np.array([events[~second].sum(), events[second].sum()], dtype=np.float64)
    away = np.array([difference, -difference]) / unit
    return TestResult(
        statistic=float(away[0] ** 2 / variance) if variance else float("nan"),
        df=1 if variance else 0,
        p_value=p_value,
        observed=observed,
        expected=observed - away,
        method=f"exact log-rank test over {math.comb(len(data), int(sizes[0]))} assignments"
        f"{'' if variance else '; no comparison: no score differs'}",
        groups=tuple(names),
        sizes=sizes.astype(np.float64),
        clusters=None,
    )


def _check_small(data: SurvivalData, names: list[Hashable]) -> None:
    if len(names) > 2:
        raise InvalidDataError(
            f"groups: {len(names)} labels, {names[:8]}. The exact test compares two groups."
        )
    if len(data) > MOST_ROWS:
        raise InvalidDataError(
            f"time: {len(data)} rows. The exact test counts every assignment of at most "
            f"{MOST_ROWS}; use permutation_test or logrank."
        )
    if has_shared_clusters(data) or data.weight is not None:
        field = "weight" if data.weight is not None else "cluster"
        raise InvalidDataError(
            f"{field}: the exact test exchanges rows that stand for themselves alone. Use "
            "permutation_test for patients with several rows, and no case weights."
        )


def _whole_scores(process: RiskProcess) -> tuple[IntArray, int]:
    """Return each row's score `(n,)` as a multiple of 1 / unit, and the unit."""
    at = np.flatnonzero(process.events)
    y = process.at_risk.astype(np.int64)
    unit = math.lcm(*(int(y[j]) for j in at)) if at.size else 1
    step = np.zeros(y.size, dtype=np.int64)
    step[at] = process.events[at].astype(np.int64) * (unit // y[at])
    hazard = np.concatenate(([0], np.cumsum(step)))
    scores = unit * process.is_event.astype(np.int64)
    return scores - (hazard[process.last + 1] - hazard[process.first]), unit


def _share_beyond(scores: IntArray, size: int, distance: int) -> float:
    """Return the share of subsets of one size whose sum is at least `distance` from zero."""
    if distance == 0:
        return 1.0
    half = scores.size // 2
    left, right = _sums_by_size(scores[:half]), _sums_by_size(scores[half:])
    beyond = 0
    for taken, sums in enumerate(left):
        if 0 <= size - taken < len(right):
            other = right[size - taken]
            above = other.size - np.searchsorted(other, distance - sums, side="left")
            below = np.searchsorted(other, -distance - sums, side="right")
            beyond += int(above.sum()) + int(below.sum())
    return beyond / math.comb(scores.size, size)


def _sums_by_size(scores: IntArray) -> list[IntArray]:
    """Return the sorted sums of all subsets with 0, 1, 2 … members."""
    sums, members = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for score in scores:
        sums = np.concatenate((sums, sums + score))
        members = np.concatenate((members, members + 1))
    return [np.sort(sums[members == count]) for count in range(scores.size + 1)]
