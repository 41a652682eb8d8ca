"""Pain: which score answers for which visit, what is missing and why, what counts as relief."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from kyphort.clinical import (
    Cohort,
    Modality,
    Pain,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.endpoints import (
    DEFAULT_PAIN_VISITS,
    ConsensusDefinition,
    ConsensusOutcome,
    PainRow,
    PainStatus,
    PainTable,
    PainVisit,
    TrialDefinition,
    TrialOutcome,
    derive_pain,
)
from kyphort.errors import InvalidDataError
from kyphort.survival import paired_change

DAY_0 = dt.date(2015, 3, 2)
SIX_WEEKS = PainVisit("6 weeks", 42, 7, 7)
PRESCRIPTION = Prescription(8.0, 13.0)

Scores = dict[int, Pain | None]


def day(number: int) -> dt.date:
    return DAY_0 + dt.timedelta(days=number)


def vertebra(patient_id: str, level: str = "T8", on: int = 0, again: int | None = None) -> Any:
    return TreatedVertebra(
        patient_id,
        SpinalLevel(level),
        day(on),
        PRESCRIPTION,
        retreatment_date=None if again is None else day(again),
    )


def patient(patient_id: str, last_day: int, *, died: bool = False) -> Patient:
    last = day(last_day)
    return Patient(patient_id, Sex.FEMALE, 60, "breast", last, last if died else None)


def visits(patient_id: str, scores: Scores) -> list[Visit]:
    return [
        Visit(
            patient_id,
            day(number),
            VisitKind.BASELINE if number < 0 else VisitKind.UNSCHEDULED,
            Modality.NONE,
            pain=pain,
        )
        for number, pain in scores.items()
    ]


def cohort_of(
    people: dict[str, tuple[Patient, Scores]],
    *,
    cut_off: int = 1000,
    vertebrae: tuple[TreatedVertebra, ...] = (),
) -> Cohort:
    named = {one.patient_id for one in vertebrae}
    return Cohort(
        "invented",
        day(cut_off),
        synthetic=True,
        provenance="made for this test",
        patients=tuple(person for person, _ in people.values()),
        vertebrae=(*vertebrae, *(vertebra(name) for name in people if name not in named)),
        visits=tuple(visit for name, (_, s) in people.items() for visit in visits(name, s)),
    )


def one_row(
    scores: Scores,
    *,
    visit: PainVisit = SIX_WEEKS,
    last_day: int = 900,
    died: bool = False,
    cut_off: int = 1000,
    vertebrae: tuple[TreatedVertebra, ...] = (),
    **options: Any,
) -> PainRow:
    people = {"A": (patient("A", last_day, died=died), scores)}
    cohort = cohort_of(people, cut_off=cut_off, vertebrae=vertebrae)
    (row,) = derive_pain(cohort, [visit], **options).rows
    return row


def test_a_row_keeps_scores_dates_and_reason() -> None:
    row = one_row({-3: Pain(7, 40), 44: Pain(3.5, 20)})
    assert row.status is PainStatus.ASSESSED
    assert row.baseline is not None
    assert row.score is not None
    assert (row.baseline.date, row.score.date) == (day(-3), day(44))
    assert (row.window_start, row.window_end) == (day(35), day(49))
    assert (row.change, row.analgesic_change_mg) == (-3.5, -20.0)
    assert row.reason == "scored on day 44"


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({-31: Pain(9), 42: Pain(1)}, None),
        ({-30: Pain(9), 42: Pain(1)}, day(-30)),
        ({-20: Pain(9), -5: Pain(8), 42: Pain(1)}, day(-5)),
        ({-5: Pain(8), -2: None, 42: Pain(1)}, day(-5)),
        ({-5: Pain(8), 0: Pain(6), 42: Pain(1)}, day(0)),
        ({1: Pain(8), 42: Pain(1)}, None),
    ],
)
def test_the_baseline_is_the_last_score_up_to_the_procedure(
    scores: Scores, expected: dt.date | None
) -> None:
    row = one_row(scores)
    assert (row.baseline.date if row.baseline else None) == expected


def test_how_far_back_a_baseline_may_lie_can_be_changed() -> None:
    scores: Scores = {-60: Pain(9), 42: Pain(1)}
    assert one_row(scores).change is None
    assert one_row(scores, baseline_days=60).change == -8.0
    assert one_row({-1: Pain(9), 42: Pain(1)}, baseline_days=0).change is None


def test_a_score_without_a_baseline_is_not_a_change() -> None:
    row = one_row({42: Pain(1, 10)})
    assert row.status is PainStatus.ASSESSED
    assert (row.change, row.analgesic_change_mg) == (None, None)
    assert row.trial.outcome is TrialOutcome.NOT_EVALUABLE
    assert row.consensus.outcome is ConsensusOutcome.NOT_EVALUABLE
    assert row.trial.reason == row.consensus.reason == "no baseline score"


@pytest.mark.parametrize(
    ("days", "chosen"),
    [
        ([34, 50], None),
        ([35], 35),
        ([49], 49),
        ([36, 43, 48], 43),
        ([40, 44], 44),  # equally near: the later
        ([41, 44], 41),
    ],
)
def test_the_score_nearest_to_the_target_answers(days: list[int], chosen: int | None) -> None:
    scores: Scores = {-1: Pain(7), **{number: Pain(4) for number in days}}
    row = one_row(scores)
    assert (row.score.date if row.score else None) == (None if chosen is None else day(chosen))


@pytest.mark.parametrize(
    ("scores", "options", "status", "reason"),
    [
        ({}, {"last_day": 20, "died": True}, PainStatus.DEAD, "died on 2015-03-22"),
        ({}, {"last_day": 49, "died": True}, PainStatus.DEAD, "died on 2015-04-20"),
        ({}, {"last_day": 50, "died": True}, PainStatus.NOT_ASSESSED, "no visit in the window"),
        ({36: Pain(2)}, {"last_day": 45, "died": True}, PainStatus.ASSESSED, "scored on day 36"),
        ({}, {"last_day": 30}, PainStatus.NOT_ASSESSED, "last contact on 2015-04-01"),
        ({42: None}, {}, PainStatus.NOT_ASSESSED, "seen in the window, but without a score"),
        ({60: Pain(2)}, {}, PainStatus.NOT_ASSESSED, "no visit in the window"),
        (
            {},
            {"last_day": 30, "cut_off": 34},
            PainStatus.NOT_YET_DUE,
            "window opens on 2015-04-06, after the data cut-off",
        ),
        (
            {},
            {"last_day": 40, "cut_off": 48},
            PainStatus.NOT_YET_DUE,
            "window open until 2015-04-20, after the data cut-off",
        ),
        (
            {},
            {"last_day": 40, "cut_off": 49},
            PainStatus.NOT_ASSESSED,
            "no visit in the window",
        ),
        ({}, {"last_day": 20, "died": True, "cut_off": 30}, PainStatus.DEAD, "died on 2015-03-22"),
        ({37: Pain(2)}, {"last_day": 37, "cut_off": 38}, PainStatus.ASSESSED, "scored on day 37"),
    ],
)
def test_why_a_score_is_missing(
    scores: Scores, options: dict[str, Any], status: PainStatus, reason: str
) -> None:
    row = one_row({-1: Pain(7), **scores}, **options)
    assert (row.status, row.reason) == (status, reason)


def test_later_treatment_is_shown() -> None:
    scores: Scores = {-1: Pain(7), 42: Pain(2)}
    again = (vertebra("A"), vertebra("A", "L1", on=42))
    assert one_row(scores, vertebrae=again).treated_again == day(42)
    later = (vertebra("A"), vertebra("A", "L1", on=43))
    assert one_row(scores, vertebrae=later).treated_again is None
    retreated = (vertebra("A", again=30), vertebra("A", "L1"))
    assert one_row(scores, vertebrae=retreated).treated_again == day(30)


def test_time_counts_from_the_first_procedure() -> None:
    vertebrae = (vertebra("A", "L1", on=20), vertebra("A", "T5", on=0))
    row = one_row({-1: Pain(7), 42: Pain(2)}, vertebrae=vertebrae)
    assert (row.procedure_date, row.status) == (day(0), PainStatus.ASSESSED)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (Pain(7), Pain(4), TrialOutcome.RESPONDER),
        (Pain(7), Pain(4.1), TrialOutcome.NON_RESPONDER),
        (Pain(6.1), Pain(3.1), TrialOutcome.RESPONDER),  # 2.9999999999999996 in binary
        (Pain(3), Pain(0), TrialOutcome.RESPONDER),
        (Pain(2.9), Pain(0), TrialOutcome.NOT_EVALUABLE),
        (Pain(7, 10), Pain(4, 500), TrialOutcome.RESPONDER),
        (Pain(7), None, TrialOutcome.NOT_EVALUABLE),
    ],
)
def test_response_by_the_trial(before: Pain, after: Pain | None, outcome: TrialOutcome) -> None:
    assert TrialDefinition().judge(before, after).outcome is outcome


COMPLETE, PARTIAL, PROGRESSION, INDETERMINATE, _ = ConsensusOutcome


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        # Complete: no pain without more analgesics.
        (Pain(5, 40), Pain(0, 40), COMPLETE),
        (Pain(5, 40), Pain(0, 0), COMPLETE),
        (Pain(5, 0), Pain(0, 0), COMPLETE),
        (Pain(1, 40), Pain(0, 40), COMPLETE),
        (Pain(5, 40), Pain(0, 41), INDETERMINATE),
        (Pain(0, 40), Pain(0, 40), INDETERMINATE),  # no pain at baseline
        # Partial: less pain without more analgesics, or fewer analgesics without more pain.
        (Pain(5, 40), Pain(3, 40), PARTIAL),
        (Pain(5, 40), Pain(3.1, 40), INDETERMINATE),
        (Pain(5, 40), Pain(3, 41), INDETERMINATE),
        (Pain(5, 40), Pain(5, 30), PARTIAL),
        (Pain(5, 40), Pain(5, 31), INDETERMINATE),
        (Pain(5, 40), Pain(5.5, 30), INDETERMINATE),
        (Pain(1, 40), Pain(1, 30), PARTIAL),
        (Pain(1, 40), Pain(0.5, 40), INDETERMINATE),
        (Pain(0, 40), Pain(0, 20), PARTIAL),
        # Progression: more pain without fewer analgesics, or more analgesics without less pain.
        (Pain(5, 40), Pain(7, 40), PROGRESSION),
        (Pain(5, 40), Pain(7, 60), PROGRESSION),
        (Pain(5, 40), Pain(7, 39), INDETERMINATE),
        (Pain(5, 40), Pain(5, 50), PROGRESSION),
        (Pain(5, 40), Pain(6, 50), PROGRESSION),
        (Pain(5, 40), Pain(4, 50), INDETERMINATE),
        (Pain(5, 40), Pain(6, 49), INDETERMINATE),
        # From no analgesics a percentage does not exist.
        (Pain(5, 0), Pain(5, 20), INDETERMINATE),
        (Pain(5, 0), Pain(0, 20), INDETERMINATE),
        (Pain(5, 0), Pain(7, 20), PROGRESSION),
        (Pain(5, 0), Pain(3, 0), PARTIAL),
        (Pain(5, 0), Pain(5, 0), INDETERMINATE),
        # Without both doses nothing is known, not even of a painless patient.
        (Pain(5, 40), Pain(0), INDETERMINATE),
        (Pain(5), Pain(0, 40), INDETERMINATE),
        (Pain(5), Pain(9), INDETERMINATE),
    ],
)
def test_response_by_the_consensus(before: Pain, after: Pain, outcome: ConsensusOutcome) -> None:
    assert ConsensusDefinition().judge(before, after).outcome is outcome


def test_reasons_of_the_consensus() -> None:
    judge = ConsensusDefinition().judge
    assert judge(Pain(5), Pain(0)).reason == "a daily morphine equivalent is missing"
    assert judge(Pain(5, 0), Pain(4, 20)).reason == "pain -1, analgesics +20 mg (no percentage)"
    assert judge(Pain(5, 60), None).reason == "no score at the visit"


def test_the_definitions_can_be_replaced_and_say_whether_they_were_verified() -> None:
    assert ConsensusDefinition().verified is False
    assert TrialDefinition().verified is True
    strict = ConsensusDefinition(analgesic_reduction_percent=50)
    assert strict.judge(Pain(5, 40), Pain(5, 21)).outcome is INDETERMINATE
    scores: Scores = {-1: Pain(7), 42: Pain(4)}
    row = one_row(scores, trial=TrialDefinition(minimum_drop=4.0))
    assert row.trial.outcome is TrialOutcome.NON_RESPONDER


def invented_table() -> PainTable:
    people: dict[str, tuple[Patient, Scores]] = {
        "A": (patient("A", 900), {-1: Pain(8, 60), 42: Pain(3, 40)}),
        "B": (patient("B", 900), {-1: Pain(6), 40: Pain(5)}),
        "C": (patient("C", 900), {42: Pain(0, 0)}),
        "D": (patient("D", 30, died=True), {-1: Pain(9, 10)}),
        "E": (patient("E", 900), {-2: Pain(7, 20), 45: Pain(7, 30)}),
        "F": (patient("F", 10), {-1: Pain(7, 20)}),
        "G": (patient("G", 900), {-1: Pain(2, 10), 42: Pain(2, 10)}),
    }
    return derive_pain(cohort_of(people, vertebrae=(vertebra("E", again=44),)), [SIX_WEEKS])


def test_a_summary_counts_everybody_once() -> None:
    summary = invented_table().summary("6 weeks")
    assert summary.patients == 7
    assert [summary.status[status] for status in PainStatus] == [5, 1, 1, 0]
    assert [summary.trial[outcome] for outcome in TrialOutcome] == [1, 2, 4]
    assert [summary.consensus[outcome] for outcome in ConsensusOutcome] == [0, 1, 1, 2, 3]
    assert (summary.without_baseline, summary.treated_again) == (1, 1)


def test_a_summary_holds_the_pairs() -> None:
    summary = invented_table().summary("6 weeks")
    assert summary.patient_ids == ("A", "B", "E", "G")
    np.testing.assert_array_equal(summary.before, [8, 6, 7, 2])
    np.testing.assert_array_equal(summary.after, [3, 5, 7, 2])
    np.testing.assert_array_equal(summary.analgesics_before_mg, [60, 20, 10])
    np.testing.assert_array_equal(summary.analgesics_after_mg, [40, 30, 10])
    change = paired_change(summary.before, summary.after)
    assert (change.n, change.zeros, change.median) == (4, 2, -0.5)


def test_a_visit_that_nobody_kept_gives_empty_pairs() -> None:
    people: dict[str, tuple[Patient, Scores]] = {"A": (patient("A", 900), {})}
    summary = derive_pain(cohort_of(people)).summary("day 1")
    assert summary.before.shape == summary.analgesics_before_mg.shape == (0,)
    assert paired_change(summary.before, summary.after).reason == "There is no pair."


def test_rows_run_by_patient_and_then_by_visit() -> None:
    people: dict[str, tuple[Patient, Scores]] = {
        name: (patient(name, 900), {}) for name in ("B", "A")
    }
    rows = derive_pain(cohort_of(people)).rows
    names = [visit.name for visit in DEFAULT_PAIN_VISITS]
    expected = [(one, name) for one in "AB" for name in names]
    assert [(row.patient_id, row.visit.name) for row in rows] == expected


def test_the_default_visits_say_what_is_assumed() -> None:
    assert [visit.target_days for visit in DEFAULT_PAIN_VISITS] == [1, 14, 42, 91, 183, 365]
    assert all("assumption" in visit.window_source for visit in DEFAULT_PAIN_VISITS)
    sourced = [visit.name for visit in DEFAULT_PAIN_VISITS if "NCT02773966" in visit.target_source]
    assert sourced == ["day 1", "2 weeks", "6 weeks"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("early", 3, 3, 0), "'early': target day 3, window 3 days before to 0 days after"),
        (("odd", 14, -1, 3), "Allowed: 0 or more days to either side"),
        (("odd", 14, 1, -3), "Allowed: 0 or more days to either side"),
        ((" ", 14, 1, 3), "A pain visit has an empty name"),
    ],
)
def test_impossible_visits(arguments: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        PainVisit(*arguments)


@pytest.mark.parametrize(
    ("asked", "options", "message"),
    [
        ([], {}, "There is no pain visit. Name at least one."),
        ([SIX_WEEKS, SIX_WEEKS], {}, "'6 weeks' appears more than once"),
        (
            [PainVisit("7 weeks", 49, 0, 3), SIX_WEEKS],
            {},
            r"'6 weeks' \(days 35 to 49\) and '7 weeks' \(days 49 to 52\) overlap",
        ),
        ([SIX_WEEKS], {"baseline_days": -1}, "baseline_days: -1. Allowed: 0 or more"),
    ],
)
def test_what_is_refused(asked: list[PainVisit], options: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        derive_pain(cohort_of({"A": (patient("A", 900), {})}), asked, **options)


def test_windows_may_touch() -> None:
    touching = [SIX_WEEKS, PainVisit("7 weeks", 50, 0, 3)]
    people: dict[str, tuple[Patient, Scores]] = {
        "A": (patient("A", 900), {49: Pain(3), 50: Pain(4)})
    }
    table = derive_pain(cohort_of(people), touching)
    assert [row.score.pain.nrs for row in table.rows if row.score] == [3, 4]


def test_an_unknown_visit_is_named() -> None:
    with pytest.raises(InvalidDataError, match=r"no pain visit '9 weeks'\. Allowed: 6 weeks"):
        invented_table().summary("9 weeks")
