"""Rows keep why, and their way into the statistics library."""

from dataclasses import replace

import numpy as np
import pytest

from kyphort.clinical import Cohort
from kyphort.endpoints import (
    DeathRule,
    Endpoint,
    derive,
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
)

from .people import L1, NONE, PROGRESSION, T9, T12, person, together, vertebra

ONE = person(vertebra(T9), vertebra(T12, treated=7), scans={40: {T9: NONE, T12: PROGRESSION}})


def another(cohort: Cohort) -> Cohort:
    (patient,) = cohort.patients
    return replace(
        cohort,
        patients=(replace(patient, patient_id="B"),),
        vertebrae=tuple(replace(one, patient_id="B") for one in cohort.vertebrae),
        visits=tuple(replace(one, patient_id="B") for one in cohort.visits),
    )


TWO = together(ONE, another(person(vertebra(L1), scans={300: {L1: NONE}}, died=True)))


def test_vertebrae_are_clustered_in_their_patient() -> None:
    data = derive(TWO, local_control()).survival_data()
    assert data.cluster is not None
    assert data.cluster.tolist() == [0, 0, 1]
    assert data.unit_of_analysis == "vertebra"


@pytest.mark.parametrize("endpoint", [overall_survival(), lpfs_seed(), lpfs_composite()])
def test_patients_need_no_cluster(endpoint: Endpoint) -> None:
    data = derive(TWO, endpoint).survival_data()
    assert data.cluster is None
    assert data.unit_of_analysis == "patient"
    assert len(data) == 2


def test_times_are_months_and_codes_those_of_the_rows() -> None:
    data = derive(TWO, local_control()).survival_data()
    np.testing.assert_allclose(data.time, np.array([40, 33, 400]) / 30.4375, rtol=1e-14)
    assert data.event.tolist() == [0, 1, 2]
    assert data.label == "Local control"


def test_an_empty_day_is_half_a_day_in_months() -> None:
    data = derive(person(seen_until=0, died=True), overall_survival()).survival_data()
    assert data.time.tolist() == [0.5 / 30.4375]


def test_only_rows_of_the_first_day_are_flagged() -> None:
    cohort = person(vertebra(T9), vertebra(T12), scans={0: {T9: NONE}, 1: {T12: NONE}})
    rows = derive(cohort, local_control()).rows
    assert [(row.row_id, row.on_day_zero, row.time_days) for row in rows] == [
        ("A-T9", True, 0.5),
        ("A-T12", False, 1),
    ]


def test_rows_follow_patients_and_levels() -> None:
    assert [row.row_id for row in derive(TWO, local_control()).rows] == ["A-T9", "A-T12", "B-L1"]
    assert [row.row_id for row in derive(TWO, overall_survival()).rows] == ["A", "B"]


def test_labels_follow_the_rows() -> None:
    table = derive(TWO, local_control())
    labels = table.labels(lambda row: row.subject.vertebrae[0].level.region.value)
    assert labels == ["thoracic", "thoracic", "lumbar"]


def test_a_selection_keeps_endpoint_and_order() -> None:
    table = derive(TWO, local_control(death=DeathRule.CENSORS))
    kept = table.where(lambda row: row.subject.patient.patient_id == "A")
    assert kept.endpoint == table.endpoint
    assert kept.rows == table.rows[:2]


def test_the_definition_says_which_rules_hold() -> None:
    strict = local_control(death=DeathRule.CENSORS).definition
    assert "death censors" in strict
    assert "last assessment of the level" in strict
    assert strict != local_control().definition
