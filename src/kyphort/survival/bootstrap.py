"""The cluster bootstrap: whole patients are drawn with replacement, estimates follow together."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, ratio
from kyphort.survival.checks import as_floats, check_cause, check_level
from kyphort.survival.clusters import count_clusters
from kyphort.survival.curves import kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.incidence import aalen_johansen
from kyphort.survival.resampling import (
    Progress,
    canonical_clusters,
    canonical_order,
    check_draws,
    in_blocks,
)
from kyphort.survival.ties import snap

Estimand = Literal["survival", "incidence", "restricted_mean", "time_lost"]
"""What is estimated anew in every draw."""


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Estimates `(k,)` with percentile limits, and every draw's `(replicates, k)`.

    `std_error` is the standard deviation over the draws.
    """

    times: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    draws: FloatArray
    clusters: int
    level: float
    seed: int
    method: str


def bootstrap(
    data: SurvivalData,
    times: ArrayLike,
    *,
    replicates: int,
    seed: int,
    estimand: Estimand = "survival",
    cause: int = 1,
    level: float = 0.95,
    workers: int = 1,
    progress: Progress | None = None,
) -> Bootstrap:
    """Estimate again on clusters drawn with replacement, many times at once.

    A draw takes as many clusters as there are, each with all its rows, by giving rows the weight
    with which their cluster was drawn. A draw that has nobody left before a time carries its last
    value on. Limits are the percentiles (1 ∓ level) / 2 of the draws.

    Parameters
    ----------
    data
        Rows with clusters; without clusters each row is one. Entry times and case weights count.
    times
        `(k,)` times, ascending, none after the last exit; for "restricted_mean" and "time_lost" the
        horizons.
    replicates
        How many draws.
    seed
        The same seed gives the same bits for any number of workers and any order of rows.
    estimand
        "survival" (Kaplan–Meier of the cause), "incidence" (Aalen–Johansen), "restricted_mean"
        (area under the survival), "time_lost" (area under the incidence).
    cause
        The event code counted.
    level
        Confidence level of the limits.
    workers
        Threads that draw.
    progress
        Called with the draws done and their total.

    Source: Efron 1981, doi 10.1080/01621459.1981.10477650; Davison & Hinkley 1997, section 3.8
    (clusters), doi 10.1017/CBO9780511802843.

    Raises
    ------
    InvalidDataError
        For times that are not ascending or lie after the last exit, an unknown estimand or cause,
        or numbers of draws or workers below 1.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 0, 1, 0, 0], cluster=[1, 1, 2, 2, 3, 4])
    >>> found = bootstrap(data, [6], replicates=2000, seed=1)
    >>> found.estimate.round(4).tolist(), found.draws.shape, found.clusters
    ([0.6667], (2000, 1), 4)
    """
    check_cause(cause)
    check_level(level)
    check_draws("replicates", replicates, seed, workers)
    if estimand not in get_args(Estimand):
        allowed = ", ".join(map(repr, get_args(Estimand)))
        raise InvalidDataError(f"estimand: {estimand!r}. Allowed: {allowed}.")
    asked = _check_times(times, data)
    plan = _Plan(data, cause, asked, estimand)
    found = in_blocks(
        plan.draw, replicates, len(data), seed=seed, workers=workers, progress=progress
    )
    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    lower, upper = np.quantile(found, tails, axis=0)
    return Bootstrap(
        times=asked,
        estimate=_estimate(data, cause, asked, estimand),
        std_error=found.std(axis=0, ddof=1) if replicates > 1 else np.full(asked.size, np.nan),
        lower=lower,
        upper=upper,
        draws=found,
        clusters=plan.clusters,
        level=level,
        seed=int(seed),
        method=f"{estimand}, {replicates} draws of {plan.clusters} clusters, percentile limits",
    )


class _Plan:
    """Where each row counts, at the times with an event, once for all draws."""

    def __init__(
        self, data: SurvivalData, cause: int, asked: FloatArray, estimand: Estimand
    ) -> None:
        order = canonical_order(data)
        cluster = canonical_clusters(data, order)
        self.clusters = count_clusters(cluster)
        self._is_incidence = estimand in ("incidence", "time_lost")
        self._is_area = estimand in ("restricted_mean", "time_lost")
        time, event = data.time[order], data.event[order]
        self._weight = None if data.weight is None else data.weight[order]
        by_time = np.argsort(time, kind="stable")
        counted = event > 0 if self._is_incidence else event == cause
        self.times = np.unique(time[counted & (time <= asked[-1])])
        self._rows = _Rows(by_time, cluster[by_time], self._weight)
        self._left = np.searchsorted(time[by_time], self.times, side="left")
        self._entered: tuple[_Rows, IntArray] | None = None
        if data.entry is not None:
            entry = data.entries[order]
            by_entry = np.argsort(entry, kind="stable")
            place = np.searchsorted(entry[by_entry], self.times, side="left")
            self._entered = (_Rows(by_entry, cluster[by_entry], self._weight), place)
        self._events = self._at_times(by_time, counted, time, cluster)
        self._of_cause = self._at_times(by_time, event == cause, time, cluster)
        self._asked = asked
        self._slot = np.searchsorted(self.times, asked, side="right")

    def _at_times(
        self, by_time: IntArray, marked: BoolArray, time: FloatArray, cluster: IntArray
    ) -> tuple["_Rows", IntArray]:
        rows = by_time[marked[by_time]]
        ends = np.searchsorted(time[rows], self.times, side="right")
        return _Rows(rows, cluster[rows], self._weight), ends

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Return that many draws of the estimates `(size, k)`."""
        if self.times.size == 0:
            return self._nothing(size)
        drawn = rng.integers(0, self.clusters, (size, self.clusters))
        drawn += self.clusters * np.arange(size)[:, None]
        count = np.bincount(drawn.ravel(), minlength=size * self.clusters)
        copies = count.reshape(size, self.clusters).astype(np.float64)
        at_risk = self._at_risk(copies)
        events = _between(self._events, copies)
        survival: FloatArray = np.cumprod(1.0 - ratio(events, at_risk), axis=1, dtype=np.float64)
        # Sums of case weights round below zero, where all at risk have the event.
        np.maximum(survival, 0.0, out=survival)
        if not self._is_incidence:
            return self._read(1.0, survival)
        before = np.concatenate((np.ones((size, 1)), survival[:, :-1]), axis=1)
        jumps = before * ratio(_between(self._of_cause, copies), at_risk)
        return self._read(0.0, np.cumsum(jumps, axis=1, dtype=np.float64))

    def _at_risk(self, copies: FloatArray) -> FloatArray:
        gone = self._rows.up_to(copies, self._left)
        if self._entered is None:
            return self._rows.total(copies)[:, None] - gone
        rows, place = self._entered
        return rows.up_to(copies, place) - gone

    def _read(self, initial: float, heights: FloatArray) -> FloatArray:
        size = heights.shape[0]
        steps = np.concatenate((np.full((size, 1), initial), heights), axis=1)
        if not self._is_area:
            return np.asarray(steps[:, self._slot])
        starts = np.concatenate(([0.0], self.times))
        ends = np.append(self.times, np.inf)
        width = np.clip(self._asked[:, None], starts, ends) - starts
        return np.asarray(steps @ width.T)

    def _nothing(self, size: int) -> FloatArray:
        height = 0.0 if self._is_incidence else 1.0
        row = height * self._asked if self._is_area else np.full(self._asked.size, height)
        return np.tile(row, (size, 1))


class _Rows:
    """Rows in one order, whose weights add up from the first on."""

    def __init__(self, rows: IntArray, cluster: IntArray, weight: FloatArray | None) -> None:
        self._cluster = cluster
        self._weight = None if weight is None else weight[rows]

    def _weights(self, copies: FloatArray) -> FloatArray:
        weights = copies[:, self._cluster]
        return weights if self._weight is None else weights * self._weight

    def total(self, copies: FloatArray) -> FloatArray:
        return np.asarray(self._weights(copies).sum(axis=1))

    def up_to(self, copies: FloatArray, place: IntArray) -> FloatArray:
        """Return the weight of the first `place` rows, `(size, m)`."""
        weights = self._weights(copies)
        if weights.shape[1] == 0:
            return np.zeros((copies.shape[0], place.size))
        # Sums of the pieces between the places asked, and then of these: few numbers to add up.
        inside = np.concatenate(([0], place))
        pieces = np.zeros((copies.shape[0], place.size))
        filled = np.flatnonzero(np.diff(inside))
        if filled.size:
            starts, end = inside[:-1][filled], inside[-1]
            pieces[:, filled] = np.add.reduceat(weights[:, :end], starts, axis=1)
        return np.cumsum(pieces, axis=1)


def _between(marked: tuple[_Rows, IntArray], copies: FloatArray) -> FloatArray:
    rows, ends = marked
    return np.diff(rows.up_to(copies, ends), axis=1, prepend=0.0)


def _estimate(data: SurvivalData, cause: int, asked: FloatArray, estimand: Estimand) -> FloatArray:
    if estimand == "survival":
        return kaplan_meier(data, cause, cluster_robust=False).at(asked).survival
    if estimand == "incidence":
        return aalen_johansen(data, cause, cluster_robust=False).at(asked).incidence
    if estimand == "restricted_mean":
        curve = kaplan_meier(data, cause, cluster_robust=False)
        return np.array([curve.restricted_mean(tau).value for tau in asked])
    incidence = aalen_johansen(data, cause, cluster_robust=False)
    return np.array([incidence.time_lost(tau).value for tau in asked])


def _check_times(times: ArrayLike, data: SurvivalData) -> FloatArray:
    asked = as_floats("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    last = float(data.time.max())
    asked = snap(asked, np.unique(data.time))
    if asked.size == 0 or asked[0] < 0.0 or (np.diff(asked) <= 0.0).any() or asked[-1] > last:
        raise InvalidDataError(
            f"times: {asked.tolist()}. Allowed: one or more times, ascending, none negative, none "
            f"after the last exit at {last:g}."
        )
    return asked
