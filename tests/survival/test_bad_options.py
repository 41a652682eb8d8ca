"""Options that cannot be right are refused in one sentence; degenerate results say why."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    SurvivalData,
    conditional_survival,
    gray_test,
    kaplan_meier,
    landmark_table,
    logrank,
    restricted_mean_difference,
    risk_table,
    survival_difference,
)

DATA = SurvivalData([1, 2, 3, 4, 5, 6], [1, 0, 1, 2, 1, 0])
GROUPS = [0, 1, 0, 1, 0, 1]
CURVE = kaplan_meier(DATA)
ANY: Any = "0.95"
TWO: Any = np.array([1, 2])

REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: kaplan_meier(DATA, level=ANY), r"level: '0\.95' is not a number"),
    (lambda: kaplan_meier(DATA, level=95), "level: 95. Allowed: between 0 and 1"),
    (lambda: kaplan_meier(DATA, cluster_robust=ANY), "cluster_robust: .* Allowed: None, True"),
    (lambda: CURVE.quantile(ANY), "p: .* is not a number"),
    (lambda: CURVE.at("twelve"), "t: not all values are numbers"),
    (lambda: CURVE.restricted_mean(ANY), "tau: .* is not a number. Allowed: a finite time"),
    (lambda: CURVE.restricted_mean(float("nan")), "tau: nan. Allowed: a finite time"),
    (lambda: logrank(DATA, GROUPS, rho=ANY), "rho: .* is not a number"),
    (lambda: gray_test(DATA, GROUPS, rho=ANY), "rho: .* is not a number"),
    (lambda: survival_difference(DATA, GROUPS, TWO), "t: array.* Allowed: one time"),
    (lambda: restricted_mean_difference(DATA, GROUPS, ANY), "tau: .* is not a number"),
    (lambda: conditional_survival(DATA, ANY), "given: .* is not a number"),
    (lambda: risk_table(DATA, "twelve"), "ticks: not all values are numbers"),
    (lambda: landmark_table(CURVE, "twelve"), "t: not all values are numbers"),
    (lambda: SurvivalData([1, 2], [1, 1e300]), r"event: an unknown event code at row 1 "),
    (lambda: SurvivalData([1, 2], [1, 2**40]), r"event: an unknown event code at row 1 "),
    (
        lambda: SurvivalData(np.array(["2020-01-02", "2020-02-02"], dtype="M8[D]"), [1, 0]),
        r"time: not all values are numbers \(they are datetime64",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        call()


def test_a_number_may_come_as_an_array_without_dimensions() -> None:
    assert CURVE.restricted_mean(np.array(2.0)).value == CURVE.restricted_mean(2).value  # type: ignore[arg-type]


def test_what_is_not_known_says_why() -> None:
    censored = SurvivalData([1, 2, 3, 4], [0, 0, 0, 0])
    assert "not reached: the curve stays above 0.5" in kaplan_meier(censored).quantile(0.5).method
    found = survival_difference(censored, [0, 1, 0, 1], 2)
    assert np.isnan(found.p_value)
    assert found.method.endswith("no test: neither curve varies")
    one = SurvivalData([1, 2, 3, 4], [1, 0, 1, 0], cluster=["p"] * 4)
    found = survival_difference(one, [0, 1, 0, 1], 2)
    assert np.isnan(found.std_error)
    assert found.method.endswith("no test: one cluster has no standard error")
