"""Log-rank and Cox statistics of many sequences at once, from numbers at risk at the events."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.statements import EndpointProblem, Kind, Statement

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TEST_KINDS = (Kind.LOGRANK, Kind.HAZARD, Kind.HAZARD_LOWER, Kind.HAZARD_UPPER)
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms at their events: numbers at risk (m, events), and which events are the first's."""

    first: Floats
    second: Floats
    is_first: NDArray[np.bool_]


def pair_of(at_risk: Integers, arms: Integers, one: Statement) -> Pair:
    """Return the two arms of a test, from numbers at risk (m, events, arms)."""
    both = (arms == one.members[0]) | (arms == one.against[0])
    return Pair(
        at_risk[:, both, one.members[0]].astype(np.float64),
        at_risk[:, both, one.against[0]].astype(np.float64),
        arms[both] == one.members[0],
    )


def difference(pair: Pair) -> Floats:
    """Return observed less expected events of the first arm (m,)."""
    found: Floats = pair.is_first.sum() - _share(pair).sum(axis=1)
    return found


def chi_square(pair: Pair) -> Floats:
    """Return chi-square of the log-rank test (m,)."""
    share = _share(pair)
    variance = (share * (1 - share)).sum(axis=1)
    found: Floats = difference(pair) ** 2 / np.maximum(variance, 1e-12)
    return found


def _share(pair: Pair) -> Floats:
    found: Floats = pair.first / np.maximum(pair.first + pair.second, 1e-12)
    return found


def logrank_p(at_risk: Integers, arms: Integers, one: Statement) -> Floats:
    """Return the log-rank p-value of two groups or more (m,), for events that are not tied."""
    groups = [one.members[0], *one.against]
    chosen = np.isin(arms, groups)
    numbers = at_risk[:, chosen][:, :, groups].astype(np.float64)
    share = numbers / np.maximum(numbers.sum(axis=2, keepdims=True), 1e-12)
    observed = np.array([(arms[chosen] == group).sum() for group in groups])
    difference = (observed - share.sum(axis=1))[:, :-1]
    size = len(groups) - 1
    own = share[:, :, :-1]
    variance = np.einsum("mei,ij->mij", own, np.eye(size)) - np.einsum("mei,mej->mij", own, own)
    variance += 1e-12 * np.eye(size)
    solved = np.linalg.solve(variance, difference[:, :, None])[:, :, 0]
    return np.array([tail(chi, size) for chi in (difference * solved).sum(axis=1)])


def tail(chi: float, df: int) -> float:
    """Return the upper tail of chi-square by its recurrence in the degrees of freedom.

    >>> round(tail(5.991465, 2), 4), round(tail(7.814728, 3), 4)
    (0.05, 0.05)
    """
    half = max(0.0, chi) / 2
    if half == 0:
        return 1.0
    if df % 2:
        found, term, step = (
            math.erfc(math.sqrt(half)),
            math.exp(-half) / math.sqrt(math.pi * half),
            0.5,
        )
    else:
        found, term, step = 0.0, math.exp(-half) / half, 0.0
    while 2 * step < df - 1e-9:
        term *= half / step if step else half
        found += term
        step += 1
    return found


def log_hazard_ratio(pair: Pair) -> tuple[Floats, Floats]:
    """Return coefficient and standard error of Cox regression (m,), by Newton's method."""
    beta = np.zeros(len(pair.first))
    observed = float(pair.is_first.sum())
    information = np.ones_like(beta)
    for _ in range(25):
        weighted = np.exp(beta)[:, None] * pair.first
        share = weighted / np.maximum(weighted + pair.second, 1e-12)
        information = np.maximum((share * (1 - share)).sum(axis=1), 1e-9)
        step = np.clip((observed - share.sum(axis=1)) / information, -1.0, 1.0)
        beta = np.clip(beta + step, -20, 20)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    return beta, 1 / np.sqrt(information)


def misses(problem: EndpointProblem, at_risk: Integers, arms: Integers) -> Floats:
    """Return how far every test is from its window, summed (m,): 0 where all fit."""
    total = np.zeros(len(at_risk))
    for one in problem.of(*TEST_KINDS):
        if one.kind is Kind.LOGRANK:
            total += _outside(one, np.log(logrank_p(at_risk, arms, one) + 1e-15))
        else:
            total += _miss(one, pair_of(at_risk, arms, one))
    return total


def _miss(one: Statement, pair: Pair) -> Floats:
    beta, error = log_hazard_ratio(pair)
    side = {Kind.HAZARD: 0.0, Kind.HAZARD_LOWER: -_Z, Kind.HAZARD_UPPER: _Z}[one.kind]
    return _outside(one, beta + side * error)


def _outside(one: Statement, values: Floats) -> Floats:
    """Return how far logarithms are from the window of a statement."""
    low, high = math.log(max(one.low, 1e-15)), math.log(max(one.high, 1e-15))
    found: Floats = np.maximum(np.maximum(low - values, values - high), 0.0)
    return found
