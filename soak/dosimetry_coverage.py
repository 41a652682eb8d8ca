"""Whether 1 σ of the dose engine holds the truth in 65 to 71 of 100 voxels, over 200 runs."""

import math
import sys

import numpy as np

from kyphort.dosimetry import PhotonSource, simulate_dose, vertebra_phantom

RUNS = 200
HISTORIES = 2_000_000
LOWEST, HIGHEST = 0.65, 0.71
WAYS: dict[str, float | None] = {"scatter in voxels": None, "scatter in 2-mm cells": 2.0}


def run() -> list[str]:
    """Repeat runs with other seeds and count; return where the share is out of its limits."""
    volume, source = vertebra_phantom(66), PhotonSource.monoenergetic(30.0)
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    mask = (radius > 4) & (radius < 20)
    faults = []
    for name, cells in WAYS.items():
        doses = [
            simulate_dose(
                volume, source, (0, 0, 0), histories=HISTORIES, seed=n, threads=2,
                scatter_grid_mm=cells,
            )
            for n in range(RUNS)
        ]  # fmt: skip
        values = np.array([one.dose_gy[mask] for one in doses])
        errors = np.array([one.relative_uncertainty[mask] for one in doses]) * values
        others = (values.sum(axis=0) - values) / (RUNS - 1)
        share = float(np.mean(np.abs(values - others) <= errors * math.sqrt(1 + 1 / (RUNS - 1))))
        sys.stdout.write(f"{name}: {100 * share:.1f} % of 1 σ intervals hold the truth\n")
        if not LOWEST <= share <= HIGHEST:
            faults.append(f"{name}: {100 * share:.1f} %, not 65 to 71 %")
    return faults
