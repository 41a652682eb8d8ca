"""Cox regression and its kin: properties, hand calculations, both paths, and refusals."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.errors import InvalidDataError, MonotoneLikelihoodError
from kyphort.survival import (
    SurvivalData,
    concordance,
    concordance_of,
    cox,
    fine_gray,
    firth,
    gamma_frailty,
    logrank,
    may_say_no_difference,
    predict_survival,
    pseudo_observations,
    pseudo_regression,
    residuals,
    what_events_allow,
)
from kyphort.survival import jit as compiled


def sample(seed: int, n: int = 80, *, late: bool = False, strata: bool = False) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(12, n)) + 1.0
    found: dict[str, Any] = {
        "time": time,
        "event": rng.choice([0, 1, 2], n, p=[0.4, 0.4, 0.2]),
        "cluster": rng.integers(0, n // 2, n),
    }
    if late:
        found["entry"] = np.where(rng.random(n) < 0.4, np.floor(time / 3), 0.0)
    if strata:
        found["stratum"] = rng.integers(0, 3, n)
    return found


def covariates(seed: int, n: int = 80) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed + 1000)
    return np.column_stack([rng.normal(50, 10, n), rng.integers(0, 2, n), rng.exponential(1, n)])


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
@pytest.mark.parametrize("form", [{}, {"late": True}, {"strata": True}])
def test_no_number_depends_on_the_order_of_rows(ties: Any, form: dict[str, bool]) -> None:
    rows, z = sample(3, **form), covariates(3)
    robust = None if ties != "exact" else False
    whole = cox(SurvivalData(**rows), z, ties=ties, cluster_robust=robust)
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(80)
        moved = {name: values[order] for name, values in rows.items()}
        other = cox(SurvivalData(**moved), z[order], ties=ties, cluster_robust=robust)
        np.testing.assert_allclose(other.coefficients, whole.coefficients, rtol=1e-12, atol=0)
        np.testing.assert_allclose(other.std_error, whole.std_error, rtol=1e-12, atol=0)
        if ties != "exact":
            np.testing.assert_allclose(residuals(other), residuals(whole)[order], atol=1e-13)


def test_fine_gray_and_frailty_do_not_depend_on_the_order_of_rows() -> None:
    rows, z = sample(5), covariates(5)
    order = np.random.default_rng(1).permutation(80)
    moved = {name: values[order] for name, values in rows.items()}
    for fit, rel in ((fine_gray, 1e-12), (gamma_frailty, 1e-6)):
        one, other = fit(SurvivalData(**rows), z), fit(SurvivalData(**moved), z[order])
        np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=rel)
        np.testing.assert_allclose(one.std_error, other.std_error, rtol=rel)


def test_exact_ties_by_listing_every_subset() -> None:
    time, event = [1, 2, 2, 2, 3, 4, 4, 5], [1, 1, 1, 0, 0, 1, 1, 0]
    z = np.array([0.3, 1.2, -0.4, 0.5, 2.0, 0.1, 0.8, -1.0])
    model = cox(SurvivalData(time, event), z, ties="exact")
    beta, total = float(model.coefficients[0]), 0.0
    for t in (1, 2, 4):
        at_risk = [i for i in range(8) if time[i] >= t]
        died = [i for i in range(8) if time[i] == t and event[i]]
        sums = [np.exp(beta * z[list(s)].sum()) for s in itertools.combinations(at_risk, len(died))]
        total += beta * z[died].sum() - np.log(np.sum(sums))
    assert model.log_likelihood == pytest.approx(total, abs=1e-12)


def test_the_three_ways_of_ties_agree_without_ties() -> None:
    rng = np.random.default_rng(4)
    data, z = SurvivalData(rng.exponential(5, 50), rng.integers(0, 2, 50)), covariates(4, 50)
    fits = [cox(data, z, ties=ties) for ties in ("efron", "breslow", "exact")]
    for one in fits[1:]:
        np.testing.assert_allclose(one.coefficients, fits[0].coefficients, rtol=1e-9)
        np.testing.assert_allclose(one.covariance, fits[0].covariance, rtol=1e-9)


@pytest.mark.parametrize("form", [{}, {"late": True}, {"strata": True}])
def test_the_score_test_of_one_group_is_the_logrank_test(form: dict[str, bool]) -> None:
    rows = sample(11, **form)
    rows["time"] = rows["time"] + np.linspace(0, 0.5, 80)  # no ties
    group = covariates(11)[:, 1]
    data = SurvivalData(**rows)
    model = cox(data, group, ties="breslow")
    test = logrank(data, group, cluster_robust=False)
    assert model.score_test().statistic == pytest.approx(test.statistic, rel=1e-10)
    robust = logrank(data, group, cluster_robust=True)
    assert model.robust_score_test().statistic == pytest.approx(robust.statistic, rel=1e-10)


@pytest.mark.parametrize("form", [{}, {"late": True, "strata": True}])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_compiled_loops_give_what_numpy_gives(
    monkeypatch: pytest.MonkeyPatch, ties: Any, form: dict[str, bool]
) -> None:
    rows, z = sample(9, 400, **form), covariates(9, 400)
    rows["weight"] = np.random.default_rng(0).integers(1, 4, 400) / 2
    few = cox(SurvivalData(**rows), z, ties=ties)
    monkeypatch.setattr(compiled, "MANY_ROWS", 100)
    many = cox(SurvivalData(**rows), z, ties=ties)
    np.testing.assert_allclose(many.coefficients, few.coefficients, rtol=1e-11)
    np.testing.assert_allclose(many.covariance, few.covariance, rtol=1e-11)
    assert many.robust_covariance is not None
    assert few.robust_covariance is not None
    np.testing.assert_allclose(many.robust_covariance, few.robust_covariance, rtol=1e-10)


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
def test_residuals_add_up(seed: int, ties: Any) -> None:
    rows, z = sample(seed, 40, late=True, strata=True), covariates(seed, 40)
    model = cox(SurvivalData(**rows), z[:, :2], ties=ties)
    assert residuals(model).sum() == pytest.approx(0.0, abs=1e-9)
    scale = z[:, :2].std(axis=0)
    np.testing.assert_allclose(residuals(model, "score").sum(axis=0) / scale, 0.0, atol=1e-7)
    assert model.robust_covariance is not None
    by_cluster = residuals(model, "dfbeta", by_cluster=True)
    np.testing.assert_allclose(by_cluster.T @ by_cluster, model.robust_covariance, rtol=1e-8)


def test_units_and_origins_of_covariates_do_not_matter() -> None:
    data, z = SurvivalData(**sample(2)), covariates(2)
    one, other = cox(data, z), cox(data, 1000.0 * z + 1e6)
    np.testing.assert_allclose(other.coefficients * 1000.0, one.coefficients, rtol=1e-8)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)


def test_whole_number_weights_are_copies_under_breslow() -> None:
    rows, z = sample(6), covariates(6)
    copies = np.random.default_rng(1).integers(1, 4, 80)
    weighted = cox(SurvivalData(**rows, weight=copies), z, ties="breslow")
    repeated: dict[str, Any] = {k: np.repeat(values, copies) for k, values in rows.items()}
    copied = cox(SurvivalData(**repeated), np.repeat(z, copies, axis=0), ties="breslow")
    np.testing.assert_allclose(weighted.coefficients, copied.coefficients, rtol=1e-10)
    np.testing.assert_allclose(weighted.covariance, copied.covariance, rtol=1e-10)
    assert weighted.robust_covariance is not None
    assert copied.robust_covariance is not None
    np.testing.assert_allclose(weighted.robust_covariance, copied.robust_covariance, rtol=1e-10)


def test_concordance_by_counting_pairs() -> None:
    rng = np.random.default_rng(8)
    time, event = rng.integers(2, 12, 60).astype(float), rng.integers(0, 2, 60)
    entry, score = np.where(rng.random(60) < 0.4, np.floor(time / 2), 0.0), rng.integers(0, 6, 60)
    agree = differ = tied = 0
    for i, j in itertools.permutations(range(60), 2):
        goes_on = time[j] > time[i] or (time[j] == time[i] and not event[j])
        if event[i] and goes_on and entry[j] < time[i]:
            agree += score[i] > score[j]
            differ += score[i] < score[j]
            tied += score[i] == score[j]
    found = concordance_of(SurvivalData(time, event, entry=entry), score)
    assert (found.concordant, found.discordant, found.tied_score) == (agree, differ, tied)
    assert found.value == pytest.approx((agree + tied / 2) / (agree + differ + tied))


def test_the_clustered_error_of_a_predicted_curve_is_a_jackknife() -> None:
    rows, z = sample(21, 300), covariates(21, 300)
    profile, times = np.array([[50.0, 1.0, 1.0]]), [6.0, 12.0]
    whole = predict_survival(cox(SurvivalData(**rows), z), profile, times)
    left_out = []
    for cluster in np.unique(rows["cluster"]):
        keep = rows["cluster"] != cluster
        part = {name: values[keep] for name, values in rows.items()}
        left_out.append(predict_survival(cox(SurvivalData(**part), z[keep]), profile, times))
    found = np.array([one.survival[0] for one in left_out])
    jackknife = np.sqrt(np.sum((found - whole.survival[0]) ** 2, axis=0))
    np.testing.assert_allclose(whole.std_error[0], jackknife, rtol=0.05)


def test_predictions_do_not_depend_on_the_origin_of_a_covariate() -> None:
    """A calendar year: at year 0 the baseline hazard is beyond what a number holds."""
    rng = np.random.default_rng(5)
    year = rng.integers(0, 12, 80).astype(float)
    data = SurvivalData(rng.exponential(np.exp(-0.6 * year)) + 1e-3, rng.integers(0, 4, 80) > 0)
    near = predict_survival(cox(data, {"year": year}), {"year": [2, 7]}, [0.05, 0.5])
    far_model = cox(data, {"year": year + 2015})
    far = predict_survival(far_model, {"year": [2017, 2022]}, [0.05, 0.5])
    assert far_model.coefficients[0] * 2015 > 710
    for field in ("survival", "std_error", "lower", "upper"):
        np.testing.assert_allclose(getattr(far, field), getattr(near, field), rtol=1e-9)


def test_a_monotone_likelihood_is_named_and_firth_is_finite() -> None:
    time, event = [3, 5, 7, 9, 11, 13, 14], [1, 1, 0, 1, 0, 0, 0]
    z = {"age": [60, 71, 55, 64, 58, 69, 61], "lumbar": [1, 1, 1, 1, 0, 0, 0]}
    with pytest.raises(MonotoneLikelihoodError, match="'lumbar' upwards"):
        cox(SurvivalData(time, event), z)
    with pytest.raises(MonotoneLikelihoodError, match="'lumbar' upwards"):
        fine_gray(SurvivalData(time, event), {"lumbar": z["lumbar"]})
    model = firth(SurvivalData(time, event), z)
    assert np.isfinite(model.coefficients).all()
    assert np.isfinite(model.std_error).all()
    assert (model.lower < model.hazard_ratios).all()
    assert (model.hazard_ratios < model.upper).all()


@pytest.mark.parametrize("late", [False, True])
def test_exact_ties_need_the_events_of_a_time_to_be_the_highest_together(late: bool) -> None:
    """At time 3 the events have 2 and 1, the others at risk 1 or less: no finite ratio is best."""
    time, event, x = [3, 3, 5, 7, 7], [1, 1, 1, 0, 0], {"x": [2, 1, 1, 0, 1]}
    data = SurvivalData(time, event, entry=[0, 1, 0, 1, 0] if late else None)
    with pytest.raises(MonotoneLikelihoodError, match="'x' upwards"):
        cox(data, x, ties="exact")
    # Taken one after the other, the event with 1 is not the highest at risk.
    assert np.isfinite(cox(data, x, ties="efron").coefficients).all()
    # With 2 among those who go on there is a maximum.
    assert abs(cox(data, {"x": [2, 1, 1, 0, 2]}, ties="exact").coefficients[0]) < 1.0


def test_firth_of_two_rows_is_log_three() -> None:
    """log L + ½ log I = 3/2 log s + 1/2 log(1 - s), s = 1/(1 + exp(-b)): at its top s = 3/4."""
    model = firth(SurvivalData([1, 2], [1, 0]), {"x": [1, 0]})
    assert model.coefficients[0] == pytest.approx(np.log(3.0), abs=1e-9)
    # The fall to a limit b solves 3 log(4 s / 3) + log(4 (1 - s)) = -3.841.
    for limit in (model.lower[0], model.upper[0]):
        share = limit / (1.0 + limit)
        fall = -3.0 * np.log(4.0 * share / 3.0) - np.log(4.0 * (1.0 - share))
        assert fall == pytest.approx(3.841458820694124, abs=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_firth_settles_soon_on_the_smallest_cohorts(ties: Any) -> None:
    """Steps and limits of cohorts of 3 to 12 rows, most of them without a maximum for Cox."""
    fitted = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = int(rng.integers(3, 13))
        time, event = rng.integers(1, 8, rows), rng.integers(0, 2, rows)
        z = {"a": rng.integers(0, 2, rows), "b": rng.normal(size=rows)}
        try:
            model = firth(SurvivalData(time, event), z, ties=ties)
        except InvalidDataError:
            continue
        fitted += 1
        assert model.steps <= 40
        assert (model.lower < model.hazard_ratios).all()
        assert (model.hazard_ratios < model.upper).all()
        assert ((model.profile_p_values >= 0.0) & (model.profile_p_values <= 1.0)).all()
    assert fitted >= 40


def test_a_limit_beyond_all_measure_is_infinite() -> None:
    """Those at risk at the event differ by a hair, in units of which the top is again log 3."""
    x = {"x": [0.0, 1.0, 1.0 - 1e-2, 0.3]}
    model = firth(SurvivalData([3, 5, 7, 3], [0, 1, 0, 0]), x)
    assert model.coefficients[0] == pytest.approx(100.0 * np.log(3.0), rel=1e-9)
    assert (model.lower[0], model.upper[0]) == (0.0, np.inf)


def test_limits_of_firth_are_where_the_profile_has_fallen() -> None:
    """Against the offset: with x held at a limit the penalised maximum is 1.92 lower."""
    rows = sample(14)
    data = SurvivalData(rows["time"], rows["event"])
    x = covariates(14)[:, 1]
    model = firth(data, x)
    drop = 3.841458820694124 / 2
    for limit in (model.lower[0], model.upper[0]):
        at_limit = _penalised(data, x, float(np.log(limit)))
        assert at_limit == pytest.approx(model.log_likelihood - drop, abs=1e-7)


def _penalised(data: SurvivalData, x: np.ndarray[Any, Any], beta: float) -> float:
    """Return log L + ½ log I of one coefficient with Efron's ties, from the definition."""
    value = information = 0.0
    for time in np.unique(data.time[data.event == 1]):
        at_risk, died = data.time >= time, (data.time == time) & (data.event == 1)
        risk, d = np.exp(beta * x), int(died.sum())
        value += beta * x[died].sum()
        for place in range(d):
            weight = risk * (at_risk - place / d * died)
            mean = np.sum(weight * x) / weight.sum()
            value -= np.log(weight.sum())
            information += np.sum(weight * x**2) / weight.sum() - mean**2
    return float(value + 0.5 * np.log(information))


def test_without_competing_events_fine_gray_is_cox() -> None:
    rows, z = sample(30), covariates(30)
    data = SurvivalData(rows["time"], rows["event"] == 1)
    one, other = fine_gray(data, z), cox(data, z, ties="breslow", cluster_robust=True)
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-10)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-10)


def test_a_stratum_of_fine_gray_has_its_own_censoring() -> None:
    rows, z = sample(31, strata=True), covariates(31)
    fit = fine_gray(SurvivalData(**rows), z)
    doubled: dict[str, Any] = {k: np.concatenate((v, v)) for k, v in rows.items()}
    doubled["stratum"] = np.concatenate((rows["stratum"], rows["stratum"] + 3))
    doubled["cluster"] = np.concatenate((rows["cluster"], rows["cluster"] + 100))
    twice = fine_gray(SurvivalData(**doubled), np.concatenate((z, z)))
    np.testing.assert_allclose(twice.coefficients, fit.coefficients, rtol=1e-9)
    np.testing.assert_allclose(twice.std_error * np.sqrt(2), fit.std_error, rtol=1e-9)


def test_alike_clusters_have_no_frailty() -> None:
    rng = np.random.default_rng(2)
    data = SurvivalData(rng.exponential(1, 60), np.ones(60, int), cluster=np.arange(60) // 2)
    z = rng.normal(size=60)
    model = gamma_frailty(data, z)
    if model.frailty_variance == 0.0:
        np.testing.assert_allclose(model.coefficients, cox(data, z).coefficients, rtol=1e-8)
        assert model.frailty_test().p_value == 1.0
    assert model.variance_lower <= model.frailty_variance <= model.variance_upper


def test_pseudo_observations_average_to_the_estimate_without_censoring() -> None:
    rng = np.random.default_rng(3)
    data = SurvivalData(rng.exponential(10, 30), rng.choice([1, 2], 30))
    for estimand in ("survival", "restricted_mean", "incidence"):
        found = pseudo_observations(data, [5.0, 12.0], estimand=estimand)
        if estimand == "incidence":
            np.testing.assert_allclose(found.values.mean(axis=0), found.estimate, atol=1e-12)
    means = pseudo_observations(data, [12.0], estimand="restricted_mean", cause=1)
    assert means.values.shape == (30, 1)


def test_a_difference_of_groups_is_the_difference_of_their_means() -> None:
    data = SurvivalData(np.arange(1.0, 21.0), np.ones(20, int))
    group = np.arange(20) % 2
    model = pseudo_regression(
        pseudo_observations(data, [12.0], estimand="restricted_mean"), {"group": group}
    )
    capped = np.minimum(data.time, 12.0)
    expected = capped[group == 1].mean() - capped[group == 0].mean()
    assert model.coefficients[0] == pytest.approx(expected, abs=1e-10)


def test_ten_events_do_not_exclude_a_doubling() -> None:
    allowed = what_events_allow(10, {"thoracic": 89, "lumbar": 53})
    (contrast,) = allowed.contrasts
    assert contrast.reference == "thoracic"
    share = 89 / 142
    assert contrast.std_error == pytest.approx(1 / np.sqrt(10 * share * (1 - share)))
    assert not contrast.can_exclude_doubling
    enough = what_events_allow(
        contrast.events_to_exclude_doubling, {"thoracic": 89, "lumbar": 53}
    ).contrasts[0]
    assert enough.can_exclude_doubling
    assert what_events_allow(0, {"a": 1, "b": 1}).contrasts[0].limit_factor > 1e300
    assert not may_say_no_difference(0.19, 2.8)
    assert not may_say_no_difference(0.51, 2.0)
    assert may_say_no_difference(0.51, 1.99)


def test_simulated_limits_are_as_wide_as_foretold() -> None:
    rng = np.random.default_rng(12)
    group = np.repeat([0.0, 1.0], [250, 150])
    widths = []
    for _ in range(30):
        time = rng.exponential(1, 400)
        cut = np.sort(time)[60]
        model = cox(SurvivalData(np.minimum(time, cut), time < cut), group)
        widths.append(model.std_error[0])
    foretold = what_events_allow(60, {"a": 250, "b": 150}).contrasts[0].std_error
    assert np.mean(widths) == pytest.approx(foretold, rel=0.03)


REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("does not vary|same value", {"covariates": np.ones(80)}),
    ("depend|sum of multiples", {"covariates": np.column_stack([np.arange(80), np.arange(80)])}),
    ("missing or infinite value at rows 3, 7", {"covariates": {"age": [1.0, 2, 3, np.nan] * 20}}),
    ("79 values for 80 rows", {"covariates": np.arange(79)}),
    ("Code categories", {"covariates": {"level": ["L1"] * 80}}),
    ("Allowed: 'efron', 'breslow', 'exact'", {"ties": "peto"}),
    ("no score residuals", {"ties": "exact"}),
    ("nothing to compare", {"cause": 7}),
    ("offset: 3 values", {"offset": [1, 2, 3]}),
]


@pytest.mark.parametrize(("message", "change"), REFUSALS)
def test_refusals(message: str, change: dict[str, Any]) -> None:
    given_covariates = change.pop("covariates", covariates(1))
    with pytest.raises(InvalidDataError, match=message):
        cox(SurvivalData(**sample(1)), given_covariates, **change)


def test_what_other_models_refuse() -> None:
    rows, z = sample(1, late=True), covariates(1)
    late = SurvivalData(**rows)
    with pytest.raises(InvalidDataError, match="late entry"):
        fine_gray(late, z)
    with pytest.raises(InvalidDataError, match="left out of late"):
        pseudo_observations(late, [3.0])
    plain = SurvivalData(rows["time"], rows["event"])
    with pytest.raises(InvalidDataError, match="no cluster holds two rows"):
        gamma_frailty(plain, z)
    with pytest.raises(InvalidDataError, match="no Cox partial likelihood"):
        concordance(fine_gray(plain, z))
    with pytest.raises(InvalidDataError, match="The model has x1, x2, x3"):
        predict_survival(cox(plain, z), [[1.0, 2.0]], [3.0])
    with pytest.raises(InvalidDataError, match="for probabilities"):
        pseudo_regression(
            pseudo_observations(plain, [3.0], estimand="restricted_mean"), z, link="logit"
        )
    with pytest.raises(InvalidDataError, match="fewer than two groups"):
        what_events_allow(3, {"a": 3})


def test_few_rows_never_import_numba() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from kyphort.survival import *; "
        "m = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1], cluster=[1, 1, 2, 2]), [1, 0, 1, 0]); "
        "npmle(IntervalData([0, 1], [1, 2])); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
