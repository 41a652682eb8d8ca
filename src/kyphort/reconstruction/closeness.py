"""How far many merged orders of exits are, at once, from tests and from pooled survival.

Distances are counted in half widths of the printed windows, so that a hazard ratio with three
digits and a p-value with two weigh alike; 0 where all fit.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.statements import EndpointProblem, Kind, Statement
from kyphort.reconstruction.two_arms import tail

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_HAZARDS = (Kind.HAZARD, Kind.HAZARD_LOWER, Kind.HAZARD_UPPER)
_Z = NormalDist().inv_cdf(0.975)
NEWTON_STEPS = 12


class Closeness:
    """The tests and pooled landmarks of one endpoint, ready to be held against merged orders.

    `interval` (n,) is the interval of every place of the order: the same for all of them.
    """

    def __init__(self, problem: EndpointProblem, interval: Integers) -> None:
        self.problem, self.interval = problem, interval
        self.pooled = [
            one for one in problem.of(Kind.SURVIVAL) if len(one.members) > 1 and one.cut is not None
        ]
        self.logranks = [(one, _root_window(one)) for one in problem.of(Kind.LOGRANK)]
        self.hazards: dict[tuple[int, int], list[Statement]] = {}
        for one in problem.of(*_HAZARDS):
            self.hazards.setdefault((one.members[0], one.against[0]), []).append(one)

    @property
    def is_asked(self) -> bool:
        """Whether anything depends on the order in which the arms merge."""
        return bool(self.pooled or self.logranks or self.hazards)

    def distances(self, arm: Integers, is_event: Flags) -> Floats:
        """Return the distance (m,) of merged orders, given as arms and events (m, n)."""
        number = int(is_event[0].sum())
        owners = arm[is_event].reshape(len(arm), number)
        at_risk = np.stack(
            [
                (size - np.cumsum(arm == one, axis=1) + (arm == one))[is_event].reshape(
                    owners.shape
                )
                for one, size in enumerate(self.problem.sizes)
            ],
            axis=2,
        ).astype(np.float64)
        total = np.zeros(len(arm))
        for one, window in self.logranks:
            total += _outside(np.sqrt(_chi_square(owners, at_risk, one)), *window)
        for pair, statements in self.hazards.items():
            total += _hazards_off(owners, at_risk, pair, statements)
        return total + self._pooled_off(at_risk, is_event)

    def _pooled_off(self, at_risk: Floats, is_event: Flags) -> Floats:
        total = np.zeros(len(at_risk))
        if not self.pooled:
            return total
        logs = np.log1p(-1 / np.maximum(at_risk.sum(axis=2), 1.0 + 1e-12))
        where = self.interval[is_event[0]]
        for one in self.pooled:
            assert one.cut is not None  # noqa: S101 - kept above
            before = where <= self.problem.cuts.index(one.cut)
            total += _outside(np.exp(logs[:, before].sum(axis=1)), one.low, one.high)
        return total


def _outside(values: Floats, low: float, high: float) -> Floats:
    """Return how many half widths values lie outside a window."""
    half = max(0.5 * (high - low), 1e-9) if math.isfinite(high) else 0.1
    found: Floats = np.maximum(np.maximum(low - values, values - high), 0.0) / half
    return found


def _root_window(one: Statement) -> tuple[float, float]:
    """Return the window of the root of chi-square that a printed p leaves."""
    df = len(one.against)
    return _root_with_tail(one.high, df), _root_with_tail(one.low, df)


def _root_with_tail(p: float, df: int) -> float:
    """Return the root of the chi-square whose upper tail is p, by bisection.

    >>> round(_root_with_tail(0.05, 1), 4)
    1.96
    """
    if p <= 0:
        return math.inf
    low, high = 0.0, 40.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if tail(middle**2, df) > p else (low, middle)
    return low


def _chi_square(owners: Integers, at_risk: Floats, one: Statement) -> Floats:
    """Return chi-square of the log-rank test of a statement's groups (m,), without ties."""
    groups = [one.members[0], *one.against]
    counted = np.isin(owners, groups)[:, :, None]
    numbers = at_risk[:, :, groups]
    share = counted * numbers / np.maximum(numbers.sum(axis=2, keepdims=True), 1e-12)
    observed = (owners[:, :, None] == np.array(groups)).sum(axis=1)
    difference = (observed - share.sum(axis=1))[:, :-1]
    own = share[:, :, :-1]
    if len(groups) == 2:
        variance = (own * (counted - own)).sum(axis=(1, 2))
        root: Floats = difference[:, 0] / np.sqrt(np.maximum(variance, 1e-12))
        return root**2
    identity = np.eye(len(groups) - 1)
    products = np.einsum("mei,mej->mij", own, own)
    matrix = own.sum(axis=1)[:, :, None] * identity - products + 1e-12 * identity
    found: Floats = (difference * np.linalg.solve(matrix, difference[:, :, None])[:, :, 0]).sum(1)
    return np.maximum(found, 0.0)


def _hazards_off(
    owners: Integers, at_risk: Floats, pair: tuple[int, int], statements: list[Statement]
) -> Floats:
    """Return how far one hazard ratio and its limits are from what is printed (m,)."""
    first, second = at_risk[:, :, pair[0]], at_risk[:, :, pair[1]]
    counted = (owners == pair[0]) | (owners == pair[1])
    observed = (owners == pair[0]).sum(axis=1)
    beta = np.full(len(owners), _start(statements))
    information = np.ones(len(owners))
    for _ in range(NEWTON_STEPS):
        weighted = np.exp(beta)[:, None] * first
        share = counted * weighted / np.maximum(weighted + second, 1e-12)
        information = np.maximum((share * (1 - share)).sum(axis=1), 1e-9)
        step = np.clip((observed - share.sum(axis=1)) / information, -1.0, 1.0)
        beta = np.clip(beta + step, -20, 20)
        if np.abs(step).max() < 1e-7:
            break
    error = 1 / np.sqrt(information)
    total = np.zeros(len(owners))
    for one in statements:
        side = {Kind.HAZARD: 0.0, Kind.HAZARD_LOWER: -_Z, Kind.HAZARD_UPPER: _Z}[one.kind]
        low, high = math.log(max(one.low, 1e-15)), math.log(max(one.high, 1e-15))
        total += _outside(beta + side * error, low, high)
    return total


def _start(statements: list[Statement]) -> float:
    """Return the printed log hazard ratio, near which the estimate will be."""
    ratio = next((one for one in statements if one.kind is Kind.HAZARD), None)
    return math.log(max(0.5 * (ratio.low + ratio.high), 1e-6)) if ratio else 0.0
