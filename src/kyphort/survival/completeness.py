"""How complete the follow-up was: observed against potential person-time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.survival.arrays import BoolArray, FloatArray, IntArray
from kyphort.survival.checks import as_floats, check_length, refuse_rows
from kyphort.survival.data import SurvivalData
from kyphort.survival.ties import tolerance


@dataclass(frozen=True, slots=True, eq=False)
class Completeness:
    """Four measures of follow-up, from 0 to 1, and what they rest on.

    `lost` holds the rows, counted from 0, that left without an event before their potential end.
    `observed_time` and `potential_time` are those of Clark's C, in the unit of the data.
    """

    percentage: float
    clark_c: float
    modified_clark_c: float
    simplified_person_time: float
    observed_time: float
    potential_time: float
    event_rate: float
    lost: IntArray
    rows: int


def completeness(data: SurvivalData, potential: ArrayLike) -> Completeness:
    """Measure how much of the potential follow-up was observed.

    With o the observed time of a row, p its potential time up to the data cut-off, and `lost` a row
    that left without an event before p:

    - percentage: the share of rows that are not lost.
    - Clark's C: Σ o / Σ q, where q = o after an event and p otherwise.
    - C*: as C, but the p - o missed by a lost row shrinks to (1 - exp(-r (p - o))) / r, because it
      might have had an event: r is events over observed time.
    - simplified person-time: (Σ o of the lost + Σ p of the others) / Σ p; a row with an event
      counts as followed to its end.

    Case weights count.

    Parameters
    ----------
    data
        One row for each patient; any event code ends the follow-up with an answer.
    potential
        `(n,)` time from the origin to the data cut-off, in the unit of the data. A row followed
        beyond it counts as followed up to its own time.

    Source: Clark, Altman & De Stavola 2002, doi 10.1016/S0140-6736(02)08272-7 (C); Wu, Takkenberg &
    Grunkemeier 2008, doi 10.1016/j.athoracsur.2007.12.012 (C*); Xue et al. 2017,
    doi 10.1186/s12874-017-0436-z, equations 1 and 5 (percentage, simplified person-time).

    Raises
    ------
    InvalidDataError
        When a potential time is missing, not above zero, or does not lie after the row's entry.

    Examples
    --------
    >>> found = completeness(SurvivalData([12, 6, 24, 9], [1, 0, 0, 0]), [24, 24, 24, 18])
    >>> round(found.percentage, 3), round(found.clark_c, 3), found.lost.tolist()
    (0.5, 0.654, [1, 3])
    >>> round(found.modified_clark_c, 3), round(found.simplified_person_time, 3)
    (0.685, 0.7)
    """
    until = _check_potential(potential, data)
    came = np.zeros(len(data)) if data.entry is None else data.entry
    weight = data.weights
    observed, possible = data.time - came, np.maximum(until, data.time) - came
    has_event = data.event > 0
    is_lost = ~has_event & _is_short(observed, possible)
    missed = np.where(is_lost, possible - observed, 0.0)
    total = float(weight @ observed)
    rate = float(weight @ has_event) / total
    expected = -np.expm1(-rate * missed) / rate if rate > 0.0 else missed
    followed = np.where(is_lost, observed, possible)
    return Completeness(
        percentage=float(weight @ ~is_lost / weight.sum()),
        clark_c=total / float(weight @ (observed + missed)),
        modified_clark_c=total / float(weight @ (observed + expected)),
        simplified_person_time=float(weight @ followed) / float(weight @ possible),
        observed_time=total,
        potential_time=float(weight @ (observed + missed)),
        event_rate=rate,
        lost=np.flatnonzero(is_lost),
        rows=len(data),
    )


def _is_short(observed: FloatArray, possible: FloatArray) -> BoolArray:
    """Whether follow-up ended early, by more than rounding."""
    return np.asarray(possible - observed > tolerance(possible))


def _check_potential(potential: ArrayLike, data: SurvivalData) -> FloatArray:
    until = as_floats("potential", potential)
    check_length("potential", until.size, len(data))
    start = np.zeros(len(data)) if data.entry is None else data.entry
    advice = "Give the time from the origin to the data cut-off for each of these rows."
    problem = "a potential end that is not after the start of observation"
    refuse_rows("potential", until <= start, until, problem, advice)
    return until
