"""The digital vertebra: a thoracic level with a lytic lesion, as image and contours.

Stylised shapes, smooth at their edges, with the noise of a scanner; it describes no person.
"""

import numpy as np
from numpy.typing import NDArray

from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import AIR_HU, CtImage
from kyphort.planning.structures import Role, Structure

Floats = NDArray[np.float64]
CORD_Y_MM, CORD_MM = 24.5, 4.5
_SOFT, _FAT, _CORTEX, _SPONGY, _LESION, _CORD, _FLUID, _DISC = 45, -90, 1050, 210, 55, 38, 12, 80
_NOISE_HU = 18.0
_BODY = (17.0, 13.0, 12.0)
"""Half axes of the vertebral body across and along the patient's depth, and half its height."""
_CORTEX_MM = 0.9
LESION_CENTRE_MM, LESION_MM = np.array([3.0, 2.5, 0.0]), 11.5
PEDICLE_X_MM = 12.5
_HEIGHTS = {
    "GTV": (0.2 - LESION_MM, LESION_MM - 0.2), "VB_T12": (-_BODY[2], _BODY[2]),
    "NerveRoot_L": (-14.0, -7.0), "NerveRoot_R": (-14.0, -7.0),
}  # fmt: skip
"""From where to where a structure goes [mm]; others go through the image."""
LEVEL_MM = 34.0
"""From one vertebra to the next."""


def digital_vertebra(frame: VoxelFrame, *, seed: int = 1) -> CtImage:
    """Return the CT image of the digital vertebra in a frame; its body's middle is (0, 0, 0).

    >>> image = digital_vertebra(VoxelFrame((3, 5, 5), (2, 2, 2), (-4, -4, -2)))
    >>> image.hounsfield.shape
    (3, 5, 5)
    """
    values = np.empty(frame.shape, dtype=np.float32)
    rng = np.random.default_rng(seed)
    for k in range(frame.shape[0]):
        y, x = np.indices(frame.shape[1:])
        points = frame.to_points(np.stack((x, y, np.full_like(x, k)), axis=-1))
        values[k] = _hounsfield(points) + rng.normal(0, _NOISE_HU, frame.shape[1:])
    return CtImage(np.maximum(values, np.float32(AIR_HU - 24)), frame)


def demo_frame(voxels: tuple[int, int, int] = (80, 256, 256)) -> VoxelFrame:
    """Return a frame as of a scanner's spine protocol, around the digital vertebra."""
    spacing = np.array([200 / voxels[2], 200 / voxels[1], 1.0])
    size = spacing * np.array(voxels[::-1])
    origin = -size / 2 + spacing / 2 + np.array([0.0, 28.0, 0.0])
    return VoxelFrame(voxels, spacing, origin)


def digital_structures(frame: VoxelFrame) -> tuple[tuple[Structure, ...], dict[str, list[int]]]:
    """Return the contours of lesion, cord, thecal sac, roots and body on the slices of a frame.

    The second value is the slice of each contour.
    """
    shapes = (
        ("GTV", Role.LESION, (213, 94, 0)), ("SpinalCord", Role.CORD, (0, 114, 178)),
        ("ThecalSac", Role.THECAL_SAC, (86, 180, 233)),
        ("SpinalCanal", Role.CANAL, (150, 150, 150)),
        ("NerveRoot_L", Role.NERVE_ROOT, (230, 159, 0)),
        ("NerveRoot_R", Role.NERVE_ROOT, (240, 200, 90)),
        ("VB_T12", Role.VERTEBRA, (0, 158, 115)),
    )  # fmt: skip
    found, slices = [], {}
    thickness = float(frame.spacing_mm[2])
    for name, role, colour in shapes:
        contours, numbers = [], []
        for k in range(frame.shape[0]):
            z = float(frame.to_points((0, 0, k))[2])
            outline = _outline(name, z)
            if outline is not None:
                contours.append(np.column_stack((outline, np.full(len(outline), z))))
                numbers.append(k)
        if contours:
            found.append(Structure(name, tuple(contours), role, colour, thickness_mm=thickness))
            slices[name] = numbers
    return tuple(found), slices


def _outline(name: str, z: float) -> Floats | None:
    """Return corners (n, 2) of a structure's outline at a height, or None where it is not."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    circle = np.column_stack((np.cos(turn), np.sin(turn)))
    low, high = _HEIGHTS.get(name, (-36.0, 36.0))
    if not low <= z <= high:
        return None
    middle, axes = np.array([0.0, CORD_Y_MM]), np.ones(2)
    if name == "GTV":
        middle, axes = LESION_CENTRE_MM[:2], axes * np.sqrt(LESION_MM**2 - z**2)
    elif name == "VB_T12":
        middle, axes = np.zeros(2), np.array(_BODY[:2])
    elif name.startswith("NerveRoot"):
        middle = np.array([PEDICLE_X_MM if name.endswith("L") else -PEDICLE_X_MM, 20.0])
        axes = np.array([3.0, 2.0])
    else:
        axes *= {"SpinalCord": CORD_MM, "ThecalSac": 6.5, "SpinalCanal": 8.0}[name]
    return np.asarray(middle + circle * axes)


def _hounsfield(points: Floats) -> Floats:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    skin = np.hypot(x / 92, (y - 25) / 62)
    value = np.full(x.shape, float(AIR_HU))
    value = _painted(value, (1 - skin) * 62, _FAT)
    value = _painted(value, (0.93 - skin) * 62, _SOFT)
    near = np.abs((z + LEVEL_MM / 2) % LEVEL_MM - LEVEL_MM / 2)
    body = _inside_body(x, y, near)
    value = _painted(value, np.minimum(_ellipse(x, y), near - _BODY[2]), _DISC)
    value = _painted(value, body, _CORTEX)
    value = _painted(value, body - _CORTEX_MM, _SPONGY)
    arch, marrow = _arch(x, y, near)
    value = _painted(value, arch, _CORTEX)
    value = _painted(value, marrow, _SPONGY)
    behind = np.hypot(x, y - CORD_Y_MM)
    value = _painted(value, 8.0 - behind, _FAT)
    value = _painted(value, 6.5 - behind, _FLUID)
    value = _painted(value, CORD_MM - behind, _CORD)
    lesion = LESION_MM - np.linalg.norm(points - LESION_CENTRE_MM, axis=-1)
    return _painted(value, lesion, _LESION)


def _painted(value: Floats, inside_mm: Floats, hounsfield: float) -> Floats:
    """Paint what lies inside a surface, over half a millimetre on either side of it."""
    share = np.clip(inside_mm + 0.5, 0, 1)
    return np.asarray(value + share * (hounsfield - value))


def _ellipse(x: Floats, y: Floats) -> Floats:
    """Return about how far points lie inside the body's outline [mm]."""
    radius = np.hypot(x / _BODY[0], y / _BODY[1])
    return np.asarray((1 - radius) * min(_BODY[:2]))


def _inside_body(x: Floats, y: Floats, near: Floats) -> Floats:
    return np.minimum(_ellipse(x, y), _BODY[2] - near)


def _arch(x: Floats, y: Floats, near: Floats) -> tuple[Floats, Floats]:
    """Return about how far points lie inside cortex and marrow of pedicles and lamina [mm]."""
    radius = np.hypot(x, y - CORD_Y_MM)
    lamina = np.minimum(np.minimum(radius - 9.5, 14.5 - radius), y - CORD_Y_MM)
    pedicle = np.minimum(
        4.0 - np.abs(np.abs(x) - PEDICLE_X_MM), np.minimum(y - 8.0, CORD_Y_MM + 1 - y)
    )
    spinous = np.minimum(3.0 - np.abs(x), np.minimum(y - CORD_Y_MM - 12, 62 - y))
    whole = np.minimum(np.maximum(np.maximum(lamina, pedicle), spinous), 7.0 - near)
    return whole, whole - _CORTEX_MM
