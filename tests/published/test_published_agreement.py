"""agrees(): a computed value rounds to the printed digits, and nothing else does."""

import math
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kyphort.published import PublishedNumber, Role, agrees, in_printed_unit
from kyphort.published.agreement import Computed

PERCENTAGE = PublishedNumber(
    id="share",
    text="a share",
    printed="94.2",
    value=94.2,
    decimals=1,
    unit="%",
    kind="percentage",
    places=("Results",),
    role=Role.RESULT,
    result="shares.some",
)
COUNT = replace(PERCENTAGE, printed="66", value=66, decimals=0, unit="count", kind="count")
LIST = replace(COUNT, printed="8, 11, or 13", value=(8, 11, 13), unit="mm", kind="distance")
TEXT = replace(COUNT, printed="observed time", value="observed time", unit="", kind="text")


@pytest.mark.parametrize("computed", [94.15, 94.2, 94.2357, 94.25, 94.24999])
def test_values_that_round_to_the_print_agree(computed: Computed) -> None:
    assert agrees(PERCENTAGE, computed)


@pytest.mark.parametrize("computed", [94.1499, 94.2501, 0.942, -94.2])
def test_values_that_round_elsewhere_do_not(computed: Computed) -> None:
    assert not agrees(PERCENTAGE, computed)


@pytest.mark.parametrize("computed", [None, math.nan, math.inf, "94.2", [94.2, 94.2]])
def test_what_is_not_one_number_never_agrees(computed: Computed) -> None:
    assert not agrees(PERCENTAGE, computed)


def test_an_absent_value_does_not_agree_with_a_printed_zero() -> None:
    assert not agrees(replace(COUNT, value=0), None)
    assert agrees(replace(COUNT, value=0), 0)


@pytest.mark.parametrize(("computed", "expected"), [(66, True), (66.4, False), (67, False)])
def test_counts_are_exact(computed: Computed, expected: bool) -> None:
    assert agrees(COUNT, computed) is expected


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        ([8.0, 11.0, 13.0], True),
        ((8, 11.4, 13), True),
        ([8, 11, 14], False),
        ([8, 11], False),
        ([], False),
        (8, False),
    ],
)
def test_lists_agree_element_by_element(computed: Computed, expected: bool) -> None:
    assert agrees(LIST, computed) is expected


def test_texts_must_be_equal() -> None:
    assert agrees(TEXT, "observed time")
    assert not agrees(TEXT, "Observed time")
    assert not agrees(TEXT, 14.5)


def test_fractions_become_percentages() -> None:
    assert in_printed_unit(PERCENTAGE, 0.942) == pytest.approx(94.2)
    assert in_printed_unit(PERCENTAGE, [0.5, 0.25]) == [50.0, 25.0]


@pytest.mark.parametrize("result", [14.5, None, "observed time"])
def test_other_units_stay_as_they_are(result: Computed) -> None:
    assert in_printed_unit(TEXT, result) == result


def test_an_absent_percentage_stays_absent() -> None:
    assert in_printed_unit(PERCENTAGE, None) is None


@settings(derandomize=True, max_examples=400)
@given(
    computed=st.floats(min_value=-1000, max_value=1000, allow_nan=False),
    decimals=st.integers(min_value=0, max_value=4),
    steps=st.integers(min_value=-3, max_value=3),
)
def test_agreement_is_rounding_except_at_ties(computed: float, decimals: int, steps: int) -> None:
    digit = Decimal(1).scaleb(-decimals)
    rounded = Decimal(computed).quantize(digit, rounding=ROUND_HALF_EVEN)
    printed = rounded + steps * digit
    number = replace(PERCENTAGE, value=float(printed), decimals=decimals)
    distance_to_tie = abs(abs(Decimal(computed) - printed) - digit / 2)
    assume(distance_to_tie > Decimal("1e-8"))
    assert agrees(number, computed) is (steps == 0)
