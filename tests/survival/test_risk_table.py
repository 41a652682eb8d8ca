"""The numbers below a curve, by both conventions."""

from typing import Any

import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import SurvivalData, risk_table

DATA = SurvivalData([6, 12, 12, 24, 30], [1, 0, 2, 1, 0])


def test_kmunicate_counts_who_goes_on() -> None:
    table = risk_table(DATA, [0, 12, 24, 36])
    assert table.at_risk.tolist() == [5, 2, 1, 0]
    assert table.events.tolist() == [0, 1, 2, 2]
    assert table.censored.tolist() == [0, 1, 1, 2]
    assert table.competing.tolist() == [0, 1, 1, 1]
    assert table.convention == "KMunicate"


def test_r_counts_who_can_still_leave() -> None:
    table = risk_table(DATA, [0, 12, 24, 36], convention="R")
    assert table.at_risk.tolist() == [5, 4, 2, 0]
    assert table.events.tolist() == [0, 1, 2, 2]


def test_late_entry() -> None:
    data = SurvivalData([6, 12, 24], [1, 0, 1], entry=[0, 3, 12])
    assert risk_table(data, [0, 3, 12, 13]).at_risk.tolist() == [1, 2, 1, 1]
    assert risk_table(data, [0, 3, 12, 13], convention="R").at_risk.tolist() == [1, 1, 1, 1]


def test_ticks_meet_times_that_differ_by_rounding() -> None:
    table = risk_table(SurvivalData([0.1 + 0.2, 1.0], [1, 0]), [0.3])
    assert (table.at_risk.tolist(), table.events.tolist()) == ([1.0], [1.0])


def test_weights() -> None:
    # Sums of these weights depend on their order; the last number is 0 all the same.
    table = risk_table(SurvivalData([2, 3, 1], [2, 0, 1], weight=[0.8, 0.4, 0.2]), [0, 1, 2, 3])
    assert table.at_risk.tolist() == pytest.approx([1.4, 1.2, 0.4, 0.0])
    assert table.at_risk[-1] == 0.0
    assert table.competing.tolist() == [0.0, 0.0, 0.8, 0.8]


@pytest.mark.parametrize("ticks", [[], [-1, 2], [1, 1], [3, 2]])
def test_ticks_must_ascend(ticks: list[float]) -> None:
    with pytest.raises(InvalidDataError, match=r"ticks: .* Allowed: one or more times, ascending"):
        risk_table(DATA, ticks)


def test_unknown_convention() -> None:
    convention: Any = "SAS"
    with pytest.raises(InvalidDataError, match=r"convention: 'SAS'. Allowed: 'KMunicate', 'R'"):
        risk_table(DATA, [0], convention=convention)
