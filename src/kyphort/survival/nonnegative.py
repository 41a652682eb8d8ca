"""Maximising a concave quadratic over what is not negative."""

import numpy as np

from kyphort.survival.arrays import FloatArray
from kyphort.survival.npmle_curvature import Curvature

_MOST_PIVOTS = 60
_PATIENCE = 3


def nonnegative_maximum(curvature: Curvature, pull: FloatArray, near: FloatArray) -> FloatArray:
    """Maximise pull·p - p·curvature·p / 2 over p ≥ 0, `(s,)`, starting near one.

    All that break a condition change sides at once, and the last of them alone when that does not
    help: the block principal pivoting of Júdice & Pires 1994, doi 10.1016/0305-0548(94)90106-6.

    >>> from kyphort.survival.npmle_curvature import Dense
    >>> nonnegative_maximum(Dense(np.eye(2), 0.0), np.array([1.0, -1.0]), np.zeros(2)).tolist()
    [1.0, 0.0]
    """
    free = np.ones(pull.size, dtype=bool)
    slack = 1e-12 * float(np.abs(pull).max())
    fewest, patience = pull.size + 1, _PATIENCE
    now = np.zeros_like(pull)
    for _ in range(_MOST_PIVOTS):
        now = curvature.solve(pull, free, near)
        breaking = now < 0.0
        if not free.all():
            breaking = np.where(free, breaking, pull - curvature.times(now) > slack)
        number = int(np.count_nonzero(breaking))
        if number == 0:
            break
        patience = _PATIENCE if number < fewest else patience - 1
        fewest = min(fewest, number)
        if patience < 0:
            breaking[: np.flatnonzero(breaking)[-1]] = False
        free ^= breaking
    return np.maximum(now, 0.0)
