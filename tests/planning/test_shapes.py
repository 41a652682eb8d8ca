"""Structures as volumes: polygons, slices, and histograms of shapes with known answers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from kyphort.errors import InvalidDataError
from kyphort.planning.dvh import dose_volume, samples_of, trilinear
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.polygons import coverage
from kyphort.planning.structures import Role, Structure, role_of_name

TURN = np.linspace(0, 2 * np.pi, 180, endpoint=False)
# The corners lie a little outside, so that the polygon has the circle's area.
CIRCLE = np.column_stack((np.cos(TURN), np.sin(TURN))) * math.sqrt(
    math.pi / (90 * math.sin(2 * math.pi / 180))
)
FRAME = VoxelFrame((50, 60, 60), (1.0, 1.0, 1.0), (-29.3, -28.9, -24.6))


def sphere(radius: float, step: float = 1.0) -> Structure:
    heights = np.arange(-radius + step / 2, radius, step)
    contours = [
        np.column_stack((CIRCLE * math.sqrt(radius**2 - z**2), np.full(len(CIRCLE), z)))
        for z in heights
    ]
    return Structure("sphere", tuple(contours), thickness_mm=step)


def cylinder(radius: float, height: float) -> Structure:
    heights = np.arange(-height / 2 + 0.5, height / 2, 1.0)
    return Structure(
        "cylinder",
        tuple(np.column_stack((CIRCLE * radius, np.full(len(CIRCLE), z))) for z in heights),
    )


@given(
    st.lists(
        st.tuples(st.floats(0.5, 8.5), st.floats(0, 2 * math.pi)), min_size=3, max_size=9,
        unique_by=lambda point: round(point[1], 3),
    ),
    st.floats(8.6, 11.4), st.floats(8.6, 11.4),
)  # fmt: skip
def test_coverage_has_the_area_of_the_polygon(
    polar: list[tuple[float, float]], x: float, y: float
) -> None:
    ordered = sorted(polar, key=lambda point: point[1])
    angles = np.array([angle for _, angle in ordered])
    # Seen from (x, y) the polygon is simple when no gap of angles exceeds a half turn.
    assume(np.diff(angles, append=angles[0] + 2 * math.pi).max() < math.pi - 0.01)
    corners = np.array([(x + r * math.cos(a), y + r * math.sin(a)) for r, a in ordered])
    following = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]
    found = coverage([corners], (22, 22), rows=64)
    assert found.sum() == pytest.approx(abs(cross.sum()) / 2, abs=0.15)
    assert found.min() >= -1e-6
    assert found.max() <= 1 + 1e-6


def test_a_hole_is_left_out_and_an_island_in_it_counts() -> None:
    rings = [CIRCLE * radius + 15.0 for radius in (12.0, 8.0, 3.0)]
    expected = math.pi * (12**2 - 8**2 + 3**2)
    assert coverage(rings, (32, 32)).sum() == pytest.approx(expected, rel=1e-3)


def test_polygons_may_leave_the_slice() -> None:
    found = coverage([np.array([[-5.0, -5.0], [50.0, -5.0], [50.0, 50.0], [-5.0, 50.0]])], (9, 7))
    assert np.allclose(found, 1.0)


@pytest.mark.parametrize("radius", [5.0, 8.3, 12.0])
def test_volume_of_a_sphere(radius: float) -> None:
    exact = 4 / 3 * math.pi * radius**3 / 1000
    tolerance = max(0.002, 1.1 / (8 * radius**2))
    assert samples_of(sphere(radius), FRAME).total_cm3 == pytest.approx(exact, rel=tolerance)
    if radius >= 8:
        assert samples_of(sphere(radius, 0.5), FRAME).total_cm3 == pytest.approx(exact, rel=0.002)


def test_histogram_of_a_sphere_in_a_linear_dose() -> None:
    """D(x) = 10 + 0.5 x: the share above a dose is that of a spherical cap."""
    radius = 12.0
    samples = samples_of(sphere(radius, 0.5), FRAME)
    dose = 10 + 0.5 * samples.points_mm[:, 0]
    found = dose_volume(dose, samples.volume_cm3)

    def share_above(x: float) -> float:
        height = radius - x
        return height**2 * (3 * radius - height) / (4 * radius**3)

    for percent in (98, 90, 50, 10, 2):
        edge = brentq(lambda x, p=percent: share_above(x) - p / 100, -radius, radius)
        assert found.dose_at_percent(percent) == pytest.approx(10 + 0.5 * edge, rel=0.002)
    assert found.mean_gy == pytest.approx(10.0, rel=0.002)


def test_histogram_of_a_cylinder_along_and_across_its_axis() -> None:
    radius, height = 10.0, 30.0
    samples = samples_of(cylinder(radius, height), FRAME)
    assert samples.total_cm3 == pytest.approx(math.pi * radius**2 * height / 1000, rel=0.002)
    along = dose_volume(20 + samples.points_mm[:, 2], samples.volume_cm3)
    for percent in (90, 50, 10):
        exact = 20 + height / 2 - height * percent / 100
        assert along.dose_at_percent(percent) == pytest.approx(exact, rel=0.002)
    across = dose_volume(20 + samples.points_mm[:, 0], samples.volume_cm3)

    def share_above(x: float) -> float:
        return (math.acos(x / radius) - x / radius * math.sqrt(1 - (x / radius) ** 2)) / math.pi

    for percent in (90, 50, 10):
        edge = brentq(lambda x, p=percent: share_above(x) - p / 100, -radius, radius)
        assert across.dose_at_percent(percent) == pytest.approx(20 + edge, rel=0.002)


def test_histogram_in_a_dose_of_inverse_squares() -> None:
    """D = 1000/r² around the sphere's middle: D_p is 1000/(p^(1/3) R)²."""
    samples = samples_of(sphere(12.0, 0.5), FRAME)
    radius = np.linalg.norm(samples.points_mm, axis=1)
    found = dose_volume(1000 / np.maximum(radius, 0.2) ** 2, samples.volume_cm3)
    for percent in (98, 90, 50, 10):
        exact = 1000 / ((percent / 100) ** (1 / 3) * 12.0) ** 2
        # 98 % of the sphere end 0.08 mm below its surface, less than the samples' 0.5 mm.
        tolerance = 0.01 if percent == 98 else 0.003
        assert found.dose_at_percent(percent) == pytest.approx(exact, rel=tolerance)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 5)), min_size=2, max_size=60))
def test_a_histogram_falls_and_fits_its_inverse(rows: list[tuple[float, float]]) -> None:
    found = dose_volume(*map(np.array, zip(*rows, strict=True)))
    doses = np.linspace(0, 110, 50)
    volumes = found.volumes_percent(doses)
    assert np.all(np.diff(volumes) <= 1e-9)
    assert volumes[0] == pytest.approx(100)
    assert found.volumes_percent([np.nextafter(found.dose_gy[0], 1e9)])[0] == pytest.approx(0)
    assert found.dose_gy[-1] - 1e-9 <= found.mean_gy <= found.dose_gy[0] + 1e-9
    for dose in doses:
        assert found.volume_percent(dose) == pytest.approx(found.volumes_percent([dose])[0])


def test_voxels_of_any_size_give_the_same_volume() -> None:
    for spacing in ((1.0, 1.0, 1.0), (0.7, 0.9, 2.5), (2.0, 2.0, 1.25)):
        frame = VoxelFrame((40, 90, 90), spacing, (-31.0, -33.0, -25.0))
        found = samples_of(sphere(12.0, 0.5), frame).total_cm3
        assert found == pytest.approx(4 / 3 * math.pi * 1.728, rel=0.002)


def test_contours_between_slices_of_the_frame_are_shared_out() -> None:
    slab = Structure(
        "slab",
        tuple(np.array([[0, 0, z], [4, 0, z], [4, 4, z], [0, 4, z]]) for z in (0.5, 1.5, 2.5)),
    )
    frame = VoxelFrame((6, 6, 6), (1, 1, 1), (-0.5, -0.5, -0.25))
    found = slab.coverage(frame)[:, 2, 2]
    assert found.round(3).tolist() == [0.25, 1.0, 1.0, 0.75, 0.0, 0.0]


def test_a_gap_between_planes_is_not_filled() -> None:
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4.0]])
    heights = [0, 1, 2, 12, 13]
    parts = Structure(
        "parts", tuple(np.column_stack((square, np.full(4, float(z)))) for z in heights)
    )
    frame = VoxelFrame((16, 6, 6), (1, 1, 1), (-0.5, -0.5, 0.0))
    filled = parts.coverage(frame)[:, 2, 2]
    assert np.flatnonzero(filled > 0.4).tolist() == [0, 1, 2, 12, 13]


def test_a_contour_across_slices_is_refused() -> None:
    tilted = Structure("tilted", (np.array([[0, 0, 0], [4, 0, 0], [4, 4, 3], [0, 4, 3.0]]),))
    with pytest.raises(InvalidDataError, match=r"'tilted' has a contour that spans 3\.00 mm"):
        tilted.coverage(FRAME)


def test_oblique_contours_fill_their_oblique_frame() -> None:
    angle = 0.4
    turned = np.array(
        [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    ) @ np.array([[1, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]])
    straight = sphere(10.0)
    contours = tuple(one @ turned.T for one in straight.contours)
    frame = VoxelFrame((40, 50, 50), (1, 1, 1), turned @ np.array([-25.0, -25.0, -20.0]), turned)
    found = samples_of(Structure("turned", contours), frame)
    assert found.total_cm3 == pytest.approx(4 / 3 * math.pi, rel=0.003)
    assert np.average(found.points_mm, weights=found.volume_cm3, axis=0) == pytest.approx(
        np.zeros(3), abs=0.02
    )


@pytest.mark.parametrize(
    ("contours", "words"),
    [((), "'x' is empty"), ((np.zeros((2, 3)),), "contour 1: 2 points")],
)
def test_what_is_no_structure_is_refused(contours: tuple[np.ndarray, ...], words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        Structure("x", contours)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("GTV_T12", Role.LESION), ("ctv 1", Role.LESION), ("SpinalCord", Role.CORD),
        ("Spinal Cord PRV", Role.CORD), ("Myelon", Role.CORD), ("Cauda equina", Role.THECAL_SAC),
        ("SpinalCanal", Role.CANAL), ("NerveRoot_L", Role.NERVE_ROOT), ("VB_T12", Role.VERTEBRA),
        ("Cement", Role.CEMENT), ("Kidney_L", Role.OTHER), ("Skin", Role.OTHER),
    ],
)  # fmt: skip
def test_roles_of_usual_names(name: str, role: Role) -> None:
    assert role_of_name(name) is role


@given(st.integers(0, 2**31))
def test_trilinear_is_exact_for_linear_fields(seed: int) -> None:
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=3)
    z, y, x = np.indices((4, 5, 6))
    values = 2 + slope[0] * x + slope[1] * y + slope[2] * z
    place = rng.uniform(0, [5, 4, 3], size=(20, 3))
    assert trilinear(values, place) == pytest.approx(2 + place @ slope)
