"""R survival 3.5-3 on hand-made rows with heavy ties: handmade.json."""

from typing import Any

import numpy as np
import pytest

from kyphort.survival import (
    SurvivalCurve,
    SurvivalData,
    TestResult,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
)
from kyphort.survival.transforms import Confidence

from .saved import assert_same_curve, numbers, output, survival_data, table

SAVED = output("handmade")
KINDS: list[Confidence] = ["log-log", "log", "plain", "logit", "arcsin"]


def assert_same_quantiles(curve: SurvivalCurve, saved: dict[str, Any]) -> None:
    found = [curve.quantile(p) for p in (0.1, 0.25, 0.5)]
    for field, name in (("estimate", "quantile"), ("lower", "lower"), ("upper", "upper")):
        ours = [getattr(quantile, field) for quantile in found]
        np.testing.assert_allclose(ours, numbers(saved[name]), rtol=1e-12, err_msg=field)


def assert_same_test(result: TestResult, saved: dict[str, Any]) -> None:
    assert result.statistic == pytest.approx(saved["statistic"], rel=1e-9)
    np.testing.assert_allclose(result.observed, saved["observed"], rtol=1e-12)
    np.testing.assert_allclose(result.expected, saved["expected"], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_interval_scales(kind: Confidence) -> None:
    curve = kaplan_meier(survival_data("handmade"), confidence=kind)
    assert_same_curve(curve, SAVED["kinds"][kind])
    assert_same_quantiles(curve, SAVED["quantiles"][kind])


def test_whole_number_weights() -> None:
    curve = kaplan_meier(survival_data("handmade", weight="copies"))
    assert curve.clusters is None
    assert_same_curve(curve, SAVED["copies"])


def test_fractional_weights_make_the_error_robust() -> None:
    curve = kaplan_meier(survival_data("handmade", weight="weight"))
    assert curve.clusters == 180
    assert_same_curve(curve, SAVED["weighted"])


def test_fractional_weights_late_entry_and_clusters() -> None:
    data = survival_data("handmade", weight="weight", entry="entry", cluster="patient")
    assert_same_curve(kaplan_meier(data), SAVED["weighted_cluster"])


def test_clusters_of_unequal_size() -> None:
    curve = kaplan_meier(survival_data("handmade", cluster="patient"))
    assert_same_curve(curve, SAVED["cluster"])


@pytest.mark.parametrize(
    ("name", "columns"),
    [("aj", {}), ("aj_weighted", {"weight": "weight"}), ("aj_late", {"entry": "entry"})],
)
def test_aalen_johansen(name: str, columns: dict[str, str]) -> None:
    found = aalen_johansen(survival_data("handmade", **columns))
    saved = SAVED[name]
    points = found.at(saved["time"])
    inside = points.incidence > 0.0
    np.testing.assert_allclose(points.incidence, saved["incidence"], rtol=0, atol=1e-12)
    for field in ("std_error", "lower", "upper"):
        ours, theirs = getattr(points, field)[inside], numbers(saved[field])[inside]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12, err_msg=field)


@pytest.mark.parametrize(
    ("name", "columns", "rho"),
    [
        ("logrank", {}, 0.0),
        ("logrank_rho_1", {}, 1.0),
        ("logrank_rho_half", {"stratum": "site"}, 0.5),
        ("logrank_strata", {"stratum": "site"}, 0.0),
        ("logrank_copies", {"weight": "copies"}, 0.0),
    ],
)
def test_logrank_of_four_groups(name: str, columns: dict[str, str], rho: float) -> None:
    result = logrank(survival_data("handmade", **columns), table("handmade")["arm"], rho=rho)
    assert result.df == 3
    assert_same_test(result, SAVED[name])


def test_logrank_with_late_entry_is_the_exact_score_test() -> None:
    first = np.arange(45)
    data = survival_data("handmade", entry="entry").select(first)
    result = logrank(data, table("handmade")["arm"][:45])
    assert result.statistic == pytest.approx(SAVED["logrank_late"], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("robust", {"cluster": "patient"}),
        ("robust_rows", {}),
        ("robust_strata", {"cluster": "patient", "stratum": "site"}),
        ("robust_late", {"cluster": "patient", "entry": "entry"}),
        ("robust_weighted", {"cluster": "patient", "weight": "weight"}),
    ],
)
def test_robust_logrank_is_the_robust_score_test(name: str, columns: dict[str, str]) -> None:
    data = survival_data("handmade", **columns)
    result = logrank(data, table("handmade")["arm"], cluster_robust=True)
    assert result.statistic == pytest.approx(SAVED[name], rel=1e-9)


def test_median_of_a_flat_piece() -> None:
    four = kaplan_meier(SurvivalData([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0]))
    three = kaplan_meier(SurvivalData([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]))
    assert_same_quantiles(four, SAVED["flat_four"])
    assert four.quantile(0.5).estimate == 3.5
    assert three.quantile(0.5).estimate == 4.5


def test_near_equal_times_are_one_time() -> None:
    times = [0.1 + 0.2, 0.3, 0.3 + 1e-9, 0.5, 1000 / 3, 1000 / 3 + 1e-8, 400]
    curve = kaplan_meier(SurvivalData(times, [1, 0, 1, 1, 1, 1, 0]))
    assert curve.times.size == 4
    assert_same_curve(curve, SAVED["near"])
    assert curve.at([0.1 + 0.2, 0.3]).survival.tolist() == [curve.survival[0]] * 2


def test_a_curve_that_reaches_zero() -> None:
    curve = kaplan_meier(SurvivalData([2, 2, 4, 4, 5, 7], [1, 0, 1, 1, 1, 1]), confidence="log")
    assert_same_curve(curve, SAVED["dead"])
    assert (curve.survival[-1], curve.std_error[-1]) == (0.0, 0.0)
    assert np.isnan([curve.lower[-1], curve.upper[-1]]).all()


def test_trial_with_a_long_tail() -> None:
    curve = kaplan_meier(survival_data("trial"))
    assert_same_curve(curve, SAVED["trial"])
    assert_same_quantiles(curve, SAVED["trial_quantiles"])
    mean = curve.restricted_mean(200)
    np.testing.assert_allclose([mean.value, mean.std_error], SAVED["trial_rmean"], rtol=1e-12)


def test_trial_logrank() -> None:
    data, columns = survival_data("trial"), table("trial")
    assert_same_test(logrank(data, columns["cell"]), SAVED["trial_logrank"])
    assert_same_test(logrank(data, columns["arm"], rho=1), SAVED["trial_logrank_rho_1"])


def test_reverse_curve_is_r_with_censorings_moved_behind_events() -> None:
    curve = reverse_kaplan_meier(survival_data("handmade"))
    moved, flipped = SAVED["reverse_shifted"], SAVED["reverse_flipped"]
    at_moved = curve.at(np.floor(numbers(moved["time"])))
    is_censoring = numbers(moved["time"]) % 1.0 > 0.0
    for field in ("survival", "std_error"):
        ours = getattr(at_moved, field)[is_censoring]
        # R gives NaN for the error at the end, where the curve is 0.
        theirs = np.nan_to_num(numbers(moved[field])[is_censoring])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12, err_msg=field)
    assert np.abs(curve.survival - numbers(flipped["survival"])).max() > 1e-3
