"""The verbs of `kyphort dose`: one function for each, from input to files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kyphort import __version__
from kyphort.dosimetry import (
    MODELS,
    DoseGrid,
    PhotonSource,
    Progress,
    Reporting,
    Volume,
    commission,
    dose_rate_gy_per_min,
    falloff_exponent,
    gamma_index,
    half_value_layer_mm,
    irradiation_time_min,
    load_dose,
    load_source,
    material,
    radial_table,
    read_depth_dose,
    save_dose,
    simulate_dose,
    source_model,
    sphere_phantom,
    uniform_phantom,
    unverified,
    vertebra_phantom,
)
from kyphort.errors import InvalidDataError
from kyphort.reports.document import Table
from kyphort.reports.dose_figures import Curve, Slice, curves_figure, isodose_figure
from kyphort.reports.dose_pages import dose_document, dose_table, write_dose_folder
from kyphort.workflows.staging import staged_folder

Floats = NDArray[np.float64]
PHANTOMS = ("vertebra", "lytic", "water", "spongiosa", "sphere")
"""Names of the phantoms of the command line."""
_SPHERE_MM, _LESION_MM = 15.0, 12.0
_REFERENCE_DOSES: tuple[Reporting, ...] = ("water_in_medium", "water")


@dataclass(frozen=True, slots=True)
class DoseReport:
    """What a verb hands back: a title, tables, notes, plain results and figures with captions."""

    title: str
    subtitle: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    results: Mapping[str, object]
    figures: tuple[tuple[str, str, Figure], ...] = ()
    grid: DoseGrid | None = None

    def write(self, out: Path) -> None:
        """Write page, tables, figures, JSON and, if there is one, the dose grid."""
        captions = [(name, caption) for name, caption, _ in self.figures]
        provenance = {"Made by": f"kyphort {__version__}"} | {
            name: str(value) for name, value in self.results.items() if isinstance(value, str | int)
        }
        document = dose_document(
            self.title, self.subtitle, self.tables, captions, self.notes, provenance
        )
        with staged_folder(out) as stage:
            drawings = {name: drawing for name, _, drawing in self.figures}
            write_dose_folder(stage, document, drawings, self.results)
            if self.grid is not None:
                save_dose(self.grid, stage / "dose.npz")


def chosen_source(name: str, table: Path | None = None) -> PhotonSource:
    """Return a shipped model, or `file.toml:name`; commissioned when a table is given."""
    path, colon, inside = name.rpartition(":")
    model = load_source(Path(path), inside) if colon else source_model(name)
    return model if table is None else commission(model, read_depth_dose(table)).source


def depth(
    source: PhotonSource, distances_mm: Sequence[float], *, medium: str, seed: int, threads: int
) -> DoseReport:
    """Depth dose: dose rate at distances from the isocentre, in water at once, else by a run."""
    distance = np.array(sorted(distances_mm), dtype=np.float64)
    rate = _rates(source, distance, medium, seed, threads)
    water = dose_rate_gy_per_min(source, distance)
    rows = [
        (float(r), float(d), float(d / w), _share(d, rate, distance))
        for r, d, w in zip(distance, rate, water, strict=True)
    ]
    table = dose_table(
        "depth_dose", f"Dose rate in {medium}",
        ("Distance [mm]", "Dose rate [Gy/min]", "Ratio to water", "Relative to 10 mm"), rows,
    )  # fmt: skip
    curves = [Curve(medium, distance, rate)]
    if medium != "water":
        curves.append(Curve("water", distance, water))
    drawing = curves_figure(curves, "Distance from the isocentre [mm]", "Gy/min", logarithmic=True)
    spectrum = curves_figure(
        [Curve(source.name, source.energy_kev, source.weight)], "Energy [keV]", "Share of photons"
    )
    return DoseReport(
        title=f"Depth dose in {medium}",
        subtitle=f"{source.name}; calibration: {source.calibration}",
        tables=(table,),
        notes=_notes(source),
        results=_facts(source) | {
            "medium": medium,
            "distance_mm": distance.tolist(),
            "dose_rate_gy_per_min": rate.tolist(),
            "half_value_layer_mm_al_at_20_mm": half_value_layer_mm(source, depth_mm=20),
            "exponent_8_to_13_mm": falloff_exponent(source, 8, 13),
        },
        figures=(
            ("depth_dose", f"Dose rate of the source in {medium}.", drawing),
            ("spectrum", "Photons as they leave the source.", spectrum),
        ),
    )  # fmt: skip


def times(source: PhotonSource, dose_gy: float, distances_mm: Sequence[float]) -> DoseReport:
    """Irradiation times in water for a dose at distances from the isocentre."""
    rows = [
        (
            float(r),
            irradiation_time_min(source, dose_gy, r),
            float(dose_rate_gy_per_min(source, [r])[0]),
        )
        for r in distances_mm
    ]
    table = dose_table(
        "times", f"Time for {dose_gy:g} Gy in water",
        ("Distance from the isocentre [mm]", "Time [min]", "Dose rate [Gy/min]"), rows,
    )  # fmt: skip
    return DoseReport(
        title="Irradiation times",
        subtitle=f"{source.name}; calibration: {source.calibration}",
        tables=(table,),
        notes=_notes(source),
        results=_facts(source) | {
            "dose_gy": dose_gy,
            "distance_mm": [row[0] for row in rows],
            "time_min": [row[1] for row in rows],
        },
    )  # fmt: skip


def phantom(
    source: PhotonSource,
    name: str,
    *,
    voxels: int,
    target: float,
    scatter_grid_mm: float | None,
    seed: int,
    threads: int,
    progress: Callable[[Progress], None] | None = None,
) -> DoseReport:
    """Dose in a digital phantom, beside the same in water and a water cavity in the medium."""
    volume = named_phantom(name, voxels)
    near = _along_axis(volume) <= 20.5
    options: dict[str, Any] = {"seed": seed, "threads": threads, "scatter_grid_mm": scatter_grid_mm}
    run = simulate_dose(
        volume, source, (0, 0, 0), target_uncertainty=target, target_mask=near,
        normalisation="per_minute", progress=progress, **options,
    )  # fmt: skip
    cavity, water = (
        simulate_dose(
            volume,
            source,
            (0, 0, 0),
            histories=run.histories,
            reporting=reporting,
            normalisation="per_minute",
            **options,
        )
        for reporting in _REFERENCE_DOSES
    )
    table = _axis_table(volume, run, cavity, water)
    reference = float(dose_rate_gy_per_min(source, [10.0])[0])
    drawing = isodose_figure(_planes(volume, run), reference, "Gy/min (water, 10 mm)")
    return DoseReport(
        title=f"Dose in the phantom '{name}'",
        subtitle=f"{source.name}; calibration: {source.calibration}",
        tables=(table,),
        notes=(*_notes(source), *_stopped(run)),
        results=_facts(source) | {
            "phantom": name,
            "histories": run.histories,
            "seed": seed,
            "complete": run.complete,
            "scatter_grid_mm": None if run.scatter_grid_mm is None else list(run.scatter_grid_mm),
            "axis": [dict(zip(_AXIS_KEYS, row, strict=True)) for row in table.rows],
        },
        figures=(("isodoses", "Isodoses over density, through the source.", drawing),),
        grid=run,
    )  # fmt: skip


def compare(
    reference: Path, evaluated: Path, *, dose_percent: float, distance_mm: float, threshold: float
) -> DoseReport:
    """Gamma index and differences of two dose grids."""
    first, second = load_dose(reference), load_dose(evaluated)
    found = gamma_index(
        first, second, dose_percent=dose_percent, distance_mm=distance_mm, threshold=threshold
    )
    judged = np.isfinite(found.gamma)
    ratio = second.dose_gy[judged] / first.dose_gy[judged] - 1
    low, middle, high = (float(100 * value) for value in np.quantile(ratio, [0.025, 0.5, 0.975]))
    rows = [
        ("Voxels judged", float(found.voxels)),
        (f"Gamma of at most 1 at {dose_percent:g} %/{distance_mm:g} mm [%]", 100 * found.pass_rate),
        ("Median difference [%]", middle),
        ("2.5th percentile of the difference [%]", low),
        ("97.5th percentile of the difference [%]", high),
    ]
    notes = []
    if first.calibration != second.calibration:
        notes.append(
            f"The calibration datasets differ: '{first.calibration}' and '{second.calibration}'."
        )
    values = np.sort(found.gamma[judged])
    shares = np.arange(1, len(values) + 1) / len(values)
    pick = np.unique(np.linspace(0, len(values) - 1, 400).astype(int))
    drawing = curves_figure(
        [Curve("gamma", values[pick], shares[pick])], "Gamma", "Share of voxels at or below"
    )
    return DoseReport(
        title="Comparison of dose grids",
        subtitle=f"{reference.name} (reference) and {evaluated.name}",
        tables=(dose_table("comparison", "Comparison", ("Quantity", "Value"), rows),),
        notes=tuple(notes),
        results={
            "reference": reference.name, "evaluated": evaluated.name,
            "dose_percent": dose_percent, "distance_mm": distance_mm, "threshold": threshold,
            "pass_rate": found.pass_rate, "voxels": found.voxels, "median_percent": middle,
        },
        figures=(("gamma", "Cumulative gamma index.", drawing),),
    )  # fmt: skip


def commissioning(model: PhotonSource, table_path: Path, *, fit_hardening: bool) -> DoseReport:
    """Fit a source model to a depth-dose table, with its residuals."""
    fit = commission(model, read_depth_dose(table_path), fit_hardening=fit_hardening)
    table = fit.table
    rates = dose_rate_gy_per_min(fit.source, table.distance_mm)
    rows = [
        (float(r), float(given), float(found), float(residual))
        for r, given, found, residual in zip(
            table.distance_mm, table.dose_rate_gy_per_min, rates, fit.residual_percent, strict=True
        )
    ]
    label = "Distance from the isocentre [mm]"
    fine = np.geomspace(table.distance_mm[0], table.distance_mm[-1], 200)
    curves = [
        Curve("fit", fine, dose_rate_gy_per_min(fit.source, fine)),
        Curve(table.dataset, table.distance_mm, table.dose_rate_gy_per_min, points=True),
    ]
    drawn = curves_figure(curves, label, "Gy/min", logarithmic=True)
    residual = Curve("residual", table.distance_mm, fit.residual_percent, points=True)
    return DoseReport(
        title="Commissioning",
        subtitle=f"{model.name} fitted to {table.dataset}",
        tables=(dose_table(
            "residuals", "Table and fit",
            ("Distance [mm]", "Table [Gy/min]", "Fit [Gy/min]", "Fit − table [%]"), rows,
        ),),
        notes=(
            f"Hardening {fit.hardening_mm_al:+.3f} mm Al, output × {fit.output_scale:.3f}, root "
            f"mean square of the residuals {np.sqrt(np.mean(fit.residual_percent**2)):.2f} %.",
            *_notes(fit.source),
        ),
        results=_facts(fit.source) | {
            "hardening_mm_al": fit.hardening_mm_al,
            "output_scale": fit.output_scale,
            "residual_percent": fit.residual_percent.tolist(),
            "photons_per_mas": fit.source.photons_per_mas,
        },
        figures=(
            ("fit", "Depth dose: table and fit.", drawn),
            ("residuals", "Fit − table, per cent.",
             curves_figure([residual], label, "%", bands=(0,))),
        ),
    )  # fmt: skip


def named_phantom(name: str, voxels: int) -> Volume:
    """Return a phantom of 1-mm voxels by its name on the command line.

    Raises
    ------
    InvalidDataError
        When there is none of that name.
    """
    if name == "vertebra":
        return vertebra_phantom(voxels)
    if name == "lytic":
        return vertebra_phantom(voxels, lesion_radius_mm=_LESION_MM)
    if name == "sphere":
        return sphere_phantom(_SPHERE_MM, material("spongiosa"), material("water"), voxels=voxels)
    if name in ("water", "spongiosa"):
        return uniform_phantom(voxels, material(name))
    raise InvalidDataError(f"There is no phantom '{name}'. There are {', '.join(PHANTOMS)}.")


_AXIS_KEYS = (
    "distance_mm", "medium", "water_gy_per_min", "medium_over_water", "cavity_over_water",
    "uncertainty_percent",
)  # fmt: skip


def _rates(source: PhotonSource, distance: Floats, medium: str, seed: int, threads: int) -> Floats:
    if medium == "water":
        return dose_rate_gy_per_min(source, distance)
    if source.photons_per_mas is None:
        raise InvalidDataError(f"Source '{source.name}' has no output. Commission it.")
    table = radial_table(source, material(medium), distance, seed=seed, threads=threads)
    return table.dose_gy(distance) * source.photons_per_mas * source.current_ma * 60


def _share(dose: float, rate: Floats, distance: Floats) -> float | None:
    at_10 = np.flatnonzero(distance == 10.0)
    return float(dose / rate[at_10[0]]) if len(at_10) else None


def _along_axis(volume: Volume) -> Floats:
    """Return the distance of voxels on the posterior axis from the source; elsewhere infinite."""
    centres = volume.centres_mm()
    half = volume.spacing_mm / 2
    on_axis = (np.abs(centres[..., 0]) <= half[0]) & (np.abs(centres[..., 2]) <= half[2])
    behind = centres[..., 1] > 2.0
    return np.where(on_axis & behind, centres[..., 1], np.inf)


def _axis_table(volume: Volume, run: DoseGrid, cavity: DoseGrid, water: DoseGrid) -> Table:
    along = _along_axis(volume)
    rows = []
    for low in np.arange(2.5, float(volume.limits_mm()[1][1]) - 1):
        inside = (along >= low) & (along < low + 1)
        if not inside.any():
            continue
        place = tuple(axis[0] for axis in np.nonzero(inside))
        given = float(water.dose_gy[inside].mean())
        rows.append((
            float(along[inside].mean()),
            volume.materials[volume.material_index[place]].name,
            given,
            float(run.dose_gy[inside].mean()) / given,
            float(cavity.dose_gy[inside].mean()) / given,
            100 * float(run.relative_uncertainty[inside].max()),
        ))  # fmt: skip
    return dose_table(
        "posterior_axis", "Along the posterior axis, from the source to the cord",
        ("Distance [mm]", "Medium", "In water [Gy/min]", "Medium ÷ water", "Water cavity ÷ water",
         "1 σ of a voxel [%]"), rows,
    )  # fmt: skip


def _planes(volume: Volume, run: DoseGrid) -> list[Slice]:
    z, _, x = volume.voxel_of((0.0, 0.0, 0.0))
    edges = [
        volume.origin_mm[n] + (np.arange(volume.shape[2 - n] + 1) - 0.5) * volume.spacing_mm[n]
        for n in range(3)
    ]
    density = volume.density_g_cm3.astype(np.float64)
    return [
        Slice("Axial", density[z], run.dose_gy[z], edges[0], edges[1], "x [mm]",
              "y, to the back [mm]"),
        Slice("Sagittal", density[:, :, x], run.dose_gy[:, :, x], edges[1], edges[2],
              "y, to the back [mm]", "z [mm]"),
    ]  # fmt: skip


def _facts(source: PhotonSource) -> dict[str, object]:
    return {"source": source.name, "calibration": source.calibration, "kyphort": __version__}


def _notes(source: PhotonSource) -> tuple[str, ...]:
    open_points = unverified(source)
    notes = [
        "Dose = collision kerma, in the medium named; distances from the isocentre in the tip. "
        "Absolute doses are limited by the calibration (10 to 15 %)."
    ]
    if open_points:
        notes.append(f"Parameters that were not verified: {', '.join(open_points)}.")
    return tuple(notes)


def _stopped(run: DoseGrid) -> tuple[str, ...]:
    return () if run.complete else ("The run was stopped before its end; see the uncertainty.",)


def model_names() -> tuple[str, ...]:
    """Return the names of the shipped sources."""
    return MODELS


def with_current(source: PhotonSource, current_ma: float | None) -> PhotonSource:
    """Return the source at another tube current [mA], or as it is."""
    return source if current_ma is None else replace(source, current_ma=current_ma)
