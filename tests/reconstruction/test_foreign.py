"""What is written naturally when a publication is copied: read, or explained in one sentence."""

from pathlib import Path

import numpy as np
import pytest

from kyphort.endpoints import derive, overall_survival
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published.specification import Printed, Specification
from kyphort.reconstruction import Limits, Verdict, check, verify
from kyphort.reconstruction.decide import decide
from kyphort.reconstruction.exits import TooManyStatesError, reachable
from kyphort.reconstruction.hull import ArmRules
from kyphort.reconstruction.statements import problems_of
from kyphort.survival import SurvivalData, kaplan_meier
from kyphort.workflows.paper import cohort_folders, reconstruct

from .papers import hidden, published, read

HEAD = """
schema = "kyphort-specification/1"
id = "foreign"
title = "A foreign publication"
time_unit = "months"
[population]
patients = 40
[[group]]
id = "a"
n = 20
[[group]]
id = "b"
n = 20
[[endpoint]]
id = "os"
is_death = true
"""
CURVE = '[[curve]]\nid = "OS"\nendpoint = "os"\n'
TEST = '[[logrank]]\nid = "p"\nendpoint = "os"\ngroups = ["a", "b"]\np = '
RATIO = '[[hazard_ratio]]\nid = "hr"\nendpoint = "os"\ngroup = "a"\nreference = "b"\n'


def paper(text: str, folder: Path) -> Specification:
    return read(HEAD + text, folder)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("77.8%", 77.75, 77.85), (".05", 0.045, 0.055), ("p < .001", 0.0, 0.001),
        ("P=0.03", 0.025, 0.035), ("≤0.05", 0.0, 0.05), ("0,663", 0.6625, 0.6635),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_printed(text: str, low: float, high: float) -> None:
    assert (Printed(text).low, Printed(text).high) == pytest.approx((low, high))


@pytest.mark.parametrize("text", ["NS", "n.s.", "not significant"])
def test_not_significant_is_a_p_above_0_05(text: str, tmp_path: Path) -> None:
    (test,) = paper(f'{TEST}"{text}"\n', tmp_path).logranks
    assert test.p.low == 0.05


def test_events_between_landmarks_are_added_up(tmp_path: Path) -> None:
    found = paper(CURVE + "times = [6, 12, 24]\ninterval_events = [5, 0, 3]\n", tmp_path)
    assert found.curves[0].events == (5, 5, 8)


@pytest.mark.parametrize(
    ("median", "verdict"),
    [("not reached", Verdict.CONTRADICTORY), ("NR", Verdict.CONTRADICTORY), ("9", None)],
)
def test_a_median_that_is_not_reached_is_used(
    median: str, verdict: Verdict | None, tmp_path: Path
) -> None:
    # Thirty deaths among forty patients, nobody censored before: the curve ends at one quarter.
    text = f'times = [6, 12]\nat_risk = [40, 10]\nevents_total = 30\nmedian = "{median}"\n'
    found = paper(CURVE + text.replace("at_risk", "events = [0, 30]\nat_risk"), tmp_path)
    (problem,) = problems_of(found, found.endpoints[0])
    decision = decide(problem, Limits(30))
    assert (decision.verdict is Verdict.CONTRADICTORY) is (verdict is Verdict.CONTRADICTORY)


def test_follow_up_that_begins_after_a_landmark_leaves_everybody_at_risk_there(
    tmp_path: Path,
) -> None:
    text = 'times = [6]\nsurvival = ["97.4"]\nevents_total = 3\n'
    summary = '[[time_summary]]\nid = "fu"\nendpoint = "os"\nof = "follow_up"\nminimum = "7.1"\n'
    found = paper(CURVE + text + summary, tmp_path)
    # One of 39 is 97.4 %; nobody may have left before the shortest follow-up.
    finding = check(found, Limits(30), sensitivity=False).findings[-1]
    assert finding.verdict is Verdict.CONTRADICTORY


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CURVE + 'times = [6]\nmedian_lower = "3"\n', "Limits of a median are not checked"),
        (CURVE + 'times = [6]\nsurvival = ["0.92"]\n', 'unit = "fraction"'),
        (CURVE + "times = [6, 12]\ninterval_events = [5, \"\"]\n", "gap"),
        (CURVE + "times = [6]\nevents = [5]\ninterval_events = [5]\n", "Give one of them"),
        (CURVE + "times = [0, 6]\nat_risk = [39, 20]\n", "at_risk at time 0 is 39, n is 40"),
        (f'{TEST}"1.7"\n', "p is 1.7. Allowed: 0 to 1"),
        (RATIO + 'value = "0.7"\nlower = "0.9"\nupper = "0.5"\n', "lower is 0.9, value is 0.7"),
        (
            '[[time_summary]]\nid = "t"\nendpoint = "os"\nof = "events"\nmedian = "9"\n'
            'minimum = "12"\n',
            "minimum is 12, median is 9",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_explained(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=says.replace("(", r"\(")):
        paper(text, tmp_path)


def test_too_many_states_are_no_proof() -> None:
    rules = ArmRules(2500, (None, None), (None, None), (None, None), None)
    with pytest.raises(TooManyStatesError):
        reachable(rules)
    assert reachable(rules, 50).is_possible


def test_more_deaths_than_days_share_days(tmp_path: Path) -> None:
    # 240 patients, of whom half die within 60 days.
    rng = np.random.default_rng(3)
    death, censoring = rng.exponential(85.0, 240), rng.uniform(60.0, 600.0, 240)
    days = np.maximum(1.0, np.round(np.minimum(death, censoring)))
    data = SurvivalData(days, (death <= censoring).astype(int))
    paper = read(published(data, [60, 180, 365], at_risk=True), tmp_path)
    done = reconstruct(paper, tmp_path / "out", cohorts=1, seed=1)
    assert done.is_complete
    folder = next(cohort_folders(tmp_path / "out"))
    assert all(one.agrees for one in verify(paper, folder))


def test_a_median_on_a_flat_half_has_two_readings(tmp_path: Path) -> None:
    # Ten patients, five dead by day 50 and the sixth on day 70: R and SAS print 60, others 50.
    days = np.array([10.0, 20.0, 30.0, 40.0, 50.0, 70.0, 80.0, 90.0, 95.0, 99.0])
    data = SurvivalData(days, np.ones(10, dtype=int))
    assert kaplan_meier(data).quantile(0.5).estimate == 60.0
    for median in ("50", "60"):
        text = published(data, [45, 75], at_risk=True).replace(
            "events_total", f'median = "{median}"\nevents_total'
        )
        paper = read(text, tmp_path)
        verdicts = {one.verdict for one in check(paper, Limits(20)).findings}
        assert Verdict.CONTRADICTORY not in verdicts
        assert reconstruct(paper, tmp_path / median, cohorts=2, seed=1).is_complete


def test_drawn_medians_are_the_same_by_every_reading(tmp_path: Path) -> None:
    # Sixty patients, so that a half may be met exactly, and has not to be.
    data = hidden(5, 60, 1.0, 300.0)
    median = kaplan_meier(data).quantile(0.5).estimate
    text = published(data, [100, 200, 400], at_risk=True).replace(
        "events_total", f'median = "{median:.0f}"\nevents_total'
    )
    paper = read(text, tmp_path)
    assert reconstruct(paper, tmp_path / "out", cohorts=3, seed=1).is_complete
    for folder in cohort_folders(tmp_path / "out"):
        again = derive(read_csv_set(folder), overall_survival()).survival_data()
        assert abs(kaplan_meier(again).quantile(0.5).estimate * 30.4375 - round(median)) <= 0.5


def test_units_at_risk_are_drawn_without_a_curve_of_survival(tmp_path: Path) -> None:
    # Of a simulated cohort; the survival that ends observation is not printed.
    text = """
schema = "kyphort-specification/1"
id = "units"
title = "Units of patients"
time_unit = "months"
[population]
patients = 14
units = 21
maximum_units_per_patient = 2
[[endpoint]]
id = "main"
unit = "unit"
event = "recurrence"
censored_by = "survival"
[[endpoint]]
id = "survival"
event = "death"
is_death = true
[[curve]]
id = "main"
endpoint = "main"
times = [6.0, 24.0, 36.0]
failure = ["15.3", "36.5", "52.4"]
at_risk = [16, 8, 6]
events_total = 9
"""
    paper = read(text, tmp_path)
    assert reconstruct(paper, tmp_path / "out", cohorts=2, seed=1).is_complete
