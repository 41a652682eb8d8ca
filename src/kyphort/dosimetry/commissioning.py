"""Commissioning: fitting a source model to a centre's own depth-dose table."""

import csv
import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from kyphort.dosimetry.depth_dose import dose_rate_gy_per_min
from kyphort.dosimetry.materials import material
from kyphort.dosimetry.source import Parameter, PhotonSource
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
_HARDENING_MM_AL = (-0.15, 1.5)
"""Aluminium that the fit may take from or add to the model."""
_COLUMNS = ("distance_mm", "dose_rate_gy_per_min")
_ISOCENTRE = "isocentre"
_REFERENCES = (_ISOCENTRE, "applicator tip", "applicator surface")


@dataclass(frozen=True, slots=True, eq=False)
class DepthDoseTable:
    """A centre's depth-dose table in water.

    Attributes
    ----------
    dataset
        Name of the calibration dataset, for example "V4.0 of our source, 2024".
    distance_mm
        (n,) from the isocentre.
    dose_rate_gy_per_min
        (n,) in water.
    current_ma
        Tube current of these rates.

    Raises
    ------
    InvalidDataError
        For fewer than three points, values that are not positive, or a table without a name.
    """

    dataset: str
    distance_mm: Floats
    dose_rate_gy_per_min: Floats
    current_ma: float = 0.04

    def __post_init__(self) -> None:
        distance = np.asarray(self.distance_mm, dtype=np.float64)
        rate = np.asarray(self.dose_rate_gy_per_min, dtype=np.float64)
        if not self.dataset.strip():
            raise InvalidDataError(
                "The depth-dose table has no name of its dataset. Give one: doses of different "
                "datasets differ by up to a factor of two."
            )
        if distance.ndim != 1 or distance.shape != rate.shape or len(distance) < 3:
            raise InvalidDataError(
                f"{distance.shape} distances and {rate.shape} dose rates; allowed are two equally "
                "long columns of at least 3 points."
            )
        good = np.isfinite(distance) & np.isfinite(rate) & (distance > 0) & (rate > 0)
        if not good.all() or not self.current_ma > 0:
            row = int(np.argmin(good))
            raise InvalidDataError(
                f"Depth-dose table '{self.dataset}', row {row + 1}: {distance[row]:g} mm, "
                f"{rate[row]:g} Gy/min, {self.current_ma:g} mA; allowed are finite values above 0."
            )
        order = np.argsort(distance)
        if np.any(np.diff(distance[order]) == 0):
            raise InvalidDataError("The depth-dose table holds a distance twice. Remove one row.")
        object.__setattr__(self, "distance_mm", distance[order])
        object.__setattr__(self, "dose_rate_gy_per_min", rate[order])

    def rate_at(self, distance_mm: ArrayLike) -> Floats:
        """Return the dose rate between the rows, log-log straight lines [Gy/min].

        Raises
        ------
        InvalidDataError
            For a distance outside the table.

        Examples
        --------
        >>> table = DepthDoseTable("example", [5, 10, 20], [8.0, 1.0, 0.125])
        >>> round(float(table.rate_at(15.0)), 3)
        0.296
        """
        distance = np.asarray(distance_mm, dtype=np.float64)
        low, high = float(self.distance_mm[0]), float(self.distance_mm[-1])
        if np.any((distance < low) | (distance > high)):
            raise InvalidDataError(
                f"Distance {distance.flat[0]:g} mm is outside the table '{self.dataset}', which "
                f"spans {low:g} to {high:g} mm. Measure further, or ask for less."
            )
        logs = np.log(self.distance_mm), np.log(self.dose_rate_gy_per_min)
        return np.asarray(np.exp(np.interp(np.log(distance), *logs)))


@dataclass(frozen=True, slots=True, eq=False)
class Commissioning:
    """A source fitted to a table.

    Attributes
    ----------
    source
        The fitted source; it carries the dataset's name.
    table
        What it was fitted to.
    hardening_mm_al
        Aluminium added to the model (negative: taken away).
    output_scale
        Photons for each mAs / those of the hardened model.
    residual_percent
        (n,) fitted − given, in per cent of given.
    """

    source: PhotonSource
    table: DepthDoseTable
    hardening_mm_al: float
    output_scale: float
    residual_percent: Floats


def commission(
    model: PhotonSource, table: DepthDoseTable, *, fit_hardening: bool = True
) -> Commissioning:
    """Fit output and hardening of a model to a depth-dose table in water.

    Least squares of ln(fitted / given), all rows with the same weight; the output follows from
    the mean, the hardening is searched between −0.15 and 1.5 mm aluminium.

    Parameters
    ----------
    model
        A source with output, for example `source_model("needle")`.
    table
        The centre's own table.
    fit_hardening
        False: only the output is fitted.

    Raises
    ------
    InvalidDataError
        For distances inside the source or beyond the water table, or a fit at the end of its
        range.

    Examples
    --------
    >>> from kyphort.dosimetry import source_model
    >>> table = DepthDoseTable("example", [8.0, 11.0, 13.0], [7.27, 2.95, 2.00])
    >>> commission(source_model("needle"), table).source.calibration
    'example'
    """
    aluminium = material("aluminium")

    def logs(hardening: float) -> Floats:
        hardened = replace(model.behind(aluminium, hardening), current_ma=table.current_ma)
        return np.log(
            table.dose_rate_gy_per_min / dose_rate_gy_per_min(hardened, table.distance_mm)
        )

    hardening = 0.0
    if fit_hardening:
        found = minimize_scalar(
            lambda value: float(np.var(logs(value))), bounds=_HARDENING_MM_AL, method="bounded",
            options={"xatol": 1e-5},
        )  # fmt: skip
        hardening = float(found.x)
        _check_inside(hardening, table)
    scale = math.exp(float(np.mean(logs(hardening))))
    hardened = model.behind(aluminium, hardening)
    fitted = replace(
        hardened,
        photons_per_mas=(hardened.photons_per_mas or 0.0) * scale,
        current_ma=table.current_ma,
        calibration=table.dataset,
        parameters=dict(model.parameters) | _fitted_parameters(table, hardening, scale),
    )
    rates = dose_rate_gy_per_min(fitted, table.distance_mm)
    residual = 100 * (rates / table.dose_rate_gy_per_min - 1)
    return Commissioning(fitted, table, hardening, scale, residual)


def read_depth_dose(path: Path) -> DepthDoseTable:
    """Read a table from TOML, or from CSV with the columns distance_mm and dose_rate_gy_per_min.

    TOML has `dataset`, `distance_mm`, `dose_rate_gy_per_min`, and, if it differs from 0.04,
    `current_ma`; `reference` says what distances are counted from, and must be "isocentre" (with
    another one, give `offset_mm`, which is added). A CSV file's dataset is its name.

    Raises
    ------
    InvalidDataError
        When the file cannot be read or lacks a column.
    """
    try:
        if path.suffix == ".toml":
            return _from_toml(tomllib.loads(path.read_text(encoding="utf-8")), path)
        return _from_csv(path)
    except OSError as error:
        raise InvalidDataError(
            f"{path} cannot be read: {error.strerror}. Give a depth-dose table, CSV or TOML."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InvalidDataError):
            raise
        raise InvalidDataError(
            f"{path} is not a depth-dose table ({error}). It needs distance_mm and "
            "dose_rate_gy_per_min, numbers with a decimal point."
        ) from error


def _from_csv(path: Path) -> DepthDoseTable:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), reader.fieldnames or []
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise InvalidDataError(
            f"{path} lacks the column '{missing[0]}'; its first line holds "
            f"{', '.join(names)[:80] or 'nothing'}. It needs {' and '.join(_COLUMNS)}, separated "
            "by a comma."
        )
    columns = [
        np.array([_number(row[name], f"{path} row {n}, {name}") for n, row in enumerate(rows, 2)])
        for name in _COLUMNS
    ]
    return DepthDoseTable(path.stem, columns[0], columns[1])


def _number(text: str | None, place: str) -> float:
    try:
        return float(text or "")
    except ValueError as error:
        raise InvalidDataError(
            f"{place}: '{text or ''}' is not a number. Write it with a decimal point, or remove "
            "the row."
        ) from error


def _from_toml(fields: dict[str, object], path: Path) -> DepthDoseTable:
    reference = str(fields.get("reference", _ISOCENTRE))
    if reference not in _REFERENCES:
        raise InvalidDataError(
            f"{path}: reference '{reference}'; allowed are {', '.join(_REFERENCES)}."
        )
    if reference != _ISOCENTRE and "offset_mm" not in fields:
        raise InvalidDataError(
            f"{path}: distances are from the {reference}, without offset_mm to the isocentre. Add "
            "it: half a millimetre is about a sixth of the dose at 8 mm."
        )
    offset = float(str(fields.get("offset_mm", 0.0)))
    return DepthDoseTable(
        str(fields.get("dataset", "")),
        np.asarray(fields["distance_mm"], dtype=np.float64) + offset,
        np.asarray(fields["dose_rate_gy_per_min"], dtype=np.float64),
        float(str(fields.get("current_ma", 0.04))),
    )


def _check_inside(hardening: float, table: DepthDoseTable) -> None:
    low, high = _HARDENING_MM_AL
    if hardening < low + 1e-3 or hardening > high - 1e-3:
        raise InvalidDataError(
            f"Table '{table.dataset}' would need a hardening of {hardening:.2f} mm aluminium, the "
            f"end of the allowed {low:g} to {high:g}: its shape does not fit this model. Check "
            "the reference of the distances and the medium, or use another model."
        )


def _fitted_parameters(
    table: DepthDoseTable, hardening: float, scale: float
) -> dict[str, Parameter]:
    return {
        "fitted_hardening_mm_al": Parameter(hardening, "mm Al", f"Fit to {table.dataset}", True),
        "fitted_output_scale": Parameter(scale, "1", f"Fit to {table.dataset}", True),
    }
