"""Tissue from the image, and the dose in it beside the engine and beside water."""

from dataclasses import replace

import numpy as np
import pytest

from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import (
    Reporting,
    material,
    simulate_dose,
    source_model,
    water_phantom,
)
from kyphort.errors import InvalidDataError
from kyphort.planning.digital import CORD_MM, CORD_Y_MM, LESION_CENTRE_MM, digital_vertebra
from kyphort.planning.dose import (
    Irradiation,
    Precision,
    dose_model,
    root_mean_square,
    sphere_points,
    water_at,
)
from kyphort.planning.frame import VoxelFrame
from kyphort.planning.image import CtImage
from kyphort.planning.needle import Applicator, Dwell, Needle, stops
from kyphort.planning.structures import Role, Structure
from kyphort.planning.tissue import TissueChoices, scenario_curves, tissue_of

CAVITY, MEDIUM = ReportingQuantity.WATER_IN_MEDIUM, ReportingQuantity.MEDIUM
NEEDLE = Needle("n", np.array([30.0, 60, 0]), np.array([-1.342, -2.683, 0.0]))
FRAME = VoxelFrame((40, 60, 60), (1.0, 1.0, 1.0), (-29.5, -24.5, -19.5))
CENTRES = FRAME.centres_mm()
BALL = np.linalg.norm(CENTRES, axis=-1)


def irradiation(*needles: Needle) -> Irradiation:
    places = stops(needles or (NEEDLE,), Applicator())
    return Irradiation(source_model("needle"), places, 4.0 * places.weights)


def image(values: np.ndarray, *, is_cone_beam: bool = False) -> CtImage:
    return CtImage(values.astype(np.float32), FRAME, is_cone_beam=is_cone_beam)


def ball(name: str, role: Role, radius: float) -> Structure:
    return Structure(name, role=role, mask=radius >= BALL, mask_frame=FRAME)


def test_in_water_the_model_is_the_table() -> None:
    one = irradiation()
    model = dose_model(
        water_phantom(81), water_phantom(41, spacing_mm=2.0), one,
        Precision(first_histories=2_000_000),
    )  # fmt: skip
    for radius, tolerance in ((5.0, 0.01), (8.0, 0.01), (13.0, 0.01), (20.0, 0.015)):
        points = sphere_points(one.stops.positions_mm, radius)
        found = model.at(points).by_quantity
        water = water_at(one, points)
        assert found[CAVITY].mean() == pytest.approx(water.mean(), rel=tolerance)
        assert found[MEDIUM] == pytest.approx(found[CAVITY], rel=1e-3)


def test_in_a_vertebra_the_model_is_the_engine() -> None:
    """Smoothed scatter and point rays beside the engine's voxels, in cord, sphere and near."""
    frame = VoxelFrame((64, 64, 64), (1.0, 1.0, 1.0), (-31.5, -24.5, -31.5))
    scanned = digital_vertebra(frame)
    needle = Needle("n", np.array([30.0, 55, 0]), LESION_CENTRE_MM + np.array([0.0, -3.0, 0.0]))
    one = irradiation(needle)
    position = one.stops.positions_mm
    fine, coarse = (
        tissue_of(image, (), TissueChoices(), position).volume
        for image in (scanned, scanned.resampled(2.0))
    )
    model = dose_model(fine, coarse, one, Precision(first_histories=4_000_000))
    centres = frame.centres_mm()
    radius = np.linalg.norm(centres - position[0], axis=-1)
    behind = np.hypot(centres[..., 0], centres[..., 1] - CORD_Y_MM)
    regions = {
        "cord": (behind < CORD_MM) & (abs(centres[..., 2]) < 12),
        "sphere": abs(radius - 13) < 0.5,
        "near": abs(radius - 8) < 0.5,
    }
    asked: tuple[tuple[ReportingQuantity, Reporting], ...] = (
        (CAVITY, "water_in_medium"), (MEDIUM, "medium"),
    )  # fmt: skip
    for quantity, reporting in asked:
        engine = simulate_dose(
            fine, one.source, position, weights=one.minutes, histories=2_000_000, seed=5,
            threads=2, reporting=reporting, normalisation="per_minute", scatter_grid_mm=2.0,
        )  # fmt: skip
        for name, where in regions.items():
            found = model.at(centres[where]).by_quantity[quantity].mean()
            assert found == pytest.approx(engine.dose_gy[where].mean(), rel=0.02), (name, quantity)


def test_histories_follow_until_it_is_exact_enough() -> None:
    one = irradiation()
    points = sphere_points(one.stops.positions_mm, 20.0)
    judged = {"far": (points, 0.02)}
    precision = Precision(first_histories=32_000, threads=1)
    volumes = water_phantom(61), water_phantom(31, spacing_mm=2.0)
    found = dose_model(*volumes, one, precision, judged=judged)
    assert root_mean_square(found.at(points).relative_uncertainty) < 0.025
    assert found.field.histories > 32_000
    again = dose_model(*volumes, one, replace(precision, threads=2), judged=judged)
    assert np.array_equal(
        found.at(points).by_quantity[CAVITY], again.at(points).by_quantity[CAVITY]
    )


def test_stops_add_up_and_time_is_linear() -> None:
    two = Needle("n", NEEDLE.entry_mm, NEEDLE.tip_mm, (Dwell(0, 1.0), Dwell(6, 0.5)))
    points = sphere_points(np.zeros((1, 3)), 15.0, 50)
    both = water_at(irradiation(two), points)
    alone = [water_at(irradiation(replace(two, dwells=(dwell,))), points) for dwell in two.dwells]
    assert both == pytest.approx(sum(alone))
    assert water_at(irradiation(two).longer(2.5), points) == pytest.approx(2.5 * both)


def test_a_shaft_in_the_way_shadows_what_is_behind() -> None:
    shadow = Applicator(shaft_shadow=True)
    places = stops([NEEDLE], shadow)
    source = replace(source_model("needle"), emission=shadow.emission())
    one = Irradiation(source, places, np.array([4.0]))
    model = dose_model(
        water_phantom(61), water_phantom(31, spacing_mm=2.0), one,
        Precision(first_histories=300_000),
    )  # fmt: skip
    ahead, behind = (
        model.at(places.positions_mm + sign * 20 * NEEDLE.direction).by_quantity[CAVITY][0]
        for sign in (1, -1)
    )
    assert behind < 0.6 * ahead


def test_bone_by_hounsfield_units_and_its_scenarios() -> None:
    values = np.where(BALL < 10, 600.0, 40.0)
    volumes = [
        tissue_of(image(values), (), TissueChoices(curve=curve), np.zeros((1, 3))).volume
        for _, curve in (("nominal", None), *scenario_curves(None))
    ]
    nominal, less, more = (
        float(one.next_fraction[20, 24, 30])  # type: ignore[index]
        for one in volumes
    )
    assert less < nominal < more
    assert all(np.array_equal(volumes[0].density_g_cm3, one.density_g_cm3) for one in volumes)


def test_a_cone_beam_image_needs_structures() -> None:
    blurred = image(np.full(FRAME.shape, 700.0), is_cone_beam=True)
    with pytest.raises(InvalidDataError, match="needs the vertebra as a structure"):
        tissue_of(blurred, (), TissueChoices(), np.zeros((1, 3)))
    shapes = (ball("VB", Role.VERTEBRA, 12), ball("GTV", Role.LESION, 5))
    found = tissue_of(blurred, shapes, TissueChoices(), np.zeros((1, 3)))
    names = [one.name for one in found.volume.materials]
    assert found.by_structures
    assert "not quantitative" in found.notes[0]
    index = found.volume.material_index
    assert names[index[20, 24, 30]] == "soft_tissue"
    assert names[index[20, 24, 38]] == "spongiosa"
    forced = tissue_of(blurred, (), TissueChoices(method="hounsfield"), np.zeros((1, 3)))
    assert not forced.by_structures
    assert "may be far off" in forced.notes[0]


def test_cement_becomes_what_was_there() -> None:
    after = image(np.where(BALL < 8, 2400.0, 200.0))
    before = image(np.where(BALL < 8, 0.0, 200.0))
    found = tissue_of(after, (), TissueChoices(cement="red_marrow"), np.zeros((1, 3)))
    names = [one.name for one in found.volume.materials]
    assert names[found.volume.material_index[20, 24, 30]] == "red_marrow"
    assert "restored height" in found.notes[0]
    outside = BALL > 10
    plain = tissue_of(before, (), TissueChoices(), np.zeros((1, 3))).volume
    assert np.array_equal(found.volume.density_g_cm3[outside], plain.density_g_cm3[outside])
    with pytest.raises(InvalidDataError, match="No cement was found"):
        tissue_of(before, (), TissueChoices(cement="red_marrow"), np.zeros((1, 3)))
    contoured = ball("Cement", Role.CEMENT, 8)
    with pytest.raises(InvalidDataError, match="is cement, which comes after"):
        tissue_of(after, (contoured,), TissueChoices(), np.zeros((1, 3)))


def test_metal_is_what_the_user_says() -> None:
    sleeve = (np.hypot(CENTRES[..., 0] - 20, CENTRES[..., 2]) < 2) & (CENTRES[..., 1] > 0)
    scanned = image(np.where(sleeve, 8000.0, 100.0))
    with pytest.raises(InvalidDataError, match="metal, for example a guide sleeve"):
        tissue_of(scanned, (), TissueChoices(), np.zeros((1, 3)))
    for name in ("spongiosa", "stainless_steel"):
        found = tissue_of(scanned, (), TissueChoices(metal=name), np.zeros((1, 3))).volume
        assert np.allclose(found.density_g_cm3[sleeve], material(name).density_g_cm3)


def test_a_named_structure_is_painted_and_a_wrong_name_is_told() -> None:
    scanned = image(np.full(FRAME.shape, 100.0))
    shapes = (ball("Cyst", Role.OTHER, 6),)
    choices = TissueChoices(by_structure={"Cyst": "water"})
    found = tissue_of(scanned, shapes, choices, np.zeros((1, 3))).volume
    assert found.materials[found.material_index[20, 24, 30]].name == "water"
    with pytest.raises(InvalidDataError, match=r"names 'Cist'; there are Cyst"):
        tissue_of(scanned, shapes, TissueChoices(by_structure={"Cist": "water"}), np.zeros((1, 3)))
    with pytest.raises(InvalidDataError, match="no material 'chalk'"):
        TissueChoices(metal="chalk")
