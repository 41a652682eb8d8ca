"""The plan in a few lines, for the terminal."""

from collections.abc import Iterator

from kyphort.planning.plan import Plan
from kyphort.planning.robustness import Robustness
from kyphort.planning.summary import metric_rows


def plan_lines(plan: Plan, robust: Robustness | None) -> Iterator[str]:
    """Yield time, doses, limits and robustness as lines of text."""
    seconds = round(plan.irradiation.total_min * 60)
    yield (
        f"Irradiation time {seconds // 60}:{seconds % 60:02d} min "
        f"({plan.request.source.calibration})."
    )
    for row in metric_rows(plan):
        unit = "%" if row.metric == "V100" else "Gy"
        yield (
            f"  {row.structure:<14} {row.metric:<8} water in medium {row.cavity:6.2f}, "
            f"medium {row.medium:6.2f}, water {row.water:6.2f} {unit}"
        )
    for one in plan.verdicts:
        name, value = one.worst
        yield (
            f"  {'kept' if one.passed else 'NOT KEPT':<9} {one.structure}: "
            f"{one.limit.written()}, worst {value:.2f} ({name})"
        )
    for clearance in plan.clearances:
        if clearance.shaft_mm <= 0:
            yield f"  COLLISION of {clearance.needle} with {clearance.structure}"
    if robust is not None:
        for spread in robust.spreads:
            if spread.fails is not None:
                yield (
                    f"  {spread.structure}: {spread.limit} fails in {100 * spread.fails:.0f} % of "
                    f"{robust.scenarios} scenarios"
                )
    yield "Research software, not a medical device."
