"""The exact partial likelihood of tied times: the conditional likelihood of discrete hazards.

At a time with d events among n at risk the events' product of risk scores stands over the sum of
such products over all subsets of d. That sum, its mean and its covariance are built up row by row:
with L(j) the logarithm of the sum over subsets of j rows, a row with score η gives
L(j) ← log(exp L(j) + exp(η + L(j - 1))), and means and covariances mix with the same two shares, so
that nothing overflows however large the risk set.
"""

from collections.abc import Iterator

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.cox_likelihood import Likelihood, Problem


class _Subsets:
    """Sums over subsets of up to `most` rows: logarithm `(k,)`, mean `(k, p)`, covariance."""

    def __init__(self, most: int, covariates: int) -> None:
        self.logarithm = np.full(most + 1, -np.inf)
        self.logarithm[0] = 0.0
        self.mean = np.zeros((most + 1, covariates))
        self.covariance = np.zeros((most + 1, covariates, covariates))

    def add(self, eta: float, z: FloatArray) -> None:
        """Let one more row be at risk."""
        taken = eta + self.logarithm[:-1]
        logarithm = np.logaddexp(self.logarithm[1:], taken)
        known = taken > -np.inf
        share = np.exp(np.subtract(taken, logarithm, out=np.full_like(taken, -np.inf), where=known))
        apart = self.mean[:-1] + z - self.mean[1:]
        between = (share * (1.0 - share))[:, None, None] * apart[:, :, None] * apart[:, None, :]
        one = share[:, None, None]
        self.covariance[1:] += one * (self.covariance[:-1] - self.covariance[1:]) + between
        self.mean[1:] += share[:, None] * apart
        self.logarithm[1:] = logarithm


def evaluate_exact(problem: Problem, beta: FloatArray) -> Likelihood:
    """Return the exact log partial likelihood with its first two derivatives.

    Source: Cox 1972, section 8, doi 10.1111/j.2517-6161.1972.tb00899.x; Gail, Lubin & Rubinstein
    1981, doi 10.1093/biomet/68.3.703 (the recursion).
    """
    sets, size = problem.sets, problem.size
    eta, events = problem.linear_predictor(beta), sets.event_rows
    value = float(eta[events].sum())
    gradient = problem.design[events].sum(axis=0)
    information = np.zeros((size, size))
    for low, high in zip(sets.bounds[:-1], sets.bounds[1:], strict=True):
        for slot, subsets in _by_slot(problem, eta, int(low), int(high)):
            d = int(sets.deaths[slot])
            value -= float(subsets.logarithm[d])
            gradient = gradient - subsets.mean[d]
            information += subsets.covariance[d]
    return Likelihood(value, gradient, (information + information.T) / 2.0)


def _by_slot(
    problem: Problem, eta: FloatArray, low: int, high: int
) -> Iterator[tuple[int, _Subsets]]:
    """Yield the subsets at each slot of a stratum, from the last back; rows join as it goes."""
    sets = problem.sets
    most = int(sets.deaths[low:high].max()) if high > low else 0
    subsets = _Subsets(most, problem.size)
    joining = np.searchsorted(sets.last, np.arange(low, high + 1))
    for slot in range(high - 1, low - 1, -1):
        rows: IntArray = np.arange(joining[slot - low], joining[slot - low + 1])
        if sets.has_entry:
            # Rows that have not come yet cannot be taken out of sums: these start anew.
            subsets = _Subsets(int(sets.deaths[slot]), problem.size)
            rows = np.flatnonzero((sets.first <= slot) & (sets.last >= slot))
        for row in rows:
            subsets.add(float(eta[row]), problem.design[row])
        yield slot, subsets
