"""From estimators to the landmarks and steps that the report shows."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kyphort.protocol import Study
from kyphort.reports.results import (
    Comparison,
    IncidenceLandmark,
    Interval,
    Landmark,
    PlottedCurve,
    RegionCurves,
    RiskTable,
)
from kyphort.survival import (
    CumulativeIncidence,
    Estimate,
    SurvivalCurve,
    SurvivalData,
    TestResult,
    kaplan_meier,
    risk_table,
)

MOST_TICKS = 10
TICK_CHOICES_MONTHS = (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0)
SPARSE_BELOW = 10
"""A curve with fewer units at risk than this is drawn dashed."""

Numbers = NDArray[np.float64]
Times = tuple[float, ...]


def landmarks(curve: SurvivalCurve, times_months: Times) -> tuple[Landmark, ...]:
    """Read a survival curve at the landmarks."""
    found = curve.at(np.array(times_months))
    columns = (found.survival, found.lower, found.upper, found.std_error, found.at_risk)
    return _landmarks(times_months, *columns)


def incidence_landmarks(
    incidence: CumulativeIncidence, times_months: Times
) -> tuple[Landmark, ...]:
    """Read a cumulative incidence at the landmarks."""
    found = incidence.at(np.array(times_months))
    columns = (found.incidence, found.lower, found.upper, found.std_error, found.at_risk)
    return _landmarks(times_months, *columns)


def beside_one_minus(
    incidence: CumulativeIncidence, curve: SurvivalCurve, times_months: Times
) -> tuple[IncidenceLandmark, ...]:
    """Read a cumulative incidence at the landmarks beside 1 - KM of the same event."""
    return tuple(
        IncidenceLandmark(
            point.time_months,
            point.estimate,
            point.lower,
            point.upper,
            point.std_error,
            point.at_risk,
            None if beside.estimate is None else 1 - beside.estimate,
        )
        for point, beside in zip(
            incidence_landmarks(incidence, times_months),
            landmarks(curve, times_months),
            strict=True,
        )
    )


def region_curves(
    data: SurvivalData, regions: list[str], study: Study, *, cluster_robust: bool
) -> RegionCurves:
    """Estimate local control of all vertebrae and of the thoracic and lumbar ones."""
    parts = {"all": data, **data.split(regions)}
    read = {
        name: landmarks(
            kaplan_meier(part, cluster_robust=cluster_robust),
            study.landmarks_months,
        )
        for name, part in parts.items()
    }
    return RegionCurves(read["all"], read.get("thoracic", ()), read.get("lumbar", ()))


def plotted(
    label: str, data: SurvivalData, curve: SurvivalCurve, last_month: float | None = None
) -> PlottedCurve:
    """Prepare a survival curve for a figure: steps from time 0 and the numbers below it."""
    steps = (curve.times, curve.survival, curve.lower, curve.upper)
    return _plotted(label, data, steps, curve.at_risk, start=1, last_month=last_month)


def plotted_incidence(
    label: str, data: SurvivalData, incidence: CumulativeIncidence, cause: int
) -> PlottedCurve:
    """Prepare a cumulative incidence for a figure."""
    steps = (incidence.times, incidence.incidence, incidence.lower, incidence.upper)
    return _plotted(label, data, steps, incidence.at_risk, start=0, cause=cause)


def plotted_complement(label: str, data: SurvivalData, curve: SurvivalCurve) -> PlottedCurve:
    """Prepare 1 - S for a figure."""
    steps = (curve.times, 1 - curve.survival, 1 - curve.upper, 1 - curve.lower)
    return _plotted(label, data, steps, curve.at_risk, start=0)


def compared(result: TestResult, groups: Iterable[str]) -> Comparison:
    """Copy a test's result, its groups by name."""
    names = sorted(set(groups))
    return Comparison(
        known(result.statistic),
        int(result.df),
        known(result.p_value),
        dict(zip(names, np.asarray(result.observed).tolist(), strict=True)),
        dict(zip(names, np.asarray(result.expected).tolist(), strict=True)),
        result.method,
    )


def interval(estimate: Estimate) -> Interval:
    """Copy an estimate with its limits."""
    return Interval(known(estimate.value), known(estimate.lower), known(estimate.upper))


def known(value: float) -> float | None:
    """Return the number, or None where it could not be estimated."""
    return float(value) if math.isfinite(value) else None


def _landmarks(times_months: Times, *columns: object) -> tuple[Landmark, ...]:
    """Make landmarks from the columns estimate, limits, standard error and number at risk."""
    rows = zip(*(np.asarray(column, dtype=np.float64).tolist() for column in columns), strict=True)
    return tuple(
        Landmark(time, known(estimate), known(lower), known(upper), known(error), at_risk)
        for time, (estimate, lower, upper, error, at_risk) in zip(times_months, rows, strict=True)
    )


def _ticks(last_month: float) -> Numbers:
    """Return ticks up to the first beyond nine tenths of an interval, at most about ten."""
    step = next(
        (step for step in TICK_CHOICES_MONTHS if last_month / step <= MOST_TICKS),
        TICK_CHOICES_MONTHS[-1],
    )
    return np.arange(0, last_month + step / 2, step)


def _plotted(
    label: str,
    data: SurvivalData,
    steps: tuple[Numbers, Numbers, Numbers, Numbers],
    at_risk: Numbers,
    *,
    start: float,
    cause: int = 1,
    last_month: float | None = None,
) -> PlottedCurve:
    """Prepare steps (times, estimate, lower, upper) that begin at `start`.

    Numbers at risk stand at ticks up to `last_month`, which curves in one figure share; by default
    up to the curve's own end.
    """
    times, estimate, lower, upper = steps
    sparse = times[at_risk < SPARSE_BELOW]
    ticks = _ticks(float(times[-1]) if last_month is None else last_month)
    below = risk_table(data, ticks, cause=cause, convention="KMunicate")
    return PlottedCurve(
        label,
        len(data.time),
        float(sparse[0]) if sparse.size else None,
        (0.0, *times.tolist()),
        (start, *estimate.tolist()),
        (start, *map(known, lower.tolist())),
        (start, *map(known, upper.tolist())),
        RiskTable(
            tuple(ticks.tolist()),
            tuple(below.at_risk.tolist()),
            tuple(below.censored.tolist()),
            tuple(below.events.tolist()),
            tuple(below.competing.tolist()),
        ),
    )
