"""The linear-time variances against the explicit rows × times matrix of influences."""

import numpy as np
import pytest
from hypothesis import given, settings

from kyphort.survival import SurvivalData, aalen_johansen, kaplan_meier, logrank

from .cases import Case, cases
from .influence_by_hand import clustered_error, derivatives, score_residuals

COLUMNS = [(), ("cluster",), ("entry", "cluster"), ("cluster", "copies"), ("entry", "copies")]


def several_clusters(case: Case, columns: tuple[str, ...]) -> bool:
    return "cluster" not in columns or np.unique(case.cluster).size > 1


@pytest.mark.parametrize("columns", COLUMNS)
@settings(max_examples=60)
@given(case=cases())
def test_aalen_johansen_error(columns: tuple[str, ...], case: Case) -> None:
    data = case.data(*columns)
    found = aalen_johansen(data)
    if not several_clusters(case, columns):
        assert np.isnan(found.std_error[found.incidence % 1.0 > 0.0]).all()
        return
    _, _, influence = derivatives(data, cause=1)
    expected = clustered_error(influence, data)
    np.testing.assert_allclose(found.std_error**2, expected**2, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("columns", COLUMNS)
@settings(max_examples=60)
@given(case=cases())
def test_kaplan_meier_error(columns: tuple[str, ...], case: Case) -> None:
    data = case.data(*columns)
    found = kaplan_meier(data, cluster_robust=True)
    if not several_clusters(case, columns):
        assert np.isnan(found.std_error[found.survival % 1.0 > 0.0]).all()
        return
    one_cause = case.rows(np.arange(case.time.size))
    one_cause.event[case.event == 2] = 0
    _, influence, _ = derivatives(one_cause.data(*columns), cause=1)
    expected = found.survival * clustered_error(influence, data)
    np.testing.assert_allclose(found.std_error**2, expected**2, rtol=1e-9, atol=1e-14)


def test_clusters_that_cancel_have_no_variance() -> None:
    # All rows at risk at the event are of one patient, and their influences add up to zero.
    for last in ([0, 1], [1, 0]):
        data = SurvivalData(
            [2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
            [0] * 8 + last,
            entry=[1, 1] + [0] * 8,
            cluster=["b"] * 2 + ["a"] * 8,
        )
        assert (kaplan_meier(data).std_error < 1e-15).all()


@settings(max_examples=60)
@given(case=cases(smallest=4))
def test_clustered_restricted_mean_error(case: Case) -> None:
    data = case.data("entry", "cluster")
    curve = kaplan_meier(data, cluster_robust=True)
    tau = float(curve.times[-1])
    one_cause = case.rows(np.arange(case.time.size))
    one_cause.event[case.event == 2] = 0
    _, influence, _ = derivatives(one_cause.data("entry", "cluster"), cause=1)
    steps = np.diff(curve.times) * curve.survival[:-1]
    expected = clustered_error((influence[:, :-1] @ steps)[:, None], data)[0]
    mean = curve.restricted_mean(tau)
    if curve.clusters == 1:
        assert np.isnan([mean.std_error, mean.lower, mean.upper]).all()
    else:
        assert mean.std_error**2 == pytest.approx(expected**2, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("rho", [0.0, 1.0])
@pytest.mark.parametrize("columns", [("cluster",), ("entry", "cluster", "copies")])
@settings(max_examples=60)
@given(case=cases(smallest=12))
def test_clustered_logrank(columns: tuple[str, ...], rho: float, case: Case) -> None:
    data = case.data(*columns)
    group = case.group % 2
    result = logrank(data, group, rho=rho, cluster_robust=True)
    residual = score_residuals(data, group.astype(float), rho)
    difference = result.observed - result.expected
    np.testing.assert_allclose(residual.sum(axis=0), difference, rtol=0, atol=1e-9)
    if result.df == 1:
        by_cluster = [residual[case.cluster == k, 0].sum() for k in np.unique(case.cluster)]
        expected = difference[0] ** 2 / np.sum(np.square(by_cluster))
        assert result.statistic == pytest.approx(expected, rel=1e-8, abs=1e-12)
