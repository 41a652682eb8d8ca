"""Simultaneous bands: limits that hold for a whole stretch of the curve at once."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.boundary import bridge_within, critical_value, standardised_within
from kyphort.survival.checks import check_level
from kyphort.survival.curves import SurvivalCurve
from kyphort.survival.exits import RiskCounts, greenwood_terms
from kyphort.survival.transforms import Confidence, around

Band = Literal["equal-precision", "hall-wellner"]
"""The shape of a band."""


@dataclass(frozen=True, slots=True, eq=False)
class ConfidenceBand:
    """Simultaneous limits `(m,)` at the event times of a stretch, and how they were found."""

    times: FloatArray
    survival: FloatArray
    lower: FloatArray
    upper: FloatArray
    critical_value: float
    level: float
    method: str


def confidence_band(
    curve: SurvivalCurve,
    *,
    kind: Band = "equal-precision",
    between: tuple[float, float] | None = None,
    confidence: Confidence | None = None,
    level: float | None = None,
) -> ConfidenceBand:
    """Return limits that contain the whole curve between two times with the given confidence.

    With n rows, σ²(t) = Σ d / (Y (Y - d)) and a = nσ² / (1 + nσ²), the margin of S is c S σ
    ("equal-precision", Nair) or k S (1 + nσ²) / √n ("hall-wellner"), carried to the scale of the
    limits. c and k are the quantiles of the largest standardised, or plain, Brownian bridge between
    a at the first and a at the last time; they are computed, not read from a table.

    Parameters
    ----------
    curve
        A Kaplan–Meier curve of independent rows without late entry and case weights.
    kind
        "equal-precision" or "hall-wellner".
    between
        The stretch; None: from the first event to the last at which the curve is above 0.
    confidence, level
        Scale and confidence of the limits; None: those of the curve.

    Source: Hall & Wellner 1980, doi 10.1093/biomet/67.1.133; Nair 1984,
    doi 10.1080/00401706.1984.10487964; Borgan & Liestøl 1990 (transformed bands).

    Raises
    ------
    InvalidDataError
        For a curve with clustered errors, late entry or case weights, an unknown kind, or a stretch
        without two events between which the curve lies inside (0, 1).

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, kaplan_meier
    >>> curve = kaplan_meier(SurvivalData(range(1, 21), [1, 0] * 10))
    >>> band = confidence_band(curve, between=(3, 15))
    >>> bool((band.lower < band.survival).all()), round(band.critical_value, 3)
    (True, 2.895)
    """
    _check_curve(curve)
    level = curve.level if level is None else level
    check_level(level)
    counts = RiskCounts(curve.times, curve.at_risk, curve.events)
    variance = np.cumsum(greenwood_terms(counts))
    chosen = _stretch(curve, between)
    scaled = curve.rows * variance[chosen]
    a = scaled / (1.0 + scaled)
    first, last = float(a[0]), float(a[-1])
    survival = curve.survival[chosen]
    if kind == "equal-precision":
        c = critical_value(partial(standardised_within, a=first, b=last), level)
        margin = c * survival * np.sqrt(variance[chosen])
    elif kind == "hall-wellner":
        c = critical_value(partial(bridge_within, a=first, b=last), level)
        margin = c * survival * (1.0 + scaled) / np.sqrt(curve.rows)
    else:
        raise InvalidDataError(f"kind: {kind!r}. Allowed: 'equal-precision', 'hall-wellner'.")
    scale = curve.confidence if confidence is None else confidence
    lower, upper = around(survival, margin, scale)
    return ConfidenceBand(
        times=curve.times[chosen],
        survival=survival,
        lower=lower,
        upper=upper,
        critical_value=c,
        level=level,
        method=f"{kind} band, {scale} scale, critical value {c:.4f}",
    )


def _stretch(curve: SurvivalCurve, between: tuple[float, float] | None) -> IntArray:
    usable = (curve.events > 0.0) & (curve.survival > 0.0) & (curve.survival < 1.0)
    if between is not None:
        # The band begins with what the curve has reached by the first time.
        reached = curve.times[usable & (curve.times <= between[0])]
        start = reached[-1] if reached.size else between[0]
        usable &= (curve.times >= start) & (curve.times <= between[1])
    if np.count_nonzero(usable) < 2:
        raise InvalidDataError(
            f"between: {between}. A band needs two event times at which the curve lies inside "
            "(0, 1). Widen the stretch."
        )
    return np.flatnonzero(usable)


def _check_curve(curve: SurvivalCurve) -> None:
    reasons = {
        "clustered standard errors": curve.clusters is not None,
        "late entry": curve.data.entry is not None and bool(curve.data.entry.any()),
        "case weights": curve.data.weight is not None,
    }
    found = [reason for reason, holds in reasons.items() if holds]
    if found:
        raise InvalidDataError(
            f"curve: it has {' and '.join(found)}, and no such band is known for it. Use the "
            "limits at each time, or bootstrap."
        )
