"""A penalised partial likelihood, log L + ½ log det I, and its maximum."""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import ConvergenceError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.cox_fit import inverse
from kyphort.survival.cox_likelihood import (
    Likelihood,
    Problem,
    RiskMoments,
    cumulated,
    evaluate,
    risk_moments,
    second_moments,
)

_MOST_STEPS = 200
_MOST_HALVINGS = 40
_SETTLED = 1e-10
_LONGEST = 5.0
_CLIMB = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Point(Likelihood):
    """The penalised likelihood at coefficients `beta`, reached after some steps."""

    beta: FloatArray
    steps: int


class Penalised:
    """The penalised log-likelihood of a problem, and its maximum with some coefficients held."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def evaluate(self, beta: FloatArray, steps: int = 0) -> Point:
        """Return log L + ½ log det I with its gradient, and the information of log L."""
        # So far out that risk sets are empty but for rounding there is nothing to be had.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            plain = evaluate(self._problem, beta)
            sign, logarithm = np.linalg.slogdet(plain.information)
        if not (sign > 0.0 and np.isfinite(logarithm) and np.isfinite(plain.value)):
            return Point(-np.inf, plain.gradient, plain.information, beta, steps)
        slope = _slope_of_information(self._problem, risk_moments(self._problem, beta))
        pull = 0.5 * np.einsum("jk,jkl->l", inverse(plain.information), slope)
        value = plain.value + 0.5 * float(logarithm)
        return Point(value, plain.gradient + pull, plain.information, beta, steps)

    def maximum(self, start: FloatArray, held: int | None = None) -> Point:
        """Climb from a start; the coefficient `held` stays.

        The information of log L is not the curvature of the penalised likelihood (with two rows it
        is half of it, and Newton's steps with it go to and fro without end); what it lacks is
        learnt from the gradients along the way, by the update of Broyden, Fletcher, Goldfarb and
        Shanno. Source: Nocedal & Wright 2006, chapter 6, doi 10.1007/978-0-387-40065-5.
        """
        free = np.flatnonzero(np.arange(start.size) != (-1 if held is None else held))
        now = self.evaluate(start)
        if free.size == 0:
            return now
        ascent, is_learnt = _inverse_among(free, now), False
        for count in range(1, _MOST_STEPS + 1):
            step = np.zeros_like(start)
            step[free] = ascent @ now.gradient[free]
            step *= min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-300))
            following = self._risen(now, step, count)
            moved = (following.beta - now.beta)[free]
            if float(np.abs(moved).max()) < _SETTLED:
                if not is_learnt:
                    return following
                # What was learnt may mislead: the information decides whether this is the top.
                ascent, is_learnt = _inverse_among(free, following), False
            else:
                turned = (now.gradient - following.gradient)[free]
                ascent, is_learnt = _learnt(ascent, moved, turned), True
            now = following
        raise ConvergenceError(
            f"The penalised likelihood still moves after {_MOST_STEPS} steps. Look for covariates "
            "that depend on each other, or take fewer."
        )

    def _risen(self, now: Point, step: FloatArray, count: int) -> Point:
        slack = 1e-13 * (1.0 + abs(now.value))
        slope = float(now.gradient @ step)
        share = 1.0
        for _ in range(_MOST_HALVINGS):
            following = self.evaluate(now.beta + share * step, count)
            if following.value >= now.value + _CLIMB * share * slope - slack:
                return following
            share /= 2.0
        return now


def _inverse_among(free: IntArray, point: Point) -> FloatArray:
    """Return the inverse information of the free coefficients; where it is flat, that of 1 each."""
    try:
        return inverse(point.information[np.ix_(free, free)])
    except np.linalg.LinAlgError:
        return np.eye(free.size)


def _learnt(ascent: FloatArray, moved: FloatArray, turned: FloatArray) -> FloatArray:
    """Return the inverse curvature that explains how the gradient turned along a step."""
    product = float(moved @ turned)
    if product <= 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(turned)):
        return ascent
    across = np.eye(moved.size) - np.outer(moved, turned) / product
    return np.asarray(across @ ascent @ across.T + np.outer(moved, moved) / product)


def _slope_of_information(problem: Problem, moments: RiskMoments) -> FloatArray:
    """Return ∂I_jk/∂β_l `(p, p, p)`: the third central moments of the covariates at risk.

    E(z z z) is the moment of all rows weighted by the events they were expected to have; the rest
    follows from the means and second moments of each event's risk set.
    """
    sets, z = problem.sets, problem.design
    expected = sets.weight * moments.risk * cumulated(sets, moments, moments.hazard[:, None])[:, 0]
    third = np.einsum("i,ij,ik,il->jkl", expected, z, z, z, optimize=True)
    mean, weight = moments.mean, moments.weight
    second = second_moments(problem, moments)
    mixed = np.einsum("e,ejk,el->jkl", weight, second, mean, optimize=True)
    product = np.einsum("e,ej,ek,el->jkl", weight, mean, mean, mean, optimize=True)
    rotated = mixed + mixed.transpose(0, 2, 1) + mixed.transpose(2, 0, 1)
    return np.asarray(third - rotated + 2.0 * product)
