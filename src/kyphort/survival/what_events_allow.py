"""What a number of events allows: how wide limits will be, and what may not be said."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.checks import as_probability
from kyphort.survival.transforms import normal_quantile

ENOUGH_PER_PARAMETER = 10.0
"""Below so many events for each parameter a Cox model's estimates and limits are not trusted."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """What is to be expected of the hazard ratio of one group against the reference.

    `limit_factor`: if the groups are alike, the limits will be about the estimate divided and
    multiplied by it. `detectable_ratio`: the hazard ratio that would be found with the power asked.
    `can_exclude_doubling`: whether limits around 1 would stay within ½ and 2.
    """

    group: Hashable
    reference: Hashable
    std_error: float
    limit_factor: float
    detectable_ratio: float
    can_exclude_doubling: bool
    events_to_exclude_doubling: int


@dataclass(frozen=True, slots=True)
class EventsAllow:
    """What a planned comparison can show, before it is made."""

    events: int
    parameters: int
    events_per_parameter: float
    is_enough: bool
    contrasts: tuple[Contrast, ...]
    level: float
    power: float


def what_events_allow(
    events: int,
    sizes: Mapping[Hashable, float],
    *,
    further_parameters: int = 0,
    design_effect: float = 1.0,
    level: float = 0.95,
    power: float = 0.8,
) -> EventsAllow:
    """Say, before a comparison of groups, what its number of events can show.

    With D events and shares p of the rows, the log hazard ratio of two groups that are alike has
    the variance (1 / p₁ + 1 / p₂) / D, times the design effect of clustered rows.

    Parameters
    ----------
    events
        D, of all groups together.
    sizes
        Rows (or person-time) of each group; the largest is the reference.
    further_parameters
        Other coefficients of the planned model.
    design_effect
        How much larger than for independent rows the variance is.
    level, power
        Of the limits, and of the detectable hazard ratio.

    Source: Schoenfeld 1983, doi 10.2307/2531021 (the variance); Peduzzi, Concato, Feinstein &
    Holford 1995, doi 10.1016/0895-4356(95)00048-8 (events per parameter).

    Raises
    ------
    InvalidDataError
        For fewer than two groups, empty groups, or numbers out of range.

    Examples
    --------
    Ten recurrences in 89 thoracic and 53 lumbar vertebrae:

    >>> found = what_events_allow(10, {"thoracic": 89, "lumbar": 53})
    >>> contrast = found.contrasts[0]
    >>> round(contrast.limit_factor, 2), contrast.can_exclude_doubling
    (3.6, False)
    >>> round(contrast.detectable_ratio, 1), contrast.events_to_exclude_doubling
    (6.2, 35)
    """
    _check(events, sizes, further_parameters, design_effect)
    as_probability("power", power)
    z = normal_quantile(level)
    reference = max(sizes, key=lambda name: sizes[name])
    total = float(sum(sizes.values()))
    contrasts = tuple(
        _contrast(
            (name, reference),
            design_effect * (total / sizes[name] + total / sizes[reference]),
            events,
            z,
            z + normal_quantile(2.0 * power - 1.0) if power > 0.5 else z,
        )
        for name in sizes
        if name != reference
    )
    parameters = len(contrasts) + further_parameters
    each = events / parameters
    return EventsAllow(
        events, parameters, each, each >= ENOUGH_PER_PARAMETER, contrasts, level, power
    )


def may_say_no_difference(lower: float, upper: float, *, ratio: float = 2.0) -> bool:
    """Tell whether limits of a hazard ratio leave no room for a doubling or a halving.

    Only then do the data say that groups do not differ by much; a large p value alone never does.

    >>> may_say_no_difference(0.7, 1.6), may_say_no_difference(0.3, 2.4)
    (True, False)
    """
    if lower > upper or lower < 0.0:
        raise InvalidDataError(
            f"lower, upper: {lower}, {upper}. Allowed: limits of a hazard ratio, ascending, from 0."
        )
    if not ratio > 1.0:
        raise InvalidDataError(f"ratio: {ratio}. Allowed: above 1, such as 2 for a doubling.")
    return bool(lower > 1.0 / ratio and upper < ratio)


def _contrast(
    names: tuple[Hashable, Hashable], per_event: float, events: int, z: float, reach: float
) -> Contrast:
    std_error = float(np.sqrt(per_event / events)) if events else float("inf")
    factor = float(np.exp(min(z * std_error, 700.0)))
    needed = int(np.ceil(per_event * (z / np.log(2.0)) ** 2))
    return Contrast(
        *names,
        std_error=std_error,
        limit_factor=factor,
        detectable_ratio=float(np.exp(min(reach * std_error, 700.0))),
        can_exclude_doubling=may_say_no_difference(1.0 / factor, factor),
        events_to_exclude_doubling=needed,
    )


def _check(
    events: object, sizes: Mapping[Hashable, float], further: int, design_effect: float
) -> None:
    if not isinstance(events, int | np.integer) or events < 0:
        raise InvalidDataError(f"events: {events!r}. Allowed: a whole number from 0 on.")
    if not isinstance(sizes, Mapping):
        raise InvalidDataError(
            f"sizes: {sizes!r}. Pass the rows of each group by its name, as in "
            '{"thoracic": 89, "lumbar": 53}.'
        )
    if len(sizes) < 2:
        raise InvalidDataError("sizes: fewer than two groups. A comparison needs two.")
    empty = [name for name, size in sizes.items() if not (np.isfinite(size) and size > 0.0)]
    if empty:
        raise InvalidDataError(f"sizes: group {empty[0]!r} is empty. Leave it out.")
    if further < 0 or not design_effect > 0.0:
        raise InvalidDataError(
            f"further_parameters, design_effect: {further}, {design_effect}. Allowed: from 0 on, "
            "and above 0."
        )
