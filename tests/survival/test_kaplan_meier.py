"""Kaplan–Meier by hand, and its conventions at the edges."""

import math
from fractions import Fraction

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import SurvivalData, kaplan_meier, reverse_kaplan_meier

# Remission times of the 6-MP arm: Freireich et al., Blood 1963;21:699, the usual textbook example.
REMISSION_WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
AT_RISK_AND_EVENTS = {6: (21, 3), 7: (17, 1), 10: (15, 1), 13: (12, 1), 16: (11, 1), 22: (7, 1)}


def remission() -> SurvivalData:
    return SurvivalData(REMISSION_WEEKS, RELAPSED)


def test_exact_fractions() -> None:
    survival, greenwood = Fraction(1), Fraction(0)
    curve = kaplan_meier(remission())
    for week, (y, d) in AT_RISK_AND_EVENTS.items():
        survival *= Fraction(y - d, y)
        greenwood += Fraction(d, y * (y - d))
        point = curve.at(week)
        assert point.at_risk == y
        assert float(point.survival) == pytest.approx(float(survival), rel=1e-15)
        error = float(survival) * math.sqrt(greenwood)
        assert float(point.std_error) == pytest.approx(error, rel=1e-14)
    assert curve.at(10).survival == pytest.approx(64 / 85, rel=1e-15)


def test_printed_values() -> None:
    # Klein & Moeschberger 2003, Table 4.1B prints the curve to three and its error to four digits.
    points = kaplan_meier(remission()).at([6, 10, 23])
    assert points.survival.round(3).tolist() == [0.857, 0.753, 0.448]
    assert points.std_error.round(4).tolist() == [0.0764, 0.0963, 0.1346]
    assert kaplan_meier(remission()).quantile(0.5).estimate == 23


def test_before_the_first_and_after_the_last_time() -> None:
    points = kaplan_meier(remission()).at([0, 5.9, 36])
    assert points.survival[:2].tolist() == points.lower[:2].tolist() == [1.0, 1.0]
    assert points.std_error[:2].tolist() == [0.0, 0.0]
    assert points.upper[:2].tolist() == [1.0, 1.0]
    for name in ("survival", "std_error", "lower", "upper"):
        assert math.isnan(getattr(points, name)[2])
    assert points.at_risk.tolist() == [21.0, 21.0, 0.0]


def test_points_have_the_shape_asked() -> None:
    curve = kaplan_meier(remission())
    assert curve.at(6).survival.shape == ()
    assert f"{curve.at(6).survival:.3f}" == "0.857"
    assert curve.at([[6, 7], [8, 9]]).lower.shape == (2, 2)


def test_no_event_is_a_certain_curve() -> None:
    curve = kaplan_meier(SurvivalData([1, 2], [0, 0]))
    assert curve.lower.tolist() == curve.upper.tolist() == [1.0, 1.0]
    assert math.isnan(curve.quantile(0.5).estimate)
    mean = curve.restricted_mean(2)
    assert (mean.value, mean.std_error, mean.lower, mean.upper) == (2.0, 0.0, 2.0, 2.0)


def test_competing_events_leave_as_censored_and_are_counted() -> None:
    curve = kaplan_meier(SurvivalData([1, 2, 2, 3], [1, 2, 1, 3]), cause=1)
    assert curve.survival.tolist() == [0.75, 0.5, 0.5]
    assert curve.competing.tolist() == [0.0, 1.0, 1.0]
    assert kaplan_meier(SurvivalData([1, 2, 2, 3], [1, 2, 1, 3]), cause=2).events.sum() == 1


def test_one_cluster_has_no_error() -> None:
    curve = kaplan_meier(SurvivalData([1, 2, 3], [1, 0, 1], cluster=["p", "p", "p"]))
    assert curve.clusters == 1
    assert np.isnan(curve.std_error[:2]).all()
    assert curve.std_error[2] == 0.0  # the curve is 0 there
    assert math.isnan(curve.quantile(0.5).lower)


def test_the_method_says_what_was_done() -> None:
    data = SurvivalData([1, 2, 3], [1, 0, 1], cluster=["p", "p", "q"])
    robust = kaplan_meier(data, confidence="log")
    assert robust.method == (
        "Kaplan–Meier, infinitesimal-jackknife standard error over 2 clusters, log limits"
    )
    naive = kaplan_meier(data, cluster_robust=False)
    assert naive.method == "Kaplan–Meier, Greenwood standard error, log-log limits"


def test_a_gap_without_anyone_at_risk() -> None:
    # Rows 0 and 1 leave by time 2; rows 2 and 3 come in at 5.
    data = SurvivalData([1, 2, 7, 8], [1, 0, 1, 0], entry=[0, 0, 5, 5])
    curve = kaplan_meier(data)
    assert curve.survival.tolist() == [0.5, 0.5, 0.25, 0.25]
    assert curve.at([1.5, 3, 5, 6]).at_risk.tolist() == [1.0, 0.0, 0.0, 2.0]


def test_fractional_weights_reach_zero_exactly() -> None:
    # Sums of these weights round, so that Y - d at time 1 would not be 0.
    weight = [0.2, 0.2, 0.9, 0.7]
    data = SurvivalData([1, 2, 3, 4], [1, 1, 1, 1], entry=[0, 1.5, 2.5, 3.5], weight=weight)
    assert kaplan_meier(data).survival.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_a_time_asked_meets_a_time_that_differs_by_rounding() -> None:
    curve = kaplan_meier(SurvivalData([0.1 + 0.2, 1.0], [1, 0]))
    assert curve.at(0.3).survival == 0.5
    assert curve.at(0.3).at_risk == 2.0
    assert curve.restricted_mean(1.0 + 1e-12).value == pytest.approx(0.65)


def test_reverse_curve_puts_events_first() -> None:
    curve = reverse_kaplan_meier(SurvivalData([2, 2, 3, 3], [1, 0, 2, 0]))
    assert curve.at_risk.tolist() == [3.0, 1.0]
    assert curve.survival == pytest.approx([2 / 3, 0.0])
    assert (curve.events.tolist(), curve.censored.tolist()) == ([1.0, 1.0], [1.0, 1.0])
    assert curve.method.startswith("reverse Kaplan–Meier")


@pytest.mark.parametrize("tau", [0, -1, math.nan, math.inf])
def test_horizon_must_be_a_time(tau: float) -> None:
    with pytest.raises(InvalidDataError, match=r"tau: .* Allowed: a finite time above zero"):
        kaplan_meier(remission()).restricted_mean(tau)


def test_horizon_beyond_the_last_exit() -> None:
    with pytest.raises(InvalidDataError, match=r"tau: 36 lies beyond the last exit at 35"):
        kaplan_meier(remission()).restricted_mean(36)
    dead = kaplan_meier(SurvivalData([1, 2], [1, 1]))
    assert dead.restricted_mean(10).value == 1.5  # nothing is left to know


def test_wrong_options() -> None:
    with pytest.raises(InvalidDataError, match=r"confidence: 'loglog'. Allowed: 'log-log', 'log'"):
        kaplan_meier(remission(), confidence="loglog")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(InvalidDataError, match=r"level: 95. Allowed: between 0 and 1"):
        kaplan_meier(remission(), level=95)
    with pytest.raises(InvalidDataError, match=r"cause: 0. Allowed: the code of an event"):
        kaplan_meier(remission(), cause=0)
    with pytest.raises(InvalidDataError, match=r"p: 1. Allowed: strictly between 0 and 1"):
        kaplan_meier(remission()).quantile(1)
    with pytest.raises(InvalidDataError, match=r"t: no time at row 1 "):
        kaplan_meier(remission()).at([6, math.nan])
