"""Counting patients, vertebrae and recurrences by group."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from kyphort.clinical import (
    Cohort,
    DoseSummary,
    Finding,
    Relatedness,
    Sex,
    SpinalLevel,
    SpineRegion,
    TreatedVertebra,
)
from kyphort.endpoints import EndpointRow, EndpointTable
from kyphort.protocol import Stratum
from kyphort.reports.results import (
    Counts,
    EntityRecurrences,
    ProportionOf,
    Recurrences,
    Safety,
    Treatment,
)
from kyphort.survival import exact_proportion

Grouping = Callable[[EndpointRow], str]

BELOW_PRESCRIBED = "below the prescribed dose"
AT_LEAST_PRESCRIBED = "the prescribed dose or more"
NOT_PLANNED = "no accepted plan"


def grouping(stratum: Stratum, age_cuts_years: Sequence[int] = ()) -> Grouping:
    """Return the function that tells a vertebra's row its value of a variable, as text."""
    if stratum is Stratum.AGE_GROUP:
        return lambda row: _age_group(row.subject.patient.age_years, age_cuts_years)
    return _VALUE_OF[stratum]


def _vertebra(row: EndpointRow) -> TreatedVertebra:
    return row.subject.vertebrae[0]


def _age_group(age_years: int, cuts: Sequence[int]) -> str:
    below = [cut for cut in cuts if cut > age_years]
    reached = [cut for cut in cuts if cut <= age_years]
    if not reached:
        return f"below {below[0]}" if below else "all ages"
    return f"{reached[-1]} to {below[0] - 1}" if below else f"{reached[-1]} and over"


def dose_summary(row: EndpointRow) -> DoseSummary | None:
    """Return what the accepted plan of a vertebra says, None when there is none."""
    subject = row.subject
    level = _vertebra(row).level
    found = subject.cohort.of(subject.patient, DoseSummary)
    return next((one for one in found if one.level == level), None)


def _lesion_d90(row: EndpointRow) -> str:
    summary = dose_summary(row)
    if summary is None or summary.lesion_d90_gy is None:
        return NOT_PLANNED
    reached = summary.lesion_d90_gy >= _vertebra(row).prescription.dose_gy
    return AT_LEAST_PRESCRIBED if reached else BELOW_PRESCRIBED


def _yes_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


_VALUE_OF: dict[Stratum, Grouping] = {
    Stratum.REGION: lambda row: _vertebra(row).level.region.value,
    Stratum.LEVEL: lambda row: _vertebra(row).level.value,
    Stratum.DISTANCE_MM: lambda row: f"{_vertebra(row).prescription.distance_mm:g}",
    Stratum.ENTITY: lambda row: row.subject.patient.entity,
    Stratum.SEX: lambda row: row.subject.patient.sex.value,
    Stratum.DOSE_GY: lambda row: f"{_vertebra(row).prescription.dose_gy:g}",
    Stratum.DISTANCE_REFERENCE: lambda row: _vertebra(row).prescription.distance_reference.value,
    Stratum.CALIBRATION_DATASET: lambda row: (
        _vertebra(row).prescription.calibration_dataset or "not recorded"
    ),
    Stratum.PREEXISTING_FRACTURE: lambda row: _yes_no(_vertebra(row).preexisting_fracture),
    Stratum.LEVELS_TREATED: lambda row: str(
        len(row.subject.cohort.vertebrae_of(row.subject.patient))
    ),
    Stratum.PROCEDURE_YEAR: lambda row: str(_vertebra(row).procedure_date.year),
    Stratum.LESION_D90: _lesion_d90,
}

region_of = _VALUE_OF[Stratum.REGION]
distance_of = _VALUE_OF[Stratum.DISTANCE_MM]
level_of = _VALUE_OF[Stratum.LEVEL]
entity_of = _VALUE_OF[Stratum.ENTITY]


def in_order(stratum: Stratum, names: Iterable[str]) -> list[str]:
    """Return the values of a variable in the order a reader expects."""
    order = _ORDER_OF.get(stratum)
    if order is None:
        return sorted(names)
    return sorted(names, key=lambda name: (order(name), name))


def _age_order(name: str) -> int:
    return int(name.split(maxsplit=1)[0]) if name[0].isdigit() else -1


_ORDER_OF: dict[Stratum, Callable[[str], float]] = {
    Stratum.REGION: lambda name: list(SpineRegion).index(SpineRegion(name)),
    Stratum.LEVEL: lambda name: SpinalLevel(name).position,
    Stratum.DISTANCE_MM: float,
    Stratum.DOSE_GY: float,
    Stratum.LEVELS_TREATED: float,
    Stratum.PROCEDURE_YEAR: float,
    Stratum.AGE_GROUP: _age_order,
    Stratum.LESION_D90: (BELOW_PRESCRIBED, AT_LEAST_PRESCRIBED, NOT_PLANNED).index,
}


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


def recurrences_by(
    local: EndpointTable, stratum: Stratum, age_cuts_years: Sequence[int] = ()
) -> dict[str, Recurrences]:
    """Count recurrences in every group of vertebrae, with exact limits."""
    return recurrences_in(
        local,
        grouping(stratum, age_cuts_years),
        lambda names: in_order(stratum, names),
    )


def recurrences_in(
    local: EndpointTable,
    group_of: Callable[[EndpointRow], str | None],
    ordered: Callable[[Iterable[str]], Iterable[str]],
) -> dict[str, Recurrences]:
    """Count recurrences by any grouping; rows whose group is None take no part."""
    grouped: dict[str, list[EndpointRow]] = {}
    for row in local.rows:
        name = group_of(row)
        if name is not None:
            grouped.setdefault(name, []).append(row)
    return {name: _recurrences(local, grouped[name]) for name in ordered(grouped)}


def recurrences_by_entity(cohort: Cohort, local: EndpointTable) -> dict[str, EntityRecurrences]:
    """Make Table 1: entities by falling numbers of patients, vertebrae and recurrences."""
    patients = Counter(patient.entity for patient in cohort.patients)
    found = recurrences_by(local, Stratum.ENTITY)
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
