"""Rules on what was planned, delivered and known of the vertebra, and on the tumour's own words."""

from collections.abc import Iterator

from kyphort.clinical import Sex
from kyphort.clinical.baseline import Baseline, Radiotherapy
from kyphort.clinical.dose_summary import DoseSummary
from kyphort.clinical.ending import LossToFollowUp, Withdrawal, WithdrawalForm
from kyphort.clinical.history import Consent, ConsentPurpose, PrimaryTumour
from kyphort.clinical.procedure import Delivery, Procedure
from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[PatientCourse]()
_LARGEST_TIME_DIFFERENCE = 0.05
_USUAL_OUTPUT_PERCENT = (90.0, 110.0)
_MOST_CEMENT_ML = 12.0
_LAST_ELIGIBLE_TOMITA = 2
_CODES_OF_ENTITIES = {
    "breast": ("C50",),
    "prostate": ("C61",),
    "lung": ("C34",),
    "myeloma": ("C90",),
    "renal": ("C64",),
    "melanoma": ("C43",),
    "sarcoma": ("C40", "C41", "C49"),
    "haemangioma": ("D18",),
}
_OF_MEN, _OF_WOMEN = ("C60", "C61", "C62", "C63"), ("C51", "C52", "C53", "C54", "C55", "C56", "C57")
_WORDS_OF_MEN, _WORDS_OF_WOMEN = ("prostat", "testic"), ("ovar", "cervical", "endometr", "uter")


@CATALOGUE.rule(
    "KQ-PLAN-DIFFERS",
    Severity.CONTRADICTORY,
    "The dose or distance of a plan is not the one prescribed to its vertebra.",
    "prescribed 8 Gy at 13 mm, planned 8 Gy at 11 mm",
    "Correct one of them; the report takes the prescription.",
)
def _plan(course: PatientCourse) -> Iterator[Found]:
    prescribed = {one.level: one.prescription for one in course.vertebrae}
    for one in course.cohort.of(course.patient, DoseSummary):
        planned, told = one.prescription, prescribed[one.level]
        if (planned.dose_gy, planned.distance_mm) != (told.dose_gy, told.distance_mm):
            yield Found(
                f"dose summary {one.level}",
                f"{planned.dose_gy:g} Gy at {planned.distance_mm:g} mm",
                f"prescribed are {told.dose_gy:g} Gy at {told.distance_mm:g} mm.",
            )


@CATALOGUE.rule(
    "KQ-DELIVERED-DIFFERS",
    Severity.CONTRADICTORY,
    f"The delivered time differs by more than {_LARGEST_TIME_DIFFERENCE:.0%} from the planned one.",
    "planned 127 s, delivered 90 s",
    "Check both; if the irradiation was broken off, enter the interruption.",
)
def _time(course: PatientCourse) -> Iterator[Found]:
    for one in course.cohort.of(course.patient, Delivery):
        part = one.delivered_fraction
        was_broken_off = one.interrupted_at_s is not None and one.resumed is False
        if part is None or was_broken_off or not one.delivered:
            continue
        if abs(part - 1) > _LARGEST_TIME_DIFFERENCE:
            yield Found(f"delivery {one.level}", f"{part:.0%} of the planned time", "why?")


@CATALOGUE.rule(
    "KQ-NO-DELIVERY",
    Severity.MISSING,
    "Deliveries are recorded in this cohort, and one vertebra has none.",
    "T12 delivered, L1 without a record",
    "Enter the delivery, or that it was not delivered and why: one in ten was not in the first "
    "series.",
    source="doi 10.1007/s00264-011-1470-9",
)
def _no_delivery(course: PatientCourse) -> Iterator[Found]:
    if not course.cohort.deliveries:
        return
    recorded = {one.level for one in course.cohort.of(course.patient, Delivery)}
    for one in course.vertebrae:
        if one.level not in recorded:
            yield Found(f"vertebra {one.level}", "", "delivered or not?")


@CATALOGUE.rule(
    "KQ-OUTPUT-UNUSUAL",
    Severity.UNLIKELY,
    f"The output of the day is outside {_USUAL_OUTPUT_PERCENT[0]:g} to "
    f"{_USUAL_OUTPUT_PERCENT[1]:g}% of the expected one.",
    "`10.04`: a point too far left",
    "Check the value; a source this far off is not used.",
)
def _output(course: PatientCourse) -> Iterator[Found]:
    low, high = _USUAL_OUTPUT_PERCENT
    for one in course.cohort.of(course.patient, Delivery):
        if one.output_percent is not None and not low <= one.output_percent <= high:
            yield Found(f"delivery {one.level}", f"{one.output_percent:g}%", "an unusual output.")


@CATALOGUE.rule(
    "KQ-CEMENT-UNUSUAL",
    Severity.UNLIKELY,
    f"More than {_MOST_CEMENT_ML:g} ml of cement for each level of a procedure.",
    "`75` for 7.5",
    "Check the volume.",
)
def _cement(course: PatientCourse) -> Iterator[Found]:
    for one in course.cohort.of(course.patient, Procedure):
        levels = sum(row.procedure_date == one.procedure_date for row in course.vertebrae)
        if one.cement_ml is not None and one.cement_ml > _MOST_CEMENT_ML * levels:
            yield Found(f"procedure {one.procedure_date}", f"{one.cement_ml:g} ml", "much cement.")


@CATALOGUE.rule(
    "KQ-TOMITA-BEYOND",
    Severity.UNLIKELY,
    "A vertebra has a Tomita surgical type above 2, which the programme did not treat.",
    "type 4",
    "Check the type; if it is right, document the deviation.",
    source="Bludau 2020: types 1 and 2",
)
def _tomita(course: PatientCourse) -> Iterator[Found]:
    for one in course.cohort.of(course.patient, Baseline):
        if one.tomita_type is not None and int(str(one.tomita_type.value)) > _LAST_ELIGIBLE_TOMITA:
            yield Found(f"baseline {one.level}", f"type {one.tomita_type.value}", "not eligible.")


@CATALOGUE.rule(
    "KQ-IRRADIATED-BEFORE",
    Severity.UNLIKELY,
    "A vertebra was irradiated before its procedure, which the trials exclude.",
    "30 Gy in 2012, procedure in 2015",
    "Check the date and the level; if both are right, document the deviation.",
    source="NCT01280032: no prior radiation of the same vertebra",
)
def _irradiated(course: PatientCourse) -> Iterator[Found]:
    treated = {one.level: one.procedure_date for one in course.vertebrae}
    for one in course.cohort.of(course.patient, Radiotherapy):
        if one.is_before(treated[one.level]):
            yield Found(f"radiotherapy {one.level}", str(one.start_date), "before the procedure.")


@CATALOGUE.rule(
    "KQ-ENTITY-CODE",
    Severity.CONTRADICTORY,
    "The primary tumour in words and its ICD-10 code do not name the same organ.",
    "Breast cancer with C61",
    "Correct one of them.",
    source="ICD-10 chapters",
    verified=False,
)
def _code(course: PatientCourse) -> Iterator[Found]:
    tumours = course.cohort.of(course.patient, PrimaryTumour)
    entity = course.patient.entity.casefold()
    expected = next((codes for word, codes in _CODES_OF_ENTITIES.items() if word in entity), ())
    codes = ", ".join(one.icd10_code for one in tumours)
    if tumours and expected and not any(one.icd10_code.startswith(expected) for one in tumours):
        yield Found(
            "primary tumour", codes, f"{course.patient.entity} has {' or '.join(expected)}."
        )


@CATALOGUE.rule(
    "KQ-SEX-TUMOUR",
    Severity.CONTRADICTORY,
    "The tumour is one of organs that the recorded sex does not have.",
    "prostate cancer of a woman",
    "Check the sex and the tumour.",
)
def _sex(course: PatientCourse) -> Iterator[Found]:
    patient = course.patient
    codes = tuple(one.icd10_code for one in course.cohort.of(patient, PrimaryTumour))
    words, chapters = {
        Sex.FEMALE: (_WORDS_OF_MEN, _OF_MEN),
        Sex.MALE: (_WORDS_OF_WOMEN, _OF_WOMEN),
    }.get(patient.sex, ((), ()))
    in_words = any(word in patient.entity.casefold() for word in words)
    if in_words or any(code.startswith(chapters) for code in codes if chapters):
        yield Found("sex", str(patient.sex), f"with {patient.entity}.")


@CATALOGUE.rule(
    "KQ-SEEN-AFTER-WITHDRAWAL",
    Severity.CONTRADICTORY,
    "A visit is recorded after the patient withdrew from follow-up.",
    "withdrawn in March, visit in June",
    "Correct the date, or have the withdrawal taken back in writing.",
)
def _after_withdrawal(course: PatientCourse) -> Iterator[Found]:
    dates = [
        one.withdrawal_date
        for one in course.cohort.of(course.patient, Withdrawal)
        if one.form is WithdrawalForm.STOP_FOLLOW_UP
    ]
    late = [one.visit_date for one in course.visits if dates and one.visit_date > min(dates)]
    for day in late:
        yield Found(f"visit {day}", str(day), f"withdrawn on {min(dates)}.")


@CATALOGUE.rule(
    "KQ-SEEN-AFTER-LOSS",
    Severity.OUT_OF_SEQUENCE,
    "A visit is recorded after the patient was given up as lost.",
    "lost in March, visit in June",
    "Remove the loss: the patient was found again.",
)
def _after_loss(course: PatientCourse) -> Iterator[Found]:
    for loss in course.cohort.of(course.patient, LossToFollowUp):
        for one in course.visits:
            if one.visit_date > loss.loss_date:
                yield Found(f"visit {one.visit_date}", str(one.visit_date), "lost before.")


@CATALOGUE.rule(
    "KQ-NO-CONSENT",
    Severity.MISSING,
    "Consent is recorded in this cohort, and a patient has not agreed to the registry.",
    "no answer, or the last one is no",
    "Enter the consent, or take the patient out.",
)
def _consent(course: PatientCourse) -> Iterator[Found]:
    asked = [one for one in course.cohort.consents if one.purpose is ConsentPurpose.REGISTRY]
    if not asked:
        return
    own = [
        one
        for one in course.cohort.of(course.patient, Consent)
        if one.purpose is ConsentPurpose.REGISTRY
    ]
    if not own or not max(own, key=lambda one: one.consent_date).given:
        yield Found("consent", "no" if own else "", "not agreed to the registry.")
