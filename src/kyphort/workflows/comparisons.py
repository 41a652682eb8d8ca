"""Comparing groups of vertebrae: counts, exact limits, tests naive and robust."""

from collections.abc import Callable, Iterable

from kyphort.endpoints import EndpointRow, EndpointTable
from kyphort.protocol import GroupPlan, Study
from kyphort.reports.results import Comparison, GroupComparison, Permutation, Recurrences
from kyphort.survival import fisher_exact, logrank, permutation_test, proportion_difference
from kyphort.workflows import curves, groups

TWO = 2


def compare_groups(local: EndpointTable, plan: GroupPlan, study: Study) -> GroupComparison:
    """Compare local control between the groups of a plan; say why where no test is possible."""
    value_of = groups.grouping(plan.variable, study.age_cuts_years)

    def group_of(row: EndpointRow) -> str | None:
        return plan.group_of(value_of(row))

    found = groups.recurrences_in(local, group_of, lambda names: _ordered(plan, names))
    taking_part = local.where(lambda row: group_of(row) is not None)
    why_not = _why_not(len(found), sum(one.recurrences for one in found.values()))
    tests = (
        None if why_not else [_logrank(taking_part, group_of, robust) for robust in (False, True)]
    )
    counts = _two_by_two(found)
    return GroupComparison(
        plan.title,
        plan.variable.value,
        found,
        None if tests is None else tests[0],
        None if tests is None else tests[1],
        None if tests is None else _permuted(taking_part, group_of, study),
        None if counts is None else curves.interval(proportion_difference(*counts)),
        None if counts is None else fisher_exact(*counts).p_value,
        why_not,
    )


def _ordered(plan: GroupPlan, names: Iterable[str]) -> list[str]:
    present = set(names)
    if plan.groups:
        declared = [*(name for name, _ in plan.groups), plan.others]
        return [name for name in declared if name in present]
    return groups.in_order(plan.variable, present)


def _two_by_two(found: dict[str, Recurrences]) -> tuple[int, int, int, int] | None:
    if len(found) != TWO:
        return None
    one, other = found.values()
    return one.recurrences, one.vertebrae, other.recurrences, other.vertebrae


def _why_not(group_count: int, events: int) -> str | None:
    if group_count < TWO:
        return "there is only one group" if group_count else "no vertebra belongs to a group"
    return None if events else "no vertebra in these groups has recurred"


def _permuted(
    table: EndpointTable, group_of: Callable[[EndpointRow], str | None], study: Study
) -> Permutation:
    labels = [group_of(row) or "" for row in table.rows]
    found = permutation_test(
        table.survival_data(), labels, permutations=study.permutations, seed=study.seed
    )
    return Permutation(
        curves.known(found.p_value),
        found.permutations,
        found.seed,
        len(set(table.labels(lambda row: row.subject.patient.patient_id))),
        found.informative,
        found.method,
    )


def _logrank(
    table: EndpointTable, group_of: Callable[[EndpointRow], str | None], cluster_robust: bool
) -> Comparison:
    labels = [group_of(row) or "" for row in table.rows]
    return curves.compared(
        logrank(table.survival_data(), labels, cluster_robust=cluster_robust), labels
    )
