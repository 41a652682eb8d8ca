"""Exchanging exits of different arms within intervals, until tests and pooled survival fit.

No arm's own curve changes by it: only who leaves before whom among the arms.
"""

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.closeness import Closeness

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

TRIED_AT_ONCE = 40
STEPS = 120
FIRST_STEPS = 20
HOPEFUL = 1.0
"""Half widths that may be missing after the first steps; a draw that lacks more is given up."""
WARMTH = 0.4
"""How many half widths of a printed window a step may lead away at first."""


def exchanged(
    closeness: Closeness, arm: Integers, is_event: Flags, rng: np.random.Generator
) -> tuple[Integers, Flags, float]:
    """Return arms and events (n,) in the nearest order found, and its distance: 0 when it fits.

    Each step tries some exchanges and takes the best, even if it is a little worse than before,
    less so with every step: several tests pull apart.
    """
    so_far = float(closeness.distances(arm[None], is_event[None])[0])
    best, least = (arm, is_event), so_far
    for step in range(STEPS):
        if so_far == 0.0 or (step >= FIRST_STEPS and least > HOPEFUL):
            break
        orders = _orders(closeness.interval, arm, rng)
        distances = closeness.distances(arm[orders], is_event[orders])
        # An exchange that changes nothing would always be the nearest in a hollow.
        distances[(arm[orders] == arm).all(axis=1)] = np.inf
        nearest = int(np.argmin(distances))
        warmth = WARMTH * (1 - step / STEPS) ** 2 * rng.exponential()
        if distances[nearest] <= so_far + warmth:
            so_far = float(distances[nearest])
            arm, is_event = arm[orders[nearest]], is_event[orders[nearest]]
        if so_far < least:
            best, least = (arm, is_event), so_far
    return *best, least


def _orders(interval: Integers, arm: Integers, rng: np.random.Generator) -> Integers:
    """Return new orders (TRIED_AT_ONCE, n): one exchange, or two in different places."""
    orders = np.tile(np.arange(len(arm)), (TRIED_AT_ONCE, 1))
    _exchange(orders, interval, arm, rng)
    _exchange(orders[: TRIED_AT_ONCE // 2], interval, arm, rng)
    return orders


def _exchange(
    orders: Integers, interval: Integers, arm: Integers, rng: np.random.Generator
) -> None:
    """Within one stretch of each order let one arm leave before the others.

    Short intervals are visited as often as long ones; most stretches are short.
    """
    sizes = np.bincount(interval)
    able = np.flatnonzero(sizes > 1)
    if not len(able):
        return
    where = rng.choice(able, len(orders))
    firsts, sizes = np.searchsorted(interval, where), sizes[where]
    lengths = 2 + (rng.random(len(orders)) ** 3 * (sizes - 1)).astype(np.int64)
    begins = firsts + (rng.random(len(orders)) * (sizes - lengths + 1)).astype(np.int64)
    ends = begins + lengths
    chosen = begins + (rng.random(len(orders)) * lengths).astype(np.int64)
    for order, begin, end, one in zip(orders, begins, ends, chosen, strict=True):
        stretch = order[begin:end]
        order[begin:end] = stretch[np.argsort(arm[stretch] != arm[order[one]], kind="stable")]
