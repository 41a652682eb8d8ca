"""From visits to (last negative, first positive], on hand-made patients whose answer is known."""

import math

import pytest

from kyphort.clinical import Cohort
from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    Endpoint,
    IndeterminateRule,
    RetreatmentRule,
    Unit,
    derive,
    local_control,
    lpfs_composite,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder
from kyphort.survival import kaplan_meier, npmle
from kyphort.units import DAYS_PER_MONTH

from .people import (
    INDETERMINATE,
    NONE,
    NOT_ASSESSABLE,
    PRESENT,
    PROGRESSION,
    T9,
    T12,
    Scans,
    person,
    vertebra,
)

NEVER = math.inf


def only_interval(cohort: Cohort, endpoint: Endpoint) -> tuple[float, float]:
    """Return the one interval in days."""
    data = derive(cohort, endpoint).interval_data()
    (left,), (right,) = data.left * DAYS_PER_MONTH, data.right * DAYS_PER_MONTH
    return round(float(left), 6), right if math.isinf(right) else round(float(right), 6)


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        ({30: {T12: NONE}, 200: {T12: PROGRESSION}}, (30, 200)),
        ({30: {T12: NONE}, 90: {T12: NOT_ASSESSABLE}, 200: {T12: PROGRESSION}}, (30, 200)),
        ({200: {T12: PROGRESSION}}, (0, 200)),
        ({0: {T12: PROGRESSION}}, (0, 0.5)),
        ({30: {T12: NONE}, 200: {T12: NONE}}, (200, NEVER)),
        ({30: {T12: NONE}, 200: {T12: INDETERMINATE}}, (30, NEVER)),
        ({30: {T12: NONE}, 90: {T12: PROGRESSION}, 200: {T12: NONE}}, (30, 90)),
        ({}, (0, NEVER)),
    ],
)
def test_local_control_of_a_vertebra(scans: Scans, expected: tuple[float, float]) -> None:
    assert only_interval(person(scans=scans), local_control()) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(IndeterminateRule.BACKDATE, (30, 90)), (IndeterminateRule.FIRST_DEFINITE, (30, 200))],
)
def test_doubtful_scans_move_the_end_and_never_the_start(
    rule: IndeterminateRule, expected: tuple[float, float]
) -> None:
    scans = {30: {T12: NONE}, 90: {T12: INDETERMINATE}, 200: {T12: PROGRESSION}}
    assert only_interval(person(scans=scans), local_control(indeterminate=rule)) == expected


@pytest.mark.parametrize("death", DeathRule)
@pytest.mark.parametrize("censoring", CensoringRule)
def test_who_died_or_was_last_seen_later_is_free_as_far_as_somebody_looked(
    death: DeathRule, censoring: CensoringRule
) -> None:
    cohort = person(scans={30: {T12: NONE}}, died=True, seen_until=400)
    endpoint = local_control(death=death, censoring=censoring)
    assert only_interval(cohort, endpoint) == (30, NEVER)


def test_retreatment_has_a_date_of_its_own_when_it_counts() -> None:
    cohort = person(vertebra(retreated=120), scans={30: {T12: NONE}})
    counts = local_control(retreatment=RetreatmentRule.COUNTS)
    assert only_interval(cohort, counts) == (120, 120)
    assert only_interval(cohort, local_control()) == (30, NEVER)


def test_a_patient_is_free_as_far_as_every_level_was_seen() -> None:
    scans = {30: {T9: NONE, T12: NONE}, 90: {T9: NONE}, 200: {T9: PROGRESSION}}
    cohort = person(vertebra(T9), vertebra(T12), scans=scans)
    assert only_interval(cohort, local_control(unit=Unit.PATIENT)) == (30, 200)


def test_a_level_treated_later_was_free_before() -> None:
    scans = {30: {T9: NONE}, 90: {T9: NONE}, 200: {T9: PROGRESSION}}
    cohort = person(vertebra(T9), vertebra(T12, treated=150), scans=scans)
    assert only_interval(cohort, local_control(unit=Unit.PATIENT)) == (90, 200)


def test_death_is_exact_and_mixed_with_progression() -> None:
    scans = {30: {T12: NONE}, 200: {T12: PROGRESSION}}
    died = person(scans={30: {T12: NONE}}, died=True)
    assert only_interval(died, overall_survival()) == (400, 400)
    assert only_interval(person(scans=scans), overall_survival()) == (400, NEVER)
    assert only_interval(died, lpfs_composite()) == (400, 400)
    assert only_interval(person(scans=scans, died=True), lpfs_composite()) == (30, 200)


def test_fracture() -> None:
    cohort = person(scans={30: {T12: NONE}, 200: {T12: PRESENT}})
    assert only_interval(cohort, vertebral_compression_fracture()) == (30, 200)


def test_the_founding_cohort_has_recurred_no_later_than_kaplan_meier_says() -> None:
    table = derive(read_csv_set(dataset_folder("bludau2020")), local_control())
    data = table.interval_data()
    assert len(data) == 143
    assert int((data.right < math.inf).sum()) == 10
    assert data.cluster is not None
    times = [6.0, 12.0, 24.0, 36.0, 48.0, 60.0]
    ours = npmle(data).at(times).survival
    assert (ours <= kaplan_meier(table.survival_data()).at(times).survival).all()
