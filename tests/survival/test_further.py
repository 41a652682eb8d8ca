"""Completeness, landmarks, conditional curves, differences, bands, exact and Gray's test."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    SurvivalData,
    aalen_johansen,
    completeness,
    conditional_survival,
    confidence_band,
    exact_logrank,
    gray_test,
    kaplan_meier,
    landmark_table,
    logrank,
    logrank_trend,
    restricted_mean_difference,
    survival_difference,
)
from kyphort.survival.boundary import bridge_within, critical_value, standardised_within

from .cases import Case, cases
from .influence_by_hand import clustered_error, derivatives


@settings(max_examples=50)
@given(case=cases(smallest=6))
def test_time_lost_error(case: Case) -> None:
    data = case.data("entry", "cluster")
    incidence = aalen_johansen(data)
    tau = float(data.time.max())
    times, _, influence = derivatives(data, cause=1)
    found = incidence.time_lost(tau)
    widths = np.diff(times)
    assert found.value == pytest.approx(float(incidence.incidence[:-1] @ widths), abs=1e-12)
    if np.unique(case.cluster).size == 1:
        assert math.isnan(found.std_error)
        return
    expected = clustered_error((influence[:, :-1] @ widths)[:, None], data)[0]
    assert found.std_error**2 == pytest.approx(expected**2, rel=1e-9, abs=1e-14)


def test_time_lost_and_restricted_mean_share_the_horizon() -> None:
    data = SurvivalData([2, 3, 5, 8], [1, 2, 1, 0])
    curve = kaplan_meier(data)
    assert curve.time_lost(6).value + curve.restricted_mean(6).value == pytest.approx(6.0)
    lost = [aalen_johansen(data, cause).time_lost(6).value for cause in (1, 2)]
    everyone = SurvivalData([2, 3, 5, 8], [1, 1, 1, 0])
    assert sum(lost) == pytest.approx(kaplan_meier(everyone).time_lost(6).value, rel=1e-14)
    with pytest.raises(InvalidDataError, match="tau: 9 lies beyond the last exit at 8"):
        aalen_johansen(data).time_lost(9)
    done = aalen_johansen(SurvivalData([2, 4], [1, 2]))
    assert done.time_lost(10).value == pytest.approx(4.0)  # nothing is left to know


@settings(max_examples=50)
@given(case=cases(smallest=8))
def test_clustered_difference_error(case: Case) -> None:
    data, group = case.data("entry", "cluster"), case.group % 2
    t = min(float(data.time[group == g].max()) for g in (0, 1))
    found = survival_difference(data, group, t, cluster_robust=True)
    signed = np.zeros((len(data), 1))
    heights = []
    for g, sign in ((0, 1.0), (1, -1.0)):
        rows = np.flatnonzero(group == g)
        part = data.select(rows)
        one_cause = SurvivalData(part.time, part.event == 1, entry=part.entry)
        times, influence, _ = derivatives(one_cause, cause=1)
        height = float(kaplan_meier(part).at(t).survival)
        column = np.searchsorted(times, t, side="right") - 1
        if column >= 0:
            signed[rows, 0] = sign * height * influence[:, column]
        heights.append(height)
    assert found.value == heights[0] - heights[1]
    if np.unique(case.cluster).size > 1:
        expected = clustered_error(signed, data)[0]
        assert found.std_error**2 == pytest.approx(expected**2, rel=1e-9, abs=1e-14)


def test_differences_of_independent_groups() -> None:
    data = SurvivalData([3, 5, 7, 9, 2, 6, 8, 11], [1, 0, 1, 1, 1, 1, 0, 1])
    groups = [1, 1, 1, 1, 2, 2, 2, 2]
    first, second = (kaplan_meier(part) for part in data.split(groups).values())
    found = survival_difference(data, groups, 6)
    assert found.value == first.at(6).survival - second.at(6).survival
    assert found.std_error == pytest.approx(
        math.hypot(first.at(6).std_error, second.at(6).std_error)
    )
    assert found.p_value == pytest.approx(
        math.erfc(abs(found.value) / found.std_error / math.sqrt(2.0))
    )
    means = restricted_mean_difference(data, groups, 6)
    assert means.value == pytest.approx(
        first.restricted_mean(6).value - second.restricted_mean(6).value
    )
    assert means.groups == (1, 2)


def test_differences_refuse() -> None:
    data = SurvivalData([3, 5, 7], [1, 0, 1])
    with pytest.raises(InvalidDataError, match="after the last exit of group 'b' at 5"):
        survival_difference(data, ["a", "b", "a"], 6)
    with pytest.raises(InvalidDataError, match="groups: 3 labels"):
        survival_difference(data, [1, 2, 3], 2)
    with pytest.raises(InvalidDataError, match="groups: only one label"):
        restricted_mean_difference(data, [1, 1, 1], 2)


def test_completeness_by_hand() -> None:
    # An event at 12, lost at 6 of 24, followed to 24, lost at 9 of 18.
    found = completeness(SurvivalData([12, 6, 24, 9], [2, 0, 0, 0]), [24, 24, 24, 18])
    assert found.percentage == 0.5
    assert found.clark_c == 51 / (51 + 18 + 9)
    rate = 1 / 51
    regained = sum((1 - math.exp(-rate * missed)) / rate for missed in (18, 9))
    assert found.modified_clark_c == pytest.approx(51 / (51 + regained), rel=1e-14)
    assert found.simplified_person_time == (24 + 6 + 24 + 9) / 90
    assert found.lost.tolist() == [1, 3]


def test_completeness_at_the_edges() -> None:
    nothing = completeness(SurvivalData([5, 5], [0, 0]), [10, 10])
    assert (nothing.clark_c, nothing.modified_clark_c, nothing.percentage) == (0.5, 0.5, 0.0)
    beyond = completeness(SurvivalData([5, 5 + 1e-12], [0, 0]), [4, 5])
    assert (beyond.clark_c, beyond.percentage, beyond.lost.size) == (1.0, 1.0, 0)
    late = completeness(SurvivalData([5, 5], [0, 1], entry=[1, 2], weight=[2, 1]), [9, 9])
    assert late.clark_c == (2 * 4 + 3) / (2 * 8 + 3)
    with pytest.raises(InvalidDataError, match=r"potential: .* at row 1 "):
        completeness(SurvivalData([5, 5], [0, 0]), [4, 0])
    with pytest.raises(InvalidDataError, match="potential: 1 values for 2 rows"):
        completeness(SurvivalData([5, 5], [0, 0]), [4])


@settings(max_examples=50)
@given(case=cases(smallest=6))
def test_conditional_survival_is_a_ratio(case: Case) -> None:
    data = case.data("cluster")
    start = float(np.sort(case.time)[0])
    if not (case.time > start).any():
        return
    whole, later = kaplan_meier(data), conditional_survival(data, start)
    t = float(case.time.max())
    before, after = float(whole.at(start).survival), float(whole.at(t).survival)
    if before > 0.0:
        assert float(later.at(t).survival) == pytest.approx(after / before, rel=1e-12, abs=1e-15)
    assert later.at(start).survival == 1.0


def test_conditional_survival_refuses() -> None:
    with pytest.raises(InvalidDataError, match="given: -1"):
        conditional_survival(SurvivalData([5], [0]), -1)
    with pytest.raises(InvalidDataError, match="Nobody is under observation after"):
        conditional_survival(SurvivalData([5], [0]), 5)


def test_landmarks_of_an_incidence() -> None:
    data = SurvivalData([4, 11, 12, 24], [1, 2, 1, 0])
    table = landmark_table(aalen_johansen(data), [1, 12, 30])
    assert table.estimate[:2].tolist() == [0.0, 0.5]
    assert math.isnan(table.estimate[2])
    assert (table.events.sum(), table.competing.sum(), table.censored.sum()) == (2.0, 1.0, 1.0)
    with pytest.raises(InvalidDataError, match=r"times: .* ascending"):
        landmark_table(kaplan_meier(data), [12, 12])


def test_critical_values_in_print() -> None:
    # Kolmogorov's distribution, and the two-sided normal one for a stretch without length.
    whole = critical_value(lambda c: bridge_within(c, 1e-6, 1 - 1e-6), 0.95)
    assert whole == pytest.approx(1.3581, abs=2e-4)
    point = critical_value(lambda c: standardised_within(c, 0.4, 0.4 + 1e-10), 0.95)
    assert point == pytest.approx(1.95996, abs=0.01)


@pytest.mark.parametrize("within", [bridge_within, standardised_within])
def test_boundary_against_simulated_paths(within: Any) -> None:
    # Paths on a grid miss some crossings, so they stay inside a little more often.
    rng = np.random.default_rng(1)
    steps, paths = 2000, 4000
    walk = np.cumsum(rng.normal(size=(paths, steps)) / math.sqrt(steps), axis=1)
    u = np.arange(1, steps + 1) / steps
    bridge = np.abs(walk - u * walk[:, -1:])
    scale = np.sqrt(u * (1 - u)) if within is standardised_within else np.ones(steps)
    inside = (u >= 0.2) & (u <= 0.7)
    c = 2.4 if within is standardised_within else 1.1
    simulated = float((bridge[:, inside] <= c * scale[inside]).all(axis=1).mean())
    assert within(c, 0.2, 0.7) == pytest.approx(simulated, abs=0.03)


def test_bands_refuse() -> None:
    clustered = kaplan_meier(SurvivalData([1, 2, 3], [1, 1, 0], cluster=[1, 1, 2]))
    with pytest.raises(InvalidDataError, match="clustered standard errors"):
        confidence_band(clustered)
    plain = kaplan_meier(SurvivalData([1, 2, 3, 4], [1, 1, 1, 0]))
    with pytest.raises(InvalidDataError, match="kind: 'scheffe'"):
        confidence_band(plain, kind="scheffe")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(InvalidDataError, match="two event times"):
        confidence_band(plain, between=(1, 1.5))
    with pytest.raises(InvalidDataError, match="confidence: 'x'"):
        confidence_band(plain, confidence="x")  # type: ignore[arg-type]  # that is the test
    band = confidence_band(plain)
    assert (band.lower < plain.lower[:3]).all()  # wider than the limits at one time


def test_exact_logrank_by_enumeration() -> None:
    rng = np.random.default_rng(2)
    time, event = rng.integers(1, 8, 11), rng.integers(0, 2, 11)
    data = SurvivalData(time, event)
    groups = np.array([0] * 4 + [1] * 7)
    found = exact_logrank(data, groups)
    observed = logrank(data, groups)
    distance = abs(observed.observed[0] - observed.expected[0])
    beyond = 0
    for chosen in itertools.combinations(range(11), 4):
        labels = np.ones(11, dtype=int)
        labels[list(chosen)] = 0
        each = logrank(data, labels)
        beyond += abs(each.observed[0] - each.expected[0]) >= distance - 1e-9
    assert found.p_value == beyond / math.comb(11, 4)
    np.testing.assert_allclose(found.expected, observed.expected, rtol=1e-12)


def test_exact_logrank_at_the_edges() -> None:
    none = exact_logrank(SurvivalData([1, 2, 3], [0, 0, 0]), [1, 2, 2])
    assert (none.p_value, none.df) == (1.0, 0)
    with pytest.raises(InvalidDataError, match="time: 41 rows"):
        exact_logrank(SurvivalData(range(1, 42), [1] * 41), [0] + [1] * 40)
    with pytest.raises(InvalidDataError, match="cluster: the exact test"):
        exact_logrank(SurvivalData([1, 2, 3], [1, 1, 0], cluster=[1, 1, 2]), [1, 2, 2])
    with pytest.raises(InvalidDataError, match="groups: 3 labels"):
        exact_logrank(SurvivalData([1, 2, 3], [1, 1, 0]), [1, 2, 3])


def test_gray_without_competing_events_weights_as_logrank() -> None:
    data = SurvivalData([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 1])
    groups = [1, 2, 1, 2, 1, 2]
    ours, other = gray_test(data, groups), logrank(data, groups)
    np.testing.assert_allclose(ours.expected, other.expected, rtol=1e-12)


def test_gray_at_the_edges() -> None:
    none = gray_test(SurvivalData([1, 2, 3], [0, 0, 0]), [1, 2, 2])
    assert math.isnan(none.statistic)
    assert none.df == 0
    apart = gray_test(SurvivalData([1, 1, 1], [1, 1, 2]), [1, 2, 2])
    assert apart.df in (0, 1)
    with pytest.raises(InvalidDataError, match="entry: Gray's test knows no late entry"):
        gray_test(SurvivalData([2, 3], [1, 1], entry=[0, 1]), [1, 2])
    with pytest.raises(InvalidDataError, match="rho: -1"):
        gray_test(SurvivalData([2, 3], [1, 1]), [1, 2], rho=-1)


def test_trend_scores() -> None:
    data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1])
    groups = ["a", "b", "c", "a", "b", "c"]
    by_order = logrank_trend(data, groups, scores=[1, 2, 4])
    by_name = logrank_trend(data, groups, scores={"a": 1, "b": 2, "c": 4})
    moved = logrank_trend(data, groups, scores=[10, 20, 40])
    assert by_order.statistic == by_name.statistic
    assert moved.statistic == pytest.approx(by_order.statistic, rel=1e-12)
    two = logrank_trend(data, [1, 2, 1, 2, 1, 2])
    assert two.statistic == pytest.approx(logrank(data, [1, 2, 1, 2, 1, 2]).statistic, rel=1e-12)
    with pytest.raises(InvalidDataError, match=r"scores: none for \['c'\]"):
        logrank_trend(data, groups, scores={"a": 1, "b": 2})
    with pytest.raises(InvalidDataError, match="scores: all are 3"):
        logrank_trend(data, groups, scores=[3, 3, 3])
    with pytest.raises(InvalidDataError, match="scores: 2 values for 3 rows of groups"):
        logrank_trend(data, groups, scores=[1, 2])


def test_weightings_refuse() -> None:
    data = SurvivalData([1, 2], [1, 1])
    with pytest.raises(InvalidDataError, match=r"weighting: 'wilcoxon'. Allowed"):
        logrank(data, [1, 2], weighting="wilcoxon")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(InvalidDataError, match="has no exponents"):
        logrank(data, [1, 2], weighting="gehan", rho=1)
