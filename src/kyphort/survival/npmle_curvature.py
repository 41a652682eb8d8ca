"""The curvature of an interval-censored likelihood among a support: solving, and multiplying.

A run that covers intervals low … high - 1 of the support adds w / P² to every pair of them. Few
intervals take the matrix itself. Many (known times, each of its own) take what a run is in terms of
the distribution function F = cumulated probabilities: an edge of weight w / P² between F(low) and
F(high), so that multiplying costs time proportional to the rows, and memory grows as the rows do.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from kyphort.errors import ConvergenceError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, count_at, with_start

MOST_DENSE = 2000
MOST_DENSE_OF_KNOWN = 300
"""Where rows join neighbours only, as known times do, few rounds suffice and edges win sooner."""

_RIDGE = 1e-12
_RESIDUAL = 1e-11
_MOST_IDLE = 20
_MOST_ROUNDS = 2000


class Curvature(Protocol):
    """A symmetric, positive definite matrix `(s, s)`; its diagonal holds a ridge."""

    @property
    def ridge(self) -> float:
        """What keeps alike intervals apart."""
        ...

    def solve(self, pull: FloatArray, free: BoolArray, near: FloatArray) -> FloatArray:
        """Return p `(s,)` with (matrix p = pull) where free and 0 elsewhere, starting near one."""
        ...

    def times(self, p: FloatArray) -> FloatArray:
        """Return matrix p `(s,)`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A matrix that is held."""

    matrix: FloatArray
    ridge: float

    def solve(self, pull: FloatArray, free: BoolArray, near: FloatArray) -> FloatArray:
        """Solve among the free by elimination."""
        del near
        if free.all():
            return np.asarray(np.linalg.solve(self.matrix, pull))
        found = np.zeros_like(pull)
        found[free] = np.linalg.solve(self.matrix[np.ix_(free, free)], pull[free])
        return found

    def times(self, p: FloatArray) -> FloatArray:
        """Return matrix p."""
        return np.asarray(self.matrix @ p)


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges of weight `each` `(r,)` between F(low) and F(high), 0 ≤ low ≤ high ≤ s, and a ridge.

    `beside` `(s,)` sums those between neighbours, whose F differ by one p, and the ridge; `far`
    names the others that count.
    """

    low: IntArray
    high: IntArray
    each: FloatArray
    size: int
    ridge: float
    beside: FloatArray = field(init=False)
    far: tuple[IntArray, IntArray, FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        """Set neighbours apart once."""
        apart = self.high - self.low
        is_next, is_far = apart == 1, apart > 1
        beside = self.ridge + count_at(self.low[is_next], self.each[is_next], self.size)
        object.__setattr__(self, "beside", beside)
        object.__setattr__(self, "far", (self.low[is_far], self.high[is_far], self.each[is_far]))

    def times(self, p: FloatArray) -> FloatArray:
        """Return matrix p."""
        return np.asarray(np.cumsum(self._from_far(p)[::-1])[::-1] + self.beside * p)

    def solve(self, pull: FloatArray, free: BoolArray, near: FloatArray) -> FloatArray:
        """Solve among the free by conjugate gradients, preconditioned by neighbouring levels.

        With known and right-censored times alone neighbours are all there is, and one round does.
        """
        before = np.concatenate(([0], np.cumsum(free)))
        levels = int(before[-1])
        part = Edges(before[self.low], before[self.high], self.each, levels, self.ridge)
        # Only what p lacks is solved for: a small p keeps its digits, which F would not hold.
        lacking = pull[free] - part.times(near[free])
        found = np.zeros_like(pull)
        found[free] = near[free] + part._rounds(_onto_steps(lacking))
        return found

    def _from_far(self, p: FloatArray) -> FloatArray:
        """Return the far edges' matrix times F(1) … F(s), the cumulated p."""
        low, high, each = self.far
        whole = with_start(0.0, np.cumsum(p))
        flow = each * (whole[high] - whole[low])
        places = self.size + 1
        return np.asarray((np.bincount(high, flow, places) - np.bincount(low, flow, places))[1:])

    def _matrix_times(self, level: FloatArray) -> FloatArray:
        p = np.diff(level, prepend=0.0)
        return np.asarray(self._from_far(p) + _onto_steps(self.beside * p))

    def _rounds(self, residual: FloatArray) -> FloatArray:
        """Return the steps of the F whose matrix product is a residual `(s,)`.

        Rounds end when little of it is left, or when rounding keeps what is left from shrinking.
        """
        neighbours = _Neighbours(self)
        left = least = _product(residual, residual)
        smallest, idle = _RESIDUAL**2 * left, 0
        level = np.zeros_like(residual)
        direction = moved = neighbours.solve(residual)
        product = _product(residual, moved)
        for _ in range(_MOST_ROUNDS):
            if left <= smallest or product <= 0.0 or idle >= _MOST_IDLE:
                break
            image = self._matrix_times(direction)
            length = product / _product(direction, image)
            level = level + length * direction
            residual = residual - length * image
            left = _product(residual, residual)
            idle = 0 if left < least / 4.0 else idle + 1
            least = left if idle == 0 else least
            moved = neighbours.solve(residual)
            product, last = _product(residual, moved), product
            direction = moved + product / last * direction
        return np.diff(level, prepend=0.0)


def _product(one: FloatArray, other: FloatArray) -> float:
    """Return Σ one × other, in one thread: those of BLAS cost more than they save, and vary."""
    return float(np.einsum("i,i", one, other))


def _onto_steps(values: FloatArray) -> FloatArray:
    """Return each value less the next one, 0 after the last."""
    return np.asarray(values - np.append(values[1:], 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """The part of an edges' matrix that joins neighbouring levels, factored once."""

    edges: Edges
    diagonal: FloatArray = field(init=False)
    beside: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Factor it into L D Lᵀ."""
        from scipy.linalg.lapack import dpttrf  # noqa: PLC0415 - slow to import, rarely needed

        edges, places = self.edges, self.edges.size + 1
        low, high, each = edges.far
        joined = count_at(high, each, places) + count_at(low, each, places)
        diagonal = joined[1:] + edges.beside + np.append(edges.beside[1:], 0.0)
        factored, lower, failed = dpttrf(diagonal, -edges.beside[1:])
        if failed:
            raise ConvergenceError(
                "left, right: weights differ so much that probabilities cannot be told apart. Look "
                "for a weight that is far smaller or larger than the others."
            )
        object.__setattr__(self, "diagonal", factored)
        object.__setattr__(self, "beside", lower)

    def solve(self, values: FloatArray) -> FloatArray:
        """Solve with it."""
        from scipy.linalg.lapack import dpttrs  # noqa: PLC0415 - slow to import, rarely needed

        found, _ = dpttrs(self.diagonal, self.beside, values)
        return np.asarray(found)


def curvature_of(low: IntArray, high: IntArray, each: FloatArray, size: int) -> Curvature:
    """Return the curvature of runs low … high - 1 with w / P² `(r,)` among `size` intervals.

    A ridge keeps alike intervals apart, and does not move a maximum.
    """
    covered = float(np.sum(each * (high - low)))
    ridge = _RIDGE * covered / size
    is_known = np.zeros(size, dtype=np.bool_)
    is_known[low[high - low == 1]] = True
    known = int(np.count_nonzero(is_known))
    if size > MOST_DENSE or (size > MOST_DENSE_OF_KNOWN and 2 * known > size):
        return Edges(low, high, each, size, ridge)
    return Dense(_matrix(low, high, each, size, ridge), ridge)


def _matrix(low: IntArray, high: IntArray, each: FloatArray, size: int, ridge: float) -> FloatArray:
    """Sum the runs: each is four corners, of which cumulated sums fill the square."""
    places = size + 1
    corners = count_at(low * places + high, each, places * places).reshape(places, places)
    ends = corners.sum(axis=1) + corners.sum(axis=0)
    corners += corners.T.copy()
    np.negative(corners, out=corners)
    corners[np.diag_indices(places)] += ends
    found = np.cumsum(np.cumsum(corners, axis=0)[:-1], axis=1)[:, :-1]
    found[np.diag_indices(size)] += ridge
    return np.asarray(found)
