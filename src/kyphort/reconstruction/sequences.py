"""What a search of numbers at risk ends with, and the log-rank test's chi-square."""

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist


class Status(StrEnum):
    """What a search ended with."""

    FOUND = "found"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A solution: for each event its interval, its arm, and the numbers at risk of all arms."""

    intervals: tuple[int, ...]
    arms: tuple[int, ...]
    at_risk: tuple[tuple[int, ...], ...]

    def pooled(self) -> tuple[int, ...]:
        """Return the number at risk of everybody at each event."""
        return tuple(map(sum, self.at_risk))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of a search, its solution, and for an optimum its value and proved bound."""

    status: Status
    sequence: Sequence | None = None
    value: float | None = None
    bound: float | None = None


def chi_square_window(p_low: float, p_high: float) -> tuple[float, float]:
    """Return the window of chi-square with one degree of freedom for a window of p.

    >>> [round(one, 3) for one in chi_square_window(0.05, 0.5)]
    [0.455, 3.841]
    """
    return _chi_square(p_high), _chi_square(p_low)


def _chi_square(p: float) -> float:
    if p <= 0:
        return math.inf
    return NormalDist().inv_cdf(p / 2) ** 2 if p < 1 else 0.0


def p_of(chi_square: float) -> float:
    """Return the p-value of chi-square with one degree of freedom.

    >>> round(p_of(3.841459), 4)
    0.05
    """
    return math.erfc(math.sqrt(max(0.0, chi_square) / 2))
