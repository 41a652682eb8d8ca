"""The partial likelihood of a proportional hazards model, its derivatives, and what rows add to it.

Sums over risk sets are formed once for each event time. At a tie of d events Efron's method takes d
denominators, S₀ - (l / d) D₀ for l = 0 … d - 1, where S₀ sums the risk scores of those at risk and
D₀ those of the events; Breslow's takes S₀ each time. The second moment of risk sets is never
accumulated: Σ over events of S₂ / S₀ is the moment of all rows, each weighted by the events that it
was expected to have, so that one evaluation takes n p² steps after a single sort.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.risk_sets import RiskSets, sum_slots

Ties = Literal["efron", "breslow", "exact"]
"""How tied events share a risk set."""


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """Log-likelihood, its gradient `(p,)`, and minus its second derivative `(p, p)`."""

    value: float
    gradient: FloatArray
    information: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows in canonical order with covariates `(n, p)` and offsets `(n,)`, ready to be fitted."""

    sets: RiskSets
    design: FloatArray
    offset: FloatArray | None
    ties: Ties

    @property
    def size(self) -> int:
        """How many coefficients there are."""
        return int(self.design.shape[1])

    def linear_predictor(self, beta: FloatArray) -> FloatArray:
        """Return η of each row `(n,)`."""
        # Not a product by BLAS, whose sums may vary with the number of threads.
        eta: FloatArray = np.einsum("ij,j->i", self.design, beta)
        return eta if self.offset is None else eta + self.offset


@dataclass(frozen=True, slots=True, eq=False)
class RiskMoments:
    """What a likelihood is made of, at given coefficients.

    An event is one entry `(e,)` of the arrays that follow, in ascending order of slots: the weight
    it carries, its share l / d of the tied events taken out of the risk set, the denominator, and
    the mean covariates `(e, p)`. `risk` `(n,)` is exp(η), scaled; `log_scale` what was taken out.
    """

    eta: FloatArray
    risk: FloatArray
    log_scale: float
    weight: FloatArray
    taken: FloatArray
    denominator: FloatArray
    mean: FloatArray
    at_risk: FloatArray

    @property
    def hazard(self) -> FloatArray:
        """The step of the baseline hazard that each event makes, at scaled risk `(e,)`."""
        return np.asarray(self.weight / self.denominator)


def risk_moments(problem: Problem, beta: FloatArray) -> RiskMoments:
    """Return the denominators and mean covariates of every event."""
    sets = problem.sets
    eta = problem.linear_predictor(beta)
    log_scale = float(eta.max())
    risk = np.exp(eta - log_scale)
    weighted = sets.weight * risk
    values = np.concatenate((weighted[:, None], weighted[:, None] * problem.design), axis=1)
    slot = sets.event_slot
    at_risk = sets.at_risk_sums(values)[slot]
    weight, taken = _shares(sets, problem.ties)
    left = at_risk
    if taken.any():
        left = at_risk - taken[:, None] * sets.event_sums(values)[slot]
    return RiskMoments(
        *(eta, risk, log_scale, weight, taken),
        left[:, 0],
        left[:, 1:] / left[:, :1],
        at_risk[:, 0],
    )


def evaluate(problem: Problem, beta: FloatArray) -> Likelihood:
    """Return the log partial likelihood with its first two derivatives.

    Source: Efron 1977, doi 10.1080/01621459.1977.10480613; Breslow 1974, doi 10.2307/2529620;
    Therneau & Grambsch 2000, section 3.3, doi 10.1007/978-1-4757-3294-8.
    """
    sets, moments = problem.sets, risk_moments(problem, beta)
    own = sets.weight[sets.event_rows]
    observed = np.sum(own * moments.eta[sets.event_rows])
    logarithms = np.log(moments.denominator) + moments.log_scale
    value = float(observed - np.sum(moments.weight * logarithms))
    expected = expected_events(sets, moments) * sets.weight
    gradient = np.einsum("i,ij->j", own, problem.design[sets.event_rows])
    gradient = gradient - np.einsum("e,ej->j", moments.weight, moments.mean)
    return Likelihood(value, gradient, _information(problem.design, expected, moments))


def second_moments(problem: Problem, moments: RiskMoments) -> FloatArray:
    """Return the mean of z zᵀ in each event's risk set `(e, p, p)`."""
    sets, z = problem.sets, problem.design
    p = problem.size
    products = (z[:, :, None] * z[:, None, :]).reshape(-1, p * p)
    weighted = (sets.weight * moments.risk)[:, None] * products
    slot = sets.event_slot
    summed = sets.at_risk_sums(weighted)[slot]
    if moments.taken.any():
        summed = summed - moments.taken[:, None] * sets.event_sums(weighted)[slot]
    return np.asarray((summed / moments.denominator[:, None]).reshape(-1, p, p))


def expected_events(sets: RiskSets, moments: RiskMoments) -> FloatArray:
    """Return the events that each row was expected to have `(n,)`: exp(η) ∫ dΛ while at risk."""
    return np.asarray(moments.risk * cumulated(sets, moments, moments.hazard[:, None])[:, 0])


def cumulated(sets: RiskSets, moments: RiskMoments, steps: FloatArray) -> FloatArray:
    """Sum steps of events `(e, q)` over each row's time at risk `(n, q)`.

    A row with an event shares its risk set with those tied with it: it is there 1 - l / d times.
    """
    by_slot = sum_slots(sets.event_slot, steps, sets.slots)
    total = sets.over_range(by_slot)
    if moments.taken.any():
        missed = sum_slots(sets.event_slot, moments.taken[:, None] * steps, sets.slots)
        total[sets.event_rows] -= missed[sets.event_slot]
    return total


def rank_in_slot(slot: IntArray) -> IntArray:
    """Return the place of each entry among those of its slot, from 0; slots ascending.

    >>> rank_in_slot(np.array([0, 0, 1, 4, 4])).tolist()
    [0, 1, 0, 0, 1]
    """
    starts = np.flatnonzero(np.diff(slot, prepend=-1))
    sizes = np.diff(starts, append=slot.size)
    return np.asarray(np.arange(slot.size) - np.repeat(starts, sizes))


def _shares(sets: RiskSets, ties: Ties) -> tuple[FloatArray, FloatArray]:
    """Return the mean weight of the events of each event's slot, and its l / d, `(e,)` each."""
    slot = sets.event_slot
    weight = (sets.death_weight / sets.deaths)[slot]
    if ties != "efron":
        return weight, np.zeros(slot.size)
    return weight, rank_in_slot(slot) / sets.deaths[slot]


def _information(design: FloatArray, expected: FloatArray, moments: RiskMoments) -> FloatArray:
    weighted_mean = moments.weight[:, None] * moments.mean
    found = gram(design, expected[:, None] * design) - gram(moments.mean, weighted_mean)
    return (found + found.T) / 2.0


def gram(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return leftᵀ right `(p, q)`, summed in the order of rows whatever the number of threads."""
    return np.asarray(np.einsum("ij,ik->jk", left, right))
