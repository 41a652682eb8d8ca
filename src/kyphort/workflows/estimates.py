"""Filling the results object from a cohort: derive times, estimate, compare."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kyphort.clinical import Cohort, SpinalLevel, SpineRegion
from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    EndpointTable,
    derive,
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.errors import InvalidDataError
from kyphort.reports.results import (
    Comparison,
    Curves,
    EndpointRows,
    EventRow,
    FollowUp,
    Interval,
    Landmark,
    Provenance,
    Range,
    Recurrences,
    RecurrenceTime,
    Results,
)
from kyphort.survival import (
    SurvivalCurve,
    SurvivalData,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
)
from kyphort.workflows import curves, groups

LARGE_REGIONS = (SpineRegion.THORACIC.value, SpineRegion.LUMBAR.value)
DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Tables:
    """The derived endpoints of one cohort.

    `local` and `competing` censor at the last contact or death, the founding paper's reading; in
    the second death competes. `assessed` censors at the last assessment of the level.
    """

    local: EndpointTable
    competing: EndpointTable
    assessed: EndpointTable
    survival: EndpointTable
    lpfs_seed: EndpointTable
    lpfs_composite: EndpointTable
    fracture: EndpointTable


def estimate(cohort: Cohort, provenance: Provenance) -> Results:
    """Estimate all that the founding paper reports, and what it could not.

    The paper's own choices are made explicitly: local control censored at the last contact or
    death, limits that take vertebrae as independent. The cluster-robust and the competing-risk
    estimates stand beside them.

    Raises
    ------
    InvalidDataError
        When the cohort is empty.
    """
    if not cohort.patients:
        raise InvalidDataError("The cohort holds no patient: nothing can be estimated.")
    tables = _derive(cohort)
    local_data, survival_data = tables.local.survival_data(), tables.survival.survival_data()
    competing_data = tables.competing.survival_data()
    local, survival = kaplan_meier(local_data, cluster_robust=False), kaplan_meier(survival_data)
    recurrence = aalen_johansen(competing_data, cause=1)
    regions = tables.local.labels(groups.region_of)
    return Results(
        provenance=provenance,
        counts=groups.counts(cohort, tables.local),
        shares=groups.shares(cohort),
        age_years=_range([patient.age_years for patient in cohort.patients]),
        treatment=groups.treatment(cohort),
        local_control=curves.region_curves(local_data, regions, cluster_robust=False),
        local_control_cluster_robust=curves.region_curves(local_data, regions, cluster_robust=True),
        local_control_at_last_assessment=_landmarks(tables.assessed),
        overall_survival=curves.landmarks(survival),
        median_survival_months=_median(survival),
        recurrence_cumulative_incidence=curves.beside_one_minus(recurrence, local),
        death_cumulative_incidence=curves.incidence_landmarks(
            aalen_johansen(competing_data, cause=2)
        ),
        lpfs_seed=_landmarks(tables.lpfs_seed),
        lpfs_composite=_landmarks(tables.lpfs_composite),
        restricted_mean_months=_restricted_means(local, survival),
        logrank_thoracic_lumbar=_compare_regions(tables.local, cluster_robust=False),
        logrank_thoracic_lumbar_cluster_robust=_compare_regions(tables.local, cluster_robust=True),
        logrank_distance=_compare(tables.local, groups.distance_of, cluster_robust=False),
        time_to_recurrence_months=_recurrence_time(tables.local),
        follow_up_months=_follow_up(survival_data),
        follow_up_definition="observed time",
        sacral_death_weeks=_sacral_death_weeks(tables.survival),
        table_sums=groups.table_sums(cohort, tables.local),
        by_distance_mm=_sorted(groups.recurrences_by(tables.local, groups.distance_of), float),
        by_region=_sorted(groups.recurrences_by(tables.local, groups.region_of), _region_order),
        by_level=_sorted(groups.recurrences_by(tables.local, groups.level_of), _level_order),
        by_entity=groups.recurrences_by_entity(cohort, tables.local),
        breast_prostate=groups.breast_prostate(tables.local),
        safety=groups.safety(cohort, tables.local),
        curves=_curves(tables),
        endpoint_rows=_rows_behind(tables),
    )


def _derive(cohort: Cohort) -> Tables:
    until_contact = CensoringRule.LAST_CONTACT_OR_DEATH
    return Tables(
        local=derive(cohort, local_control(censoring=until_contact, death=DeathRule.CENSORS)),
        competing=derive(cohort, local_control(censoring=until_contact, death=DeathRule.COMPETES)),
        assessed=derive(cohort, local_control(death=DeathRule.CENSORS)),
        survival=derive(cohort, overall_survival()),
        lpfs_seed=derive(cohort, lpfs_seed()),
        lpfs_composite=derive(cohort, lpfs_composite()),
        fracture=derive(cohort, vertebral_compression_fracture()),
    )


def _landmarks(table: EndpointTable) -> tuple[Landmark, ...]:
    return curves.landmarks(kaplan_meier(table.survival_data()))


def _range(values: Sequence[float]) -> Range:
    if not values:
        return Range(None, None, None)
    return Range(statistics.median(values), min(values), max(values))


def _median(curve: SurvivalCurve) -> Interval:
    found = curve.quantile(0.5)
    return Interval(*map(curves.known, (found.estimate, found.lower, found.upper)))


def _restricted_means(local: SurvivalCurve, survival: SurvivalCurve) -> dict[str, Interval]:
    return {
        f"{name}_{tau:g}": curves.interval(curve.restricted_mean(tau))
        for name, curve in (("local_control", local), ("overall_survival", survival))
        for tau in (24.0, 60.0)
    }


def _compare(
    table: EndpointTable, group_of: groups.Grouping, *, cluster_robust: bool
) -> Comparison:
    labels = table.labels(group_of)
    result = logrank(table.survival_data(), labels, cluster_robust=cluster_robust)
    return curves.compared(result, labels)


def _compare_regions(local: EndpointTable, *, cluster_robust: bool) -> Comparison:
    large = local.where(lambda row: groups.region_of(row) in LARGE_REGIONS)
    return _compare(large, groups.region_of, cluster_robust=cluster_robust)


def _recurrence_time(local: EndpointTable) -> RecurrenceTime:
    times = [row.time_months for row in local.rows if row.code == 1]
    found = _range(times)
    after = sum(time > curves.LANDMARKS_MONTHS[-1] for time in times)
    return RecurrenceTime(found.median, found.minimum, found.maximum, after)


def _follow_up(survival: SurvivalData) -> FollowUp:
    observed = _range(survival.time.tolist())
    potential = reverse_kaplan_meier(survival).quantile(0.5)
    return FollowUp(
        observed.median,
        observed.minimum,
        observed.maximum,
        *map(curves.known, (potential.estimate, potential.lower, potential.upper)),
    )


def _sacral_death_weeks(survival: EndpointTable) -> float | None:
    days = [
        row.time_days
        for row in survival.rows
        if row.code == 1
        and any(one.level.region is SpineRegion.SACRAL for one in row.subject.vertebrae)
    ]
    return min(days) / DAYS_PER_WEEK if days else None


def _sorted(found: dict[str, Recurrences], order: Callable[[str], float]) -> dict[str, Recurrences]:
    return {name: found[name] for name in sorted(found, key=order)}


def _region_order(name: str) -> int:
    return list(SpineRegion).index(SpineRegion(name))


def _level_order(name: str) -> int:
    return SpinalLevel(name).position


def _curves(tables: Tables) -> Curves:
    local_data, survival_data = tables.local.survival_data(), tables.survival.survival_data()
    competing_data = tables.competing.survival_data()
    by_region = local_data.split(tables.local.labels(groups.region_of))
    parts = {"All vertebrae": local_data} | {
        f"{name.capitalize()} spine": by_region[name] for name in LARGE_REGIONS if name in by_region
    }
    local = kaplan_meier(local_data, cluster_robust=False)
    return Curves(
        local_control=tuple(
            curves.plotted(name, part, kaplan_meier(part, cluster_robust=False))
            for name, part in parts.items()
        ),
        overall_survival=curves.plotted("Patients", survival_data, kaplan_meier(survival_data)),
        recurrence_incidence=curves.plotted_incidence(
            "Recurrence, death competing",
            competing_data,
            aalen_johansen(competing_data, cause=1),
            1,
        ),
        one_minus_kaplan_meier=curves.plotted_complement(
            "1 - Kaplan-Meier, death censored", local_data, local
        ),
        death_incidence=curves.plotted_incidence(
            "Death before recurrence",
            competing_data,
            aalen_johansen(competing_data, cause=2),
            2,
        ),
    )


def _rows_behind(tables: Tables) -> dict[str, EndpointRows]:
    shown = (
        tables.local,
        tables.survival,
        tables.lpfs_seed,
        tables.lpfs_composite,
        tables.fracture,
    )
    return {table.endpoint.identifier: _rows(table) for table in shown}


def _rows(table: EndpointTable) -> EndpointRows:
    endpoint = table.endpoint
    return EndpointRows(
        endpoint.title,
        endpoint.definition,
        endpoint.unit.value,
        tuple(
            EventRow(
                row.row_id,
                row.subject.patient.patient_id,
                ", ".join(vertebra.level for vertebra in row.subject.vertebrae),
                row.time_months,
                row.code,
                row.reason,
                row.record,
                row.date.isoformat(),
                row.on_day_zero,
            )
            for row in sorted(table.rows, key=lambda row: (row.time_days, row.row_id))
        ),
    )
