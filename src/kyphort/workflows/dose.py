"""The verbs of `kyphort dose`: one function for each, from input to files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry import (
    MODELS,
    PhotonSource,
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
    source_model,
)
from kyphort.errors import InvalidDataError
from kyphort.reports.dose_figures import Curve, curves_figure
from kyphort.reports.dose_pages import dose_table
from kyphort.workflows.dose_report import DoseReport, facts, notes_on

Floats = NDArray[np.float64]


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
        notes=notes_on(source),
        results=facts(source) | {
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
        notes=notes_on(source),
        results=facts(source) | {
            "dose_gy": dose_gy,
            "distance_mm": [row[0] for row in rows],
            "time_min": [row[1] for row in rows],
        },
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
            *notes_on(fit.source),
        ),
        results=facts(fit.source) | {
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


def model_names() -> tuple[str, ...]:
    """Return the names of the shipped sources."""
    return MODELS


def with_current(source: PhotonSource, current_ma: float | None) -> PhotonSource:
    """Return the source at another tube current [mA], or as it is."""
    return source if current_ma is None else replace(source, current_ma=current_ma)
