"""Windows that meet in a single value, and whether a curve can have exactly this survival.

Where no event lies between two landmarks, the curve has one survival at both. When the last digits
differ by one, only the value on the edge of both rounding intervals is left, such as 0.8005 between
80.0 % and 80.1 %. A Kaplan-Meier estimate is a product of (n − 1)/n over the numbers at risk at its
events. In lowest terms a prime of its numerator divides some n − 1, and one of its denominator some
n: where no number at risk allows that, the value cannot be.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from kyphort.reconstruction.hull import ArmRules

_SAME = 1e-10
_DIGITS = 9
"""Decimals of a survival that is on the edge of a rounding interval."""


def excluded_by_edge(
    rules: ArmRules, events: Sequence[int], ranges: Sequence[tuple[int, int]]
) -> bool:
    """Whether some survival that must be met exactly is no product of (n − 1)/n.

    `events` are those of each interval, `ranges` the numbers at risk at each event.

    Examples
    --------
    >>> from math import log
    >>> window = (log(0.7995), log(0.8005)), (log(0.8005), log(0.8015))
    >>> rules = ArmRules(89, window, (None, None), (None, None), 1)
    >>> excluded_by_edge(rules, (1, 0, 0), [(2, 89)])  # 0.8005 = 1601/2000, and 1601 is a prime
    True
    """
    for value, number in exact_values(rules, events):
        exact = Fraction(round(value, _DIGITS)).limit_denominator(10**_DIGITS)
        known = ranges[:number]
        if not all(_divides(prime, known, 1) for prime in _primes(exact.numerator)):
            return True
        if not all(_divides(prime, known, 0) for prime in _primes(exact.denominator)):
            return True
    return False


def exact_values(rules: ArmRules, events: Sequence[int]) -> Iterator[tuple[float, int]]:
    """Yield survivals strictly between 0 and 1 that must be met exactly, and the events so far."""
    low, high, so_far = -math.inf, 0.0, 0
    for here, window in zip(events, rules.survival, strict=False):
        if here:
            low, high = -math.inf, 0.0
            so_far += here
        if window is None:
            continue
        low, high = max(low, window[0]), min(high, window[1])
        if abs(high - low) < _SAME and high < 0:
            yield math.exp(0.5 * (low + high)), so_far


def _divides(prime: int, ranges: Sequence[tuple[int, int]], shift: int) -> bool:
    """Whether some number n at risk can have n − shift divisible by a prime."""
    return any((high - shift) // prime * prime >= max(low - shift, 1) for low, high in ranges)


def _primes(number: int) -> Iterator[int]:
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            yield factor
            while number % factor == 0:
                number //= factor
        factor += 1
    if number > 1:
        yield number
