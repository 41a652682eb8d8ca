"""Published results of other treatments, written for the report."""

from kyphort.published import Comparator, comparators
from kyphort.reports.numbers import number
from kyphort.reports.results import ComparatorRow


def comparator_rows() -> tuple[ComparatorRow, ...]:
    """Return the comparators that kyphort carries as rows of the report."""
    return tuple(_row(one) for one in comparators())


def _row(one: Comparator) -> ComparatorRow:
    return ComparatorRow(
        treatment=one.label,
        endpoint=f"{one.endpoint.replace('_', ' ')}: {one.definition}",
        population=", ".join(
            part
            for part in (
                one.population,
                "" if one.n_patients is None else f"{one.n_patients} patients",
                "" if one.n_units is None else f"{one.n_units} lesions or levels",
            )
            if part
        ),
        result=f"{_result(one)}; {one.time_point}",
        source=f"{one.citation}{f' doi:{one.doi}' if one.doi else ''}"
        + (" (quoted from others)" if one.secondhand else ""),
        verified=one.verified,
        why_not_comparable=one.not_comparable,
    )


def _result(one: Comparator) -> str:
    unit = one.unit if one.unit == "%" else f" {one.unit}"
    middle = "" if one.estimate is None else f"{number(one.estimate)}{unit}"
    if one.low is None and one.high is None:
        return middle
    if one.low is None or one.high is None:
        bound = (
            f"up to {number(one.high)}{unit}"
            if one.low is None
            else f"over {number(one.low)}{unit}"
        )
        return f"{middle} ({bound})" if middle else bound
    ends = f"{number(one.low)} to {number(one.high)}{unit}"
    return f"{middle} ({one.spread.value} {ends})" if middle else ends
