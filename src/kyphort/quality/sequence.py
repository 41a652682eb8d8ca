"""Rules on the order of events: what the schedule, or the disease, does not allow."""

from collections.abc import Iterator

from kyphort.clinical import Modality, VisitKind
from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[PatientCourse]()
_DAYS_OF_BASELINE = 7
_OLDEST_BASELINE_DAYS = 90


@CATALOGUE.rule(
    "KQ-BASELINE-LATE",
    Severity.OUT_OF_SEQUENCE,
    f"A visit called baseline is more than {_DAYS_OF_BASELINE} days after the procedure.",
    "baseline 30 days after",
    "Make it a planned visit, or correct its date.",
    source="doi 10.1186/s13014-020-01715-z: baseline imaging within 7 days after surgery",
)
def _late_baseline(course: PatientCourse) -> Iterator[Found]:
    last = max(one.procedure_date for one in course.vertebrae)
    for one in course.visits:
        days = (one.visit_date - last).days
        if one.kind is VisitKind.BASELINE and days > _DAYS_OF_BASELINE:
            yield Found(f"visit {one.visit_date}", f"{days} days", "too late for a baseline.")


@CATALOGUE.rule(
    "KQ-BASELINE-OLD",
    Severity.OUT_OF_SEQUENCE,
    f"The only baseline is more than {_OLDEST_BASELINE_DAYS} days before the first procedure.",
    "baseline half a year before",
    "Enter the baseline of this procedure, or correct a date.",
)
def _old_baseline(course: PatientCourse) -> Iterator[Found]:
    dates = [one.visit_date for one in course.visits if one.kind is VisitKind.BASELINE]
    if not dates:
        return
    days = (course.first_procedure - max(dates)).days
    if days > _OLDEST_BASELINE_DAYS:
        yield Found(f"visit {max(dates)}", f"{days} days before", "too old to compare with.")


@CATALOGUE.rule(
    "KQ-READ-BEFORE-PROCEDURE",
    Severity.OUT_OF_SEQUENCE,
    "A level is read at a visit that is no baseline, before its own procedure; it does not count.",
    "L4 read in May, treated in June",
    "Correct the date or the level, unless it was read on purpose.",
)
def _read_early(course: PatientCourse) -> Iterator[Found]:
    procedures = {one.level: one.procedure_date for one in course.vertebrae}
    for visit in course.visits:
        if visit.kind is VisitKind.BASELINE:
            continue
        for level in dict.fromkeys(one.level for one in visit.assessments):
            if visit.visit_date < procedures[level]:
                yield Found(
                    f"vertebra {level}, visit {visit.visit_date}",
                    str(visit.visit_date),
                    f"read before its procedure on {procedures[level]}.",
                )


@CATALOGUE.rule(
    "KQ-RETREATED-BEFORE-PROGRESSION",
    Severity.OUT_OF_SEQUENCE,
    "A level was treated again before the progression that was read later.",
    "retreated in March, progression in June",
    "Check the dates: the progression after a retreatment is not one of this treatment.",
)
def _retreated_first(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        progressed, treated = course.first_progression(vertebra), vertebra.retreatment_date
        if progressed is not None and treated is not None and treated < progressed:
            yield Found(
                f"vertebra {vertebra.level}",
                str(treated),
                f"treated again before the progression of {progressed}.",
            )


@CATALOGUE.rule(
    "KQ-VISIT-ON-DEATH",
    Severity.OUT_OF_SEQUENCE,
    "A scan or a planned visit is dated on the day of death.",
    "planned MRI on the day of death",
    "Check whether the date of death was entered as the date of the visit.",
)
def _on_death(course: PatientCourse) -> Iterator[Found]:
    for one in course.visits:
        is_odd = one.kind is VisitKind.PLANNED or one.modality is not Modality.NONE
        if one.visit_date == course.patient.death_date and is_odd:
            yield Found(f"visit {one.visit_date}", str(one.kind), "on the day of death.")
