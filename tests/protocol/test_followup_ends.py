"""Withdrawal, loss and randomisation in the due list, by hand."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from kyphort.clinical import (
    Cohort,
    LevelAssessment,
    LocalStatus,
    LossToFollowUp,
    Modality,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    TrialMembership,
    Visit,
    VisitKind,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.protocol import (
    Anchor,
    FollowUpProtocol,
    Offset,
    OffsetUnit,
    PlannedVisit,
    Requirement,
    completeness,
    due_list,
)

DAY_ZERO = dt.date(2015, 8, 31)
T12 = SpinalLevel.T12


def day(number: int) -> dt.date:
    return DAY_ZERO + dt.timedelta(days=number)


def planned(months: int, anchor: Anchor = Anchor.PROCEDURE) -> PlannedVisit:
    offset = Offset(months, OffsetUnit.MONTHS)
    return PlannedVisit(
        f"m{months}", str(offset), offset, 10, 10, (Requirement.IMAGING,), "made up",
        verified=True, window_verified=True, anchor=anchor,
    )  # fmt: skip


def protocol(*visits: PlannedVisit, trial: str = "") -> FollowUpProtocol:
    return FollowUpProtocol("p", "made up", "made up", True, visits, trial=trial)


THREE_AND_SIX = protocol(planned(3), planned(6))


def scan(number: int) -> Visit:
    reading = (LevelAssessment(T12, LocalStatus.NONE),)
    return Visit("A", day(number), VisitKind.PLANNED, Modality.MRI, reading)


def cohort(*visits: Visit, died: int | None = None, **records: Any) -> Cohort:
    last = day(1000 if died is None else died)
    patient = Patient("A", Sex.FEMALE, 61, "x", last, None if died is None else last)
    vertebra = TreatedVertebra("A", T12, DAY_ZERO, Prescription(8, 13))
    return Cohort("c", day(1000), True, "made up", (patient,), (vertebra,), visits, **records)


def states(people: Cohort, as_of: int, plan: FollowUpProtocol = THREE_AND_SIX) -> list[str]:
    found = {one.planned.id: one.state.value for one in due_list(people, plan, day(as_of))}
    return [found[one.id] for one in plan.visits if one.id in found]


def withdrawn(number: int, form: WithdrawalForm = WithdrawalForm.STOP_FOLLOW_UP) -> Withdrawal:
    return Withdrawal("A", form, day(number))


@pytest.mark.parametrize("form", WithdrawalForm)
def test_every_form_of_withdrawal_ends_the_schedule(form: WithdrawalForm) -> None:
    people = cohort(scan(92), withdrawals=(withdrawn(120, form),))
    assert states(people, 119) == ["done", "scheduled"]
    assert states(people, 120) == ["done", "closed_withdrawal"]
    assert states(people, 900) == ["done", "closed_withdrawal"]


def test_a_window_that_closed_before_the_withdrawal_was_missed() -> None:
    assert states(cohort(withdrawals=(withdrawn(120),)), 900) == ["missed", "closed_withdrawal"]


def test_nothing_after_the_withdrawal_counts() -> None:
    people = cohort(scan(92), withdrawals=(withdrawn(91),))
    assert states(people, 900) == ["closed_withdrawal", "closed_withdrawal"]


def test_loss_closes_like_a_withdrawal_and_the_first_end_decides() -> None:
    lost = LossToFollowUp("A", day(60))
    assert states(cohort(losses_to_follow_up=(lost,)), 900) == ["closed_loss", "closed_loss"]
    both = cohort(losses_to_follow_up=(lost,), withdrawals=(withdrawn(50),), died=70)
    assert states(both, 900) == ["closed_withdrawal", "closed_withdrawal"]
    assert states(both, 49) == ["scheduled", "scheduled"]


def test_death_on_the_day_of_a_withdrawal_is_the_death() -> None:
    people = cohort(withdrawals=(withdrawn(60),), died=60)
    assert states(people, 900) == ["closed_death", "closed_death"]


def test_who_forbade_use_enters_no_share_but_stays_listed() -> None:
    plan, after = THREE_AND_SIX, day(900)
    stopped = due_list(cohort(scan(92), withdrawals=(withdrawn(120),)), plan, after)
    forbidden = due_list(
        cohort(scan(92), withdrawals=(withdrawn(120, WithdrawalForm.STOP_USE),)), plan, after
    )
    assert len(stopped) == len(forbidden) == 2
    assert [(one.due, one.done) for one in completeness(stopped)] == [(1, 1), (1, 1)]
    assert [(one.due, one.done) for one in completeness(forbidden)] == [(0, 0)]


def member(trial: str, number: int | None) -> TrialMembership:
    date = None if number is None else day(number)
    return TrialMembership("A", trial, randomisation_date=date)


RANDOMISED = protocol(planned(6, Anchor.RANDOMISATION), trial="T")


def test_a_visit_can_count_from_randomisation_in_calendar_months() -> None:
    people = cohort(trial_memberships=(member("T", -3), member("U", -30)))
    (visit,) = due_list(people, RANDOMISED, day(100))
    assert visit.target_date == dt.date(2016, 2, 28)
    assert visit.procedure_date == DAY_ZERO
    on_the_31st = cohort(trial_memberships=(member("T", 0),))
    assert due_list(on_the_31st, RANDOMISED, day(9))[0].target_date == dt.date(2016, 2, 29)


@pytest.mark.parametrize("members", [(), (member("U", -3),), (member("T", None),)])
def test_who_was_not_randomised_has_no_visit_from_randomisation(
    members: tuple[TrialMembership, ...],
) -> None:
    assert due_list(cohort(trial_memberships=members), RANDOMISED, day(100)) == ()


def test_a_protocol_without_a_trial_takes_any_randomisation() -> None:
    plan = replace(RANDOMISED, trial="")
    people = cohort(trial_memberships=(member("U", -3),))
    assert len(due_list(people, plan, day(100))) == 1


def test_visits_of_both_anchors_stand_side_by_side_in_any_order_of_targets() -> None:
    plan = protocol(planned(6, Anchor.RANDOMISATION), planned(3), trial="T")
    people = cohort(scan(92), trial_memberships=(member("T", 0),))
    assert states(people, 100, plan) == ["scheduled", "done"]
