"""Rules on what may be right, and rarely is."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[PatientCourse]()
USUAL_AGE_YEARS = (18, 100)
YOUNGEST_IN_TRIALS = 50
USUAL_DOSE_GY = (3.0, 20.0)
USUAL_DISTANCE_MM = (3.0, 25.0)
USUAL_LEVELS = 3
_FIRST_TREATMENT = dt.date(2009, 8, 1)
_HIGHEST_OMED_MG = 1_000.0
_PAIN_JUMP = 7.0
_DAYS_OF_A_JUMP = 14
_BENIGN = ("haemangioma", "hemangioma", "hämangiom")
_TRIALS = "NCT01280032 and NCT02773966: age of 50 or more"
_SERIES = "Bludau 2020: 8 Gy at 8, 11 and 13 mm; other series 10 Gy"


@CATALOGUE.rule(
    "KQ-AGE-UNUSUAL",
    Severity.UNLIKELY,
    f"An age is outside {USUAL_AGE_YEARS[0]} to {USUAL_AGE_YEARS[1]} years.",
    "`12`",
    "Check the age at the procedure.",
)
def _age(course: PatientCourse) -> Iterator[Found]:
    age = course.patient.age_years
    if not USUAL_AGE_YEARS[0] <= age <= USUAL_AGE_YEARS[1]:
        yield Found("age", f"{age} years", "an unusual age.")


@CATALOGUE.rule(
    "KQ-AGE-BELOW-TRIALS",
    Severity.UNLIKELY,
    f"A patient is younger than {YOUNGEST_IN_TRIALS} years, the least age of both trials.",
    "32 years; the founding paper has 32 to 85 and says that all followed the protocol",
    "Check the age; if it is right, document the deviation.",
    source=_TRIALS,
)
def _young(course: PatientCourse) -> Iterator[Found]:
    age = course.patient.age_years
    if USUAL_AGE_YEARS[0] <= age < YOUNGEST_IN_TRIALS:
        yield Found("age", f"{age} years", "below the least age of the trials.")


@CATALOGUE.rule(
    "KQ-ENTITY-BENIGN",
    Severity.UNLIKELY,
    "The tumour is benign: it is no metastasis, and no trial of metastases takes it.",
    "haemangioma, as in the founding paper's Table 1",
    "Check the entity; keep it apart when metastases are analysed.",
)
def _benign(course: PatientCourse) -> Iterator[Found]:
    if any(word in course.patient.entity.casefold() for word in _BENIGN):
        yield Found("entity", course.patient.entity, "a benign tumour.")


@CATALOGUE.rule(
    "KQ-DOSE-UNUSUAL",
    Severity.UNLIKELY,
    f"A dose is outside {USUAL_DOSE_GY[0]:g} to {USUAL_DOSE_GY[1]:g} Gy.",
    "`0.8`",
    "Check the dose and its unit.",
    source=_SERIES,
)
def _dose(course: PatientCourse) -> Iterator[Found]:
    low, high = USUAL_DOSE_GY
    for one in course.vertebrae:
        dose = one.prescription.dose_gy
        if not low <= dose <= high and dose <= 50:
            yield Found(f"vertebra {one.level}", f"{dose:g} Gy", "an unusual dose.")


@CATALOGUE.rule(
    "KQ-DISTANCE-UNUSUAL",
    Severity.UNLIKELY,
    f"A distance is outside {USUAL_DISTANCE_MM[0]:g} to {USUAL_DISTANCE_MM[1]:g} mm.",
    "`1.3`: the distance in cm",
    "Check the distance and its unit.",
    source=_SERIES,
)
def _distance(course: PatientCourse) -> Iterator[Found]:
    low, high = USUAL_DISTANCE_MM
    for one in course.vertebrae:
        distance = one.prescription.distance_mm
        if not low <= distance <= high and distance <= 60:
            yield Found(f"vertebra {one.level}", f"{distance:g} mm", "an unusual distance.")


@CATALOGUE.rule(
    "KQ-MANY-LEVELS",
    Severity.UNLIKELY,
    f"A patient has more than {USUAL_LEVELS} treated levels.",
    "four levels",
    "Check that all were treated.",
    source="Bludau 2020: up to three levels",
)
def _levels(course: PatientCourse) -> Iterator[Found]:
    if len(course.vertebrae) > USUAL_LEVELS:
        levels = ", ".join(str(one.level) for one in course.vertebrae)
        yield Found("levels", levels, f"{len(course.vertebrae)} levels.")


@CATALOGUE.rule(
    "KQ-PROCEDURE-TOO-EARLY",
    Severity.UNLIKELY,
    "A procedure is dated before August 2009, when the first patients were treated.",
    "`2005-07-04` for 2015",
    "Check the year.",
    source="ASTRO 2010 abstract: treated since August 2009",
)
def _early(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        if one.procedure_date < _FIRST_TREATMENT:
            yield Found(
                f"vertebra {one.level}", str(one.procedure_date), "before the method existed."
            )


@CATALOGUE.rule(
    "KQ-FIRST-OF-JANUARY",
    Severity.UNLIKELY,
    "A date is the first of January, as dates are whose day nobody knew.",
    "death `2016-01-01`",
    "Check whether the day is known.",
)
def _new_year(course: PatientCourse) -> Iterator[Found]:
    patient = course.patient
    dates = {
        "last contact" if patient.death_date is None else "death": patient.last_contact_date,
        **{f"procedure {one.level}": one.procedure_date for one in course.vertebrae},
    }
    for name, date in dates.items():
        if (date.month, date.day) == (1, 1):
            yield Found(name, str(date), "the first of January.")


@CATALOGUE.rule(
    "KQ-RETREATED-WITHOUT-PROGRESSION",
    Severity.UNLIKELY,
    "A level was treated again, and no progression was ever read.",
    "retreatment, all scans `none`",
    "Check whether a reading is missing; without one, retreatment competes with recurrence.",
)
def _retreated(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        if vertebra.retreatment_date is None or course.first_progression(vertebra) is not None:
            continue
        yield Found(
            f"vertebra {vertebra.level}", str(vertebra.retreatment_date), "treated again for what?"
        )


@CATALOGUE.rule(
    "KQ-PAIN-JUMP",
    Severity.UNLIKELY,
    f"Pain changes by {_PAIN_JUMP:g} points or more within {_DAYS_OF_A_JUMP} days after follow-up "
    "began.",
    "NRS 1, a week later 9",
    "Check both scores.",
)
def _jump(course: PatientCourse) -> Iterator[Found]:
    scores = [
        (one.visit_date, one.pain.nrs)
        for one in course.visits
        if one.pain is not None and one.visit_date > course.first_procedure
    ]
    for (before, old), (after, new) in pairwise(scores):
        if abs(new - old) >= _PAIN_JUMP and (after - before).days <= _DAYS_OF_A_JUMP:
            yield Found(f"visit {after}", f"NRS {new:g}", f"{old:g} on {before}.")


@CATALOGUE.rule(
    "KQ-ANALGESICS-HIGH",
    Severity.UNLIKELY,
    f"A daily morphine equivalent is above {_HIGHEST_OMED_MG:g} mg.",
    "`6000`",
    "Check the dose and its unit.",
)
def _omed(course: PatientCourse) -> Iterator[Found]:
    for one in course.visits:
        dose = one.pain.omed_mg if one.pain is not None else None
        if dose is not None and dose > _HIGHEST_OMED_MG:
            yield Found(f"visit {one.visit_date}", f"{dose:g} mg", "a very high dose.")
