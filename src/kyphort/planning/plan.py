"""The plan: from a request to times, doses, histograms and verdicts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import Progress, hounsfield_curve, irradiation_time_min
from kyphort.errors import InvalidDataError
from kyphort.planning.dose import (
    QUANTITIES,
    DoseModel,
    Irradiation,
    PointDoses,
    dose_model,
    frame_of,
    root_mean_square,
    sphere_points,
)
from kyphort.planning.dvh import FINE_MM, DoseVolume, Samples, dose_volume, samples_of
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage
from kyphort.planning.limits import Limit, Verdict
from kyphort.planning.needle import check_inside, stops, within_applicator
from kyphort.planning.prescription import (
    STANDARD_DISTANCES_MM,
    IrradiationTime,
    irradiation_time,
)
from kyphort.planning.request import PlanRequest
from kyphort.planning.structures import Role, Structure
from kyphort.planning.tissue import (
    Tissue,
    TissueChoices,
    check_source_place,
    scenario_curves,
    tissue_of,
)

Floats = NDArray[np.float64]
ASSUMPTIONS: Mapping[ReportingQuantity, str] = {
    ReportingQuantity.WATER: "water",
    ReportingQuantity.MEDIUM: "medium",
    ReportingQuantity.WATER_IN_MEDIUM: "water in medium",
}
"""What a dose may be taken to be, by the names of the report."""
_SCENARIO_HISTORIES = 1_000_000
_FINE = (Role.LESION, Role.CORD, Role.THECAL_SAC, Role.NERVE_ROOT)
"""Roles whose histograms are shown and judged."""


@dataclass(frozen=True, slots=True, eq=False)
class PlannedStructure:
    """A structure with its doses.

    Attributes
    ----------
    structure, samples
        What it is, and its parts outside the needles.
    in_needle_cm3
        Volume that a needle takes up; it is left out of the histograms.
    doses
        Doses at the samples.
    by_assumption
        Dose-volume histogram under each assumption: water, medium, water in medium, and each of
        both in the tissue of the scenarios.
    missing_percent
        Share of the structure beyond the calculated region; only far structures have any.
    """

    structure: Structure
    samples: Samples
    in_needle_cm3: float
    doses: PointDoses
    by_assumption: Mapping[str, DoseVolume]
    missing_percent: float

    @property
    def name(self) -> str:
        """Name of the structure."""
        return self.structure.name

    @property
    def role(self) -> Role:
        """Role of the structure."""
        return self.structure.role

    @property
    def lesion_quantity(self) -> DoseVolume:
        """The histogram in water cavities of the tissue."""
        return self.by_assumption[ASSUMPTIONS[ReportingQuantity.WATER_IN_MEDIUM]]


@dataclass(frozen=True, slots=True)
class Clearance:
    """How close a needle comes to something.

    Attributes
    ----------
    needle, structure
        Which.
    isocentre_mm
        From the nearest isocentre to the nearest point of the structure.
    shaft_mm
        From the needle's surface to it; 0 or less is a collision.
    """

    needle: str
    structure: str
    isocentre_mm: float
    shaft_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class GridDoses:
    """Doses of the region's voxels: (z, y, x) for each quantity, and 1 σ / dose."""

    frame: VoxelFrame
    by_quantity: Mapping[ReportingQuantity, Floats]
    relative_uncertainty: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan: what was asked, and everything that follows.

    Attributes
    ----------
    request
        What it follows from.
    time
        Irradiation time of the prescription in water.
    model
        The dose anywhere.
    scenario_models
        The dose in tissue with less and more mineral, by name.
    tissue
        Volume and notes on how the image became tissue.
    region
        The image in the region of the dose.
    grid
        Doses of its voxels.
    structures, clearances, verdicts
        Doses of structures, distances of needles, and limits judged.
    reached
        Root mean square of 1 σ / dose: in the cord and on the prescription sphere.
    notes
        What a reader must know.
    """

    request: PlanRequest
    time: IrradiationTime
    model: DoseModel
    scenario_models: Mapping[str, DoseModel]
    tissue: Tissue
    region: CtImage
    grid: GridDoses
    structures: tuple[PlannedStructure, ...]
    clearances: tuple[Clearance, ...]
    verdicts: tuple[Verdict, ...]
    reached: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def irradiation(self) -> Irradiation:
        """Source, stops and times."""
        return self.model.irradiation

    def of_role(self, role: Role) -> tuple[PlannedStructure, ...]:
        """Return the structures of a role."""
        return tuple(one for one in self.structures if one.role is role)


def make_plan(request: PlanRequest, *, progress: Callable[[Progress], None] | None = None) -> Plan:
    """Compute a plan.

    Parameters
    ----------
    request
        What is asked.
    progress
        Called while photons are followed.

    Raises
    ------
    InvalidDataError
        For a needle outside the image or in air, and for structures that cannot be used.
    """
    check_inside(request.needles, request.applicator, request.image.frame)
    places = stops(request.needles, request.applicator)
    check_source_place(request.image, places.positions_mm)
    time = irradiation_time(request.prescription, request.source, request.applicator)
    source = replace(request.source, emission=request.applicator.emission())
    irradiation = Irradiation(source, places, time.minutes * places.weights)
    region, images = regions(request, irradiation)
    tissue = tissue_of(images[0], request.structures, request.tissue, places.positions_mm)
    coarse = tissue_of(images[1], request.structures, request.tissue, places.positions_mm)
    sampled = sampled_structures(request, frame_of(tissue.volume))
    judged = judged_points(request, irradiation, sampled, images[0].frame)
    model = dose_model(
        tissue.volume, coarse.volume, irradiation, request.precision, judged=judged,
        progress=progress,
    )  # fmt: skip
    scenarios = _scenario_models(request, images, irradiation, tissue)
    planned = tuple(_planned(one, kept, request, model, scenarios) for one, kept in sampled.items())
    verdicts = judge(request.limits, planned, request, irradiation.total_min)
    return Plan(
        request=request,
        time=time,
        model=model,
        scenario_models=scenarios,
        tissue=tissue,
        region=region,
        grid=_grid(model, images[0].frame),
        structures=planned,
        clearances=_clearances(request, planned),
        verdicts=verdicts,
        reached={
            name: root_mean_square(model.at(points).relative_uncertainty)
            for name, (points, _) in judged.items()
        },
        notes=(*tissue.notes, *_notes(request, planned)),
    )


def regions(
    request: PlanRequest, irradiation: Irradiation
) -> tuple[CtImage, tuple[CtImage, CtImage]]:
    """Return the image around the isocentres, and the same in fine and in coarse voxels."""
    region = request.image.around(irradiation.stops.positions_mm, request.region_mm)
    fine = region.resampled(request.dose_grid_mm)
    return region, (fine, region.resampled(2 * request.dose_grid_mm))


def sampled_structures(
    request: PlanRequest, frame: VoxelFrame
) -> dict[Structure, tuple[Samples, float]]:
    """Return the samples of each structure that reaches into a frame, and its whole volume."""
    found: dict[Structure, tuple[Samples, float]] = {}
    for one in request.structures:
        reach = frame.holds(one.points_mm())
        needed = one.role in (Role.LESION, Role.CORD)
        if not reach.any():
            if needed:
                raise InvalidDataError(
                    f"Structure '{one.name}' ({one.role}) does not reach within "
                    f"{request.region_mm:g} mm of the isocentre. Check the needle's coordinates, "
                    "or enlarge region_mm."
                )
            continue
        inside = samples_of(one, frame, fine_mm=FINE_MM if one.role in _FINE else 2 * FINE_MM)
        whole = samples_of(one, request.image.frame, fine_mm=2.0).total_cm3
        found[one] = (inside, whole)
    return found


def judged_points(
    request: PlanRequest,
    irradiation: Irradiation,
    sampled: Mapping[Structure, tuple[Samples, float]],
    frame: VoxelFrame,
) -> dict[str, tuple[Floats, float]]:
    """Return where the uncertainty is judged, and what is allowed there."""
    distance = irradiation_time(
        request.prescription, request.source, request.applicator
    ).from_isocentre_mm
    sphere = sphere_points(irradiation.stops.positions_mm, distance)
    judged = {"prescription sphere": (sphere[frame.holds(sphere, 0.0)], request.precision.sphere)}
    cords = [kept for one, (kept, _) in sampled.items() if one.role is Role.CORD]
    if cords:
        points = np.concatenate([one.points_mm for one in cords])
        judged["cord"] = (points[:: max(1, len(points) // 4000)], request.precision.cord)
    return judged


def metric_of(found: DoseVolume, metric: str, prescribed_gy: float) -> float:
    """Return a metric of a histogram: D0.03cc, D90, D98, Dmean [Gy] or V100 [%].

    >>> metric_of(dose_volume([1.0, 3.0], [1.0, 1.0]), "Dmean", 8.0)
    2.0
    """
    if metric == "D0.03cc":
        return found.dose_at_cm3(min(0.03, found.total_cm3))
    if metric == "Dmean":
        return found.mean_gy
    if metric == "V100":
        return found.volume_percent(prescribed_gy)
    return found.dose_at_percent(float(metric.removeprefix("D")))


def judge(
    limits: tuple[Limit, ...],
    planned: tuple[PlannedStructure, ...],
    request: PlanRequest,
    minutes: float,
) -> tuple[Verdict, ...]:
    """Judge every limit for every structure of its role, under each assumption."""
    return tuple(
        Verdict(
            limit,
            one.name,
            {
                name: limit_value(limit, found, request, one.role, minutes)
                for name, found in one.by_assumption.items()
                if not _is_spare(name, limit)
            },
        )
        for limit in limits
        for one in planned
        if one.role is limit.role and not (_is_cumulative(limit) and not _has_earlier(request))
    )


def limit_value(
    limit: Limit, found: DoseVolume, request: PlanRequest, role: Role, minutes: float
) -> float:
    """Return what a limit is compared with, from one histogram."""
    biology = request.biology_of(role)
    if _is_cumulative(limit):
        dose = metric_of(found, "D0.03cc", request.prescription.dose_gy)
        return request.earlier_cord_eqd2_gy + biology.eqd2_gy(dose, minutes)
    value = metric_of(found, limit.metric, request.prescription.dose_gy)
    weighted = limit.rbe_weighted and limit.metric.startswith("D")
    return biology.weighted_gy(value) if weighted else value


def by_distance(plan: Plan) -> tuple[tuple[float, float, float], ...]:
    """Return (distance [mm], minutes, factor on the plan's doses) of the three usual distances."""
    source, dose = plan.request.source, plan.request.prescription.dose_gy
    found = []
    for distance in STANDARD_DISTANCES_MM:
        minutes = irradiation_time_min(source, dose, distance)
        found.append((distance, minutes, minutes / plan.time.minutes))
    return tuple(found)


def _is_cumulative(limit: Limit) -> bool:
    return limit.metric == "cumulative EQD2"


def _has_earlier(request: PlanRequest) -> bool:
    return request.earlier_cord_eqd2_gy > 0


def _is_spare(name: str, limit: Limit) -> bool:
    """Tell whether an assumption does not count: cavities in tissue never decide for organs."""
    return limit.at_most is not None and name.startswith(
        ASSUMPTIONS[ReportingQuantity.WATER_IN_MEDIUM]
    )


def _scenario_models(
    request: PlanRequest,
    images: tuple[CtImage, CtImage],
    irradiation: Irradiation,
    nominal: Tissue,
) -> dict[str, DoseModel]:
    """Return the dose with less and more mineral; none when tissue follows structures."""
    if nominal.by_structures:
        return {}
    precision = replace(request.precision, first_histories=_SCENARIO_HISTORIES)
    models = {}
    for name, curve in scenario_curves(request.tissue.curve or hounsfield_curve()):
        choices: TissueChoices = replace(request.tissue, curve=curve)
        fine, coarse = (
            tissue_of(image, request.structures, choices, irradiation.stops.positions_mm).volume
            for image in images
        )
        models[name] = dose_model(fine, coarse, irradiation, precision)
    return models


def _planned(
    structure: Structure,
    sampled: tuple[Samples, float],
    request: PlanRequest,
    model: DoseModel,
    scenarios: Mapping[str, DoseModel],
) -> PlannedStructure:
    samples, whole = sampled
    in_needle = within_applicator(samples.points_mm, request.needles, request.applicator)
    kept = samples.where(~in_needle)
    if not len(kept.volume_cm3):
        raise InvalidDataError(
            f"Structure '{structure.name}' lies inside the needle altogether. Contour it larger."
        )
    doses = model.at(kept.points_mm)
    histograms = {
        ASSUMPTIONS[quantity]: dose_volume(doses.by_quantity[quantity], kept.volume_cm3)
        for quantity in QUANTITIES
    }
    for name, other in scenarios.items():
        found = other.at(kept.points_mm).by_quantity
        for quantity in (ReportingQuantity.WATER_IN_MEDIUM, ReportingQuantity.MEDIUM):
            key = f"{ASSUMPTIONS[quantity]}, {name}"
            histograms[key] = dose_volume(found[quantity], kept.volume_cm3)
    missing = max(0.0, 100 * (1 - samples.total_cm3 / whole))
    return PlannedStructure(
        structure,
        kept,
        samples.total_cm3 - kept.total_cm3,
        doses,
        histograms,
        missing if missing > 1 else 0.0,
    )


def _grid(model: DoseModel, frame: VoxelFrame) -> GridDoses:
    found = model.at(frame.centres_mm().reshape(-1, 3))
    return GridDoses(
        frame,
        {one: values.reshape(frame.shape) for one, values in found.by_quantity.items()},
        found.relative_uncertainty.reshape(frame.shape),
    )


def _clearances(
    request: PlanRequest, planned: tuple[PlannedStructure, ...]
) -> tuple[Clearance, ...]:
    near = (Role.CORD, Role.CANAL, Role.THECAL_SAC, Role.NERVE_ROOT)
    found = []
    for one in planned:
        if one.role not in near:
            continue
        points = one.samples.points_mm
        for needle in request.needles:
            isocentres = needle.isocentres_mm(request.applicator)
            nearest = min(float(np.linalg.norm(points - at, axis=1).min()) for at in isocentres)
            shaft = float(needle.distance_mm(points).min()) - request.applicator.radius_mm
            if one.in_needle_cm3 > 0:
                shaft = min(shaft, 0.0)
            found.append(Clearance(needle.name, one.name, nearest, shaft))
    return tuple(found)


def _notes(request: PlanRequest, planned: tuple[PlannedStructure, ...]) -> tuple[str, ...]:
    notes = []
    roles = {one.role for one in planned}
    for role, loss in (
        (Role.LESION, "coverage cannot be judged"), (Role.CORD, "its dose cannot be judged"),
    ):  # fmt: skip
        if role not in roles:
            notes.append(f"No structure has the role {role}: {loss}.")
    for one in planned:
        if one.missing_percent:
            notes.append(
                f"{one.missing_percent:.0f} % of '{one.name}' lie beyond the calculated region "
                "and are left out of its histogram: relative volumes are of the part inside."
            )
        if one.in_needle_cm3 > 0:
            notes.append(
                f"{one.in_needle_cm3:.2f} cm³ of '{one.name}' lie inside the needle and are left "
                "out of its histogram."
            )
    if request.applicator.shaft_shadow:
        notes.append("The shadow of the shaft is a geometrical estimate that was not validated.")
    return tuple(notes)
