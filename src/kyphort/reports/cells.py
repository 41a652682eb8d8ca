"""Cells and notes that several tables share."""

from kyphort.reports.document import OPEN_MARK, Column, Open
from kyphort.reports.numbers import ABSENT, Kind, percent
from kyphort.reports.results import (
    Landmark,
    ProportionOf,
    Results,
)

_ANY_PROPORTION = (0.0, 1.0)


LIMITS = (
    Column("Estimate", Kind.PERCENT),
    Column("95% lower", Kind.PERCENT),
    Column("95% upper", Kind.PERCENT),
)


AT_RISK_NOTE = (
    "At risk counts units observed to that time or beyond (T ≥ t). An em dash: the curve does "
    "not reach so far, or there is nothing to estimate from. Before the first event the limits "
    "are 100% by convention and say nothing."
)


def cell(results: Results, path: str, value: float | None) -> object:
    """Return the value, marked with its range where the print leaves it open."""
    found = (results.determination or {}).get(path)
    if found is None or found.kind in {"observed", "printed"}:
        return value
    if (found.low, found.high) == _ANY_PROPORTION:
        return Open(value, None, None)
    if found.kind == "proved" and found.low is None:
        return value
    return Open(value, found.low, found.high, is_seen=not found.bounds_proved)


def open_note(results: Results) -> tuple[str, ...]:
    """Return the note that explains the marks, when the print leaves anything open."""
    kinds = {found.kind for found in (results.determination or {}).values()}
    if "range" not in kinds:
        return ()
    return (
        "[a to b]: proved of all data that return the print; [a to b seen]: seen over "
        "reconstructed cohorts, and the truth may lie outside; the number before it is this "
        "cohort's. "
        f"{OPEN_MARK}: the print leaves the value open.",
    )


def estimate_cells(results: Results, name: str, one: Landmark) -> tuple[object, ...]:
    """Return estimate and limits at a landmark of the curve at the path `name`."""
    path = f"{name}.{one.time_months:g}"
    return (
        cell(results, f"{path}.estimate", one.estimate),
        cell(results, f"{path}.lower", one.lower),
        cell(results, f"{path}.upper", one.upper),
    )


def with_limits(one: Landmark) -> str:
    """Write an estimate with its limits as one text."""
    if one.estimate is None:
        return ABSENT
    if one.lower is None or one.upper is None or one.lower == one.upper:
        return percent(one.estimate)
    return f"{percent(one.estimate)} ({percent(one.lower, 0)}–{percent(one.upper, 0)})"


def proportion(found: ProportionOf | None) -> str:
    """Write a count out of n, its share and its limits as one text."""
    if found is None:
        return ABSENT
    return (
        f"{found.events}/{found.n}: {percent(found.proportion, 0)} "
        f"({percent(found.lower, 0)} to {percent(found.upper, 0)})"
    )
