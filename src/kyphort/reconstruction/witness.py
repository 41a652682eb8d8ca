"""Checking a solution by plain arithmetic, apart from the solver that found it."""

import math
from collections.abc import Sequence as Many

import numpy as np

from kyphort.reconstruction.sequences import Sequence, p_of
from kyphort.reconstruction.statements import EndpointProblem, Kind, Statement
from kyphort.reconstruction.two_arms import logrank_p

_SLACK = 1e-9
_Z = 1.959963984540054


def faults(problem: EndpointProblem, sequence: Sequence) -> list[str]:
    """Return the printed numbers that a sequence does not give back, in words."""
    return [one.text for one in problem.statements if not _holds(problem, sequence, one)]


def _holds(problem: EndpointProblem, sequence: Sequence, one: Statement) -> bool:
    if one.kind is Kind.AT_RISK:
        return _at_risk_fits(problem, sequence, one)
    if one.limit is not None:
        # A window of Greenwood's sum alone leaves open which survival it belongs to.
        survival, spread = survival_at(problem, sequence, one), greenwood_at(problem, sequence, one)
        return one.limit.holds(survival, spread)
    return _within(_value(problem, sequence, one), one)


_SIDES = {Kind.HAZARD: 0.0, Kind.HAZARD_LOWER: -1.0, Kind.HAZARD_UPPER: 1.0}


def _value(problem: EndpointProblem, sequence: Sequence, one: Statement) -> float:
    match one.kind:
        case Kind.SURVIVAL | Kind.NEVER_BELOW:
            return survival_at(problem, sequence, one)
        case Kind.GREENWOOD:
            return greenwood_at(problem, sequence, one)
        case Kind.LOGRANK:
            return logrank_of(sequence, one)
        case Kind.EVENTS:
            return float(len(_events(problem, sequence, one)))
        case Kind.HAZARD | Kind.HAZARD_LOWER | Kind.HAZARD_UPPER:
            return hazard_ratio(sequence, one.members[0], one.against[0], _SIDES[one.kind])
    # Times of events are settled by the order.
    return 0.5 * (one.low + one.high)


def _within(value: float, one: Statement) -> bool:
    return one.low - _SLACK <= value <= one.high + _SLACK


def _events(problem: EndpointProblem, sequence: Sequence, one: Statement) -> list[int]:
    last = len(problem.cuts) if one.cut is None else problem.cuts.index(one.cut)
    return [
        event
        for event, (interval, arm) in enumerate(zip(sequence.intervals, sequence.arms, strict=True))
        if interval <= last and arm in one.members
    ]


def survival_at(problem: EndpointProblem, sequence: Sequence, one: Statement) -> float:
    """Return the Kaplan-Meier estimate of a statement's arms at its cut."""
    survival = 1.0
    for event in _events(problem, sequence, one):
        number = sum(sequence.at_risk[event][arm] for arm in one.members)
        survival *= 1 - 1 / number
    return survival


def greenwood_at(problem: EndpointProblem, sequence: Sequence, one: Statement) -> float:
    """Return Greenwood's sum of a statement's arms at its cut."""
    numbers = (
        sum(sequence.at_risk[event][arm] for arm in one.members)
        for event in _events(problem, sequence, one)
    )
    return sum(1 / (number * (number - 1)) for number in numbers if number > 1)


def logrank(sequence: Sequence, arm: int, other: int) -> float:
    """Return chi-square of the log-rank test of two arms, for events that are not tied."""
    difference = variance = 0.0
    for owner, numbers in zip(sequence.arms, sequence.at_risk, strict=True):
        if owner not in (arm, other):
            continue
        share = numbers[arm] / (numbers[arm] + numbers[other])
        difference += (owner == arm) - share
        variance += share * (1 - share)
    return difference**2 / variance if variance else 0.0


def logrank_of(sequence: Sequence, one: Statement) -> float:
    """Return the p-value of a log-rank test of two groups or more."""
    if len(one.against) == 1:
        return p_of(logrank(sequence, one.members[0], one.against[0]))
    if not sequence.arms:
        return 1.0
    at_risk, arms = np.array(sequence.at_risk)[None], np.array(sequence.arms)
    return float(logrank_p(at_risk, arms, one)[0])


def hazard_ratio(sequence: Sequence, arm: int, other: int, side: float = 0.0) -> float:
    """Return the hazard ratio of Cox regression on one binary covariate, by bisection.

    `side` −1 or 1 gives its lower or upper 95 % limit.
    """
    pairs = [
        (owner == arm, numbers[arm], numbers[other])
        for owner, numbers in zip(sequence.arms, sequence.at_risk, strict=True)
        if owner in (arm, other)
    ]
    low, high = -20.0, 20.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        score = _score(pairs, math.exp(middle))
        low, high = (middle, high) if score > 0 else (low, middle)
    beta = 0.5 * (low + high)
    ratio = math.exp(beta)
    shares = [ratio * mine / (ratio * mine + its) for _, mine, its in pairs]
    information = sum(share * (1 - share) for share in shares)
    if not information:
        return math.nan
    # Without an event in one arm a limit is beyond all numbers.
    return math.exp(min(700.0, beta + side * _Z / math.sqrt(information)))


def _score(pairs: Many[tuple[bool, int, int]], ratio: float) -> float:
    return sum(is_mine - ratio * mine / (ratio * mine + its) for is_mine, mine, its in pairs)


def _at_risk_fits(problem: EndpointProblem, sequence: Sequence, one: Statement) -> bool:
    """Whether the events around a cut leave room for the printed number at risk."""
    assert one.cut is not None  # noqa: S101 - a number at risk belongs to a time
    cut = problem.cuts.index(one.cut)
    most, fewest = sum(problem.sizes[arm] for arm in one.members), 0
    for event, interval in enumerate(sequence.intervals):
        number = sum(sequence.at_risk[event][arm] for arm in one.members)
        if interval <= cut:
            most = number - (sequence.arms[event] in one.members)
        else:
            fewest = max(fewest, number)
    return fewest <= one.low and one.high <= most
