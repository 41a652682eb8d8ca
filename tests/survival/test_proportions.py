"""Shares: exact limits, Fisher's test, the difference of two."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.errors import InvalidDataError
from kyphort.survival import exact_proportion, fisher_exact, proportion_difference


def upper_tail(k: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(k, n + 1))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_limits_solve_the_tail_equations(counts: tuple[int, int]) -> None:
    events, n = counts
    share = exact_proportion(events, n, level=0.9)
    if events == 0:
        assert share.lower == 0.0
    else:
        assert upper_tail(events, n, share.lower) == pytest.approx(0.05, rel=1e-9)
    if events == n:
        assert share.upper == 1.0
    else:
        assert 1 - upper_tail(events + 1, n, share.upper) == pytest.approx(0.05, rel=1e-9)
    assert share.lower <= share.estimate <= share.upper


@pytest.mark.parametrize(("events", "n"), [(0, 20), (20, 20)])
def test_none_and_all_have_a_closed_form(events: int, n: int) -> None:
    share = exact_proportion(events, n)
    bound = 0.025 ** (1 / 20)
    expected = (0.0, 1 - bound) if events == 0 else (bound, 1.0)
    assert (share.lower, share.upper) == pytest.approx(expected, rel=1e-12)


def test_printed_exact_limits() -> None:
    # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, Table I,
    # method 5: 81/263, 15/148, 0/20, 1/29.
    printed = {(81, 263): (0.2527, 0.3676), (15, 148): (0.0578, 0.1617)}
    printed |= {(0, 20): (0.0, 0.1684), (1, 29): (0.0009, 0.1776)}
    for (events, n), limits in printed.items():
        share = exact_proportion(events, n)
        assert (round(share.lower, 4), round(share.upper, 4)) == limits


def test_fisher_tea() -> None:
    # Fisher's tea: 4 cups of each kind, 3 recognised; 34/70 of the tables are no more probable.
    result = fisher_exact(3, 4, 1, 4)
    assert result.p_value == 34 / 70
    assert result.odds_ratio == 9.0


def test_fisher_counts_equally_probable_tables() -> None:
    # Equal groups: the mirrored table has the same probability and counts in full.
    mirrored = fisher_exact(0, 5, 5, 5)
    assert mirrored.p_value == 2 / math.comb(10, 5)
    assert fisher_exact(2, 7, 2, 7).p_value == 1.0


@given(st.tuples(*[st.integers(0, 12)] * 4).filter(lambda t: t[0] + t[1] and t[2] + t[3]))
def test_fisher_by_enumeration(table: tuple[int, int, int, int]) -> None:
    a, not_a, b, not_b = table
    n1, n2 = a + not_a, b + not_b
    probable = {
        x: math.comb(n1, x) * math.comb(n2, a + b - x) for x in range(n1 + 1) if a + b - x >= 0
    }
    tail = sum(ways for ways in probable.values() if ways <= probable[a])
    result = fisher_exact(a, n1, b, n2)
    assert result.p_value == tail / math.comb(n1 + n2, a + b)
    assert fisher_exact(b, n2, a, n1).p_value == result.p_value


def test_odds_ratio_without_a_denominator() -> None:
    assert fisher_exact(3, 3, 1, 4).odds_ratio == math.inf
    assert math.isnan(fisher_exact(0, 3, 0, 4).odds_ratio)


@pytest.mark.parametrize(
    ("counts", "limits"),
    [
        # Newcombe 1998, Table II, method 10, contrasts (a), (b), (e), (g), (h).
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_printed_differences(
    counts: tuple[int, int, int, int], limits: tuple[float, float]
) -> None:
    difference = proportion_difference(*counts)
    assert (round(difference.lower, 4), round(difference.upper, 4)) == limits
    assert math.isnan(difference.std_error)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((0, 0), "n: 0. A share needs at least one observation"),
        ((3, 2), "events: 3 of 2. Allowed: 0 to 2"),
        ((-1, 2), "events: -1 of 2"),
        ((1.5, 2), "events: 1.5 is not a count"),
        ((1, "2"), "n: '2' is not a count"),
    ],
)
def test_counts_must_be_counts(counts: tuple[Any, Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        exact_proportion(*counts)


def test_an_empty_group_is_named() -> None:
    for test in (fisher_exact, proportion_difference):
        with pytest.raises(InvalidDataError, match="n2: 0"):
            test(1, 2, 0, 0)
