"""Where the time of a history goes: the engine's kernels with parts left out, one after the other.

Each level does what the one before does and one thing more; the difference is the cost of that
thing. The floor is what a history cannot do without: its random numbers, and one look-up of cross
sections for each flight, both timed in loops that do nothing else.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.page import replace_section
from kyphort.dosimetry import PhotonSource, source_model, vertebra_phantom, water_phantom
from kyphort.dosimetry.scorers import CoarseScorer, VoxelScorer
from kyphort.dosimetry.task import make_scorer, make_task, primary_of
from kyphort.dosimetry.transport.emission import emitted
from kyphort.dosimetry.transport.geometry import ZERO, Three, entered, fly_delta
from kyphort.dosimetry.transport.history import material_of_collision
from kyphort.dosimetry.transport.interactions import (
    collided,
    place_of,
    read,
    rotated,
    scattered,
)
from kyphort.dosimetry.transport.jit import jit
from kyphort.dosimetry.transport.random import draw, stream
from kyphort.dosimetry.transport.scattering import first_collision
from kyphort.dosimetry.transport.scoring import to_exit
from kyphort.dosimetry.transport.state import Emission, Favoured, Grid, Tables

PAGE = Path(__file__).parents[2] / "docs" / "methods" / "physics.md"
HISTORIES, ROUNDS = 100_000, 7
CASES = {
    "analog, water, 30 keV": ("water", 30.0, None),
    "analog, water, needle": ("water", None, None),
    "2-mm cells, water, 30 keV": ("water", 30.0, 2.0),
    "2-mm cells, vertebra, needle": ("vertebra", None, 2.0),
}
_STEP = 0x9E3779B97F4A7C15
"""What each random number adds to the state of its stream."""

Counts = NDArray[np.uint64]
Floats = NDArray[np.float64]


@jit
def crossed(  # noqa: PLR0917 - a compiled loop is called by position
    origin: Floats, spacing: Floats, shape: NDArray[np.int64], start: Three, direction: Three,
    length: float,
) -> int:  # fmt: skip
    """Walk through a grid and count planes, without reading or scoring anything."""
    cell, (next_x, next_y, next_z), (step_x, step_y, step_z), (by_x, by_y, by_z) = entered(
        origin, spacing, shape, start, direction
    )
    planes = 1
    while True:
        until = min(next_x, next_y, next_z)
        if until >= length:
            return planes + int(cell == ZERO)
        planes += 1
        in_x, in_y, in_z = next_x <= until, next_y <= until, next_z <= until
        next_x += step_x if in_x else 0.0
        next_y += step_y if in_y else 0.0
        next_z += step_z if in_z else 0.0
        cell += by_x if in_x else ZERO
        cell += by_y if in_y else ZERO
        cell += by_z if in_z else ZERO


@jit
def emissions(source: Emission, count: int) -> float:
    """Emit photons."""
    total = 0.0
    for n in range(count):
        _, x, y, z, u, v, w, line = emitted(source, stream(np.uint64(1), np.uint64(n)))
        total += x + y + z + u + v + w + line
    return total


@jit
def first_collisions(grid: Grid, tables: Tables, favoured: Favoured, count: int) -> int:
    """Emit photons and fly them to their first collisions."""
    total = 0
    for n in range(count):
        start = stream(np.uint64(1), np.uint64(n))
        total += first_collision(grid, tables, favoured, start)[1]
    return total


@jit
def blind_life(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    source: Emission,
    count: int,
    lattice: tuple[Floats, Floats, NDArray[np.int64]],
    walking: int,
    counts: Counts,
) -> None:
    """Follow all photons without scoring; count flights, planes, and steps of the streams."""
    for n in range(count):
        start = stream(np.uint64(1), np.uint64(n))
        state, x, y, z, u, v, w, line = emitted(source, start)
        energy = source.energy[line]
        while energy > tables.lowest_kev:
            place = place_of(tables, energy)
            state, length, voxel = fly_delta(grid, tables, place, (x, y, z), (u, v, w), state)
            counts[0] += np.uint64(1)
            if walking:
                way = min(length, to_exit(grid, (x, y, z), (u, v, w)))
                counts[1] += np.uint64(crossed(*lattice, (x, y, z), (u, v, w), way))
            if voxel < 0:
                break
            x, y, z = x + length * u, y + length * v, z + length * w
            state, m = material_of_collision(grid, tables, place, voxel, state)
            state, energy, cosine = collided(tables, m, place[0], energy, state)
            if energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
        counts[2] += state - start


@jit
def blind_scatter(  # noqa: PLR0917 - a compiled loop is called by position
    grid: Grid,
    tables: Tables,
    favoured: Favoured,
    count: int,
    lattice: tuple[Floats, Floats, NDArray[np.int64]],
    walking: int,
    counts: Counts,
) -> None:
    """Do the same of scattered photons only."""
    for n in range(count):
        first = stream(np.uint64(1), np.uint64(n))
        state, copies, at, before, start_energy, start, start_m = first_collision(
            grid, tables, favoured, first
        )
        counts[0] += np.uint64(1)
        for _ in range(copies):
            x, y, z = at
            u, v, w = before
            state, energy, cosine = scattered(tables, start_m, start[0], start_energy, state)
            while energy > tables.lowest_kev:
                state, u, v, w = rotated(u, v, w, cosine, state)
                place = place_of(tables, energy)
                state, length, voxel = fly_delta(grid, tables, place, (x, y, z), (u, v, w), state)
                counts[0] += np.uint64(1)
                if walking:
                    way = min(length, to_exit(grid, (x, y, z), (u, v, w)))
                    counts[1] += np.uint64(crossed(*lattice, (x, y, z), (u, v, w), way))
                if voxel < 0:
                    break
                x, y, z = x + length * u, y + length * v, z + length * w
                state, m = material_of_collision(grid, tables, place, voxel, state)
                state, energy, cosine = collided(tables, m, place[0], energy, state)
        counts[2] += state - first


@jit
def random_numbers(count: int) -> float:
    """Draw numbers of one stream, one after the other."""
    state, total = stream(np.uint64(1), np.uint64(1)), 0.0
    for _ in range(count):
        state, one = draw(state)
        total = abs(total - one)
    return total


@jit
def looked_up(tables: Tables, energies: Floats) -> float:
    """Look up attenuation and energy transfer at energies in no order, and take a logarithm."""
    total = 0.0
    for n in range(len(energies)):
        place = place_of(tables, energies[n])
        per_mm = read(tables.attenuation, place, 0)
        total += math.log(energies[n]) / per_mm * read(tables.transfer, place, 0)
    return total


def run() -> str:
    """Measure every case and write the section of the physics page."""
    columns = [_column(*case) for case in CASES.values()]
    names = list(columns[0])
    lines = [f"| | {' | '.join(CASES)} |", "|---" * (len(CASES) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in names]
    text = "\n".join(lines) + "\n"
    replace_section(PAGE, "profile", text)
    return text


def _column(phantom: str, energy_kev: float | None, cell_mm: float | None) -> dict[str, str]:
    scorer = _scorer(phantom, energy_kev, cell_mm)
    counts = np.zeros(3, np.uint64)
    emission, first, blind, walked = _levels(scorer, counts)
    whole = _ns(lambda: scorer.batch(0, HISTORIES))
    flights, planes, numbers = _per_history(counts)
    energies = np.random.default_rng(1).uniform(10, 50, HISTORIES)
    number = _ns(lambda: random_numbers(HISTORIES))
    look_up = _ns(lambda: looked_up(scorer.tables, energies))
    floor = numbers * number + flights * look_up
    parts = {
        "emission": emission,
        "first flight and collision": first - emission,
        "later flights and collisions": blind - first,
        "ways through voxels or cells": whole - blind,
    }
    shares = {name: f"{value:.0f} ({100 * value / whole:.0f} %)" for name, value in parts.items()}
    return {name: "–" if abs(parts[name]) < 0.5 else text for name, text in shares.items()} | {
        "**all, ns for a history**": f"**{whole:.0f}**",
        "the planes of these ways alone": f"{walked - blind:.0f}",
        "flights, planes for each flight": f"{flights:.2f}, {planes / flights:.1f}",
        "random numbers": f"{numbers:.1f}",
        "one of them, one look-up [ns]": f"{number:.1f}, {look_up:.1f}",
        "floor [ns]": f"{floor:.0f}",
        "all ÷ floor": f"{whole / floor:.1f}",
    }


def _levels(
    scorer: VoxelScorer | CoarseScorer, counts: Counts
) -> tuple[float, float, float, float]:
    """Return emission, also first collisions, also the rest of lives, also planes [ns]."""
    grid, tables, source = scorer.grid, scorer.tables, scorer.source
    if isinstance(source, Favoured):
        of = scorer.cells.cells if isinstance(scorer, CoarseScorer) else grid
        lattice = (of.origin, of.spacing, of.shape)
        return (
            _ns(lambda: emissions(source.emission, HISTORIES)),
            _ns(lambda: first_collisions(grid, tables, source, HISTORIES)),
            _ns(lambda: blind_scatter(grid, tables, source, HISTORIES, lattice, 0, counts)),
            _ns(lambda: blind_scatter(grid, tables, source, HISTORIES, lattice, 1, counts)),
        )
    lattice = (grid.origin, grid.spacing, grid.shape)
    emission = _ns(lambda: emissions(source, HISTORIES))
    return (
        emission,
        emission,
        _ns(lambda: blind_life(grid, tables, source, HISTORIES, lattice, 0, counts)),
        _ns(lambda: blind_life(grid, tables, source, HISTORIES, lattice, 1, counts)),
    )


def _scorer(
    phantom: str, energy_kev: float | None, cell_mm: float | None
) -> VoxelScorer | CoarseScorer:
    volume = vertebra_phantom(101) if phantom == "vertebra" else water_phantom(101)
    source = (
        source_model("needle") if energy_kev is None else PhotonSource.monoenergetic(energy_kev)
    )
    point = PhotonSource(source.name, source.energy_kev, source.weight)
    task = make_task(volume, point, (0, 0, 0), None, None, "medium", 1, 1,
                     "analog" if cell_mm is None else "hybrid", cell_mm)  # fmt: skip
    return make_scorer(task, primary_of(task)[1])


def _per_history(counts: Counts) -> tuple[float, float, float]:
    """Return flights, planes and random numbers of a history; both blind levels count flights."""
    calls = ROUNDS + 1
    steps = int(counts[2]) * pow(_STEP, -1, 1 << 64) % (1 << 64)
    per = 1 / (HISTORIES * calls)
    return int(counts[0]) * per / 2, int(counts[1]) * per, steps * per / 2


def _ns(function: Callable[[], object]) -> float:
    """Return the shortest time of a call for each history, after one that compiles [ns]."""
    function()
    seconds = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        function()
        seconds.append(time.thread_time() - started)
    return 1e9 * min(seconds) / HISTORIES
