"""Tables of what the events allow, and of the regression models of the study."""

from collections.abc import Iterator

from kyphort.reports.cells import cell, open_note
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import ABSENT, Kind, p_value
from kyphort.reports.results import EventsAllowRow, Interval, ModelResult, Results

MAY_NOT = "not excluded"
MAY = "excluded"
_UNITS = {"distance_mm": " mm", "dose_gy": " Gy"}
FEW_PER_PARAMETER = 10


def events_allow(results: Results) -> Table:
    """Show what the events of each comparison can and cannot tell."""
    return Table(
        "events_allow",
        "What the recurrences allow. If two groups are alike, the limits of their hazard ratio are "
        "about the estimate divided and multiplied by the factor. Where a doubling is not "
        "excluded, “no difference” may not be said.",
        (
            Column("Groups"),
            Column("Recurrences", Kind.COUNT),
            Column("Per parameter", Kind.DECIMAL),
            Column("Factor", Kind.DECIMAL),
            Column("Needed", Kind.COUNT),
            Column("Hazard ratio", Kind.DECIMAL),
            Column("95% lower", Kind.DECIMAL),
            Column("95% upper", Kind.DECIMAL),
            Column("Robust lower", Kind.DECIMAL),
            Column("Robust upper", Kind.DECIMAL),
            Column("A doubling is"),
        ),
        tuple(
            _allowed(results, identifier, place, row)
            for identifier, rows in results.events_allow.items()
            for place, row in enumerate(rows)
        ),
        (
            "Hazard ratios by Firth's penalised likelihood, finite also where a group has no "
            "recurrence: limits by its profile take vertebrae as independent, robust ones respect "
            "patients. “Needed”: recurrences with which limits around 1 would exclude a doubling.",
            *open_note(results),
        ),
    )


def _allowed(
    results: Results, identifier: str, place: int, row: EventsAllowRow
) -> tuple[object, ...]:
    path = f"events_allow.{identifier}.{place}"
    unit = _UNITS.get(results.comparisons[identifier].variable, "")
    numbers = ("hazard_ratio", "lower", "upper", "robust_lower", "robust_upper")
    verdict = f"not fitted: {row.why_not}" if row.why_not else MAY if row.no_difference else MAY_NOT
    return (
        f"{row.group}{unit} against {row.reference}{unit}",
        row.events,
        row.events_per_parameter,
        row.limit_factor,
        row.events_to_exclude_doubling,
        *(cell(results, f"{path}.{name}", getattr(row, name)) for name in numbers),
        verdict,
    )


def models(results: Results) -> Table:
    """Show the regression models that the study file asks for."""
    return Table(
        "models",
        "Regression models of the study file.",
        (
            Column("Model"),
            Column("Term"),
            Column("Measure"),
            Column("Estimate", Kind.DECIMAL),
            Column("95% lower", Kind.DECIMAL),
            Column("95% upper", Kind.DECIMAL),
            Column("p", Kind.P_VALUE),
        ),
        tuple(
            row
            for identifier, one in results.models.items()
            for row in _lines(results, identifier, one)
        ),
        (*(_said(one) for one in results.models.values()), *open_note(results)),
    )


def _lines(results: Results, identifier: str, model: ModelResult) -> Iterator[tuple[object, ...]]:
    if model.why_not is not None:
        yield model.title, f"not fitted: {model.why_not}", model.measure, None, None, None, None
    for place, term in enumerate(model.terms):
        path = f"models.{identifier}.terms.{place}"
        yield (
            model.title,
            term.name,
            model.measure,
            *(
                cell(results, f"{path}.{name}", getattr(term, name))
                for name in ("estimate", "lower", "upper", "p_value")
            ),
        )


def _said(model: ModelResult) -> str:
    """Say in one note how a model was fitted and what to make of it."""
    parts = [
        f"{model.title}: {model.endpoint}, {model.method}; {model.rows} rows, {model.events} "
        f"events, {model.events_per_parameter:.1f} per parameter"
    ]
    if model.events_per_parameter < FEW_PER_PARAMETER:
        parts.append("too few to trust the estimates beyond their limits")
    if model.concordance is not None:
        parts.append(f"concordance {_interval(model.concordance)}")
    if model.frailty_variance is not None:
        parts.append(f"variance of the frailty {_interval(model.frailty_variance)}")
    if model.proportional_hazards_p_value is not None:
        parts.append(f"proportional hazards p = {p_value(model.proportional_hazards_p_value)}")
    return "; ".join(parts) + "."


def _interval(found: Interval) -> str:
    numbers = (found.estimate, found.lower, found.upper)
    estimate, lower, upper = (ABSENT if one is None else f"{one:.2f}" for one in numbers)
    return f"{estimate} ({lower} to {upper})"
