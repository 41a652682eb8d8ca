"""Limits of survival as windows on Greenwood's sum: no real curve ever lies outside of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.reconstruction.limits import PrintedLimit
from kyphort.survival import SurvivalData, kaplan_meier

TRANSFORMS = st.sampled_from(["log-log", "log", "plain"])


@given(
    st.floats(0.01, 0.995), st.floats(0.0, 0.2), TRANSFORMS, st.booleans(), st.integers(1, 4)
)  # fmt: skip
def test_the_window_holds_the_sum_that_the_print_came_from(
    survival: float, root: float, transform: str, is_lower: bool, decimals: int
) -> None:
    half = 0.5 * 10.0**-decimals
    value = round(PrintedLimit(0.0, 1.0, transform, is_lower).of(survival, root**2), decimals)
    printed = PrintedLimit(value - half, value + half, transform, is_lower)
    near = round(survival, decimals)
    low, high = printed.window((max(0.0, near - half), min(1.0, near + half)))
    assert printed.holds(survival, root**2)
    assert low - 1e-12 <= root**2 <= high + 1e-12


@pytest.mark.parametrize("transform", ["log-log", "log", "plain"])
def test_limits_are_those_of_the_survival_library(transform: str) -> None:
    data = SurvivalData([2.0, 3.0, 5.0, 7.0, 8.0, 9.0], [1, 0, 1, 1, 0, 1])
    curve = kaplan_meier(data, confidence=transform)  # type: ignore[arg-type]  # one of three
    greenwood = 1 / 30 + 1 / 12 + 1 / 6
    for is_lower, expected in ((True, curve.at(7.5).lower), (False, curve.at(7.5).upper)):
        found = PrintedLimit(0.0, 1.0, transform, is_lower).of(5 / 6 * 3 / 4 * 2 / 3, greenwood)
        assert found == pytest.approx(float(expected), abs=1e-12)


def test_a_limit_far_from_its_survival_narrows_the_sum_from_below() -> None:
    low, high = PrintedLimit(0.595, 0.605, "log-log", is_lower=True).window((0.795, 0.805))
    assert 0.08 < math.sqrt(low) < math.sqrt(high) < 0.12
