"""Rules that need the whole cohort: patients entered twice, doses that do not pool."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from kyphort.clinical import Cohort
from kyphort.quality.rule import Catalogue, Found, Severity

CATALOGUE = Catalogue[Cohort]()
_MANY = 20
_LARGE_SHARE = 0.5


@CATALOGUE.rule(
    "KQ-TWINS",
    Severity.UNLIKELY,
    "Two patients agree in sex, age, tumour, and the days and levels of their procedures.",
    "P017 and P107, both T12 on 2015-07-04",
    "Check whether one person was entered twice.",
)
def _twins(cohort: Cohort) -> Iterator[Found]:
    same: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for patient in cohort.patients:
        treated = tuple((one.level, one.procedure_date) for one in cohort.vertebrae_of(patient))
        key = (patient.sex, patient.age_years, patient.entity.casefold(), treated)
        same[key].append(patient.patient_id)
    for first, *others in same.values():
        for other in others:
            yield Found("", first, f"looks like patient {first}.", other)


@CATALOGUE.rule(
    "KQ-CALIBRATION-MIXED",
    Severity.CONTRADICTORY,
    "Doses of different calibration datasets are pooled: equal numbers of Gy are not equal doses.",
    "TARGIT (20), V4.0 (60)",
    "Analyse them apart, or say why they pool.",
)
def _calibrations(cohort: Cohort) -> Iterator[Found]:
    named = Counter(
        one.prescription.calibration_dataset
        for one in cohort.vertebrae
        if one.prescription.calibration_dataset
    )
    if len(named) > 1:
        counts = ", ".join(f"{name} ({number})" for name, number in sorted(named.items()))
        yield Found("prescriptions", counts, "doses of different datasets.")


@CATALOGUE.rule(
    "KQ-ONE-CONTACT-DAY",
    Severity.UNLIKELY,
    "Most living patients were last in contact on one and the same day.",
    "all on the day of the export",
    "Check that it is the day of a contact, not of the export: it would hide who was lost.",
)
def _contact_day(cohort: Cohort) -> Iterator[Found]:
    days = Counter(one.last_contact_date for one in cohort.patients if not one.died)
    if days.total() < _MANY:
        return
    day, number = days.most_common(1)[0]
    if number / days.total() > _LARGE_SHARE:
        yield Found(
            "last contact", str(day), f"the same day for {number} of {days.total()} who live."
        )
