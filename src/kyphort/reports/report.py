"""The report as a document: what stands where."""

from collections.abc import Mapping

from kyphort.reports import audit, sentences, tables
from kyphort.reports.document import Document, Figure, Paragraph, Section
from kyphort.reports.numbers import p_value, percent
from kyphort.reports.results import Landmark, Recurrences, Results

NOT_A_DEVICE = "Research software, not a medical device: do not use it to decide on a patient."

LOCAL_CONTROL = "figure1_local_control"
OVERALL_SURVIVAL = "figure2_overall_survival"
PROPORTIONS = "figure3_recurrences_by_group"
COMPETING_RISKS = "figure4_competing_risks"


def report(results: Results) -> Document:
    """Arrange the results as the document that every renderer shows."""
    given = results.provenance
    warnings = [NOT_A_DEVICE]
    if given.synthetic:
        warnings.insert(0, given.dataset_provenance)
    return Document(
        title="Kypho-IORT: local control and survival",
        subtitle=f"{given.dataset} · data cut-off {given.data_cut_off}",
        warnings=tuple(warnings),
        summary=_summary(results),
        sections=(
            _text(results),
            _cohort(results),
            _local_control(results),
            _survival(results),
            _recurrences(results),
            _follow_up_and_safety(results),
            _beyond(results),
            _errata(results),
            _agreement(results),
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
    at = {one.time_months: one for one in results.local_control.all}
    survival = {one.time_months: one for one in results.overall_survival}
    possible = [one for one in results.comparison if one.can_agree]
    return (
        (f"{results.counts.patients} / {results.counts.vertebrae}", "patients / vertebrae"),
        (percent(at[24.0].estimate), "local control at 24 months"),
        (percent(survival[24.0].estimate), "overall survival at 24 months"),
        (
            f"{sum(one.agrees for one in possible)} / {len(possible)}",
            "printed numbers that agree",
        ),
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
    contrast = results.breast_prostate
    return Section(
        "recurrences",
        "Recurrences by distance, region, entity and level",
        (
            Figure(
                PROPORTIONS,
                "Figure 3. Vertebrae with recurrence by group, with exact (Clopper–Pearson) 95% "
                "limits. Where limits overlap widely, ten recurrences cannot tell groups apart.",
                "Recurrences per vertebra: "
                + "; ".join(
                    f"{distance} mm {one.recurrences} of {one.vertebrae}"
                    for distance, one in results.by_distance_mm.items()
                )
                + ".",
            ),
            tables.recurrences(
                "recurrences_by_distance",
                "Recurrences by prescription distance.",
                "Distance [mm]",
                results.by_distance_mm,
            ),
            tables.recurrences(
                "recurrences_by_region",
                "Recurrences by region.",
                "Region",
                _capitalised(results.by_region),
            ),
            tables.recurrences(
                "recurrences_breast_prostate",
                "Breast and prostate cancer against all other entities. The discussion suggests "
                "that control does not rest on systemic therapy; Fisher's exact test gives "
                f"p = {p_value(contrast.fisher_p_value)}, and the difference of proportions has "
                f"95% limits {percent(contrast.difference.lower)} to "
                f"{percent(contrast.difference.upper)} (Newcombe).",
                "Entity",
                {"Breast or prostate": contrast.breast_or_prostate, "Others": contrast.others},
            ),
            tables.levels(results),
        ),
    )


def _follow_up_and_safety(results: Results) -> Section:
    return Section(
        "follow-up",
        "Follow-up, time to recurrence and safety",
        (tables.follow_up(results), tables.safety(results)),
    )


def _beyond(results: Results) -> Section:
    return Section(
        "beyond",
        "What the paper could not show",
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
            tables.comparisons(results),
            audit.determination(results),
        ),
    )


def _errata(results: Results) -> Section:
    return Section("errata", "Errata of the print", (audit.errata(results),))


def _agreement(results: Results) -> Section:
    return Section(
        "agreement",
        "Printed beside computed",
        (Paragraph(agreement_sentence(results)), audit.comparison(results)),
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
        ("Publication", given.publication),
        ("Data set", f"{given.dataset}{' (SYNTHETIC)' if given.synthetic else ''}"),
        ("Pedigree of the data", given.dataset_provenance),
        ("Data cut-off", given.data_cut_off),
        ("SHA-256 of the data", given.data_sha256),
        ("Registry", given.registry),
        ("Random seed", "none: nothing in this report is random"),
        ("Limits", f"{given.confidence_level:.0%}, {given.interval_method}"),
        ("Month", f"{given.month_days} days"),
    )


def _capitalised(found: Mapping[str, Recurrences]) -> dict[str, Recurrences]:
    return {name.capitalize(): one for name, one in found.items()}


def _curve_alternative(name: str, points: tuple[Landmark, ...]) -> str:
    read = ", ".join(f"{percent(one.estimate)} at {one.time_months:.0f} months" for one in points)
    return f"{name}, step curve falling from 100%: {read}."
