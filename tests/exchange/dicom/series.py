"""Small CT series for the tests: written as they should be, and then spoiled."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from kyphort.exchange.dicom import PatientStudy, write_synthetic_ct
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage

WHEN = dt.datetime(2026, 11, 2, 10, 0, tzinfo=dt.UTC)
FRAME = VoxelFrame((6, 12, 10), (0.7, 0.9, 1.5), (-20.0, 5.0, 100.0))


def image(frame: VoxelFrame = FRAME, seed: int = 1) -> CtImage:
    values = np.random.default_rng(seed).integers(-900, 1500, frame.shape)
    return CtImage(values.astype(np.float32), frame)


def write(folder: Path, frame: VoxelFrame = FRAME, seed: int = 1, **names: str) -> PatientStudy:
    options = {"patient_id": "TEST", "seed": "test"} | names
    return write_synthetic_ct(image(frame, seed), folder, when=WHEN, **options)


def change(path: Path, how: Callable[[FileDataset], object]) -> None:
    found = pydicom.dcmread(path)
    how(found)
    found.save_as(path)


def rotation(a: float, b: float, c: float) -> NDArray[np.float64]:
    def turn(angle: float, i: int, j: int) -> NDArray[np.float64]:
        found = np.eye(3)
        found[i, i] = found[j, j] = np.cos(angle)
        found[i, j], found[j, i] = -np.sin(angle), np.sin(angle)
        return found

    return turn(a, 0, 1) @ turn(b, 1, 2) @ turn(c, 0, 2)
