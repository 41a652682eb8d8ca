"""A centre's own data: the same report, by the study's plan, and honest about what is missing."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from kyphort.clinical import Cohort
from kyphort.errors import FaultyDataError, InvalidDataError, RegistryError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder, study_file
from kyphort.registry import create_registry
from kyphort.reports.results import Results
from kyphort.workflows.analyse import analyse
from kyphort.workflows.reproduce import reproduce

ABOUT_THE_RUN = {"provenance", "study", "comparison", "errata", "determination", "data_findings"}


def shipped() -> Path:
    return dataset_folder("bludau2020")


def analysed(tmp_path: Path, study: str = "", data: Path | None = None) -> Results:
    path = tmp_path / "study.toml"
    path.write_text(study, encoding="utf-8")
    return analyse(data or shipped(), tmp_path / "out", study=path).results


def with_rows(tmp_path: Path, name: str, keep: Any) -> Path:
    """Copy the shipped data set with only those rows of one file for which `keep` holds."""
    folder = tmp_path / "data"
    shutil.copytree(shipped(), folder)
    with (folder / name).open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if keep(row)]
        header = list(reader.fieldnames or ())
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def loaded(folder: Path) -> Any:
    content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {key: value for key, value in content.items() if key not in ABOUT_THE_RUN}


def test_the_published_cohort_gives_what_reproduce_gives(tmp_path: Path) -> None:
    ours = analyse(shipped(), tmp_path / "a", study=study_file("bludau2020"))
    theirs = reproduce("bludau2020", tmp_path / "b")
    assert loaded(ours.folder) == loaded(theirs.folder)
    assert ours.results.provenance.data_sha256 == theirs.results.provenance.data_sha256


def test_a_registry_file_gives_what_its_data_set_gives(tmp_path: Path) -> None:
    create_registry(tmp_path / "registry.db", read_csv_set(shipped()))
    from_file = analyse(tmp_path / "registry.db", tmp_path / "a").folder
    from_folder = analyse(shipped(), tmp_path / "b").folder
    assert loaded(from_file) == loaded(from_folder)


def test_every_number_of_an_analysis_is_observed(tmp_path: Path) -> None:
    results = analysed(tmp_path)
    assert results.determination is not None
    assert {one.kind for one in results.determination.values()} == {"observed"}
    assert "local_control.all.24.lower" in results.determination


def test_the_plan_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    until_contact = analysed(
        tmp_path, '[local_control]\ncensoring = "last_contact_or_death"\ndeath = "censors"'
    )
    last_scan = analysed(
        tmp_path, '[local_control]\ncensoring = "last_assessment"\ndeath = "censors"'
    )
    assert until_contact.overall_survival == last_scan.overall_survival
    assert until_contact.counts == last_scan.counts
    at_60 = [one.local_control.all[-1].estimate or 0 for one in (until_contact, last_scan)]
    assert at_60[0] == pytest.approx(0.818, abs=5e-4)
    assert 0.75 < at_60[1] < 0.81
    assert last_scan.local_control_cluster_robust.all == (
        last_scan.local_control_at_last_assessment
    )


def test_every_reading_of_the_sensitivity_table_is_the_plan_it_names(tmp_path: Path) -> None:
    results = analysed(tmp_path)
    rows = {row.label: row for row in results.sensitivity}
    assert rows["As planned (Kaplan–Meier)"].landmarks == tuple(
        results.local_control_cluster_robust.all
    )
    competing = rows["1 − cumulative incidence, death competing"].landmarks
    incidence = results.recurrence_cumulative_incidence
    assert [one.estimate for one in competing] == pytest.approx(
        [1 - (one.estimate or 0) for one in incidence], abs=1e-12
    )
    assert len(rows) == 8
    assert {row.changed for row in rows.values()} == {
        "nothing",
        "censoring rule",
        "competing death",
        "retreatment rule",
        "dating rule",
        "unit of analysis",
        "date of recurrence",
    }


def test_declared_strata_are_counted_and_add_up(tmp_path: Path) -> None:
    results = analysed(
        tmp_path,
        'strata = ["sex", "age_group", "levels_treated", "procedure_year", '
        '"preexisting_fracture", "dose_gy", "distance_reference", "calibration_dataset"]\n'
        "age_cuts_years = [50, 70]",
    )
    assert set(results.by_stratum) == {
        "sex",
        "age_group",
        "levels_treated",
        "procedure_year",
        "preexisting_fracture",
        "dose_gy",
        "distance_reference",
        "calibration_dataset",
    }
    for groups in results.by_stratum.values():
        assert sum(one.vertebrae for one in groups.values()) == 143
        assert sum(one.recurrences for one in groups.values()) == 10
    assert list(results.by_stratum["age_group"]) == ["below 50", "50 to 69", "70 and over"]
    assert {name: one.vertebrae for name, one in results.by_stratum["levels_treated"].items()} == {
        "1": 73,
        "2": 46,
        "3": 24,
    }


def test_times_show_in_the_unit_of_the_study(tmp_path: Path) -> None:
    results = analysed(tmp_path, 'time_unit = "years"\nlandmarks = [1, 2]')
    assert list(results.study.landmarks_months) == [12, 24]
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "94.2% at 2 years" in page
    assert "overall survival at 2 years" in page


def test_per_patient_the_unit_is_the_patient(tmp_path: Path) -> None:
    results = analysed(tmp_path, '[local_control]\nunit = "patient"')
    assert results.endpoint_rows["local_control"].unit == "patient"
    assert len(results.endpoint_rows["local_control"].rows) == 104
    assert results.counts.recurrences == 10
    assert results.curves.local_control[0].label == "Patients"


def test_a_comparison_of_named_groups(tmp_path: Path) -> None:
    results = analysed(
        tmp_path,
        '[[comparison]]\nid = "lung"\ntitle = "Lung against breast"\nvariable = "entity"\n'
        'groups = { "Lung" = ["Lung cancer"], "Breast" = ["Breast cancer"] }',
    )
    (found,) = results.comparisons.values()
    assert {name: (one.recurrences, one.vertebrae) for name, one in found.groups.items()} == {
        "Lung": (1, 21),
        "Breast": (4, 70),
    }
    assert found.logrank is not None
    assert sum(found.logrank.observed.values()) == 5


def test_one_group_is_not_compared_and_the_report_says_why(tmp_path: Path) -> None:
    results = analysed(
        tmp_path, '[[comparison]]\nid = "x"\ntitle = "Only one"\nvariable = "dose_gy"'
    )
    assert results.comparisons["x"].logrank is None
    assert results.comparisons["x"].why_not == "there is only one group"
    assert "there is only one group" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


def test_without_visits_local_control_is_not_claimed(tmp_path: Path) -> None:
    results = analysed(tmp_path, data=with_rows(tmp_path, "visits.csv", lambda row: False))
    (first, *_) = results.missing
    assert first.what == "Local control"
    assert "no visits" in first.why
    assert all(one.estimate is None for one in results.local_control.all)
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "nobody looked for recurrence" in page
    assert "Local control was" not in page
    assert results.overall_survival[0].estimate == pytest.approx(0.746, abs=5e-4)


def test_without_recurrence_the_exact_limit_is_given(tmp_path: Path) -> None:
    data = with_rows(tmp_path, "visits.csv", lambda row: row["local_status"] != "progression")
    results = analysed(tmp_path, data=data)
    assert results.counts.recurrences == 0
    assert any("no recurrence was recorded" in one.why for one in results.missing)
    assert results.time_to_recurrence_months.median is None
    assert results.by_region["thoracic"].upper == pytest.approx(1 - 0.025 ** (1 / 89), rel=1e-9)
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "no recurrence was recorded in 143 vertebrae" in page


def test_short_follow_up_leaves_later_landmarks_open(tmp_path: Path) -> None:
    cohort = read_csv_set(shipped())
    young = [one for one in cohort.patients if not one.died and len(cohort.visits_of(one)) <= 3]
    ids = {one.patient_id for one in young}
    small = Cohort(
        "small",
        cohort.data_cut_off,
        True,
        "part of the shipped cohort",
        tuple(young),
        tuple(one for one in cohort.vertebrae if one.patient_id in ids),
        tuple(one for one in cohort.visits if one.patient_id in ids),
    )
    create_registry(tmp_path / "small.db", small)
    results = analysed(tmp_path, data=tmp_path / "small.db")
    assert results.overall_survival[-1].estimate is None
    assert results.restricted_mean_months["overall_survival_60"].estimate is None
    assert results.median_survival_months.estimate is None


def test_errors_in_the_data_are_all_told_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shipped(), folder)
    text = (folder / "vertebrae.csv").read_text(encoding="utf-8")
    (folder / "vertebrae.csv").write_text(
        re.sub(r"(?m)^(SYN-P00[12]),[A-Z]\d+,", r"\1,T44,", text, count=2)
    )
    with pytest.raises(FaultyDataError, match="nothing was written") as caught:
        analyse(folder, tmp_path / "out")
    assert len([line for line in caught.value.lines if "vertebrae.csv" in line]) == 2
    assert "T44" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_file_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.xlsx").write_text("not a registry")
    with pytest.raises(RegistryError):
        analyse(tmp_path / "data.xlsx", tmp_path / "out")


def test_an_empty_registry_cannot_be_analysed(tmp_path: Path) -> None:
    cohort = read_csv_set(shipped())
    create_registry(
        tmp_path / "empty.db", Cohort("none", cohort.data_cut_off, True, "empty", (), ())
    )
    with pytest.raises(InvalidDataError, match="no patient"):
        analyse(tmp_path / "empty.db", tmp_path / "out")
    assert not (tmp_path / "out").exists()
