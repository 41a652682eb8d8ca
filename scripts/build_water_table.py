"""Build `water_table.npz`: scatter-to-primary ratios in water, from kyphort's own engine.

`python scripts/build_water_table.py`; to be run again whenever cross_sections.npz changes.
"""

from pathlib import Path

import numpy as np

from kyphort.dosimetry import PhotonSource, material, radial_dose

DATA = Path(__file__).parents[1] / "src" / "kyphort" / "dosimetry" / "data"
ENERGIES_KEV = np.geomspace(5.0, 60.0, 36)
EDGES_MM = np.concatenate((np.arange(0.25, 20.0, 0.5), np.arange(20.75, 63.0, 1.0)))
HALF_SIZE_MM = 150.0
HISTORIES = 3_000_000
SEED = 50
FAINTEST = 1e-6
"""Where attenuation alone leaves less than this of 1/r², the ratio of the last shell is kept."""


def main() -> None:
    """Run every energy and write the file."""
    water = material("water")
    ratios = []
    for energy in ENERGIES_KEV:
        shells = radial_dose(
            PhotonSource.monoenergetic(float(energy)), water, EDGES_MM,
            half_size_mm=HALF_SIZE_MM, histories=HISTORIES, seed=SEED, threads=2,
        )  # fmt: skip
        ratios.append(_ratio(shells.dose_gy, shells.primary_gy, shells.radius_mm))
    radius = (EDGES_MM[1:] + EDGES_MM[:-1]) / 2
    np.savez_compressed(
        DATA / "water_table.npz",
        energy_kev=ENERGIES_KEV,
        radius_mm=np.concatenate(([0.0], radius)),
        scatter_to_primary=np.insert(np.array(ratios), 0, 0.0, axis=1).astype(np.float32),
    )


def _ratio(total: np.ndarray, primary: np.ndarray, radius: np.ndarray) -> np.ndarray:
    seen = primary * radius**2 > FAINTEST * primary[0] * radius[0] ** 2
    ratio = total / np.where(seen, primary, 1.0) - 1
    ratio[~seen] = ratio[seen][-1]
    return ratio


if __name__ == "__main__":
    main()
