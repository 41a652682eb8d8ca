"""Confidence limits of a probability on five scales, as R's survival package forms them."""

from collections.abc import Callable
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, Integers
from kyphort.survival.checks import check_level
from kyphort.survival.jit import is_large

Confidence = Literal["log-log", "log", "plain", "logit", "arcsin"]
"""The scale on which the limits are symmetric."""

_BLOCK = 1 << 13


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile of a confidence level.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    check_level(level)
    return NormalDist().inv_cdf(1.0 - (1.0 - level) / 2.0)


def limits(
    estimate: FloatArray, std_error: FloatArray, confidence: Confidence, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper limits `(m,)` of probabilities, clipped to [0, 1].

    The standard error is on the scale of the probability and is carried to the other scale by the
    delta method. Where the probability is 0 or 1 both limits are NaN: the caller knows which of
    the two is certain.

    Source: Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, section 1.4;
    Borgan & Liestøl 1990 (arcsin); the clipping is that of R survival 3.8.

    Examples
    --------
    >>> lower, upper = limits(np.array([0.5]), np.array([0.1]), "log-log", 0.95)
    >>> round(float(lower[0]), 4), round(float(upper[0]), 4)
    (0.2952, 0.6745)
    """
    _check_scale(confidence)
    z = normal_quantile(level)
    lower = np.full(estimate.shape, np.nan)
    upper = np.full(estimate.shape, np.nan)
    # Blocks that stay in the cache: the logarithms and exponentials take most of a curve's time.
    for start in range(0, estimate.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        p, half = estimate[block], z * std_error[block]
        if p.min() > 0.0 and p.max() < 1.0:
            lower[block], upper[block] = around(p, half, confidence)
        else:
            inside = (p > 0.0) & (p < 1.0)
            both = around(p[inside], half[inside], confidence)
            lower[block][inside], upper[block][inside] = both
    return lower, upper


def around(
    p: FloatArray, margin: FloatArray, confidence: Confidence
) -> tuple[FloatArray, FloatArray]:
    """Return p ∓ margin carried to another scale by the delta method, `(m,)` each; 0 < p < 1."""
    _check_scale(confidence)
    # A very wide interval overflows on its way to 0 or 1, which is where it ends.
    with np.errstate(over="ignore"):
        low, high = _SCALES[confidence](p, margin)
    # A transform and its inverse can miss the estimate by one unit in the last place.
    return np.minimum(low, p, out=low), np.maximum(high, p, out=high)


def _check_scale(confidence: str) -> None:
    if confidence not in _SCALES:
        allowed = ", ".join(repr(name) for name in get_args(Confidence))
        raise InvalidDataError(f"confidence: {confidence!r}. Allowed: {allowed}.")


def step_limits(  # noqa: PLR0917 - columns in, columns out
    estimate: FloatArray,
    std_error: FloatArray,
    moves: Integers,
    confidence: Confidence,
    level: float,
    lower: FloatArray,
    upper: FloatArray,
) -> None:
    """Write `limits` of a step function that changes only where `moves` `(m,)` is 1, not 0.

    Of many times only those are worked out; the limits before the first of them are NaN.
    """
    if not is_large(estimate.size):
        lower[:], upper[:] = limits(estimate, std_error, confidence, level)
        return
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    p, error = np.empty((2, _BLOCK + 2))
    # An estimate of 1 before the first move has the limits NaN.
    p[0], error[0] = 1.0, 0.0
    for start in range(0, estimate.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        found = kernels.gather_moves(moves[block], estimate[block], std_error[block], p, error)
        low, high = limits(p[:found], error[:found], confidence, level)
        kernels.carry_forward(moves[block], low, high, lower[block], upper[block])
        p[0], error[0] = p[found - 1], error[found - 1]


def _log_log(p: FloatArray, margin: FloatArray) -> tuple[FloatArray, FloatArray]:
    log_p = np.log(p)
    factor = p * log_p
    np.divide(margin, factor, out=factor)
    np.exp(np.negative(factor, out=factor), out=factor)
    low, high = log_p * factor, np.divide(log_p, factor, out=log_p)
    return np.exp(low, out=low), np.exp(high, out=high)


def _log(p: FloatArray, margin: FloatArray) -> tuple[FloatArray, FloatArray]:
    return p * np.exp(-margin / p), np.minimum(p * np.exp(margin / p), 1.0)


def _plain(p: FloatArray, margin: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.maximum(p - margin, 0.0), np.minimum(p + margin, 1.0)


def _logit(p: FloatArray, margin: FloatArray) -> tuple[FloatArray, FloatArray]:
    centre, half = np.log(p / (1.0 - p)), margin / (p * (1.0 - p))
    return 1.0 / (1.0 + np.exp(half - centre)), 1.0 / (1.0 + np.exp(-centre - half))


def _arcsin(p: FloatArray, margin: FloatArray) -> tuple[FloatArray, FloatArray]:
    centre, half = np.arcsin(np.sqrt(p)), 0.5 * margin / np.sqrt(p * (1.0 - p))
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, np.pi / 2.0)
    return np.sin(low) ** 2, np.sin(high) ** 2


_Scale = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
_SCALES: dict[str, _Scale] = {
    "log-log": _log_log,
    "log": _log,
    "plain": _plain,
    "logit": _logit,
    "arcsin": _arcsin,
}
