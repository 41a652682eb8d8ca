"""Tables of pain."""

from kyphort.reports.cells import proportion
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import Kind
from kyphort.reports.results import Results


def pain(results: Results) -> Table:
    """Show pain at each nominal visit against baseline."""
    return Table(
        "pain",
        "Pain (NRS 0 to 10) against baseline: change with Hodges–Lehmann limits and signed-rank "
        "test, over patients with both scores; negative is relief. Missing scores are split into "
        "dead, not assessed and not yet due.",
        (
            Column("Visit"),
            Column("Pairs", Kind.COUNT),
            Column("Median change", Kind.NUMBER),
            Column("Shift", Kind.NUMBER),
            Column("95% lower", Kind.NUMBER),
            Column("95% upper", Kind.NUMBER),
            Column("p", Kind.P_VALUE),
            Column("Dead", Kind.COUNT),
            Column("Not assessed", Kind.COUNT),
            Column("Not yet due", Kind.COUNT),
            Column("Remark"),
        ),
        tuple(
            (
                one.visit,
                one.pairs,
                one.median_change,
                one.hodges_lehmann,
                one.lower,
                one.upper,
                one.p_value,
                one.dead,
                one.not_assessed,
                one.not_yet_due,
                one.reason,
            )
            for one in results.pain
        ),
        ("Those who died or were not assessed may have had other pain than those who were.",),
    )


def responders(results: Results) -> Table:
    """Show pain responders by both definitions with exact limits."""
    return Table(
        "pain_responders",
        "Pain responders among patients who can be judged. Trial: a drop of 3 points or more "
        "(NCT02773966). Consensus: complete or partial response (Chow 2012; its wording was not "
        "verified against the source).",
        (
            Column("Visit"),
            Column("Trial"),
            Column("Consensus"),
            Column("Complete by consensus"),
        ),
        tuple(
            (
                one.visit,
                proportion(one.responders_trial),
                proportion(one.responders_consensus),
                proportion(one.complete_consensus),
            )
            for one in results.pain
        ),
    )
