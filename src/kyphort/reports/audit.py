"""The tables by which a reader checks the report: determination, errata, agreement, rows."""

from collections.abc import Iterable

from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import ABSENT, Kind, written
from kyphort.reports.paths import value_at
from kyphort.reports.results import ComparedNumber, EndpointRows, EventRow, Results

_QUANTITIES: tuple[tuple[str, str, Kind], ...] = (
    ("local_control.all.24.estimate", "Local control at 24 months", Kind.PERCENT),
    ("local_control.all.24.lower", "… its 95% lower limit", Kind.PERCENT),
    ("local_control.all.24.upper", "… its 95% upper limit", Kind.PERCENT),
    ("local_control.all.24.at_risk", "… vertebrae at risk", Kind.COUNT),
    ("local_control.all.60.estimate", "Local control at 60 months", Kind.PERCENT),
    ("local_control.all.60.lower", "… its 95% lower limit", Kind.PERCENT),
    ("local_control.all.60.upper", "… its 95% upper limit", Kind.PERCENT),
    ("local_control.all.60.at_risk", "… vertebrae at risk", Kind.COUNT),
    (
        "recurrence_cumulative_incidence.24.estimate",
        "Recurrence by 24 months, death competing",
        Kind.PERCENT,
    ),
    (
        "recurrence_cumulative_incidence.60.estimate",
        "Recurrence by 60 months, death competing",
        Kind.PERCENT,
    ),
    ("recurrence_cumulative_incidence.60.one_minus_kaplan_meier", "… by 1 − KM", Kind.PERCENT),
    (
        "death_cumulative_incidence.24.estimate",
        "Death before recurrence by 24 months",
        Kind.PERCENT,
    ),
    ("logrank_thoracic_lumbar.p_value", "Log-rank p, thoracic against lumbar", Kind.P_VALUE),
    ("logrank_distance.p_value", "Log-rank p, 8, 11 and 13 mm", Kind.P_VALUE),
    ("overall_survival.24.estimate", "Overall survival at 24 months", Kind.PERCENT),
    ("overall_survival.24.std_error", "… its standard error", Kind.PERCENT),
    ("median_survival_months.estimate", "Median survival [months]", Kind.MONTHS),
    (
        "restricted_mean_months.local_control_24.estimate",
        "Mean time in local control within 24 months",
        Kind.MONTHS,
    ),
    (
        "restricted_mean_months.local_control_60.estimate",
        "Mean time in local control within 60 months",
        Kind.MONTHS,
    ),
    (
        "restricted_mean_months.overall_survival_24.estimate",
        "Mean survival within 24 months",
        Kind.MONTHS,
    ),
    (
        "restricted_mean_months.overall_survival_60.estimate",
        "Mean survival within 60 months",
        Kind.MONTHS,
    ),
    ("follow_up_months.median", "Follow-up as the paper defines it [months]", Kind.MONTHS),
    (
        "follow_up_months.reverse_km_median",
        "Follow-up by reverse Kaplan–Meier [months]",
        Kind.MONTHS,
    ),
    ("by_distance_mm.11.upper", "Upper limit of recurrence at 11 mm", Kind.PERCENT),
    (
        "safety.procedure_related_deaths.upper",
        "Upper limit of procedure-related death",
        Kind.PERCENT,
    ),
)


def determination(results: Results) -> Table:
    """Whether the print determines the main quantities, and within which range."""
    computed, found = results.as_json(), results.determination or {}
    rows = []
    for path, label, kind in _QUANTITIES:
        known = found.get(path)
        if known is None:
            continue
        low, high = written(known.low, kind), written(known.high, kind)
        rows.append(
            (
                label,
                written(value_at(computed, path), kind),
                known.kind,
                ABSENT if known.low is None else low if low == high else f"{low} to {high}",
                ABSENT if known.low is None else "proved" if known.bounds_proved else "seen",
                known.verdict or ABSENT,
                known.why,
            )
        )
    return Table(
        "determination",
        "Does the print determine it? Observed: read from a real registry. Printed: stands in the "
        "paper. Proved: follows from what is printed. Range: the print leaves it open; the bounds "
        "are proved, or only seen over reconstructed cohorts.",
        (
            Column("Quantity"),
            Column("This cohort"),
            Column("Determination"),
            Column("The print allows"),
            Column("Bounds"),
            Column("Verdict"),
            Column("Why"),
        ),
        tuple(rows),
    )


def errata(results: Results) -> Table:
    """Clerical contradictions of the print with their arithmetic."""
    return Table(
        "errata",
        "Contradictions and ambiguities of the print.",
        (Column("Place"), Column("Kind"), Column("What is printed"), Column("Arithmetic")),
        tuple((one.place, one.kind, one.statement, one.arithmetic) for one in results.errata),
    )


def comparison(results: Results) -> Table:
    """Every printed number beside the computed one."""
    return Table(
        "printed_and_computed",
        "Every printed number that a cohort can return, beside the value computed from the "
        "registry in the printed unit.",
        (
            Column("Printed number"),
            Column("Place"),
            Column("Unit"),
            Column("Printed"),
            Column("Computed"),
            Column("Agrees"),
        ),
        tuple(
            (one.text, one.place, one.unit, one.printed, computed_text(one), verdict(one))
            for one in results.comparison
        ),
        folded=True,
    )


def computed_text(number: ComparedNumber) -> str:
    """Write a computed value with one digit more than is printed."""
    if isinstance(number.computed, float):
        decimals = len(number.printed.partition(".")[2])
        return f"{number.computed:.{decimals + 1}f}"
    if isinstance(number.computed, Iterable) and not isinstance(number.computed, str):
        return ", ".join(f"{value:g}" for value in number.computed)
    return str(number.computed)


def verdict(number: ComparedNumber) -> str:
    """Say whether a number agrees, or why it cannot."""
    if number.agrees:
        return "yes"
    return "NO" if number.can_agree else "misprint"


def events(identifier: str, found: EndpointRows) -> Table:
    """List the rows behind an endpoint's events."""
    return _rows_table(f"rows_{identifier}", found, tuple(row for row in found.rows if row.code))


def all_rows(results: Results) -> tuple[Table, ...]:
    """List every row of every endpoint, for files."""
    return tuple(
        _rows_table(f"all_rows_{name}", found, found.rows)
        for name, found in results.endpoint_rows.items()
    )


def _rows_table(identifier: str, found: EndpointRows, rows: tuple[EventRow, ...]) -> Table:
    return Table(
        identifier,
        f"{found.title}: {found.definition}",
        (
            Column("Row"),
            Column("Levels"),
            Column("Months", Kind.MONTHS),
            Column("Code", Kind.COUNT),
            Column("Reason"),
            Column("Date"),
            Column("Record"),
        ),
        tuple(
            (
                row.row_id,
                row.levels,
                row.time_months,
                row.code,
                row.reason,
                row.date + (" (day 0)" if row.on_day_zero else ""),
                row.record,
            )
            for row in rows
        ),
        folded=True,
    )
