"""The case on which dicompyler-core was run: contours and a dose by formula, as DICOM."""

import datetime as dt
from pathlib import Path

import numpy as np

from kyphort.exchange.dicom import (
    Identity,
    dose_object,
    hash_of,
    save,
    structure_set,
    write_synthetic_ct,
)
from kyphort.planning.digital import digital_structures
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage

WHEN = dt.datetime(2026, 11, 2, 10, 0, tzinfo=dt.UTC)
CT = VoxelFrame((73, 120, 120), (1.0, 1.0, 1.0), (-59.5, -37.5, -36.0))
GRID = VoxelFrame((77, 260, 260), (0.25, 0.25, 1.0), (-32.375, -19.875, -38.0))
SOURCE_MM = np.array([3.0, 2.5, 0.0])


def write(folder: Path) -> None:
    """Write ct/, rtstruct.dcm and rtdose.dcm: 8 Gy at 13 mm, falling with the power 2.8."""
    image = CtImage(np.zeros(CT.shape, np.float32), CT)
    study = write_synthetic_ct(image, folder / "ct", patient_id="DVH", when=WHEN, seed="dvh")
    structures, _ = digital_structures(CT)
    identity = Identity(hash_of("dvh"), WHEN)
    save(structure_set(structures, study, identity), folder / "rtstruct.dcm")
    radius = np.linalg.norm(GRID.centres_mm() - SOURCE_MM, axis=-1)
    dose = 8.0 * (13.0 / np.maximum(radius, 4.0)) ** 2.8
    save(
        dose_object(dose, GRID, study, identity, "dose", comment="By formula.", bits=32),
        folder / "rtdose.dcm",
    )
