"""Every sequence of numbers at risk behind a local-control curve of Bludau et al. (2020).

A Kaplan-Meier curve with few events is a product of (n - 1)/n over the numbers at risk n at its
events. All strictly decreasing sequences whose product rounds to the six printed values are run
through, with the number of events that falls between two landmarks: a second way to the bounds that
the engine proves, without anything of it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LANDMARKS = (6, 12, 24, 36, 48, 60)
SPLIT = 3
"""Landmarks before the split are enumerated as heads, those after it as tails."""
HALF_DIGIT = 0.0005
SLACK = 1e-12
QUANTITIES = ("std_error", "lower", "upper")
Z = NormalDist().inv_cdf(0.975)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class PrintedCurve:
    """One printed curve: its name, its vertebrae, its survival and its events per interval."""

    name: str
    vertebrae: int
    survival: tuple[float, ...]
    events: tuple[int, ...]

    def limits(self, landmark: int) -> tuple[float, float]:
        """Return the interval that rounds to the printed value at a landmark (by index)."""
        value = self.survival[landmark]
        return value - HALF_DIGIT - SLACK, value + HALF_DIGIT + SLACK


CURVES = (
    PrintedCurve("all", 143, (0.971, 0.959, 0.942, 0.855, 0.818, 0.818), (3, 1, 1, 3, 1, 0)),
    PrintedCurve("thoracic", 89, (0.972, 0.951, 0.951, 0.801, 0.801, 0.801), (2, 1, 0, 3, 0, 0)),
    PrintedCurve("lumbar", 53, (0.971, 0.971, 0.934, 0.934, 0.830, 0.830), (1, 0, 1, 0, 1, 0)),
)


@dataclass(frozen=True)
class Sequences:
    """Sequences of numbers at risk with their curve at each landmark passed.

    `at_risk` (rows, events); `survival` and `greenwood` (rows, landmarks).
    """

    at_risk: Integers
    survival: Floats
    greenwood: Floats

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Sequences":
        """Return some of the rows."""
        return Sequences(self.at_risk[rows], self.survival[rows], self.greenwood[rows])


def factors(at_risk: Integers) -> tuple[Floats, Floats]:
    """Return the survival factor and the Greenwood term of one event at `at_risk` > 1."""
    return 1 - 1 / at_risk, 1 / (at_risk * (at_risk - 1.0))


def heads(curve: PrintedCurve) -> Sequences:
    """Return every sequence up to the split that agrees with the print up to there."""
    found = Sequences(np.empty((1, 0), np.int64), np.empty((1, 0)), np.empty((1, 0)))
    survival, greenwood = np.ones(1), np.zeros(1)
    for landmark in range(SPLIT):
        low, high = curve.limits(landmark)
        for _ in range(curve.events[landmark]):
            rows, at_risk = smaller_numbers(found.at_risk, curve.vertebrae)
            factor, term = factors(at_risk)
            survival, greenwood = survival[rows] * factor, greenwood[rows] + term
            found = found.select(rows)
            found = Sequences(
                np.column_stack([found.at_risk, at_risk]), found.survival, found.greenwood
            )
            # Further events only lower the curve.
            keep = survival >= low
            found, survival, greenwood = found.select(keep), survival[keep], greenwood[keep]
        keep = (survival >= low) & (survival <= high)
        found, survival, greenwood = found.select(keep), survival[keep], greenwood[keep]
        found = Sequences(
            found.at_risk,
            np.column_stack([found.survival, survival]),
            np.column_stack([found.greenwood, greenwood]),
        )
    return found.select(np.argsort(found.survival[:, -1], kind="stable"))


def smaller_numbers(at_risk: Integers, vertebrae: int) -> tuple[NDArray[np.intp], Integers]:
    """Return each row with each number at risk, above 1, that may follow it."""
    last = at_risk[:, -1] if at_risk.shape[1] else np.full(len(at_risk), vertebrae + 1)
    choices = np.maximum(last - 2, 0)
    rows = np.repeat(np.arange(len(last)), choices)
    start = np.cumsum(choices) - choices
    return rows, np.arange(len(rows)) - start[rows] + 2


def tails(curve: PrintedCurve, largest: int) -> Sequences:
    """Return every sequence after the split, as factors relative to the curve at the split."""
    per_landmark = np.cumsum(curve.events[SPLIT:])
    count = int(per_landmark[-1])
    at_risk = np.array(
        [tuple(reversed(numbers)) for numbers in itertools.combinations(range(2, largest), count)],
        dtype=np.int64,
    )
    factor, term = factors(at_risk)
    before = (len(at_risk), 1)
    return Sequences(
        at_risk,
        np.hstack([np.ones(before), np.cumprod(factor, axis=1)])[:, per_landmark],
        np.hstack([np.zeros(before), np.cumsum(term, axis=1)])[:, per_landmark],
    )


def sequences(curve: PrintedCurve) -> Iterator[Sequences]:
    """Yield the complete sequences that agree with the print, one tail at a time.

    The heads are sorted by survival at the split, so that those which fit a tail are one slice.
    """
    head = heads(curve)
    last, split = head.at_risk[:, -1], head.survival[:, -1]
    tail = tails(curve, int(last.max()))
    limits = [curve.limits(landmark) for landmark in range(SPLIT, len(LANDMARKS))]
    lowest = np.max([low / tail.survival[:, i] for i, (low, _) in enumerate(limits)], axis=0)
    highest = np.min([high / tail.survival[:, i] for i, (_, high) in enumerate(limits)], axis=0)
    first = np.searchsorted(split, lowest, side="left")
    stop = np.searchsorted(split, highest, side="right")
    for row in np.flatnonzero(stop > first):
        rows = np.arange(first[row], stop[row])
        rows = rows[last[rows] > tail.at_risk[row, 0]]
        if len(rows) == 0:
            continue
        begun = head.select(rows)
        repeated = np.broadcast_to(tail.at_risk[row], (len(rows), tail.at_risk.shape[1]))
        yield Sequences(
            np.hstack([begun.at_risk, repeated]),
            np.hstack([begun.survival, begun.survival[:, -1:] * tail.survival[row]]),
            np.hstack([begun.greenwood, begun.greenwood[:, -1:] + tail.greenwood[row]]),
        )


def precision(survival: Floats, greenwood: Floats) -> Floats:
    """Return standard error, lower and upper log-log limit, stacked: (3, rows, landmarks)."""
    relative = np.sqrt(greenwood)
    spread = Z * relative / np.abs(np.log(survival))
    return np.stack([survival * relative, survival ** np.exp(spread), survival ** np.exp(-spread)])


@dataclass(frozen=True)
class CurveBounds:
    """What the enumeration proved of one curve.

    `low` and `high` (3, landmarks): standard error, lower and upper limit; `at_risk_low` and
    `at_risk_high` (events,): the smallest and largest number at risk at each event.
    """

    low: Floats
    high: Floats
    at_risk_low: Integers
    at_risk_high: Integers
    sequence_count: int


def bounds(curve: PrintedCurve) -> CurveBounds:
    """Run through every sequence of `curve` and keep the extremes."""
    shape = (len(QUANTITIES), len(LANDMARKS))
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    events = sum(curve.events)
    fewest, most = np.full(events, curve.vertebrae + 1), np.zeros(events, np.int64)
    count = 0
    for found in sequences(curve):
        values = precision(found.survival, found.greenwood)
        low, high = np.minimum(low, values.min(axis=1)), np.maximum(high, values.max(axis=1))
        fewest = np.minimum(fewest, found.at_risk.min(axis=0))
        most = np.maximum(most, found.at_risk.max(axis=0))
        count += len(found.at_risk)
    return CurveBounds(low, high, fewest, most, count)
