"""The tables by which a reader checks the report: determination, errata, agreement, rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from kyphort.errors import InvalidDataError
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import ABSENT, Kind, written
from kyphort.reports.paths import value_at
from kyphort.reports.results import ComparedNumber, Determination, EndpointRows, EventRow, Results

_QUANTITIES: tuple[tuple[str, str, Kind], ...] = (
    ("local_control.all.24.estimate", "Local control at 24 months", Kind.PERCENT),
    ("local_control.all.24.std_error", "… its standard error", Kind.PERCENT),
    ("local_control.all.24.lower", "… its 95% lower limit", Kind.PERCENT),
    ("local_control.all.24.upper", "… its 95% upper limit", Kind.PERCENT),
    ("local_control.all.60.estimate", "Local control at 60 months", Kind.PERCENT),
    ("local_control.all.60.std_error", "… its standard error", Kind.PERCENT),
    ("local_control.all.60.lower", "… its 95% lower limit", Kind.PERCENT),
    ("local_control.all.60.upper", "… its 95% upper limit", Kind.PERCENT),
    ("local_control.all.73.estimate", "Local control after 73 months", Kind.PERCENT),
    ("local_control.all.24.at_risk", "Vertebrae at risk at 24 months", Kind.COUNT),
    ("local_control.all.36.at_risk", "… at 36 months", Kind.COUNT),
    ("local_control.all.48.at_risk", "… at 48 months", Kind.COUNT),
    ("local_control.all.60.at_risk", "… at 60 months", Kind.COUNT),
    (
        "restricted_mean_months.local_control_24.estimate",
        "Mean time in local control within 24 months",
        Kind.MONTHS,
    ),
    ("restricted_mean_months.local_control_60.estimate", "… within 60 months", Kind.MONTHS),
    (
        "recurrence_cumulative_incidence.12.estimate",
        "Recurrence by 12 months, death competing",
        Kind.PERCENT,
    ),
    ("recurrence_cumulative_incidence.24.estimate", "… by 24 months", Kind.PERCENT),
    ("recurrence_cumulative_incidence.60.estimate", "… by 60 months", Kind.PERCENT),
    (
        "recurrence_cumulative_incidence.60.one_minus_kaplan_meier",
        "… by 60 months as 1 − KM",
        Kind.PERCENT,
    ),
    (
        "death_cumulative_incidence.24.estimate",
        "Death before recurrence by 24 months",
        Kind.PERCENT,
    ),
    ("logrank_thoracic_lumbar.p_value", "Log-rank p, thoracic against lumbar", Kind.P_VALUE),
    (
        "hazard_ratio_thoracic_lumbar.estimate",
        "Hazard ratio, thoracic against lumbar",
        Kind.DECIMAL,
    ),
    ("hazard_ratio_thoracic_lumbar.lower", "… its 95% lower limit", Kind.DECIMAL),
    ("hazard_ratio_thoracic_lumbar.upper", "… its 95% upper limit", Kind.DECIMAL),
    ("comparisons.distance.logrank.p_value", "Log-rank p, 8, 11 and 13 mm", Kind.P_VALUE),
    ("overall_survival.24.estimate", "Overall survival at 24 months", Kind.PERCENT),
    ("overall_survival.24.std_error", "… its standard error", Kind.PERCENT),
    ("overall_survival.24.lower", "… its 95% lower limit", Kind.PERCENT),
    ("overall_survival.24.upper", "… its 95% upper limit", Kind.PERCENT),
    ("overall_survival.6.at_risk", "Patients at risk at 6 months", Kind.COUNT),
    ("overall_survival.12.at_risk", "… at 12 months", Kind.COUNT),
    ("overall_survival.24.at_risk", "… at 24 months", Kind.COUNT),
    ("overall_survival.36.at_risk", "… at 36 months", Kind.COUNT),
    ("overall_survival.48.at_risk", "… at 48 months", Kind.COUNT),
    ("overall_survival.60.at_risk", "… at 60 months", Kind.COUNT),
    ("median_survival_months.estimate", "Median survival [months]", Kind.MONTHS),
    (
        "restricted_mean_months.overall_survival_24.estimate",
        "Mean survival within 24 months",
        Kind.MONTHS,
    ),
    ("restricted_mean_months.overall_survival_60.estimate", "… within 60 months", Kind.MONTHS),
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
    """Whether the print determines the main quantities: what is proved, and what was only seen."""
    computed, found = results.as_json(), results.determination or {}
    rows = [
        _determination_row(label, known, _value_at(computed, path), kind)
        for path, label, kind in _QUANTITIES
        if (known := found.get(path)) is not None
    ]
    cohorts = max((one.cohorts for one in found.values()), default=0)
    over = f"Seen over {cohorts} cohorts" if cohorts else "Seen"
    return Table(
        "determination",
        "Does the print determine it? Proved: no data that return every printed number lie "
        "outside. Seen: over reconstructed cohorts, beyond which the truth may lie. Only what is "
        "printed or proved within narrow bounds is determined.",
        (
            Column("Quantity"),
            Column("This cohort"),
            Column("Proved"),
            Column(over),
            Column("Verdict"),
            Column("Why"),
        ),
        tuple(rows),
    )


def _determination_row(
    label: str, known: Determination, value: float | None, kind: Kind
) -> tuple[object, ...]:
    proved = (known.low, known.high) if known.bounds_proved else None
    seen = known.seen if known.seen or known.bounds_proved else (known.low, known.high)
    fixed = known.kind if known.kind in {"observed", "printed"} else ""
    return (
        label,
        written(value, kind),
        fixed or _interval(proved, kind),
        _interval(seen, kind),
        VERDICTS.get(known.verdict or "", ABSENT),
        known.why,
    )


VERDICTS = {"determined": "determined", "partly": "partly", "undetermined": "not determined"}


def _interval(ends: tuple[float | None, float | None] | None, kind: Kind) -> str:
    if ends is None or ends[0] is None or ends[1] is None:
        return ABSENT
    low, high = written(ends[0], kind), written(ends[1], kind)
    return low if low == high else f"{low} to {high}"


def _value_at(computed: Mapping[str, Any], path: str) -> float | None:
    """Return a computed number; None where the results do not go so far."""
    try:
        found: float | None = value_at(computed, path)
    except InvalidDataError:
        return None
    return found


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
