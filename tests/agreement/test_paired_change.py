"""R's wilcox.test on pairs, exact and tied, with and without unchanged pairs: paired.json.

R looks for asymptotic limits with uniroot, here to 1e-10; ours are the Walsh averages at which it
arrives. In the rows "kept" R tests a shift of 1e-9, which keeps the unchanged pairs in its limits.
"""

import itertools
from typing import Any

import numpy as np
import pytest

from kyphort.survival import PairedChange, paired_change

from .saved import output, table

CASES: dict[str, dict[str, Any]] = output("paired")["cases"]
ROOT = 1e-8


def pairs(case: str) -> tuple[list[float], list[float]]:
    rows = table("paired")
    found = [position for position, name in enumerate(rows["case"]) if name == case]
    return (
        [float(rows["before"][position]) for position in found],
        [float(rows["after"][position]) for position in found],
    )


def assert_same_limits(result: PairedChange, saved: dict[str, Any]) -> None:
    assert saved["level"] == result.level  # R lowers the level it cannot reach
    found = [result.lower, result.upper]
    np.testing.assert_allclose(found, [saved["lower"], saved["upper"]], rtol=0, atol=ROOT)


@pytest.mark.parametrize("case", CASES)
def test_p_values(case: str) -> None:
    result = paired_change(*pairs(case))
    assert result.p_value == pytest.approx(CASES[case]["plain"]["p_value"], rel=1e-12)
    exact = "exact" in CASES[case]["plain"]["method"]
    assert result.method.endswith("signed-rank test: exact") == exact


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("name", "level"), [("kept", 0.95), ("kept_80", 0.8)])
def test_limits(case: str, name: str, level: float) -> None:
    result = paired_change(*pairs(case), level=level)
    assert_same_limits(result, CASES[case][name])
    exact = "exact" in CASES[case][name]["method"]
    assert ("limits: exact" in result.method) == exact


@pytest.mark.parametrize("case", CASES)
def test_limits_of_the_plain_call_where_every_pair_changed(case: str) -> None:
    result = paired_change(*pairs(case))
    if result.zeros:
        without = [pair for pair in zip(*pairs(case), strict=True) if pair[0] != pair[1]]
        result = paired_change(*zip(*without, strict=True))
    assert_same_limits(result, CASES[case]["plain"])


@pytest.mark.parametrize("case", CASES)
def test_estimates(case: str) -> None:
    before, after = pairs(case)
    change = np.subtract(after, before)
    averages = sorted((x + y) / 2 for x, y in itertools.combinations_with_replacement(change, 2))
    low, high = averages[(len(averages) - 1) // 2], averages[len(averages) // 2]
    # Between the two middle averages every number is a median; R stops at one, ours is the centre.
    assert low - ROOT <= CASES[case]["kept"]["estimate"] <= high + ROOT
    assert paired_change(before, after).hodges_lehmann == pytest.approx((low + high) / 2)
