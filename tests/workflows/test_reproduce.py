"""The main job from end to end: the published cohort in, the report out."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from kyphort.clinical import Cohort
from kyphort.errors import OutputError, RegistryError, UnknownPublicationError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder, load
from kyphort.registry import create_registry, read_registry
from kyphort.reports.paths import numbers_in
from kyphort.workflows.provenance import content_hash
from kyphort.workflows.reproduce import Reproduction, reproduce

ROOT = Path(__file__).parents[2]
FIGURES = (
    "figure1_local_control",
    "figure2_overall_survival",
    "figure3_recurrences_by_group",
    "figure4_competing_risks",
)
REQUIRED_KEYS = {
    "provenance",
    "counts",
    "local_control",
    "local_control_cluster_robust",
    "overall_survival",
    "recurrence_cumulative_incidence",
    "logrank_thoracic_lumbar",
    "time_to_recurrence_months",
    "follow_up_months",
    "by_distance_mm",
    "by_entity",
    "comparison",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    return reproduce("bludau2020", tmp_path_factory.mktemp("reproduce") / "out")


@pytest.fixture(scope="module")
def results(done: Reproduction) -> Any:
    return json.loads((done.folder / "results.json").read_text(encoding="utf-8"))


def test_all_that_can_agree_agrees(done: Reproduction) -> None:
    assert done.agrees
    assert [one.id for one in done.results.comparison if not one.agrees] == [
        "sex_f",
        "sex_m",
        "ent_vp_Other urogenital",
    ]


def test_every_constraint_of_the_print_is_compared(done: Reproduction) -> None:
    compared = {one.id for one in done.results.comparison}
    constraints = json.loads(
        (ROOT / "tests/published/constraints_bludau2020.json").read_text(encoding="utf-8")
    )
    assert {one["id"] for one in constraints} - compared == {"fu_sched"}
    assert load("bludau2020").number("fu_sched").erratum is not None


def test_misprints_are_listed_with_their_arithmetic(done: Reproduction) -> None:
    misprints = [one for one in done.results.errata if one.kind == "misprint"]
    assert len(misprints) >= 3
    assert all(any(sign in one.arithmetic for sign in "=<≥") for one in misprints)


def test_results_have_the_promised_keys(results: Any) -> None:
    assert set(results) >= REQUIRED_KEYS
    assert {
        "patients",
        "vertebrae",
        "thoracic",
        "lumbar",
        "sacral",
        "recurrences",
        "deaths",
    } <= set(results["counts"])
    landmark = {"time_months", "estimate", "lower", "upper", "std_error", "at_risk"}
    for curve in (*results["local_control"].values(), results["overall_survival"]):
        assert [one["time_months"] for one in curve] == [6, 12, 24, 36, 48, 60]
        assert all(landmark == set(one) for one in curve)
    assert set(results["by_distance_mm"]) == {"8", "11", "13"}
    assert {"statistic", "p_value"} <= set(results["logrank_thoracic_lumbar"])
    assert "reverse_km_median" in results["follow_up_months"]


def test_every_number_has_a_determination(results: Any) -> None:
    paths = [path for path, _ in numbers_in(results)]
    assert len(paths) > 400
    beyond = set(results["determination"]) - set(paths)
    assert set(paths) <= set(results["determination"])
    # The engine bounds these, and the report does not estimate them.
    assert beyond == {
        "local_control.all.73.estimate",
        *(f"hazard_ratio_thoracic_lumbar.{one}" for one in ("estimate", "lower", "upper")),
    }
    kinds = {one["kind"] for one in results["determination"].values()}
    assert kinds == {"printed", "proved", "range"}


def test_values_lie_within_the_ranges_that_the_print_allows(results: Any) -> None:
    bounded = {
        path: one for path, one in results["determination"].items() if one["low"] is not None
    }
    outside = [
        path
        for path, value in numbers_in(results)
        if path in bounded
        and not bounded[path]["low"] - 5e-4 <= value <= bounded[path]["high"] + 5e-4
    ]
    assert len(bounded) > 50
    assert not outside


def test_competing_deaths_halve_the_failure_at_sixty_months(results: Any) -> None:
    at_60 = results["recurrence_cumulative_incidence"][-1]
    assert at_60["one_minus_kaplan_meier"] == pytest.approx(0.182, abs=5e-4)
    assert 0.073 <= at_60["estimate"] <= 0.091


def test_no_procedure_related_death_has_an_upper_limit(results: Any) -> None:
    deaths = results["safety"]["procedure_related_deaths"]
    assert (deaths["events"], deaths["n"], deaths["lower"]) == (0, 104, 0)
    assert deaths["upper"] == pytest.approx(1 - 0.025 ** (1 / 104), rel=1e-9)


def test_risk_tables_sum_to_n_at_every_tick(done: Reproduction) -> None:
    curves = done.results.curves
    for curve in (
        *curves.local_control,
        curves.overall_survival,
        curves.recurrence_incidence,
        curves.death_incidence,
    ):
        below = curve.risk_table
        columns = zip(below.at_risk, below.censored, below.events, below.competing, strict=True)
        assert {sum(column) for column in columns} == {curve.n}


def test_rows_behind_the_curves_are_complete(done: Reproduction) -> None:
    rows = done.results.endpoint_rows
    assert {name: len(found.rows) for name, found in rows.items()} == {
        "local_control": 143,
        "overall_survival": 104,
        "lpfs_seed": 104,
        "lpfs_composite": 104,
        "vertebral_compression_fracture": 143,
    }
    assert sum(row.code == 1 for row in rows["local_control"].rows) == 10
    assert sum(row.code == 1 for row in rows["overall_survival"].rows) == 66
    with (done.folder / "tables/all_rows_local_control.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 143


def test_figures_come_in_three_formats(done: Reproduction) -> None:
    folder = done.folder / "figures"
    for name in FIGURES:
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").startswith("<?xml")
        assert len(PdfReader(folder / f"{name}.pdf").pages) == 1
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_tables_are_stamped_row_by_row(done: Reproduction) -> None:
    files = sorted((done.folder / "tables").glob("*.csv"))
    assert len(files) > 12
    for path in files:
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {row["data"] for row in rows} <= {"SYNTHETIC DATA"}


def test_the_same_registry_gives_the_same_files(done: Reproduction, tmp_path: Path) -> None:
    again = reproduce("bludau2020", tmp_path / "again").folder
    for path in sorted((done.folder / "figures").iterdir()):
        assert (again / "figures" / path.name).read_bytes() == path.read_bytes(), path.name
    first, second = (
        json.loads((folder / "results.json").read_text(encoding="utf-8"))
        for folder in (done.folder, again)
    )
    first["provenance"].pop("created")
    second["provenance"].pop("created")
    assert first == second


def test_the_picture_of_the_readme_is_the_figure(done: Reproduction) -> None:
    picture = ROOT / "docs/images/figure1_local_control.svg"
    assert picture.read_bytes() == (done.folder / "figures" / picture.name).read_bytes()


def test_the_registry_of_a_run_reproduces_it(done: Reproduction, tmp_path: Path) -> None:
    again = reproduce("bludau2020", tmp_path / "out", registry=done.folder / "registry.db")
    assert again.results.comparison == done.results.comparison
    assert content_hash(read_registry(tmp_path / "out/registry.db")) == (
        done.results.provenance.data_sha256
    )


def altered_registry(tmp_path: Path, statement: str, *values: str) -> Path:
    path = tmp_path / "altered.db"
    create_registry(path, read_csv_set(dataset_folder("bludau2020")))
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, values).rowcount >= 1
    return path


def reconstructed(name: str) -> list[dict[str, str]]:
    folder = dataset_folder("bludau2020").parent / "reconstructed"
    with (folder / f"cohort_{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_one_death_more_is_found(tmp_path: Path) -> None:
    # Someone who was seen alive between 24 and 48 months: the curve is lower from then on.
    patient = next(
        one["patient"]
        for one in reconstructed("patients")
        if one["death"] == "0" and 24 < float(one["fu_months"]) < 48
    )
    path = altered_registry(
        tmp_path,
        "UPDATE patient SET death_date = last_contact_date, death_relatedness = 'unrelated' "
        "WHERE patient_id = ?",
        f"SYN-{patient}",
    )
    done = reproduce("bludau2020", tmp_path / "out", registry=path)
    disagreeing = {one.id for one in done.results.comparison if one.can_agree and not one.agrees}
    assert not done.agrees
    assert "deaths" in disagreeing
    assert "OS_48" in disagreeing
    assert not any(name.startswith("LC_") for name in disagreeing)
    assert ">NO<" in (done.folder / "report.html").read_text(encoding="utf-8")


def test_one_recurrence_less_is_found(tmp_path: Path) -> None:
    # The print forces one lumbar recurrence between 12 and 24 months.
    (row,) = [
        one
        for one in reconstructed("vertebrae")
        if one["segment"] == "L"
        and one["local_recurrence"] == "1"
        and 12 < float(one["lc_months"]) < 24
    ]
    path = altered_registry(
        tmp_path,
        "UPDATE assessment SET local_status = 'none' "
        "WHERE patient_id = ? AND local_status = 'progression'",
        f"SYN-{row['patient']}",
    )
    done = reproduce("bludau2020", tmp_path / "out", registry=path)
    disagreeing = {one.id for one in done.results.comparison if one.can_agree and not one.agrees}
    assert {"rec", "rec_L", "LC_L_24", "LC_C_24", "logrank"} <= disagreeing
    assert "OS_24" not in disagreeing


def test_a_related_death_is_found(tmp_path: Path) -> None:
    path = altered_registry(
        tmp_path,
        "UPDATE patient SET death_relatedness = 'related' WHERE patient_id = 'SYN-P001'",
    )
    done = reproduce("bludau2020", tmp_path / "out", registry=path)
    assert [one.id for one in done.results.comparison if one.can_agree and not one.agrees] == [
        "procedure_deaths"
    ]


def real(cohort: Cohort) -> Cohort:
    return Cohort(
        name="a centre",
        data_cut_off=cohort.data_cut_off,
        synthetic=False,
        provenance="made up for this test",
        patients=cohort.patients,
        vertebrae=cohort.vertebrae,
        visits=cohort.visits,
        adverse_events=cohort.adverse_events,
    )


def test_numbers_of_a_real_registry_are_observed_and_unstamped(tmp_path: Path) -> None:
    path = tmp_path / "real.db"
    create_registry(path, real(read_csv_set(dataset_folder("bludau2020"))))
    done = reproduce("bludau2020", tmp_path / "out", registry=path)
    assert done.results.determination is not None
    assert {one.kind for one in done.results.determination.values()} == {"observed"}
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" not in page
    assert "SYNTHETIC" not in (done.folder / "tables/safety.csv").read_text(encoding="utf-8")
    assert "at 12 months (95% CI 89.3 to 98.5)" in page


def test_an_unknown_publication_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownPublicationError, match="bludau2020"):
        reproduce("bludau2021", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_missing_registry_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"absent\.db"):
        reproduce("bludau2020", tmp_path / "out", registry=tmp_path / "absent.db")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.docx"):
        reproduce("bludau2020", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_failing_run_leaves_the_previous_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text('{"previous": true}')
    with pytest.raises(RegistryError):
        reproduce("bludau2020", out, registry=out / "results.json")
    assert (out / "results.json").read_text() == '{"previous": true}'
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
