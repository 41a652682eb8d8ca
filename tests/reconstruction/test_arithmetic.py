"""GRIM-like checks against brute force, and the clerical errors of the founding paper."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.published.specification import Mean, Printed, Share, WholeNumbers, find_specification
from kyphort.reconstruction import Verdict, arithmetic_findings, counts_that_print
from kyphort.reconstruction.arithmetic import check_mean, check_share, check_whole_numbers

FINDINGS = list(arithmetic_findings(find_specification("bludau2020")))


def test_the_founding_paper_has_its_known_clerical_errors_and_no_other() -> None:
    wrong = {one.subject for one in FINDINGS if one.verdict is Verdict.CONTRADICTORY}
    assert wrong == {"urogenital_vertebrae: 1.4% of 143", "sexes: parts of 104"}
    assert all(one.erratum for one in FINDINGS if one.verdict is Verdict.CONTRADICTORY)


def test_nothing_is_both() -> None:
    assert {one.verdict for one in FINDINGS} <= {Verdict.CONSISTENT, Verdict.CONTRADICTORY}
    assert len(FINDINGS) > 40


@given(st.integers(1, 400), st.integers(0, 3), st.data())
def test_counts_that_print_are_those_of_brute_force(
    total: int, decimals: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, total))
    printed = Printed(f"{100 * count / total:.{decimals}f}")
    half = 0.5 * 10.0**-decimals + 1e-9
    brute = [k for k in range(total + 1) if abs(100 * k / total - printed.value) <= half]
    assert counts_that_print(printed, total) == brute
    assert count in brute


@pytest.mark.parametrize(
    ("mean", "n", "right"),
    # The examples of Brown and Heathers (2017): 5.19 is no mean of 28 whole numbers, 5.18 is.
    [("5.19", 28, False), ("5.18", 28, True), ("3.45", 20, True), ("3.47", 20, False)],
)
def test_grim(mean: str, n: int, right: bool) -> None:
    found = check_mean(Mean("m", Printed(mean), n))
    assert (found.verdict is Verdict.CONSISTENT) is right


@given(st.lists(st.integers(0, 10), min_size=2, max_size=30))
def test_mean_and_deviation_of_real_numbers_are_never_refused(values: list[int]) -> None:
    n, mean = len(values), sum(values) / len(values)
    sd = (sum((one - mean) ** 2 for one in values) / (n - 1)) ** 0.5
    found = check_mean(Mean("m", Printed(f"{mean:.2f}"), n, sd=Printed(f"{sd:.2f}")))
    assert found.verdict is Verdict.CONSISTENT


def test_an_impossible_deviation_is_found() -> None:
    # Ten whole numbers with mean 3.5 have an odd sum of 35: their squares add up to an odd number.
    impossible = [
        sd
        for sd in (f"{value / 100:.2f}" for value in range(50, 300))
        if check_mean(Mean("m", Printed("3.5"), 10, sd=Printed(sd))).verdict
        is Verdict.CONTRADICTORY
    ]
    assert impossible
    possible = (sum(v * v for v in (3, 4, 3, 4, 3, 4, 3, 4, 3, 4)) - 35**2 / 10) / 9
    assert f"{possible**0.5:.2f}" not in impossible


@given(st.lists(st.integers(18, 95), min_size=1, max_size=40))
def test_median_and_range_of_real_ages_are_never_refused(ages: list[int]) -> None:
    ages = sorted(ages)
    middle = len(ages) // 2
    median = ages[middle] if len(ages) % 2 else (ages[middle - 1] + ages[middle]) / 2
    numbers = WholeNumbers("age", len(ages), Printed(f"{median:.1f}"), ages[0], ages[-1])
    assert check_whole_numbers(numbers).verdict is Verdict.CONSISTENT


def test_a_median_outside_its_range_is_found() -> None:
    numbers = WholeNumbers("age", 11, Printed("62.5"), 30, 80)
    assert check_whole_numbers(numbers).verdict is Verdict.CONTRADICTORY


def test_a_share_without_a_count_names_the_nearest(tmp_path: Path) -> None:
    found = check_share(Share("x", Printed("17.5"), 9))
    assert found.verdict is Verdict.CONTRADICTORY
    assert "1 is 11.11%, 2 is 22.22%" in found.detail
