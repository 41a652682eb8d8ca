"""Pseudo-observations: what each row adds to an estimate, as an outcome that is never censored."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, from_the_right, ratio
from kyphort.survival.checks import as_floats, check_cause, check_kind
from kyphort.survival.data import SurvivalData
from kyphort.survival.ties import snap

PseudoEstimand = Literal["survival", "restricted_mean", "incidence"]
"""What is estimated with and without each row."""


@dataclass(frozen=True, slots=True, eq=False)
class PseudoObservations:
    """The pseudo-observations `(n, k)` of n rows at k times, and the estimate `(k,)` of all."""

    times: FloatArray
    values: FloatArray
    estimate: FloatArray
    estimand: PseudoEstimand
    data: SurvivalData


def pseudo_observations(
    data: SurvivalData,
    times: ArrayLike,
    *,
    estimand: PseudoEstimand = "survival",
    cause: int = 1,
) -> PseudoObservations:
    """Return n θ - (n - 1) θ₍₋ᵢ₎ of every row, θ₍₋ᵢ₎ the estimate without row i, exactly.

    Leaving a row out lowers the number at risk by one up to its exit and changes nothing after, so
    that running products from both ends give every θ₍₋ᵢ₎ in one pass for each time.

    Parameters
    ----------
    data
        Rows from the origin, without weights; clusters are for the regression.
    times
        `(k,)`, ascending, none after the last exit; for "restricted_mean" the horizons.
    estimand
        "survival" (Kaplan–Meier of the cause), "restricted_mean" (its area up to each time),
        "incidence" (Aalen–Johansen of the cause).
    cause
        The event code counted.

    Source: Andersen, Klein & Rosthøj 2003, doi 10.1093/biomet/90.1.15; Andersen & Pohar Perme 2010,
    doi 10.1177/0962280209105020.

    Raises
    ------
    InvalidDataError
        For late entry or weights, fewer than two rows, or times outside the data.

    Examples
    --------
    Without censoring they are the outcome itself.

    >>> data = SurvivalData([1, 2, 3, 4], [1, 1, 1, 1])
    >>> pseudo_observations(data, [2]).values[:, 0].round(12).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    check_kind("data", data, SurvivalData, "SurvivalData()")
    check_cause(cause)
    if estimand not in get_args(PseudoEstimand):
        allowed = ", ".join(map(repr, get_args(PseudoEstimand)))
        raise InvalidDataError(f"estimand: {estimand!r}. Allowed: {allowed}.")
    asked = _check(data, times)
    without = _LeaveOneOut(data, cause, estimand)
    n = len(data)
    pairs = [without.at(float(time)) for time in asked]
    estimate = np.array([whole for whole, _ in pairs])
    left_out = np.stack([found for _, found in pairs], axis=1)
    return PseudoObservations(asked, n * estimate - (n - 1) * left_out, estimate, estimand, data)


class _LeaveOneOut:
    """The estimate of all rows and of all but each one, at a time.

    A row at position `slot` changes the hazards up to that time. Below, `lowered` is the survival
    of the others if the row is at risk throughout, and `own` what happens at its exit.
    """

    def __init__(self, data: SurvivalData, cause: int, estimand: PseudoEstimand) -> None:
        self._estimand = estimand
        self._times, slot = np.unique(data.time, return_inverse=True)
        self._slot: IntArray = slot.astype(np.int64)
        size = self._times.size
        self._at_risk = from_the_right(np.bincount(slot, minlength=size).astype(np.float64))
        of_cause = data.event == cause
        leaves = of_cause if estimand != "incidence" else data.event > 0
        self._row_leaves, self._row_counts = leaves.astype(float), of_cause.astype(float)
        self._events = np.bincount(slot[leaves], minlength=size).astype(np.float64)
        self._counted = np.bincount(slot[of_cause], minlength=size).astype(np.float64)

    def at(self, time: float) -> tuple[float, FloatArray]:
        """Return the estimate of all, and of all but each row `(n,)`."""
        last = int(np.searchsorted(self._times, time, side="right"))
        whole = _Running(self._at_risk, self._events, self._counted, self._times, time, last)
        others = _Running(self._at_risk - 1.0, self._events, self._counted, self._times, time, last)
        position = np.minimum(self._slot, last)
        before = others.up_to(position, self._estimand)
        standing = others.survival[position]
        # Whoever leaves after the time is at risk up to it, and nothing of its own happens.
        inside = self._slot < last
        at = self._slot[inside]
        y = self._at_risk[at] - 1.0
        gone = self._events[at] - self._row_leaves[inside]
        counted = self._counted[at] - self._row_counts[inside]
        found = before.copy()
        if self._estimand == "incidence":
            found[inside] += standing[inside] * ratio(counted, y)
        standing_after = standing[inside] * (1.0 - ratio(gone, y))
        rest = whole.onwards(at, self._estimand)
        if self._estimand == "survival":
            found[inside] = standing_after * rest
        else:
            found[inside] += standing_after * rest
        return float(whole.total(self._estimand)), found


class _Running:
    """Products of 1 - hazard over the times up to a horizon, from the front and from the back."""

    def __init__(  # noqa: PLR0917 - the columns of one table
        self,
        at_risk: FloatArray,
        events: FloatArray,
        counted: FloatArray,
        times: FloatArray,
        horizon: float,
        last: int,
    ) -> None:
        y, self._last = at_risk[:last], last
        self._stays = 1.0 - ratio(events[:last], y)
        self._counted = ratio(counted[:last], y)
        ends = np.append(times[:last], horizon)
        self._first_gap = float(ends[0]) if last else horizon
        self._gaps = np.diff(ends)
        # survival[k]: before the k-th time.
        self.survival = np.concatenate(([1.0], np.cumprod(self._stays)))

    def up_to(self, position: IntArray, estimand: PseudoEstimand) -> FloatArray:
        """Return what has been gathered before the time at each position."""
        if estimand == "survival":
            return self.survival[position]
        if estimand == "incidence":
            steps = self.survival[:-1] * self._counted
            return np.concatenate(([0.0], np.cumsum(steps)))[position]
        areas = self.survival * np.concatenate(([self._first_gap], self._gaps))
        return np.asarray(np.cumsum(areas)[position], dtype=np.float64)

    def onwards(self, position: IntArray, estimand: PseudoEstimand) -> FloatArray:
        """Return what is gathered after the time at each position, given one is there."""
        found = np.empty(self._last)
        if estimand == "survival":
            later = np.concatenate((self._stays[1:], [1.0])) if self._last else self._stays
            return np.asarray(np.cumprod(later[::-1])[::-1][position], dtype=np.float64)
        ahead = 0.0
        for place in range(self._last - 1, -1, -1):
            if estimand == "incidence":
                found[place] = ahead
                ahead = self._counted[place] + self._stays[place] * ahead
            else:
                found[place] = self._gaps[place] + ahead
                ahead = self._stays[place] * found[place]
        return found[position]

    def total(self, estimand: PseudoEstimand) -> float:
        """Return the whole."""
        return float(self.up_to(np.array([self._last]), estimand)[0])


def _check(data: SurvivalData, times: ArrayLike) -> FloatArray:
    if data.entry is not None or data.weight is not None:
        field = "entry" if data.entry is not None else "weight"
        raise InvalidDataError(
            f"{field}: a row that is left out of late or weighted risk sets has no such value. "
            f"Leave {field} out, or fit with cox()."
        )
    if len(data) < 2:
        raise InvalidDataError("time: one row. Without it nothing is left; pass at least two.")
    asked = as_floats("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    asked = snap(asked, np.unique(data.time))
    last = float(data.time.max())
    if asked.size == 0 or asked[0] <= 0.0 or (np.diff(asked) <= 0.0).any() or asked[-1] > last:
        raise InvalidDataError(
            f"times: {asked.tolist()}. Allowed: one or more times above zero, ascending, none "
            f"after the last exit at {last:g}."
        )
    return asked
