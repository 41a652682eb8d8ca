"""The tables of the cohort and its outcome, made of raw values from the results object."""

from collections.abc import Iterator

from kyphort.reports.cells import AT_RISK_NOTE, LIMITS, cell, estimate_cells, open_note
from kyphort.reports.clock import clock_of
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import (
    IncidenceLandmark,
    Landmark,
    Results,
)

_GROUPS = (("all", "All vertebrae"), ("thoracic", "Thoracic"), ("lumbar", "Lumbar"))


def entities(results: Results) -> Table:
    """Make Table 1: patients, vertebrae and recurrences by tumour entity."""
    return Table(
        "table1_entities",
        "Table 1. Tumour entities: patients, treated vertebrae and local recurrences, both as "
        "share of all recurrences and per vertebra of the entity with exact limits"
        + ("; the paper prints the former only." if results.comparison else "."),
        (
            Column("Entity"),
            Column("Patients", Kind.COUNT),
            Column("Share of patients", Kind.PERCENT),
            Column("Vertebrae", Kind.COUNT),
            Column("Share of vertebrae", Kind.PERCENT),
            Column("Recurrences", Kind.COUNT),
            Column("Share of recurrences", Kind.PERCENT),
            Column("Per vertebra", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
        ),
        tuple(
            (
                name,
                found.patients,
                found.share_of_patients,
                found.vertebrae,
                found.share_of_vertebrae,
                found.recurrences,
                found.share_of_recurrences,
                found.proportion,
                found.lower,
                found.upper,
            )
            for name, found in results.by_entity.items()
        ),
        ("Limits: Clopper–Pearson, vertebrae taken as independent, length of follow-up ignored.",),
    )


def local_control(results: Results) -> Table:
    """Show local control per vertebra at the landmarks, naive beside cluster-robust limits."""
    rows = [row for key, label in _GROUPS for row in _local_control_rows(results, key, label)]
    return Table(
        "local_control",
        "Local control per treated vertebra. Limits that take vertebrae as independent beside "
        "limits that respect that vertebrae share a patient.",
        (
            Column("Vertebrae"),
            Column(clock_of(results).title, Kind.NUMBER),
            Column("Local control", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Robust lower", Kind.PERCENT),
            Column("Robust upper", Kind.PERCENT),
            Column("At risk", Kind.COUNT),
        ),
        tuple(rows),
        (AT_RISK_NOTE, *open_note(results)),
    )


def _local_control_rows(results: Results, key: str, label: str) -> Iterator[tuple[object, ...]]:
    naive: tuple[Landmark, ...] = getattr(results.local_control, key)
    robust: tuple[Landmark, ...] = getattr(results.local_control_cluster_robust, key)
    for one, other in zip(naive, robust, strict=True):
        path = f"local_control.{key}.{one.time_months:g}"
        robust_path = f"local_control_cluster_robust.{key}.{one.time_months:g}"
        yield (
            label,
            clock_of(results).shown(one.time_months),
            *estimate_cells(results, f"local_control.{key}", one),
            cell(results, f"{robust_path}.lower", other.lower),
            cell(results, f"{robust_path}.upper", other.upper),
            cell(results, f"{path}.at_risk", one.at_risk),
        )


def overall_survival(results: Results) -> Table:
    """Show overall survival per patient at the landmarks."""
    return Table(
        "overall_survival",
        "Overall survival per patient.",
        (Column(clock_of(results).title, Kind.NUMBER), *LIMITS, Column("At risk", Kind.COUNT)),
        tuple(
            (
                clock_of(results).shown(one.time_months),
                *estimate_cells(results, "overall_survival", one),
                cell(results, f"overall_survival.{one.time_months:g}.at_risk", one.at_risk),
            )
            for one in results.overall_survival
        ),
        (AT_RISK_NOTE, *open_note(results)),
    )


def failure(results: Results) -> Table:
    """Show local failure at the landmarks by three readings, and death before it."""
    rows = zip(
        results.recurrence_cumulative_incidence,
        results.local_control_at_last_assessment,
        results.death_cumulative_incidence,
        strict=True,
    )
    return Table(
        "competing_risks",
        "Local failure by three readings of the same vertebrae, and death before recurrence.",
        (
            Column(clock_of(results).title, Kind.NUMBER),
            Column("1 − KM, death censored", Kind.PERCENT),
            Column("Cumulative incidence, death competing", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("1 − KM, censored at the last scan", Kind.PERCENT),
            Column("Death before recurrence", Kind.PERCENT),
        ),
        tuple(_failure_row(results, *row) for row in rows),
        (
            "Limits of the cumulative incidence are cluster-robust (infinitesimal jackknife).",
            *open_note(results),
        ),
    )


def _failure_row(
    results: Results, recurrence: IncidenceLandmark, assessed: Landmark, death: Landmark
) -> tuple[object, ...]:
    time = f"{recurrence.time_months:g}"
    path = f"recurrence_cumulative_incidence.{time}"
    return (
        clock_of(results).shown(recurrence.time_months),
        cell(results, f"{path}.one_minus_kaplan_meier", recurrence.one_minus_kaplan_meier),
        cell(results, f"{path}.estimate", recurrence.estimate),
        cell(results, f"{path}.lower", recurrence.lower),
        cell(results, f"{path}.upper", recurrence.upper),
        cell(
            results,
            f"local_control_at_last_assessment.{time}.estimate",
            None if assessed.estimate is None else 1 - assessed.estimate,
        ),
        cell(results, f"death_cumulative_incidence.{time}.estimate", death.estimate),
    )


def progression_free(results: Results) -> Table:
    """Show local progression-free survival per patient by two definitions."""
    return Table(
        "local_progression_free_survival",
        "Local progression-free survival per patient by the two definitions in use.",
        (
            Column(clock_of(results).title, Kind.NUMBER),
            Column("Death censored", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Death is an event", Kind.PERCENT),
            Column("… 95% lower", Kind.PERCENT),
            Column("… 95% upper", Kind.PERCENT),
        ),
        tuple(
            (
                clock_of(results).shown(one.time_months),
                *estimate_cells(results, "lpfs_seed", one),
                *estimate_cells(results, "lpfs_composite", other),
            )
            for one, other in zip(results.lpfs_seed, results.lpfs_composite, strict=True)
        ),
        open_note(results),
    )


def comparators(results: Results) -> Table:
    """Show published results of other treatments."""
    return Table(
        "comparators",
        "Published results of other treatments, as printed. None is comparable one to one with "
        "local control per vertebra; the last column says why.",
        (
            Column("Treatment"),
            Column("Endpoint"),
            Column("Population"),
            Column("Result"),
            Column("Source"),
            Column("Why not comparable"),
        ),
        tuple(
            (
                one.treatment,
                one.endpoint,
                one.population,
                one.result,
                one.source + ("" if one.verified else " (not verified)"),
                one.why_not_comparable,
            )
            for one in results.comparators
        ),
        folded=True,
    )


def follow_up(results: Results) -> Table:
    """Show follow-up by two definitions, and time to recurrence."""
    observed, recurrence = results.follow_up_months, results.time_to_recurrence_months
    return Table(
        "follow_up",
        "Follow-up and time to recurrence [months]. Observed time includes deaths, as the "
        "founding paper has it; reverse Kaplan–Meier estimates how long patients could have been "
        "followed.",
        (
            Column("Quantity"),
            Column("Median", Kind.MONTHS),
            Column("Minimum", Kind.MONTHS),
            Column("Maximum", Kind.MONTHS),
        ),
        (
            (
                "Observed time",
                observed.median,
                observed.minimum,
                observed.maximum,
            ),
            (
                "Potential follow-up (reverse Kaplan–Meier)",
                cell(results, "follow_up_months.reverse_km_median", observed.reverse_km_median),
                None,
                None,
            ),
            ("Procedure to recurrence", recurrence.median, recurrence.minimum, recurrence.maximum),
        ),
        open_note(results),
    )


def completeness(results: Results) -> Table:
    """Show how complete the follow-up of patients was, by four measures."""
    found = results.follow_up_months
    measures = (
        ("Died or followed to the data cut-off", "not_lost", found.not_lost),
        ("Clark's C", "clark_c", found.clark_c),
        ("C*, allowing for deaths among those lost", "modified_clark_c", found.modified_clark_c),
        ("Simplified person-time", "simplified_person_time", found.simplified_person_time),
    )
    return Table(
        "completeness",
        "Completeness of follow-up for survival: the share of patients not lost, and observed as "
        "share of potential person-time up to the data cut-off by three measures.",
        (Column("Measure"), Column("Completeness", Kind.PERCENT)),
        tuple(
            (label, cell(results, f"follow_up_months.{name}", value))
            for label, name, value in measures
        ),
        open_note(results),
    )


def safety(results: Results) -> Table:
    """Show adverse events, fractures and deaths due to the procedure."""
    found = results.safety
    deaths = found.procedure_related_deaths
    return Table(
        "safety",
        "Safety. Limits of the proportion of patients are exact (Clopper–Pearson).",
        (
            Column("Event"),
            Column("Count", Kind.COUNT),
            Column("Of", Kind.COUNT),
            Column("95% upper", Kind.PERCENT),
            Column("Detail"),
        ),
        (
            (
                "Serious adverse events",
                found.serious_adverse_events,
                results.counts.patients,
                None,
                ", ".join(found.serious_terms),
            ),
            (
                "Compression fractures of a treated vertebra",
                found.vertebral_compression_fractures,
                results.counts.vertebrae,
                None,
                f"{found.fractures_in_recurrent_prefractured} in a recurrent level that was "
                "fractured before",
            ),
            (
                "Fractures of a neighbouring vertebra",
                found.adjacent_fractures,
                results.counts.vertebrae,
                None,
                "",
            ),
            ("Deaths due to the procedure", deaths.events, deaths.n, deaths.upper, ""),
        ),
    )
