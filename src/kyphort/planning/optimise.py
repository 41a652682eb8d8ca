"""Optimising: the times that cover the lesion best while every limit on organs is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import PhotonSource, dose_rate_gy_per_min
from kyphort.errors import InvalidDataError
from kyphort.planning.dose import DoseModel, Irradiation
from kyphort.planning.dvh import DoseVolume, dose_volume
from kyphort.planning.limits import Limit
from kyphort.planning.needle import Stops
from kyphort.planning.plan import ASSUMPTIONS, Plan, limit_value
from kyphort.planning.structures import Role

Floats = NDArray[np.float64]
MOST_MINUTES = 30.0
COVERED_PERCENT = 98.0
"""Share of the lesion that is to receive the prescribed dose; more time than that is not asked."""
_MOST_SAMPLES = 6000
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best times found.

    Attributes
    ----------
    minutes
        Time at each stop, in the order of the plan's stops.
    lesion_d90_gy, lesion_v100_percent
        Of the lesion under the worst assumption.
    bound_by
        The limit that ends the time, or why it ends without one.
    distance_mm
        Where the prescribed dose lies in water for the same total time at one stop, from the
        isocentre; None for several stops.
    """

    minutes: tuple[float, ...]
    lesion_d90_gy: float
    lesion_v100_percent: float
    bound_by: str
    distance_mm: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Rates:
    """Dose of a minute at each stop: (assumption → (stops, samples)), with the samples' volume."""

    role: Role
    name: str
    volume_cm3: Floats
    by_assumption: Mapping[str, Floats]

    def histogram(self, assumption: str, minutes: Floats) -> DoseVolume:
        """Return the histogram of times at the stops."""
        return dose_volume(minutes @ self.by_assumption[assumption], self.volume_cm3)


def optimise(plan: Plan, *, most_minutes: float = MOST_MINUTES) -> Optimum:
    """Return the times of a plan's stops that cover the lesion best and keep every upper limit.

    Each limit counts by the worst of water, medium and the tissue scenarios, RBE-weighted, as in
    the plan. With one stop the time is the longest that the limits allow, or the shortest that
    covers 98 % of the lesion. With several the shares are searched, each scaled likewise; what is
    maximised is the lesion's D90 under its worst assumption.

    Raises
    ------
    InvalidDataError
        When the plan has no lesion.
    """
    lesions = [one for one in plan.structures if one.role is Role.LESION]
    if not lesions:
        raise InvalidDataError(
            "No structure has the role lesion, so that there is nothing to cover. Contour it, or "
            "give its role in [structures.roles]."
        )
    rates = _rates(plan)
    count = len(plan.irradiation.minutes)
    shares = plan.irradiation.minutes / plan.irradiation.total_min
    best = _scaled(plan, rates, shares, most_minutes)
    if count > 1:
        best = _searched(plan, rates, shares, best, most_minutes)
    minutes, bound = best
    d90, v100 = _coverage(plan, rates, minutes)
    return Optimum(
        tuple(float(one) for one in minutes), d90, v100, bound,
        _distance(plan.request.source, plan.request.prescription.dose_gy, float(minutes.sum()))
        if count == 1 else None,
    )  # fmt: skip


def _rates(plan: Plan) -> tuple[_Rates, ...]:
    """Return the dose rates of each stop by itself in lesions and limited organs."""
    limited = {limit.role for limit in plan.request.limits}
    found = []
    for one in plan.structures:
        if one.role is not Role.LESION and one.role not in limited:
            continue
        step = max(1, len(one.samples.volume_cm3) // _MOST_SAMPLES)
        points, volume = one.samples.points_mm[::step], one.samples.volume_cm3[::step]
        if one.role is not Role.LESION:
            # The hottest part decides; thinning could miss it.
            points, volume = one.samples.points_mm, one.samples.volume_cm3
        found.append(_Rates(one.role, one.name, volume, _by_stop(plan, points)))
    return tuple(found)


def _by_stop(plan: Plan, points: Floats) -> dict[str, Floats]:
    models = {"": plan.model, **plan.scenario_models}
    rows: dict[str, list[Floats]] = {}
    for n in range(len(plan.irradiation.minutes)):
        alone = _alone(plan.irradiation, n)
        for name, model in models.items():
            for assumption, dose in _assumed(model, alone, points, name).items():
                rows.setdefault(assumption, []).append(dose)
    return {name: np.array(row) for name, row in rows.items()}


def _alone(irradiation: Irradiation, n: int) -> Irradiation:
    """Return a minute at one stop."""
    stops = irradiation.stops
    one = Stops(
        stops.positions_mm[n : n + 1], stops.axes[n : n + 1], stops.weights[n : n + 1],
        stops.labels[n : n + 1],
    )  # fmt: skip
    return replace(irradiation, stops=one, minutes=np.ones(1))


def _assumed(
    model: DoseModel, irradiation: Irradiation, points: Floats, scenario: str
) -> dict[str, Floats]:
    found = model.moved_at(irradiation, points).by_quantity
    if not scenario:
        return {ASSUMPTIONS[quantity]: dose for quantity, dose in found.items()}
    return {
        f"{ASSUMPTIONS[quantity]}, {scenario}": found[quantity]
        for quantity in (ReportingQuantity.WATER_IN_MEDIUM, ReportingQuantity.MEDIUM)
    }


def _scaled(
    plan: Plan, rates: Sequence[_Rates], shares: Floats, most_minutes: float
) -> tuple[Floats, str]:
    """Return times in given shares: as long as limits allow, no longer than coverage needs."""
    longest, bound = most_minutes, f"the longest time allowed, {most_minutes:g} min"
    for limit in plan.request.limits:
        if limit.at_most is None or (
            limit.metric == "cumulative EQD2" and plan.request.earlier_cord_eqd2_gy <= 0
        ):
            continue
        for one in rates:
            if one.role is limit.role:
                allowed = _allowed(plan, limit, one, shares, longest)
                if allowed < longest:
                    longest, bound = allowed, f"{one.name}: {limit.written()}"
    needed = _needed(plan, rates, shares)
    if needed < longest:
        longest, bound = needed, f"{COVERED_PERCENT:g} % of the lesion covered"
    return shares * longest, bound


def _allowed(plan: Plan, limit: Limit, one: _Rates, shares: Floats, longest: float) -> float:
    """Return the longest total time that keeps an upper limit under every assumption."""

    def keeps(total: float) -> bool:
        return all(
            limit.passed_by(
                limit_value(
                    limit, one.histogram(name, shares * total), plan.request, one.role, total
                )
            )
            for name in one.by_assumption
            if not name.startswith(ASSUMPTIONS[ReportingQuantity.WATER_IN_MEDIUM])
        )  # fmt: skip

    if keeps(longest):
        return longest
    low, high = 0.0, longest
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low


def _needed(plan: Plan, rates: Sequence[_Rates], shares: Floats) -> float:
    """Return the shortest total time that covers every lesion under its worst assumption."""
    each = [
        one.histogram(name, shares).dose_at_percent(COVERED_PERCENT)
        for one in rates
        if one.role is Role.LESION
        for name in one.by_assumption
    ]
    return plan.request.prescription.dose_gy / min(each)


def _coverage(plan: Plan, rates: Sequence[_Rates], minutes: Floats) -> tuple[float, float]:
    found = [
        one.histogram(name, minutes)
        for one in rates
        if one.role is Role.LESION
        for name in one.by_assumption
    ]
    prescribed = plan.request.prescription.dose_gy
    return (
        min(one.dose_at_percent(90) for one in found),
        min(one.volume_percent(prescribed) for one in found),
    )


def _searched(
    plan: Plan,
    rates: Sequence[_Rates],
    start: Floats,
    best: tuple[Floats, str],
    most_minutes: float,
) -> tuple[Floats, str]:
    """Search the shares of the stops: steps along each, halved when none helps."""

    def worth(candidate: tuple[Floats, str]) -> tuple[float, float]:
        d90, _ = _coverage(plan, rates, candidate[0])
        # Equal coverage with less time is better.
        return min(d90, plan.request.prescription.dose_gy * 1.5), -float(candidate[0].sum())

    shares, step, top = start.copy(), 0.25, worth(best)
    for _ in range(_ROUNDS):
        improved = False
        for n in range(len(shares)):
            for sign in (1.0, -1.0):
                trial = shares.copy()
                trial[n] = max(trial[n] + sign * step, 0.0)
                if trial.sum() <= 0:
                    continue
                trial /= trial.sum()
                candidate = _scaled(plan, rates, trial, most_minutes)
                value = worth(candidate)
                if value > top:
                    shares, best, top, improved = trial, candidate, value, True
        if not improved:
            step /= 2
            if step < 0.01:
                break
    return best


def _distance(source: PhotonSource, dose_gy: float, minutes: float) -> float | None:
    """Return where in water the dose lies after a time; None beyond the source's table."""
    distance = np.geomspace(source.core_radius_mm + 0.1, 55.0, 2000)
    dose = dose_rate_gy_per_min(source, distance) * minutes
    if not dose[-1] <= dose_gy <= dose[0]:
        return None
    return float(np.exp(np.interp(np.log(dose_gy), np.log(dose[::-1]), np.log(distance[::-1]))))
