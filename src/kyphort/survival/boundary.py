"""How large a Brownian bridge becomes: the critical values of simultaneous bands."""

import math
from collections.abc import Callable

import numpy as np

from kyphort.survival.arrays import FloatArray

_NODES = 160
_IMAGES = 6
_WAVES = 60
_MOST_STEPS = 60
_CLOSE = 1e-13


def bridge_within(c: float, a: float, b: float) -> float:
    """Return P(|B⁰(u)| ≤ c for all u in [a, b]) of a Brownian bridge, 0 < a < b < 1.

    The density of a path killed at ±c is a sum over mirror images; the two ends are integrated out
    by Gauss–Legendre quadrature.

    >>> round(bridge_within(1.358, 1e-5, 1 - 1e-5), 3)
    0.95
    """
    x, weight_x = _nodes(min(c, 9.0 * math.sqrt(a * (1.0 - a))))
    y, weight_y = _nodes(min(c, 9.0 * math.sqrt(b * (1.0 - b))))
    span = b - a
    passing = np.zeros((x.size, y.size))
    for image in range(-_IMAGES, _IMAGES + 1):
        shift = 4.0 * c * image
        passing += _normal(y - x[:, None] + shift, span)
        passing -= _normal(y + x[:, None] - 2.0 * c + shift, span)
    first = weight_x * _normal(x, a)
    last = weight_y * _normal(y, 1.0 - b)
    return float(first @ passing @ last / _normal(np.zeros(1), 1.0)[0])


def standardised_within(c: float, a: float, b: float) -> float:
    """Return P(|B⁰(u)| ≤ c √(u (1 - u)) for all u in [a, b]), 0 < a < b < 1.

    In the time ½ log(u / (1 - u)) the ratio is a stationary Ornstein–Uhlenbeck process; killed at
    ±c it decays along the eigenfunctions of -f″ + (x²/4 - ½) f, found in a basis of sines.

    >>> round(standardised_within(2.0, 0.5, 0.5 + 1e-9), 3)
    0.954
    """
    duration = 0.5 * math.log(b * (1.0 - a) / (a * (1.0 - b)))
    # The start is symmetric, so that only the even waves take part.
    n = np.arange(1.0, 2.0 * _WAVES, 2.0)
    wave = n * math.pi / (2.0 * c)
    potential: FloatArray = _square(n, c) / 4.0
    energy, states = np.linalg.eigh(np.diag(wave**2 - 0.5) + potential)
    x, weight = _nodes(c)
    sines = np.sin(wave[:, None] * (x + c)) / math.sqrt(c)
    overlap = states.T @ (sines @ (weight * np.sqrt(_normal(x, 1.0))))
    return float(np.sum(np.exp(-energy * duration) * overlap**2))


def critical_value(within: Callable[[float], float], level: float) -> float:
    """Return the c at which the growing probability `within(c)` reaches the level.

    A bracket is found from 1 on, then narrowed by the false position of Illinois.

    >>> round(critical_value(lambda c: c / 10, 0.95), 6)
    9.5
    """
    low = high = 1.0
    while (below := within(low) - level) >= 0.0:
        low /= 1.5
    while (above := within(high) - level) < 0.0:
        high *= 1.5
    kept = 0
    for _ in range(_MOST_STEPS):
        middle = (low * above - high * below) / (above - below)
        found = within(middle) - level
        if abs(found) < _CLOSE:
            break
        if found < 0.0:
            low, below, above = middle, found, above / 2.0 if kept < 0 else above
            kept = -1
        else:
            high, above, below = middle, found, below / 2.0 if kept > 0 else below
            kept = 1
    return middle


def _square(n: FloatArray, c: float) -> FloatArray:
    """Return ⟨m| x² |n⟩ of the even waves on [-c, c]."""
    m, k = n[:, None], n[None, :]
    apart = np.where(m == k, 1.0, m - k)
    off = 8.0 * c**2 / math.pi**2 * (1.0 / apart**2 - 1.0 / (m + k) ** 2)
    own = c**2 * (1.0 / 3.0 - 2.0 / (math.pi * m) ** 2)
    return np.where(m == k, own, off)


def _nodes(half: float) -> tuple[FloatArray, FloatArray]:
    x, weight = np.polynomial.legendre.leggauss(_NODES)
    return half * x, half * weight


def _normal(x: FloatArray, variance: float) -> FloatArray:
    density = np.exp(-(x**2) / (2.0 * variance)) / math.sqrt(2.0 * math.pi * variance)
    return np.asarray(density)
