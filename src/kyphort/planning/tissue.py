"""From the CT image to tissue: Hounsfield units or structures, and what was not there then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry import (
    HounsfieldCurve,
    Material,
    Volume,
    hounsfield_curve,
    material,
    volume_from_hounsfield,
)
from kyphort.errors import InvalidDataError
from kyphort.planning.frame import written
from kyphort.planning.image import CtImage
from kyphort.planning.structures import Role, Structure

_OUTSIDE_HU = -400.0
"""Below this a voxel is air also in images without calibrated values."""
_CEMENT_REACH_MM = 25.0
"""How far from the source bright voxels of a post-operative image count as cement."""
CALCIUM_SCENARIOS = (("less mineral", 0.8), ("more mineral", 1.2))
"""Factors on the share of mineral that a Hounsfield value above marrow stands for."""
BY_ROLE: Mapping[Role, str] = {
    Role.VERTEBRA: "spongiosa",
    Role.LESION: "soft_tissue",
    Role.CANAL: "soft_tissue",
    Role.THECAL_SAC: "soft_tissue",
    Role.NERVE_ROOT: "soft_tissue",
    Role.CORD: "cord",
}
"""What structures consist of when the image is no guide; painted in this order."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TissueChoices:
    """How the image becomes tissue.

    Attributes
    ----------
    method
        "hounsfield", "structures", or "auto": structures for cone-beam and contrast images.
    contrast
        Whether the image was made with contrast medium, so that its values mislead.
    curve
        The calibration, or None for the shipped one.
    by_structure
        Material of structures by their name, painted over everything else.
    metal
        What voxels above `metal_hu` are: a material's name (for example "spongiosa" for a sleeve
        that is absent during irradiation, "stainless_steel" for one that stays); None refuses them.
    metal_hu
        From where on a voxel is metal.
    cement
        For an image made after the cement: the tissue that was there during the irradiation.
    cement_hu
        From where on a voxel of such an image is cement.
    """

    method: str = "auto"
    contrast: bool = False
    curve: HounsfieldCurve | None = None
    by_structure: Mapping[str, str] = field(default_factory=dict)
    metal: str | None = None
    metal_hu: float = 3000.0
    cement: str | None = None
    cement_hu: float = 1300.0

    def __post_init__(self) -> None:
        if self.method not in ("auto", "hounsfield", "structures"):
            raise InvalidDataError(
                f"Tissue method '{self.method}'; allowed are auto, hounsfield and structures."
            )
        for name in (*self.by_structure.values(), self.metal, self.cement):
            if name is not None:
                material(name)


@dataclass(frozen=True, slots=True)
class Tissue:
    """The volume for the dose engine, and what was decided on the way, in sentences."""

    volume: Volume
    notes: tuple[str, ...]
    by_structures: bool


def tissue_of(
    image: CtImage,
    structures: Sequence[Structure],
    choices: TissueChoices,
    positions_mm: NDArray[np.float64],
) -> Tissue:
    """Return the tissue of an image: what it consisted of while the source was in place.

    Raises
    ------
    InvalidDataError
        For metal or an unknown structure without a decision, and structures that are needed but
        absent.
    """
    notes: list[str] = []
    by_structures = _uses_structures(image, choices, notes)
    image, cement = _without_cement(image, structures, choices, positions_mm, notes)
    metal = image.hounsfield > choices.metal_hu
    _check_metal(metal, choices)
    if by_structures:
        volume = _from_structures(image, structures)
    else:
        volume = _from_hounsfield(image, metal, choices)
    painted = [(one, mask) for one, mask in _overrides(image, structures, choices, notes)]
    if choices.metal is not None and metal.any():
        painted.append((material(choices.metal), metal))
        notes.append(
            f"{int(metal.sum())} voxels above {choices.metal_hu:g} HU were taken as "
            f"{choices.metal.replace('_', ' ')}."
        )
    if cement is not None and choices.cement is not None:
        painted.insert(0, (material(choices.cement), cement))
    return Tissue(_painted(volume, painted), tuple(notes), by_structures)


def scenario_curves(curve: HounsfieldCurve | None) -> tuple[tuple[str, HounsfieldCurve], ...]:
    """Return the calibration with less and with more mineral than it says.

    A CT of one energy cannot tell calcium from density (TG-186, doi:10.1118/1.4747264): the value
    of pure mineral is moved so that bone holds 0.8 and 1.2 times the mineral; densities stay.

    Examples
    --------
    >>> [round(float(one.material_hu[-1])) for _, one in scenario_curves(None)]
    [1990, 1340]
    """
    nominal = hounsfield_curve() if curve is None else curve
    made = []
    for name, factor in CALCIUM_SCENARIOS:
        points = nominal.material_hu.copy()
        points[-1] = points[-2] + (points[-1] - points[-2]) / factor
        made.append((name, replace(nominal, name=f"{nominal.name}, {name}", material_hu=points)))
    return tuple(made)


def _uses_structures(image: CtImage, choices: TissueChoices, notes: list[str]) -> bool:
    doubtful = image.is_cone_beam or choices.contrast
    if choices.method == "auto" and doubtful:
        what = "cone-beam image" if image.is_cone_beam else "image with contrast medium"
        notes.append(
            f"Hounsfield units of a {what} are not quantitative: tissue was assigned by structure."
        )
    if choices.method == "hounsfield" and doubtful:
        notes.append(
            "Tissue follows the Hounsfield units although the image is cone-beam or contrast "
            "enhanced: composition and density may be far off."
        )
    return choices.method == "structures" or (choices.method == "auto" and doubtful)


def _without_cement(
    image: CtImage,
    structures: Sequence[Structure],
    choices: TissueChoices,
    positions_mm: NDArray[np.float64],
    notes: list[str],
) -> tuple[CtImage, Mask | None]:
    """Return the image without metal values in its cement, and where the cement is."""
    contoured = [one for one in structures if one.role is Role.CEMENT]
    if choices.cement is None:
        if contoured:
            raise InvalidDataError(
                f"Structure '{contoured[0].name}' is cement, which comes after the irradiation. "
                'Say what was there before: [tissue] cement = "red_marrow", "spongiosa" or '
                '"soft_tissue"; or give that structure another role.'
            )
        return image, None
    if contoured:
        cement = np.zeros(image.frame.shape, dtype=bool)
        for one in contoured:
            cement |= one.coverage(image.frame) >= 0.5
    else:
        distance = np.min(
            [np.linalg.norm(image.frame.centres_mm() - one, axis=-1) for one in positions_mm],
            axis=0,
        )
        cement = (image.hounsfield > choices.cement_hu) & (distance <= _CEMENT_REACH_MM)
    if not cement.any():
        raise InvalidDataError(
            f"No cement was found (no structure of that role, and no voxel above "
            f"{choices.cement_hu:g} HU within {_CEMENT_REACH_MM:g} mm of the source). Leave out "
            "[tissue] cement, contour it, or lower cement_hu."
        )
    notes.append(
        f"{cement.sum() * image.frame.voxel_cm3:.1f} cm³ of cement were replaced by "
        f"{choices.cement.replace('_', ' ')}, the tissue chosen for the time of irradiation. "
        "Kyphoplasty may have restored height: distances in this image can be longer than they "
        "were."
    )
    cleared = np.where(cement, np.float32(0.0), image.hounsfield)
    return replace(image, hounsfield=cleared), cement


def _check_metal(metal: Mask, choices: TissueChoices) -> None:
    if metal.any() and choices.metal is None:
        raise InvalidDataError(
            f"{int(metal.sum())} voxels are above {choices.metal_hu:g} HU: metal, for example a "
            'guide sleeve. Say what is there during the irradiation: [tissue] metal = "spongiosa" '
            '(taken out), "stainless_steel" (stays), or raise metal_hu.'
        )


def _from_hounsfield(image: CtImage, metal: Mask, choices: TissueChoices) -> Volume:
    frame = image.frame
    values = np.where(metal, np.float32(0.0), image.hounsfield)
    return volume_from_hounsfield(
        values, frame.spacing_mm, frame.origin_mm, curve=choices.curve, direction=frame.direction
    )


def _from_structures(image: CtImage, structures: Sequence[Structure]) -> Volume:
    frame = image.frame
    if not any(one.role is Role.VERTEBRA for one in structures):
        raise InvalidDataError(
            "Tissue by structure needs the vertebra as a structure. Contour it, give one the role "
            '"vertebra", or choose [tissue] method = "hounsfield".'
        )
    masks = [(material("air"), image.hounsfield < _OUTSIDE_HU)]
    for role, name in BY_ROLE.items():
        masks += [
            (material(name), one.coverage(frame) >= 0.5) for one in structures if one.role is role
        ]
    return Volume.from_masks(
        material("soft_tissue"), masks, frame.spacing_mm, frame.origin_mm,
        direction=frame.direction,
    )  # fmt: skip


def _overrides(
    image: CtImage,
    structures: Sequence[Structure],
    choices: TissueChoices,
    notes: list[str],
) -> list[tuple[Material, Mask]]:
    named = {one.name: one for one in structures}
    found = []
    for name, tissue in choices.by_structure.items():
        if name not in named:
            raise InvalidDataError(
                f"[tissue.by_structure] names '{name}'; there are "
                f"{', '.join(sorted(named)) or 'no structures'}. Correct the name."
            )
        found.append((material(tissue), named[name].coverage(image.frame) >= 0.5))
        notes.append(f"Structure '{name}' was taken as {tissue.replace('_', ' ')}.")
    return found


def _painted(volume: Volume, masks: Sequence[tuple[Material, Mask]]) -> Volume:
    """Return the volume with materials painted over, the later ones over the earlier ones."""
    if not masks:
        return volume
    index, density = volume.material_index.copy(), volume.density_g_cm3.copy()
    fraction = None if volume.next_fraction is None else volume.next_fraction.copy()
    materials = list(volume.materials)
    for tissue, mask in masks:
        index[mask], density[mask] = len(materials), tissue.density_g_cm3
        if fraction is not None:
            fraction[mask] = 0.0
        materials.append(tissue)
    return replace(
        volume, material_index=index, density_g_cm3=density, materials=tuple(materials),
        next_fraction=fraction,
    )  # fmt: skip


def check_source_place(image: CtImage, positions_mm: NDArray[np.float64]) -> None:
    """Check that every stop of the source lies in the image, and not in air.

    Raises
    ------
    InvalidDataError
        When one does not.
    """
    for position in positions_mm:
        if image.at(position) < _OUTSIDE_HU:
            raise InvalidDataError(
                f"The isocentre at {written(position)} mm lies in air ({image.at(position):g} HU). "
                "Check the needle's coordinates."
            )
