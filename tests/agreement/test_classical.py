"""R survival and cmprsk on the data sets that ship with survival: classical.json."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from kyphort.survival import (
    CoxModel,
    SurvivalData,
    concordance,
    cox,
    fine_gray,
    gamma_frailty,
    proportional_hazards_test,
    residuals,
)

from .saved import numbers, numbers_of, output, table

CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "lung": ("lung", ("age", "sex", "loss"), {"cluster": True, "weight": True}),
    "veteran": ("veteran", ("trt", "karno", "age"), {}),
    "veteran_strata": ("veteran", ("trt", "karno", "age"), {"stratum": True, "ties": "breslow"}),
    "veteran_exact": ("veteran", ("trt", "karno", "age"), {"stratum": True, "ties": "exact"}),
    "bladder2": (
        *("bladder2", ("rx", "number", "size")),
        {"cluster": True, "stratum": True, "entry": True},
    ),
    "heart": ("heart", ("age", "year", "surgery", "transplant"), {"entry": True}),
    "heart_cluster": (
        *("heart", ("age", "year", "surgery", "transplant")),
        {"entry": True, "cluster": True, "ties": "breslow"},
    ),
    "heart_exact": ("heart", ("age", "transplant"), {"entry": True, "ties": "exact"}),
    "pbc": ("pbc", ("age", "edema", "bili"), {"stratum": True, "weight": True}),
    "cgd": ("cgd", ("treated", "age", "male"), {"entry": True, "cluster": True}),
    "ties": ("ties", ("x", "y"), {"cluster": True}),
    "ties_exact": ("ties", ("x", "y"), {"ties": "exact"}),
}
WITH_TESTS = [name for name, (_, _, given) in CASES.items() if given.get("ties") != "exact"]
WITH_ROWS = [name for name in WITH_TESTS if name != "pbc"]


def saved(name: str) -> dict[str, Any]:
    found: dict[str, Any] = output("classical")["fits"][name]
    return found


@cache
def fitted(name: str) -> CoxModel:
    file, covariates, options = CASES[name]
    rows, given = table(f"classical/{file}"), dict(options)
    ties = given.pop("ties", "efron")
    columns: dict[str, Any] = {field: numbers_of(rows[field]) for field in given}
    data = SurvivalData(numbers_of(rows["time"]), numbers_of(rows["event"]), **columns)
    return cox(data, {one: numbers_of(rows[one]) for one in covariates}, ties=ties)


@pytest.mark.parametrize("name", CASES)
def test_cox(name: str) -> None:
    model, theirs = fitted(name), saved(name)
    size = len(model.names)
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-8)
    np.testing.assert_allclose(
        model.covariance, numbers(theirs["var"]).reshape(size, size), rtol=1e-7, atol=1e-16
    )
    assert (model.robust_covariance is None) == (theirs["robust"] is None)
    if model.robust_covariance is not None:
        robust = numbers(theirs["robust"]).reshape(size, size)
        errors = np.sqrt(np.diag(robust))
        np.testing.assert_allclose(model.std_error, errors, rtol=1e-8)
        np.testing.assert_allclose(model.robust_covariance, robust, rtol=1e-7, atol=1e-16)
        assert model.robust_score_test().statistic == pytest.approx(theirs["rscore"], rel=1e-8)
    likelihoods = (model.log_likelihood_null, model.log_likelihood)
    np.testing.assert_allclose(likelihoods, theirs["loglik"], rtol=1e-12)
    assert model.score_test().statistic == pytest.approx(theirs["score"], rel=1e-8)
    assert model.wald_test().statistic == pytest.approx(theirs["wald"], rel=1e-8)


@pytest.mark.parametrize("transform", ["km", "identity", "rank", "log"])
@pytest.mark.parametrize("name", WITH_TESTS)
def test_proportional_hazards(name: str, transform: Any) -> None:
    found = proportional_hazards_test(fitted(name), transform=transform)
    ours = [*found.statistics, found.global_statistic]
    np.testing.assert_allclose(ours, saved(name)[f"zph_{transform}"], rtol=1e-6)


@pytest.mark.parametrize("name", WITH_ROWS)
def test_residuals(name: str) -> None:
    for kind in ("martingale", "deviance", "score", "dfbeta", "dfbetas"):
        ours, theirs = (
            residuals(fitted(name), kind).ravel(),
            numbers(saved(name)[f"residual_{kind}"]),
        )
        largest = float(np.abs(theirs).max())
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * largest, err_msg=kind)


@pytest.mark.parametrize("name", WITH_TESTS)
def test_concordance(name: str) -> None:
    found, theirs = concordance(fitted(name)), saved(name)
    assert found.value == pytest.approx(theirs["concordance"], rel=1e-12)
    assert found.std_error**2 == pytest.approx(theirs["concordance_var"], rel=1e-10)


@pytest.mark.parametrize(("name", "cause"), [("malignancy", 1), ("death", 2)])
def test_fine_gray(name: str, cause: int) -> None:
    rows, theirs = table("classical/mgus2"), output("classical")["fine_gray"][name]
    covariates = {one: numbers_of(rows[one]) for one in ("age", "male", "mspike", "hgb")}
    data = SurvivalData(numbers_of(rows["time"]), numbers_of(rows["event"]))
    model = fine_gray(data, covariates, cause=cause)
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-8)
    assert model.robust_covariance is not None
    np.testing.assert_allclose(
        model.robust_covariance.ravel(), theirs["var"], rtol=1e-7, atol=1e-14
    )
    likelihoods = (model.log_likelihood_null, model.log_likelihood)
    np.testing.assert_allclose(likelihoods, theirs["loglik"], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "covariates"),
    [("retinopathy", ("trt", "juvenile")), ("diabetic", ("trt", "risk"))],
)
def test_frailty(name: str, covariates: tuple[str, ...]) -> None:
    rows, theirs = table(f"classical/{name}"), output("classical")["frailty"][name]
    data = SurvivalData(
        numbers_of(rows["time"]), numbers_of(rows["event"]), cluster=rows["cluster"]
    )
    model = gamma_frailty(data, {one: numbers_of(rows[one]) for one in covariates})
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-5)
    assert model.frailty_variance == pytest.approx(theirs["theta"], rel=1e-5)
    assert model.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-7)
