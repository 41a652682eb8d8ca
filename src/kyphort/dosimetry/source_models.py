"""Shipped source models, and the same kind of file from elsewhere."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.source import AngularEmission, Parameter, PhotonSource
from kyphort.errors import InvalidDataError

MODELS = ("needle", "bare_probe")
"""Names of the shipped models."""

_DATA = resources.files("kyphort.dosimetry") / "data"


def source_model(name: str) -> PhotonSource:
    """Return a shipped model: "needle" or "bare_probe".

    Spectra of SpekPy 2.5.4 (doi:10.1002/mp.14945): 1 µm gold at 50 kV behind the probe's wall; one
    fitted hardening. Output and spectrum are model-based until the source is commissioned.

    Raises
    ------
    InvalidDataError
        For another name.

    Examples
    --------
    >>> needle = source_model("needle")
    >>> round(needle.mean_energy_kev(), 1), needle.calibration
    (22.4, 'model-based, not commissioned')
    >>> needle.parameters["hardening_mm_al"].verified
    False
    """
    return _from_fields(name, _found(tomllib.loads((_DATA / "sources.toml").read_text("utf-8")),
                                     name, "the shipped models"))  # fmt: skip


def load_source(path: Path, name: str) -> PhotonSource:
    """Return a model from a TOML file of the form of `sources.toml`.

    `spectrum` names a shipped spectrum, or is a table of `energy_kev` and `photons_per_mas`;
    `emission`, if any, a table of `theta_deg` and `relative`.

    Raises
    ------
    InvalidDataError
        When the file cannot be read, or has no source of that name.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidDataError(
            f"{path} cannot be read as TOML ({error}). Start from sources.toml of the package."
        ) from error
    return _from_fields(name, _found(document, name, str(path)))


def unverified(source: PhotonSource) -> tuple[str, ...]:
    """Return the parameters that nobody compared with their source.

    >>> "gold_um" in unverified(source_model("needle"))
    True
    """
    return tuple(name for name, value in source.parameters.items() if not value.verified)


def _found(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    if name not in document:
        raise InvalidDataError(
            f"There is no source '{name}' in {where}. There are {', '.join(document)}."
        )
    fields: Mapping[str, Any] = document[name]
    return fields


def _from_fields(name: str, fields: Mapping[str, Any]) -> PhotonSource:
    try:
        energy, photons = _spectrum(fields["spectrum"])
        emission = fields.get("emission")
        return PhotonSource(
            name=fields.get("title", name),
            energy_kev=energy,
            weight=photons,
            core_radius_mm=float(fields.get("core_radius_mm", 0.0)),
            emission=None if emission is None else AngularEmission(**emission),
            photons_per_mas=float(photons.sum()),
            current_ma=float(fields["current_ma"]),
            parameters={
                key: Parameter(**value) for key, value in fields.get("parameters", {}).items()
            },
        )
    except (KeyError, TypeError) as error:
        raise InvalidDataError(
            f"Source '{name}': {error} is missing or not understood. Needed are spectrum and "
            "current_ma; see sources.toml of the package."
        ) from error


def _spectrum(given: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(given, Mapping):
        return np.asarray(given["energy_kev"], float), np.asarray(given["photons_per_mas"], float)
    return _shipped_spectrum(str(given))


@cache
def _shipped_spectrum(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if name not in MODELS:
        raise InvalidDataError(
            f"There is no shipped spectrum '{name}'. There are {', '.join(MODELS)}."
        )
    with resources.as_file(_DATA / "sources.npz") as file, np.load(file) as stored:
        return stored[f"{name}_energy_kev"], stored[f"{name}_photons_per_mas"]
