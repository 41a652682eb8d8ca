"""Statistics that a paper may leave out: their names, and what a drawn cohort gives for them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.published.specification import Column, Curve, Endpoint, Specification
from kyphort.reconstruction.cohort import RebuiltCohort
from kyphort.reconstruction.rows import COMPETING, labelled_rows, survival_data
from kyphort.reconstruction.two_arms import Pair, log_hazard_ratio
from kyphort.survival import (
    SurvivalData,
    aalen_johansen,
    kaplan_meier,
    logrank,
    reverse_kaplan_meier,
)

_Z = NormalDist().inv_cdf(0.975)

OF_A_TIME = (
    *("survival", "std_error", "lower", "upper", "at_risk", "restricted_mean"),
    *("incidence", "competing"),
)
"""Written `name:curve:time`; incidence is of the event with death competing, competing of death."""
OF_A_CURVE = ("median", "follow_up")
"""Written `name:curve`; follow_up is the median by reverse Kaplan-Meier."""
OF_TWO_GROUPS = ("hazard_ratio", "hazard_lower", "hazard_upper", "p", "expected")
"""Written `name:group:group`: Cox regression with its 95 % limits, the log-rank test's p, and the
events that it expects in the first group."""
OF_A_TABLE = ("p_by",)
"""Written `name:table`: the log-rank test by a tabulated attribute."""
NAMES = (*OF_A_TIME, *OF_A_CURVE, *OF_TWO_GROUPS, *OF_A_TABLE)


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic that was asked for, and how a drawn cohort gives it; NaN where it does not."""

    name: str
    kind: str
    curve: Curve | None
    time: float
    groups: tuple[str, ...]
    compute: Callable[[RebuiltCohort], float]


def default_names(specification: Specification) -> list[str]:
    """Return the names of all statistics that make sense for a specification."""
    names = []
    for curve in specification.curves:
        times = [time for time, printed in zip(curve.times, curve.survival, strict=True) if printed]
        for time in times:
            names += [f"{name}:{curve.id}:{time:g}" for name in ("std_error", "lower", "upper")]
            names.append(f"at_risk:{curve.id}:{time:g}")
        if times:
            names += [f"restricted_mean:{curve.id}:{times[-1]:g}", f"median:{curve.id}"]
            names.append(f"follow_up:{curve.id}")
            if specification.endpoint(curve.endpoint).censored_by:
                names += [f"incidence:{curve.id}:{time:g}" for time in times]
    for test in specification.logranks:
        names += [f"hazard_ratio:{a}:{b}" for a, b in pairwise(test.groups)]
    names += [f"p_by:{table.id}" for table in specification.tables if table.endpoint]
    return names


def statistic(specification: Specification, name: str) -> Statistic:
    """Return the statistic of a name.

    Raises
    ------
    InvalidDataError
        When the name is not understood; the message lists what is.

    Examples
    --------
    >>> from kyphort.published.specification import find_specification
    >>> found = statistic(find_specification("bludau2020"), "std_error:LC_C:24")
    >>> found.kind, found.curve.id, found.time
    ('std_error', 'LC_C', 24.0)
    """
    kind, *rest = name.split(":")
    if kind in OF_TWO_GROUPS and len(rest) == 2:
        return _of_groups(specification, name, kind, rest)
    if kind in OF_A_TABLE and len(rest) == 1:
        return _of_table(specification, name, rest[0])
    curve = next((one for one in specification.curves if rest and one.id == rest[0]), None)
    timed = kind in OF_A_TIME and len(rest) == 2
    if curve is None or not (timed or (kind in OF_A_CURVE and len(rest) == 1)):
        raise _not_understood(specification, name)
    try:
        time = float(rest[1]) if timed else 0.0
    except ValueError:
        raise _not_understood(specification, name) from None
    if not 0 <= time < math.inf:
        raise _not_understood(specification, name)

    def by_curve(cohort: RebuiltCohort) -> float:
        return _of_curve(specification, curve, cohort, kind, time)

    return Statistic(name, kind, curve, time, (), by_curve)


def _of_groups(
    specification: Specification, name: str, kind: str, groups: Sequence[str]
) -> Statistic:
    curves = [one for one in specification.curves if one.group in groups]
    if not curves or not set(groups) <= {one.id for one in specification.groups}:
        raise _not_understood(specification, name)
    endpoint = specification.endpoint(curves[0].endpoint)

    def by_groups(cohort: RebuiltCohort) -> float:
        return _compared(specification, endpoint, cohort, kind, groups)

    return Statistic(name, kind, None, 0.0, tuple(groups), by_groups)


def _of_table(specification: Specification, name: str, identifier: str) -> Statistic:
    table = next((one for one in specification.tables if one.id == identifier), None)
    if table is None or not table.endpoint:
        raise _not_understood(specification, name)
    endpoint = specification.endpoint(table.endpoint)
    label = str(table.column) if table.column is not Column.NONE else table.id

    def by_table(cohort: RebuiltCohort) -> float:
        return _p_by(endpoint, cohort, label)

    return Statistic(name, "p_by", None, 0.0, (), by_table)


def _not_understood(specification: Specification, name: str) -> InvalidDataError:
    curves = ", ".join(one.id for one in specification.curves)
    return InvalidDataError(
        f"The statistic '{name}' is not understood. Allowed: {', '.join(OF_A_TIME)} as "
        f"NAME:CURVE:TIME; {', '.join(OF_A_CURVE)} as NAME:CURVE; {', '.join(OF_TWO_GROUPS)} as "
        f"NAME:GROUP:GROUP; p_by:TABLE. Curves: {curves}."
    )


# --- what a drawn cohort gives --------------------------------------------------------------------


def _of_curve(
    specification: Specification, curve: Curve, cohort: RebuiltCohort, kind: str, time: float
) -> float:
    endpoint = specification.endpoint(curve.endpoint)
    competes = kind in ("incidence", "competing")
    data = survival_data(
        specification, endpoint, cohort, group=curve.group, death_competes=competes
    )
    if competes:
        cause = 1 if kind == "incidence" else COMPETING
        return float(aalen_johansen(data, cause=cause, cluster_robust=False).at(time).incidence)
    if kind == "follow_up":
        return float(reverse_kaplan_meier(data).quantile(0.5).estimate)
    if kind == "at_risk":
        return float((data.time >= time - 1e-9).sum())
    fitted = kaplan_meier(data, cluster_robust=False)
    if kind == "median":
        return float(fitted.quantile(0.5).estimate)
    if kind == "restricted_mean":
        # Beyond the last exit the curve, and its mean, is not known unless it came down to 0.
        is_known = time <= fitted.times[-1] or fitted.survival[-1] == 0
        return float(fitted.restricted_mean(time).value) if is_known else math.nan
    points = fitted.at(time)
    return float({"survival": points.survival, "std_error": points.std_error,
                  "lower": points.lower, "upper": points.upper}[kind])  # fmt: skip


def _compared(
    specification: Specification,
    endpoint: Endpoint,
    cohort: RebuiltCohort,
    kind: str,
    groups: Sequence[str],
) -> float:
    parts = [survival_data(specification, endpoint, cohort, group=one) for one in groups]
    time = np.concatenate([one.time for one in parts])
    event = np.concatenate([one.event for one in parts])
    is_first = np.repeat([1.0, 0.0], [len(one.time) for one in parts])
    if kind == "p":
        return float(logrank(SurvivalData(time, event), is_first).p_value)
    if kind == "expected":
        return float(logrank(SurvivalData(time, event), is_first).expected[1])
    events = np.sort(time[event == 1])
    first, second = (
        np.array([[float(((time >= at) & (is_first == arm)).sum()) for at in events]])
        for arm in (1.0, 0.0)
    )
    order = np.argsort(time[event == 1], kind="stable")
    pair = Pair(first, second, is_first[event == 1][order] == 1.0)
    beta, error = log_hazard_ratio(pair)
    side = {"hazard_ratio": 0.0, "hazard_lower": -_Z, "hazard_upper": _Z}[kind]
    return math.exp(float(beta[0] + side * error[0]))


def _p_by(endpoint: Endpoint, cohort: RebuiltCohort, label: str) -> float:
    rows = [row for _, row in labelled_rows(endpoint, cohort)]
    data = SurvivalData(
        np.array([float(day) for day, _, _ in rows]), np.array([event for _, event, _ in rows])
    )
    return float(logrank(data, np.array([labels.get(label, "") for _, _, labels in rows])).p_value)
