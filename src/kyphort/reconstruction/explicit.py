"""From numbers at risk at few events to all exits in order."""

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.merging import Merged
from kyphort.reconstruction.reach import reached
from kyphort.reconstruction.sequences import Sequence
from kyphort.reconstruction.statements import EndpointProblem, Kind

Integers = NDArray[np.int64]


def explicit(
    problem: EndpointProblem, sequence: Sequence, rng: np.random.Generator
) -> Merged | None:
    """Place censored exits so that the numbers at risk come out; None when a printed one cannot.

    Between two events the exits are spread over the intervals in proportion to their length.
    """
    marks = risk_at_cuts(problem, sequence, rng)
    if marks is None:
        return None
    exits: list[_Exit] = []
    left = np.array(problem.sizes)
    event = 0
    for here in range(len(problem.cuts) + 1):
        while event < len(sequence.arms) and sequence.intervals[event] == here:
            target = np.array(sequence.at_risk[event])
            exits += _leaving(left - target, here, rng)
            exits.append((here, sequence.arms[event], True))
            left = target.copy()
            left[sequence.arms[event]] -= 1
            event += 1
        target = marks[here] if here < len(problem.cuts) else np.zeros_like(left)
        exits += _leaving(left - target, here, rng)
        left = target
    interval, arm, is_event = (np.array(column) for column in zip(*exits, strict=True))
    return Merged(interval, np.linspace(0.0, 1.0, len(interval)), arm, is_event)


_Exit = tuple[int, int, bool]


def _leaving(leaving: Integers, here: int, rng: np.random.Generator) -> list[_Exit]:
    """Return censored exits of an interval in random order."""
    owners = rng.permutation(np.repeat(np.arange(len(leaving)), leaving))
    return [(here, owner, False) for owner in owners.tolist()]


def risk_at_cuts(
    problem: EndpointProblem, sequence: Sequence, rng: np.random.Generator
) -> list[Integers] | None:
    """Return the numbers at risk of all arms at every cut: printed, or between those around."""
    arms, cuts = len(problem.arms), len(problem.cuts)
    low, high = np.zeros((cuts, arms), dtype=int), np.tile(problem.sizes, (cuts, 1))
    for cut in range(cuts):
        for event, here in enumerate(sequence.intervals):
            numbers = np.array(sequence.at_risk[event])
            if here <= cut:
                after = numbers.copy()
                after[sequence.arms[event]] -= 1
                high[cut] = np.minimum(high[cut], after)
            else:
                low[cut] = np.maximum(low[cut], numbers)
    pooled: dict[int, tuple[int, int]] = {}
    for one in problem.of(Kind.AT_RISK):
        assert one.cut is not None  # noqa: S101 - a number at risk belongs to a time
        cut = problem.cuts.index(one.cut)
        if len(one.members) == 1:
            low[cut, one.members[0]] = max(low[cut, one.members[0]], int(one.low))
            high[cut, one.members[0]] = min(high[cut, one.members[0]], int(one.high))
        else:
            pooled[cut] = (int(one.low), int(one.high))
    for arm, cut in reached(problem):
        low[cut, arm] = max(low[cut, arm], min(1, high[cut, arm]))
    # Nobody comes back: limits of later cuts hold for earlier ones, and the other way round.
    for cut in range(cuts - 2, -1, -1):
        low[cut] = np.maximum(low[cut], low[cut + 1])
    for cut in range(1, cuts):
        high[cut] = np.minimum(high[cut], high[cut - 1])
    if (low > high).any():
        return None
    return _chosen(low, high, pooled, [cut.time for cut in problem.cuts], rng)


def _chosen(
    low: Integers,
    high: Integers,
    pooled: dict[int, tuple[int, int]],
    times: list[float],
    rng: np.random.Generator,
) -> list[Integers] | None:
    """Choose numbers that fall evenly over time within their limits, and add up where printed."""
    chosen: list[Integers] = []
    before: Integers = high[0].copy() if len(high) else np.empty(0, dtype=int)
    last = times[-1] * 1.3 if times else 1.0
    earlier = 0.0
    for cut, time in enumerate(times):
        share = (time - earlier) / max(last - earlier, 1e-9)
        wished = before - (before - low[-1]) * share * rng.uniform(0.7, 1.3)
        numbers = np.clip(np.rint(wished).astype(int), low[cut], np.minimum(high[cut], before))
        if (numbers < low[cut]).any():
            return None
        if cut in pooled and not _add_up(
            numbers, low[cut], np.minimum(high[cut], before), pooled[cut]
        ):
            return None
        chosen.append(numbers)
        before, earlier = numbers, time
    return chosen


def _add_up(numbers: Integers, low: Integers, high: Integers, total: tuple[int, int]) -> bool:
    """Change numbers by single steps until their sum is in a window; False when it cannot be."""
    while not total[0] <= numbers.sum() <= total[1]:
        step = 1 if numbers.sum() < total[0] else -1
        room = high - numbers if step > 0 else numbers - low
        if room.max() <= 0:
            return False
        numbers[int(np.argmax(room))] += step
    return True
