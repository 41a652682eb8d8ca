"""What a plan says, as rows: doses of structures, biology, distances, and the plain results."""

from collections.abc import Mapping
from dataclasses import dataclass

from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import PhotonSource
from kyphort.planning.dvh import DoseVolume
from kyphort.planning.limits import Verdict
from kyphort.planning.plan import (
    ASSUMPTIONS,
    Plan,
    PlannedStructure,
    by_distance,
    limit_value,
    metric_of,
)
from kyphort.planning.robustness import Robustness
from kyphort.planning.structures import Role

LESION_METRICS = ("D90", "D98", "Dmean", "V100")
ORGAN_METRICS = ("D0.03cc", "Dmean")
WATER, MEDIUM, CAVITY = (
    ASSUMPTIONS[one]
    for one in (
        ReportingQuantity.WATER, ReportingQuantity.MEDIUM, ReportingQuantity.WATER_IN_MEDIUM,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric of a structure in water, medium and cavity, with what tissue scenarios give."""

    structure: str
    role: Role
    volume_cm3: float
    metric: str
    water: float
    medium: float
    cavity: float
    scenario_low: float
    scenario_high: float
    chance_percent: float


@dataclass(frozen=True, slots=True)
class BiologyRow:
    """The biological dose of a structure's metric in one assumption [Gy]."""

    structure: str
    metric: str
    assumption: str
    dose_gy: float
    rbe: float
    alpha_beta_gy: float
    weighted_gy: float
    bed_gy: float
    eqd2_gy: float
    cumulative_eqd2_gy: float | None


@dataclass(frozen=True, slots=True)
class DistanceRow:
    """One of the three usual distances, for the same needle and dose."""

    distance_mm: float
    minutes: float
    lesion_d90_gy: float | None
    lesion_v100_percent: float | None
    cord_d003cc_gy: float | None
    limits_failed: int


def metric_rows(plan: Plan) -> tuple[MetricRow, ...]:
    """Return the metrics of every structure, one row each."""
    return tuple(
        _metric_row(plan, one, metric)
        for one in plan.structures
        for metric in (LESION_METRICS if one.role is Role.LESION else ORGAN_METRICS)
    )


def _metric_row(plan: Plan, one: PlannedStructure, metric: str) -> MetricRow:
    prescribed = plan.request.prescription.dose_gy
    value = {
        name: metric_of(found, metric, prescribed) for name, found in one.by_assumption.items()
    }
    shown = CAVITY if one.role is Role.LESION else MEDIUM
    scenarios = [value[name] for name in value if name == shown or name.startswith(f"{shown}, ")]
    chance = float(one.doses.relative_uncertainty.mean()) * 100
    return MetricRow(
        one.name, one.role, one.samples.total_cm3, metric, value[WATER], value[MEDIUM],
        value[CAVITY], min(scenarios), max(scenarios), chance,
    )  # fmt: skip


def biology_rows(plan: Plan) -> tuple[BiologyRow, ...]:
    """Return BED and EQD2: of D90 in the lesion's cavities, of the worst D0.03cc of organs."""
    rows = []
    for one in plan.structures:
        if one.role in (Role.VERTEBRA, Role.CANAL, Role.CEMENT):
            continue
        metric = "D90" if one.role is Role.LESION else "D0.03cc"
        found = {
            name: metric_of(histogram, metric, plan.request.prescription.dose_gy)
            for name, histogram in one.by_assumption.items()
        }
        name = CAVITY if one.role is Role.LESION else max(found, key=lambda key: found[key])
        biology = plan.request.biology_of(one.role)
        minutes = plan.irradiation.total_min
        eqd2 = biology.eqd2_gy(found[name], minutes)
        earlier = plan.request.earlier_cord_eqd2_gy
        rows.append(
            BiologyRow(
                one.name, metric, name, found[name], biology.rbe, biology.alpha_beta_gy,
                biology.weighted_gy(found[name]), biology.bed_gy(found[name], minutes), eqd2,
                earlier + eqd2 if one.role is Role.CORD and earlier > 0 else None,
            )
        )  # fmt: skip
    return tuple(rows)


def distance_rows(plan: Plan) -> tuple[DistanceRow, ...]:
    """Return what 8, 11 and 13 mm from the isocentre would give with the same needle."""
    rows = []
    for distance, minutes, factor in by_distance(plan):
        lesion, cord = plan.of_role(Role.LESION), plan.of_role(Role.CORD)
        prescribed = plan.request.prescription.dose_gy
        rows.append(
            DistanceRow(
                distance,
                minutes,
                factor * lesion[0].lesion_quantity.dose_at_percent(90) if lesion else None,
                lesion[0].lesion_quantity.volume_percent(prescribed / factor) if lesion else None,
                factor * max(
                    metric_of(one, "D0.03cc", prescribed)
                    for one in cord[0].by_assumption.values()
                ) if cord else None,
                _failed(plan, factor),
            )
        )  # fmt: skip
    return tuple(rows)


def _failed(plan: Plan, factor: float) -> int:
    """Return how many limits fail when every dose is multiplied."""
    return sum(not one.passed for one in scaled_verdicts(plan, factor))


def scaled_verdicts(plan: Plan, factor: float) -> tuple[Verdict, ...]:
    """Return the verdicts of the plan with all times multiplied by a factor."""
    scaled = {
        one.name: {
            name: DoseVolume(found.dose_gy * factor, found.volume_cm3)
            for name, found in one.by_assumption.items()
        }
        for one in plan.structures
    }
    minutes = plan.irradiation.total_min * factor
    return tuple(
        Verdict(
            verdict.limit,
            verdict.structure,
            {
                name: limit_value(
                    verdict.limit, scaled[verdict.structure][name], plan.request,
                    verdict.limit.role, minutes,
                )
                for name in verdict.values
            },
        )
        for verdict in plan.verdicts
    )  # fmt: skip


def source_facts(source: PhotonSource) -> Mapping[str, object]:
    """Return name and calibration of a source."""
    return {"source": source.name, "calibration": source.calibration}


def results_of(plan: Plan, robust: Robustness | None) -> dict[str, object]:
    """Return the plan as plain values, for JSON."""
    request, stops = plan.request, plan.irradiation.stops
    lesion, cord = plan.of_role(Role.LESION), plan.of_role(Role.CORD)
    return {
        **source_facts(request.source),
        "prescription": {
            "dose_gy": request.prescription.dose_gy,
            "distance_mm": request.prescription.distance_mm,
            "reference": str(request.prescription.distance_reference),
            "from_isocentre_mm": plan.time.from_isocentre_mm,
        },
        "irradiation": {
            "rate_gy_per_min": plan.time.rate_gy_per_min,
            "total_min": plan.irradiation.total_min,
            "stops": [
                {"needle": label, "isocentre_mm": position.tolist(), "minutes": float(minutes)}
                for label, position, minutes in zip(
                    stops.labels, stops.positions_mm, plan.irradiation.minutes, strict=True
                )
            ],
        },
        "metrics": [
            {
                "structure": row.structure, "role": str(row.role), "volume_cm3": row.volume_cm3,
                "metric": row.metric, "water": row.water, "medium": row.medium,
                "water_in_medium": row.cavity, "scenario_low": row.scenario_low,
                "scenario_high": row.scenario_high,
            }
            for row in metric_rows(plan)
        ],
        "limits": [
            {
                "name": one.limit.name, "limit": one.limit.written(), "structure": one.structure,
                "worst": one.worst[1], "worst_under": one.worst[0], "passed": one.passed,
                "verified": one.limit.verified, "source": one.limit.source,
            }
            for one in plan.verdicts
        ],
        "clearances": [
            {
                "needle": one.needle, "structure": one.structure,
                "isocentre_mm": one.isocentre_mm, "shaft_mm": one.shaft_mm,
            }
            for one in plan.clearances
        ],
        "uncertainty_reached": dict(plan.reached),
        "histories": plan.model.field.histories,
        "notes": list(plan.notes),
        "lesion": None if not lesion else lesion[0].name,
        "cord": None if not cord else cord[0].name,
        "robustness": None if robust is None else _robust_values(robust),
    }  # fmt: skip


def _robust_values(robust: Robustness) -> dict[str, object]:
    return {
        "scenarios": robust.scenarios,
        "left_image": robust.left_image,
        "spreads": [
            {
                "structure": one.structure, "metric": one.metric, "limit": one.limit,
                "nominal": one.nominal, "median": one.median, "p5": one.lower, "p95": one.upper,
                "probability_of_failure": one.fails,
            }
            for one in robust.spreads
        ],
        "levers": [
            {"what": one.what, "metric": one.metric, "low": one.low, "high": one.high}
            for one in robust.levers
        ],
        "recalculated": [
            {
                "scenario": one.scenario, "shift_mm": one.shift_mm, "metric": one.metric,
                "fast": one.fast, "full": one.full, "difference_percent": one.difference_percent,
            }
            for one in robust.recalculations
        ],
    }  # fmt: skip
