"""What cannot be fitted is refused in one sentence that says what to do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    IntervalData,
    SurvivalData,
    concordance,
    cox,
    fine_gray,
    firth,
    gamma_frailty,
    interval_test,
    jackknife,
    may_say_no_difference,
    npmle,
    npmle_bootstrap,
    predict_survival,
    proportional_hazards_test,
    pseudo_observations,
    pseudo_regression,
    residuals,
    what_events_allow,
)

RNG = np.random.default_rng(1)
TIME, EVENT, X = RNG.exponential(10, 30) + 0.1, RNG.integers(0, 2, 30), RNG.normal(size=30)
DATA = SurvivalData(TIME, EVENT)
ONE = SurvivalData(TIME, EVENT, cluster=["p"] * 30)
PAIRS = SurvivalData(TIME, EVENT, cluster=np.arange(30) // 2)
LAST_ONLY = SurvivalData(TIME, (np.sort(TIME)[14] == TIME).astype(int))
MODEL = cox(PAIRS, X)
DAYS = np.array(["2020-01-02"] * 15 + ["2020-02-02"] * 15, dtype="M8[D]")
ANY: Any = 3
NOT_A_NUMBER: Any = "a"
LIST: Any = [89, 53]
INTERVALS: Any = DATA
NOT_AS_ROWS: Any = IntervalData([0, 3], [3, 6])

REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: cox(ANY, X), r"data: an object of type int. Pass what SurvivalData\(\) returns"),
    (lambda: firth(NOT_AS_ROWS, X), "data: an object of type IntervalData"),
    (lambda: fine_gray(ANY, X), "data: an object of type int"),
    (lambda: gamma_frailty(ANY, X), "data: an object of type int"),
    (lambda: pseudo_observations(ANY, [5]), "data: an object of type int"),
    (lambda: pseudo_regression(ANY, X), r"pseudo: .* Pass what pseudo_observations\(\) returns"),
    (lambda: npmle(INTERVALS), r"data: .* SurvivalData. Pass what IntervalData\(\) returns"),
    (lambda: npmle_bootstrap(INTERVALS, [1], replicates=9, seed=1), "type SurvivalData"),
    (lambda: interval_test(INTERVALS, [0, 1], permutations=9, seed=1), "type SurvivalData"),
    (lambda: residuals(ANY, "score"), r"model: an object of type int. Pass what cox\(\) returns"),
    (lambda: jackknife(ANY), "model: an object of type int"),
    (lambda: concordance(ANY), "model: an object of type int"),
    (lambda: cox(DATA, {"day": DAYS}), r"covariates 'day': .* \(they are datetime64\[D\]\)"),
    (lambda: cox(DATA, X + 1j), r"covariates: not all values are numbers \(they are complex128\)"),
    (lambda: IntervalData(DAYS, np.full(30, np.inf)), r"left: .* \(they are datetime64\[D\]\)"),
    (lambda: cox(DATA, X, offset=np.linspace(0, 5000, 30)), "offset: from 0 to 5000; hazards"),
    (lambda: cox(ONE, X), "cluster: all rows are of one, so that nothing says how"),
    (lambda: firth(ONE, X), "cluster: all rows are of one"),
    (lambda: fine_gray(ONE, X), "cluster: all rows are of one"),
    (lambda: gamma_frailty(ONE, X), "cluster: all rows are of one"),
    (lambda: pseudo_regression(pseudo_observations(ONE, [5]), X), "cluster: all rows are of one"),
    (lambda: jackknife(cox(ONE, X, cluster_robust=False)), "cluster: all rows are of one"),
    (lambda: proportional_hazards_test(cox(LAST_ONLY, X)), "model: its events are too few"),
    (
        lambda: cox(
            SurvivalData(TIME, EVENT, cluster=np.arange(30) % 2), RNG.normal(size=(30, 4))
        ).robust_score_test(),
        "model: its robust covariance is of too few clusters",
    ),
    (lambda: predict_survival(MODEL, [0.0], [1.0], stratum=NOT_A_NUMBER), "stratum: 'a'. Allowed"),
    (lambda: what_events_allow(10, LIST), r"sizes: \[89, 53\]. Pass the rows of each group by"),
    (lambda: may_say_no_difference(2.0, 1.0), "lower, upper: 2.0, 1.0. Allowed: limits of a"),
    (lambda: may_say_no_difference(-1.0, 1.0), "lower, upper: -1.0, 1.0. Allowed: limits of a"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        call()


def test_unknown_limits_never_say_no_difference() -> None:
    assert not may_say_no_difference(float("nan"), 1.5)
    assert not may_say_no_difference(0.7, float("nan"))
