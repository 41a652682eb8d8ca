"""The change within pairs, by enumeration, by inversion of its own test, and at its edges."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kyphort.errors import InvalidDataError
from kyphort.survival import PairedChange, paired_change
from kyphort.survival.arrays import FloatArray

SCORES = st.integers(0, 10)
PAIRS = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=40)
UNIQUE = st.sets(st.integers(1, 400), min_size=1, max_size=8)


def of_changes(change: FloatArray, **options: Any) -> PairedChange:
    return paired_change(np.zeros(change.size), change, **options)


def two_sided_by_enumeration(change: FloatArray) -> float:
    """Flip every sign in every way, and count the rank sums at least as far from their mean."""
    ranks = np.argsort(np.argsort(np.abs(change))) + 1
    flips = np.array(list(itertools.product((0, 1), repeat=change.size)))
    distance = np.abs(flips @ ranks - ranks.sum() / 2)
    return float(np.mean(distance >= abs(ranks[change > 0].sum() - ranks.sum() / 2)))


@given(UNIQUE, st.randoms(use_true_random=False))
def test_the_exact_p_value_by_enumeration(sizes: set[int], random: Any) -> None:
    change = np.array([size * random.choice((-1.0, 1.0)) for size in sizes])
    result = of_changes(change)
    assert result.method.endswith("signed-rank test: exact")
    assert result.p_value == pytest.approx(two_sided_by_enumeration(change), abs=1e-12)


@given(PAIRS, st.sampled_from([0.8, 0.9, 0.95]))
def test_the_limits_hold_the_shifts_that_the_test_keeps(
    pairs: list[tuple[int, int]], level: float
) -> None:
    change = np.array([after - before for before, after in pairs], dtype=np.float64)
    result = of_changes(change, level=level)
    if math.isnan(result.lower):
        return
    # Walsh averages of whole numbers are multiples of 1/2, so these shifts meet none of them.
    for shift in np.arange(-11.25, 11.5, 0.5):
        kept = of_changes(change - shift).p_value > 1 - level
        assert kept == (result.lower < shift < result.upper)


@given(PAIRS)
def test_exchanging_before_and_after_changes_the_sign(pairs: list[tuple[int, int]]) -> None:
    before, after = np.array(pairs, dtype=np.float64).T
    there, back = paired_change(before, after), paired_change(after, before)
    np.testing.assert_allclose(
        [there.median, there.hodges_lehmann, there.lower, there.upper],
        [-back.median, -back.hodges_lehmann, -back.upper, -back.lower],
    )
    assert there.p_value == back.p_value


@given(PAIRS)
def test_the_estimate_is_the_median_of_all_averages_of_two(pairs: list[tuple[int, int]]) -> None:
    change = [after - before for before, after in pairs]
    averages = [(x + y) / 2 for x, y in itertools.combinations_with_replacement(change, 2)]
    result = paired_change(*zip(*pairs, strict=True))
    assert result.hodges_lehmann == np.median(averages)
    assert result.median == np.median(change)
    assert (result.n, result.zeros) == (len(change), change.count(0))


@given(PAIRS)
def test_pratt_as_scipy_has_it(pairs: list[tuple[int, int]]) -> None:
    change = np.array([after - before for before, after in pairs], dtype=np.float64)
    if not change.any() or change.all():
        return
    theirs = stats.wilcoxon(change, zero_method="pratt", correction=True, method="approx")
    result = of_changes(change, zero_method="pratt")
    assert result.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert "ranked (Pratt)" in result.method


def test_unchanged_pairs_are_dropped_from_the_test_and_kept_in_the_limits() -> None:
    changed = np.array([-4.0, -3, -3, -2, -2, -1, -1, 1])
    with_zeros = np.concatenate((changed, np.zeros(8)))
    alone, together = of_changes(changed), of_changes(with_zeros)
    assert together.p_value == alone.p_value
    assert together.zeros == 8
    assert (alone.hodges_lehmann, together.hodges_lehmann) == (-2.0, -1.0)
    assert together.method.endswith("unchanged pairs dropped")


def test_a_wilcoxon_table() -> None:
    # Critical values of the signed-rank sum, two-sided 5 %, as in every printed table:
    # n = 6: 0, 8: 3, 10: 8, 15: 25, 20: 52, 25: 89.
    for n, critical in {6: 0, 8: 3, 10: 8, 15: 25, 20: 52, 25: 89}.items():
        assert p_of_sum(n, critical) <= 0.05 < p_of_sum(n, critical + 1)


def p_of_sum(n: int, positive: int) -> float:
    """Return the p value of changes 1 … n in size whose positive ones sum to `positive`."""
    signs = -np.ones(n)
    for rank in range(n, 0, -1):
        if rank <= positive:
            signs[rank - 1], positive = 1, positive - rank
    return of_changes(signs * np.arange(1, n + 1)).p_value


def test_decimals_do_not_hide_ties() -> None:
    assert 0.3 - 0.1 != 0.4 - 0.2  # the trap
    result = paired_change([0.1, 0.2, 5.0], [0.3, 0.4, 5.0])
    assert result.zeros == 1
    assert result.median == 0.2
    assert "corrected for ties" in result.method


def test_no_pair() -> None:
    result = paired_change([], [])
    assert result.n == 0
    assert result.reason == "There is no pair."
    assert all(
        math.isnan(value)
        for value in (result.median, result.hodges_lehmann, result.lower, result.p_value)
    )


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_pairs_for_limits(n: int) -> None:
    result = of_changes(-np.arange(1.0, n + 1))
    assert result.p_value == 2 / 2**n
    assert math.isnan(result.lower)
    assert math.isnan(result.upper)
    assert result.hodges_lehmann == -(n + 1) / 2
    pairs = "1 pair is" if n == 1 else f"{n} pairs are"
    assert result.reason == f"{pairs} too few for limits at the level of 0.95."


def test_six_pairs_are_enough_and_the_limits_are_the_extremes() -> None:
    result = of_changes(-np.arange(1.0, 7))
    assert (result.lower, result.upper, result.reason) == (-6.0, -1.0, "")


def test_a_level_that_is_just_reached() -> None:
    # Five pairs reach 1 - 2 / 32 = 93.75 % exactly.
    assert of_changes(np.arange(1.0, 6), level=0.9375).lower == 1.0
    assert math.isnan(of_changes(np.arange(1.0, 6), level=0.9376).lower)


@pytest.mark.parametrize("method", ["wilcoxon", "pratt"])
def test_nobody_changed(method: str) -> None:
    result = of_changes(np.zeros(10), zero_method=method)
    assert (result.hodges_lehmann, result.lower, result.upper) == (0.0, 0.0, 0.0)
    assert result.p_value == 1.0
    assert "No pair changed" in result.reason


def test_everybody_changed_alike() -> None:
    result = of_changes(np.full(10, -3.0))
    assert (result.lower, result.hodges_lehmann, result.upper) == (-3.0, -3.0, -3.0)
    assert result.reason == "All changes are equal, so the limits have no width."


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1, math.nan], [1, 2]), {}, "before: a missing or infinite value at row 1"),
        (([1, 2], [1]), {}, "after: 1 values for 2 rows of before"),
        (([1], [1]), {"level": 1.0}, "level: 1.0"),
        (([1], [1]), {"zero_method": "split"}, "zero_method: 'split'. Allowed: 'wilcoxon', 'pra"),
    ],
)
def test_what_is_refused(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        paired_change(*arguments, **options)
