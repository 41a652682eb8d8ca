"""Cohorts side by side: a table with a source column, the rows behind it, and the warning."""

from collections.abc import Iterator

from kyphort.reports.clock import clock_of
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import Results, SourceRow

WARNING = (
    "These sources were not randomised against each other: differences in patients, imaging and "
    "follow-up are not adjusted for. Rows of a SYNTHETIC source give back what a publication "
    "printed and no more: links between covariates, such as entity and time to recurrence, are "
    "invented, so that no adjustment, matching or subgroup of them means anything."
)


def sources(results: Results) -> Table:
    """Show every source at the landmarks."""
    return Table(
        "sources",
        "Cohorts side by side under the same study plan. Local control per vertebra with limits "
        "that respect that vertebrae share a patient. p: indirect comparison with the first "
        "source (cluster-robust log-rank).",
        (
            Column("Source"),
            Column("Data"),
            Column("Patients", Kind.COUNT),
            Column("Vertebrae", Kind.COUNT),
            Column("Recurrences", Kind.COUNT),
            Column(clock_of(results).title, Kind.NUMBER),
            Column("Local control", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Overall survival", Kind.PERCENT),
            Column("p", Kind.P_VALUE),
        ),
        tuple(row for one in results.sources for row in _rows(results, one)),
        (WARNING,),
    )


def _rows(results: Results, one: SourceRow) -> Iterator[tuple[object, ...]]:
    p_value = None if one.against_own is None else one.against_own.p_value
    for local, survival in zip(one.local_control, one.overall_survival, strict=True):
        yield (
            one.source,
            _data(synthetic=one.synthetic),
            one.patients,
            one.vertebrae,
            one.recurrences,
            clock_of(results).shown(local.time_months),
            local.estimate,
            local.lower,
            local.upper,
            survival.estimate,
            p_value,
        )


def source_rows(results: Results) -> Table:
    """Show every vertebra of every source, for a file that other programs read."""
    return Table(
        "rows_by_source",
        "Every vertebra of every source.",
        (
            Column("Source"),
            Column("Data"),
            Column("Vertebra"),
            Column("Months", Kind.MONTHS),
            Column("Recurrence", Kind.COUNT),
            Column("Reason"),
        ),
        tuple(
            (
                one.source,
                _data(synthetic=one.synthetic),
                one.row_id,
                one.time_months,
                int(one.code == 1),
                one.reason,
            )
            for one in results.source_rows
        ),
        (WARNING,),
        folded=True,
    )


def _data(*, synthetic: bool) -> str:
    return "SYNTHETIC" if synthetic else "observed"
