"""Regression models of the study file, and what the recurrences allow, in the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from kyphort.clinical import DoseSummary
from kyphort.endpoints import derive, local_control
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set, write_csv_set
from kyphort.protocol import GroupPlan, Stratum, default_study, read_study
from kyphort.published import dataset_folder
from kyphort.reports.results import Results
from kyphort.survival import cox, firth
from kyphort.workflows.analyse import analyse
from kyphort.workflows.events_allow import events_allow
from kyphort.workflows.groups import (
    AT_LEAST_PRESCRIBED,
    BELOW_PRESCRIBED,
    NOT_PLANNED,
    dose_summary,
)

MODEL = """
[[models]]
id = "{id}"
title = "{id} model"
endpoint = "{endpoint}"
method = "{method}"
variables = [{variables}]
"""


def model(identifier: str, endpoint: str, method: str, *variables: str, at: int = 0) -> str:
    names = ", ".join(f'"{one}"' for one in variables)
    text = MODEL.format(id=identifier, endpoint=endpoint, method=method, variables=names)
    return text + (f"at = {at}\n" if at else "")


def analysed(folder: Path, study: str = "") -> Results:
    file = folder / "study.toml"
    file.write_text("[resampling]\npermutations = 99\nreplicates = 100\n" + study, encoding="utf-8")
    return analyse(dataset_folder("bludau2020"), folder / "out", study=file).results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    every = (
        model("plain", "local_control", "cox", "distance_mm")
        + model("penalised", "local_control", "firth", "region", "distance_mm")
        + model("shared", "local_control", "frailty", "age_years")
        + model("incidence", "local_control", "incidence", "age_years", at=36)
        + model("competing", "local_control", "fine_gray", "distance_mm")
        + model("dying", "overall_survival", "cox", "age_years", "sex")
        + model("months", "overall_survival", "restricted_mean", "sex", at=24)
        + model("constant", "local_control", "cox", "dose_gy")
    )
    return analysed(folder, every)


def test_a_model_is_that_of_the_library(results: Results) -> None:
    table = derive(read_csv_set(dataset_folder("bludau2020")), local_control())
    distance = [row.subject.vertebrae[0].prescription.distance_mm for row in table.rows]
    expected = cox(table.survival_data(), distance)
    (term,) = results.models["plain"].terms
    assert term.name == "distance, per mm"
    assert term.estimate == pytest.approx(expected.hazard_ratios[0], rel=1e-12)
    assert term.lower == pytest.approx(expected.limits()[0][0], rel=1e-12)
    assert results.models["plain"].clusters == 104


def test_every_method_says_what_it_measures(results: Results) -> None:
    measures = {name: one.measure for name, one in results.models.items()}
    assert measures["competing"] == "subdistribution hazard ratio"
    assert measures["months"] == "difference [mo]"
    assert measures["incidence"] == "odds ratio"
    for name, one in results.models.items():
        if name != "constant":
            assert one.why_not is None
            assert one.terms
            assert one.events_per_parameter == one.events / len(one.terms)
    assert results.models["shared"].frailty_variance is not None
    assert results.models["plain"].concordance is not None
    assert results.models["dying"].proportional_hazards_p_value is not None


def test_a_category_that_no_event_has_met_is_left_out(results: Results) -> None:
    names = [term.name for term in results.models["penalised"].terms]
    assert names == ["region: lumbar against thoracic", "distance, per mm"]


def test_a_model_that_cannot_be_fitted_says_why_and_stops_nothing(results: Results) -> None:
    found = results.models["constant"]
    assert not found.terms
    assert "same value in all rows" in (found.why_not or "")


def test_ten_recurrences_may_not_say_that_groups_are_alike(results: Results) -> None:
    (lumbar,) = results.events_allow["thoracic_lumbar"]
    assert (lumbar.group, lumbar.reference, lumbar.events) == ("lumbar", "thoracic", 10)
    assert lumbar.limit_factor == pytest.approx(3.60, abs=0.005)
    assert lumbar.lower is not None
    assert lumbar.upper is not None
    assert lumbar.lower < 0.5
    assert lumbar.upper > 2
    assert not lumbar.no_difference
    eleven, eight = results.events_allow["distance"]
    assert {eleven.group, eight.group, eight.reference} == {"8", "11", "13"}
    assert eight.parameters == 2
    assert not eight.no_difference


def test_the_report_says_it(results: Results, folder: Path) -> None:
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "What the recurrences allow" in page
    assert "“no difference” may not be said" in page
    assert "8 mm against 13 mm" in page
    assert "per mm" in page
    assert "last scan without" in page
    assert results.sensitivity[-1].label in page


def test_one_group_allows_no_comparison() -> None:
    table = derive(read_csv_set(dataset_folder("bludau2020")), local_control())
    plan = GroupPlan("one", "One", Stratum.REGION, (("sacral", ("sacral",)),))
    assert events_allow(table, plan, default_study()) == ()


REFUSALS = [
    (model("a", "overall_survival", "cox", "region"), "'region' belongs to a vertebra"),
    (model("a", "overall_survival", "frailty", "sex"), "one row for each patient"),
    (model("a", "local_control", "cox"), "variables is empty"),
    (model("a", "local_control", "cox", "sex", "sex"), "names 'sex' twice"),
    (model("a", "local_control", "ridge", "sex"), "one of cox, firth"),
    (model("a", "local_control", "restricted_mean", "sex"), "'at' is missing"),
    (model("a", "local_control", "cox", "sex", at=12), "unknown key 'at'"),
    (model("a", "local_control", "cox", "shoe_size"), "one of region"),
    (model("a", "local_control", "cox", "sex") * 2, "the model 'a' appears more than once"),
    ("[resampling]\nreplicates = 3\n", "replicates is 3"),
]


@pytest.mark.parametrize(("text", "message"), REFUSALS)
def test_refusals(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError, match=message):
        read_study(file)


def test_times_of_models_are_in_the_unit_of_the_study(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    text = 'time_unit = "years"\nlandmarks = [1, 2]\n'
    file.write_text(text + model("a", "local_control", "incidence", "sex", at=2), encoding="utf-8")
    assert read_study(file).models[0].at_months == 24.0
    assert default_study().models == ()


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """Give the published cohort, every second vertebra with an accepted plan."""
    cohort = read_csv_set(dataset_folder("bludau2020"))
    summaries = tuple(
        DoseSummary(
            one.patient_id,
            one.level,
            one.procedure_date,
            one.prescription,
            120.0,
            "needle",
            "0" * 64,
            one.procedure_date,
            "0.1.0",
            lesion_d90_gy=4.0 + number % 7,
        )
        for number, one in enumerate(cohort.vertebrae)
        if number % 2 == 0
    )
    write_csv_set(replace(cohort, dose_summaries=summaries), tmp_path / "data")
    return tmp_path / "data"


def test_delivered_dose_enters_models_and_strata(planned: Path, tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    text = 'strata = ["lesion_d90"]\n[resampling]\npermutations = 99\nreplicates = 100\n'
    dose = model("dose", "local_control", "firth", "lesion_d90_gy")
    unknown = model("least", "local_control", "firth", "lesion_d98_gy")
    file.write_text(text + dose + unknown, encoding="utf-8")
    results = analyse(planned, tmp_path / "out", study=file).results
    table = derive(read_csv_set(planned), local_control())
    kept = table.where(lambda row: dose_summary(row) is not None)
    doses = [found.lesion_d90_gy for row in kept.rows if (found := dose_summary(row))]
    expected = firth(kept.survival_data(), {"dose": [float(one or 0) for one in doses]})
    found_model = results.models["dose"]
    assert found_model.rows == len(kept.rows) == 72
    assert found_model.terms[0].estimate == pytest.approx(expected.hazard_ratios[0])
    assert results.models["least"].why_not == "no vertebra has a plan that says them"
    by_dose = results.by_stratum["lesion_d90"]
    strata = {name: found.vertebrae for name, found in by_dose.items()}
    assert strata[NOT_PLANNED] == 71
    assert strata[BELOW_PRESCRIBED] + strata[AT_LEAST_PRESCRIBED] == 72


def test_delivered_dose_belongs_to_a_vertebra(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(model("x", "overall_survival", "cox", "lesion_d90_gy"), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="'lesion_d90_gy' belongs to a vertebra"):
        read_study(file)
