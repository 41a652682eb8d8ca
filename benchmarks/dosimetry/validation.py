"""The validation page: every comparison is run, tabulated and drawn here."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.dosimetry import bias
from benchmarks.page import replace_section
from kyphort.dosimetry import (
    PhotonSource,
    attenuation,
    dose_rate_constant,
    dose_rate_gy_per_min,
    energy_absorption,
    falloff_exponent,
    half_value_layer_mm,
    material,
    radial_dose,
    simulate_dose,
    source_model,
    vertebra_phantom,
)
from kyphort.reports.dose_figures import Curve, curves_figure
from kyphort.reports.drawing import save_figure
from kyphort.workflows.dose_phantom import dose_in_phantom

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "validation" / "dosimetry.md"
IMAGES = ROOT / "docs" / "images" / "dosimetry"
THREADS = 2
Floats = NDArray[np.float64]

NIST_KEV = np.array([10.0, 15.0, 20.0, 30.0, 40.0, 50.0])
NIST = {
    ("water", "μ/ρ"): [5.329, 1.673, 0.8096, 0.3756, 0.2683, 0.2269],
    ("water", "μ_en/ρ"): [4.944, 1.374, 0.5503, 0.1557, 0.06947, 0.04223],
    ("cortical_bone", "μ_en/ρ"): [26.80, 8.388, 3.601, 1.070, 0.4507, 0.2336],
}
CASE_A_MM = (2, 5, 8, 10, 11, 13, 20, 30)
CASE_A = {
    20: [3.2623e-12, 4.6665e-13, 1.5642e-13, 8.9506e-14,
         6.9804e-14, 4.4413e-14, 1.2124e-14, 2.7814e-15],
    30: [1.5229e-12, 2.5522e-13, 1.0046e-13, 6.3992e-14,
         5.2636e-14, 3.7191e-14, 1.4541e-14, 5.4766e-15],
    50: [7.0458e-13, 1.2428e-13, 5.1893e-14, 3.4461e-14,
         2.8950e-14, 2.1348e-14, 9.6941e-15, 4.4617e-15],
}  # fmt: skip
LAMBDA = {15: 0.260, 20: 0.650, 25: 0.919, 28.4: 1.040, 30: 1.085, 40: 1.260, 50: 1.328, 60: 1.342}
VERTEBRA = (
    (5.5, 1.21, 0.45), (8.5, 1.09, 0.40), (12.5, 0.96, 0.35), (15.5, 0.91, 0.33),
    (16.5, 2.02, 0.30), (17.5, 0.29, 0.28), (20.5, 0.32, 0.30), (24.5, 0.35, 0.34),
)  # fmt: skip
"""Distance [mm], medium ÷ water, water cavity ÷ water."""


def run(scale: float) -> str:
    """Run every comparison and write its section."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    sections = {
        "cross-sections": _cross_sections(),
        "case-a": _case_a(scale),
        "bias": _bias(scale),
        "coverage": _coverage(scale),
        "needle": _needle(),
        "vertebra": _vertebra(scale),
    }
    for name, text in sections.items():
        replace_section(PAGE, name, text)
    return "\n\n".join(f"{name}\n{text}" for name, text in sections.items())


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _draw(name: str, alternative: str, curves: list[Curve], x: str, y: str,  # noqa: PLR0917 - the parts of one task, handed on once
          bands: tuple[float, ...] = ()) -> str:  # fmt: skip
    save_figure(curves_figure(curves, x, y, bands=bands), IMAGES, name, ("svg",))
    return f"\n![{alternative}](../images/dosimetry/{name}.svg)\n"


def _cross_sections() -> str:
    rows, curves = [], []
    for (name, quantity), printed in NIST.items():
        function = attenuation if quantity == "μ/ρ" else energy_absorption
        ratio = function(material(name), NIST_KEV) / printed
        rows.append((f"{name}, {quantity}", *(f"{value:.4f}" for value in ratio)))
        curves.append(Curve(f"{name}, {quantity}", NIST_KEV, 100 * (ratio - 1)))
    head = ("computed ÷ NIST", *(f"{energy:g} keV" for energy in NIST_KEV))
    figure = _draw("cross_sections", "Cross sections against NIST, per cent", curves,
                   "Energy [keV]", "kyphort − NIST [%]", (-0.2, 0.2))  # fmt: skip
    return _rows(head, rows) + figure


def _case_a(scale: float) -> str:
    rows, curves, worst = [], [], 0.0
    at_mm = np.array(CASE_A_MM, dtype=np.float64)
    for energy, printed in CASE_A.items():
        shells = radial_dose(
            PhotonSource.monoenergetic(energy), material("water"), np.arange(1.5, 31.0, 1.0),
            half_size_mm=50.5, histories=int(1.2e7 * scale), seed=2, threads=THREADS,
        )  # fmt: skip
        place = np.array(CASE_A_MM) - 2
        ratio = shells.dose_gy[place] / printed
        error = 100 * shells.relative_uncertainty[place]
        worst = max(worst, float(np.abs(ratio - 1).max()))
        rows.append((f"{energy} keV", *(f"{value:.4f}" for value in ratio), f"{error.max():.2f} %"))
        curves.append(Curve(f"{energy} keV", at_mm, 100 * (ratio - 1), error=error))
    head = ("kyphort ÷ egs_brachy", *(f"{r} mm" for r in CASE_A_MM), "largest 1 σ")
    constants = [dose_rate_constant(PhotonSource.monoenergetic(energy)) for energy in LAMBDA]
    apart = max(abs(a / b - 1) for a, b in zip(constants, LAMBDA.values(), strict=True))
    figure = _draw("case_a", "Case A: shells against egs_brachy, per cent", curves,
                   "Distance [mm]", "kyphort − egs_brachy [%]", (-0.5, 0.5))  # fmt: skip
    return (
        _rows(head, rows)
        + f"\nLargest difference {100 * worst:.2f} %.\n{figure}\nDose-rate constants Λ, 15 to 60 "
        f"keV: at most {100 * apart:.2f} % from an independent code; {constants[-1]:.3f} cGy/h/U "
        "at 60 keV against the published 1.355 (Luxton and Jozsef 1999, doi:10.1118/1.598790).\n"
    )


def _bias(scale: float) -> str:
    return _rows(bias.HEAD, bias.rows(scale))


def _coverage(scale: float) -> str:
    volume, source, runs = vertebra_phantom(66), PhotonSource.monoenergetic(30.0), 40
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    mask = (radius > 4) & (radius < 20)
    rows = []
    for name, options in (("in voxels", {}), ("2-mm cells", {"scatter_grid_mm": 2.0})):
        doses = [
            simulate_dose(volume, source, (0, 0, 0), histories=int(5e5 * scale), seed=100 + n,
                          threads=THREADS, **options)  # type: ignore[arg-type]  # options of several types
            for n in range(runs)
        ]  # fmt: skip
        values = np.array([one.dose_gy[mask] for one in doses])
        errors = np.array([one.relative_uncertainty[mask] for one in doses]) * values
        others = (values.sum(axis=0) - values) / (runs - 1)
        # The mean of the other runs has an error of its own.
        held = np.abs(values - others) <= errors * math.sqrt(1 + 1 / (runs - 1))
        rows.append((name, f"{int(mask.sum())}", f"{runs}", f"{100 * held.mean():.1f} %"))
    return (
        _rows(("scatter", "voxels", "runs", "1 σ intervals that hold the mean of the others"), rows)
        + "\n68.3 % for a normal error that is known, 67.5 % for one from 32 batches. "
        "`python -m soak dosimetry` repeats it with 200 runs.\n"
    )


def _needle() -> str:
    needle, bare = source_model("needle"), source_model("bare_probe")
    at_8, at_13 = (float(value) for value in dose_rate_gy_per_min(needle, [8, 13]))
    rows = [
        ("dose rate at 8 mm [Gy/min]", f"{at_8:.2f}", "7.27", f"{100 * (at_8 / 7.27 - 1):+.1f} %"),
        ("dose rate at 13 mm [Gy/min]", f"{at_13:.2f}", "2.00", f"{100 * (at_13 / 2 - 1):+.1f} %"),
        ("the same, 8 mm by calibration", f"{at_13 * 7.27 / at_8:.2f}", "2.00",
         f"{100 * (at_13 * 7.27 / at_8 / 2 - 1):+.1f} %"),
        ("exponent, 8 to 13 mm", f"{falloff_exponent(needle, 8, 13):.2f}", "2.66", ""),
        ("half-value layer behind 20 mm water [mm Al]",
         f"{half_value_layer_mm(needle, depth_mm=20):.2f}", "> 1.3", ""),
        ("bare probe: exponent, 5 to 10 mm", f"{falloff_exponent(bare, 5, 10):.2f}", "about 3", ""),
        ("bare probe: half-value layer [mm Al]", f"{half_value_layer_mm(bare):.3f}",
         "about 0.1", ""),
    ]  # fmt: skip
    distance = np.geomspace(3, 30, 100)
    curves = [
        Curve("needle", distance, dose_rate_gy_per_min(needle, distance) * distance**2),
        Curve("bare probe", distance, dose_rate_gy_per_min(bare, distance) * distance**2),
        Curve("print", np.array([8.0, 13.0]), np.array([7.27, 2.0]) * [64, 169], points=True),
    ]
    figure = _draw("needle", "Dose rate times r² of both models, and print", curves,
                   "Distance from the isocentre [mm]", "r² × dose rate [mm² Gy/min]")  # fmt: skip
    return _rows(("quantity", "model", "print", "difference"), rows) + figure


def _vertebra(scale: float) -> str:
    report = dose_in_phantom(
        source_model("needle"), "vertebra", voxels=82, target=0.02 / math.sqrt(scale),
        scatter_grid_mm=2.0, seed=1, threads=THREADS,
    )  # fmt: skip
    table = report.tables[0]
    rows, found = [], {float(str(row[0])): row for row in table.rows}
    for distance, medium, cavity in VERTEBRA:
        row = found[distance]
        rows.append((
            f"{distance:g}", str(row[1]), f"{row[3]:.2f}", f"{medium:.2f}", f"{row[4]:.2f}",
            f"{cavity:.2f}", f"{row[5]:.1f}",
        ))  # fmt: skip
    x = np.array(sorted(found))
    curves = [
        Curve("medium ÷ water", x, np.array([float(str(found[r][3])) for r in x])),
        Curve("water cavity ÷ water", x, np.array([float(str(found[r][4])) for r in x])),
        Curve("reference, medium", np.array([v[0] for v in VERTEBRA]),
              np.array([v[1] for v in VERTEBRA]), points=True),
        Curve("reference, cavity", np.array([v[0] for v in VERTEBRA]),
              np.array([v[2] for v in VERTEBRA]), points=True),
    ]  # fmt: skip
    save_figure(report.figures[0][2], IMAGES, "vertebra_isodoses", ("svg",))
    head = ("mm", "medium", "Dm ÷ Dwater", "reference", "Dw,m ÷ Dwater", "reference", "1 σ [%]")
    return (
        _rows(head, rows)
        + _draw("vertebra", "Ratios along the posterior axis", curves,
                "Distance [mm]", "Ratio to the dose in water")
        + "\n![Isodoses of the vertebra](../images/dosimetry/vertebra_isodoses.svg)\n"
    )  # fmt: skip
