"""R survival 3.8-11 on vertebrae in patients: clustered.json."""

from typing import Any

import numpy as np
import pytest

from kyphort.survival import aalen_johansen, kaplan_meier, logrank

from .saved import assert_same_curve, numbers, output, survival_data, table

ESTIMATORS: dict[str, dict[str, str]] = {
    "km": {},
    "km_cluster": {"cluster": "patient"},
    "km_left_truncated": {"entry": "entry"},
    "km_left_truncated_cluster": {"entry": "entry", "cluster": "patient"},
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_kaplan_meier(name: str) -> None:
    curve = kaplan_meier(survival_data("clustered", **ESTIMATORS[name]))
    assert_same_curve(curve, output("clustered")[name])
    assert curve.clusters == (160 if "cluster" in ESTIMATORS[name] else None)


def test_labels_without_use_leave_the_naive_error() -> None:
    data = survival_data("clustered", cluster="patient")
    assert_same_curve(kaplan_meier(data, cluster_robust=False), output("clustered")["km"])


@pytest.mark.parametrize("columns", [{}, {"cluster": "patient"}])
@pytest.mark.parametrize(("cause", "state"), [(1, "recurrence"), (2, "death")])
def test_aalen_johansen(columns: dict[str, str], cause: int, state: str) -> None:
    saved = output("clustered")["aalen_johansen_cluster" if columns else "aalen_johansen"]
    points = aalen_johansen(survival_data("clustered", **columns), cause).at(saved["time"])
    np.testing.assert_allclose(points.incidence, saved[state], rtol=0, atol=1e-12)
    np.testing.assert_allclose(points.std_error, saved[f"se_{state}"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("stratum", [None, "centre"])
def test_logrank(stratum: str | None) -> None:
    saved: dict[str, Any] = output("clustered")[
        "logrank_region_stratified" if stratum else "logrank_region"
    ]
    columns = {"stratum": stratum} if stratum else {}
    result = logrank(survival_data("clustered", **columns), table("clustered")["region"])
    assert result.statistic == pytest.approx(saved["statistic"], rel=1e-9)
    assert result.df == 1
    for field in ("observed", "expected"):
        by_stratum = numbers(saved[field]).reshape(-1, 2)  # R runs through the groups first
        np.testing.assert_allclose(getattr(result, field), by_stratum.sum(axis=0), rtol=1e-12)


def test_restricted_mean() -> None:
    mean = kaplan_meier(survival_data("clustered")).restricted_mean(48)
    value, std_error = output("clustered")["rmean_48"]
    assert mean.value == pytest.approx(value, rel=1e-12)
    assert mean.std_error == pytest.approx(std_error, rel=1e-12)
