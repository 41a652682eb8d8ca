"""Survival, progression-free survival and fracture of hand-made patients."""

import pytest

from kyphort.clinical import Cohort
from kyphort.endpoints import (
    Endpoint,
    derive,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)

from .people import (
    ABSENT,
    L1,
    NONE,
    NOT_ASSESSED,
    PRESENT,
    PROGRESSION,
    T12,
    only_row,
    person,
    summary,
    times,
    vertebra,
)

PROGRESSES = person(scans={30: {T12: NONE}, 200: {T12: PROGRESSION}})
PROGRESSES_AND_DIES = person(scans={200: {T12: PROGRESSION}}, died=True)
CLEAR = person(scans={200: {T12: NONE}})
DIES = person(scans={200: {T12: NONE}}, died=True)


@pytest.mark.parametrize(
    ("cohort", "endpoint", "expected"),
    [
        (CLEAR, overall_survival(), (0, 400, "last contact")),
        (PROGRESSES, overall_survival(), (0, 400, "last contact")),
        (DIES, overall_survival(), (1, 400, "death")),
        (PROGRESSES_AND_DIES, overall_survival(), (1, 400, "death")),
        (CLEAR, lpfs_seed(), (0, 400, "last contact")),
        (PROGRESSES, lpfs_seed(), (1, 200, "local progression")),
        (DIES, lpfs_seed(), (0, 400, "death")),
        (PROGRESSES_AND_DIES, lpfs_seed(), (1, 200, "local progression")),
        (CLEAR, lpfs_composite(), (0, 400, "last contact")),
        (PROGRESSES, lpfs_composite(), (1, 200, "local progression")),
        (DIES, lpfs_composite(), (1, 400, "death")),
        (PROGRESSES_AND_DIES, lpfs_composite(), (1, 200, "local progression")),
    ],
)
def test_what_ends_a_patients_time(
    cohort: Cohort, endpoint: Endpoint, expected: tuple[int, float, str]
) -> None:
    row = only_row(cohort, endpoint)
    assert summary(row) == expected
    assert row.row_id == "A"


@pytest.mark.parametrize("endpoint", [overall_survival(), lpfs_seed(), lpfs_composite()])
def test_a_patients_time_counts_from_the_first_procedure(endpoint: Endpoint) -> None:
    cohort = person(vertebra(T12, treated=50), vertebra(L1, treated=10), died=True)
    assert only_row(cohort, endpoint).time_days == 390


@pytest.mark.parametrize("endpoint", [lpfs_seed(), lpfs_composite()])
def test_progression_at_any_treated_level_counts(endpoint: Endpoint) -> None:
    cohort = person(
        vertebra(T12),
        vertebra(L1, treated=100),
        scans={50: {T12: NONE, L1: PROGRESSION}, 150: {T12: NONE}, 250: {L1: PROGRESSION}},
    )
    assert summary(only_row(cohort, endpoint)) == (1, 250, "local progression")


def test_progression_names_the_reason_when_death_falls_on_the_same_day() -> None:
    cohort = person(scans={200: {T12: PROGRESSION}}, seen_until=200, died=True)
    for endpoint in (lpfs_seed(), lpfs_composite()):
        assert summary(only_row(cohort, endpoint)) == (1, 200, "local progression")


@pytest.mark.parametrize("endpoint", [overall_survival(), lpfs_composite()])
def test_death_on_the_day_of_the_procedure_counts_half_a_day(endpoint: Endpoint) -> None:
    row = only_row(person(seen_until=0, died=True), endpoint)
    assert summary(row) == (1, 0.5, "death")
    assert row.on_day_zero


FRACTURE = "compression fracture of the treated vertebra"
INTACT = "last assessment without fracture"


@pytest.mark.parametrize(
    ("cohort", "expected"),
    [
        (person(scans={30: {T12: ABSENT}, 90: {T12: PRESENT}}, died=True), (1, 90, FRACTURE)),
        (person(scans={30: {T12: ABSENT}, 90: {T12: NOT_ASSESSED}}), (0, 30, INTACT)),
        (person(scans={30: {T12: ABSENT}}, died=True), (2, 400, "death")),
        (
            person(scans={30: {T12: NOT_ASSESSED}}),
            (0, 0.5, "never assessed after the procedure"),
        ),
        (
            person(scans={90: {T12: PRESENT}}, seen_until=90, died=True),
            (1, 90, FRACTURE),
        ),
    ],
)
def test_what_ends_the_time_to_fracture(cohort: Cohort, expected: tuple[int, float, str]) -> None:
    assert summary(only_row(cohort, vertebral_compression_fracture())) == expected


def test_a_fracture_belongs_to_its_level() -> None:
    cohort = person(
        vertebra(T12),
        vertebra(L1, treated=20),
        scans={10: {L1: PRESENT}, 50: {T12: PRESENT, L1: ABSENT}},
    )
    found = times(derive(cohort, vertebral_compression_fracture()))
    assert found == {"A-T12": (1, 50), "A-L1": (0, 30)}
