"""The order of events and censorings within one interval, so that the curve falls as printed."""

import math
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def place_events(
    at_risk: int, events: int, censored: int, factor: tuple[float, float], rng: np.random.Generator
) -> tuple[bool, ...] | None:
    """Order events (True) and censorings so that the curve falls by a factor in a window.

    When there are few orders, a random one of all that fit. Otherwise starts from an even mixture
    and moves single events past censorings, earlier to raise the curve and later to lower it,
    nearest fit first. None when the window is missed.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> place_events(10, 2, 3, (0.74, 0.76), generator)
    (False, True, False, False, True)
    """
    length = events + censored
    if length == 0:
        return () if factor[0] <= 1 <= factor[1] else None
    if math.comb(length, events) <= ALL_ORDERS:
        return _one_of_all(at_risk, events, length, factor, rng)
    places = np.sort(rng.permutation(length)[:events])
    even = np.floor((np.arange(events) + rng.random(events)) * length / max(events, 1))
    places = _distinct(np.minimum(even, length - 1).astype(int), length, places)
    target = 0.5 * (_log(factor[0]) + _log(factor[1]))
    for _ in range(60 * max(length, 1)):
        fall = fall_of(at_risk, places)
        if _log(factor[0]) <= fall <= _log(factor[1]):
            is_event = np.zeros(length, dtype=bool)
            is_event[places] = True
            return tuple(is_event.tolist())
        moved = _moved(at_risk, places, length, (fall, target), rng)
        if moved is None:
            return None
        places = moved
    return None


ALL_ORDERS = 20_000
"""Up to so many orders of an interval all are tried, so that a rare one is not missed."""


def _one_of_all(
    at_risk: int, events: int, length: int, factor: tuple[float, float], rng: np.random.Generator
) -> tuple[bool, ...] | None:
    """Return a random one of all orders whose factor lies in the window, None without one."""
    places = _all_places(length, events)
    numbers = at_risk - places
    with np.errstate(divide="ignore"):
        falls = np.where(numbers > 1, np.log1p(-1 / np.maximum(numbers, 2)), -1e9).sum(axis=1)
    fitting = np.flatnonzero((falls >= _log(factor[0])) & (falls <= _log(factor[1])))
    if not len(fitting):
        return None
    is_event = np.zeros(length, dtype=bool)
    is_event[places[int(rng.choice(fitting))]] = True
    return tuple(is_event.tolist())


@lru_cache(maxsize=256)
def _all_places(length: int, events: int) -> Integers:
    found = np.array(list(combinations(range(length), events)), dtype=np.int64)
    return found.reshape(math.comb(length, events), events)


def _distinct(places: Integers, length: int, otherwise: Integers) -> Integers:
    unique = np.unique(places)
    if len(unique) == len(places):
        return unique
    free = np.setdiff1d(np.arange(length), unique)[: len(places) - len(unique)]
    filled = np.sort(np.concatenate([unique, free]))
    return filled if len(filled) == len(otherwise) else otherwise


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -1e9


def fall_of(at_risk: int, places: Integers) -> float:
    """Return log of the factor of events at these places of the order of exits."""
    numbers = at_risk - places
    if len(numbers) and numbers.min() <= 1:
        return -1e9
    return float(np.log1p(-1 / numbers).sum())


def _moved(
    at_risk: int, places: Integers, length: int, aim: tuple[float, float], rng: np.random.Generator
) -> Integers | None:
    """Move the one event by one place that comes nearest to the target; sometimes another."""
    fall, target = aim
    step = 1 if fall > target else -1
    moved = places + step
    # Places ascend: an event is in the way only when it is the next one.
    beyond = np.append(places[1:], length) if step > 0 else np.append(-1, places[:-1])
    able = np.flatnonzero(moved != beyond)
    if not len(able):
        return None
    if rng.random() < 0.3:
        chosen = int(rng.choice(able))
    else:
        numbers = np.maximum(at_risk - places[able], 1.5)
        gains = np.log1p(-1 / np.maximum(numbers - step, 1.0 + 1e-9)) - np.log1p(-1 / numbers)
        chosen = int(able[np.argmin(np.abs(fall + gains - target))])
    changed = places.copy()
    changed[chosen] += step
    return changed
