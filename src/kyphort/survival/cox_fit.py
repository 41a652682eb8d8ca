"""Fitting a proportional hazards model: scale, climb, and carry back to the covariates' units."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray
from kyphort.survival.checks import as_floats, check_length
from kyphort.survival.covariates import Design
from kyphort.survival.cox_likelihood import (
    Likelihood,
    Problem,
    RiskMoments,
    Ties,
    cumulated,
    evaluate,
    expected_events,
    risk_moments,
)
from kyphort.survival.data import SurvivalData
from kyphort.survival.jit import is_large
from kyphort.survival.risk_sets import RiskSets, risk_sets, sum_slots

_DEPENDENT = 1e-11
_WIDEST_OFFSET = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A problem whose covariates are centred within strata and have a standard deviation of 1."""

    problem: Problem
    names: tuple[str, ...]
    scale: FloatArray

    def to_units(self, beta: FloatArray) -> FloatArray:
        """Return coefficients for one unit of each covariate."""
        return np.asarray(beta / self.scale)

    def covariance_to_units(self, covariance: FloatArray) -> FloatArray:
        """Return a covariance matrix of coefficients for one unit of each covariate."""
        return np.asarray(covariance / np.outer(self.scale, self.scale))


def scaled_problem(
    data: SurvivalData,
    is_event: BoolArray,
    design: Design,
    offset: ArrayLike | None,
    ties: Ties,
) -> Scaled:
    """Put rows in canonical order and covariates on one scale.

    Raises
    ------
    InvalidDataError
        When there is no event, a covariate does not vary, or an offset is wrong.
    """
    shift = None if offset is None else _check_offset(offset, len(data))
    sets = risk_sets(data, is_event, design.values, shift)
    centred = _centred(sets, sets.from_rows(design.values))
    scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(data))
    for name, spread, values in zip(design.names, scale, design.values.T, strict=True):
        if spread <= 1e-13 * max(1e-300, float(np.abs(values).max())):
            raise InvalidDataError(
                f"covariates '{name}': has the same value in all rows (of each stratum), so that "
                "no hazard ratio follows from it. Leave it out."
            )
    problem = Problem(
        sets,
        np.divide(centred, scale, out=centred),
        None if shift is None else sets.from_rows(shift),
        ties,
    )
    return Scaled(problem, design.names, scale)


def refuse_dependent(information: FloatArray, names: tuple[str, ...]) -> None:
    """Raise when a covariate adds nothing to those before it, by the information at zero."""
    for place, name in enumerate(names):
        before, own = information[:place, :place], information[place, place]
        mixed = information[place, :place]
        left = own - (mixed @ np.linalg.solve(before, mixed) if place else 0.0)
        if not left > _DEPENDENT * max(own, 1.0):
            others = "" if place == 0 else ", or it is a sum of multiples of those before it"
            raise InvalidDataError(
                f"covariates '{name}': does not vary among those at risk at any event{others}. "
                "Leave it out."
            )


def inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a symmetric positive definite matrix, symmetric to the last digit."""
    found = np.linalg.inv(matrix)
    return np.asarray((found + found.T) / 2.0)


def score_rows(problem: Problem, beta: FloatArray) -> FloatArray:
    """Return the score residual of each row in canonical order `(n, p)`, without case weights.

    ∫ (z - z̄) dM, the mean z̄ and the martingale M with the tied events' shares; the rows' sum is
    the gradient. Source: Therneau & Grambsch 2000, equation 4.11 and section 4.3.
    """
    return scores_of(problem, risk_moments(problem, beta))


def scores_of(problem: Problem, moments: RiskMoments) -> FloatArray:
    """Return `score_rows` from moments that are at hand."""
    sets, z = problem.sets, problem.design
    steps = moments.hazard[:, None] * np.concatenate(
        (np.ones((moments.mean.shape[0], 1)), moments.mean), axis=1
    )
    summed = cumulated(sets, moments, steps)
    found = moments.risk[:, None] * (summed[:, 1:] - z * summed[:, :1])
    found[sets.event_rows] += z[sets.event_rows] - slot_means(sets, moments)[sets.event_slot]
    return np.asarray(found)


def slot_means(sets: RiskSets, moments: RiskMoments) -> FloatArray:
    """Return the mean covariates at each slot `(m, p)`, over its events' shares."""
    return sum_slots(sets.event_slot, moments.mean, sets.slots) / sets.deaths[:, None]


def martingale_rows(sets: RiskSets, moments: RiskMoments) -> FloatArray:
    """Return observed less expected events of each row in canonical order `(n,)`."""
    return np.asarray(sets.is_event - expected_events(sets, moments))


def sum_by_label(values: FloatArray, label: IntArray) -> FloatArray:
    """Sum rows `(n, p)` by label, `(c, p)`."""
    return sum_slots(label, values, int(label.max()) + 1)


def likelihood_of(problem: Problem) -> Callable[[FloatArray], Likelihood]:
    """Return the log-likelihood as a function of scaled coefficients, by the way ties are met."""
    if problem.ties == "exact":
        from kyphort.survival.exact_ties import evaluate_exact  # noqa: PLC0415 - rarely asked for

        return lambda beta: evaluate_exact(problem, beta)
    if is_large(problem.design.shape[0]):
        from kyphort.survival.cox_many import evaluate_many  # noqa: PLC0415 - for many rows only

        return lambda beta: evaluate_many(problem, beta)
    return lambda beta: evaluate(problem, beta)


def _check_offset(offset: ArrayLike, rows: int) -> FloatArray:
    found = as_floats("offset", offset)
    check_length("offset", found.size, rows)
    if float(np.ptp(found)) > _WIDEST_OFFSET:
        raise InvalidDataError(
            f"offset: from {found.min():g} to {found.max():g}; hazards as far apart as exp of that "
            "are beyond what numbers hold. Pass the logarithm of a known hazard ratio."
        )
    return found


def _centred(sets: RiskSets, values: FloatArray) -> FloatArray:
    """Subtract the mean of each stratum, which no partial likelihood depends on."""
    if sets.stratum is None:
        values -= values.mean(axis=0)
        return values
    strata = int(sets.stratum[-1]) + 1
    rows = np.bincount(sets.stratum, minlength=strata)
    return np.asarray(
        values - (sum_slots(sets.stratum, values, strata) / rows[:, None])[sets.stratum]
    )
