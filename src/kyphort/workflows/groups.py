"""Counting patients, vertebrae and recurrences by group."""

from collections import Counter
from collections.abc import Callable, Iterable

from kyphort.clinical import Cohort, Finding, Relatedness, Sex, SpineRegion
from kyphort.endpoints import EndpointRow, EndpointTable
from kyphort.reports.results import (
    Contrast,
    Counts,
    EntityRecurrences,
    ProportionOf,
    Recurrences,
    Safety,
    Treatment,
)
from kyphort.survival import exact_proportion, fisher_exact, proportion_difference
from kyphort.workflows.curves import interval

Grouping = Callable[[EndpointRow], str]

BREAST_AND_PROSTATE = ("Breast cancer", "Prostate cancer")


def region_of(row: EndpointRow) -> str:
    """Return the spine region of a vertebra's row."""
    return row.subject.vertebrae[0].level.region.value


def distance_of(row: EndpointRow) -> str:
    """Return the prescription distance [mm] of a vertebra's row as text."""
    return f"{row.subject.vertebrae[0].prescription.distance_mm:g}"


def level_of(row: EndpointRow) -> str:
    """Return the level of a vertebra's row."""
    return row.subject.vertebrae[0].level.value


def entity_of(row: EndpointRow) -> str:
    """Return the tumour entity of a row's patient."""
    return row.subject.patient.entity


def counts(cohort: Cohort, local: EndpointTable) -> Counts:
    """Count patients, vertebrae, recurrences and deaths."""
    regions = Counter(vertebra.level.region for vertebra in cohort.vertebrae)
    sexes = Counter(patient.sex for patient in cohort.patients)
    levels = Counter(len(cohort.vertebrae_of(patient)) for patient in cohort.patients)
    recurrent = [row for row in local.rows if row.code == 1]
    recurrent_regions = Counter(region_of(row) for row in recurrent)
    return Counts(
        patients=len(cohort.patients),
        vertebrae=len(cohort.vertebrae),
        cervical=regions[SpineRegion.CERVICAL],
        thoracic=regions[SpineRegion.THORACIC],
        lumbar=regions[SpineRegion.LUMBAR],
        sacral=regions[SpineRegion.SACRAL],
        recurrences=len(recurrent),
        recurrences_thoracic=recurrent_regions[SpineRegion.THORACIC],
        recurrences_lumbar=recurrent_regions[SpineRegion.LUMBAR],
        recurrences_sacral=recurrent_regions[SpineRegion.SACRAL],
        patients_with_recurrence=len({row.subject.patient.patient_id for row in recurrent}),
        deaths=sum(patient.died for patient in cohort.patients),
        female=sexes[Sex.FEMALE],
        male=sexes[Sex.MALE],
        single_level=levels[1],
        two_level=levels[2],
        three_level=levels[3],
        sacral_patients=len(
            {
                vertebra.patient_id
                for vertebra in cohort.vertebrae
                if vertebra.level.region is SpineRegion.SACRAL
            }
        ),
    )


def shares(cohort: Cohort) -> dict[str, float]:
    """Return the share of women and of men."""
    sexes = Counter(patient.sex for patient in cohort.patients)
    return {sex.value: sexes[sex] / len(cohort.patients) for sex in (Sex.FEMALE, Sex.MALE)}


def table_sums(cohort: Cohort, local: EndpointTable) -> tuple[int, int, int]:
    """Add up the columns of Table 1: patients, vertebrae, recurrences."""
    entities = recurrences_by_entity(cohort, local).values()
    return (
        sum(entity.patients for entity in entities),
        sum(entity.vertebrae for entity in entities),
        sum(entity.recurrences for entity in entities),
    )


def treatment(cohort: Cohort) -> Treatment:
    """Summarise doses, distances, levels per patient and years."""
    doses = [vertebra.prescription.dose_gy for vertebra in cohort.vertebrae]
    years = [vertebra.procedure_date.year for vertebra in cohort.vertebrae]
    return Treatment(
        min(doses),
        max(doses),
        tuple(sorted({vertebra.prescription.distance_mm for vertebra in cohort.vertebrae})),
        max(len(cohort.vertebrae_of(patient)) for patient in cohort.patients),
        min(years),
        max(years),
    )


def recurrences_by(local: EndpointTable, group_of: Grouping) -> dict[str, Recurrences]:
    """Count recurrences in every group of vertebrae, with exact limits."""
    grouped: dict[str, list[EndpointRow]] = {}
    for row in local.rows:
        grouped.setdefault(group_of(row), []).append(row)
    return {name: _recurrences(local, rows) for name, rows in grouped.items()}


def recurrences_by_entity(cohort: Cohort, local: EndpointTable) -> dict[str, EntityRecurrences]:
    """Make Table 1: entities by falling numbers of patients, vertebrae and recurrences."""
    patients = Counter(patient.entity for patient in cohort.patients)
    found = recurrences_by(local, entity_of)
    order = sorted(
        found,
        key=lambda name: (-patients[name], -found[name].vertebrae, -found[name].recurrences, name),
    )
    return {
        name: EntityRecurrences(
            found[name].vertebrae,
            found[name].share_of_vertebrae,
            found[name].recurrences,
            found[name].share_of_recurrences,
            found[name].proportion,
            found[name].lower,
            found[name].upper,
            patients[name],
            patients[name] / len(cohort.patients),
        )
        for name in order
    }


def breast_prostate(local: EndpointTable) -> Contrast:
    """Set breast and prostate against all other entities: the discussion's claim."""
    rows = {True: list[EndpointRow](), False: list[EndpointRow]()}
    for row in local.rows:
        rows[entity_of(row) in BREAST_AND_PROSTATE].append(row)
    ours, others = _recurrences(local, rows[True]), _recurrences(local, rows[False])
    two_by_two = (ours.recurrences, ours.vertebrae, others.recurrences, others.vertebrae)
    return Contrast(
        ours,
        others,
        interval(proportion_difference(*two_by_two)),
        fisher_exact(*two_by_two).p_value,
    )


def safety(cohort: Cohort, local: EndpointTable) -> Safety:
    """Count adverse events, fractures and deaths due to the procedure."""
    serious = [event for event in cohort.adverse_events if event.serious]
    prefractured = {
        (vertebra.patient_id, vertebra.level)
        for vertebra in cohort.vertebrae
        if vertebra.preexisting_fracture
    }
    recurrent = {
        (row.subject.patient.patient_id, row.subject.vertebrae[0].level)
        for row in local.rows
        if row.code == 1
    }
    fractured = _levels_with(cohort, "new_fracture")
    related = sum(
        patient.died and patient.death_relatedness is Relatedness.RELATED
        for patient in cohort.patients
    )
    of_deaths = exact_proportion(related, len(cohort.patients))
    return Safety(
        len(cohort.adverse_events),
        len(serious),
        tuple(event.term for event in serious),
        len(fractured),
        len(fractured & prefractured & recurrent),
        len(_levels_with(cohort, "adjacent_fracture")),
        ProportionOf(
            related, len(cohort.patients), of_deaths.estimate, of_deaths.lower, of_deaths.upper
        ),
    )


def _levels_with(cohort: Cohort, finding: str) -> set[tuple[str, str]]:
    return {
        (visit.patient_id, assessment.level)
        for visit in cohort.visits
        for assessment in visit.assessments
        if getattr(assessment, finding) is Finding.PRESENT
    }


def _recurrences(local: EndpointTable, rows: Iterable[EndpointRow]) -> Recurrences:
    codes = [row.code for row in rows]
    events, n = codes.count(1), len(codes)
    total_events = sum(row.code == 1 for row in local.rows)
    exact = exact_proportion(events, n)
    return Recurrences(
        n,
        n / len(local.rows),
        events,
        events / total_events if total_events else None,
        exact.estimate,
        exact.lower,
        exact.upper,
    )
