"""Infinitesimal-jackknife variances of survival and incidence, at every time, in linear work.

Write Y for the number at risk, d for the events and h = d/Y at an event time, S⁻ for the curve just
before it. While a row is at risk, its influence on log S(t) is one function for all rows,

    g(t) = Σ d / (Y (Y - d)),

and its influence on the incidence F(t) of cause 1 is G(t), with G ← G + g S⁻ h₁ - S⁻ h₁ / Y. Once
it has left at T, the influence is c on log S(t) and α + c F(t) on F(t), for ever after:

    event     c = g(T⁻) - 1/Y,   α = G(T⁻) + g(T⁻) S⁻ h₁ + S⁻ (1{cause 1} - h₁) / Y - c F(T)
    censored  c = g(T),          α = G(T) - c F(T)

A late entry subtracts what a row censored at its entry would have. A cluster's influence is the sum
of its rows', so three running numbers per cluster (rows at risk, Σ c, Σ α) give the variance
Σ (influence of cluster)² at each time without a clusters × times matrix. There is no factor
G/(G - 1), as in R's survfit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    count_at,
    ratio,
    with_start,
)
from kyphort.survival.clusters import (
    ROUNDING,
    count_clusters,
    quadratic_form,
    running_gram,
    sum_by_cluster,
)
from kyphort.survival.data import SurvivalData
from kyphort.survival.day_influence import variance_of_incidence, variance_of_log_survival
from kyphort.survival.exits import (
    RiskCounts,
    RiskProcess,
    TableRisk,
    greenwood_terms,
    product_limit,
    reversed_process,
    risk_process,
)


@dataclass(frozen=True, slots=True, eq=False)
class LogSurvivalInfluence:
    """What rows at risk and rows gone contribute to log S.

    Slot 0 is before the first time, slot j after the j-th. `while_at_risk` is g by slot,
    `(m + 1,)`; `enter` and `leave`, `(n,)`, are the slots of each row's coming and going;
    `once_gone`, `(n,)`, is c.
    """

    while_at_risk: FloatArray
    enter: IntArray
    leave: IntArray
    once_gone: FloatArray


def log_survival_influence(process: RiskProcess) -> LogSurvivalInfluence:
    """Work out g and c of the module's formulas."""
    g = with_start(0.0, np.cumsum(greenwood_terms(process)))
    enter, leave = process.first, process.last + 1
    once_gone = g[leave]
    at = process.last[process.is_event]
    once_gone[process.is_event] = g[at] - 1.0 / process.at_risk[at]
    return LogSurvivalInfluence(g, enter, leave, once_gone)


def log_survival_variance(
    data: SurvivalData,
    cluster: IntArray,
    cause: int,
    counts: RiskCounts | TableRisk,
    greenwood: FloatArray,
    *,
    is_reversed: bool = False,
) -> FloatArray:
    """Return the clustered variance of log S(t) `(m,)`; NaN when there is only one cluster.

    `counts` and `greenwood` `(m,)` belong to the events of the cause, or, in reverse, to
    censorings.
    """
    if data.exits is not None and not is_reversed and data.cluster_sizes.size > 1:
        if data.days is None:
            return _variance_of_many(data, cluster, cause, counts, greenwood)
        return variance_of_log_survival(data, data.days, cluster, cause, counts.at_risk, greenwood)
    process = reversed_process(data) if is_reversed else risk_process(data, data.event == cause)
    influence = log_survival_influence(process)
    g, weight = influence.while_at_risk, process.weight
    coming = np.stack([weight, -weight * g[influence.enter]], axis=1)
    going = np.stack([-weight, weight * influence.once_gone], axis=1)
    seen_by = np.stack([g, np.ones_like(g)], axis=1)
    return _clustered_variance(influence, cluster, coming, going, seen_by)


def _variance_of_many(
    data: SurvivalData,
    cluster: IntArray,
    cause: int,
    counts: RiskCounts | TableRisk,
    greenwood: FloatArray,
) -> FloatArray:
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    order, ends = data.exit_order()
    state = np.zeros((data.cluster_sizes.size, 2))
    state[:, 0] = data.cluster_sizes
    variance = np.empty_like(greenwood)
    kernels.clustered_log_survival(
        cluster[order],
        (data.codes == cause)[order].view(np.uint8),
        ends,
        counts.at_risk,
        greenwood,
        state,
        ROUNDING,
        variance,
    )
    return variance


def incidence_of_many(
    data: SurvivalData,
    cluster: IntArray | None,
    cause: int,
    at_risk: RiskCounts,
    of_cause: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return F(t) and its variance `(m,)`, by cluster or by row, from compiled loops."""
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    y, every = at_risk.at_risk, at_risk.events
    incidence, variance = np.empty_like(y), np.empty_like(y)
    if cluster is None:
        remaining = np.append(y[1:], 0.0)
        kernels.incidence_of_rows(y, every, of_cause, remaining, incidence, variance)
        return incidence, variance
    if data.cluster_sizes.size < 2:
        # The influences of all rows sum to zero, so one cluster says nothing about variation.
        remaining = np.append(y[1:], 0.0)
        kernels.incidence_of_rows(y, every, of_cause, remaining, incidence, variance)
        return incidence, np.full_like(variance, np.nan)
    if data.days is not None:
        return variance_of_incidence(data, data.days, cluster, cause, at_risk, of_cause)
    order, ends = data.exit_order()
    state = np.zeros((data.cluster_sizes.size, 3))
    state[:, 0] = data.cluster_sizes
    kind = _kinds(cause)[data.codes]
    kernels.clustered_incidence(
        cluster[order],
        kind[order],
        ends,
        y,
        every,
        of_cause,
        state,
        ROUNDING,
        incidence,
        variance,
    )
    return incidence, variance


def _kinds(cause: int) -> NDArray[np.uint8]:
    """Return for each code of a byte 0 censored, 1 the cause, 2 another."""
    kind = np.full(256, 2, dtype=np.uint8)
    kind[0], kind[cause : cause + 1] = 0, 1
    return kind


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceInfluence:
    """What rows at risk and rows gone contribute to F: G by slot `(m + 1,)`, and α `(n,)`."""

    log_survival: LogSurvivalInfluence
    while_at_risk: FloatArray
    constant: FloatArray
    incidence: FloatArray


def incidence_influence(
    process: RiskProcess, of_cause: BoolArray, incidence: FloatArray
) -> IncidenceInfluence:
    """Work out G and α of the module's formulas; F by slot goes with them.

    `process` counts events of every cause; `of_cause` `(n,)` marks those of the one, `incidence` is
    F by time `(m,)`.
    """
    influence = log_survival_influence(process)
    g, weight, y = influence.while_at_risk, process.weight, process.at_risk
    survival = with_start(1.0, product_limit(process))
    f = with_start(0.0, incidence)
    mine = process.is_event & of_cause
    rate = ratio(count_at(process.last[mine], weight[mine], y.size), y)
    steps = survival[:-1] * rate
    big_g = with_start(0.0, np.cumsum(steps * (g[:-1] - ratio(np.ones_like(y), y))))
    constant = big_g[influence.leave]
    at, is_event = process.last[process.is_event], process.is_event
    own = survival[at] * (of_cause[is_event] - rate[at]) / y[at]
    constant[is_event] = big_g[at] + g[at] * steps[at] + own
    return IncidenceInfluence(
        influence, big_g, constant - influence.once_gone * f[influence.leave], f
    )


def incidence_variance(
    process: RiskProcess, cluster: IntArray, of_cause: BoolArray, incidence: FloatArray
) -> FloatArray:
    """Return the clustered variance of F(t) `(m,)` of one cause; NaN for only one cluster."""
    found = incidence_influence(process, of_cause, incidence)
    influence, big_g, f = found.log_survival, found.while_at_risk, found.incidence
    weight = process.weight[:, None]
    g_in, f_in, big_g_in = (
        values[influence.enter] for values in (influence.while_at_risk, f, big_g)
    )
    one = np.ones_like(g_in)
    coming = weight * np.stack([one, -g_in, g_in * f_in - big_g_in], axis=1)
    going = weight * np.stack([-one, influence.once_gone, found.constant], axis=1)
    seen_by = np.stack([big_g, f, np.ones_like(f)], axis=1)
    return _clustered_variance(influence, cluster, coming, going, seen_by)


def time_lost_influence(
    process: RiskProcess, of_cause: BoolArray, times: FloatArray, incidence: FloatArray
) -> FloatArray:
    """Return each row's influence on ∫ F over the steps between `times`, times its weight, `(n,)`.

    `times` `(m + 2,)` starts at 0, ends at the horizon and is capped there.
    """
    found = incidence_influence(process, of_cause, incidence)
    influence, width = found.log_survival, np.diff(times)
    area_g = with_start(0.0, np.cumsum(width * found.while_at_risk))
    area_f = with_start(0.0, np.cumsum(width * found.incidence))

    def gone(slot: IntArray, constant: FloatArray, c: FloatArray) -> FloatArray:
        later = constant * (times[-1] - times[slot]) + c * (area_f[-1] - area_f[slot])
        return np.asarray(area_g[slot] + later)

    enter, g = influence.enter, influence.while_at_risk
    at_entry = (found.while_at_risk - g * found.incidence)[enter]
    rows = gone(influence.leave, found.constant, influence.once_gone)
    return np.asarray(process.weight * (rows - gone(enter, at_entry, g[enter])))


def survival_influence(process: RiskProcess, slot: int, survival: float) -> FloatArray:
    """Return each row's influence on S, times its weight, `(n,)`.

    `slot` is how many times have passed; `survival` is S there.
    """
    influence = log_survival_influence(process)
    g = influence.while_at_risk
    now = np.where(influence.leave <= slot, influence.once_gone, g[slot])
    # Who comes later is at g(slot) less g(slot): without influence.
    return np.asarray(survival * process.weight * (now - g[np.minimum(influence.enter, slot)]))


def mean_influence(process: RiskProcess, times: FloatArray, survival: FloatArray) -> FloatArray:
    """Return each row's influence on ∫ S over the steps between `times`, times its weight, `(n,)`.

    `times` `(m + 1,)` starts at 0 and is capped at the horizon; `survival` `(m + 1,)` starts at 1.
    """
    influence = log_survival_influence(process)
    g, width = influence.while_at_risk, np.diff(times)
    area = with_start(0.0, np.cumsum(width * survival[:-1]))
    weighted_area = with_start(0.0, np.cumsum(width * survival[:-1] * g[:-1]))
    left = area[-1] - area

    def gone(slot: IntArray, c: FloatArray) -> FloatArray:
        return np.asarray(weighted_area[slot] + c * left[slot])

    rows = gone(influence.leave, influence.once_gone) - gone(influence.enter, g[influence.enter])
    return np.asarray(process.weight * rows)


def between_clusters(by_row: FloatArray, cluster: IntArray) -> float:
    """Return the sum over clusters of the squared sum of their rows; NaN for one cluster."""
    if count_clusters(cluster) < 2:
        return float("nan")
    return float(np.sum(sum_by_cluster(by_row, cluster) ** 2))


def _clustered_variance(
    influence: LogSurvivalInfluence,
    cluster: IntArray,
    coming: FloatArray,
    going: FloatArray,
    seen_by: FloatArray,
) -> FloatArray:
    slots = influence.while_at_risk.size
    if count_clusters(cluster) < 2:
        # The influences of all rows sum to zero, so one cluster says nothing about variation.
        return np.full(slots - 1, np.nan)
    gram = running_gram(
        np.concatenate((cluster, cluster)),
        np.concatenate((influence.enter, influence.leave)),
        np.concatenate((coming, going)),
        slots,
    )
    return quadratic_form(gram, seen_by)[1:]
