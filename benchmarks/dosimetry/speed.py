"""Histories per second and efficiency 1/(s²T), beside the same analog algorithm in plain C."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.dosimetry.peer import FLAGS, Peer
from benchmarks.page import replace_section
from kyphort.dosimetry import (
    PhotonSource,
    Volume,
    simulate_dose,
    source_model,
    vertebra_phantom,
    water_dose,
    water_phantom,
)
from kyphort.dosimetry.preparation import emission_arrays, grid_arrays
from kyphort.dosimetry.task import BATCHES
from kyphort.dosimetry.transport_tables import transport_tables

PAGE = Path(__file__).parents[2] / "docs" / "validation" / "dosimetry.md"
RADII_MM = (10, 20, 30)
HISTORIES = 2_000_000
TARGET, TARGET_MM = 0.02, 20.0
_FEW = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of a run and the root mean square 1 σ of single voxels at each radius."""

    seconds: float
    sigma: tuple[float, ...]
    histories: int

    def efficiency(self, place: int, without_s: float = 0.0) -> float:
        """Return 1/(s²T) [1/s], the time less what is spent before the first history."""
        return 1 / (self.sigma[place] ** 2 * (self.seconds - without_s))


Round = dict[str, tuple[Run, Run]]
"""For each engine a run of 64 histories, which is what a run costs before them, and a full one."""


def run(rounds: int, scale: float) -> str:
    """Measure everything and write the section of the page."""
    count = int(HISTORIES * scale)
    parts = [_machine(rounds)]
    for medium, volume in (("water", water_phantom(101)), ("vertebra", vertebra_phantom(101))):
        for source in (PhotonSource.monoenergetic(30.0), source_model("needle")):
            engines = _engines(volume, source, count)
            for one in engines.values():
                one(_FEW)
            every = [
                {name: (one(_FEW), one(count)) for name, one in engines.items()}
                for _ in range(rounds)
            ]
            parts.append(_table(f"{source.name}, {medium}", every))
    parts += [_vertebra_to_target(rounds), _small_times()]
    text = "\n\n".join(parts) + "\n"
    replace_section(PAGE, "speed", text)
    return text


def _engines(volume: Volume, source: PhotonSource, count: int) -> dict[str, Callable[[int], Run]]:
    point = PhotonSource(source.name, source.energy_kev, source.weight)
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    rings = [np.abs(radius - r) < 0.5 for r in RADII_MM]
    ways: dict[str, dict[str, object]] = {
        "analog, 1 thread": {"method": "analog"},
        "hybrid, voxels, 1 thread": {},
        "hybrid, 2-mm scatter, 1 thread": {"scatter_grid_mm": 2.0},
        "hybrid, 3-mm scatter, 1 thread": {"scatter_grid_mm": 3.0},
        "analog, 2 threads": {"method": "analog", "threads": 2},
        "hybrid, voxels, 2 threads": {"threads": 2},
        "hybrid, 3-mm scatter, 2 threads": {"scatter_grid_mm": 3.0, "threads": 2},
    }

    def ours(options: dict[str, object]) -> Callable[[int], Run]:
        def one(histories: int) -> Run:
            started = time.perf_counter()
            dose = simulate_dose(volume, point, (0, 0, 0), histories=histories, seed=1, **options)  # type: ignore[arg-type]  # options of several types
            seconds = time.perf_counter() - started
            sigma = dose.relative_uncertainty
            return Run(seconds, tuple(_rms(sigma[ring]) for ring in rings), dose.histories)

        return one

    return {"C, analog": _c_peer(volume, point, rings)} | {
        name: ours(options) for name, options in ways.items()
    }


def _c_peer(
    volume: Volume, source: PhotonSource, rings: list[NDArray[np.bool_]]
) -> Callable[[int], Run]:
    grid, tables = grid_arrays(volume), transport_tables(volume.materials, volume.materials)
    at = volume.to_grid(np.zeros((1, 3)))
    emission = emission_arrays(source, at, np.array([[0.0, 0.0, 1.0]]), np.ones(1))
    peer = Peer(grid, tables, emission)

    def one(histories: int) -> Run:
        size = len(grid.material)
        started = time.perf_counter()
        tally, total, squares = np.zeros(size), np.zeros(size), np.zeros(size)
        each = -(-histories // BATCHES)
        for batch in range(BATCHES):
            peer.track(1, batch * each, each, tally)
            peer.fold(tally, total, squares)
        mean = total / BATCHES
        variance = np.maximum(squares / BATCHES - mean**2, 0) / (BATCHES - 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            sigma = np.where(mean > 0, np.sqrt(variance) / mean, np.inf)
        seconds = time.perf_counter() - started
        inner = sigma.reshape(tuple(grid.shape[::-1]))[1:-1, 1:-1, 1:-1]
        return Run(seconds, tuple(_rms(inner[ring]) for ring in rings), each * BATCHES)

    return one


def _rms(sigma: Floats) -> float:
    # A voxel that no photon reached has an infinite error; a small run may have some.
    return float(np.sqrt(np.mean(np.minimum(sigma, 1.0) ** 2)))


def _table(title: str, every: list[Round]) -> str:
    lines = [
        f"**{title}**",
        "",
        "| engine | before [s] | 10⁶ histories/s | ÷ C | 1/(s²T) at 10 mm | ÷ analog | at 20 mm "
        "| at 30 mm | all included, 10 mm |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(name, every) for name in every[0])])


def _line(name: str, every: list[Round]) -> str:
    def over(value: Callable[[Round], float]) -> float:
        return median(value(one) for one in every)

    def before(which: str) -> float:
        # The least disturbed round: a difference of two times suffers from other programs.
        return min(one[which][0].seconds for one in every)

    def seconds(one: Round, which: str) -> float:
        return one[which][1].seconds - before(which)

    def efficiency(one: Round, which: str, place: int) -> float:
        return one[which][1].efficiency(place, before(which))

    analog = "analog, 1 thread"
    at = [over(lambda one, n=n: efficiency(one, name, n)) for n in range(3)]  # type: ignore[misc]  # a default fixes n
    return (
        f"| {name} | {before(name):.2f} "
        f"| {over(lambda one: one[name][1].histories / seconds(one, name)) / 1e6:.2f} "
        f"| {over(lambda one: seconds(one, 'C, analog') / seconds(one, name)):.2f} | {at[0]:.3g} "
        f"| {over(lambda one: efficiency(one, name, 0) / efficiency(one, analog, 0)):.1f} "
        f"| {at[1]:.3g} | {at[2]:.3g} | {over(lambda one: one[name][1].efficiency(0)):.3g} |"
    )


def _vertebra_to_target(rounds: int) -> str:
    volume = vertebra_phantom(101)
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    axis = np.abs(volume.centres_mm()[..., [0, 2]]).max(axis=-1) < 0.5
    mask = axis & (np.abs(radius - TARGET_MM) < 0.5)
    seconds, histories = [], []
    for n in range(rounds):
        started = time.perf_counter()
        dose = simulate_dose(
            volume, source_model("needle"), (0, 0, 0), target_uncertainty=TARGET,
            target_mask=mask, seed=n, threads=2, scatter_grid_mm=2.0,
        )  # fmt: skip
        seconds.append(time.perf_counter() - started)
        histories.append(dose.histories)
    return (
        f"A vertebra of 101³ voxels, needle, two threads, 2-mm scatter cells: each of the "
        f"{int(mask.sum())} voxels at {TARGET_MM:g} mm on the anterior and posterior axis to "
        f"{100 * TARGET:g} % (1 σ) in **{median(seconds):.1f} s**, ray trace included "
        f"({median(histories) / 1e6:.2f}·10⁶ histories)."
    )


def _small_times() -> str:
    needle, distance = source_model("needle"), np.linspace(3, 30, 100)
    water_dose(needle, distance)
    fast = []
    for _ in range(50):
        started = time.perf_counter()
        water_dose(needle, distance)
        fast.append(time.perf_counter() - started)
    code = (
        "import time; t = time.perf_counter()\n"
        "from kyphort.dosimetry import *\n"
        "a = time.perf_counter()\n"
        "simulate_dose(water_phantom(21), PhotonSource.monoenergetic(30), (0, 0, 0), histories=32, "
        "seed=1, scatter_grid_mm=2)\n"
        "print(a - t, time.perf_counter() - a)"
    )
    cold = _start(code, "cold")
    cached = _start(code, "cold")
    return (
        f"Water fast path, 100 distances of the needle: {1e3 * median(fast):.2f} ms. Start-up: "
        f"import {cached[0]:.2f} s; first run with kernels to compile {cold[1]:.1f} s, with "
        f"compiled kernels {cached[1]:.2f} s."
    )


_CACHES: dict[str, str] = {}


def _start(code: str, cache: str) -> tuple[float, float]:
    folder = _CACHES.setdefault(cache, tempfile.mkdtemp(prefix="kyphort-numba-"))
    run = subprocess.run(  # noqa: S603 - the code above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"NUMBA_CACHE_DIR": folder},
    )  # fmt: skip
    first, second = run.stdout.split()
    return float(first), float(second)


def _machine(rounds: int) -> str:
    compiler = subprocess.run(
        ["gcc", "--version"],  # noqa: S607 - the compiler of the path
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()[0]  # fmt: skip
    load = os.getloadavg()[0]
    busy = " Other programs ran at the same time." if load > 0.5 else ""
    return (
        f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; C: "
        f"{compiler}, `{' '.join(FLAGS[:2])}`; medians of {rounds} rounds; load {load:.1f} at the "
        f"start.{busy} *Before* is what a run costs without histories (tables, "
        "ray trace of every voxel); rates and 1/(s²T) are without it, the last column with it."
    )
