"""Rules on what cannot be, and on records that cannot both be right."""

from collections.abc import Iterator

from kyphort.clinical import Finding, LocalStatus, Relatedness
from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[PatientCourse]()
_LARGEST_DOSE_GY = 50.0
_LARGEST_DISTANCE_MM = 60.0
_DEATH_GRADE = 5
_LIFE_THREATENING = 4
_DAYS_OF_AN_EVENT = 60


@CATALOGUE.rule(
    "KQ-DOSE-IMPOSSIBLE",
    Severity.IMPOSSIBLE,
    f"A prescribed dose is above {_LARGEST_DOSE_GY:g} Gy in one fraction.",
    "`dose_gy` 800: the dose in cGy",
    "Correct the dose; it is in Gy.",
)
def _dose(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        dose = one.prescription.dose_gy
        if dose > _LARGEST_DOSE_GY:
            yield Found(
                f"vertebra {one.level}", f"{dose:g} Gy", "no single fraction has such a dose."
            )


@CATALOGUE.rule(
    "KQ-DISTANCE-IMPOSSIBLE",
    Severity.IMPOSSIBLE,
    f"A prescription distance is beyond {_LARGEST_DISTANCE_MM:g} mm: outside of any vertebra.",
    "`distance_mm` 130",
    "Correct the distance; it is in mm.",
)
def _distance(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        distance = one.prescription.distance_mm
        if distance > _LARGEST_DISTANCE_MM:
            yield Found(f"vertebra {one.level}", f"{distance:g} mm", "beyond any vertebral body.")


@CATALOGUE.rule(
    "KQ-RESOLVED-AFTER-DEATH",
    Severity.IMPOSSIBLE,
    "An adverse event is resolved after the patient's death.",
    "resolved 2016-12-24, died 2016-11-30",
    "Correct one of the dates, or leave resolved_date empty.",
)
def _resolved(course: PatientCourse) -> Iterator[Found]:
    death = course.patient.death_date
    for one in course.adverse_events:
        if death is not None and one.resolved_date is not None and one.resolved_date > death:
            yield Found(
                f"adverse event '{one.term}' of {one.onset_date}",
                str(one.resolved_date),
                f"resolved after the death on {death}.",
            )


@CATALOGUE.rule(
    "KQ-FATAL-ALIVE",
    Severity.CONTRADICTORY,
    "An adverse event of grade 5 (death) belongs to a patient who lives, or who died much later.",
    "grade 5 of a patient seen a year later",
    "Correct the grade, or enter the death.",
    source="CTCAE: grade 5 is death related to the adverse event",
)
def _fatal(course: PatientCourse) -> Iterator[Found]:
    death = course.patient.death_date
    for one in course.adverse_events:
        if one.ctcae_grade != _DEATH_GRADE:
            continue
        if death is None or (death - one.onset_date).days > _DAYS_OF_AN_EVENT:
            state = "the patient lives" if death is None else f"the death was on {death}"
            yield Found(
                f"adverse event '{one.term}' of {one.onset_date}", "grade 5", f"fatal, but {state}."
            )


@CATALOGUE.rule(
    "KQ-RELATED-DEATH-WITHOUT-EVENT",
    Severity.CONTRADICTORY,
    "A death is judged to be caused by the procedure, and no adverse event of grade 5 is recorded.",
    "death `related`, no adverse event",
    "Enter the adverse event that led to the death, or correct death_relatedness.",
)
def _related_death(course: PatientCourse) -> Iterator[Found]:
    is_related = course.patient.death_relatedness is Relatedness.RELATED
    is_fatal = any(one.ctcae_grade == _DEATH_GRADE for one in course.adverse_events)
    if course.patient.died and is_related and not is_fatal:
        yield Found("death", str(course.patient.death_date), "related to the procedure, by which?")


@CATALOGUE.rule(
    "KQ-SEVERE-NOT-SERIOUS",
    Severity.CONTRADICTORY,
    "An adverse event of grade 4 or 5 is not marked as serious.",
    "grade 4, serious `no`",
    "Correct the grade or the seriousness.",
    source="ICH E2A: a life-threatening or fatal event is serious",
    verified=False,
)
def _not_serious(course: PatientCourse) -> Iterator[Found]:
    for one in course.adverse_events:
        if one.ctcae_grade >= _LIFE_THREATENING and not one.serious:
            yield Found(
                f"adverse event '{one.term}' of {one.onset_date}",
                f"grade {one.ctcae_grade}",
                "life-threatening or fatal, but not serious.",
            )


@CATALOGUE.rule(
    "KQ-PROGRESSION-GONE",
    Severity.CONTRADICTORY,
    "A level that progressed is free of tumour later, and was not treated again in between.",
    "progression in March, none in September",
    "Check both readings, or enter the retreatment.",
)
def _progression_gone(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        progressed = course.first_progression(vertebra)
        if progressed is None:
            continue
        treated = vertebra.retreatment_date
        for one in course.after_procedure(vertebra):
            is_free = one.status is LocalStatus.NONE and one.date > progressed
            if is_free and (treated is None or treated > one.date):
                yield Found(
                    f"vertebra {vertebra.level}",
                    f"none on {one.date}",
                    f"free of tumour after the progression of {progressed}.",
                )
                break


@CATALOGUE.rule(
    "KQ-FRACTURE-GONE",
    Severity.CONTRADICTORY,
    "A new fracture of a treated vertebra is absent at a later visit; a fracture stays visible.",
    "present in March, absent in September",
    "Check both readings.",
)
def _fracture_gone(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        seen = None
        for one in course.after_procedure(vertebra):
            found = {assessment.new_fracture for assessment in one.assessments}
            if seen is not None and found == {Finding.ABSENT}:
                yield Found(
                    f"vertebra {vertebra.level}",
                    f"absent on {one.date}",
                    f"the new fracture of {seen} is not there any more.",
                )
                break
            if found == {Finding.PRESENT}:
                seen = seen or one.date


@CATALOGUE.rule(
    "KQ-READERS-DIFFER",
    Severity.CONTRADICTORY,
    "Readers of one level differ, and nobody settled it: the reading counts as indeterminate.",
    "reader A: none, reader B: progression",
    "Have it adjudicated: one more reading with the reader `adjudicated`.",
)
def _readers(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        for one in course.after_procedure(vertebra):
            statuses = sorted({str(read.local_status) for read in one.assessments})
            if one.status is None:
                yield Found(
                    f"vertebra {vertebra.level}, visit {one.date}",
                    " and ".join(statuses),
                    "readers differ.",
                )
