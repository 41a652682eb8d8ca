"""The due list by hand: one patient, one change, one state at a time."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kyphort.clinical import (
    Cohort,
    LevelAssessment,
    LocalStatus,
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
from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import (
    DueVisit,
    FollowUpProtocol,
    Offset,
    OffsetUnit,
    PlannedVisit,
    Requirement,
    VisitState,
    completeness,
    due_list,
    load_protocol,
)
from kyphort.published import dataset_folder

DAY_ZERO = dt.date(2015, 1, 1)
T12, L1 = SpinalLevel.T12, SpinalLevel.L1
IMAGING, PAIN, SEEN = Requirement.IMAGING, Requirement.PAIN, Requirement.SEEN


def day(number: int) -> dt.date:
    return DAY_ZERO + dt.timedelta(days=number)


def planned(target: int, *requires: Requirement, window: int = 10, **changes: Any) -> PlannedVisit:
    visit = PlannedVisit(
        f"d{target}",
        f"day {target}",
        Offset(target, OffsetUnit.DAYS),
        window,
        window,
        requires or (IMAGING,),
        "made up",
        verified=True,
        window_verified=True,
    )
    return replace(visit, **changes)


def protocol(*visits: PlannedVisit) -> FollowUpProtocol:
    return FollowUpProtocol("p", "made up", "made up", True, visits)


TWO_SCANS = protocol(planned(90), planned(180))


def scan(number: int, *levels: SpinalLevel, **changes: Any) -> Visit:
    readings = tuple(LevelAssessment(level, LocalStatus.NONE) for level in levels or (T12,))
    visit = Visit("A", day(number), VisitKind.PLANNED, Modality.MRI, readings)
    return replace(visit, **changes)


def pain(number: int) -> Visit:
    return Visit("A", day(number), VisitKind.PLANNED, Modality.NONE, pain=Pain(3))


def cohort(
    *visits: Visit,
    procedures: dict[SpinalLevel, int] | None = None,
    died: int | None = None,
    cut_off: int = 1000,
) -> Cohort:
    last = day(cut_off if died is None else died)
    patient = Patient("A", Sex.FEMALE, 61, "x", last, None if died is None else last)
    vertebrae = tuple(
        TreatedVertebra("A", level, day(number), Prescription(8, 13))
        for level, number in (procedures or {T12: 0}).items()
    )
    return Cohort("c", day(cut_off), True, "made up", (patient,), vertebrae, visits)


def listed(
    people: Cohort, as_of: int, plan: FollowUpProtocol = TWO_SCANS
) -> dict[tuple[dt.date, str], DueVisit]:
    found = due_list(people, plan, day(as_of))
    return {(one.procedure_date, one.planned.id): one for one in found}


def states(people: Cohort, as_of: int, plan: FollowUpProtocol = TWO_SCANS) -> list[str]:
    """Return the states in the order of the protocol."""
    return [str(listed(people, as_of, plan)[DAY_ZERO, one.id].state) for one in plan.visits]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (79, ["scheduled", "scheduled"]),
        (80, ["due", "scheduled"]),
        (100, ["due", "scheduled"]),
        (101, ["overdue", "scheduled"]),
        (169, ["overdue", "scheduled"]),
        (170, ["missed", "due"]),
        (191, ["missed", "overdue"]),
        (999, ["missed", "overdue"]),
    ],
)
def test_without_a_scan_states_follow_the_calendar(as_of: int, expected: list[str]) -> None:
    assert states(cohort(), as_of) == expected


@pytest.mark.parametrize("number", [80, 90, 100])
def test_a_scan_in_the_window_is_enough_from_its_day_on(number: int) -> None:
    people = cohort(scan(number))
    assert states(people, number - 1)[0] in {"scheduled", "due"}
    assert states(people, number) == ["done", "scheduled"]
    assert listed(people, 300)[DAY_ZERO, "d90"].done_date == day(number)


def test_a_scan_before_the_window_counts_for_nothing() -> None:
    assert states(cohort(scan(79)), 101) == ["overdue", "scheduled"]


def test_a_late_planned_scan_makes_good_until_the_next_window_opens() -> None:
    assert states(cohort(scan(169)), 169) == ["done", "scheduled"]
    assert states(cohort(scan(170)), 170) == ["missed", "done"]


def test_an_unscheduled_scan_counts_inside_a_window_only() -> None:
    inside = scan(95, kind=VisitKind.UNSCHEDULED)
    outside = scan(130, kind=VisitKind.UNSCHEDULED)
    assert states(cohort(inside), 131) == ["done", "scheduled"]
    assert states(cohort(outside), 131) == ["overdue", "scheduled"]


def test_the_days_after_the_window_in_which_a_late_visit_counts_can_be_limited() -> None:
    plan = protocol(planned(90, make_good_days=5), planned(180, make_good_days=0))
    assert states(cohort(), 105, plan) == ["overdue", "scheduled"]
    assert states(cohort(), 106, plan) == ["missed", "scheduled"]
    assert states(cohort(scan(106)), 106, plan) == ["missed", "scheduled"]
    assert states(cohort(), 191, plan) == ["missed", "missed"]


def test_days_overdue_count_from_the_end_of_the_window() -> None:
    assert listed(cohort(), 107)[DAY_ZERO, "d90"].days_overdue == 7
    assert listed(cohort(), 100)[DAY_ZERO, "d90"].days_overdue == 0


OVERLAPPING = protocol(planned(90, window=30), planned(130, window=30))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(109, ["done", "due"]), (110, ["done", "due"]), (111, ["due", "done"])],
)
def test_one_scan_fulfils_the_nearest_target_and_of_two_the_earlier(
    number: int, expected: list[str]
) -> None:
    assert states(cohort(scan(number)), 112, OVERLAPPING) == expected


def test_a_visit_counts_for_a_target_that_asks_for_what_it_brings() -> None:
    plan = protocol(planned(90, PAIN), planned(95, IMAGING))
    assert states(cohort(scan(90)), 90, plan) == ["due", "done"]
    assert states(cohort(pain(95)), 95, plan) == ["done", "due"]


def test_several_visits_can_fulfil_one_target_together() -> None:
    plan = protocol(planned(90, IMAGING, PAIN))
    found = listed(cohort(scan(85), pain(97)), 97, plan)[DAY_ZERO, "d90"]
    assert (found.state, found.done_date) == (VisitState.DONE, day(97))


def test_what_is_missing_is_named_by_level() -> None:
    plan = protocol(planned(90, IMAGING, PAIN))
    people = cohort(scan(90, T12), procedures={T12: 0, L1: 0})
    found = listed(people, 95, plan)[DAY_ZERO, "d90"]
    assert [str(item) for item in found.missing] == ["imaging L1", "pain score"]
    assert (found.state, found.done_date) == (VisitState.DUE, None)
    assert found.levels == (T12, L1)


def test_any_record_counts_where_the_patient_is_only_to_be_seen() -> None:
    plan = protocol(planned(90, SEEN))
    assert [str(item) for item in listed(cohort(), 90, plan)[DAY_ZERO, "d90"].missing] == ["visit"]
    assert states(cohort(pain(90)), 90, plan) == ["done"]


@pytest.mark.parametrize(
    "visit",
    [
        scan(90, modality=Modality.NONE),
        scan(90, assessments=(LevelAssessment(T12, LocalStatus.NOT_ASSESSABLE),)),
        scan(
            90,
            assessments=(
                LevelAssessment(T12, LocalStatus.NONE, reader="1"),
                LevelAssessment(T12, LocalStatus.NOT_ASSESSABLE, reader="adjudicated"),
            ),
        ),
    ],
    ids=["no imaging", "not assessable", "adjudicated as not assessable"],
)
def test_a_scan_without_a_usable_reading_is_missing(visit: Visit) -> None:
    assert states(cohort(visit), 95) == ["due", "scheduled"]


def test_one_reader_who_could_assess_the_scan_is_enough() -> None:
    readings = (
        LevelAssessment(T12, LocalStatus.NOT_ASSESSABLE, reader="1"),
        LevelAssessment(T12, LocalStatus.INDETERMINATE, reader="2"),
    )
    assert states(cohort(scan(90, assessments=readings)), 95)[0] == "done"


@pytest.mark.parametrize(
    ("died", "as_of", "expected"),
    [
        (85, 84, ["due", "scheduled"]),
        (85, 85, ["closed_death", "closed_death"]),
        (100, 300, ["closed_death", "closed_death"]),
        (101, 101, ["missed", "closed_death"]),
        (101, 300, ["missed", "closed_death"]),
    ],
)
def test_death_closes_what_was_still_open_and_no_more(
    died: int, as_of: int, expected: list[str]
) -> None:
    assert states(cohort(died=died), as_of) == expected


def test_what_was_done_before_death_stays_done() -> None:
    assert states(cohort(scan(85), died=90), 300) == ["done", "closed_death"]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (95, ["due", "scheduled"]),
        (100, ["due", "scheduled"]),
        (101, ["closed_cut_off", "scheduled"]),
        (175, ["closed_cut_off", "due"]),
        (191, ["closed_cut_off", "closed_cut_off"]),
    ],
)
def test_a_window_that_closes_after_the_data_end_is_neither_overdue_nor_missed(
    as_of: int, expected: list[str]
) -> None:
    assert states(cohort(cut_off=95), as_of) == expected


def test_a_window_that_closed_before_the_data_end_stays_overdue_after_it() -> None:
    assert states(cohort(cut_off=120), 130) == ["overdue", "scheduled"]


def test_each_level_counts_from_its_own_procedure() -> None:
    people = cohort(scan(95, T12, L1), procedures={T12: 0, L1: 30})
    found = listed(people, 115)
    assert found[day(0), "d90"].state is VisitState.DONE
    assert found[day(30), "d90"].levels == (L1,)
    assert found[day(30), "d90"].state is VisitState.DUE
    assert found[day(30), "d90"].target_date == day(120)


def test_a_procedure_after_the_date_is_not_listed() -> None:
    people = cohort(procedures={T12: 0, L1: 30})
    assert {key[0] for key in listed(people, 29)} == {day(0)}
    assert listed(people, -1) == {}


REPEATING = protocol(
    planned(7, window=7),
    planned(1, offset=Offset(6, OffsetUnit.MONTHS), id="m6", repeat_every_months=6),
)


def test_repetitions_are_listed_up_to_the_next_one() -> None:
    found = due_list(cohort(), REPEATING, dt.date(2016, 7, 5))
    assert {one.planned.name: str(one.state) for one in found} == {
        "day 7": "missed",
        "day 1": "missed",
        "12 months": "missed",
        "18 months": "due",
        "24 months": "scheduled",
    }


def test_repetitions_end_with_the_patient() -> None:
    found = due_list(cohort(died=200), REPEATING, dt.date(2017, 6, 1))
    assert {one.planned.id: str(one.state) for one in found} == {
        "d7": "missed",
        "m6": "missed",
        "m12": "closed_death",
    }


def test_last_seen_and_valid_until_look_at_nothing_later() -> None:
    plan = protocol(planned(90, IMAGING, PAIN))
    people = cohort(scan(50, T12), scan(80, L1), pain(60), procedures={T12: 0, L1: 0})
    early, late = (listed(people, number, plan)[DAY_ZERO, "d90"] for number in (79, 80))
    assert (early.last_seen, early.data_valid_until) == (day(60), None)
    assert (late.last_seen, late.data_valid_until) == (day(80), day(50))
    assert listed(people, 0, plan)[DAY_ZERO, "d90"].last_seen == DAY_ZERO
    assert listed(people, 1000, plan)[DAY_ZERO, "d90"].last_seen == day(1000)


def test_a_record_before_the_procedure_says_nothing_of_the_time_after_it() -> None:
    plan = protocol(planned(0, PAIN, window=30), planned(90, PAIN))
    people = cohort(replace(pain(-5), kind=VisitKind.BASELINE))
    found = listed(people, 10, plan)
    assert found[DAY_ZERO, "d0"].state is VisitState.DONE
    assert found[DAY_ZERO, "d0"].data_valid_until is None


def test_the_most_urgent_stand_first() -> None:
    people = [replace(cohort(scan(90)), name="x")]
    plan = protocol(planned(20), planned(60), planned(100), planned(140), planned(200))
    found = due_list(people[0], plan, day(135))
    assert [(str(one.state), one.planned.id) for one in found] == [
        ("due", "d140"),
        ("scheduled", "d200"),
        ("missed", "d20"),
        ("missed", "d60"),
        ("done", "d100"),
    ]


def test_the_longest_overdue_stands_before_the_others() -> None:
    people = cohort(procedures={T12: 0, L1: 30})
    found = due_list(people, TWO_SCANS, day(150))
    overdue = [one.days_overdue for one in found if one.state is VisitState.OVERDUE]
    assert overdue == [50, 20]


def test_completeness_counts_closed_windows_of_the_living() -> None:
    people = cohort(scan(90, T12), procedures={T12: 0, L1: 0})
    rows = completeness(due_list(people, TWO_SCANS, day(195)))
    assert [(one.name, one.done, one.due, one.share) for one in rows] == [
        ("day 90", 1, 2, 0.5),
        ("day 180", 0, 2, 0.0),
        ("all visits", 1, 4, 0.25),
    ]


@pytest.mark.parametrize(
    "people", [cohort(scan(85), died=90), cohort(scan(85), cut_off=95), cohort(scan(85))]
)
def test_an_early_scan_in_an_open_window_does_not_flatter_completeness(people: Cohort) -> None:
    (overall,) = completeness(due_list(people, TWO_SCANS, day(96)))
    assert (overall.due, overall.done, overall.share) == (0, 0, None)


def test_completeness_of_pain_counts_scores_not_levels() -> None:
    plan = protocol(planned(90, IMAGING, PAIN))
    people = cohort(pain(90), procedures={T12: 0, L1: 0})
    overall = completeness(due_list(people, plan, day(195)), PAIN)[-1]
    assert (overall.due, overall.done) == (1, 1)


def test_the_shipped_data_set() -> None:
    people = read_csv_set(dataset_folder("bludau2020"))
    plan = load_protocol("bludau2020_abstract")
    done = []
    for year in (2012, 2015, 2018):
        as_of = dt.date(year, 1, 1)
        visits = due_list(people, plan, as_of)
        done.append({(one.patient_id, one.planned.id) for one in visits if one.state == "done"})
        scans = {(one.patient_id, one.visit_date) for one in people.visits}
        # No scan makes good two visits of the plan, and what is recorded later is not looked at.
        assert len(done[-1]) <= sum(date <= as_of for _, date in scans)
        assert {"scheduled", "missed", "done"} <= {str(one.state) for one in visits}
    assert 50 < len(done[0]) < len(done[1]) < len(done[2])
    assert done[0] <= done[1] <= done[2]


def test_what_is_due_is_sorted_by_the_end_of_its_window() -> None:
    wide = planned(90, window=30)
    plan = protocol(wide, planned(95, window=8))
    found = due_list(cohort(), plan, day(95))
    assert [(str(one.state), one.planned.id) for one in found] == [("due", "d95"), ("due", "d90")]


@pytest.mark.parametrize(("before_opening", "expected"), [(1, False), (0, True)])
def test_the_next_repetition_is_listed_from_the_day_a_window_opens(
    before_opening: int, expected: bool
) -> None:
    opening = listed(cohort(), 364, REPEATING)[DAY_ZERO, "m12"].window_start
    found = due_list(cohort(), REPEATING, opening - dt.timedelta(days=before_opening))
    assert ("m18" in {one.planned.id for one in found}) is expected


def test_a_late_scan_is_not_stopped_by_a_window_for_something_else() -> None:
    plan = protocol(planned(90, IMAGING), planned(150, PAIN), planned(300, IMAGING))
    assert states(cohort(), 150, plan) == ["overdue", "due", "scheduled"]
    assert states(cohort(scan(150)), 150, plan) == ["done", "due", "scheduled"]
