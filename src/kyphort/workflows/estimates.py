"""Filling the results object from a cohort: derive times, estimate, compare."""

import statistics
from collections.abc import Sequence
from dataclasses import replace

from kyphort.clinical import Cohort, SpineRegion
from kyphort.endpoints import (
    EndpointTable,
    ReaderAgreement,
    Unit,
    analysis_set,
    overdue_scans,
    reader_agreement,
)
from kyphort.endpoints.table import DAY_ZERO_COUNTS_AS_DAYS
from kyphort.errors import InvalidDataError
from kyphort.protocol import Stratum, Study
from kyphort.reports.results import (
    FollowUp,
    IncidenceLandmark,
    Interval,
    Landmark,
    OverdueLandmark,
    Provenance,
    Range,
    ReaderRow,
    ReadingRow,
    RecurrenceTime,
    RegionCurves,
    Results,
    StudyChoices,
)
from kyphort.survival import (
    SurvivalCurve,
    SurvivalData,
    aalen_johansen,
    completeness,
    exact_proportion,
    kaplan_meier,
    reverse_kaplan_meier,
)
from kyphort.units import days_between, months_from_days
from kyphort.workflows import curves, groups
from kyphort.workflows.comparators import comparator_rows
from kyphort.workflows.comparisons import compare_groups
from kyphort.workflows.drawn import draw
from kyphort.workflows.missing import what_is_left_out, what_is_missing
from kyphort.workflows.pain import pain
from kyphort.workflows.sensitivity import sensitivity
from kyphort.workflows.tables import Tables, derive_all, rows_behind

SIXTY_MONTHS = 60.0
DAYS_PER_WEEK = 7


def estimate(cohort: Cohort, study: Study, provenance: Provenance, study_file: str) -> Results:
    """Estimate all that the founding paper reports, and what it could not, by a study's plan.

    Patients who withdrew the use of their records, and vertebrae that were not irradiated, are left
    out, and what came after the end of follow-up is set aside; the results say of how many. Limits
    that take vertebrae as independent stand beside the cluster-robust ones.

    Raises
    ------
    InvalidDataError
        When the cohort is empty, or nobody in it may be analysed.
    """
    analysed = analysis_set(cohort)
    cohort = analysed.cohort
    if not cohort.patients:
        left_out = analysed.patients_left_out
        others = f" ({left_out} withdrew or were not irradiated)" if left_out else ""
        raise InvalidDataError(f"The cohort holds no patient{others}: nothing can be estimated.")
    tables, times = derive_all(cohort, study), study.landmarks_months
    local_data, survival_data = tables.local.survival_data(), tables.survival.survival_data()
    competing_data = tables.competing.survival_data()
    local = kaplan_meier(local_data, cluster_robust=False)
    survival = kaplan_meier(survival_data)
    recurrence = aalen_johansen(competing_data, cause=1)
    death = aalen_johansen(competing_data, cause=2)
    results = Results(
        provenance=provenance,
        study=_choices(study, study_file),
        counts=groups.counts(cohort, tables.vertebrae),
        shares=groups.shares(cohort),
        age_years=_range([patient.age_years for patient in cohort.patients]),
        treatment=groups.treatment(cohort),
        local_control=_region_curves(tables, study, cluster_robust=False),
        local_control_cluster_robust=_region_curves(tables, study, cluster_robust=True),
        local_control_at_last_assessment=_landmarks(tables.assessed, study),
        overall_survival=curves.landmarks(survival, times),
        median_survival_months=_median(survival),
        recurrence_cumulative_incidence=curves.beside_one_minus(recurrence, local, times),
        death_cumulative_incidence=curves.incidence_landmarks(death, times),
        lpfs_seed=_landmarks(tables.lpfs_seed, study),
        lpfs_composite=_landmarks(tables.lpfs_composite, study),
        restricted_mean_months=_restricted_means(local, survival),
        time_to_recurrence_months=_recurrence_time(tables.vertebrae),
        follow_up_months=_follow_up(cohort, survival_data),
        follow_up_definition="observed time",
        sacral_death_weeks=_sacral_death_weeks(tables.survival),
        table_sums=groups.table_sums(cohort, tables.vertebrae),
        by_distance_mm=groups.recurrences_by(tables.vertebrae, Stratum.DISTANCE_MM),
        by_region=groups.recurrences_by(tables.vertebrae, Stratum.REGION),
        by_level=groups.recurrences_by(tables.vertebrae, Stratum.LEVEL),
        by_entity=groups.recurrences_by_entity(cohort, tables.vertebrae),
        by_stratum={
            one.value: groups.recurrences_by(tables.vertebrae, one, study.age_cuts_years)
            for one in study.strata
        },
        comparisons={
            plan.id: compare_groups(tables.vertebrae, plan, study) for plan in study.comparisons
        },
        sensitivity=sensitivity(cohort, study),
        overdue_scans=_overdue(cohort, study),
        readers=_readers(cohort),
        readings=_readings(cohort),
        missing=(
            *what_is_left_out(analysed),
            *what_is_missing(cohort, tables.vertebrae, tables.survival),
        ),
        pain=pain(cohort, study),
        safety=groups.safety(cohort, tables.vertebrae),
        curves=draw(tables, study),
        endpoint_rows=rows_behind(tables),
        comparators=comparator_rows(),
    )
    return results if cohort.visits else _without_local_control(results)


def _without_local_control(results: Results) -> Results:
    """Leave open what only scans could show: nobody looked, and no recurrence shows nothing."""

    def opened(points: tuple[Landmark, ...]) -> tuple[Landmark, ...]:
        return tuple(
            Landmark(one.time_months, None, None, None, None, one.at_risk) for one in points
        )

    regions = results.local_control
    nothing = RegionCurves(opened(regions.all), opened(regions.thoracic), opened(regions.lumbar))
    return replace(
        results,
        local_control=nothing,
        local_control_cluster_robust=nothing,
        local_control_at_last_assessment=nothing.all,
        recurrence_cumulative_incidence=tuple(
            IncidenceLandmark(one.time_months, None, None, None, None, one.at_risk, None)
            for one in results.recurrence_cumulative_incidence
        ),
        lpfs_seed=opened(results.lpfs_seed),
        lpfs_composite=opened(results.lpfs_composite),
        sensitivity=(),
        comparisons={
            name: replace(
                one,
                logrank=None,
                logrank_cluster_robust=None,
                permutation=None,
                difference=None,
                fisher_p_value=None,
                why_not="nobody looked for recurrence",
            )
            for name, one in results.comparisons.items()
        },
    )


def _choices(study: Study, study_file: str) -> StudyChoices:
    plan = study.local_control
    return StudyChoices(
        study.title,
        study_file,
        study.time_unit.value,
        study.time_unit.in_months,
        study.landmarks_months,
        plan.unit.value,
        plan.censoring.value,
        plan.death.value,
        plan.retreatment.value,
        plan.indeterminate.value,
    )


def _landmarks(table: EndpointTable, study: Study) -> tuple[Landmark, ...]:
    curve = kaplan_meier(table.survival_data())
    return curves.landmarks(curve, study.landmarks_months)


def _region_curves(tables: Tables, study: Study, *, cluster_robust: bool) -> RegionCurves:
    """Estimate all units, and thoracic and lumbar vertebrae, which only vertebrae can be."""
    data = tables.vertebrae.survival_data()
    regions = tables.vertebrae.labels(groups.region_of)
    found = curves.region_curves(data, regions, study, cluster_robust=cluster_robust)
    if study.local_control.unit is Unit.VERTEBRA:
        return found
    whole = kaplan_meier(tables.local.survival_data(), cluster_robust=cluster_robust)
    return replace(found, all=curves.landmarks(whole, study.landmarks_months))


def _overdue(cohort: Cohort, study: Study) -> tuple[OverdueLandmark, ...]:
    return tuple(
        OverdueLandmark(
            one.time_months,
            one.followed,
            one.overdue,
            one.overdue / one.followed if one.followed else None,
        )
        for one in overdue_scans(cohort, study.schedule, study.landmarks_months)
    )


def _readers(cohort: Cohort) -> tuple[ReaderRow, ...]:
    return tuple(_reader_row(one) for one in reader_agreement(cohort) if one.compared)


def _reader_row(found: ReaderAgreement) -> ReaderRow:
    exact = exact_proportion(found.agreeing, found.compared)
    return ReaderRow(
        found.site,
        found.compared,
        found.agreeing,
        exact.estimate,
        exact.lower,
        exact.upper,
        found.adjudicated,
        found.unresolved,
    )


def _readings(cohort: Cohort) -> tuple[ReadingRow, ...]:
    return tuple(
        ReadingRow(
            one.patient_id,
            one.visit_date.isoformat(),
            one.level,
            one.site,
            "; ".join(f"{reader}: {status}" for reader, status in one.readings),
            one.adjudicated,
        )
        for site in reader_agreement(cohort)
        for one in site.disagreements
    )


def _range(values: Sequence[float]) -> Range:
    if not values:
        return Range(None, None, None)
    return Range(statistics.median(values), min(values), max(values))


def _median(curve: SurvivalCurve) -> Interval:
    found = curve.quantile(0.5)
    return Interval(*map(curves.known, (found.estimate, found.lower, found.upper)))


def _restricted_means(local: SurvivalCurve, survival: SurvivalCurve) -> dict[str, Interval]:
    return {
        f"{name}_{tau:g}": _restricted_mean(curve, tau)
        for name, curve in (("local_control", local), ("overall_survival", survival))
        for tau in (24.0, 60.0)
    }


def _restricted_mean(curve: SurvivalCurve, tau: float) -> Interval:
    if curve.times[-1] < tau and curve.survival[-1] > 0:
        return Interval(None, None, None)
    return curves.interval(curve.restricted_mean(tau))


def _recurrence_time(local: EndpointTable) -> RecurrenceTime:
    times = [row.time_months for row in local.rows if row.code == 1]
    found = _range(times)
    after = sum(time > SIXTY_MONTHS for time in times)
    return RecurrenceTime(found.median, found.minimum, found.maximum, after)


def _follow_up(cohort: Cohort, survival: SurvivalData) -> FollowUp:
    """Summarise follow-up; a patient treated on the day of the cut-off could give half a day."""
    observed = _range(survival.time.tolist())
    median = reverse_kaplan_meier(survival).quantile(0.5)
    potential = [
        months_from_days(
            days_between(cohort.first_procedure_date(patient), cohort.data_cut_off)
            or DAY_ZERO_COUNTS_AS_DAYS
        )
        for patient in cohort.patients
    ]
    found = completeness(survival, potential)
    return FollowUp(
        observed.median,
        observed.minimum,
        observed.maximum,
        curves.known(median.estimate),
        curves.known(median.lower),
        curves.known(median.upper),
        curves.known(found.percentage),
        curves.known(found.clark_c),
        curves.known(found.modified_clark_c),
        curves.known(found.simplified_person_time),
    )


def _sacral_death_weeks(survival: EndpointTable) -> float | None:
    days = [
        row.time_days
        for row in survival.rows
        if row.code == 1
        and any(one.level.region is SpineRegion.SACRAL for one in row.subject.vertebrae)
    ]
    return min(days) / DAYS_PER_WEEK if days else None
