"""Sequential importance sampling of numbers at risk: witnesses, diversity, and how many there are.

Particles draw the number at risk of every arm at one event after the other, uniformly from what
the hulls of the rest still allow, and are weighted by the number of choices they had. After each
event particles that cannot fit are lost and the others resampled, so that the product of the mean
weights estimates the number of solutions without bias (Del Moral, Doucet and Jasra 2006,
doi:10.1111/j.1467-9868.2006.00553.x).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.orders import Order, rules_of
from kyphort.reconstruction.sequences import Sequence, chi_square_window
from kyphort.reconstruction.statements import EndpointProblem, Kind, Statement
from kyphort.reconstruction.two_arms import chi_square, misses, pair_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SLACK = 1e-12
PARTICLES = 20_000
INSIDE = 0.02
"""Windows for construction are narrower by so much of their half width."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Solutions of one order: numbers at risk (particles, events, arms), and how many there are.

    `count` estimates how many sequences of one order fit all curves; `count_with_tests` those that
    fit the tests as well.
    """

    order: Order
    at_risk: Integers
    count: float
    count_with_tests: float

    def sequence(self, index: int) -> Sequence:
        """Return one solution."""
        numbers = tuple(map(tuple, self.at_risk[index].tolist()))
        return Sequence(self.order.intervals, self.order.arms, numbers)


def sample_order(
    problem: EndpointProblem,
    order: Order,
    particles: int,
    rng: np.random.Generator,
    inside: float = INSIDE,
) -> Pool:
    """Sample one order of events; the pool is empty when no particle fits.

    `inside` keeps solutions away from the edges of the rounding intervals, by this share of half a
    width; 0 for counting.
    """
    sampler = _Sampler(problem, order, particles, rng, inside)
    at_risk, count = sampler.run()
    fitting = _fit_tests(problem, order, at_risk, inside)
    share = float(fitting.mean()) if len(fitting) else 0.0
    return Pool(order, at_risk[fitting], count, count * share)


class _Sampler:
    def __init__(
        self,
        problem: EndpointProblem,
        order: Order,
        particles: int,
        rng: np.random.Generator,
        inside: float,
    ) -> None:
        self.problem, self.order, self.particles, self.rng = problem, order, particles, rng
        self.inside = inside
        self.events = len(order.arms)
        self.windows = {
            members: self._windows(members)
            for members in (*((arm,) for arm in problem.everybody), problem.everybody)
        }
        self.own_events = {
            members: [event for event in range(self.events) if order.arms[event] in members]
            for members in self.windows
        }

    def _windows(self, members: tuple[int, ...]) -> list[tuple[float, float]]:
        """Return, for each event of these arms, the window of log S right after it.

        The window is what is printed at cuts before the next such event, and what later windows
        leave when every number at risk has its whole range.
        """
        rules = rules_of(self.problem, members)
        mine = [event for event in range(self.events) if self.order.arms[event] in members]
        windows: list[tuple[float, float]] = []
        later = (-math.inf, 0.0)
        for position in range(len(mine) - 1, -1, -1):
            begin = self.order.intervals[mine[position]]
            end = (
                self.order.intervals[mine[position + 1]]
                if position + 1 < len(mine)
                else len(rules.survival)
            )
            low, high = later
            for window in rules.survival[begin:end]:
                if window is not None:
                    inside = (
                        self.inside * 0.5 * (window[1] - window[0]) if window[0] > -1e9 else 0.0
                    )
                    low, high = max(low, window[0] + inside), min(high, window[1] - inside)
            windows.insert(0, (low, high))
            fewest, most = self._range(members, mine[position])
            later = (low - _log(most), high - _log(fewest))
        return windows

    def _range(self, members: tuple[int, ...], event: int) -> tuple[int, int]:
        if len(members) == 1:
            return self.order.own[members[0]][event]
        return self.order.pooled[event]

    def run(self) -> tuple[Integers, float]:
        """Draw all particles; return them with the estimate of the number of solutions."""
        arms = len(self.problem.arms)
        numbers = np.zeros((self.particles, self.events, arms), dtype=np.int64)
        logs = {members: np.zeros(self.particles) for members in self.windows}
        log_count = 0.0
        for event in range(self.events):
            weight = self._draw(numbers, event)
            for members, so_far in logs.items():
                weight *= self._fits(numbers, so_far, members, event)
            mean = float(weight.mean())
            if mean <= 0:
                return numbers[:0], 0.0
            log_count += math.log(mean)
            kept = self._resampled(weight)
            numbers = numbers[kept]
            logs = {members: values[kept] for members, values in logs.items()}
        return numbers, math.exp(log_count)

    def _draw(self, numbers: Integers, event: int) -> Floats:
        """Draw the numbers at risk of one event; return how many choices each particle had."""
        choices = np.ones(self.particles)
        owner = self.order.arms[event]
        for arm in self.problem.everybody:
            low, high = self.order.own[arm][event]
            most = np.full(self.particles, high)
            if event:
                lost = int(self.order.arms[event - 1] == arm)
                most = np.minimum(most, numbers[:, event - 1, arm] - lost)
            least = np.full(self.particles, max(low, int(arm == owner)))
            width = np.maximum(most - least + 1, 0)
            choices *= width
            drawn = least + np.floor(self.rng.random(self.particles) * width).astype(np.int64)
            numbers[:, event, arm] = np.minimum(drawn, np.maximum(most, least))
        return choices

    def _fits(
        self, numbers: Integers, so_far: Floats, members: tuple[int, ...], event: int
    ) -> NDArray[np.bool_]:
        """Add an event to the curve of some arms, and say which particles can still end well."""
        at_risk = numbers[:, event, list(members)].sum(axis=1)
        low, high = self._range(members, event)
        fits: NDArray[np.bool_] = (at_risk >= low) & (at_risk <= high)
        if self.order.arms[event] in members:
            with np.errstate(divide="ignore"):
                so_far += np.where(at_risk > 1, np.log1p(-1 / np.maximum(at_risk, 2)), -np.inf)
            least, most = self.windows[members][self.own_events[members].index(event)]
            fits &= (so_far >= least - _SLACK) & (so_far <= most + _SLACK)
        return fits

    def _resampled(self, weight: Floats) -> NDArray[np.intp]:
        """Return particles in proportion to their weights (systematic resampling)."""
        shares = np.cumsum(weight) / weight.sum()
        points = (np.arange(self.particles) + self.rng.random()) / self.particles
        return np.minimum(np.searchsorted(shares, points), self.particles - 1)


def _log(number: int) -> float:
    return math.log1p(-1 / number) if number > 1 else -60.0


def _fit_tests(
    problem: EndpointProblem, order: Order, at_risk: Integers, inside: float
) -> NDArray[np.bool_]:
    """Return which particles give back every printed p-value and hazard ratio."""
    fits = np.ones(len(at_risk), dtype=bool)
    if not len(at_risk):
        return fits
    arms = np.array(order.arms)
    for one in problem.statements:
        if one.kind is Kind.LOGRANK and len(one.against) == 1:
            low, high = chi_square_window(one.low, one.high)
            found = chi_square(pair_of(at_risk, arms, one))
            room = inside * (high - low) if math.isfinite(high) else 0.0
            fits &= (found >= low + room) & (found <= high - room)
        if one.limit is not None:
            fits &= one.limit.hold(*_survival_and_sum(problem, order, at_risk, one))
        if one.kind is Kind.AT_RISK and len(one.members) > 1:
            fits &= _pooled_risk_fits(problem, order, at_risk, one)
    kept = np.flatnonzero(fits)
    fits[kept] &= misses(problem, at_risk[kept], arms) <= 0
    return fits


def _survival_and_sum(
    problem: EndpointProblem, order: Order, at_risk: Integers, one: Statement
) -> tuple[Floats, Floats]:
    """Return survival and Greenwood's sum of a statement's arms at its cut (m,)."""
    assert one.cut is not None  # noqa: S101 - a limit belongs to a time
    cut = problem.cuts.index(one.cut)
    mine = [
        event
        for event, (interval, arm) in enumerate(zip(order.intervals, order.arms, strict=True))
        if interval <= cut and arm in one.members
    ]
    numbers = at_risk[:, mine][:, :, list(one.members)].sum(axis=2).astype(np.float64)
    survival: Floats = (1 - 1 / np.maximum(numbers, 1.0)).prod(axis=1)
    parts = np.where(numbers > 1, 1 / np.maximum(numbers * (numbers - 1), 1.0), 0.0)
    return survival, parts.sum(axis=1)


def _pooled_risk_fits(
    problem: EndpointProblem, order: Order, at_risk: Integers, one: Statement
) -> NDArray[np.bool_]:
    assert one.cut is not None  # noqa: S101 - a number at risk belongs to a time
    cut = problem.cuts.index(one.cut)
    before = [event for event, interval in enumerate(order.intervals) if interval <= cut]
    pooled = at_risk.sum(axis=2)
    fits = np.ones(len(at_risk), dtype=bool)
    if before:
        fits &= pooled[:, before[-1]] - 1 >= one.low
    if len(before) < len(order.arms):
        fits &= pooled[:, len(before)] <= one.high
    return fits
