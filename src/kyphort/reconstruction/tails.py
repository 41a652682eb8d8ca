"""How many events come after the last landmark, when nobody printed the number of events.

Curves do not see these events; tests, hazard ratios and times of events do. The width of a printed
hazard ratio's limits tells how many there must be: its variance is near 1/d + 1/d' for d and d'
events (Schoenfeld 1981, doi:10.1093/biomet/68.1.316).
"""

import math
from collections.abc import Sequence

import numpy as np

from kyphort.reconstruction.statements import EndpointProblem, Kind, Statement

TRIES = 60
_Z = 1.959963984540054

Ends = tuple[int, int]


def matter(problem: EndpointProblem) -> bool:
    """Whether events after the last landmark change a printed number."""
    return any(one.against or one.kind in (Kind.LAST, Kind.MEDIAN) for one in problem.statements)


def drawn_tails(
    problem: EndpointProblem, so_far: Sequence[int], left: Sequence[int], rng: np.random.Generator
) -> list[int]:
    """Return events after the last landmark for each arm, up to those who are `left`.

    Of some random choices that one is taken which comes nearest to the widths of printed limits.
    """
    tries = [[int(rng.integers(0, most + 1)) for most in left] for _ in range(TRIES)]
    widths = list(_variances(problem))
    if not widths:
        return tries[0]
    misses = [
        sum(
            abs(math.log(_variance(so_far, one, pair) / wished)) for pair, wished in widths
        )
        for one in tries
    ]  # fmt: skip
    return tries[int(np.argmin(misses))]


def _variance(so_far: Sequence[int], after: Sequence[int], pair: Ends) -> float:
    return sum(1 / max(so_far[arm] + after[arm], 0.5) for arm in pair)


def _variances(problem: EndpointProblem) -> list[tuple[Ends, float]]:
    """Return the variance of each log hazard ratio that its two printed limits tell."""
    lowers, uppers = problem.of(Kind.HAZARD_LOWER), problem.of(Kind.HAZARD_UPPER)
    return [
        (_pair(low), ((math.log(_middle(high)) - math.log(_middle(low))) / (2 * _Z)) ** 2)
        for low in lowers
        for high in uppers
        if _pair(low) == _pair(high) and 0 < _middle(low) < _middle(high)
    ]


def _pair(one: Statement) -> Ends:
    return one.members[0], one.against[0]


def _middle(one: Statement) -> float:
    return 0.5 * (one.low + one.high)
