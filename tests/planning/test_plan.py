"""The whole plan on the digital vertebra: doses, limits, robustness, optimum, the record."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from kyphort.cli.plan import app
from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import irradiation_time_min
from kyphort.errors import InvalidDataError, KyphortError, OutputError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.planning.digital import LESION_MM
from kyphort.planning.needle import Dwell, Needle
from kyphort.planning.optimise import optimise
from kyphort.planning.plan import Plan, by_distance, make_plan
from kyphort.planning.request import PlanRequest, RobustnessChoices
from kyphort.planning.robustness import robustness
from kyphort.planning.structures import Role
from kyphort.planning.summary import distance_rows, metric_rows, scaled_verdicts
from kyphort.registry import create_registry, open_registry
from kyphort.workflows.plan import PlanRun

from .conftest import with_

RUNNER = CliRunner()
Planned = tuple[Path, PlanRun]


def run(*words: object, exit_code: int = 0) -> str:
    result = RUNNER.invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result.output


def test_the_time_is_the_clinics(plan: Plan) -> None:
    source = plan.request.source
    assert plan.irradiation.total_min == pytest.approx(irradiation_time_min(source, 8.0, 13.0))
    for distance, minutes, factor in by_distance(plan):
        assert minutes == pytest.approx(irradiation_time_min(source, 8.0, distance))
        assert factor == pytest.approx(minutes / plan.irradiation.total_min)


def test_doses_are_plausible(plan: Plan) -> None:
    """What a physicist would check first: the lesion is nearly water, bone shields, Dm,m > Dw,m."""
    (lesion,), (cord,) = plan.of_role(Role.LESION), plan.of_role(Role.CORD)
    (body,) = plan.of_role(Role.VERTEBRA)
    sphere = 4 / 3 * np.pi * LESION_MM**3 / 1000
    assert lesion.samples.total_cm3 + lesion.in_needle_cm3 == pytest.approx(sphere, rel=0.01)
    water, cavity, medium = (
        {one.name: one.by_assumption[name].mean_gy for one in plan.structures}
        for name in ("water", "water in medium", "medium")
    )
    assert 0.9 < cavity[lesion.name] / water[lesion.name] < 1.05
    assert cavity[cord.name] < water[cord.name]
    assert medium[body.name] > cavity[body.name]
    nearest = float(np.linalg.norm(
        cord.samples.points_mm - plan.irradiation.stops.positions_mm, axis=1
    ).min())  # fmt: skip
    assert 15 < nearest < 20
    for one in plan.structures:
        values = one.by_assumption
        low, high = (values[f"medium, {name}"].mean_gy for name in plan.scenario_models)
        assert min(low, high) < values["medium"].mean_gy * 1.02
        assert max(low, high) > values["medium"].mean_gy * 0.98


def test_the_precision_asked_for_is_reached(plan: Plan) -> None:
    assert plan.reached["cord"] <= plan.request.precision.cord * 1.05
    assert plan.reached["prescription sphere"] <= plan.request.precision.sphere * 1.05


def test_the_grid_and_the_samples_say_the_same(plan: Plan) -> None:
    points = plan.grid.frame.centres_mm()[::7, ::7, ::7].reshape(-1, 3)
    for quantity, values in plan.grid.by_quantity.items():
        assert plan.model.at(points).by_quantity[quantity] == pytest.approx(
            values[::7, ::7, ::7].ravel()
        )
    assert np.all(plan.grid.by_quantity[ReportingQuantity.WATER] > 0)


def test_limits_scale_with_time_and_fail_when_it_is_long(plan: Plan) -> None:
    assert all(one.passed for one in scaled_verdicts(plan, 1.0)) == all(
        one.passed for one in plan.verdicts
    )
    organs = [one for one in scaled_verdicts(plan, 20.0) if one.limit.at_most is not None]
    assert organs
    assert not any(one.passed for one in organs if one.limit.role is Role.CORD)
    short = [one for one in scaled_verdicts(plan, 0.05) if one.limit.at_least is not None]
    assert not any(one.passed for one in short)
    rows = distance_rows(plan)
    assert [row.distance_mm for row in rows] == [8.0, 11.0, 13.0]
    times = [row.minutes for row in rows]
    assert times == sorted(times)


def test_earlier_radiotherapy_adds_a_limit(request_: PlanRequest, plan: Plan) -> None:
    names = {one.limit.metric for one in plan.verdicts}
    assert "cumulative EQD2" not in names
    before = make_plan(
        with_(request_, earlier_cord_eqd2_gy=69.0, precision=with_(request_.precision, cord=0.2))
    )
    (found,) = [one for one in before.verdicts if one.limit.metric == "cumulative EQD2"]
    assert found.worst[1] > 70
    assert not found.passed


def test_without_any_error_every_scenario_is_the_plan(plan: Plan) -> None:
    still = with_(
        plan,
        request=with_(
            plan.request,
            robustness=RobustnessChoices(20, 0.0, 0.0, 0.0, recalculated=0),
        ),
        scenario_models={},
    )
    found = robustness(still)
    for one in found.spreads:
        assert one.lower == pytest.approx(one.nominal)
        assert one.upper == pytest.approx(one.nominal)
        assert one.fails in (None, 0.0, 1.0)
    for band in found.bands:
        assert band.lower == pytest.approx(band.nominal)


def test_scenarios_spread_and_agree_with_a_full_calculation(plan: Plan) -> None:
    found = robustness(plan)
    again = robustness(plan)
    assert found.spreads == again.spreads
    assert found.scenarios + found.left_image == 30
    for one in found.spreads:
        assert one.lower <= one.median <= one.upper
        assert one.lower < one.upper or one.metric == "V100"
    cord = next(one for one in found.spreads if one.metric == "D0.03cc")
    assert cord.upper / cord.lower > 1.2
    assert found.recalculations
    assert max(abs(one.difference_percent) for one in found.recalculations) < 2.0
    levers = {one.what: one for one in found.levers if "Cord D0.03cc" in one.metric}
    assert levers["tip front–back"].high > levers["tip front–back"].low
    calibration = levers["calibration"]
    assert calibration.high / calibration.low == pytest.approx(np.exp(0.1), rel=1e-3)


def test_the_optimum_is_bound_by_what_it_says(plan: Plan) -> None:
    free = optimise(plan)
    assert free.bound_by == "98 % of the lesion covered"
    assert free.distance_mm is not None
    factor = free.minutes[0] / plan.irradiation.total_min
    lesion = plan.of_role(Role.LESION)[0]
    worst = min(one.dose_at_percent(98) for one in lesion.by_assumption.values())
    assert worst * factor == pytest.approx(8.0, rel=0.02)
    tight = tuple(
        with_(limit, at_most=2.0)
        if limit.role is Role.CORD and limit.metric == "D0.03cc"
        else limit
        for limit in plan.request.limits
    )
    bound = with_(plan, request=with_(plan.request, limits=tight))
    found = optimise(bound)
    assert found.bound_by.startswith("SpinalCord")
    cord = plan.of_role(Role.CORD)[0]
    highest = max(
        one.dose_at_cm3(0.03) for name, one in cord.by_assumption.items() if "water in" not in name
    )
    factor = found.minutes[0] / plan.irradiation.total_min
    assert 1.4 * highest * factor == pytest.approx(2.0, rel=0.01)
    assert found.lesion_d90_gy < free.lesion_d90_gy
    assert optimise(plan, most_minutes=0.5).bound_by == "the longest time allowed, 0.5 min"


def test_searched_shares_are_not_worse_than_even_ones(request_: PlanRequest) -> None:
    (needle,) = request_.needles
    longer = Needle(
        needle.name, needle.entry_mm, needle.tip_mm + 4 * needle.direction,
        (Dwell(0.0), Dwell(4.0), Dwell(8.0)),
    )  # fmt: skip
    several = make_plan(with_(request_, needles=(longer,)))
    start = optimise(several, most_minutes=2.0)
    assert sum(start.minutes) <= 2.0 + 1e-9
    lesion = several.of_role(Role.LESION)[0]
    factor = sum(start.minutes) / several.irradiation.total_min
    evenly = min(one.dose_at_percent(90) for one in lesion.by_assumption.values()) * factor
    assert start.lesion_d90_gy >= evenly * 0.99
    assert start.distance_mm is None


def test_a_collision_is_reported(request_: PlanRequest, plan: Plan) -> None:
    assert all(one.shaft_mm > 0 for one in plan.clearances)
    (needle,) = request_.needles
    through = Needle("through", np.array([0.0, 70.0, 0.0]), needle.tip_mm)
    found = make_plan(with_(request_, needles=(through,)))
    canal = next(one for one in found.clearances if one.structure == "SpinalCanal")
    assert canal.shaft_mm <= 0


@pytest.mark.parametrize(
    ("tip", "words"),
    [
        ((500.0, 0, 0), "is outside the image"),
        ((0.0, -80.0, 0.0), r"is outside the image|lies in air"),
        ((-60.0, 40.0, 0.0), r"does not reach within 34 mm"),
    ],
)
def test_a_needle_in_the_wrong_place(
    request_: PlanRequest, tip: tuple[float, ...], words: str
) -> None:
    wrong = Needle("wrong", np.array([tip[0], tip[1] + 40, tip[2]]), np.array(tip))
    with pytest.raises(InvalidDataError, match=words):
        make_plan(with_(request_, needles=(wrong,)))


def test_metrics_have_a_row_each(plan: Plan) -> None:
    rows = metric_rows(plan)
    assert {row.structure for row in rows} == {one.name for one in plan.structures}
    for row in rows:
        assert row.scenario_low <= row.scenario_high
        assert row.water >= 0


def test_the_page_is_self_contained_and_says_what_it_is(planned: Planned) -> None:
    home, run_ = planned
    page = (home / "plan" / "plan.html").read_text()
    assert "not a medical device" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert page.index("data:image/svg+xml") < page.index("Irradiation time</h2>")
    assert run_.plan_hash in page
    pdf = "".join(one.extract_text() for one in PdfReader(home / "plan" / "plan.pdf").pages)
    assert "not a medical device" in pdf.replace("\n", " ")
    assert "SpinalCord" in pdf
    results = json.loads((home / "plan" / "results.json").read_text())
    assert results["plan_hash"] == run_.plan_hash
    assert len(list((home / "plan" / "dicom").iterdir())) == 7


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Return the example's data set with a cut-off after today: a plan is made now."""
    example = Path("src/kyphort/exchange/csv_set/example")
    data = Path(shutil.copytree(example, tmp_path / "data"))
    text = (data / "dataset.toml").read_text()
    (data / "dataset.toml").write_text(text.replace("2020-12-31", "2099-12-31"))
    return data


def test_accepting_writes_the_dose_summary(planned: Planned, registry: Path) -> None:
    home, run_ = planned
    vertebra = read_csv_set(registry).vertebrae[0]
    words = ("--data", registry, "--patient", vertebra.patient_id, "--level", vertebra.level)
    said = run("accept", home / "plan", *words)
    assert f"Dose summary of {vertebra.vertebra_id}" in said
    cohort = read_csv_set(registry)
    (found,) = [one for one in cohort.dose_summaries if one.vertebra_id == vertebra.vertebra_id]
    assert found.plan_hash == run_.plan_hash
    assert found.irradiation_time_s == pytest.approx(60 * run_.plan.irradiation.total_min)
    (lesion,) = run_.plan.of_role(Role.LESION)
    assert found.lesion_d90_gy == pytest.approx(lesion.lesion_quantity.dose_at_percent(90))
    run("accept", home / "plan", *words)
    assert read_csv_set(registry).dose_summaries == cohort.dose_summaries


def test_accepting_into_a_registry_leaves_a_trail(planned: Planned, tmp_path: Path) -> None:
    home, run_ = planned
    place = tmp_path / "registry.db"
    create_registry(place, read_csv_set(Path("src/kyphort/exchange/csv_set/example")))
    with open_registry(place, read_only=True) as registry:
        vertebra = registry.cohort().vertebrae[0]
    words = ("--registry", place, "--patient", vertebra.patient_id, "--level", vertebra.level)
    run("accept", home / "plan", *words, "--as", "physicist")
    with open_registry(place, read_only=True) as registry:
        found = registry.cohort().dose_summaries
        last = registry.history(vertebra.patient_id)[-1]
    assert run_.plan_hash in {one.plan_hash for one in found}
    assert last.entry.who == "physicist"
    with pytest.raises(InvalidDataError):
        run("accept", home / "plan", *words, "--as", "physicist")


def test_a_changed_plan_or_an_unknown_vertebra_is_not_accepted(
    planned: Planned, registry: Path, tmp_path: Path
) -> None:
    home, _ = planned
    before = read_csv_set(registry).dose_summaries
    vertebra = read_csv_set(registry).vertebrae[0]
    words = ("--data", registry, "--patient", vertebra.patient_id)
    with pytest.raises(InvalidDataError, match="0 treated vertebrae S5"):
        run("accept", home / "plan", *words, "--level", "S5")
    with pytest.raises(InvalidDataError, match="no such vertebra"):
        run("accept", home / "plan", *words, "--level", "L9")
    changed = shutil.copytree(home / "plan", tmp_path / "changed")
    text = (changed / "results.json").read_text()
    (changed / "results.json").write_text(text.replace('"passed": true', '"passed": false', 1))
    with pytest.raises(InvalidDataError, match="its hash does not fit"):
        run("accept", changed, *words, "--level", vertebra.level)
    with pytest.raises(InvalidDataError, match="is not the folder of a plan"):
        run("accept", tmp_path, *words, "--level", vertebra.level)
    assert read_csv_set(registry).dose_summaries == before


def test_a_new_case_is_completed_and_planned(
    case_folder: Path, tmp_path: Path, planned: Planned
) -> None:
    out = tmp_path / "case.toml"
    said = run("new", case_folder, "--out", out)
    assert "72 slices of 128 × 128 pixels" in said
    text = out.read_text()
    assert 'SpinalCord" = "cord"' in text
    with pytest.raises(InvalidDataError, match=r"give one of tip_mm|give one of entry_mm"):
        run("run", out, "--out", tmp_path / "plan")
    with pytest.raises(OutputError, match="exists already"):
        run("new", case_folder, "--out", out)
    needle = planned[1].case.request.needles[0]
    points = [
        f"{end}_voxel = {planned[1].case.series.image.frame.to_index(point).round(3).tolist()}"
        for end, point in (("entry", needle.entry_mm), ("tip", needle.tip_mm))
    ]
    out.write_text(
        text + "\n" + "\n".join(points)
        + "\n[robustness]\nscenarios = 0\n[precision]\ncord = 0.1\nsphere = 0.1\n"
        + "[earlier]\ncord_dose_gy = 60\ncord_fractions = 20\n"
    )  # fmt: skip
    said = run("run", out, "--out", tmp_path / "plan", exit_code=1)
    assert "NOT KEPT  SpinalCord: cumulative EQD2" in said
    assert (tmp_path / "plan" / "plan.html").exists()
    assert not (tmp_path / "plan" / "dicom" / "rtplan.dcm").exists()
    vertebra = read_csv_set(Path("src/kyphort/exchange/csv_set/example")).vertebrae[0]
    with pytest.raises(InvalidDataError, match="does not keep 1 of its limits"):
        run(
            "accept", tmp_path / "plan", "--data", "src/kyphort/exchange/csv_set/example",
            "--patient", vertebra.patient_id, "--level", vertebra.level,
        )  # fmt: skip
    said = run("optimise", out, "--most-minutes", 5)
    assert "Bound by" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dose_gy = 8.0", "dose = 8.0", "unknown entry 'prescription.dose'"),
        ("dose_gy = 8.0", "dose_gy = -8.0", "prescription has dose_gy -8"),
        ('reference = "isocentre"', 'reference = "tip"', "reference 'tip'; allowed are isocentre"),
        ("[[needle]]", "[[nedle]]", "unknown entry 'nedle'"),
        ("scenarios = 20", "scenarios = 3", "fewer say nothing"),
        ("scenarios = 20", "tip_sigma_mm = -1", "tip_sigma_mm is -1"),
        ("scenarios = 20", 'scenarios = "many"', r"\[robustness\]"),
        ('folder = "ct"', 'folder = "nowhere"', "nowhere does not exist"),
        ('file = "rtstruct.dcm"', 'file = "ct/ct_0001.dcm"', "has the modality CT"),
        ("[robustness]", '[source]\nmodel = "laser"\n[robustness]', "laser"),
        ("[robustness]", '[tissue]\nmetal = "gold"\n[robustness]', "no material 'gold'"),
        ("[robustness]", "[biology.cord]\nrbe = 9\n[robustness]", "rbe is 9"),
        ("[robustness]", '[limits]\nfile = "no.toml"\n[robustness]', "could not be read"),
        ("tip_mm = ", "tip_mm = 3 #", "allowed are three numbers"),
        ("[ct]", "[ct", "is not a TOML file"),
    ],
)
def test_a_faulty_case_is_one_sentence_and_writes_nothing(
    case_folder: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    for name in ("ct", "rtstruct.dcm"):
        (tmp_path / name).symlink_to(case_folder / name)
    text = (case_folder / "case.toml").read_text()
    assert old in text
    (tmp_path / "case.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(KyphortError, match=words) as caught:
        run("run", tmp_path / "case.toml", "--out", tmp_path / "plan")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "plan").exists()


def test_the_shipped_limits_are_shown() -> None:
    assert "[[limit]]" in run("limits")


def test_the_demo_from_one_command(tmp_path: Path) -> None:
    said = run("demo", "--out", tmp_path / "demo", "--scenarios", 20)
    assert "Irradiation time 4:23" in said
    assert (tmp_path / "demo" / "dicom" / "rtplan.dcm").exists()
    assert (tmp_path / "demo" / "input" / "case.toml").exists()
    results = json.loads((tmp_path / "demo" / "results.json").read_text())
    assert results["uncertainty_reached"]["cord"] <= 0.021
    assert results["robustness"]["scenarios"] > 15
    for row in results["robustness"]["recalculated"]:
        assert abs(row["difference_percent"]) < 2
