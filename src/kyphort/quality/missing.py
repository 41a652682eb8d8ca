"""Rules on what an analysis needs and was not recorded."""

from collections.abc import Iterator

from kyphort.clinical import (
    DistanceReference,
    LocalStatus,
    Modality,
    Relatedness,
    ReportingQuantity,
    Sex,
    VisitKind,
)
from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[PatientCourse]()
_LOST_AFTER_DAYS = 365
_UNCLEAR = frozenset((LocalStatus.INDETERMINATE, LocalStatus.NOT_ASSESSABLE))
_OPEN_EVENT_DAYS = 365


@CATALOGUE.rule(
    "KQ-NEVER-ASSESSED",
    Severity.MISSING,
    "A treated vertebra was never assessed after its procedure: local control is unknown.",
    "no visit after the procedure",
    "Enter the readings, or find out why there are none.",
)
def _never(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        if not any(
            one.status not in {None, LocalStatus.NOT_ASSESSABLE}
            for one in course.after_procedure(vertebra)
        ):
            yield Found(f"vertebra {vertebra.level}", "", "never assessed since the procedure.")


@CATALOGUE.rule(
    "KQ-NO-BASELINE",
    Severity.MISSING,
    "A patient has neither a baseline visit nor imaging up to the day of the procedure.",
    "first visit at three months",
    "Enter the baseline: without it nobody knows what a later scan is compared with.",
)
def _no_baseline(course: PatientCourse) -> Iterator[Found]:
    if course.visits and not course.has_baseline:
        yield Found("visits", "", "no baseline.")


@CATALOGUE.rule(
    "KQ-NO-PAIN-BASELINE",
    Severity.MISSING,
    "Pain was scored after the procedure and never before it: no response can be told.",
    "NRS 3 at six weeks, none at baseline",
    "Enter the pain before the procedure.",
)
def _no_pain_baseline(course: PatientCourse) -> Iterator[Found]:
    scored = [one.visit_date for one in course.visits if one.pain is not None]
    is_before = [
        one.kind is VisitKind.BASELINE or one.visit_date <= course.first_procedure
        for one in course.visits
        if one.pain is not None
    ]
    if scored and not any(is_before):
        yield Found("pain", f"first on {min(scored)}", "no score before the procedure.")


@CATALOGUE.rule(
    "KQ-NO-ANALGESICS",
    Severity.MISSING,
    "Pain was scored without the analgesics taken: a response by consensus cannot be told.",
    "NRS 3, omed_mg empty at every visit",
    "Enter the daily oral morphine equivalent; 0 when none was taken.",
    source="Chow 2012 (IJROBP 82:1730): response needs pain and analgesics",
    verified=False,
)
def _no_analgesics(course: PatientCourse) -> Iterator[Found]:
    pains = [one.pain for one in course.visits if one.pain is not None]
    if pains and all(one.omed_mg is None for one in pains):
        yield Found("pain", f"{len(pains)} scores", "no analgesics at any visit.")


@CATALOGUE.rule(
    "KQ-LOST",
    Severity.MISSING,
    f"A living patient was last in contact more than {_LOST_AFTER_DAYS} days before the cut-off.",
    "last contact 2014, data cut-off 2019",
    "Ask for the vital status, or record that contact was lost.",
)
def _lost(course: PatientCourse) -> Iterator[Found]:
    days = (course.cohort.data_cut_off - course.patient.last_contact_date).days
    if not course.patient.died and not course.has_ended and days > _LOST_AFTER_DAYS:
        yield Found("last contact", str(course.patient.last_contact_date), f"{days} days ago.")


@CATALOGUE.rule(
    "KQ-NO-FOLLOW-UP",
    Severity.MISSING,
    "Nothing is known of a living patient after the day of the procedure.",
    "last contact equals the procedure",
    "Enter what is known since, or find out.",
)
def _no_follow_up(course: PatientCourse) -> Iterator[Found]:
    last = course.patient.last_contact_date
    if not course.patient.died and last == course.first_procedure:
        yield Found("last contact", str(last), "the day of the procedure.")


@CATALOGUE.rule(
    "KQ-LAST-UNCLEAR",
    Severity.MISSING,
    "The last reading of a level is indeterminate or could not be assessed.",
    "the last MRI `indeterminate`",
    "Have it read again, or scan again.",
)
def _last_unclear(course: PatientCourse) -> Iterator[Found]:
    for vertebra in course.vertebrae:
        readings = list(course.after_procedure(vertebra))
        if readings and readings[-1].status in _UNCLEAR:
            last = readings[-1]
            yield Found(
                f"vertebra {vertebra.level}",
                str(last.status),
                f"the last reading, of {last.date}, says nothing.",
            )


@CATALOGUE.rule(
    "KQ-IMAGING-UNREAD",
    Severity.MISSING,
    "A visit has imaging and no reading of any level: the scan does not count.",
    "MRI, no level",
    "Enter the readings, or write `none` as modality.",
)
def _unread(course: PatientCourse) -> Iterator[Found]:
    for one in course.visits:
        if one.modality is not Modality.NONE and not one.assessments:
            yield Found(f"visit {one.visit_date}", str(one.modality), "imaging without a reading.")


@CATALOGUE.rule(
    "KQ-REFERENCE-UNKNOWN",
    Severity.MISSING,
    "A prescription does not say from where its distance is measured.",
    "13 mm, reference `unspecified`",
    "Enter isocentre, applicator_surface or applicator_tip: 5 and 8 mm can be the same point.",
)
def _reference(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        if one.prescription.distance_reference is DistanceReference.UNSPECIFIED:
            yield Found(f"vertebra {one.level}", "unspecified", "distance without a reference.")


@CATALOGUE.rule(
    "KQ-QUANTITY-UNKNOWN",
    Severity.MISSING,
    "A prescription does not say which dose is meant: to water, to the medium, or in between.",
    "8 Gy, quantity `unspecified`",
    "Enter water, medium or water_in_medium: at 50 kV they differ greatly in bone.",
)
def _quantity(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        if one.prescription.reporting_quantity is ReportingQuantity.UNSPECIFIED:
            yield Found(f"vertebra {one.level}", "unspecified", "dose to what?")


@CATALOGUE.rule(
    "KQ-CALIBRATION-UNKNOWN",
    Severity.MISSING,
    "A prescription does not name the calibration dataset of the source.",
    "calibration_dataset empty",
    "Enter TARGIT, V4.0 or what the theatre sheet says.",
)
def _calibration(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        if not one.prescription.calibration_dataset:
            yield Found(f"vertebra {one.level}", "", "no calibration dataset.")


@CATALOGUE.rule(
    "KQ-FRACTURE-UNKNOWN",
    Severity.MISSING,
    "It is not recorded whether a vertebra was fractured before the procedure.",
    "preexisting_fracture empty",
    "Enter yes or no: a new fracture cannot be told from an old one.",
)
def _fracture(course: PatientCourse) -> Iterator[Found]:
    for one in course.vertebrae:
        if one.preexisting_fracture is None:
            yield Found(f"vertebra {one.level}", "unknown", "fractured before?")


@CATALOGUE.rule(
    "KQ-PATIENT-UNKNOWN",
    Severity.MISSING,
    "The sex or the primary tumour of a patient is unknown.",
    "entity `unknown`",
    "Enter it, if it is known by now.",
)
def _patient(course: PatientCourse) -> Iterator[Found]:
    if course.patient.sex is Sex.UNKNOWN:
        yield Found("sex", "unknown", "not known.")
    if course.patient.entity.casefold() in {"unknown", "cup"}:
        yield Found("entity", course.patient.entity, "primary tumour not known.")


@CATALOGUE.rule(
    "KQ-DEATH-UNJUDGED",
    Severity.MISSING,
    "Nobody judged whether a death was caused by the procedure.",
    "death_relatedness `unknown`",
    "Have it judged: related or unrelated.",
)
def _death(course: PatientCourse) -> Iterator[Found]:
    if course.patient.died and course.patient.death_relatedness is Relatedness.UNKNOWN:
        yield Found("death", str(course.patient.death_date), "related or not?")


@CATALOGUE.rule(
    "KQ-CTCAE-VERSION",
    Severity.MISSING,
    "An adverse event does not say by which version of CTCAE it is graded.",
    "ctcae_version empty",
    "Enter the version: grades of different versions are not the same.",
)
def _version(course: PatientCourse) -> Iterator[Found]:
    for one in course.adverse_events:
        if not one.ctcae_version:
            yield Found(f"adverse event '{one.term}' of {one.onset_date}", "", "no version.")


@CATALOGUE.rule(
    "KQ-EVENT-OPEN",
    Severity.MISSING,
    f"An adverse event is open for more than {_OPEN_EVENT_DAYS} days.",
    "onset 2015, no resolved_date in 2019",
    "Enter the day on which it was over, or confirm that it persists.",
)
def _open(course: PatientCourse) -> Iterator[Found]:
    for one in course.adverse_events:
        days = (course.patient.last_contact_date - one.onset_date).days
        if one.resolved_date is None and days > _OPEN_EVENT_DAYS:
            yield Found(
                f"adverse event '{one.term}' of {one.onset_date}", f"{days} days", "still open."
            )
