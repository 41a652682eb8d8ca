"""R: cmprsk, coin, km.ci, survMisc and residuals of survival 3.5-3: comparisons.json."""

from typing import Any

import numpy as np
import pytest

from kyphort.survival import (
    SurvivalData,
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
from kyphort.survival.arrays import IntArray
from kyphort.survival.bands import Band
from kyphort.survival.transforms import Confidence

from .saved import assert_same_curve, numbers, output, survival_data, table

SAVED = output("comparisons")
ARM = np.array(table("handmade")["arm"])
TWO: IntArray = np.flatnonzero(np.isin(ARM, ["a", "b"]))


def two_arms(**columns: str) -> SurvivalData:
    return survival_data("handmade", **columns).select(TWO)


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("stratum", [None, "site"])
@pytest.mark.parametrize("name", ["handmade", "competing"])
def test_gray(name: str, stratum: str | None, cause: int) -> None:
    source = table(name)
    labels = source[stratum] if stratum else None
    result = gray_test(survival_data(name), source["arm"], cause=cause, stratum=labels)
    saved = SAVED[f"gray_{name}_strata" if stratum else f"gray_{name}"][cause - 1]
    assert result.statistic == pytest.approx(saved, rel=1e-9)
    assert result.df == len(set(source["arm"])) - 1
    assert result.observed.sum() == pytest.approx(result.expected.sum(), rel=1e-12)


@pytest.mark.parametrize("cause", [1, 2])
def test_gray_with_exponent(cause: int) -> None:
    result = gray_test(two_arms(), ARM[TWO], cause=cause, rho=1.0)
    assert result.statistic == pytest.approx(SAVED["gray_two_rho_1"][cause - 1], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("1", {}),
        ("n", {"weighting": "gehan"}),
        ("sqrtN", {"weighting": "tarone-ware"}),
        ("S1", {"weighting": "peto"}),
        ("FH_p=1_q=1", {"rho": 1.0, "gamma": 1.0}),
    ],
)
def test_weightings(name: str, options: dict[str, Any]) -> None:
    saved = SAVED["weighted_four"]
    expected = saved["statistic"][saved["names"].index(name)]
    result = logrank(survival_data("handmade"), ARM, **options)
    assert result.statistic == pytest.approx(expected, rel=1e-9)


def test_two_groups() -> None:
    result = logrank(two_arms(), ARM[TWO])
    assert result.statistic == pytest.approx(SAVED["logrank_two"], rel=1e-9)


def test_trend() -> None:
    result = logrank_trend(survival_data("handmade"), ARM)
    assert result.statistic == pytest.approx(SAVED["trend_four"], rel=1e-9)
    continuous = logrank_trend(survival_data("competing"), table("competing")["arm"])
    assert continuous.statistic == pytest.approx(SAVED["trend_competing"], rel=1e-9)


def test_clustered_trend_with_late_entry() -> None:
    data = survival_data("handmade", entry="entry", cluster="patient")
    result = logrank_trend(data, ARM)
    assert result.statistic == pytest.approx(SAVED["robust_trend_late"], rel=1e-9)


def test_exact() -> None:
    data = SurvivalData(SAVED["small_time"], SAVED["small_event"])
    assert exact_logrank(data, SAVED["small_arm"]).p_value == pytest.approx(
        SAVED["exact"], rel=1e-12
    )


def test_clustered_differences() -> None:
    saved = np.array(SAVED["difference"]).reshape(3, 2)
    for t, (value, std_error) in zip((6, 12, 24), saved, strict=True):
        found = survival_difference(two_arms(cluster="patient"), ARM[TWO], t)
        assert found.value == pytest.approx(value, rel=1e-12)
        assert found.std_error == pytest.approx(std_error, rel=1e-12)


def test_restricted_mean_differences() -> None:
    value, std_error = SAVED["mean_difference"]
    found = restricted_mean_difference(two_arms(), ARM[TWO], 24)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.std_error == pytest.approx(std_error, rel=1e-12)
    robust = restricted_mean_difference(two_arms(cluster="patient"), ARM[TWO], 24)
    assert robust.std_error == pytest.approx(SAVED["mean_clustered"], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "kind", "scale"),
    [
        ("hall", "hall-wellner", "plain"),
        ("loghall", "hall-wellner", "log-log"),
        ("ep", "equal-precision", "plain"),
        ("logep", "equal-precision", "log-log"),
    ],
)
def test_bands(name: str, kind: Band, scale: Confidence) -> None:
    # km.ci reads its critical values from a table in steps of 0.02; these are computed.
    saved = SAVED["bands"][name]
    curve = kaplan_meier(two_arms())
    band = confidence_band(curve, kind=kind, between=(3, 25), confidence=scale)
    at = np.searchsorted(saved["time"], band.times)
    lower = np.maximum(numbers(saved["lower"])[at], 0.0)
    upper = np.minimum(numbers(saved["upper"])[at], 1.0)
    np.testing.assert_allclose(band.lower, lower, rtol=0, atol=5e-4)
    np.testing.assert_allclose(band.upper, upper, rtol=0, atol=5e-4)


def test_conditional_survival() -> None:
    assert_same_curve_from(5.5, SAVED["conditional"])


def assert_same_curve_from(given: float, saved: dict[str, Any]) -> None:
    curve = conditional_survival(survival_data("handmade"), given)
    at_risk = curve.at_risk.tolist()
    assert_same_curve(curve, {**saved, "at_risk": at_risk})
    assert at_risk[0] == np.sum(np.array(table("handmade")["time"], dtype=float) > given)


def test_landmarks() -> None:
    saved = SAVED["landmarks"]
    found = landmark_table(kaplan_meier(survival_data("handmade")), saved["time"])
    np.testing.assert_allclose(found.estimate, saved["survival"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.std_error, saved["std_error"], rtol=0, atol=1e-12)
    for field in ("at_risk", "events"):
        assert getattr(found, field).tolist() == saved[field]
    leaving = found.censored + found.competing  # R sees one cause, and the rest as censored
    assert leaving.tolist() == saved["censored"]
