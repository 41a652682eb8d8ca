"""Keeping dose grids in files: NumPy archives with everything a grid depends on."""

import json
import zipfile
from pathlib import Path

import numpy as np

from kyphort.dosimetry.dose_grid import DoseGrid
from kyphort.errors import InvalidDataError

_ARRAYS = (
    "dose_gy", "relative_uncertainty", "spacing_mm", "origin_mm", "direction", "positions_mm",
)  # fmt: skip
_WHERE_FROM = "`kyphort dose phantom --out` writes one as dose.npz."
_FACTS = (
    "histories", "seed", "source", "calibration", "reporting", "normalisation",
    "scatter_grid_mm", "complete", "energy_balance",
)  # fmt: skip


def save_dose(dose: DoseGrid, path: Path) -> None:
    """Write a dose grid to a NumPy archive; doses are kept as 32-bit numbers.

    The file appears under its name when it is complete.
    """
    arrays = {name: getattr(dose, name) for name in _ARRAYS}
    for name in _ARRAYS[:2]:
        arrays[name] = arrays[name].astype(np.float32)
    facts = json.dumps({name: getattr(dose, name) for name in _FACTS})
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            np.savez_compressed(file, facts=np.array(facts), **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_dose(path: Path) -> DoseGrid:
    """Read a dose grid that `save_dose` wrote.

    Raises
    ------
    InvalidDataError
        When the file is not such an archive.

    Examples
    --------
    >>> import tempfile
    >>> from kyphort.dosimetry import PhotonSource, simulate_dose, water_phantom
    >>> dose = simulate_dose(
    ...     water_phantom(5), PhotonSource.monoenergetic(30.0), (0, 0, 0), histories=64, seed=1
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_dose(dose, Path(folder) / "dose.npz")
    ...     load_dose(Path(folder) / "dose.npz").source
    '30 keV'
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays = {name: stored[name].astype(np.float64) for name in _ARRAYS}
        for name in ("scatter_grid_mm", "energy_balance"):
            facts[name] = None if facts[name] is None else tuple(facts[name])
        return DoseGrid(**arrays, **facts)
    except FileNotFoundError as error:
        raise InvalidDataError(f"There is no file {path}. {_WHERE_FROM}") from error
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise InvalidDataError(f"{path} is not a dose grid of kyphort. {_WHERE_FROM}") from error
