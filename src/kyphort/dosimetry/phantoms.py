"""Digital phantoms: water, spheres, shells, slabs and a vertebra, with the source at (0, 0, 0).

Axes are those of a patient (LPS): x to the left, y to the back, z to the head.
"""

import numpy as np
from numpy.typing import NDArray

from kyphort.dosimetry.materials import Material, material
from kyphort.dosimetry.run_checks import check_voxels
from kyphort.dosimetry.volume import Volume
from kyphort.errors import InvalidDataError

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


def uniform_phantom(voxels: int, filling: Material, *, spacing_mm: float = 1.0) -> Volume:
    """Return a cube of one material, its centre at (0, 0, 0).

    Raises
    ------
    InvalidDataError
        For a size that is impossible, or does not fit into memory.

    Examples
    --------
    >>> uniform_phantom(5, material("spongiosa"), spacing_mm=2.0).limits_mm()[1].tolist()
    [5.0, 5.0, 5.0]
    """
    check_voxels(voxels, spacing_mm)
    first = -(voxels - 1) / 2 * spacing_mm
    return Volume.from_materials(
        np.zeros((voxels,) * 3, dtype=np.int64), {0: filling}, (spacing_mm,) * 3, (first,) * 3
    )


def water_phantom(voxels: int = 101, *, spacing_mm: float = 1.0) -> Volume:
    """Return a cube of water, its centre at (0, 0, 0).

    >>> water_phantom(11).shape
    (11, 11, 11)
    """
    return uniform_phantom(voxels, material("water"), spacing_mm=spacing_mm)


def sphere_phantom(
    radius_mm: float, inside: Material, outside: Material, *, voxels: int = 101,
    spacing_mm: float = 1.0,
) -> Volume:  # fmt: skip
    """Return a sphere around (0, 0, 0) in a cube of another material.

    >>> ball = sphere_phantom(3, material("spongiosa"), material("water"), voxels=9)
    >>> int((ball.material_index == 1).sum())
    123
    """
    base = uniform_phantom(voxels, outside, spacing_mm=spacing_mm)
    radius = np.linalg.norm(base.centres_mm(), axis=-1)
    return Volume.from_masks(
        outside, [(inside, radius <= radius_mm)], base.spacing_mm, base.origin_mm
    )


def shell_phantom(
    inner_mm: float, outer_mm: float, shell: Material, filling: Material, *, voxels: int = 101,
    spacing_mm: float = 1.0,
) -> Volume:  # fmt: skip
    """Return a spherical shell around (0, 0, 0) in a cube of another material.

    >>> shell_phantom(2, 3, material("cortical_bone"), material("water"), voxels=9).shape
    (9, 9, 9)
    """
    base = uniform_phantom(voxels, filling, spacing_mm=spacing_mm)
    radius = np.linalg.norm(base.centres_mm(), axis=-1)
    mask = (radius > inner_mm) & (radius <= outer_mm)
    return Volume.from_masks(filling, [(shell, mask)], base.spacing_mm, base.origin_mm)


def slab_phantom(
    from_mm: float, to_mm: float, slab: Material, filling: Material, *, voxels: int = 101,
    spacing_mm: float = 1.0,
) -> Volume:  # fmt: skip
    """Return a slab across the x axis in a cube of another material.

    >>> slab_phantom(2, 4, material("cortical_bone"), material("water"), voxels=11).voxel_of(
    ...     (3, 0, 0)
    ... )
    (5, 5, 8)
    """
    base = uniform_phantom(voxels, filling, spacing_mm=spacing_mm)
    x = base.centres_mm()[..., 0]
    mask = (x > from_mm) & (x < to_mm)
    return Volume.from_masks(filling, [(slab, mask)], base.spacing_mm, base.origin_mm)


def vertebra_phantom(
    voxels: int = 81, *, spacing_mm: float = 1.0, cortex_mm: float = 1.0,
    lesion_radius_mm: float = 0.0,
) -> Volume:  # fmt: skip
    """Return a stylised vertebra in soft tissue; the source belongs to the middle of its body.

    Body: cylinder of radius 17 mm and height 25 mm, spongiosa within a cortical shell; two
    pedicles and a lamina of cortical bone and spongiosa around a canal of soft tissue; cord of
    radius 4.5 mm centred 24.5 mm behind the middle of the body (reference geometry of the cord
    ratios). A lytic lesion is a sphere of soft tissue around (0, 0, 0).

    Parameters
    ----------
    voxels, spacing_mm
        Cube of the phantom; at least 66 mm of it, so that the cord is inside.
    cortex_mm
        Thickness of the cortical shell; 0 for none.
    lesion_radius_mm
        Radius of the lesion; 0 for none.

    Raises
    ------
    InvalidDataError
        For a cube that does not hold the cord.

    Examples
    --------
    >>> spine = vertebra_phantom()
    >>> [spine.materials[spine.material_index[40, y, 40]].name for y in (40, 57, 58, 64)]
    ['spongiosa', 'cortical_bone', 'soft_tissue', 'cord']
    """
    if voxels * spacing_mm < 66:
        raise InvalidDataError(
            f"A cube of {voxels * spacing_mm:g} mm; the vertebra with its cord needs 66 mm."
        )
    soft, spongy = material("soft_tissue"), material("spongiosa")
    base = uniform_phantom(voxels, soft, spacing_mm=spacing_mm)
    centres = base.centres_mm()
    bone, marrow = _arch(centres, cortex_mm)
    outer, inner = _body(centres, 0.0), _body(centres, cortex_mm)
    masks: list[tuple[Material, Mask]] = [
        (material("cortical_bone"), bone | outer),
        (spongy, marrow | inner),
        (material("cord"), _cylinder(centres, 24.5, 4.5)),
    ]
    if lesion_radius_mm > 0:
        masks.append((soft, np.linalg.norm(centres, axis=-1) <= lesion_radius_mm))
    return Volume.from_masks(soft, masks, base.spacing_mm, base.origin_mm)


def _cylinder(centres: Floats, y_mm: float, radius_mm: float) -> Mask:
    return np.asarray(np.hypot(centres[..., 0], centres[..., 1] - y_mm) <= radius_mm)


def _body(centres: Floats, inwards_mm: float) -> Mask:
    return _cylinder(centres, 0.0, 17.0 - inwards_mm) & (
        np.abs(centres[..., 2]) <= 12.5 - inwards_mm
    )


def _arch(centres: Floats, cortex_mm: float) -> tuple[Mask, Mask]:
    """Return cortical shell and marrow of pedicles and lamina."""
    x, y, z = np.abs(centres[..., 0]), centres[..., 1], np.abs(centres[..., 2])
    height = z <= 8

    def ring(inwards: float) -> Mask:
        radius = np.hypot(x, y - 24.5)
        lamina = (radius >= 9.5 + inwards) & (radius <= 14.5 - inwards) & (y > 24.5)
        pedicle = (np.abs(x - 12) <= 2.5 - inwards) & (y > 12) & (y <= 24.5 + inwards)
        return np.asarray((lamina | pedicle) & height & (z <= 8 - inwards))

    return ring(0.0), ring(cortex_mm)
