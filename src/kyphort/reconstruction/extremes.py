"""The smallest and largest value that every printed number together allows, with its proof.

A value counts as proved when CP-SAT bounds it in every order of the events. Much of that is spared:
sampled solutions show what is attained, hulls what cannot be exceeded, and an order is searched
only for values better than those that are attained already.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kyphort.reconstruction.orders import Order
from kyphort.reconstruction.sampling import Pool, sample_order
from kyphort.reconstruction.search import solve_order
from kyphort.reconstruction.sequences import Outcome, Sequence, Status
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.statements import EndpointProblem
from kyphort.reconstruction.targets import AtRisk, ChiSquare, Difference, Target
from kyphort.reconstruction.two_arms import chi_square, difference, pair_of
from kyphort.reconstruction.witness import faults

SAMPLES = 4000
SAMPLED_ORDERS = 24
SECONDS = 30.0
"""Most seconds of one search."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A problem with its orders, and solutions that were sampled of each."""

    problem: EndpointProblem
    orders: tuple[Order, ...]
    pools: tuple[Pool, ...]


def searched(problem: EndpointProblem, found: list[Order], limits: Limits) -> Searched:
    """Sample solutions of the orders of a problem, so that extremes begin with what is attained."""
    rng = np.random.default_rng(limits.seed)
    sampled = found if len(found) <= SAMPLED_ORDERS else []
    pools = tuple(sample_order(problem, one, SAMPLES, rng, 0.0) for one in sampled)
    return Searched(problem, tuple(found), pools)


def extremes(of: Searched, target: Target, limits: Limits) -> tuple[float, float, bool]:
    """Return proved bounds of a target over all orders, and whether witnesses attain them.

    NaN when no order has a solution.
    """
    low, low_attained = _extreme(of, target, limits, largest=False)
    high, high_attained = _extreme(of, target, limits, largest=True)
    return low, high, low_attained and high_attained


def _extreme(of: Searched, target: Target, limits: Limits, *, largest: bool) -> tuple[float, bool]:
    pick = max if largest else min
    found = _sampled(of, target, largest=largest)
    best = pick(found.values()) if found else None
    attained = best
    # The most promising order first: the others then only have to be refused.
    nothing = -math.inf if largest else math.inf
    promising = sorted(
        range(len(of.orders)), key=lambda one: found.get(one, nothing), reverse=largest
    )
    for order in (of.orders[one] for one in promising):
        edge = _edge(order, target, largest=largest)
        if best is not None and edge is not None and pick(edge, best) == best:
            continue
        outcome = Outcome(Status.UNKNOWN)
        if limits.left > 0:
            outcome = solve_order(
                of.problem, order, limits.share(SECONDS), target, largest=largest, beyond=best
            )
        if outcome.status is Status.IMPOSSIBLE:
            continue
        bound = _bound(outcome, edge, target, largest=largest)
        best = bound if best is None else pick(best, bound)
        if math.isinf(best):
            return best, False
        if outcome.value is not None:
            attained = outcome.value if attained is None else pick(attained, outcome.value)
    if best is None:
        return math.nan, True
    return best, attained is not None and abs(best - attained) < 1e-9


def _edge(order: Order, target: Target, *, largest: bool) -> float | None:
    """Return what hulls alone do not let a number at risk exceed."""
    if not isinstance(target, AtRisk):
        return None
    side = 1 if largest else 0
    if len(target.members) == len(order.own) > 1:
        return float(order.pooled[target.event][side])
    return float(sum(order.own[arm][target.event][side] for arm in target.members))


def _bound(outcome: Outcome, edge: float | None, target: Target, *, largest: bool) -> float:
    if outcome.bound is not None:
        return outcome.bound
    if edge is not None:
        return edge
    if largest:
        return math.inf
    return -math.inf if isinstance(target, Difference) else 0.0


def _sampled(of: Searched, target: Target, *, largest: bool) -> dict[int, float]:
    """Return, by order, the best value of a sampled solution that plain arithmetic confirms."""
    return {
        position: value
        for position, pool in enumerate(of.pools)
        for value, sequence in _best_of(pool, target, largest=largest)
        if not faults(of.problem, sequence)
    }


def _best_of(pool: Pool, target: Target, *, largest: bool) -> Iterator[tuple[float, Sequence]]:
    if not len(pool.at_risk):
        return
    if isinstance(target, AtRisk):
        values = pool.at_risk[:, target.event][:, list(target.members)].sum(axis=1).astype(float)
    elif isinstance(target, Difference):
        pair = pair_of(pool.at_risk, np.array(pool.order.arms), target.statement)
        margin = -DIFFERENCE_MARGIN if largest else DIFFERENCE_MARGIN
        values = difference(pair) + margin
    elif isinstance(target, ChiSquare):
        pair = pair_of(pool.at_risk, np.array(pool.order.arms), target.statement)
        # Tables of the solver are rounded; a value that is not quite attained stays to be searched.
        values = chi_square(pair) + (-CHI_MARGIN if largest else CHI_MARGIN)
    else:
        return
    index = int(values.argmax() if largest else values.argmin())
    yield float(values[index]), pool.sequence(index)


CHI_MARGIN = 2e-5
"""What rounding in the solver's tables can do to chi-square."""
DIFFERENCE_MARGIN = 1e-5
"""The same for observed less expected events."""
