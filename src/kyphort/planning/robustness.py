"""Robustness: what happens to coverage and cord when the needle or the assumptions are off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import ReportingQuantity
from kyphort.planning.dose import DoseModel, Irradiation, dose_model
from kyphort.planning.dvh import DoseVolume, dose_volume, samples_of
from kyphort.planning.limits import Limit
from kyphort.planning.needle import Needle, stops, within_applicator
from kyphort.planning.plan import (
    ASSUMPTIONS,
    Plan,
    PlannedStructure,
    limit_value,
    metric_of,
    regions,
)
from kyphort.planning.structures import Role
from kyphort.planning.tissue import tissue_of

Floats = NDArray[np.float64]
_SAMPLE_MM = 1.0
_CURVE_POINTS = 120
BAND = (5.0, 95.0)
"""Percentiles of the bands."""
_RECALCULATION_HISTORIES = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One way in which things may be off.

    Attributes
    ----------
    tip_mm
        (3,) shift of the needles' tips.
    turn
        (3,) shift of the direction, per unit of length.
    calibration
        Factor on the dose.
    tissue
        Name of the tissue scenario, empty for the nominal one.
    """

    tip_mm: Floats
    turn: Floats
    calibration: float
    tissue: str


@dataclass(frozen=True, slots=True, eq=False)
class DvhBand:
    """A histogram with its band over the scenarios: dose (m,) and volumes (m,) in per cent."""

    structure: str
    dose_gy: Floats
    nominal: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over the scenarios: nominal, median, percentiles, and how often its limit fails."""

    structure: str
    metric: str
    limit: str
    nominal: float
    median: float
    lower: float
    upper: float
    fails: float | None


@dataclass(frozen=True, slots=True)
class Lever:
    """What one thing alone does to a metric, when it is one σ below and above."""

    what: str
    metric: str
    low: float
    high: float
    nominal: float

    @property
    def width(self) -> float:
        """How far the two are apart."""
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Recalculation:
    """A scenario computed in full beside the fast way: the two values of a metric [Gy]."""

    scenario: int
    shift_mm: float
    metric: str
    fast: float
    full: float

    @property
    def difference_percent(self) -> float:
        """Fast − full, in per cent of full."""
        return 100 * (self.fast / self.full - 1)


@dataclass(frozen=True, slots=True)
class Robustness:
    """Everything the scenarios say."""

    scenarios: int
    bands: tuple[DvhBand, ...]
    spreads: tuple[Spread, ...]
    levers: tuple[Lever, ...]
    recalculations: tuple[Recalculation, ...]
    left_image: int


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """Samples of a structure, the quantity judged, and the ratios of tissue scenarios."""

    planned: PlannedStructure
    quantity: ReportingQuantity
    points_mm: Floats
    volume_cm3: Floats
    ratios: Mapping[str, Floats]


def robustness(plan: Plan, *, progress: Callable[[int, int], None] | None = None) -> Robustness:
    """Draw scenarios of tip, angle, calibration and tissue, and return what they do.

    In each the rays are traced anew to samples of lesion and cord; the scatter quotient is that of
    the plan. Lesions are judged in water cavities of the tissue, organs in the worst of water and
    medium for each sample.
    """
    choices = plan.request.robustness
    targets = tuple(_target(plan, one) for one in plan.structures if one.role in _JUDGED)
    drawn = _drawn(plan)
    found: list[tuple[DoseVolume, ...]] = []
    kept: list[Scenario] = []
    for number, scenario in enumerate(drawn, start=1):
        if _stays_inside(plan, scenario):
            kept.append(scenario)
            found.append(_histograms(plan, plan.model, targets, scenario))
        if progress is not None:
            progress(number, len(drawn))
    nominal = _histograms(plan, plan.model, targets, _NOTHING)
    return Robustness(
        scenarios=len(kept),
        bands=tuple(
            _band(one.planned.name, nominal[n], [row[n] for row in found])
            for n, one in enumerate(targets)
        ),
        spreads=_spreads(plan, targets, nominal, found),
        levers=_levers(plan, targets),
        recalculations=_recalculated(plan, targets, kept[: choices.recalculated]),
        left_image=len(drawn) - len(kept),
    )


_JUDGED = (Role.LESION, Role.CORD, Role.THECAL_SAC)
_NOTHING = Scenario(np.zeros(3), np.zeros(3), 1.0, "")


def _target(plan: Plan, planned: PlannedStructure) -> _Target:
    """Return samples of about a voxel, fewer than those of the plan."""
    samples = samples_of(planned.structure, plan.grid.frame, fine_mm=_SAMPLE_MM)
    quantity = (
        ReportingQuantity.WATER_IN_MEDIUM if planned.role is Role.LESION
        else ReportingQuantity.WATER
    )  # fmt: skip
    nominal = plan.model.at(samples.points_mm).by_quantity
    cavity = ReportingQuantity.WATER_IN_MEDIUM
    ratios = {}
    for name, model in plan.scenario_models.items():
        other = model.at(samples.points_mm).by_quantity[cavity]
        ratios[name] = np.divide(
            other, nominal[cavity], out=np.ones(len(other)), where=nominal[cavity] > 0
        )
    return _Target(planned, quantity, samples.points_mm, samples.volume_cm3, ratios)


def _drawn(plan: Plan) -> list[Scenario]:
    choices = plan.request.robustness
    rng = np.random.default_rng(choices.seed)
    names = ("", *plan.scenario_models)
    sigma = np.radians(choices.angle_sigma_deg)
    return [
        Scenario(
            tip_mm=rng.normal(0, choices.tip_sigma_mm, 3),
            turn=rng.normal(0, sigma, 3),
            calibration=float(np.exp(rng.normal(0, choices.calibration_sigma))),
            tissue=str(rng.choice(names)),
        )
        for _ in range(choices.scenarios)
    ]


def moved_needles(plan: Plan, scenario: Scenario) -> tuple[Needle, ...]:
    """Return the needles of a scenario: tips moved, directions turned about them."""
    moved = []
    for one in plan.request.needles:
        way = one.tip_mm - one.entry_mm
        turned = way / np.linalg.norm(way) + scenario.turn
        turned *= np.linalg.norm(way) / np.linalg.norm(turned)
        tip = one.tip_mm + scenario.tip_mm
        moved.append(Needle(one.name, tip - turned, tip, one.dwells))
    return tuple(moved)


def moved_irradiation(plan: Plan, scenario: Scenario) -> Irradiation:
    """Return the irradiation of a scenario; the calibration is a factor on its times."""
    places = stops(moved_needles(plan, scenario), plan.request.applicator)
    minutes = plan.irradiation.minutes * scenario.calibration
    return Irradiation(plan.irradiation.source, places, minutes)


def _stays_inside(plan: Plan, scenario: Scenario) -> bool:
    places = stops(moved_needles(plan, scenario), plan.request.applicator)
    return bool(np.all(plan.grid.frame.holds(places.positions_mm, 2.0)))


def _histograms(
    plan: Plan, model: DoseModel, targets: tuple[_Target, ...], scenario: Scenario
) -> tuple[DoseVolume, ...]:
    """Return the histogram of each target in a scenario: rays to all their samples at once."""
    points = np.concatenate([one.points_mm for one in targets])
    doses = model.moved_at(moved_irradiation(plan, scenario), points).by_quantity
    applicator = plan.request.applicator
    tissue = ~within_applicator(points, moved_needles(plan, scenario), applicator)
    found, first = [], 0
    for one in targets:
        part = slice(first, first + len(one.points_mm))
        first = part.stop
        dose = _dose_of(one, {name: values[part] for name, values in doses.items()}, scenario)
        kept = tissue[part] if tissue[part].any() else np.ones(len(dose), dtype=bool)
        found.append(dose_volume(dose[kept], one.volume_cm3[kept]))
    return tuple(found)


def _dose_of(
    target: _Target, doses: Mapping[ReportingQuantity, Floats], scenario: Scenario
) -> Floats:
    """Return what a target is judged by: cavities in lesions, the worse of both in organs."""
    ratio = target.ratios.get(scenario.tissue, 1.0)
    if target.quantity is ReportingQuantity.WATER_IN_MEDIUM:
        return np.asarray(doses[target.quantity] * ratio)
    medium = doses[ReportingQuantity.MEDIUM] * ratio
    return np.asarray(np.maximum(doses[ReportingQuantity.WATER], medium))


def _band(name: str, nominal: DoseVolume, found: list[DoseVolume]) -> DvhBand:
    top = max(3.0 * nominal.dose_at_percent(10), 1.15 * nominal.dose_at_percent(1))
    dose = np.linspace(0, top, _CURVE_POINTS)
    curves = np.array([one.volumes_percent(dose) for one in found])
    lower, upper = np.percentile(curves, BAND, axis=0)
    return DvhBand(name, dose, nominal.volumes_percent(dose), lower, upper)


def _metrics(role: Role) -> tuple[str, ...]:
    return ("D90", "V100", "Dmean") if role is Role.LESION else ("D0.03cc", "Dmean")


def _spreads(
    plan: Plan,
    targets: tuple[_Target, ...],
    nominal: tuple[DoseVolume, ...],
    found: list[tuple[DoseVolume, ...]],
) -> tuple[Spread, ...]:
    spreads = []
    for n, one in enumerate(targets):
        limits = {
            limit.metric: limit for limit in plan.request.limits if _applies(plan, limit, one)
        }
        for metric in dict.fromkeys((*_metrics(one.planned.role), *limits)):
            limit = limits.get(metric)
            values = [_value(plan, one, row[n], metric, limit) for row in found]
            low, middle, high = np.percentile(values, (BAND[0], 50, BAND[1]))
            fails = None if limit is None else float(
                np.mean([not limit.passed_by(value) for value in values])
            )  # fmt: skip
            spreads.append(Spread(
                one.planned.name, metric, "" if limit is None else limit.written(),
                _value(plan, one, nominal[n], metric, limit), float(middle), float(low),
                float(high), fails,
            ))  # fmt: skip
    return tuple(spreads)


def _applies(plan: Plan, limit: Limit, target: _Target) -> bool:
    cumulative = limit.metric == "cumulative EQD2"
    return limit.role is target.planned.role and (
        not cumulative or plan.request.earlier_cord_eqd2_gy > 0
    )


def _value(
    plan: Plan, target: _Target, found: DoseVolume, metric: str, limit: Limit | None
) -> float:
    """Return a metric; one with a limit as the limit has it, RBE-weighted."""
    if limit is None:
        return metric_of(found, metric, plan.request.prescription.dose_gy)
    return limit_value(limit, found, plan.request, target.planned.role, plan.irradiation.total_min)


def _levers(plan: Plan, targets: tuple[_Target, ...]) -> tuple[Lever, ...]:
    """Return what each thing alone does, one σ down and up."""
    choices = plan.request.robustness
    pairs: list[tuple[str, Scenario, Scenario]] = []
    for axis, name in enumerate(("tip left–right", "tip front–back", "tip along the body")):
        step = np.zeros(3)
        step[axis] = choices.tip_sigma_mm
        pairs.append((name, replace(_NOTHING, tip_mm=-step), replace(_NOTHING, tip_mm=step)))
    turn = np.array([np.radians(choices.angle_sigma_deg), 0.0, 0.0])
    pairs.append(("needle angle", replace(_NOTHING, turn=-turn), replace(_NOTHING, turn=turn)))
    low, high = np.exp([-choices.calibration_sigma, choices.calibration_sigma])
    pairs.append((
        "calibration", replace(_NOTHING, calibration=float(low)),
        replace(_NOTHING, calibration=float(high)),
    ))  # fmt: skip
    names = tuple(plan.scenario_models)
    if len(names) == 2:
        pairs.append((
            "mineral of the bone", replace(_NOTHING, tissue=names[0]),
            replace(_NOTHING, tissue=names[1]),
        ))  # fmt: skip
    prescribed = plan.request.prescription.dose_gy
    nominal = _histograms(plan, plan.model, targets, _NOTHING)
    levers = []
    for name, down, up in pairs:
        ends = [_histograms(plan, plan.model, targets, way) for way in (down, up)]
        for n, one in enumerate(targets):
            metric = _metrics(one.planned.role)[0]
            low, high, middle = (metric_of(row[n], metric, prescribed) for row in (*ends, nominal))
            levers.append(Lever(name, f"{one.planned.name} {metric}", low, high, middle))
    return tuple(levers)


def _recalculated(
    plan: Plan, targets: tuple[_Target, ...], scenarios: list[Scenario]
) -> tuple[Recalculation, ...]:
    """Compute scenarios in full, with scatter of their own, in the nominal tissue."""
    cavity = ReportingQuantity.WATER_IN_MEDIUM
    cavities = tuple(replace(one, quantity=cavity) for one in targets)
    prescribed = plan.request.prescription.dose_gy
    rows = []
    for number, drawn in enumerate(scenarios, start=1):
        scenario = replace(drawn, tissue="")
        models = plan.model, _full_model(plan, scenario, number)
        fast, full = (_histograms(plan, one, cavities, scenario) for one in models)
        shift = float(np.linalg.norm(scenario.tip_mm))
        for n, one in enumerate(targets):
            metric = _metrics(one.planned.role)[0]
            values = [metric_of(found[n], metric, prescribed) for found in (fast, full)]
            label = f"{one.planned.name} {metric}, {ASSUMPTIONS[cavity]}"
            rows.append(Recalculation(number, shift, label, *values))
    return tuple(rows)


def _full_model(plan: Plan, scenario: Scenario, number: int) -> DoseModel:
    """Return the dose of a scenario with photons of its own."""
    request = plan.request
    irradiation = moved_irradiation(plan, scenario)
    _, images = regions(request, plan.irradiation)
    positions = irradiation.stops.positions_mm
    fine, coarse = (
        tissue_of(image, request.structures, request.tissue, positions).volume for image in images
    )
    precision = replace(
        request.precision, first_histories=_RECALCULATION_HISTORIES,
        seed=request.precision.seed + 100 + number,
    )  # fmt: skip
    return dose_model(fine, coarse, irradiation, precision)
