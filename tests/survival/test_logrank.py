"""The log-rank test by hand, and what it refuses."""

import math
from fractions import Fraction

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import SurvivalData, logrank

TIMES, CODES, GROUPS = [1, 2, 2, 3, 4, 5], [1, 1, 1, 0, 1, 0], ["a", "a", "b", "b", "a", "b"]


def test_exact_fractions() -> None:
    # Time 1: 3 of 6 in a, one event; time 2: 2 of 5, two events; time 4: 1 of 2, one event.
    expected = Fraction(3, 6) + Fraction(2 * 2, 5) + Fraction(1, 2)
    variance = Fraction(1, 4) + Fraction(2 * 2 * 3 * 3, 25 * 4) + Fraction(1, 4)
    result = logrank(SurvivalData(TIMES, CODES), GROUPS)
    assert result.observed.tolist() == [3.0, 1.0]
    assert result.expected[0] == pytest.approx(float(expected))
    assert result.statistic == pytest.approx(float((3 - expected) ** 2 / variance))
    assert result.p_value == pytest.approx(math.erfc(math.sqrt(result.statistic / 2)))
    assert (result.groups, result.sizes.tolist(), result.df) == (("a", "b"), [3.0, 3.0], 1)


def test_late_weights_count_late_differences() -> None:
    # S just before the events is 1, 5/6 and 1/2, so 1 - S is 0, 1/6 and 1/2.
    result = logrank(SurvivalData(TIMES, CODES), GROUPS, gamma=1)
    difference = Fraction(1, 6) * (1 - Fraction(4, 5)) + Fraction(1, 2) * Fraction(1, 2)
    variance = Fraction(1, 36) * Fraction(36, 100) + Fraction(1, 4) * Fraction(1, 4)
    assert result.statistic == pytest.approx(float(difference**2 / variance))
    assert result.method.startswith("G(ρ=0, γ=1) log-rank test")


def test_shared_clusters_change_the_test() -> None:
    # Each patient has one vertebra in either group and both fail close together.
    time = [1, 2, 4, 3, 5, 6, 8, 7, 9, 10]
    patient = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    region = ["a", "b"] * 5
    shared = logrank(SurvivalData(time, [1] * 10, cluster=patient), region)
    naive = logrank(SurvivalData(time, [1] * 10), region)
    assert shared.statistic > 1.5 * naive.statistic  # the pairing removes the patients' variation
    assert (shared.clusters, naive.clusters) == (5, None)
    assert "robust score variance over 5 clusters" in shared.method


def test_the_data_s_own_strata_are_used() -> None:
    strata = [1, 1, 1, 2, 2, 2]
    own = logrank(SurvivalData(TIMES, CODES, stratum=strata), GROUPS)
    given = logrank(SurvivalData(TIMES, CODES), GROUPS, stratum=strata)
    assert own.statistic == given.statistic
    assert "2 strata" in own.method


@pytest.mark.parametrize("cluster_robust", [False, True])
def test_nothing_to_compare(cluster_robust: bool) -> None:
    none = logrank(SurvivalData([1, 2], [0, 0]), ["a", "b"], cluster_robust=cluster_robust)
    apart = logrank(
        SurvivalData(TIMES, CODES), GROUPS, stratum=GROUPS, cluster_robust=cluster_robust
    )
    for result in (none, apart):
        assert result.df == 0
        assert math.isnan(result.statistic)
        assert math.isnan(result.p_value)


def test_too_few_clusters_fit_any_difference() -> None:
    one = logrank(SurvivalData(TIMES, CODES, cluster=["p"] * 6), GROUPS)
    assert math.isnan(one.statistic)


def test_fractional_weights_need_the_robust_variance() -> None:
    data = SurvivalData(TIMES, CODES, weight=[0.5, 1, 1, 2, 1, 1])
    with pytest.raises(InvalidDataError, match=r"weight: .* Pass cluster_robust=True"):
        logrank(data, GROUPS, cluster_robust=False)
    assert logrank(data, GROUPS).clusters == 6


def test_what_is_refused() -> None:
    data = SurvivalData(TIMES, CODES)
    with pytest.raises(InvalidDataError, match=r"groups: only one label, 'a'"):
        logrank(data, ["a"] * 6)
    with pytest.raises(InvalidDataError, match=r"groups: 2 values for 6 rows"):
        logrank(data, ["a", "b"])
    with pytest.raises(InvalidDataError, match=r"groups: no label at row 2 "):
        logrank(data, ["a", "b", None, "a", "b", "a"])
    with pytest.raises(InvalidDataError, match=r"rho: -1. Allowed: a finite number, 0 or more"):
        logrank(data, GROUPS, rho=-1)


def test_many_small_strata() -> None:
    # Matched pairs: the stratified log-rank test is McNemar's, (b - c)² / (b + c).
    pairs = np.repeat(np.arange(40), 2)
    first_fails = np.arange(40) < 27
    time = np.where(np.column_stack((first_fails, ~first_fails)), 1, 2).ravel()
    result = logrank(SurvivalData(time, time == 1), np.tile([0, 1], 40), stratum=pairs)
    assert result.statistic == pytest.approx((27 - 13) ** 2 / 40)
