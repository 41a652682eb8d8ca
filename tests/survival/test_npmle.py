"""Interval-censored rows: innermost intervals, the maximum and its certificate, limits, a test."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    IntervalData,
    SurvivalData,
    interval_test,
    kaplan_meier,
    npmle,
    npmle_bootstrap,
    npmle_curvature,
    permutation_test,
)
from kyphort.survival.innermost import innermost_intervals
from kyphort.survival.npmle_curvature import MOST_DENSE_OF_KNOWN, Dense, Edges
from kyphort.survival.npmle_rows import distinct_rows

INF = float("inf")
ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), min_size=1, max_size=25)


def intervals(rows: list[tuple[int, int]]) -> IntervalData:
    """Make (l, l + w]; a width of 0 is an exact time, of 5 a row that never failed."""
    left = [low + (width == 0) for low, width in rows]
    right = [INF if width == 5 else low + max(width, 1) for low, width in rows]
    return IntervalData(left, right)


def scheduled(seed: int, n: int = 120) -> IntervalData:
    rng = np.random.default_rng(seed)
    true = rng.weibull(1.2, n) * 20
    visits = np.where(rng.random((n, 12)) < 0.3, np.nan, np.arange(3.0, 39.0, 3.0))
    left = np.nanmax(np.where(visits < true[:, None], visits, 0.0), axis=1)
    right = np.nanmin(np.where(visits >= true[:, None], visits, INF), axis=1)
    return IntervalData(left, right, cluster=rng.integers(0, n // 2, n))


def log_likelihood(data: IntervalData, left: Any, right: Any, probability: Any) -> float:
    inside = (data.left[:, None] <= left) & (right <= data.right[:, None])
    exact = (
        (left == right)[None, :] & (data.left[:, None] == left) & (data.left < data.right)[:, None]
    )
    return float(np.sum(data.weights * np.log((inside & ~exact) @ probability)))


@given(ROWS)
def test_the_certificate_holds_for_every_innermost_interval(rows: list[tuple[int, int]]) -> None:
    data = intervals(rows)
    curve = npmle(data)
    assert curve.probability.sum() == pytest.approx(1.0, abs=1e-12)
    assert curve.optimality_gap <= 1e-11 * len(data)
    ours = log_likelihood(data, curve.left, curve.right, curve.probability)
    assert curve.log_likelihood == pytest.approx(ours, abs=1e-10)
    # Any other distribution on the innermost intervals is at most as likely.
    inner = innermost_intervals(data)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = rng.dirichlet(np.full(inner.left.size, 0.5)) + 1e-12
        theirs = log_likelihood(data, inner.left, inner.right, other / other.sum())
        assert theirs <= ours + 1e-9


@given(ROWS)
def test_the_iteration_of_turnbull_comes_to_the_same_likelihood(
    rows: list[tuple[int, int]],
) -> None:
    data = intervals(rows)
    curve, inner = npmle(data), innermost_intervals(data)
    places = np.arange(inner.left.size)
    inside = (inner.first[:, None] <= places) & (places <= inner.last[:, None])
    probability = np.full(places.size, 1.0 / places.size)
    for _ in range(1000):
        probability = probability * (inside / (inside @ probability)[:, None]).mean(axis=0)
    value = float(np.sum(np.log(inside @ probability)))
    assert curve.log_likelihood >= value - 1e-9
    assert curve.log_likelihood == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_exact_and_right_censored_rows_give_kaplan_meier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event = np.ceil(rng.exponential(10, 90)), rng.random(90) < 0.5
    weight = rng.integers(1, 4, 90)
    curve = npmle(IntervalData(time, np.where(event, time, INF), weight=weight))
    expected = kaplan_meier(SurvivalData(time, event, weight=weight))
    found = curve.at(expected.times)
    # After the last exit the curve is open when it is not zero.
    np.testing.assert_allclose(found.survival, expected.survival, atol=1e-10)


def test_thousands_of_distinct_known_times_give_kaplan_meier() -> None:
    rng = np.random.default_rng(3)
    true, end = rng.exponential(10, 8000), rng.exponential(12, 8000)
    time, event = np.minimum(true, end), true <= end
    curve = npmle(IntervalData(time, np.where(event, time, INF)))
    expected = kaplan_meier(SurvivalData(time, event))
    found = curve.at(expected.times)
    known = ~np.isnan(found.survival)
    assert curve.probability.size > MOST_DENSE_OF_KNOWN
    assert curve.optimality_gap <= 1e-11 * 8000
    np.testing.assert_allclose(found.survival[known], expected.survival[known], atol=1e-11)


def test_weights_of_very_different_size_keep_their_digits() -> None:
    """Gamma weights from about 1e-6 to 6, half of the times known."""
    rng = np.random.default_rng(5)
    true, visits = rng.exponential(10, 1500), np.cumsum(rng.exponential(4, (1500, 12)), axis=1)
    is_known = rng.random(1500) < 0.5
    left = np.where(is_known, true, np.where(visits < true[:, None], visits, 0.0).max(axis=1))
    right = np.where(is_known, true, np.where(visits >= true[:, None], visits, INF).min(axis=1))
    weight = rng.gamma(0.3, 1.0, 1500) + 1e-6
    curve = npmle(IntervalData(left, right, weight=weight))
    assert curve.probability.size > MOST_DENSE_OF_KNOWN
    assert curve.optimality_gap <= 1e-9 * weight.sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_edges_are_the_matrix(seed: int) -> None:
    """The form for many intervals solves and multiplies as the matrix for few does."""
    rng = np.random.default_rng(seed)
    size = 60
    low = np.concatenate((np.arange(size), rng.integers(0, size, 200)))
    high = np.minimum(low + np.concatenate((np.ones(size, int), rng.integers(1, 20, 200))), size)
    each, pull = rng.gamma(0.5, 1.0, low.size) + 1e-3, rng.normal(size=size)
    matrix = Dense(
        ((low[:, None] <= np.arange(size)) & (np.arange(size) < high[:, None])).T.astype(float)
        @ np.diag(each)
        @ ((low[:, None] <= np.arange(size)) & (np.arange(size) < high[:, None])).astype(float)
        + 1e-9 * np.eye(size),
        1e-9,
    )
    edges = Edges(low, high, each, size, 1e-9)
    np.testing.assert_allclose(edges.times(pull), matrix.times(pull), rtol=1e-10, atol=1e-10)
    for free in (np.ones(size, bool), rng.random(size) < 0.6):
        near = np.zeros(size)
        np.testing.assert_allclose(
            edges.solve(pull, free, near), matrix.solve(pull, free, near), rtol=1e-8, atol=1e-10
        )


def test_the_form_for_many_intervals_comes_to_the_same_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(11)
    true, visits = rng.exponential(10, 900), np.cumsum(rng.exponential(4, (900, 10)), axis=1)
    is_known = rng.random(900) < 0.2
    left = np.where(is_known, true, np.where(visits < true[:, None], visits, 0.0).max(axis=1))
    right = np.where(is_known, true, np.where(visits >= true[:, None], visits, INF).min(axis=1))
    one = npmle(IntervalData(left, right))
    monkeypatch.setattr(npmle_curvature, "MOST_DENSE", 0)
    other = npmle(IntervalData(left, right))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(one.at(one.right[:-1]).survival, other.at(one.right[:-1]).survival)


def test_counted_and_sorted_runs_are_the_same() -> None:
    """Looks that many rows share are counted; a few rows of the same looks are sorted."""
    rows = scheduled(5, 3000)
    few = scheduled(5, 3000).select(np.arange(40))
    for data, is_counted in ((rows, True), (few, False)):
        inner = innermost_intervals(data)
        assert ((inner.left.size + 1) ** 2 <= 4 * len(data)) == is_counted
        found = distinct_rows(inner, data.weights)
        expected = Counter(zip(inner.first.tolist(), (inner.last + 1).tolist(), strict=True))
        runs = zip(found.first.tolist(), found.after.tolist(), strict=True)
        assert dict(zip(runs, found.weight.tolist(), strict=True)) == expected


def test_half_open_intervals_share_no_day() -> None:
    """Closed intervals would put everything on day 6, which both rows touch."""
    data = IntervalData([0, 6], [6, 12])
    curve = npmle(data)
    assert curve.left.tolist() == [0.0, 6.0]
    assert curve.right.tolist() == [6.0, 12.0]
    assert curve.survival.tolist() == [0.5, 0.0]


def test_an_exact_time_lies_in_the_interval_that_ends_there_and_not_after_it() -> None:
    curve = npmle(IntervalData([6, 0, 6], [6, 6, 9]))
    assert curve.left.tolist() == [6.0, 6.0]
    assert curve.right.tolist() == [6.0, 9.0]
    np.testing.assert_allclose(curve.probability, [2 / 3, 1 / 3])


def test_inside_an_innermost_interval_the_curve_is_a_range() -> None:
    points = npmle(IntervalData([0, 6, 12], [6, 12, INF])).at([3, 6, 9, 12, 20])
    np.testing.assert_allclose(points.highest, [1, 2 / 3, 2 / 3, 1 / 3, np.nan])
    np.testing.assert_allclose(points.lowest, [2 / 3, 2 / 3, 1 / 3, 1 / 3, np.nan])


def test_rounded_times_are_merged() -> None:
    data = IntervalData([0.1 + 0.2, 0.0], [1.0, 0.3])
    assert data.left[0] == data.right[1]


def test_many_intervals_with_times_of_their_own() -> None:
    rng = np.random.default_rng(7)
    n = 4000
    true, visits = rng.exponential(10, n), np.cumsum(rng.exponential(4, (n, 10)), axis=1)
    left = np.where(visits < true[:, None], visits, 0.0).max(axis=1)
    right = np.where(visits >= true[:, None], visits, INF).min(axis=1)
    curve = npmle(IntervalData(left, right))
    assert curve.optimality_gap <= 1e-11 * n
    np.testing.assert_allclose(curve.at([5, 10, 20]).survival, np.exp([-0.5, -1, -2]), atol=0.06)


def test_limits_do_not_depend_on_the_order_of_rows_or_on_workers() -> None:
    data = scheduled(1)
    order = np.random.default_rng(0).permutation(len(data))
    moved = IntervalData(data.left[order], data.right[order], cluster=_labels(data)[order])
    one = npmle_bootstrap(data, [6, 12, 24], replicates=60, seed=3)
    other = npmle_bootstrap(moved, [6, 12, 24], replicates=60, seed=3, workers=2)
    np.testing.assert_allclose(one.draws, other.draws, atol=1e-9)
    assert (one.lower <= one.survival).all()
    assert (one.survival <= one.upper).all()
    assert one.clusters == other.clusters


def _labels(data: IntervalData) -> np.ndarray[Any, Any]:
    assert data.cluster is not None
    return data.cluster


def test_the_bootstrap_error_is_that_of_a_binomial_when_all_are_looked_at_once() -> None:
    right = np.where(np.arange(200) < 60, 6.0, INF)
    left = np.where(np.arange(200) < 60, 0.0, 6.0)
    found = npmle_bootstrap(IntervalData(left, right), [6], replicates=800, seed=1)
    assert found.survival[0] == pytest.approx(0.7)
    assert found.std_error[0] == pytest.approx(np.sqrt(0.3 * 0.7 / 200), rel=0.08)


def test_the_test_of_exact_times_is_close_to_the_logrank_test() -> None:
    rng = np.random.default_rng(1)
    time, end, group = rng.exponential(10, 80), rng.exponential(15, 80), rng.integers(0, 2, 80)
    shown, seen = np.minimum(time, end), time <= end
    ours = interval_test(
        IntervalData(shown, np.where(seen, shown, INF)), group, permutations=4999, seed=3
    )
    other = permutation_test(SurvivalData(shown, seen), group, permutations=4999, seed=3)
    assert ours.statistic == pytest.approx(other.statistic, abs=0.1)
    assert ours.p_value == pytest.approx(other.p_value, abs=0.03)


def test_scores_are_the_slope_of_the_likelihood_at_no_effect() -> None:
    """Lehmann: S(l)^exp(b) - S(r)^exp(b) of one group's rows, S held at the pooled estimate."""
    data = scheduled(4)
    group = np.random.default_rng(2).integers(0, 2, len(data))
    found = interval_test(data, group, permutations=99, seed=1)
    points = npmle(data)
    before = np.where(data.left > 0, points.at(data.left).survival, 1.0)
    finite = np.isfinite(data.right)
    after = np.where(finite, points.at(np.where(finite, data.right, 1.0)).survival, 0.0)

    def value(effect: float) -> float:
        power = np.where(group == 1, np.exp(effect), 1.0)
        return float(np.sum(np.log(before**power - after**power)))

    slope = (value(1e-5) - value(-1e-5)) / 2e-5
    assert found.observed[1] - found.expected[1] == pytest.approx(slope, abs=1e-6)


def test_alike_groups_are_rejected_as_often_as_they_should_be() -> None:
    p_values = []
    for seed in range(60):
        data = scheduled(seed, 60)
        group = np.random.default_rng(seed + 500).integers(0, 2, 60)
        p_values.append(interval_test(data, group, permutations=199, seed=seed).p_value)
    assert 0.35 < np.mean(p_values) < 0.65
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([3], [2], "an end before its left end at row 0"),
        ([-1], [2], "no finite time from 0 on"),
        ([INF], [INF], "no finite time from 0 on"),
        ([0], [0], "an end that is not above zero"),
        ([np.nan], [2], "a missing value at row 0"),
        ([1, 2], [3], "1 values for 2 rows of left"),
        ([], [], "no rows"),
        (["a"], [2], "not all values are numbers"),
    ],
)
def test_refusals(left: Any, right: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        IntervalData(left, right)


def test_what_the_bootstrap_refuses() -> None:
    with pytest.raises(InvalidDataError, match="ascending"):
        npmle_bootstrap(scheduled(1), [12, 6], replicates=10, seed=1)
    with pytest.raises(InvalidDataError, match="replicates: 0"):
        npmle_bootstrap(scheduled(1), [6], replicates=0, seed=1)
