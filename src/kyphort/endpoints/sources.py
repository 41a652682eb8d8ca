"""The sources of dates that endpoints are declared with."""

import datetime as dt
from collections.abc import Callable, Iterator

from kyphort.clinical import Finding, LevelAssessment, LocalStatus
from kyphort.endpoints.declaration import Source, Subject


def _assessments(subject: Subject) -> Iterator[tuple[dt.date, LevelAssessment]]:
    levels = {vertebra.level: vertebra.procedure_date for vertebra in subject.vertebrae}
    for visit in subject.cohort.visits_of(subject.patient):
        for assessment in visit.assessments:
            if visit.visit_date >= levels.get(assessment.level, dt.date.max):
                yield visit.visit_date, assessment


def _first(subject: Subject, says: Callable[[LevelAssessment], bool]) -> dt.date | None:
    return min((date for date, found in _assessments(subject) if says(found)), default=None)


def _last(subject: Subject, says: Callable[[LevelAssessment], bool]) -> dt.date | None:
    return max((date for date, found in _assessments(subject) if says(found)), default=None)


def _death(subject: Subject) -> dt.date | None:
    return subject.patient.death_date


def _first_retreatment(subject: Subject) -> dt.date | None:
    dates = (vertebra.retreatment_date for vertebra in subject.vertebrae)
    return min((date for date in dates if date is not None), default=None)


PROGRESSION = Source(
    "local progression",
    "assessment",
    lambda subject: _first(subject, lambda found: found.local_status is LocalStatus.PROGRESSION),
)
NEW_FRACTURE = Source(
    "compression fracture of the treated vertebra",
    "assessment",
    lambda subject: _first(subject, lambda found: found.new_fracture is Finding.PRESENT),
)
DEATH = Source("death", "vital status", _death)
RETREATMENT = Source("retreatment without progression", "treatment", _first_retreatment)

LAST_ASSESSMENT_OF_TUMOUR = Source(
    "last assessment without progression",
    "assessment",
    lambda subject: _last(subject, lambda found: found.local_status is LocalStatus.NONE),
)
LAST_ASSESSMENT_OF_FRACTURE = Source(
    "last assessment without fracture",
    "assessment",
    lambda subject: _last(subject, lambda found: found.new_fracture is Finding.ABSENT),
)
LAST_CONTACT = Source(
    "last contact", "vital status", lambda subject: subject.patient.last_contact_date
)
NEVER_ASSESSED = Source(
    "never assessed after the procedure", "treatment", lambda subject: subject.origin
)
