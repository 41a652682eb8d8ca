"""Permutations between patients and the cluster bootstrap."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    SurvivalData,
    aalen_johansen,
    bootstrap,
    exact_logrank,
    kaplan_meier,
    permutation_test,
)
from kyphort.survival.bootstrap import Estimand
from kyphort.survival.score import Scheme, row_scores

from .cases import Case, cases

TIMES = [3, 5, 7, 9, 11, 13, 6, 8, 10, 4, 5, 9]
EVENTS = [1, 1, 1, 1, 0, 1, 2, 1, 0, 1, 1, 0]
PATIENTS = [1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8]
REGIONS = ["T", "L", "T", "T", "L", "L", "L", "T", "T", "L", "T", "L"]


def vertebrae() -> SurvivalData:
    return SurvivalData(TIMES, EVENTS, cluster=PATIENTS)


def every_permutation() -> list[float]:
    """Return (O - E) of L under each assignment of label vectors to patients of one size."""
    data = vertebrae()
    scores = row_scores(data, data.event == 1, None, Scheme())
    rows = [np.flatnonzero(data.cluster == k) for k in range(8)]
    # Rows of a patient in order of their times, as the test puts them.
    rows = [mine[np.lexsort((data.event[mine], data.time[mine]))] for mine in rows]
    is_l = np.array(REGIONS) == "L"
    sums = []
    for pairs in itertools.permutations(range(4)):
        for singles in itertools.permutations(range(4, 8)):
            moved = zip(rows, [*pairs, *singles], strict=True)
            sums.append(sum(float(scores[mine] @ is_l[rows[source]]) for mine, source in moved))
    return sums


def test_permutations_against_all_of_them() -> None:
    sums = np.array(every_permutation())
    data = vertebrae()
    scores = row_scores(data, data.event == 1, None, Scheme())
    observed = float(scores @ (np.array(REGIONS) == "L"))
    statistic = (observed - sums.mean()) ** 2 / sums.var()
    away = np.abs(sums - sums.mean()) >= abs(observed - sums.mean()) - 1e-9
    found = permutation_test(data, REGIONS, permutations=20_000, seed=4)
    assert found.statistic == pytest.approx(statistic, rel=1e-10)
    assert found.p_value == pytest.approx(away.mean(), abs=0.02)
    assert (found.df, found.informative, found.clusters) == (1, 8, 8)
    assert found.observed.sum() == EVENTS.count(1)
    assert found.observed[0] - found.expected[0] == pytest.approx(observed)


def test_single_rows_agree_with_the_exact_test() -> None:
    data = SurvivalData(TIMES, EVENTS)
    found = permutation_test(data, REGIONS, permutations=20_000, seed=4)
    exact = exact_logrank(data, REGIONS)
    assert found.p_value == pytest.approx(exact.p_value, abs=0.02)
    assert found.statistic == pytest.approx(exact.statistic, rel=1e-12)


def test_several_groups_and_strata() -> None:
    rng = np.random.default_rng(1)
    n = 240
    patient = np.repeat(np.arange(120), 2)
    stratum = np.repeat(rng.integers(0, 2, 120), 2)
    time = rng.exponential(size=n) * np.where(np.repeat(np.arange(120) % 3, 2) == 0, 0.3, 1.0)
    groups = np.repeat(np.arange(120) % 3, 2)
    data = SurvivalData(time, np.ones(n), cluster=patient)
    found = permutation_test(data, groups, permutations=500, seed=1, stratum=stratum)
    assert found.df == 2
    assert found.p_value == 1 / 501  # nothing drawn comes near so large a difference
    assert "2 strata" in found.method


def test_no_patient_can_exchange() -> None:
    data = SurvivalData([1, 2, 3], [1, 0, 1], cluster=["p", "p", "q"])
    found = permutation_test(data, ["T", "L", "L"], permutations=99, seed=1)
    assert (found.informative, found.df, found.p_value) == (0, 0, 1.0)
    assert math.isnan(found.statistic)
    assert "0 of 2 clusters informative" in found.method


def test_no_event_gives_no_evidence() -> None:
    found = permutation_test(SurvivalData([1, 2, 3], [0, 0, 0]), [1, 2, 2], permutations=9, seed=0)
    assert (found.p_value, found.df) == (1.0, 0)


@settings(max_examples=25)
@given(case=cases(smallest=6))
def test_same_bits_for_any_order_and_any_number_of_workers(case: Case) -> None:
    order = np.random.default_rng(0).permutation(case.time.size)
    moved = case.rows(order)
    one = permutation_test(case.data("entry", "cluster"), case.group, permutations=50, seed=3)
    other = permutation_test(
        moved.data("entry", "cluster"), moved.group, permutations=50, seed=3, workers=2
    )
    assert 0.0 < one.p_value <= 1.0
    assert one.p_value == other.p_value
    draws = [
        bootstrap(c.data("cluster", "copies"), [1.0], replicates=40, seed=3, workers=w).draws
        for c, w in ((case, 1), (moved, 2))
        if case.time.max() >= 1.0
    ]
    assert draws[0].tobytes() == draws[1].tobytes()


def test_blocks_and_progress() -> None:
    seen: list[tuple[int, int]] = []
    options: dict[str, Any] = {"replicates": 3000, "seed": 9}
    one = bootstrap(vertebrae(), [6, 9], progress=lambda *done: seen.append(done), **options)
    two = bootstrap(vertebrae(), [6, 9], workers=2, **options)
    assert one.draws.tobytes() == two.draws.tobytes()
    assert seen[-1] == (3000, 3000)
    assert len(seen) > 1
    assert bootstrap(vertebrae(), [6, 9], replicates=3000, seed=10).draws.tolist() != (
        one.draws.tolist()
    )


def drawn_by_hand(data: SurvivalData, seed: int, size: int) -> list[SurvivalData]:
    """Return the data of each draw of the first block, with clusters copied out."""
    stream = np.random.SeedSequence(seed).spawn(1)[0]
    assert data.cluster is not None
    clusters = int(data.cluster.max()) + 1
    chosen = np.random.default_rng(stream).integers(0, clusters, (size, clusters))
    rows = [np.concatenate([np.flatnonzero(data.cluster == k) for k in one]) for one in chosen]
    return [data.select(one) for one in rows]


@pytest.mark.parametrize("estimand", ["survival", "incidence", "restricted_mean", "time_lost"])
@pytest.mark.parametrize("late", [False, True])
def test_bootstrap_against_refits(estimand: Estimand, late: bool) -> None:
    entry = [0, 2, 0, 1, 3, 0, 0, 0, 2, 0, 0, 1] if late else None
    data = SurvivalData(TIMES, EVENTS, cluster=PATIENTS, entry=entry)
    found = bootstrap(data, [4, 6], replicates=30, seed=5, estimand=estimand)
    for row, drawn in zip(found.draws, drawn_by_hand(data, 5, 30), strict=True):
        curve = kaplan_meier(drawn, cluster_robust=False)
        incidence = aalen_johansen(drawn, cluster_robust=False)
        expected = {
            "survival": [curve.at(t).survival for t in (4, 6)],
            "incidence": [incidence.at(t).incidence for t in (4, 6)],
            "restricted_mean": [curve.restricted_mean(t).value for t in (4, 6)],
            "time_lost": [incidence.time_lost(t).value for t in (4, 6)],
        }
        np.testing.assert_allclose(row, np.array(expected[estimand]), rtol=1e-12)


def test_bootstrap_error_is_near_the_robust_one() -> None:
    rng = np.random.default_rng(11)
    patient = np.repeat(np.arange(150), 2)
    time = np.ceil(rng.exponential(20.0, 300) * np.repeat(rng.gamma(1.0, 1.0, 150), 2))
    data = SurvivalData(time, rng.integers(0, 3, 300), cluster=patient)
    found = bootstrap(data, [12.0], replicates=4000, seed=1)
    assert found.std_error == pytest.approx(kaplan_meier(data).at([12.0]).std_error, rel=0.06)
    assert found.lower[0] < found.estimate[0] < found.upper[0]


def test_bootstrap_without_events() -> None:
    found = bootstrap(SurvivalData([1, 2], [0, 0]), [1, 2], replicates=5, seed=1)
    assert found.draws.tolist() == [[1.0, 1.0]] * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replicates": 0}, "replicates: 0. Allowed: a whole number from 1 on"),
        ({"seed": -1}, "seed: -1. Allowed"),
        ({"workers": 0}, "workers: 0. Allowed"),
        ({"times": [9, 6]}, r"times: \[9.0, 6.0\]. Allowed: .* ascending"),
        ({"times": [99]}, r"times: \[99.0\]. .* after the last exit at 13"),
        ({"estimand": "hazard"}, "estimand: 'hazard'. Allowed: 'survival'"),
        ({"level": 2.0}, "level: 2.0"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"times": [6], "replicates": 10, "seed": 1, **options}
    with pytest.raises(InvalidDataError, match=message):
        bootstrap(vertebrae(), **given)


def test_wrong_number_of_permutations() -> None:
    with pytest.raises(InvalidDataError, match=r"permutations: 0. Allowed"):
        permutation_test(vertebrae(), REGIONS, permutations=0, seed=1)
