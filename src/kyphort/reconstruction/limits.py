"""The 95 % limits of a survival curve at a landmark, as windows on Greenwood's sum Σ 1/(n(n − 1)).

Limits on the log-log scale are S^exp(±z√G/|log S|), on the log scale S·exp(±z√G), plain ones
S ± z·S·√G, cut off at 0 and 1.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Z = NormalDist().inv_cdf(0.975)
_WIDER = 1.001
LARGEST_SUM = 1.0
"""As long as somebody is left, the sum over numbers at risk of two and more telescopes below 1."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PrintedLimit:
    """A printed limit of survival: the window of its value, its scale, and on which side it is."""

    low: float
    high: float
    transform: str
    is_lower: bool

    def of(self, survival: float, greenwood: float) -> float:
        """Return the limit that a survival with Greenwood's sum has.

        >>> round(PrintedLimit(0, 1, "log-log", True).of(0.8, 0.01), 4)
        0.5844
        """
        return float(self.values(np.array([survival]), np.array([greenwood]))[0])

    def values(self, survival: Floats, greenwood: Floats) -> Floats:
        """Return the limits of many survivals (m,) with their sums (m,)."""
        inside = (survival > 0) & (survival < 1)
        s = np.where(inside, survival, 0.5)
        spread = _Z * np.sqrt(greenwood) * (-1 if self.is_lower else 1)
        if self.transform == "log-log":
            found = np.exp(np.log(s) * np.exp(-spread / np.abs(np.log(s))))
        elif self.transform == "log":
            found = np.minimum(1.0, s * np.exp(spread))
        else:
            found = np.clip(s * (1 + spread), 0.0, 1.0)
        return np.where(inside, found, survival)

    def hold(self, survival: Floats, greenwood: Floats) -> NDArray[np.bool_]:
        """Return which limits of many survivals (m,) round to the print."""
        found = self.values(survival, greenwood)
        return (self.low - 1e-9 <= found) & (found <= self.high + 1e-9)

    def holds(self, survival: float, greenwood: float) -> bool:
        """Whether the limit of a survival rounds to the print."""
        return bool(self.hold(np.array([survival]), np.array([greenwood]))[0])

    def window(self, survival: Range) -> Range:
        """Return all values of Greenwood's sum with which some survival of a range has the limit.

        An outer window: it may hold sums that fit no survival together with what else is printed.
        """
        low, high = _roots(self, survival)
        return (max(0.0, low) / _WIDER) ** 2, min(LARGEST_SUM, (_WIDER * max(0.0, high)) ** 2)


def _roots(printed: PrintedLimit, survival: Range) -> Range:
    """Return the range of √G over a box of survival and limit."""
    # From the limit nearest to the survival to the farthest; a limit cut off at 0 or 1 has no end.
    near, far = printed.high, printed.low
    if not printed.is_lower:
        near, far = far, near
    is_cut = not 0 < far < 1 or (survival[0] <= 0 and not printed.is_lower)
    if printed.transform == "log-log":
        ends = [_log_log(printed, s, near) for s in survival]
        most = math.inf if is_cut else _most_log_log(printed, survival, far)
        return min(ends), most
    ends = [_straight(printed, s, near) for s in survival]
    most = math.inf if is_cut else max(_straight(printed, s, far) for s in survival)
    return min(ends), most


def _log_log(printed: PrintedLimit, survival: float, edge: float) -> float:
    if not (0 < survival < 1 and 0 < edge < 1):
        return 0.0
    own, other = -math.log(survival), -math.log(edge)
    return own * math.log(other / own) / _Z * (1 if printed.is_lower else -1)


def _most_log_log(printed: PrintedLimit, survival: Range, edge: float) -> float:
    """Return the largest root for one limit: a·log(e/a) is largest at a = e/exp(1)."""
    turn = math.exp(math.log(edge) / math.e)
    inside = min(max(turn, survival[0]), survival[1])
    return max(_log_log(printed, s, edge) for s in (*survival, inside))


def _straight(printed: PrintedLimit, survival: float, edge: float) -> float:
    sign = 1 if printed.is_lower else -1
    if survival <= 0:
        return 0.0
    if printed.transform == "log":
        return sign * math.log(survival / edge) / _Z if edge > 0 else 0.0
    return sign * (survival - edge) / (_Z * survival)
