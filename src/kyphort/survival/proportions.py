"""Shares of a count: exact limits, Fisher's exact test, the difference of two shares."""

import math
import operator
from fractions import Fraction

from kyphort.errors import InvalidDataError
from kyphort.survival.checks import check_level
from kyphort.survival.results import Estimate, FisherResult, Proportion
from kyphort.survival.transforms import normal_quantile


def exact_proportion(events: int, n: int, *, level: float = 0.95) -> Proportion:
    """Return a share with the exact limits of Clopper and Pearson.

    The lower limit p solves P(X ≥ events | n, p) = (1 - level) / 2, the upper one
    P(X ≤ events | n, p) = (1 - level) / 2; 0 of n begins at 0 and n of n ends at 1.

    Source: Clopper & Pearson 1934, doi 10.1093/biomet/26.4.404.

    Parameters
    ----------
    events, n
        Counts, 0 ≤ events ≤ n, n at least 1.
    level
        Confidence level of the limits.

    Raises
    ------
    InvalidDataError
        When a count is not a whole number, n is 0, or events exceed n.

    Examples
    --------
    >>> share = exact_proportion(8, 10)
    >>> round(share.lower, 4), round(share.upper, 4)
    (0.4439, 0.9748)
    """
    events, n = _check_counts("events", events, "n", n)
    check_level(level)
    from scipy.special import betainccinv, betaincinv  # noqa: PLC0415 - slow, needed only here

    tail = (1.0 - level) / 2.0
    lower = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    upper = 1.0 if events == n else float(betainccinv(events + 1, n - events, tail))
    return Proportion(events, n, events / n, lower, upper, level, "Clopper–Pearson exact limits")


def fisher_exact(a: int, n1: int, b: int, n2: int) -> FisherResult:
    """Test whether a of n1 and b of n2 share one proportion, by Fisher's exact test, two-sided.

    The p value is the probability, given all margins, of the tables no more probable than the one
    observed; it is summed in whole numbers, so ties are exact. The odds ratio is the sample's,
    a (n2 - b) / (b (n1 - a)): infinite when only the denominator is 0, NaN when both are.

    Source: Fisher 1935, doi 10.2307/2342435.

    Raises
    ------
    InvalidDataError
        When a count is not a whole number, a group is empty, or events exceed their group.

    Examples
    --------
    >>> result = fisher_exact(3, 4, 1, 4)
    >>> round(result.p_value, 4), result.odds_ratio
    (0.4857, 9.0)
    """
    a, n1 = _check_counts("a", a, "n1", n1)
    b, n2 = _check_counts("b", b, "n2", n2)
    smallest = max(0, a + b - n2)
    ways = _ways(n1, n2, a + b)
    observed = ways[a - smallest]
    p_value = float(Fraction(sum(way for way in ways if way <= observed), sum(ways)))
    return FisherResult(p_value, _odds_ratio(a, n1, b, n2), "Fisher's exact test, two-sided")


def proportion_difference(a: int, n1: int, b: int, n2: int, level: float = 0.95) -> Estimate:
    """Return a/n1 - b/n2 with Newcombe's hybrid score limits.

    The limits combine Wilson's score limits l, u of the two shares p₁, p₂, without continuity
    correction: p₁ - p₂ - √((p₁ - l₁)² + (u₂ - p₂)²) and p₁ - p₂ + √((u₁ - p₁)² + (p₂ - l₂)²). They
    are not built from a standard error, which is therefore NaN.

    Source: Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I,
    method 10.

    Raises
    ------
    InvalidDataError
        When a count is not a whole number, a group is empty, or events exceed their group.

    Examples
    --------
    >>> difference = proportion_difference(56, 70, 48, 80)
    >>> round(difference.lower, 4), round(difference.upper, 4)
    (0.0524, 0.3339)
    """
    a, n1 = _check_counts("a", a, "n1", n1)
    b, n2 = _check_counts("b", b, "n2", n2)
    z = normal_quantile(level)
    first, second = a / n1, b / n2
    lower_1, upper_1 = _wilson(a, n1, z)
    lower_2, upper_2 = _wilson(b, n2, z)
    value = first - second
    lower = value - math.hypot(first - lower_1, upper_2 - second)
    upper = value + math.hypot(upper_1 - first, second - lower_2)
    method = "difference of proportions, Newcombe's hybrid score limits (method 10)"
    return Estimate(value, float("nan"), lower, upper, level, method)


def _ways(n1: int, n2: int, total: int) -> list[int]:
    """Count the tables with x events in the first group, for every x the margins allow."""
    smallest, largest = max(0, total - n2), min(n1, total)
    ways = [math.comb(n1, smallest) * math.comb(n2, total - smallest)]
    for x in range(smallest, largest):
        ways.append(ways[-1] * (n1 - x) * (total - x) // ((x + 1) * (n2 - total + x + 1)))
    return ways


def _wilson(events: int, n: int, z: float) -> tuple[float, float]:
    centre = events + z * z / 2.0
    half = z * math.sqrt(z * z / 4.0 + events * (n - events) / n)
    # The limits of 0 of n and n of n end at 0 and 1; the formula misses them by rounding.
    lower = 0.0 if events == 0 else (centre - half) / (n + z * z)
    upper = 1.0 if events == n else (centre + half) / (n + z * z)
    return lower, upper


def _odds_ratio(a: int, n1: int, b: int, n2: int) -> float:
    above, below = a * (n2 - b), b * (n1 - a)
    if below == 0:
        return math.inf if above > 0 else math.nan
    return above / below


def _check_counts(name: str, events: int, n_name: str, n: int) -> tuple[int, int]:
    events, n = _whole(name, events), _whole(n_name, n)
    if n < 1:
        raise InvalidDataError(
            f"{n_name}: {n}. A share needs at least one observation; leave it out if there is none."
        )
    if not 0 <= events <= n:
        raise InvalidDataError(f"{name}: {events} of {n}. Allowed: 0 to {n}.")
    return events, n


def _whole(name: str, value: int) -> int:
    try:
        return operator.index(value)
    except TypeError as error:
        raise InvalidDataError(f"{name}: {value!r} is not a count. Pass a whole number.") from error
