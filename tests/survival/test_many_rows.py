"""Compiled loops over many rows give what NumPy gives over few."""

import math
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kyphort.errors import InvalidDataError
from kyphort.survival import (
    SurvivalData,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
    risk_table,
)
from kyphort.survival import jit as compiled
from kyphort.survival.days import pack_days
from kyphort.survival.exits import risk_process
from kyphort.survival.influence import incidence_influence, survival_influence
from kyphort.survival.table import sort_exits, stable_order

ROWS = 400
TIMES: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "continuous": lambda rng: rng.exponential(size=ROWS) + 1e-9,
    "near ties": lambda rng: np.ceil(rng.exponential(40.0, ROWS)) / 7.0 + 1e-12 * rng.random(ROWS),
    "days": lambda rng: np.ceil(rng.exponential(40.0, ROWS)),
    "wide": lambda rng: 10.0 ** rng.uniform(-9, 9, ROWS),
}
CURVE_FIELDS = ("std_error", "lower", "upper", "at_risk", "events", "censored", "competing")


@pytest.fixture(params=TIMES)
def columns(request: pytest.FixtureRequest) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    return {
        "time": TIMES[request.param](rng),
        "event": rng.integers(0, 4, ROWS),
        # Most clusters are small; the first holds a third of the rows.
        "cluster": rng.integers(0, 150, ROWS) * (rng.random(ROWS) < 0.7),
    }


def small_and_large(
    columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch, compute: Callable[[SurvivalData], Any]
) -> tuple[Any, Any]:
    small = compute(SurvivalData(**columns))
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "MANY_ROWS", 10)
        data = SurvivalData(**columns)
        assert data.exits is not None
        large = compute(data)
        np.testing.assert_array_equal(data.time, SurvivalData(**columns).time)
    return small, large


@pytest.mark.parametrize("cause", [1, 3])
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("estimate", [kaplan_meier, aalen_johansen, reverse_kaplan_meier])
def test_curves(
    estimate: Callable[..., Any],
    robust: bool,
    cause: int,
    columns: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {} if estimate is reverse_kaplan_meier else {"cause": cause}
    small, large = small_and_large(
        columns, monkeypatch, lambda data: estimate(data, cluster_robust=robust, **options)
    )
    np.testing.assert_array_equal(large.times, small.times)
    name = "incidence" if estimate is aalen_johansen else "survival"
    np.testing.assert_allclose(getattr(large, name), getattr(small, name), rtol=1e-14)
    for field in CURVE_FIELDS:
        np.testing.assert_allclose(
            getattr(large, field), getattr(small, field), rtol=0, atol=1e-12, err_msg=field
        )
    asked = np.quantile(small.times, [0.0, 0.3, 0.9])
    np.testing.assert_array_equal(large.at(asked).at_risk, small.at(asked).at_risk)
    assert large.method == small.method


@pytest.mark.parametrize(
    "options",
    [{}, {"rho": 1.0, "gamma": 0.5}, *({"weighting": w} for w in ("gehan", "tarone-ware", "peto"))],
)
@pytest.mark.parametrize("groups", [2, 5])
def test_logrank(
    groups: int,
    options: dict[str, Any],
    columns: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del columns["cluster"]
    labels = np.random.default_rng(8).integers(0, groups, ROWS)
    strata = np.random.default_rng(9).integers(0, 2, ROWS)
    for stratum in (None, strata):
        compute = partial(logrank, groups=labels, stratum=stratum, **options)
        small, large = small_and_large(columns, monkeypatch, compute)
        assert large.statistic == pytest.approx(small.statistic, rel=1e-10)
        assert large.df == small.df == groups - 1
        np.testing.assert_allclose(large.expected, small.expected, rtol=1e-12)
        np.testing.assert_array_equal(large.sizes, small.sizes)


def test_order_of_exits(columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 10)
    data = SurvivalData(**columns)
    order, ends = data.exit_order()
    times, counts = np.unique(data.time, return_counts=True)
    np.testing.assert_array_equal(data.time[order], np.sort(data.time))
    np.testing.assert_array_equal(ends, np.cumsum(counts))
    np.testing.assert_array_equal(data.time[order][ends - 1], times)


def test_risk_table(columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = np.quantile(columns["time"], [0.1, 0.5, 1.0])
    small, large = small_and_large(columns, monkeypatch, lambda data: risk_table(data, ticks))
    for field in ("at_risk", "events", "censored", "competing"):
        np.testing.assert_array_equal(getattr(large, field), getattr(small, field))


def test_one_cluster_has_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 2)
    data = SurvivalData([1.5, 2.5, 3.5], [1, 2, 0], cluster=["p", "p", "p"])
    assert np.isnan(kaplan_meier(data, cluster_robust=True).std_error[0])
    assert np.isnan(aalen_johansen(data, cluster_robust=True).std_error[0])


def test_order_of_rows_changes_no_bit(
    columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 10)
    order = np.random.default_rng(3).permutation(ROWS)
    shuffled = {name: values[order] for name, values in columns.items()}
    labels = np.random.default_rng(8).integers(0, 3, ROWS)
    one, other = SurvivalData(**columns), SurvivalData(**shuffled)
    for estimate in (kaplan_meier, aalen_johansen):
        first, second = estimate(one, cluster_robust=False), estimate(other, cluster_robust=False)
        assert first.lower.tobytes() == second.lower.tobytes()
        assert first.std_error.tobytes() == second.std_error.tobytes()
    bits = [
        logrank(data, group, cluster_robust=False).statistic
        for data, group in ((one, labels), (other, labels[order]))
    ]
    assert bits[0] == bits[1]


def test_times_that_cannot_be_counted_or_sorted() -> None:
    rng = np.random.default_rng(1)
    code = rng.integers(0, 3, ROWS)
    assert pack_days(TIMES["days"](rng), code) is not None
    assert pack_days(TIMES["continuous"](rng), code) is None
    assert sort_exits(TIMES["continuous"](rng), code, 3, 0.0) is not None
    # Times that span the whole range of numbers leave no room for a code.
    assert sort_exits(np.geomspace(5e-324, 1e308, ROWS), code, 3, 0.0) is None


@pytest.mark.parametrize(("latest", "codes"), [(40, 4), (60_000, 2), (250, 200)])
def test_days_of_any_width_are_counted(latest: int, codes: int) -> None:
    rng, rows = np.random.default_rng(2), 40_000
    time = rng.integers(1, latest + 1, rows).astype(np.float64)
    code = rng.integers(0, codes, rows)
    time[0], code[0] = latest, codes - 1
    packed = pack_days(time, code)
    assert packed is not None
    np.testing.assert_array_equal(packed.time, time)
    np.testing.assert_array_equal(packed.code, code)
    table, distinct = packed.exits, np.unique(time)
    np.testing.assert_array_equal(table.times, distinct)
    there = np.searchsorted(distinct, time[code == codes - 1])
    counted = np.bincount(there, minlength=distinct.size)
    np.testing.assert_array_equal(table.count([codes - 1]), counted)


@pytest.mark.parametrize(
    ("field", "value"),
    [("time", np.nan), ("time", 0.0), ("time", -3.0), ("time", np.inf), ("event", -1)],
)
def test_a_wrong_row_among_many_is_named(
    field: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 10)
    for kind in ("days", "continuous"):
        columns: dict[str, Any] = {"time": TIMES[kind](np.random.default_rng(4))}
        columns["event"] = np.ones(ROWS, dtype=np.int64)
        columns[field][333] = value
        with pytest.raises(InvalidDataError, match=f"{field}: .* at row 333 "):
            SurvivalData(**columns)


def test_many_rows_are_copies(columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 10)
    kept = {name: values.copy() for name, values in columns.items()}
    data, untouched = SurvivalData(**columns), SurvivalData(**kept)
    for values in columns.values():
        values[:] = values[::-1].copy()
    for name in ("time", "event", "cluster"):
        np.testing.assert_array_equal(getattr(data, name), getattr(untouched, name))
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, name)[0] = 5
    assert kaplan_meier(data).lower.tobytes() == kaplan_meier(untouched).lower.tobytes()


def test_codes_too_many_for_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MANY_ROWS", 2)
    data = SurvivalData([1.5, 2.5, 3.5], [1, 1000, 0])
    assert data.exits is None
    assert kaplan_meier(data).survival.round(4).tolist() == [0.6667, 0.6667, 0.6667]


@pytest.mark.parametrize("spread", [1e-13, 1e-3, 1.0, 1e6])
def test_stable_order(spread: float) -> None:
    rng = np.random.default_rng(5)
    tied = np.asarray(1000.0 + spread * rng.integers(0, 90, 5000), dtype=np.float64)
    for time in (tied, 1.0 + spread * rng.random(5000)):
        np.testing.assert_array_equal(stable_order(time), np.argsort(time, kind="stable"))


def test_few_rows_import_no_compiler() -> None:
    script = (
        "import sys; from kyphort.survival import SurvivalData, kaplan_meier, logrank;"
        "data = SurvivalData(range(1, 144), [1, 0, 0] * 47 + [1, 1]);"
        "kaplan_meier(data); logrank(data, [1, 2, 3] * 47 + [1, 2]);"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["continuous", "days"])
def test_large_clusters_lose_no_digits(kind: str) -> None:
    rng, rows = np.random.default_rng(6), 60_000
    time = rng.exponential(size=rows) + 1e-6
    if kind == "days":
        time = np.ceil(1000.0 * time)
    cluster = rng.integers(0, 7, rows)
    data = SurvivalData(time, rng.integers(0, 3, rows), cluster=cluster)
    curve, incidence = kaplan_meier(data), aalen_johansen(data)
    process = risk_process(data, data.event == 1)
    every = incidence_influence(
        risk_process(data, data.event > 0), data.event == 1, incidence.incidence
    )
    gone = every.log_survival
    for slot in (curve.times.size // 100, curve.times.size // 2, 9 * curve.times.size // 10):
        by_row = survival_influence(process, slot, float(curve.survival[slot - 1]))
        assert curve.std_error[slot - 1] == pytest.approx(exact_error(by_row, cluster), rel=1e-11)
        by_row = np.where(
            gone.leave <= slot,
            every.constant + gone.once_gone * every.incidence[slot],
            every.while_at_risk[slot],
        )
        assert incidence.std_error[slot - 1] == pytest.approx(
            exact_error(by_row, cluster), rel=1e-11
        )


def exact_error(by_row: NDArray[np.float64], cluster: NDArray[np.int64]) -> float:
    """Return the root of the sum of squares of clusters, each summed without rounding."""
    sums = [math.fsum(by_row[cluster == code]) for code in range(int(cluster.max()) + 1)]
    return math.sqrt(math.fsum(value**2 for value in sums))
