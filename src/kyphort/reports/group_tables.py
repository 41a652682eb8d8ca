"""Tables of groups: recurrences with exact limits, and tests between groups."""

from collections.abc import Iterator, Mapping

from kyphort.reports.cells import (
    cell,
    open_note,
)
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import (
    Comparison,
    GroupComparison,
    Recurrences,
    Results,
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
        "Recurrences by level."
        + (
            " The paper prints regions only: in a reconstructed cohort the level is invented."
            if results.comparison
            else ""
        ),
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
                    cell(results, f"by_level.{name}.{key}", getattr(one, key))
                    for key in ("vertebrae", "recurrences", "proportion", "lower", "upper")
                ),
            )
            for name, one in results.by_level.items()
        ),
        open_note(results),
        folded=True,
    )


def comparisons(results: Results) -> Table:
    """Show the tests between groups, naive and cluster-robust."""
    return Table(
        "comparisons",
        "Tests of local control between groups of vertebrae, taking vertebrae as independent and "
        "respecting shared patients. A large p-value from few events is no evidence that groups "
        "are alike.",
        (
            Column("Comparison"),
            Column("Test"),
            Column("Statistic", Kind.DECIMAL),
            Column("Degrees of freedom", Kind.COUNT),
            Column("p", Kind.P_VALUE),
        ),
        tuple(
            row
            for identifier, one in results.comparisons.items()
            for row in _test_rows(results, identifier, one)
        ),
        open_note(results),
    )


def _test_rows(
    results: Results, identifier: str, found: GroupComparison
) -> Iterator[tuple[object, ...]]:
    if found.why_not is not None:
        yield found.title, f"not possible: {found.why_not}", None, None, None
    for name in ("logrank", "logrank_cluster_robust"):
        test: Comparison | None = getattr(found, name)
        if test is not None:
            path = f"comparisons.{identifier}.{name}"
            yield (
                found.title,
                test.method,
                cell(results, f"{path}.statistic", test.statistic),
                test.df,
                cell(results, f"{path}.p_value", test.p_value),
            )
    if found.permutation is not None:
        path = f"comparisons.{identifier}.permutation.p_value"
        p_value = cell(results, path, found.permutation.p_value)
        yield found.title, found.permutation.method, None, None, p_value
    if found.fisher_p_value is not None:
        path = f"comparisons.{identifier}.fisher_p_value"
        yield (
            found.title,
            "Fisher's exact test of the counts, follow-up ignored",
            None,
            None,
            cell(results, path, found.fisher_p_value),
        )
