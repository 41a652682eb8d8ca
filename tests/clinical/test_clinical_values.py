"""Patients, prescriptions, events and pain are valid from the moment they exist."""

import dataclasses
import math
import re

import pytest

from kyphort.clinical import LevelAssessment, LocalStatus, Pain, Prescription, SpinalLevel
from kyphort.errors import InvalidDataError

from .people import LAST_CONTACT, PROCEDURE, adverse_event, patient, vertebra, visit


@pytest.mark.parametrize("patient_id", ["", "  "])
def test_a_patient_needs_a_pseudonym(patient_id: str) -> None:
    with pytest.raises(InvalidDataError, match="empty patient_id"):
        patient(patient_id=patient_id)


@pytest.mark.parametrize("age", [-1, 121])
def test_an_impossible_age_is_refused(age: int) -> None:
    sentence = f"Patient A: age_years is {age}. Allowed: 0 to 120."
    with pytest.raises(InvalidDataError, match=re.escape(sentence)):
        patient(age_years=age)


@pytest.mark.parametrize("age", [0, 120])
def test_the_extreme_ages_are_allowed(age: int) -> None:
    assert patient(age_years=age).age_years == age


@pytest.mark.parametrize("entity", ["", " "])
def test_an_empty_entity_is_refused(entity: str) -> None:
    with pytest.raises(InvalidDataError, match="Patient A: the tumour entity is empty"):
        patient(entity=entity)


def test_death_must_be_the_last_contact() -> None:
    sentence = f"Patient A: died on {PROCEDURE}, but the last contact is {LAST_CONTACT}"
    with pytest.raises(InvalidDataError, match=sentence):
        patient(death_date=PROCEDURE)


def test_died_follows_from_the_date() -> None:
    assert not patient().died
    assert patient(death_date=LAST_CONTACT).died


def prescription(*, dose_gy: float = 8, distance_mm: float = 13) -> Prescription:
    return Prescription(dose_gy, distance_mm)


@pytest.mark.parametrize("name", ["dose_gy", "distance_mm"])
@pytest.mark.parametrize("value", [0.0, -8.0, math.inf, math.nan])
def test_a_prescription_is_two_positive_numbers(name: str, value: float) -> None:
    with pytest.raises(InvalidDataError, match=f"{name} {value:g}. Allowed: a positive number"):
        prescription(**{name: value})


@pytest.mark.parametrize("grade", [0, 6])
def test_a_grade_outside_ctcae_is_refused(grade: int) -> None:
    sentence = f"Patient A, adverse event 'pain': CTCAE grade {grade}. Allowed: 1 to 5."
    with pytest.raises(InvalidDataError, match=re.escape(sentence)):
        adverse_event(ctcae_grade=grade)


@pytest.mark.parametrize("grade", [1, 5])
def test_the_extreme_grades_are_allowed(grade: int) -> None:
    assert adverse_event(ctcae_grade=grade).ctcae_grade == grade


@pytest.mark.parametrize("score", [-0.5, 10.5, math.nan])
def test_a_pain_score_outside_the_scale_is_refused(score: float) -> None:
    with pytest.raises(InvalidDataError, match=f"pain score is {score:g}. Allowed: 0 to 10"):
        Pain(score)


@pytest.mark.parametrize("dose", [-1.0, math.inf, math.nan])
def test_an_impossible_opioid_dose_is_refused(dose: float) -> None:
    with pytest.raises(InvalidDataError, match=f"morphine equivalent is {dose:g} mg"):
        Pain(3, dose)


def test_the_extremes_of_pain_are_allowed() -> None:
    assert [Pain(0, 0).nrs, Pain(10).nrs] == [0, 10]


def test_a_vertebra_is_named_by_patient_and_level() -> None:
    assert vertebra(patient_id="P035", level=SpinalLevel.T8).vertebra_id == "P035-T8"


def test_a_visit_keeps_its_readings_head_to_tail_and_by_reader() -> None:
    readings = tuple(
        LevelAssessment(SpinalLevel(level), LocalStatus.NONE, reader=reader)
        for level, reader in [("L1", "b"), ("T9", "b"), ("L1", "a"), ("T10", "a")]
    )
    kept = visit(PROCEDURE, assessments=readings).assessments
    assert [f"{one.level}{one.reader}" for one in kept] == ["T9b", "T10a", "L1a", "L1b"]


def test_values_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        patient().age_years = 62  # type: ignore[misc] # the refusal is what is tested
