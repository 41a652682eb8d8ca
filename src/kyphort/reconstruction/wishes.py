"""Wished numbers at risk: where, between what is possible, a drawn curve is to run.

The middle of the ensemble is censoring at a constant rate between the numbers at risk that are
known. Around it the place within the possible range is spread on the logit scale, the same way at
all cuts of a curve and a little by cut, so that drawn cohorts reach towards both ends.
"""

import numpy as np
from numpy.typing import NDArray

from kyphort.reconstruction.exits import Reachable
from kyphort.reconstruction.hull import ArmRules

Floats = NDArray[np.float64]

ALONG = 1.6
"""Standard deviation, on the logit scale, of the place that all cuts of a curve share."""
BY_CUT = 0.8
"""Standard deviation of the place at a single cut."""
_EDGE = 0.03
"""The middle keeps this share of the range away from both ends."""


def wished_at_risk(
    rules: ArmRules, states: Reachable, times: Floats, rng: np.random.Generator
) -> Floats:
    """Return wished numbers at risk (cuts,) of one curve."""
    low = np.array([one.at_risk.min() for one in states.cuts], dtype=np.float64)
    high = np.array([one.at_risk.max() for one in states.cuts], dtype=np.float64)
    return spread(low, high, steady_censoring(rules, low, high, times), rng)


def spread(low: Floats, high: Floats, middle: Floats, rng: np.random.Generator) -> Floats:
    """Return numbers between `low` and `high` (cuts,), scattered around a middle.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> low, high = np.array([60.0, 30.0]), np.array([80.0, 30.0])
    >>> spread(low, high, np.array([65.0, 30.0]), generator).round(1).tolist()
    [70.6, 30.0]
    """
    width = np.maximum(high - low, 0.0)
    share = np.clip((middle - low) / np.maximum(width, 1e-9), _EDGE, 1 - _EDGE)
    along, by_cut = rng.standard_normal(), rng.standard_normal(len(share))
    place = np.log(share / (1 - share)) + ALONG * along + BY_CUT * by_cut
    found: Floats = low + width / (1 + np.exp(-place))
    return found


def steady_censoring(rules: ArmRules, low: Floats, high: Floats, times: Floats) -> Floats:
    """Return numbers at risk (cuts,) under censoring at a constant rate between known ones.

    The share that is not censored, N/(n·S), is interpolated on the logarithmic scale between the
    cuts whose number at risk is known; after the last one the middle of the range stands.
    """
    survival = _survival(rules, times)
    known = (low == high) & (low > 0) & (survival > 0)
    if not known.any():
        return 0.5 * (low + high)
    kept = np.log(low[known] / (rules.size * survival[known]))
    log_share = np.interp(times, np.append(0.0, times[known]), np.append(0.0, kept))
    steady = rules.size * survival * np.exp(log_share)
    return np.where(times <= times[known].max(), steady, 0.5 * (low + high))


def _survival(rules: ArmRules, times: Floats) -> Floats:
    """Return the printed survival (cuts,), on the logarithmic scale between landmarks."""
    printed = [
        (time, max(0.5 * (np.exp(window[0]) + np.exp(window[1])), 1e-6))
        for time, window in zip(times.tolist(), rules.survival, strict=True)
        if window is not None
    ]
    at = np.array([0.0, *(time for time, _ in printed)])
    values = np.array([1.0, *(value for _, value in printed)])
    found: Floats = np.exp(np.interp(times, at, np.log(values)))
    return found
