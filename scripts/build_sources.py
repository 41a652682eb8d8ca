"""Build `sources.npz`, the model spectra, with SpekPy 2.5.4: `python scripts/build_sources.py`.

Run it in an environment of its own (`pip install spekpy==2.5.4 numpy`); kyphort does not need
SpekPy. A gold transmission target of 1 µm at 50 kV behind 0.5 mm beryllium, 2.5 µm nickel and
2.5 µm chromium, in 0.5-keV bins, plus the hardening in aluminium: one fitted number.
"""

from pathlib import Path
from typing import Any

import numpy as np
import spekpy  # type: ignore[import-not-found]  # lives in an environment of its own

DATA = Path(__file__).parents[1] / "src" / "kyphort" / "dosimetry" / "data"
TUBE_KV = 50
GOLD_UM = 1.0
WALL_MM = (("Be", 0.5), ("Ni", 0.0025), ("Cr", 0.0025))
HARDENING_MM_AL = {"bare_probe": 0.05, "needle": 0.20}
REFERENCE_CM = 100.0
LOWEST_KEV = 5.0
BINS_KEV = 1.0


def main() -> None:
    """Derive both spectra and write the file."""
    stored: dict[str, Any] = {}
    for name, hardening in HARDENING_MM_AL.items():
        energy, photons = _binned(*_fluence(hardening))
        stored[f"{name}_energy_kev"] = energy
        stored[f"{name}_photons_per_mas"] = photons
        print(
            f"{name}: {photons.sum():.4g} photons/mAs, {energy @ photons / photons.sum():.2f} keV"
        )
    np.savez_compressed(DATA / "sources.npz", **stored)


def _fluence(hardening_mm_al: float) -> tuple[np.ndarray, np.ndarray]:
    """Return energies [keV] and photons into 4π for each mAs and bin."""
    spectrum = spekpy.Spek(
        kvp=TUBE_KV, th=-90, targ="Au", physics="kqp", thick=GOLD_UM, trans=True,
        dk=0.5, z=REFERENCE_CM, mas=1.0,
    )  # fmt: skip
    for element, thickness in WALL_MM:
        spectrum.filter(element, thickness)
    spectrum.filter("Al", hardening_mm_al)
    energy, per_cm2_kev = spectrum.get_spectrum(edges=False)
    width = energy[1] - energy[0]
    return energy, per_cm2_kev * width * 4 * np.pi * REFERENCE_CM**2


def _binned(energy: np.ndarray, photons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge bins to 1 keV at their mean energy, and drop what no tissue lets through."""
    cell = np.floor(energy / BINS_KEV).astype(int)
    sums = np.bincount(cell, photons)
    with np.errstate(invalid="ignore"):
        means = np.bincount(cell, photons * energy) / sums
    kept = (sums > 0) & (means >= LOWEST_KEV)
    return means[kept], sums[kept]


if __name__ == "__main__":
    main()
