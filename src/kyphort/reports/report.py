"""The report as a document: what stands where."""

from collections.abc import Mapping

from kyphort.reports import (
    audit,
    doubt_tables,
    group_tables,
    model_tables,
    pain_tables,
    quality_tables,
    sentences,
    source_tables,
    tables,
)
from kyphort.reports.clock import clock_of
from kyphort.reports.document import Document, Figure, Paragraph, Section, Table
from kyphort.reports.numbers import p_value, percent
from kyphort.reports.results import GroupComparison, Landmark, Recurrences, Results

NOT_A_DEVICE = "Research software, not a medical device: do not use it to decide on a patient."

LOCAL_CONTROL = "figure1_local_control"
OVERALL_SURVIVAL = "figure2_overall_survival"
PROPORTIONS = "figure3_recurrences_by_group"
COMPETING_RISKS = "figure4_competing_risks"
SOURCES = "figure5_sources"


def report(results: Results) -> Document:
    """Arrange the results as the document that every renderer shows."""
    given = results.provenance
    warnings = [NOT_A_DEVICE]
    if given.synthetic:
        warnings.insert(0, given.dataset_provenance)
    elif any(one.synthetic for one in results.sources):
        warnings.insert(0, source_tables.WARNING)
    return Document(
        title=results.study.title,
        subtitle=f"{given.dataset} · data cut-off {given.data_cut_off}",
        warnings=tuple(warnings),
        summary=_summary(results),
        sections=(
            _text(results),
            _cohort(results),
            *((_local_control(results),) if results.local_control_is_known else ()),
            _survival(results),
            *((_recurrences(results),) if results.local_control_is_known else ()),
            _follow_up_and_safety(results),
            *_pain(results),
            *((_beyond(results),) if results.local_control_is_known else ()),
            *_models(results),
            _robustness(results),
            *_quality(results),
            *_sources(results),
            *_others(results),
            *_reproduction(results),
            _rows(results),
        ),
        provenance=_provenance(results),
    )


def agreement_sentence(results: Results) -> str:
    """Say how many printed numbers agree, and how many are misprints.

    A misprint is a printed number that no cohort can return.
    """
    possible = [one for one in results.comparison if one.can_agree]
    agreeing = sum(one.agrees for one in possible)
    misprints = len(results.comparison) - len(possible)
    return (
        f"{agreeing} of {len(possible)} printed numbers agree; {misprints} more are misprints "
        "that no cohort can return."
    )


def _summary(results: Results) -> tuple[tuple[str, str], ...]:
    """Return the head figures: sizes, the curves at the third landmark, agreement."""
    clock = clock_of(results)
    position = min(2, len(results.overall_survival) - 1)
    local, survival = results.local_control.all[position], results.overall_survival[position]
    at = clock.text(survival.time_months)
    possible = [one for one in results.comparison if one.can_agree]
    agreeing = f"{sum(one.agrees for one in possible)} / {len(possible)}"
    return (
        (f"{results.counts.patients} / {results.counts.vertebrae}", "patients / vertebrae"),
        (percent(local.estimate), f"local control at {at}"),
        (percent(survival.estimate), f"overall survival at {at}"),
        (agreeing, "printed numbers that agree")
        if possible
        else (str(results.counts.recurrences), "recurrences"),
    )


def _text(results: Results) -> Section:
    return Section(
        "text",
        "Methods and results in words",
        (
            Paragraph("Methods", "heading"),
            *(Paragraph(text) for text in sentences.methods(results)),
            Paragraph("Results", "heading"),
            *(Paragraph(text) for text in sentences.findings(results)),
            Paragraph(
                "Every number in these paragraphs is filled in from the same results as the "
                "tables. A number that the data or the print leave open is not written here.",
                "note",
            ),
        ),
    )


def _cohort(results: Results) -> Section:
    return Section("cohort", "The cohort", (tables.entities(results),))


def _local_control(results: Results) -> Section:
    return Section(
        "local-control",
        "Local control per vertebra",
        (
            Figure(
                LOCAL_CONTROL,
                "Figure 1. Local control per treated vertebra (Kaplan–Meier, 95% log-log limits "
                "as bands; dashed where fewer than ten are at risk). Below: vertebrae at risk "
                "(observed beyond that time), censored and recurrent up to it; they sum to n.",
                _curve_alternative("Local control", results.local_control.all),
            ),
            tables.local_control(results),
            *(
                (doubt_tables.between_scans(results),)
                if results.interval_censored_local_control
                else ()
            ),
        ),
    )


def _survival(results: Results) -> Section:
    return Section(
        "survival",
        "Overall survival per patient",
        (
            Figure(
                OVERALL_SURVIVAL,
                "Figure 2. Overall survival (Kaplan–Meier, 95% log-log limits as band; dashed "
                "where fewer than ten are at risk). Below: patients at risk, censored and dead; "
                "they sum to n.",
                _curve_alternative("Overall survival", results.overall_survival),
            ),
            tables.overall_survival(results),
        ),
    )


def _recurrences(results: Results) -> Section:
    return Section(
        "recurrences",
        "Recurrences by distance, region, entity and level",
        (
            Figure(
                PROPORTIONS,
                "Figure 3. Vertebrae with recurrence by group, with exact (Clopper–Pearson) 95% "
                "limits. Where limits overlap widely, the data cannot tell groups apart.",
                "Recurrences per vertebra: "
                + "; ".join(
                    f"{distance} mm {one.recurrences} of {one.vertebrae}"
                    for distance, one in results.by_distance_mm.items()
                )
                + ".",
            ),
            group_tables.recurrences(
                "recurrences_by_distance",
                "Recurrences by prescription distance.",
                "Distance [mm]",
                results.by_distance_mm,
            ),
            group_tables.recurrences(
                "recurrences_by_region",
                "Recurrences by region.",
                "Region",
                _capitalised(results.by_region),
            ),
            *_compared_groups(results),
            *_strata(results),
            group_tables.levels(results),
        ),
    )


def _follow_up_and_safety(results: Results) -> Section:
    return Section(
        "follow-up",
        "Follow-up, time to recurrence and safety",
        (tables.follow_up(results), tables.completeness(results), tables.safety(results)),
    )


def _beyond(results: Results) -> Section:
    return Section(
        "beyond",
        "What the paper could not show" if results.comparison else "Competing risks",
        (
            Paragraph(
                f"{results.counts.deaths} of {results.counts.patients} patients died, and what a "
                "dead patient's vertebra would have done is never seen. 1 − Kaplan–Meier answers "
                "what would happen if nobody died; the cumulative incidence what does happen. "
                "The table and Figure 4 set both side by side."
            ),
            Figure(
                COMPETING_RISKS,
                "Figure 4. Recurrence per vertebra by 1 − Kaplan–Meier and by cumulative incidence "
                "with death competing (Aalen–Johansen), and death before recurrence; 95% limits "
                "as bands.",
                "Two curves of recurrence that part after two years: 1 minus Kaplan-Meier lies "
                "above the cumulative incidence; death before recurrence rises far above both.",
            ),
            tables.failure(results),
            tables.progression_free(results),
            group_tables.comparisons(results),
            *((audit.determination(results),) if results.comparison else ()),
        ),
    )


def _pain(results: Results) -> tuple[Section, ...]:
    if not results.pain:
        return ()
    return (Section("pain", "Pain", (pain_tables.pain(results), pain_tables.responders(results))),)


def _models(results: Results) -> tuple[Section, ...]:
    """Return what the events allow, and the models of the study, where there are any."""
    shown = (
        *((model_tables.events_allow(results),) if any(results.events_allow.values()) else ()),
        *((model_tables.models(results),) if results.models else ()),
    )
    return (Section("models", "What the recurrences allow", shown),) if shown else ()


def _robustness(results: Results) -> Section:
    findings = (doubt_tables.data_findings(results),) if results.data_findings else ()
    seen_twice = (
        (doubt_tables.readers(results), doubt_tables.readings(results)) if results.readers else ()
    )
    not_shown = (doubt_tables.missing(results),) if results.missing else ()
    return Section(
        "robustness",
        "What the conclusion rests on",
        (
            *((doubt_tables.sensitivity(results),) if results.sensitivity else ()),
            doubt_tables.overdue_scans(results),
            *seen_twice,
            *not_shown,
            *findings,
        ),
    )


def _quality(results: Results) -> tuple[Section, ...]:
    if not results.filled:
        return ()
    found = (quality_tables.quality(results),) if results.quality else ()
    return (
        Section(
            "quality",
            "Completeness and quality of the data",
            (*found, quality_tables.filled(results)),
        ),
    )


def _sources(results: Results) -> tuple[Section, ...]:
    """Return the cohorts side by side, with the warning before anything else."""
    if not results.sources:
        return ()
    return (
        Section(
            "sources",
            "Beside other cohorts",
            (
                Paragraph(source_tables.WARNING, "warning"),
                Figure(
                    SOURCES,
                    "Figure 5. Local control per vertebra by source (Kaplan–Meier, 95% "
                    "cluster-robust log-log limits as bands). An indirect comparison: links "
                    "between covariates of a SYNTHETIC source are invented.",
                    "Local control by source: "
                    + "; ".join(
                        f"{one.source} {one.recurrences} recurrences in {one.vertebrae} vertebrae"
                        for one in results.sources
                    )
                    + ".",
                ),
                source_tables.sources(results),
                source_tables.source_rows(results),
            ),
        ),
    )


def _others(results: Results) -> tuple[Section, ...]:
    """Return published results of other treatments beside the cohort's own head figures."""
    if not results.comparators:
        return ()
    shown = tuple(f"{label} {value}" for value, label in _summary(results)[1:3])
    return (
        Section(
            "others",
            "Other treatments, as published",
            (
                Paragraph(f"This cohort: {', '.join(shown)}."),
                tables.comparators(results),
            ),
        ),
    )


def _reproduction(results: Results) -> tuple[Section, ...]:
    """Return errata and agreement, for a report that reproduces a publication."""
    if not results.comparison:
        return ()
    return (
        Section("errata", "Errata of the print", (audit.errata(results),)),
        Section(
            "agreement",
            "Printed beside computed",
            (Paragraph(agreement_sentence(results)), audit.comparison(results)),
        ),
    )


def _rows(results: Results) -> Section:
    return Section(
        "rows",
        "The rows behind each event",
        tuple(audit.events(name, found) for name, found in results.endpoint_rows.items()),
    )


def _provenance(results: Results) -> tuple[tuple[str, str], ...]:
    given = results.provenance
    return (
        ("Made by", f"kyphort {given.kyphort_version} on {given.created}"),
        *((("Publication", given.publication),) if given.publication else ()),
        ("Study file", results.study.file),
        ("Data set", f"{given.dataset}{' (SYNTHETIC)' if given.synthetic else ''}"),
        ("Pedigree of the data", given.dataset_provenance),
        ("Data cut-off", given.data_cut_off),
        ("SHA-256 of the data", given.data_sha256),
        ("Registry", given.registry),
        ("Random seed", f"{given.seed}, for the permutation tests"),
        ("Limits", f"{given.confidence_level:.0%}, {given.interval_method}"),
        ("Month", f"{given.month_days} days"),
    )


def _compared_groups(results: Results) -> tuple[Table, ...]:
    """Return a table for each comparison that the tables of single variables do not hold."""
    return tuple(
        group_tables.recurrences(
            f"recurrences_{identifier}",
            f"{one.title}.{_difference(one)}",
            "Group",
            one.groups,
        )
        for identifier, one in results.comparisons.items()
        if one.groups and one.variable not in {"region", "distance_mm"}
    )


def _difference(found: GroupComparison) -> str:
    if found.difference is None or found.fisher_p_value is None:
        return ""
    return (
        f" Fisher's exact test gives p = {p_value(found.fisher_p_value)}; the difference of "
        f"proportions has 95% limits {percent(found.difference.lower)} to "
        f"{percent(found.difference.upper)} (Newcombe)."
    )


def _strata(results: Results) -> tuple[Table, ...]:
    return tuple(
        group_tables.recurrences(
            f"recurrences_by_{name}",
            f"Recurrences by {name.replace('_', ' ')}.",
            name.replace("_", " ").capitalize(),
            found,
        )
        for name, found in results.by_stratum.items()
    )


def _capitalised(found: Mapping[str, Recurrences]) -> dict[str, Recurrences]:
    return {name.capitalize(): one for name, one in found.items()}


def _curve_alternative(name: str, points: tuple[Landmark, ...]) -> str:
    read = ", ".join(
        f"{percent(one.estimate)} at {one.time_months:g} months"
        for one in points
        if one.estimate is not None
    )
    return f"{name}, step curve falling from 100%: {read}."
