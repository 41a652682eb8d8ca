"""From Hounsfield units to a volume: density and composition, both continuous."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kyphort.dosimetry.materials import Material, material
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

Floats = NDArray[np.float64]
_LONGEST_TABLE = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class HounsfieldCurve:
    """A calibration from Hounsfield units to density and composition.

    Attributes
    ----------
    name
        Name of the curve.
    density_hu, density_g_cm3
        (n,) points of the density, straight lines between them, constant beyond.
    material_hu, materials
        (m,) points of the composition; between two of them tissue is mixed by volume.

    Raises
    ------
    InvalidDataError
        For points that do not rise, or densities that are not positive.
    """

    name: str
    density_hu: Floats
    density_g_cm3: Floats
    material_hu: Floats
    materials: tuple[Material, ...]

    def __post_init__(self) -> None:
        for points, values in (
            (self.density_hu, self.density_g_cm3),
            (self.material_hu, np.arange(len(self.materials))),
        ):
            if len(points) < 2 or len(points) != len(values) or np.any(np.diff(points) <= 0):
                raise InvalidDataError(
                    f"Curve '{self.name}': Hounsfield units {np.asarray(points).tolist()}; allowed "
                    "are at least two rising values, as many as densities or materials."
                )
        if not np.all(np.isfinite(self.density_g_cm3) & (np.asarray(self.density_g_cm3) > 0)):
            raise InvalidDataError(f"Curve '{self.name}' holds a density that is not positive.")


def hounsfield_curve(path: Path | None = None, name: str = "schneider_2000") -> HounsfieldCurve:
    """Return a calibration curve from a TOML file, or the shipped default.

    Raises
    ------
    InvalidDataError
        When the file cannot be read or has no such curve.

    Examples
    --------
    >>> hounsfield_curve().materials[-1].name
    'cortical_bone'
    """
    shipped = resources.files("kyphort.dosimetry") / "data" / "hounsfield.toml"
    try:
        text = (shipped if path is None else path).read_text(encoding="utf-8")
        fields = tomllib.loads(text)[name]
        return HounsfieldCurve(
            name,
            np.array(fields["density_hu"], dtype=np.float64),
            np.array(fields["density_g_cm3"], dtype=np.float64),
            np.array(fields["material_hu"], dtype=np.float64),
            tuple(material(one) for one in fields["materials"]),
        )
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDataError(
            f"No Hounsfield curve '{name}' in {path or 'the shipped file'} ({error}). Start from "
            "hounsfield.toml of the package."
        ) from error


def volume_from_hounsfield(
    hounsfield: ArrayLike,
    spacing_mm: ArrayLike,
    origin_mm: ArrayLike,
    *,
    curve: HounsfieldCurve | None = None,
    direction: ArrayLike | None = None,
) -> Volume:
    """Return the volume of a CT image (z, y, x) in Hounsfield units.

    Density by the curve; composition mixed by volume between neighbouring tissues, so that bone
    is continuous between marrow and cortical bone. CT of one energy cannot tell calcium from
    density: vary the curve as a scenario.

    Parameters
    ----------
    hounsfield
        (z, y, x).
    spacing_mm, origin_mm, direction
        As in `Volume`.
    curve
        None for the shipped default.

    Raises
    ------
    InvalidDataError
        For values that are not finite, and as for `Volume`.

    Examples
    --------
    >>> bone = volume_from_hounsfield(np.full((2, 2, 2), 400.0), (1, 1, 1), (0, 0, 0))
    >>> round(float(bone.density_g_cm3[0, 0, 0]), 3)
    1.254
    """
    values = np.asarray(hounsfield)
    if not np.all(np.isfinite(values)):
        raise InvalidDataError(
            f"{int((~np.isfinite(values)).sum())} voxels of the image are not finite. Fill them, "
            "for example with -1000 outside the field of view."
        )
    used = hounsfield_curve() if curve is None else curve
    index, density, share = _tissue(values, used)
    return Volume(
        index,
        density,
        used.materials,
        np.asarray(spacing_mm, dtype=np.float64),
        np.asarray(origin_mm, dtype=np.float64),
        np.eye(3) if direction is None else np.asarray(direction, dtype=np.float64),
        share,
    )


def _tissue(
    values: NDArray[Any], curve: HounsfieldCurve
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Return material, density and share of the next material of each voxel.

    Whole Hounsfield units, as scanners store them, are looked up in a table.
    """
    if np.issubdtype(values.dtype, np.integer) and values.size:
        low, high = int(values.min()), int(values.max())
        if high - low < min(values.size, _LONGEST_TABLE):
            table = _tissue(np.arange(low, high + 1, dtype=np.float64), curve)
            place = values.astype(np.intp) - low
            return table[0][place], table[1][place], table[2][place]
    density = np.interp(values, curve.density_hu, curve.density_g_cm3)
    place = np.interp(values, curve.material_hu, np.arange(len(curve.materials)))
    index = np.minimum(place.astype(np.int64), len(curve.materials) - 1)
    share = _mass_share(place - index, index, curve.materials)
    return index.astype(np.uint8), density.astype(np.float32), share.astype(np.float32)


def _mass_share(
    by_volume: Floats, index: NDArray[np.int64], materials: tuple[Material, ...]
) -> Floats:
    """Return the share of mass of the next material from its share of volume."""
    density = np.array([one.density_g_cm3 for one in materials])
    here = density[index] * (1 - by_volume)
    after = density[np.minimum(index + 1, len(materials) - 1)] * by_volume
    return np.asarray(after / (here + after))
