"""Climbing to the maximum of an interval-censored likelihood, with a proof that it is one."""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import ConvergenceError
from kyphort.survival.arrays import BoolArray, FloatArray
from kyphort.survival.innermost import Innermost
from kyphort.survival.nonnegative import nonnegative_maximum
from kyphort.survival.npmle_curvature import curvature_of
from kyphort.survival.npmle_rows import RunRows, distinct_rows, start_of

_GAP = 1e-11
_ROUNDING = 1e-8
_MOST_STEPS = 1000
_MOST_HALVINGS = 30
_MOST_IDLE = 4
_ROUNDING_OF_VALUE = 1e-13
_CLIMB = 1.0 / 3.0
_LEAST_LEFT = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Probabilities `(m,)`, those of the runs `(r,)`, and the log-likelihood."""

    probability: FloatArray
    mass: FloatArray
    value: float


def fit_probabilities(inner: Innermost, weight: FloatArray) -> tuple[FloatArray, float, float, int]:
    """Return the probabilities `(m,)`, the log-likelihood, its proved gap, and the steps taken.

    Rows of weight 0 count for nothing.
    """
    rows = distinct_rows(inner, weight)
    total = float(rows.weight.sum())
    now = best = _point(rows, start_of(rows))
    best_gap, highest, since, count = np.inf, -np.inf, 0, 0
    for count in range(_MOST_STEPS):  # noqa: B007 - told below
        gradient = rows.gradient(now.mass)
        gap = max(float(gradient.max()) - total, 0.0)
        is_better = gap < best_gap
        rises = now.value > highest + _ROUNDING_OF_VALUE * abs(now.value)
        since = 0 if is_better or rises else since + 1
        highest = max(highest, now.value)
        best, best_gap = (now, gap) if is_better else (best, best_gap)
        if best_gap <= _GAP * total or since >= _MOST_IDLE:
            break
        now = _step(rows, now, gradient, _support(now.probability, gradient, total))
    if best_gap <= _ROUNDING * total:
        return best.probability, best.value, best_gap, count
    raise ConvergenceError(
        f"left, right: the likelihood may still gain {best_gap:.2g} after {count + 1} steps. Look "
        "for weights of very different size, and report the data if they are sound."
    )


def _point(rows: RunRows, probability: FloatArray) -> _Point:
    mass = rows.mass(probability)
    return _Point(probability, mass, rows.value(mass))


def _support(probability: FloatArray, gradient: FloatArray, total: float) -> BoolArray:
    """Return which intervals carry probability, or are the steepest between two that do, `(m,)`."""
    support = probability > 0.0
    promising = np.flatnonzero(~support & (gradient > total))
    stretch = np.cumsum(support)[promising]
    by_height = np.lexsort((gradient[promising], stretch))
    is_highest = np.diff(stretch[by_height], append=-1) != 0
    support[promising[by_height[is_highest]]] = True
    return support


def _step(rows: RunRows, now: _Point, gradient: FloatArray, support: BoolArray) -> _Point:
    """Return what a Newton step among the support gives, halved until the likelihood rises.

    No row may lose more than nine tenths of its probability at once: it would take one step for
    each doubling to get it back.
    """
    wanted = np.zeros_like(now.probability)
    wanted[support] = _quadratic_maximum(rows, now, gradient, support)
    wanted /= wanted.sum()
    apart = wanted - now.probability
    slope = float(np.einsum("i,i", gradient, apart))
    slack = _ROUNDING_OF_VALUE * (1.0 + abs(now.value))
    # The whole step leaves what was taken out at exactly nothing.
    following, share = _point(rows, wanted), 1.0
    for _ in range(_MOST_HALVINGS):
        rises = following.value >= now.value + _CLIMB * share * slope - slack
        if rises and (following.mass >= _LEAST_LEFT * now.mass).all():
            return following
        share /= 2.0
        following = _point(rows, now.probability + share * apart)
    # Self-consistency never falls: it leads on where rounding has spoilt the Newton step.
    return _point(rows, now.probability * gradient / float(rows.weight.sum()))


def _quadratic_maximum(
    rows: RunRows, now: _Point, gradient: FloatArray, support: BoolArray
) -> FloatArray:
    """Maximise the quadratic approximation among probabilities of the support that are not below 0.

    Leaving Σ p = 1 out and taking Σ w × Σ p off the log-likelihood has the same maximum.
    """
    near = now.probability[support]
    low, high = rows.bounds_among(support)
    curvature = curvature_of(low, high, rows.weight / now.mass**2, near.size)
    pull = 2.0 * gradient[support] - float(rows.weight.sum()) + curvature.ridge * near
    return nonnegative_maximum(curvature, pull, near)
