"""The dating and the retreatment rules of local control, and its unit."""

import pytest

from kyphort.endpoints import IndeterminateRule, RetreatmentRule, Unit, derive, local_control

from .people import (
    INDETERMINATE,
    NONE,
    NOT_ASSESSABLE,
    PROGRESSION,
    T9,
    T12,
    only_row,
    person,
    summary,
    times,
    vertebra,
)

BACKDATE, FIRST_DEFINITE = IndeterminateRule.BACKDATE, IndeterminateRule.FIRST_DEFINITE
SEEN_LATE = {90: {T12: NONE}, 180: {T12: INDETERMINATE}, 270: {T12: PROGRESSION}}


@pytest.mark.parametrize(("rule", "days"), [(BACKDATE, 180.0), (FIRST_DEFINITE, 270.0)])
def test_progression_after_a_doubtful_scan(rule: IndeterminateRule, days: float) -> None:
    row = only_row(person(scans=SEEN_LATE), local_control(indeterminate=rule))
    assert summary(row) == (1, days, "local progression")


def test_doubt_that_was_cleared_does_not_count() -> None:
    scans = {90: {T12: INDETERMINATE}, 180: {T12: NONE}, 270: {T12: PROGRESSION}}
    assert summary(only_row(person(scans=scans), local_control()))[:2] == (1, 270.0)


def test_a_run_of_doubtful_scans_is_dated_at_its_first() -> None:
    scans = {
        90: {T12: NONE},
        180: {T12: INDETERMINATE},
        200: {T12: NOT_ASSESSABLE},
        220: {T12: INDETERMINATE},
        270: {T12: PROGRESSION},
    }
    assert summary(only_row(person(scans=scans), local_control()))[:2] == (1, 180.0)


def test_doubt_that_was_never_settled_is_censored_at_the_last_clear_scan() -> None:
    scans = {90: {T12: NONE}, 180: {T12: INDETERMINATE}}
    assert summary(only_row(person(scans=scans), local_control()))[:2] == (0, 90.0)


def test_doubt_at_one_level_does_not_date_another() -> None:
    scans = {90: {T9: INDETERMINATE, T12: NONE}, 180: {T9: NONE, T12: PROGRESSION}}
    cohort = person(vertebra(T9), vertebra(T12), scans=scans)
    assert times(derive(cohort, local_control()))["A-T12"] == (1, 180.0)


@pytest.mark.parametrize(
    ("rule", "code"),
    [(RetreatmentRule.COMPETES, 3), (RetreatmentRule.CENSORS, 0), (RetreatmentRule.COUNTS, 1)],
)
def test_retreatment_without_progression(rule: RetreatmentRule, code: int) -> None:
    cohort = person(vertebra(retreated=120), scans={90: {T12: NONE}, 180: {T12: PROGRESSION}})
    row = only_row(cohort, local_control(retreatment=rule))
    assert summary(row) == (code, 120.0, "retreatment without progression")


def test_progression_before_retreatment_is_progression() -> None:
    cohort = person(vertebra(retreated=120), scans={90: {T12: PROGRESSION}})
    assert summary(only_row(cohort, local_control()))[:2] == (1, 90.0)


def test_per_patient_the_first_level_to_progress_counts() -> None:
    scans = {90: {T9: NONE, T12: NONE}, 180: {T9: PROGRESSION, T12: NONE}}
    cohort = person(vertebra(T9), vertebra(T12), scans=scans)
    table = derive(cohort, local_control(unit=Unit.PATIENT))
    assert times(table) == {"A": (1, 180.0)}
    assert table.survival_data().cluster is None
