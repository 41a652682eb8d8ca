"""Aalen–Johansen by hand, and its conventions at the edges."""

from fractions import Fraction

import numpy as np
import pytest

from kyphort.survival import SurvivalData, aalen_johansen, kaplan_meier

# Six vertebrae: recurrence at 2 and 5, death at 2 and 4, censored at 3 and 6.
TIMES, CODES = [2, 2, 3, 4, 5, 6], [1, 2, 0, 2, 1, 0]


def test_exact_fractions() -> None:
    recurrence = aalen_johansen(SurvivalData(TIMES, CODES), cause=1)
    death = aalen_johansen(SurvivalData(TIMES, CODES), cause=2)
    first = Fraction(1, 6)
    after_two = Fraction(4, 6)
    dead_at_four = first + after_two * Fraction(1, 3)
    recurred_at_five = first + after_two * Fraction(2, 3) * Fraction(1, 2)
    assert recurrence.incidence == pytest.approx([1 / 6] * 3 + [float(recurred_at_five)] * 2)
    assert death.incidence == pytest.approx([1 / 6] * 2 + [float(dead_at_four)] * 3)


def test_before_the_event_and_after_the_last_exit() -> None:
    points = aalen_johansen(SurvivalData([1, 2, 3], [2, 1, 0])).at([0.5, 1, 3, 4])
    assert points.incidence[:2].tolist() == points.std_error[:2].tolist() == [0.0, 0.0]
    assert points.lower[:2].tolist() == points.upper[:2].tolist() == [0.0, 0.0]
    assert 0.0 < points.lower[2] < points.incidence[2] < points.upper[2]
    assert np.isnan([points.incidence[3], points.lower[3]]).all()


def test_one_cause_is_the_complement_of_kaplan_meier() -> None:
    data = SurvivalData([1, 2, 2, 3, 4, 4], [1, 0, 1, 1, 1, 0], cluster=[1, 1, 2, 2, 3, 4])
    curve, incidence = kaplan_meier(data), aalen_johansen(data)
    np.testing.assert_allclose(incidence.incidence, 1.0 - curve.survival, rtol=1e-14)
    np.testing.assert_allclose(incidence.std_error, curve.std_error, rtol=1e-12)
    assert incidence.clusters == curve.clusters == 4


def test_certain_incidence() -> None:
    # The six jumps of 1/6 add up to one only but for rounding.
    incidence = aalen_johansen(SurvivalData([1, 2, 3, 4, 5, 6], [1] * 6))
    assert incidence.incidence[-1] == 1.0
    assert incidence.std_error[-1] == 0.0
    assert np.isnan([incidence.lower[-1], incidence.upper[-1]]).all()


def test_naive_error_when_asked() -> None:
    data = SurvivalData(TIMES, CODES, cluster=[1, 1, 2, 2, 3, 3])
    naive = aalen_johansen(data, cluster_robust=False)
    rows = aalen_johansen(SurvivalData(TIMES, CODES))
    assert naive.std_error.tolist() == rows.std_error.tolist()
    assert naive.clusters is None
    assert "over 6 rows" in naive.method
    assert "over 3 clusters" in aalen_johansen(data).method
