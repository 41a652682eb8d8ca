"""The sources of dates that endpoints are declared with."""

import datetime as dt
from collections.abc import Callable, Iterator

from kyphort.clinical import Finding, LevelAssessment, LocalStatus, SpinalLevel
from kyphort.endpoints.analysis_set import Ending, end_of_follow_up
from kyphort.endpoints.declaration import Source, Subject
from kyphort.endpoints.readers import settled_readings
from kyphort.protocol import IndeterminateRule


def _assessments(subject: Subject) -> Iterator[tuple[dt.date, LevelAssessment]]:
    """Yield the settled readings of the subject's levels since their procedures, by date."""
    procedures = {vertebra.level: vertebra.procedure_date for vertebra in subject.vertebrae}
    for visit in subject.cohort.visits_of(subject.patient):
        for reading in settled_readings(visit):
            if visit.visit_date >= procedures.get(reading.level, dt.date.max):
                yield visit.visit_date, reading


def _first(subject: Subject, says: Callable[[LevelAssessment], bool]) -> dt.date | None:
    return min((date for date, found in _assessments(subject) if says(found)), default=None)


def _last(subject: Subject, says: Callable[[LevelAssessment], bool]) -> dt.date | None:
    return max((date for date, found in _assessments(subject) if says(found)), default=None)


def _first_progression(subject: Subject, rule: IndeterminateRule) -> dt.date | None:
    dates = [
        date
        for vertebra in subject.vertebrae
        if (date := _level_progression(subject, vertebra.level, rule)) is not None
    ]
    return min(dates, default=None)


def _level_progression(
    subject: Subject, level: SpinalLevel, rule: IndeterminateRule
) -> dt.date | None:
    """Return the date of progression at one level; scans that cannot be assessed are passed over.

    With the rule `backdate`, scans called indeterminate directly before progression take its date.
    """
    doubtful_since: dt.date | None = None
    for date, found in _assessments(subject):
        if found.level is not level or found.local_status is LocalStatus.NOT_ASSESSABLE:
            continue
        if found.local_status is LocalStatus.PROGRESSION:
            return date if rule is IndeterminateRule.FIRST_DEFINITE else doubtful_since or date
        is_doubtful = found.local_status is LocalStatus.INDETERMINATE
        doubtful_since = (doubtful_since or date) if is_doubtful else None
    return None


def _death(subject: Subject) -> dt.date | None:
    return subject.patient.death_date


def _first_retreatment(subject: Subject) -> dt.date | None:
    dates = (vertebra.retreatment_date for vertebra in subject.vertebrae)
    return min((date for date in dates if date is not None), default=None)


def progression(rule: IndeterminateRule = IndeterminateRule.BACKDATE) -> Source:
    """Return the source of local progression under a dating rule."""
    return Source(
        "local progression", "assessment", lambda subject: _first_progression(subject, rule)
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


def _ended_by(reason: Ending) -> Callable[[Subject], dt.date | None]:
    def find(subject: Subject) -> dt.date | None:
        found = end_of_follow_up(subject.cohort, subject.patient)
        return subject.patient.last_contact_date if found and found[1] is reason else None

    return find


WITHDRAWN = Source("follow-up stopped by the patient", "withdrawal", _ended_by(Ending.WITHDRAWAL))
LOST = Source("given up as lost", "loss to follow-up", _ended_by(Ending.LOSS))
NEVER_ASSESSED = Source(
    "never assessed after the procedure", "treatment", lambda subject: subject.origin
)
