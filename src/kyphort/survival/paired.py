"""The change within pairs: Hodges–Lehmann estimate, distribution-free limits, signed-rank test."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.checks import as_floats, check_length, check_level
from kyphort.survival.transforms import normal_quantile

ZeroMethod = Literal["wilcoxon", "pratt"]
"""What the test does with pairs that did not change: drops them, or ranks them and then drops."""

EXACT_UP_TO = 50
"""Pairs up to which the exact distribution is used; 2⁵⁰ sign patterns still count exactly."""

_SIGNIFICANT_DIGITS = 12
_NORMAL = "normal approximation, corrected for ties and continuity"


@dataclass(frozen=True, slots=True)
class PairedChange:
    """The change after - before of `n` pairs; negative when values fell.

    `median` is that of the changes, `hodges_lehmann` the median of their Walsh averages with
    limits `lower` and `upper` at `level`; `zeros` counts the pairs that did not change. `reason`
    says why a value is NaN or trivial and is empty otherwise.
    """

    n: int
    median: float
    hodges_lehmann: float
    lower: float
    upper: float
    p_value: float
    zeros: int
    method: str
    level: float
    reason: str = ""


def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    *,
    level: float = 0.95,
    zero_method: ZeroMethod = "wilcoxon",
) -> PairedChange:
    """Estimate the shift of paired values, with limits that assume no distribution.

    The estimate is the median of the M = n (n + 1) / 2 Walsh averages (xᵢ + xⱼ) / 2, i ≤ j, of the
    changes x = after - before. The limits are the k-th smallest and k-th largest Walsh average,
    which inverts Wilcoxon's signed-rank test: exactly when n ≤ 50 and all changes are distinct (the
    largest k with 2 P(V ≤ k - 1) ≤ 1 - level), otherwise by the normal approximation with
    σ² = n (n + 1) (2n + 1) / 24 - Σ (t³ - t) / 48 over groups of t equal changes and
    k = ⌈M / 2 - 1 / 2 - z σ⌉.

    The two-sided p value is exact when n ≤ 50 and no change is zero or tied in size, otherwise the
    normal approximation with the same two corrections. Pairs that did not change are dropped from
    the test, as R's wilcox.test does, or ranked and then dropped (`zero_method="pratt"`). They
    stay in the estimate and its limits, since an unchanged patient is an observation; R drops them
    there too. The limits and a test that drops zeros can therefore disagree about no change.

    Changes are rounded to 12 digits of the largest value, so that ties survive decimals. Memory
    grows with n².

    Source: Hodges & Lehmann 1963, doi 10.1214/aoms/1177704172; Wilcoxon 1945, doi
    10.2307/3001968; Pratt 1959, doi 10.1080/01621459.1959.10501526.

    Parameters
    ----------
    before, after
        Values of the same pairs `(n,)`, in one unit, without gaps.
    level
        Confidence level of the limits.
    zero_method
        What the test does with unchanged pairs.

    Raises
    ------
    InvalidDataError
        When a value is missing, the lengths differ, or an option is unknown.

    Examples
    --------
    >>> pain = paired_change([7, 8, 6, 9, 5, 7, 8, 10], [3.5, 2, 5, 4, 5, 1, 7, 3])
    >>> pain.hodges_lehmann, pain.lower, pain.upper, round(pain.p_value, 3)
    (-3.5, -6.0, -1.0, 0.022)
    """
    check_level(level)
    _check_zero_method(zero_method)
    earlier, later = as_floats("before", before), as_floats("after", after)
    check_length("after", later.size, earlier.size, of="before")
    change = _changes(earlier, later)
    if not change.size:
        nan = math.nan
        return PairedChange(0, nan, nan, nan, nan, nan, 0, "none", level, "There is no pair.")
    averages = _walsh_averages(change)
    lower, upper, limits_method = _limits(change, averages, level)
    p_value, test_method = _signed_rank_p(change, zero_method)
    return PairedChange(
        n=change.size,
        median=float(np.median(change)),
        hodges_lehmann=float(np.median(averages)),
        lower=lower,
        upper=upper,
        p_value=p_value,
        zeros=int(np.count_nonzero(change == 0.0)),
        method=f"Hodges–Lehmann; limits: {limits_method}; signed-rank test: {test_method}",
        level=level,
        reason=_reason(change, lower, level),
    )


def _check_zero_method(zero_method: str) -> None:
    if zero_method not in get_args(ZeroMethod):
        allowed = ", ".join(repr(name) for name in get_args(ZeroMethod))
        raise InvalidDataError(f"zero_method: {zero_method!r}. Allowed: {allowed}.")


def _changes(before: FloatArray, after: FloatArray) -> FloatArray:
    """Subtract, and drop the last digits: 0.3 - 0.1 and 0.4 - 0.2 are one change."""
    change = after - before
    largest = float(np.max(np.abs([before, after]), initial=0.0))
    if largest == 0.0:
        return change
    decimals = _SIGNIFICANT_DIGITS - math.ceil(math.log10(largest))
    # Adding zero turns -0.0, which an empty change can round to, into 0.0.
    return np.round(change, decimals) + 0.0


def _walsh_averages(change: FloatArray) -> FloatArray:
    first, second = np.triu_indices(change.size)
    averages: FloatArray = np.sort((change[first] + change[second]) / 2.0)
    return averages


def _limits(change: FloatArray, averages: FloatArray, level: float) -> tuple[float, float, str]:
    distinct = np.unique(change).size == change.size
    if distinct and change.size <= EXACT_UP_TO:
        k, method = _exact_position(change.size, level), "exact"
    else:
        k, method = _normal_position(change, level), _NORMAL
    if k < 1:
        return math.nan, math.nan, f"{method}, not reached"
    return float(averages[k - 1]), float(averages[averages.size - k]), method


def _exact_position(n: int, level: float) -> int:
    """Return the largest k with 2 P(V ≤ k - 1) ≤ 1 - level, 0 when there is none."""
    below = np.cumsum(_rank_sum_counts(n)) / 2.0**n
    tail = (1.0 - level) / 2.0
    return int(np.count_nonzero(below <= tail * (1.0 + 1e-12)))


def _normal_position(change: FloatArray, level: float) -> int:
    n = change.size
    _, equal = np.unique(change, return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24.0 - float(np.sum(equal**3 - equal)) / 48.0
    half = n * (n + 1) / 4.0
    return math.ceil(half - 0.5 - normal_quantile(level) * math.sqrt(variance))


def _signed_rank_p(change: FloatArray, zero_method: ZeroMethod) -> tuple[float, str]:
    zero = change == 0.0
    dropped = "" if not zero.any() else ", unchanged pairs dropped"
    if zero_method == "pratt" and zero.any():
        ranks, dropped = _midranks(np.abs(change))[~zero], ", unchanged pairs ranked (Pratt)"
    else:
        ranks = _midranks(np.abs(change[~zero]))
    positive = float(np.sum(ranks[change[~zero] > 0.0]))
    tied = np.unique(ranks).size < ranks.size
    if ranks.size <= EXACT_UP_TO and not tied and not zero.any():
        return _exact_p(round(positive), ranks.size), "exact"
    return _normal_p(positive, ranks), _NORMAL + dropped


def _exact_p(positive: int, n: int) -> float:
    counts = _rank_sum_counts(n)
    smaller = min(positive, n * (n + 1) // 2 - positive)
    return min(1.0, 2.0 * float(np.sum(counts[: smaller + 1])) / 2.0**n)


def _normal_p(positive: float, ranks: FloatArray) -> float:
    """Return the two-sided p value of a sum of signed ranks, each sign a fair coin's."""
    if not ranks.size:
        return 1.0
    distance = abs(positive - float(np.sum(ranks)) / 2.0)
    deviation = math.sqrt(float(np.sum(ranks**2))) / 2.0
    return math.erfc(max(distance - 0.5, 0.0) / (deviation * math.sqrt(2.0)))


def _midranks(sizes: FloatArray) -> FloatArray:
    _, position, count = np.unique(sizes, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2.0)[position]
    return ranks


def _rank_sum_counts(n: int) -> IntArray:
    """Count the subsets of {1, …, n} by their sum, `(n (n + 1) / 2 + 1,)`."""
    counts = np.zeros(n * (n + 1) // 2 + 1, dtype=np.int64)
    counts[0] = 1
    for rank in range(1, n + 1):
        counts[rank:] += counts[:-rank].copy()
    return counts


def _reason(change: FloatArray, lower: float, level: float) -> str:
    reasons = []
    if math.isnan(lower):
        pairs = "1 pair is" if change.size == 1 else f"{change.size} pairs are"
        reasons.append(f"{pairs} too few for limits at the level of {level:g}.")
    if not change.any():
        reasons.append("No pair changed, so there is nothing to test and p is 1.")
    if change.size > 1 and not math.isnan(lower) and np.ptp(change) == 0.0:
        reasons.append("All changes are equal, so the limits have no width.")
    return " ".join(reasons)
