"""R survival, cmprsk, npsurv, prodlim and geepack on regression and intervals: regression.json."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from kyphort.survival import (
    CoxModel,
    IntervalData,
    SurvivalData,
    baseline_hazard,
    concordance,
    cox,
    fine_gray,
    firth,
    gamma_frailty,
    npmle,
    predict_survival,
    proportional_hazards_test,
    pseudo_observations,
    pseudo_regression,
    residuals,
    schoenfeld,
)
from kyphort.survival.arrays import FloatArray

from .saved import numbers, numbers_of, output, survival_data, table

Columns = dict[str, FloatArray]
SHORT = ("age", "thoracic")
CASES: dict[str, dict[str, Any]] = {
    "efron": {},
    "breslow": {"ties": "breslow"},
    "exact": {"ties": "exact"},
    "cluster": {"cluster": "patient"},
    "breslow_cluster": {"cluster": "patient", "ties": "breslow"},
    "strata_cluster": {"cluster": "patient", "stratum": "centre"},
    "strata_exact": {"stratum": "centre", "ties": "exact", "short": True},
    "late_cluster": {"cluster": "patient", "entry": "entry"},
    "late_exact": {"entry": "entry", "ties": "exact", "short": True, "rows": 70},
    "late_strata": {"entry": "entry", "stratum": "centre"},
    "weights": {"cluster": "patient", "weighted": True},
    "weights_breslow": {"ties": "breslow", "weighted": True, "cluster_robust": True},
    "offset": {"shifted": True},
    "death": {"cluster": "patient", "cause": 2},
    "row_robust": {"cluster_robust": True},
}


def saved(*path: str) -> Any:
    found: Any = output("regression")
    for key in path:
        found = found[key]
    return found


def columns() -> Columns:
    thoracic = np.array([region == "thoracic" for region in table("clustered")["region"]], float)
    size = numbers_of(table("regression")["size"])
    return {"age": numbers_of(table("clustered")["age"]), "thoracic": thoracic, "size": size}


def data_of(*, weighted: bool = False, **fields: str) -> SurvivalData:
    plain = survival_data("clustered", **fields)
    if not weighted:
        return plain
    return SurvivalData(
        plain.time,
        plain.event,
        cluster=plain.cluster,
        weight=numbers_of(table("regression")["weight"]),
    )


@cache
def fitted(name: str) -> CoxModel:
    given = dict(CASES[name])
    fields = {key: given.pop(key) for key in ("cluster", "stratum", "entry") if key in given}
    data = data_of(weighted=given.pop("weighted", False), **fields)
    covariates = columns()
    if given.pop("short", False):
        covariates = {key: covariates[key] for key in SHORT}
    rows = given.pop("rows", None)
    if rows:
        data = data.select(np.arange(rows))
        covariates = {key: values[:rows] for key, values in covariates.items()}
    if given.pop("shifted", False):
        given["offset"] = numbers_of(table("regression")["shift"])
    return cox(data, covariates, **given)


@pytest.mark.parametrize("name", CASES)
def test_cox(name: str) -> None:
    model, theirs = fitted(name), saved("fits", name)
    size = len(model.names)
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(model.covariance, numbers(theirs["var"]).reshape(size, size), 1e-8)
    np.testing.assert_allclose(
        (model.log_likelihood_null, model.log_likelihood), theirs["loglik"], rtol=1e-12
    )
    assert model.score_test().statistic == pytest.approx(theirs["score"], rel=1e-8)
    assert model.wald_test().statistic == pytest.approx(theirs["wald"], rel=1e-8)
    if theirs["robust_var"] is not None:
        assert model.robust_covariance is not None
        robust = numbers(theirs["robust_var"]).reshape(size, size)
        np.testing.assert_allclose(model.robust_covariance, robust, rtol=1e-8)
        assert model.robust_score_test().statistic == pytest.approx(theirs["rscore"], rel=1e-8)


@pytest.mark.parametrize("transform", ["km", "identity", "rank", "log"])
@pytest.mark.parametrize("name", ["efron", "breslow", "strata_cluster", "late_cluster"])
def test_proportional_hazards(name: str, transform: Any) -> None:
    found = proportional_hazards_test(fitted(name), transform=transform)
    ours = [*found.statistics, found.global_statistic]
    np.testing.assert_allclose(ours, saved("zph", name, transform), rtol=1e-9)


@pytest.mark.parametrize("name", ["efron", "breslow", "strata_cluster", "late_cluster", "weights"])
def test_residuals(name: str) -> None:
    theirs, model = saved("residuals", name), fitted(name)
    for kind in ("martingale", "deviance", "score", "dfbeta", "dfbetas"):
        ours = residuals(model, kind)
        np.testing.assert_allclose(ours.ravel(), theirs[kind], rtol=0, atol=1e-10, err_msg=kind)
    for key, scaled in (("schoenfeld", False), ("scaled", True)):
        values = schoenfeld(model, scaled=scaled)[0]
        rows = numbers(theirs[key]).reshape(values.shape)
        # Events of one time come in no particular order in either.
        for ours, of_r in zip(values.T, rows.T, strict=True):
            np.testing.assert_allclose(np.sort(ours), np.sort(of_r), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["efron", "cluster", "strata_cluster", "late_cluster", "weights"])
def test_concordance(name: str) -> None:
    found, theirs = concordance(fitted(name)), saved("concordance", name)
    assert found.value == pytest.approx(theirs["concordance"], rel=1e-12)
    assert found.std_error**2 == pytest.approx(theirs["var"], rel=1e-10)
    pairs = (found.concordant, found.discordant, found.tied_score)
    np.testing.assert_allclose(pairs, theirs["count"], rtol=1e-12)


@pytest.mark.parametrize("name", ["efron", "breslow"])
def test_predicted_survival(name: str) -> None:
    profiles = {"age": [50, 70], "thoracic": [1, 0], "size": [4, 9]}
    found = predict_survival(fitted(name), profiles, [6, 12, 24, 36])
    theirs = saved("curve", name)
    for field, key in (
        ("survival", "surv"),
        ("std_error", "se"),
        ("lower", "lower"),
        ("upper", "upper"),
    ):
        rows = numbers(theirs[key]).reshape(4, 2).T
        np.testing.assert_allclose(getattr(found, field), rows, rtol=1e-8, err_msg=field)


def test_baseline_hazard() -> None:
    found = baseline_hazard(fitted("efron"))
    times = numbers(saved("hazard_time"))
    theirs = numbers(saved("hazard"))[np.searchsorted(times, found.times)]
    np.testing.assert_allclose(found.cumulative_hazard, theirs, rtol=1e-8)


def test_frailty_of_vertebrae() -> None:
    model = gamma_frailty(data_of(cluster="patient"), columns())
    theirs, dense = saved("frailty", "clustered"), saved("frailty", "dense")
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-4)
    # R's default leaves out what frailties share; with sparse = FALSE it does as we do.
    np.testing.assert_allclose(model.std_error, dense["se"], rtol=1e-5)
    np.testing.assert_allclose(model.std_error, theirs["se"], rtol=4e-3)
    assert model.frailty_variance == pytest.approx(theirs["theta"], rel=1e-4)
    assert model.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-6)


@pytest.mark.parametrize(("name", "cluster"), [("kidney", "id"), ("rats", "litter")])
def test_frailty_of_classical_data(name: str, cluster: str) -> None:
    rows, theirs = saved(name), saved("frailty", name)
    data = SurvivalData(rows["time"], rows["status"], cluster=rows[cluster])
    names = ("age", "sex") if name == "kidney" else ("rx",)
    model = gamma_frailty(data, {one: rows[one] for one in names})
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-4)
    assert model.frailty_variance == pytest.approx(theirs["theta"], rel=1e-4)
    assert model.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-6)


@pytest.mark.parametrize(("name", "cause"), [("recurrence", 1), ("death", 2)])
def test_fine_gray(name: str, cause: int) -> None:
    model, theirs = fine_gray(data_of(), columns(), cause=cause), saved("fine_gray", name)
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=1e-9)
    assert model.robust_covariance is not None
    np.testing.assert_allclose(model.robust_covariance.ravel(), theirs["var"], rtol=1e-9)
    assert model.log_likelihood == pytest.approx(theirs["loglik"], rel=1e-12)
    assert model.log_likelihood_null == pytest.approx(theirs["loglik_null"], rel=1e-12)


def test_maximum_likelihood_of_intervals() -> None:
    rows, theirs = table("intervals"), saved("npmle")
    left, right = numbers_of(rows["left"]), numbers_of(rows["right"])
    curve = npmle(IntervalData(left, right))
    assert curve.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-8)
    survival = curve.at(theirs["at"]).survival
    np.testing.assert_allclose(survival, theirs["npsurv"], rtol=0, atol=1e-9)
    # survfit stops once no step is larger than 5e-5.
    np.testing.assert_allclose(survival, theirs["turnbull"], rtol=0, atol=3e-5)


def test_maximum_likelihood_of_intervals_with_own_times() -> None:
    rows, theirs = table("intervals_continuous"), saved("npmle")
    curve = npmle(IntervalData(numbers_of(rows["left"]), numbers_of(rows["right"])))
    assert curve.log_likelihood == pytest.approx(theirs["continuous"], abs=1e-8)
    carries = numbers(theirs["p"]) > 1e-9
    finite = np.isfinite(curve.right)
    np.testing.assert_allclose(curve.left, numbers(theirs["left"])[carries])
    np.testing.assert_allclose(curve.right[finite], numbers(theirs["right"])[carries][finite])
    np.testing.assert_allclose(curve.probability, numbers(theirs["p"])[carries], atol=1e-7)


@pytest.mark.parametrize("estimand", ["survival", "incidence"])
def test_pseudo_observations(estimand: Any) -> None:
    found = pseudo_observations(data_of(), [12, 24], estimand=estimand)
    theirs = numbers(saved("pseudo", estimand)).reshape(2, -1).T
    np.testing.assert_allclose(found.values, theirs, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("link", "estimand"),
    [("identity", "survival"), ("logit", "incidence"), ("cloglog", "incidence")],
)
def test_pseudo_regression(link: Any, estimand: Any) -> None:
    short = {name: columns()[name] for name in SHORT}
    pseudo = pseudo_observations(data_of(cluster="patient"), [24], estimand=estimand)
    model = pseudo_regression(pseudo, short, link=link)
    theirs = saved("pseudo", "gee", link)
    ours = np.concatenate((model.intercepts, model.coefficients))
    np.testing.assert_allclose(ours, theirs["beta"], rtol=1e-7)
    np.testing.assert_allclose(model.covariance.ravel(), theirs["vbeta"], rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_firth_against_a_direct_search_on_the_likelihood_of_coxph(ties: Any) -> None:
    rows = table("myeloma")
    time = numbers_of(rows["time"])
    covariates = {
        "log_bun": numbers_of(rows["log_bun"]),
        "haemoglobin": numbers_of(rows["haemoglobin"]),
        "contrived": (time <= 65).astype(float),
    }
    model = firth(SurvivalData(time, numbers_of(rows["status"])), covariates, ties=ties)
    theirs = saved("firth", f"myeloma_{ties}")
    np.testing.assert_allclose(model.coefficients, theirs["coef"], rtol=0, atol=2e-6)
    assert model.log_likelihood == pytest.approx(theirs["value"], abs=1e-9)
    assert model.log_likelihood_null == pytest.approx(theirs["null"], abs=1e-9)


def test_firth_in_print_with_profile_limits() -> None:
    """Seven rows, five events, three coefficients, as printed by coxphf.

    The example "Use Firth's correction" on the reference page of `prettyCoxph`, R package
    biostatUtil (Leung & Chiu, github.com/TalhoukLab/biostatUtil): coxphf enters the stratum as a
    covariate, takes Breslow's ties, and stops at steps below 1e-6.
    """
    x, sex = np.array([0, 2, 1, 1, 1, 0, 0]), np.array([0, 0, 0, 0, 1, 1, 1])
    covariates = {"x1": x == 1, "x2": x == 2, "sex1": sex == 1}
    data = SurvivalData([4, 3, 1, 1, 2, 2, 3], [1, 1, 1, 0, 1, 1, 0])
    model = firth(
        data, {name: one.astype(float) for name, one in covariates.items()}, ties="breslow"
    )
    printed = [1.60161779, 0.67787698, -0.09450898]
    np.testing.assert_allclose(model.coefficients, printed, rtol=0, atol=1e-6)
    np.testing.assert_allclose(model.std_error, [1.354154, 1.551143, 1.380503], rtol=0, atol=1e-6)
    np.testing.assert_allclose(model.lower, [0.56823954, 0.13404776, 0.07179951], rtol=1e-6)
    np.testing.assert_allclose(model.upper, [71.53693, 39.18328, 11.88728], rtol=1e-6)
    p_values = [0.1451405, 0.6041722, 0.9365575]
    np.testing.assert_allclose(model.profile_p_values, p_values, rtol=0, atol=1e-7)
    test = model.penalised_ratio_test()
    assert test.statistic == pytest.approx(2.170314, abs=5e-7)
    assert test.p_value == pytest.approx(0.5378191, abs=5e-8)


def test_firth_in_print_with_late_entry() -> None:
    """Ten rows (start, stop]: 0.886 (0.188-4.183) by Wald, printed with coxphf's fit.

    The example "Firth's correction" on the reference page of `Xunivcoxph` in the same package; the
    data are those of the manual page of `coxph` (test2), with seven events.
    """
    start, stop = [1, 2, 5, 2, 1, 7, 3, 4, 8, 8], [2, 3, 6, 7, 8, 9, 9, 9, 14, 17]
    data = SurvivalData(stop, [1, 1, 1, 1, 1, 1, 1, 0, 0, 0], entry=start)
    model = firth(data, {"x": [1, 0, 0, 1, 0, 1, 1, 1, 0, 0]}, ties="breslow")
    wald = np.exp(model.coefficients[0] + np.array([0.0, -1.0, 1.0]) * 1.96 * model.std_error[0])
    np.testing.assert_allclose(wald, [0.886, 0.188, 4.183], rtol=0, atol=5e-4)


def test_multiple_myeloma_in_print() -> None:
    """SAS/STAT 9.22 User's Guide, PHREG, example 66.4: the log-likelihood at zero, Breslow."""
    rows = table("myeloma")
    data = SurvivalData(numbers_of(rows["time"]), numbers_of(rows["status"]))
    covariates = {name: numbers_of(rows[name]) for name in ("log_bun", "haemoglobin")}
    model = cox(data, covariates, ties="breslow")
    assert model.log_likelihood_null == pytest.approx(-154.8579914384, abs=5e-11)
