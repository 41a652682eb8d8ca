"""Local control of hand-made patients whose answer is known."""

import pytest

from kyphort.clinical import Cohort, LocalStatus
from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    IndeterminateRule,
    RetreatmentRule,
    Unit,
    derive,
    local_control,
)

from .people import (
    DAY_ZERO,
    INDETERMINATE,
    L1,
    NONE,
    NOT_ASSESSABLE,
    PROGRESSION,
    T9,
    T12,
    day,
    only_row,
    person,
    summary,
    times,
    vertebra,
)

SCANS_CLEAR = {30: {T12: NONE}, 200: {T12: NONE}}
SCANS_PROGRESS = {30: {T12: NONE}, 200: {T12: PROGRESSION}, 300: {T12: PROGRESSION}}
LAST_SCAN, CONTACT = CensoringRule.LAST_ASSESSMENT, CensoringRule.LAST_CONTACT_OR_DEATH
COMPETES, CENSORS = DeathRule.COMPETES, DeathRule.CENSORS
CLEAR = "last assessment without progression"


@pytest.mark.parametrize("censoring", CensoringRule)
@pytest.mark.parametrize("death", DeathRule)
@pytest.mark.parametrize("died", [True, False])
def test_the_first_scan_with_progression_is_the_event(
    censoring: CensoringRule, death: DeathRule, died: bool
) -> None:
    row = only_row(
        person(scans=SCANS_PROGRESS, died=died), local_control(censoring=censoring, death=death)
    )
    assert summary(row) == (1, 200, "local progression")
    assert (row.date, row.record, row.row_id) == (day(200), "assessment", "A-T12")


@pytest.mark.parametrize(
    ("censoring", "death", "died", "expected"),
    [
        (LAST_SCAN, COMPETES, False, (0, 200, CLEAR)),
        (LAST_SCAN, CENSORS, False, (0, 200, CLEAR)),
        (CONTACT, COMPETES, False, (0, 400, "last contact")),
        (CONTACT, CENSORS, False, (0, 400, "last contact")),
        (LAST_SCAN, COMPETES, True, (2, 400, "death")),
        (LAST_SCAN, CENSORS, True, (0, 200, CLEAR)),
        (CONTACT, COMPETES, True, (2, 400, "death")),
        (CONTACT, CENSORS, True, (0, 400, "death")),
    ],
)
def test_without_progression_the_rules_decide(
    censoring: CensoringRule, death: DeathRule, died: bool, expected: tuple[int, float, str]
) -> None:
    row = only_row(
        person(scans=SCANS_CLEAR, died=died), local_control(censoring=censoring, death=death)
    )
    assert summary(row) == expected


def test_the_defaults_are_last_assessment_and_competing_death() -> None:
    assert summary(only_row(person(scans=SCANS_CLEAR), local_control())) == (0, 200, CLEAR)
    dead = person(scans=SCANS_CLEAR, died=True)
    assert summary(only_row(dead, local_control())) == (2, 400, "death")


def test_each_record_is_named() -> None:
    assert only_row(person(scans=SCANS_CLEAR), local_control()).record == "assessment"
    assert only_row(person(died=True), local_control()).record == "vital status"
    assert only_row(person(vertebra(retreated=9)), local_control()).record == "treatment"
    assert only_row(person(), local_control()).record == "treatment"


def test_retreatment_before_progression_competes() -> None:
    row = only_row(person(vertebra(retreated=90), scans=SCANS_PROGRESS), local_control())
    assert summary(row) == (3, 90, "retreatment without progression")


def test_retreatment_after_progression_changes_nothing() -> None:
    row = only_row(person(vertebra(retreated=250), scans=SCANS_PROGRESS), local_control())
    assert summary(row) == (1, 200, "local progression")


def test_retreatment_before_death_competes() -> None:
    row = only_row(person(vertebra(retreated=90), scans=SCANS_CLEAR, died=True), local_control())
    assert summary(row) == (3, 90, "retreatment without progression")


@pytest.mark.parametrize(
    ("rule", "code"),
    [(RetreatmentRule.COMPETES, 3), (RetreatmentRule.CENSORS, 0), (RetreatmentRule.COUNTS, 1)],
)
def test_the_protocol_may_choose_what_retreatment_does(rule: RetreatmentRule, code: int) -> None:
    cohort = person(vertebra(retreated=90), scans=SCANS_PROGRESS)
    row = only_row(cohort, local_control(retreatment=rule))
    assert summary(row) == (code, 90, "retreatment without progression")


def test_progression_wins_over_retreatment_and_death_of_the_same_day() -> None:
    cohort = person(vertebra(retreated=200), scans=SCANS_PROGRESS, died=True)
    assert summary(only_row(cohort, local_control())) == (1, 200, "local progression")
    dies = person(scans={200: {T12: PROGRESSION}}, seen_until=200, died=True)
    assert summary(only_row(dies, local_control())) == (1, 200, "local progression")


def test_retreatment_wins_over_death_of_the_same_day() -> None:
    cohort = person(vertebra(retreated=200), seen_until=200, died=True)
    assert only_row(cohort, local_control()).code == 3


@pytest.mark.parametrize("status", [NOT_ASSESSABLE, INDETERMINATE])
def test_a_scan_that_says_nothing_does_not_extend_control(status: LocalStatus) -> None:
    cohort = person(scans=SCANS_CLEAR | {300: {T12: status}})
    assert summary(only_row(cohort, local_control())) == (0, 200, CLEAR)


@pytest.mark.parametrize(
    "cohort",
    [
        person(),
        person(scans={30: {T12: NOT_ASSESSABLE}, 60: {T12: INDETERMINATE}}),
        person(vertebra(T12), vertebra(L1), scans={30: {L1: NONE}}),
    ],
    ids=["no scan", "no verdict", "another level"],
)
def test_a_level_never_assessed_is_censored_at_once(cohort: Cohort) -> None:
    row = next(row for row in derive(cohort, local_control()).rows if row.row_id == "A-T12")
    assert summary(row) == (0, 0.5, "never assessed after the procedure")
    assert row.date == DAY_ZERO
    assert row.on_day_zero


DOUBTFUL = {
    30: {T12: NONE},
    60: {T12: INDETERMINATE},
    90: {T12: NOT_ASSESSABLE},
    120: {T12: INDETERMINATE},
    150: {T12: PROGRESSION},
}


@pytest.mark.parametrize(
    ("rule", "time"), [(IndeterminateRule.BACKDATE, 60), (IndeterminateRule.FIRST_DEFINITE, 150)]
)
def test_doubt_before_progression_is_dated_by_rule(rule: IndeterminateRule, time: int) -> None:
    row = only_row(person(scans=DOUBTFUL), local_control(indeterminate=rule))
    assert summary(row) == (1, time, "local progression")


def test_doubt_that_a_clear_scan_dispelled_is_forgotten() -> None:
    cohort = person(scans=DOUBTFUL | {130: {T12: NONE}})
    assert only_row(cohort, local_control()).time_days == 150


def test_doubt_at_one_level_does_not_backdate_another() -> None:
    cohort = person(
        vertebra(T12),
        vertebra(L1),
        scans={
            60: {T12: INDETERMINATE, L1: NONE},
            120: {T12: NONE, L1: INDETERMINATE},
            150: {T12: PROGRESSION, L1: NONE},
        },
    )
    found = times(derive(cohort, local_control()))
    assert found == {"A-T12": (1, 150), "A-L1": (0, 150)}


def test_scans_before_the_procedure_of_a_level_do_not_count_for_it() -> None:
    cohort = person(
        vertebra(T12),
        vertebra(L1, treated=100),
        scans={
            50: {T12: NONE, L1: PROGRESSION},
            99: {L1: INDETERMINATE},
            150: {T12: NONE, L1: NONE},
            250: {T12: PROGRESSION, L1: PROGRESSION},
        },
    )
    found = times(derive(cohort, local_control()))
    assert found == {"A-T12": (1, 250), "A-L1": (1, 150)}


def test_a_level_seen_only_before_its_procedure_was_never_assessed() -> None:
    cohort = person(vertebra(T12), vertebra(L1, treated=100), scans={50: {T12: NONE, L1: NONE}})
    found = times(derive(cohort, local_control()))
    assert found == {"A-T12": (0, 50), "A-L1": (0, 0.5)}


def test_a_scan_on_the_day_of_the_procedure_counts() -> None:
    row = only_row(person(scans={0: {T12: PROGRESSION}}), local_control())
    assert summary(row) == (1, 0.5, "local progression")
    assert row.on_day_zero


def test_each_level_has_its_own_answer_and_origin() -> None:
    cohort = person(
        vertebra(L1, treated=10),
        vertebra(T9),
        scans={40: {T9: NONE, L1: PROGRESSION}},
        seen_until=110,
        died=True,
    )
    found = times(derive(cohort, local_control()))
    assert found == {"A-T9": (2, 110), "A-L1": (1, 30)}
    contact = local_control(censoring=CONTACT, death=CENSORS)
    assert times(derive(cohort, contact))["A-T9"] == (0, 110)


def test_local_control_of_a_patient_ends_with_the_first_level() -> None:
    cohort = person(
        vertebra(T12),
        vertebra(L1, treated=10),
        scans={40: {T12: NONE, L1: PROGRESSION}, 60: {T12: PROGRESSION}},
    )
    row = only_row(cohort, local_control(unit=Unit.PATIENT))
    assert summary(row) == (1, 40, "local progression")
    assert row.row_id == "A"
