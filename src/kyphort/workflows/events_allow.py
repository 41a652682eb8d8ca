"""What the events of each comparison allow, and what may not be said."""

from collections import Counter

import numpy as np

from kyphort.endpoints import EndpointTable
from kyphort.errors import KyphortError
from kyphort.protocol import GroupPlan, Study
from kyphort.reports.results import EventsAllowRow
from kyphort.survival import (
    Contrast,
    EventsAllow,
    FirthModel,
    firth,
    may_say_no_difference,
    what_events_allow,
)
from kyphort.workflows import curves, groups

TWO = 2


def events_allow(local: EndpointTable, plan: GroupPlan, study: Study) -> tuple[EventsAllowRow, ...]:
    """Set what was found of each group against the largest beside what could be found.

    Empty where there are fewer than two groups.
    """
    value_of = groups.grouping(plan.variable, study.age_cuts_years)
    taking_part = local.where(lambda row: plan.group_of(value_of(row)) is not None)
    labels = [plan.group_of(value_of(row)) or "" for row in taking_part.rows]
    sizes = Counter(labels)
    if len(sizes) < TWO:
        return ()
    events = sum(row.code == 1 for row in taking_part.rows)
    allowed = what_events_allow(events, dict(sorted(sizes.items())))
    model, why_not = _fitted(taking_part, labels, allowed)
    return tuple(
        _row(allowed, contrast, model, why_not, place)
        for place, contrast in enumerate(allowed.contrasts)
    )


def _fitted(
    table: EndpointTable, labels: list[str], allowed: EventsAllow
) -> tuple[FirthModel | None, str | None]:
    if not allowed.events:
        return None, "no vertebra in these groups has recurred"
    names = np.array(labels)
    covariates = {
        str(one.group): (names == one.group).astype(np.float64) for one in allowed.contrasts
    }
    try:
        return firth(table.survival_data(), covariates, cluster_robust=True), None
    except KyphortError as error:
        return None, str(error)


def _row(
    allowed: EventsAllow,
    contrast: Contrast,
    model: FirthModel | None,
    why_not: str | None,
    place: int,
) -> EventsAllowRow:
    common = (
        str(contrast.group),
        str(contrast.reference),
        allowed.events,
        allowed.parameters,
        allowed.events_per_parameter,
        curves.known(contrast.limit_factor) if allowed.events else None,
        curves.known(contrast.detectable_ratio) if allowed.events else None,
        contrast.events_to_exclude_doubling,
    )
    if model is None:
        return EventsAllowRow(*common, None, None, None, None, None, False, why_not)
    robust_lower, robust_upper = (float(one[place]) for one in model.limits())
    lower, upper = float(model.lower[place]), float(model.upper[place])
    both = may_say_no_difference(lower, upper) and may_say_no_difference(robust_lower, robust_upper)
    return EventsAllowRow(
        *common,
        float(model.hazard_ratios[place]),
        curves.known(lower),
        curves.known(upper),
        curves.known(robust_lower),
        curves.known(robust_upper),
        both,
        None,
    )
