"""Reading a curve at chosen times, and from a chosen time on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, with_start
from kyphort.survival.checks import as_number
from kyphort.survival.curves import SurvivalCurve, kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.incidence import CumulativeIncidence
from kyphort.survival.steps import StepReader
from kyphort.survival.transforms import Confidence


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTable:
    """A curve at chosen times `(k,)`: estimate, limits, who is at risk, what happened since.

    `at_risk` counts T ≥ t, as R does; `events`, `censored` and `competing` are weighted numbers
    after the landmark before, up to and including this one. `estimate` is NaN after the last exit.
    """

    times: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    competing: FloatArray
    level: float
    method: str


def landmark_table(curve: SurvivalCurve | CumulativeIncidence, times: ArrayLike) -> LandmarkTable:
    """Read a curve or an incidence at landmarks, with the numbers between them.

    The columns are those of `summary(survfit, times=)` in R.

    Parameters
    ----------
    curve
        A survival curve or a cumulative incidence.
    times
        `(k,)` landmarks, ascending, in the unit of the data.

    Raises
    ------
    InvalidDataError
        For landmarks that are missing or not ascending.

    Examples
    --------
    >>> curve = kaplan_meier(SurvivalData([4, 11, 12, 24], [1, 0, 1, 0]))
    >>> table = landmark_table(curve, [6, 12, 24])
    >>> table.estimate.tolist(), table.events.tolist(), table.at_risk.tolist()
    ([0.75, 0.375, 0.375], [1.0, 1.0, 0.0], [3.0, 2.0, 1.0])
    """
    reader = StepReader(curve.times, np.atleast_1d(np.asarray(times)))
    asked = reader.asked
    if asked.ndim != 1 or asked.size == 0 or (np.diff(asked) <= 0.0).any():
        raise InvalidDataError(f"times: {asked.tolist()}. Allowed: one or more times, ascending.")
    points = curve.at(asked)
    survives = isinstance(curve, SurvivalCurve)
    estimate = curve.survival if isinstance(curve, SurvivalCurve) else curve.incidence

    def between(leaving: FloatArray) -> FloatArray:
        total = with_start(0.0, np.cumsum(leaving))
        return np.diff(reader.read_to_end(total), prepend=0.0)

    return LandmarkTable(
        times=asked,
        estimate=reader.read(1.0 if survives else 0.0, estimate),
        std_error=points.std_error,
        lower=points.lower,
        upper=points.upper,
        at_risk=points.at_risk,
        events=between(curve.events),
        censored=between(curve.censored),
        competing=between(curve.competing),
        level=curve.level,
        method=curve.method,
    )


def conditional_survival(
    data: SurvivalData,
    given: float,
    *,
    cause: int = 1,
    confidence: Confidence = "log-log",
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> SurvivalCurve:
    """Estimate S(t) / S(s), the survival of those who are event-free at s = `given`.

    It is the Kaplan–Meier curve of the rows still under observation after s, entering at s; its
    Greenwood sum runs over the event times after s. Times keep their origin: read `.at(t)` at
    t ≥ s. A row that enters after s joins at its entry.

    Parameters
    ----------
    data
        Rows with entry times, clusters and case weights where they have any.
    given
        The time s, in the unit of the data.
    cause, confidence, level, cluster_robust
        As for `kaplan_meier`.

    Source: Klein & Moeschberger 2003, section 4.6, doi 10.1007/b97377.

    Raises
    ------
    InvalidDataError
        When `given` is negative, or nobody is under observation after it.

    Examples
    --------
    >>> data = SurvivalData([4, 11, 12, 24], [1, 0, 1, 0])
    >>> conditional_survival(data, 6).at([6, 12]).survival.tolist()
    [1.0, 0.5]
    """
    allowed = "a finite time, not negative"
    given = as_number("given", given, allowed)
    if not (given >= 0.0 and np.isfinite(given)):
        raise InvalidDataError(f"given: {given:g}. Allowed: {allowed}.")
    still = data.after(given)
    return kaplan_meier(still, cause, confidence, level, cluster_robust)
