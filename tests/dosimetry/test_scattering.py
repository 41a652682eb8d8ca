"""Scattered photons by favoured energies, and slopes from the opposite cell."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.dosimetry import (
    PhotonSource,
    Volume,
    favoured,
    material,
    simulate_dose,
    source_model,
    uniform_phantom,
    vertebra_phantom,
    volume_from_hounsfield,
    water_phantom,
)
from kyphort.dosimetry.favoured import COPIES, favour_scatter
from kyphort.dosimetry.scorers import CoarseScorer, VoxelScorer
from kyphort.dosimetry.task import Task, make_scorer, make_task, primary_of
from kyphort.dosimetry.transport.interactions import on_circle, place_of, read
from kyphort.dosimetry.transport.random import stream
from kyphort.dosimetry.transport.scattering import first_collision
from kyphort.dosimetry.transport.state import Favoured
from kyphort.dosimetry.transport_tables import transport_tables

NEEDLE = source_model("needle")
SPECTRUM = PhotonSource.from_spectrum([12.0, 20.0, 30.0, 45.0], [4.0, 3.0, 2.0, 1.0])


def radius(volume: Volume) -> np.ndarray:
    return np.asarray(np.linalg.norm(volume.centres_mm(), axis=-1))


def canal(half_mm: float = 3) -> Volume:
    """Return a canal of water along z in cortical bone, beside the source."""
    bone, water = material("cortical_bone"), material("water")
    base = uniform_phantom(41, bone)
    centres = base.centres_mm()
    inside = (np.abs(centres[..., 0] - 8) < half_mm) & (np.abs(centres[..., 1]) < 2 * half_mm)
    return Volume.from_masks(bone, [(water, inside)], base.spacing_mm, base.origin_mm)


def noisy_ct() -> Volume:
    hounsfield = 240 + 25 * np.random.default_rng(1).normal(size=(31, 31, 31))
    return volume_from_hounsfield(np.rint(hounsfield).astype(np.int16), (1, 1, 1), (-15,) * 3)


def task_of(volume: Volume, source: PhotonSource, cells: float | None = None) -> Task:
    return make_task(volume, source, (0, 0, 0), None, None, "medium", 1, 1, "hybrid", cells)


def in_voxels(task: Task) -> tuple[VoxelScorer, Favoured]:
    scorer = make_scorer(task, np.zeros(1))
    assert isinstance(scorer, VoxelScorer)
    assert isinstance(scorer.source, Favoured)
    return scorer, scorer.source


def coarse(volume: Volume, cells: float) -> CoarseScorer:
    task = task_of(volume, SPECTRUM, cells)
    scorer = make_scorer(task, primary_of(task)[1])
    assert isinstance(scorer, CoarseScorer)
    return scorer


def sums(volume: Volume, regions: list[np.ndarray], **options: Any) -> np.ndarray:
    """Return the dose of regions in eight independent runs, r² against the nearest voxels."""
    weight = radius(volume) ** 2
    runs = [
        simulate_dose(volume, SPECTRUM, (0, 0, 0), seed=seed, threads=2, **options).dose_gy * weight
        for seed in range(8)
    ]
    return np.array([[run[region].sum() for region in regions] for run in runs])


@pytest.mark.parametrize("volume", [canal(), noisy_ct(), vertebra_phantom(66)])
@pytest.mark.parametrize("cells", [None, 2.0])
def test_favoured_energies_give_the_dose_of_all_photons(
    volume: Volume, cells: float | None
) -> None:
    # Every tissue at two distances: analog photons against scattered ones of favoured energies.
    regions = [
        (volume.material_index == m) & (radius(volume) > low) & (radius(volume) < high)
        for m in range(len(volume.materials))
        for low, high in ((5, 11), (11, 20))
    ]
    regions = [one for one in regions if one.sum() > 100]
    analog = sums(volume, regions, histories=400_000, method="analog")
    ours = sums(volume, regions, histories=100_000, scatter_grid_mm=cells)
    apart = analog.mean(axis=0) - ours.mean(axis=0)
    error = np.sqrt((analog.var(axis=0, ddof=1) + ours.var(axis=0, ddof=1)) / 8)
    # Cells may be 0.3 % off: here the 12 keV of a broad spectrum in cortical bone ask for it.
    allowed = 4 * error + (0 if cells is None else 0.003 * analog.mean(axis=0))
    assert (np.abs(apart) < allowed).all()
    assert (error / analog.mean(axis=0)).max() < 0.02


def test_a_wrong_share_costs_time_and_no_truth(monkeypatch: Any) -> None:
    task = task_of(canal(), SPECTRUM)
    right, favouring = in_voxels(task)

    def guessed(*arguments: Any) -> None:
        arguments[-1][:] = [1, 2, 4, 8]

    monkeypatch.setattr(favoured, "shares_that_scatter", guessed)
    wrong, misled = in_voxels(task)
    assert misled.unit < 0.5 * favouring.unit
    found = []
    for scorer in (right, wrong):
        sums = []
        for n in range(16):
            tally, _ = scorer.batch(n * 20_000, 20_000)
            sums.append(tally.sum() / scorer.per_photon(20_000))
        found.append((np.mean(sums), np.std(sums, ddof=1) / 4))
    (mean, error), (other, other_error) = found
    assert abs(mean - other) < 4 * math.hypot(error, other_error)
    assert other_error < 0.01 * other


def test_two_photons_are_followed_on_average() -> None:
    # In water each first collision is alike, in the vertebra on average only.
    one = np.uint64(1)
    for volume, spread in ((water_phantom(101), 0.03), (vertebra_phantom(66), 0.05)):
        task = task_of(volume, NEEDLE)
        tables = transport_tables(volume.materials, task.responses)
        source = favour_scatter(task.grid, tables, task.emission, task.source.weight)
        copies = [
            first_collision(task.grid, tables, source, np.uint64(stream(one, np.uint64(n))))[1]
            for n in range(20_000)
        ]
        assert np.mean(copies) == pytest.approx(COPIES, rel=spread)


def test_energies_that_are_absorbed_are_seldom_drawn() -> None:
    task = task_of(vertebra_phantom(66), SPECTRUM)
    tables = transport_tables(task.volume.materials, task.responses)
    source = favour_scatter(task.grid, tables, task.emission, task.source.weight)
    drawn = source.unit * task.source.weight / source.photons
    share = drawn / drawn.sum()
    # 12-keV photons are 40 % of those emitted; in spongiosa 4 of 100 scatter.
    assert share[0] < 0.15
    assert share[3] > 2 * task.source.weight[3]


@given(turns=st.floats(0, 1, exclude_max=True))
def test_a_part_of_a_turn_is_on_the_circle(turns: float) -> None:
    cosine, sine = on_circle(turns)
    assert cosine == pytest.approx(math.cos(2 * math.pi * turns), abs=2e-15)
    assert sine == pytest.approx(math.sin(2 * math.pi * turns), abs=2e-15)


@given(energy=st.floats(1, 60))
def test_tables_are_read_as_straight_lines(energy: float) -> None:
    tables = transport_tables([material("water"), material("cortical_bone")], [material("water")])
    nodes = tables.lowest_kev + np.arange(len(tables.attenuation)) / tables.nodes_per_kev
    place = place_of(tables, energy)
    for column in (0, 1):
        expected = np.interp(energy, nodes, tables.attenuation[:, column].astype(float))
        assert read(tables.attenuation, place, column) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("volume", [canal(4.6), vertebra_phantom(66)])
def test_the_opposite_slope_is_exact_for_a_straight_field(volume: Volume) -> None:
    scorer = coarse(volume, 2.0)
    opposite, shape = scorer.cells.opposite, scorer.cells.cells.shape
    assert len(opposite.voxel) > 100
    assert not np.isin(opposite.voxel, scorer.cells.own).any()
    # Only cells that no voxel of which is at an interface are asked.
    assert (scorer.cells.cells.way[opposite.cell] < 2)[opposite.weight != 0].all()

    def at_cell(cell: np.ndarray) -> np.ndarray:
        x, y, z = cell % shape[0], cell // shape[0] % shape[1], cell // (shape[0] * shape[1])
        centre = [2 * (n - 1) + 0.5 for n in (x, y, z)]
        return np.asarray(3 + 0.2 * centre[0] - 0.5 * centre[1] + 0.7 * centre[2])

    z, y, x = np.unravel_index(opposite.voxel, volume.shape)
    found = (opposite.weight * at_cell(opposite.cell)).sum(axis=1)
    # Beyond the outermost centres values stay as they are; the last cell may be thinner.
    inner = (np.max([x, y, z], axis=0) < min(volume.shape) - 3) & (np.min([x, y, z], axis=0) > 0)
    expected = 3 + 0.2 * x - 0.5 * y + 0.7 * z
    assert found[inner] == pytest.approx(expected[inner], rel=1e-12)


def test_larger_cells_take_no_opposite_slope() -> None:
    assert len(coarse(vertebra_phantom(66), 3.0).cells.opposite.voxel) == 0


def test_the_error_of_voxels_with_an_opposite_slope_is_honest() -> None:
    volume = canal(4.6)
    voxels = coarse(volume, 2.0).cells.opposite.voxel
    near = voxels[radius(volume).ravel()[voxels] < 14]
    runs = [
        simulate_dose(volume, SPECTRUM, (0, 0, 0), histories=16_000, seed=seed, threads=2,
                      scatter_grid_mm=2.0)
        for seed in range(30)
    ]  # fmt: skip
    dose = np.array([run.dose_gy.ravel()[near] for run in runs])
    said = np.array([run.relative_uncertainty.ravel()[near] for run in runs]) * dose
    others = (dose.sum(axis=0) - dose) / (len(runs) - 1)
    held = np.abs(dose - others) <= said * math.sqrt(1 + 1 / (len(runs) - 1))
    assert 0.64 < held.mean() < 0.72
