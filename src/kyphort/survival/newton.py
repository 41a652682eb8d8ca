"""Newton's method for a concave log-likelihood, to the last digits that it has."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kyphort.errors import ConvergenceError
from kyphort.survival.arrays import FloatArray
from kyphort.survival.cox_likelihood import Likelihood

_MOST_STEPS = 60
_MOST_HALVINGS = 40
_GAIN = 1e-13
_SMALL_STEP = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where a log-likelihood is largest, and what it is at the start and there."""

    beta: FloatArray
    start: Likelihood
    end: Likelihood
    steps: int


def maximise(
    likelihood: Callable[[FloatArray], Likelihood],
    start: Likelihood,
    diverges: Callable[[FloatArray], None],
) -> Maximum:
    """Climb from zero, where the likelihood is `start`, by Newton's steps, until none is left.

    Steps are halved while they lead down. Coefficients are of covariates with a standard deviation
    of 1. The climb ends with a step below 1e-7, whose error is that squared. `diverges` is asked
    about the direction of steps that do not get shorter, and raises when the likelihood rises along
    it without end.

    Raises
    ------
    ConvergenceError
        When 60 steps do not suffice.
    """
    beta, now = np.zeros(start.gradient.size), start
    for count in range(1, _MOST_STEPS + 1):
        step = solved(now.information, now.gradient)
        beta, following = _climb(likelihood, beta, step, now)
        length = float(np.abs(step).max())
        if length < _SMALL_STEP and following.value - now.value <= _GAIN * (1.0 + abs(now.value)):
            return Maximum(beta, start, following, count)
        if count >= 8 and length > _SMALL_STEP:
            diverges(step)
        now = following
    raise ConvergenceError(
        f"The coefficients still move by {length:.2g} standard deviations after {_MOST_STEPS} "
        "steps. Look for a covariate that few events depend on, or fit with firth()."
    )


def solved(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return Newton's step.

    Raises
    ------
    ConvergenceError
        When the information has nothing left to invert.
    """
    try:
        step = np.linalg.solve(information, gradient)
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(
            "The likelihood has become flat in some direction, so that coefficients cannot be told "
            "apart. Take fewer covariates for the number of events, or fit with firth()."
        ) from error
    return np.asarray(step, dtype=np.float64)


def _climb(
    likelihood: Callable[[FloatArray], Likelihood],
    beta: FloatArray,
    step: FloatArray,
    now: Likelihood,
) -> tuple[FloatArray, Likelihood]:
    slack = 1e-12 * (1.0 + abs(now.value))
    for _ in range(_MOST_HALVINGS):
        following = likelihood(beta + step)
        if np.isfinite(following.value) and following.value >= now.value - slack:
            return beta + step, following
        step = step / 2.0
    return beta, now
