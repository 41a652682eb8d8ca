"""The tables of the report, made of raw values from the results object."""

from collections.abc import Iterator, Mapping

from kyphort.reports.document import OPEN_MARK, Column, Open, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import (
    IncidenceLandmark,
    Landmark,
    Recurrences,
    Results,
)

_ANY_PROPORTION = (0.0, 1.0)
_GROUPS = (("all", "All vertebrae"), ("thoracic", "Thoracic"), ("lumbar", "Lumbar"))
_LIMITS = (
    Column("Estimate", Kind.PERCENT),
    Column("95% lower", Kind.PERCENT),
    Column("95% upper", Kind.PERCENT),
)
_AT_RISK_NOTE = (
    "At risk counts units observed to that time or beyond (T ≥ t). An em dash: the curve does "
    "not reach so far, or there is nothing to estimate from."
)


def entities(results: Results) -> Table:
    """Make Table 1: patients, vertebrae and recurrences by tumour entity."""
    return Table(
        "table1_entities",
        "Table 1. Tumour entities: patients, treated vertebrae and local recurrences. The paper "
        "prints each entity's share of the recurrences; the last columns give what it lacks, the "
        "recurrences per vertebra of the entity with exact limits.",
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
        "Local control per treated vertebra. Limits that take vertebrae as independent, as the "
        "paper's would, beside limits that respect that vertebrae share a patient.",
        (
            Column("Vertebrae"),
            Column("Months", Kind.COUNT),
            Column("Local control", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Robust lower", Kind.PERCENT),
            Column("Robust upper", Kind.PERCENT),
            Column("At risk", Kind.COUNT),
        ),
        tuple(rows),
        (_AT_RISK_NOTE, *_open_note(results)),
    )


def _local_control_rows(results: Results, key: str, label: str) -> Iterator[tuple[object, ...]]:
    naive: tuple[Landmark, ...] = getattr(results.local_control, key)
    robust: tuple[Landmark, ...] = getattr(results.local_control_cluster_robust, key)
    for one, other in zip(naive, robust, strict=True):
        path = f"local_control.{key}.{one.time_months:g}"
        robust_path = f"local_control_cluster_robust.{key}.{one.time_months:g}"
        yield (
            label,
            one.time_months,
            *_estimate_cells(results, f"local_control.{key}", one),
            _cell(results, f"{robust_path}.lower", other.lower),
            _cell(results, f"{robust_path}.upper", other.upper),
            _cell(results, f"{path}.at_risk", one.at_risk),
        )


def _cell(results: Results, path: str, value: float | None) -> object:
    """Return the value, marked with its range where the print leaves it open."""
    found = (results.determination or {}).get(path)
    if found is None or found.kind in {"observed", "printed"}:
        return value
    if (found.low, found.high) == _ANY_PROPORTION:
        return Open(value, None, None)
    if found.kind == "proved" and found.low is None:
        return value
    return Open(value, found.low, found.high)


def _open_note(results: Results) -> tuple[str, ...]:
    kinds = {found.kind for found in (results.determination or {}).values()}
    if "range" not in kinds:
        return ()
    return (
        "[a to b]: what the print allows; the number before it is this reconstructed cohort's. "
        f"{OPEN_MARK}: the print leaves the value open.",
    )


def overall_survival(results: Results) -> Table:
    """Show overall survival per patient at the landmarks."""
    return Table(
        "overall_survival",
        "Overall survival per patient.",
        (Column("Months", Kind.COUNT), *_LIMITS, Column("At risk", Kind.COUNT)),
        tuple(
            (
                one.time_months,
                *_estimate_cells(results, "overall_survival", one),
                _cell(results, f"overall_survival.{one.time_months:g}.at_risk", one.at_risk),
            )
            for one in results.overall_survival
        ),
        (_AT_RISK_NOTE, *_open_note(results)),
    )


def recurrences(
    identifier: str, caption: str, title: str, found: Mapping[str, Recurrences]
) -> Table:
    """Show recurrences by group with exact limits."""
    return Table(
        identifier,
        caption,
        (
            Column(title),
            Column("Vertebrae", Kind.COUNT),
            Column("Share", Kind.PERCENT),
            Column("Recurrences", Kind.COUNT),
            Column("Per vertebra", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
        ),
        tuple(
            (
                name,
                one.vertebrae,
                one.share_of_vertebrae,
                one.recurrences,
                one.proportion,
                one.lower,
                one.upper,
            )
            for name, one in found.items()
        ),
    )


def levels(results: Results) -> Table:
    """Show recurrences by level, with what the print leaves possible at each level."""
    return Table(
        "recurrences_by_level",
        "Recurrences by level. The paper prints regions only: in a reconstructed cohort the level "
        "of a recurrence is invented.",
        (
            Column("Level"),
            Column("Vertebrae", Kind.COUNT),
            Column("Recurrences", Kind.COUNT),
            Column("Per vertebra", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
        ),
        tuple(
            (
                name,
                *(
                    _cell(results, f"by_level.{name}.{key}", getattr(one, key))
                    for key in ("vertebrae", "recurrences", "proportion", "lower", "upper")
                ),
            )
            for name, one in results.by_level.items()
        ),
        _open_note(results),
        folded=True,
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
            Column("Months", Kind.COUNT),
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
            *_open_note(results),
        ),
    )


def _failure_row(
    results: Results, recurrence: IncidenceLandmark, assessed: Landmark, death: Landmark
) -> tuple[object, ...]:
    time = f"{recurrence.time_months:g}"
    path = f"recurrence_cumulative_incidence.{time}"
    return (
        recurrence.time_months,
        _cell(results, f"{path}.one_minus_kaplan_meier", recurrence.one_minus_kaplan_meier),
        _cell(results, f"{path}.estimate", recurrence.estimate),
        _cell(results, f"{path}.lower", recurrence.lower),
        _cell(results, f"{path}.upper", recurrence.upper),
        _cell(
            results,
            f"local_control_at_last_assessment.{time}.estimate",
            None if assessed.estimate is None else 1 - assessed.estimate,
        ),
        _cell(results, f"death_cumulative_incidence.{time}.estimate", death.estimate),
    )


def progression_free(results: Results) -> Table:
    """Show local progression-free survival per patient by two definitions."""
    return Table(
        "local_progression_free_survival",
        "Local progression-free survival per patient by the two definitions in use.",
        (
            Column("Months", Kind.COUNT),
            Column("Death censored", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Death is an event", Kind.PERCENT),
            Column("… 95% lower", Kind.PERCENT),
            Column("… 95% upper", Kind.PERCENT),
        ),
        tuple(
            (
                one.time_months,
                *_estimate_cells(results, "lpfs_seed", one),
                *_estimate_cells(results, "lpfs_composite", other),
            )
            for one, other in zip(results.lpfs_seed, results.lpfs_composite, strict=True)
        ),
        _open_note(results),
    )


def _estimate_cells(results: Results, name: str, one: Landmark) -> tuple[object, ...]:
    path = f"{name}.{one.time_months:g}"
    return (
        _cell(results, f"{path}.estimate", one.estimate),
        _cell(results, f"{path}.lower", one.lower),
        _cell(results, f"{path}.upper", one.upper),
    )


def comparisons(results: Results) -> Table:
    """Show the tests between groups, with their naive and robust forms."""
    tests = (
        ("Thoracic against lumbar", "logrank_thoracic_lumbar", results.logrank_thoracic_lumbar),
        (
            "Thoracic against lumbar",
            "logrank_thoracic_lumbar_cluster_robust",
            results.logrank_thoracic_lumbar_cluster_robust,
        ),
        ("Prescription distances", "logrank_distance", results.logrank_distance),
    )
    return Table(
        "comparisons",
        "Tests of local control between groups of vertebrae. No test with ten events shows that "
        "groups are alike.",
        (
            Column("Comparison"),
            Column("Test"),
            Column("Statistic", Kind.DECIMAL),
            Column("Degrees of freedom", Kind.COUNT),
            Column("p", Kind.P_VALUE),
        ),
        tuple(
            (
                label,
                one.method,
                _cell(results, f"{path}.statistic", one.statistic),
                one.df,
                _cell(results, f"{path}.p_value", one.p_value),
            )
            for label, path, one in tests
        ),
        _open_note(results),
    )


def follow_up(results: Results) -> Table:
    """Show follow-up by two definitions, and time to recurrence."""
    observed, recurrence = results.follow_up_months, results.time_to_recurrence_months
    return Table(
        "follow_up",
        "Follow-up and time to recurrence [months]. The paper's follow-up is the observed time, "
        "deaths included; reverse Kaplan–Meier estimates how long patients could have been "
        "followed.",
        (
            Column("Quantity"),
            Column("Median", Kind.MONTHS),
            Column("Minimum", Kind.MONTHS),
            Column("Maximum", Kind.MONTHS),
        ),
        (
            (
                "Observed time (the paper's reading)",
                observed.median,
                observed.minimum,
                observed.maximum,
            ),
            (
                "Potential follow-up (reverse Kaplan–Meier)",
                _cell(results, "follow_up_months.reverse_km_median", observed.reverse_km_median),
                None,
                None,
            ),
            ("Procedure to recurrence", recurrence.median, recurrence.minimum, recurrence.maximum),
        ),
        _open_note(results),
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
