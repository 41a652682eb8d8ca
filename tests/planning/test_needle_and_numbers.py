"""Needle geometry, prescriptions, biology and limits: printed numbers and refusals."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.clinical import DistanceReference, Prescription
from kyphort.dosimetry import irradiation_time_min, source_model
from kyphort.errors import InvalidDataError
from kyphort.planning.biology import Biology, eqd2_of_fractions
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage
from kyphort.planning.limits import Limit, Verdict, read_limits
from kyphort.planning.needle import (
    Applicator,
    Dwell,
    Needle,
    check_inside,
    stops,
    within_applicator,
)
from kyphort.planning.prescription import distance_from_isocentre_mm, irradiation_time
from kyphort.planning.structures import Role

from .conftest import rotation

POINT = st.tuples(*[st.floats(-100, 100)] * 3)


@given(POINT, POINT, st.floats(0, 30))
def test_the_isocentre_lies_on_the_needle_behind_its_tip(
    entry: tuple[float, ...], tip: tuple[float, ...], back: float
) -> None:
    if math.dist(entry, tip) < 11:
        return
    needle = Needle("n", np.array(entry), np.array(tip), (Dwell(back),))
    (isocentre,) = needle.isocentres_mm(Applicator())
    assert math.dist(isocentre, tip) == pytest.approx(3 + back)
    way = np.array(tip) - np.array(entry)
    assert np.linalg.norm(np.cross(isocentre - np.array(entry), way)) < 1e-6 * np.dot(way, way)
    assert needle.distance_mm([tip, entry]) == pytest.approx([0, 0], abs=1e-9)


def test_within_the_applicator_is_a_rod_with_a_round_end() -> None:
    needle = Needle("n", np.array([0, 50, 0]), np.array([0, 0, 0]))
    points = np.array([
        [0, 25, 0], [2.0, 25, 0], [2.2, 25, 0], [0, 0.1, 0], [0, -0.1, 0], [2.0, 0.3, 0],
    ])  # fmt: skip
    found = within_applicator(points, [needle], Applicator())
    assert found.tolist() == [True, True, False, True, False, False]


def test_two_needles_add_their_stops_in_order() -> None:
    left = Needle("left", np.array([30, 60, 0]), np.zeros(3), (Dwell(0), Dwell(5, 0.5)))
    right = Needle("right", np.array([-30, 60, 0]), np.zeros(3))
    found = stops([left, right], Applicator())
    assert found.weights.tolist() == [1.0, 0.5, 1.0]
    assert found.labels == ("left", "left, 5 mm back", "right")
    with pytest.raises(InvalidDataError, match="3 needles; allowed are 1 or 2"):
        stops([left, right, left], Applicator())


@pytest.mark.parametrize(
    ("entry", "tip", "dwells", "words"),
    [
        ([0, 0, 0], [0, 5, 0], (Dwell(),), "is 5.0 mm from entry to tip"),
        ([0, 0, math.nan], [0, 50, 0], (Dwell(),), "three finite numbers"),
        ([0, 0], [0, 50, 0], (Dwell(),), "three finite numbers"),
        ([0, 0, 0], [0, 50, 0], (), "has no stop"),
    ],
)
def test_what_is_no_needle(
    entry: list[float], tip: list[float], dwells: object, words: str
) -> None:
    with pytest.raises(InvalidDataError, match=words):
        Needle("n", entry, tip, dwells)  # type: ignore[arg-type]


def test_a_needle_outside_the_image_is_named() -> None:
    frame = VoxelFrame((20, 20, 20), (1, 1, 1), (-10, -10, -10))
    needle = Needle("left", np.array([0, 60, 0]), np.array([0, 15, 0]))
    with pytest.raises(InvalidDataError, match=r"tip of needle 'left' at \(0.0, 15.0, 0.0\) mm"):
        check_inside([needle], Applicator(), frame)


@pytest.mark.parametrize(
    ("reference", "distance"),
    [
        (DistanceReference.ISOCENTRE, 8.0), (DistanceReference.APPLICATOR_TIP, 11.0),
        (DistanceReference.APPLICATOR_SURFACE, 10.1),
    ],
)  # fmt: skip
def test_times_count_from_the_isocentre(reference: DistanceReference, distance: float) -> None:
    source = source_model("needle")
    found = irradiation_time(Prescription(8, 8, reference), source, Applicator())
    assert found.from_isocentre_mm == pytest.approx(distance)
    assert found.minutes == pytest.approx(irradiation_time_min(source, 8, distance))


def test_a_distance_without_reference_or_inside_the_needle_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="has no reference"):
        distance_from_isocentre_mm(Prescription(8, 8), Applicator())
    inside = Prescription(8, 2, DistanceReference.ISOCENTRE)
    with pytest.raises(InvalidDataError, match="is inside the needle"):
        irradiation_time(inside, source_model("needle"), Applicator())


@pytest.mark.parametrize(
    ("dose", "alpha_beta", "rbe", "bed"),
    [(8, 10, 1.0, 14.4), (8, 10, 1.3, 21.2), (8, 10, 1.4, 23.7), (8, 2, 1.0, 40.0),
     (8, 2, 1.3, 64.5), (8, 2, 1.4, 73.9)],
)  # fmt: skip
def test_bed_of_the_literature(dose: float, alpha_beta: float, rbe: float, bed: float) -> None:
    """Printed to one decimal; no repair."""
    found = Biology(rbe, alpha_beta, math.inf).bed_gy(dose, 4.0)
    assert found == pytest.approx(bed, abs=0.051)


def test_protraction_against_quadrature() -> None:
    """G = (2/D²) ∫ R(t) ∫ R(s) e^(−μ(t−s)) ds dt, by midpoints."""
    biology = Biology(repair_half_time_min=25.0)
    times = (np.arange(2000) + 0.5) / 2000 * 40.0
    decay = np.exp(-math.log(2) / 25.0 * np.abs(times[:, None] - times))
    assert biology.protraction(40.0) == pytest.approx(float(decay.mean()), rel=1e-4)
    assert Biology(repair_half_time_min=math.inf).protraction(40.0) == 1.0


def test_eqd2_of_ten_times_three_gray() -> None:
    assert eqd2_of_fractions(30, 10, 2.0) == pytest.approx(37.5)
    assert eqd2_of_fractions(30, 10, 10.0) == pytest.approx(32.5)
    with pytest.raises(InvalidDataError, match="in 0 fractions"):
        eqd2_of_fractions(30, 0, 2.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"rbe": 0.5}, "rbe is 0.5"), ({"alpha_beta_gy": 0}, "alpha_beta_gy is 0"),
     ({"repair_half_time_min": 0}, "repair_half_time_min is 0")],
)  # fmt: skip
def test_impossible_biology(options: dict[str, float], words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        Biology(**options)


@pytest.mark.parametrize(
    ("limit", "values", "worst"),
    [
        (Limit("a", Role.CORD, "D0.03cc", at_most=10.0), {"water": 9, "medium": 11}, 11),
        (Limit("b", Role.LESION, "V100", at_least=90), {"water": 95, "medium": 80}, 80),
    ],
)
def test_a_limit_counts_by_its_worst_assumption(
    limit: Limit, values: dict[str, float], worst: float
) -> None:
    found = Verdict(limit, "x", values)
    assert found.worst == ("medium", worst)
    assert not found.passed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[limit]]\nname="a"\nrole="cord"\nmetric="D1"\nat_most=1', "metric 'D1'"),
        ('[[limit]]\nname="a"\nrole="heart"\nmetric="D90"\nat_most=1', "'heart' is not a valid"),
        ('[[limit]]\nname="a"\nrole="cord"\nmetric="D90"', "give one of at_most and at_least"),
        (
            '[[limit]]\nname="a"\nrole="cord"\nmetric="D90"\nat_most=-1',
            "allowed are values above 0",
        ),
        ('[[limit]]\nname="a"\nrole="cord"\nmetric="D90"\natmost=1', "unknown entry 'atmost'"),
        ("limits = 3", "could not be read"),
        ("[[limit]", "could not be read"),
    ],
)
def test_files_of_limits_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "limits.toml").write_text(text)
    with pytest.raises(InvalidDataError, match=words):
        read_limits(tmp_path / "limits.toml")


def test_every_shipped_limit_names_its_source() -> None:
    assert all(limit.source for limit in read_limits())


@given(st.floats(-3, 3), st.floats(-3, 3), POINT, POINT)
def test_a_frame_finds_its_own_points(
    a: float, b: float, origin: tuple[float, ...], index: tuple[float, ...]
) -> None:
    frame = VoxelFrame((5, 6, 7), (0.4, 1.1, 2.5), origin, rotation(a, b, 0.3))
    assert frame.to_index(frame.to_points(index)) == pytest.approx(index, abs=1e-9)


@pytest.mark.parametrize("spacing", [1.0, 2.0, 3.0])
def test_resampling_keeps_places_and_means(spacing: float) -> None:
    """A bright ball's middle stays where it was, whatever becomes of the voxels."""
    frame = VoxelFrame((24, 96, 96), (0.45, 0.45, 3.0), (-30, -20, 50), rotation(0.1, 0.2, 0.3))
    middle = frame.to_points((48, 44, 12))
    values = 1000 * (np.linalg.norm(frame.centres_mm() - middle, axis=-1) < 8)
    image = CtImage(values.astype(np.float32), frame)
    found = image.resampled(spacing)
    weight = found.hounsfield.ravel().astype(float)
    assert weight.sum() * found.frame.voxel_cm3 == pytest.approx(
        values.sum() * frame.voxel_cm3, rel=1e-5
    )
    points = found.frame.centres_mm().reshape(-1, 3)
    before = np.average(frame.centres_mm().reshape(-1, 3), weights=values.ravel(), axis=0)
    assert np.average(points, weights=weight, axis=0) == pytest.approx(before, abs=0.02)
    assert found.frame.spacing_mm.max() <= 1.5 * spacing


def test_impossible_hounsfield_units() -> None:
    frame = VoxelFrame((2, 2, 2), (1, 1, 1), (0, 0, 0))
    with pytest.raises(InvalidDataError, match="run from 0 to 60000"):
        CtImage(np.array([0] * 7 + [60000], np.float32).reshape(2, 2, 2), frame)
