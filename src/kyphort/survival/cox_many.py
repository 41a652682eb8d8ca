"""The partial likelihood of many rows, by compiled loops that give what NumPy gives for few."""

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.cox_likelihood import Likelihood, Problem
from kyphort.survival.risk_sets import RiskSets


def evaluate_many(problem: Problem, beta: FloatArray) -> Likelihood:
    """Return what `evaluate` returns."""
    eta, risk, scale = _risk(problem, beta)
    none = np.empty((0, 2)), np.empty((0, 2, problem.size)), np.empty((0, problem.size))
    logarithms, gradient, information = _pass(problem, risk, *none)
    sets = problem.sets
    own = sets.weight[sets.event_rows]
    observed = float(np.sum(own * eta[sets.event_rows]))
    value = observed - logarithms - scale * float(sets.death_weight.sum())
    return Likelihood(value, gradient, information)


def scores_by_cluster(problem: Problem, beta: FloatArray, cluster: IntArray) -> FloatArray:
    """Return the weighted score residuals summed within clusters `(c, p)`.

    `cluster` `(n,)` is in canonical order.
    """
    from kyphort.survival import cox_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    sets, p = problem.sets, problem.size
    risk = _risk(problem, beta)[1]
    hazard, mean_hazard = np.zeros((sets.slots, 2)), np.zeros((sets.slots, 2, p))
    mean = np.zeros((sets.slots, p))
    _pass(problem, risk, hazard, mean_hazard, mean)
    summed = np.zeros((int(cluster.max()) + 1, p))
    cox_kernels.clustered_scores(
        *(problem.design, risk, sets.weight, sets.is_event, sets.first, sets.last),
        *(hazard, mean_hazard, mean, cluster, summed),
    )
    return summed


def _risk(problem: Problem, beta: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return η, exp(η - scale) times the case weight, and the scale."""
    eta = problem.linear_predictor(beta)
    scale = float(eta.max())
    return eta, problem.sets.weight * np.exp(eta - scale), scale


def _pass(
    problem: Problem,
    risk: FloatArray,
    hazard: FloatArray,
    mean_hazard: FloatArray,
    mean: FloatArray,
) -> tuple[float, FloatArray, FloatArray]:
    from kyphort.survival import cox_kernels  # noqa: PLC0415 - compiled loops, for many rows only

    sets, p = problem.sets, problem.size
    gradient, information = np.zeros(p), np.zeros((p, p))
    logarithms = cox_kernels.partial_likelihood(
        *(problem.design, risk, sets.weight, sets.is_event, sets.first, sets.last),
        *(_by_entry(sets), sets.bounds, problem.ties == "efron", gradient, information),
        *(hazard, mean_hazard, mean),
    )
    return float(logarithms), gradient, information


def _by_entry(sets: RiskSets) -> IntArray:
    """Return the rows that come late and are at risk at all, by falling first slot."""
    if not sets.has_entry:
        return np.empty(0, dtype=np.int64)
    late = np.flatnonzero((sets.first > sets.start) & (sets.first <= sets.last))
    return late[np.argsort(-sets.first[late], kind="stable")]
