"""Giving times to exits and events whose order is settled, in whole days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kyphort.published.specification import Printed

_INSIDE = 0.02
"""How far inside its rounding interval a printed time is aimed at, as share of half a unit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exit or event of the merged order: the days it may fall on, and the day wished for.

    `gap` days, 0 or 1, lie at least between it and the entry before.
    """

    low: int
    high: int
    wish: float
    gap: int


def printed_days(printed: Printed, days_in_unit: float) -> tuple[int, int]:
    """Return the whole days whose time rounds to the print.

    Examples
    --------
    >>> printed_days(Printed("1.5"), 30.4375)
    (45, 47)
    """
    inside = _INSIDE * printed.half_unit
    high = printed.high - inside if math.isfinite(printed.high) else printed.value * 2
    return (
        math.ceil((printed.low + inside) * days_in_unit),
        math.floor(high * days_in_unit),
    )


def narrowed(entry: Entry, window: tuple[int, int]) -> Entry:
    """Return an entry that must also lie in a window of days."""
    return replace(entry, low=max(entry.low, window[0]), high=min(entry.high, window[1]))


def feasible(entries: Sequence[Entry]) -> list[Entry] | None:
    """Return entries with windows narrowed to what the order leaves, None when one is empty."""
    found = list(entries)
    for index in range(1, len(found)):
        earliest = found[index - 1].low + found[index].gap
        found[index] = replace(found[index], low=max(found[index].low, earliest))
    for index in range(len(found) - 2, -1, -1):
        latest = found[index + 1].high - found[index + 1].gap
        found[index] = replace(found[index], high=min(found[index].high, latest))
    return found if all(one.low <= one.high for one in found) else None


def with_median(
    entries: Sequence[Entry], positions: Sequence[int], median: Printed, days_in_unit: float
) -> list[Entry] | None:
    """Fix the middle one, or the middle two, of some entries so that their median is the print."""
    found = feasible(entries)
    if found is None or not positions:
        return None
    low, high = printed_days(median, 2 * days_in_unit)
    middle = len(positions) // 2
    if len(positions) % 2:
        window = (math.ceil(low / 2), math.floor(high / 2))
        found[positions[middle]] = narrowed(found[positions[middle]], window)
        return feasible(found)
    first, second = positions[middle - 1], positions[middle]
    pair = _pair(found[first], found[second], (low, high), second - first)
    if pair is None:
        return None
    found[first] = narrowed(found[first], (pair[0], pair[0]))
    found[second] = narrowed(found[second], (pair[1], pair[1]))
    return feasible(found)


def _pair(
    first: Entry, second: Entry, total: tuple[int, int], apart: int
) -> tuple[int, int] | None:
    """Choose two days with a sum in a window, near what is wished for."""
    best: tuple[float, int, int] | None = None
    for one in range(first.low, first.high + 1):
        least = max(second.low, total[0] - one, one + min(second.gap, apart))
        most = min(second.high, total[1] - one)
        if least > most:
            continue
        other = int(min(max(round(second.wish), least), most))
        miss = abs(one - first.wish) + abs(other - second.wish)
        if best is None or miss < best[0]:
            best = (miss, one, other)
    return None if best is None else best[1:]


def place(entries: Sequence[Entry]) -> list[int] | None:
    """Return a day for each entry, in order, as near to the wishes as the windows allow."""
    found = feasible(entries)
    if found is None:
        return None
    days: list[int] = []
    for index, one in enumerate(found):
        earliest = one.low if index == 0 else max(one.low, days[-1] + one.gap)
        days.append(int(min(max(round(one.wish), earliest), one.high)))
    return days


def steady_wishes(
    number: int, left: int, window: tuple[float, float], rng: np.random.Generator
) -> list[float]:
    """Return ascending days of exits that fill a window at a constant rate, with some jitter.

    `number` leave and `left` stay: each of those present leaves at the same rate, so that exits
    come more slowly the fewer there are. When nobody stays they are even in time.
    """
    low, high = window
    shares = (np.arange(number) + rng.random(number)) / max(number, 1)
    if number and left:
        here = number + left
        shares = np.log(here / (here - number * shares)) / math.log(here / left)
    return [float(one) for one in low + shares * (high - low)]
