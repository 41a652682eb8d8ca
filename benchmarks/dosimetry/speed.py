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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.dosimetry.peer import FLAGS, Peer
from benchmarks.page import replace_section
from kyphort.dosimetry import (
    PhotonSource,
    Progress,
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
HISTORIES, SHORT = 2_000_000, 500_000
CASES = {
    "water-30-kev": (water_phantom, PhotonSource.monoenergetic(30.0)),
    "water-needle": (water_phantom, source_model("needle")),
    "vertebra-30-kev": (vertebra_phantom, PhotonSource.monoenergetic(30.0)),
    "vertebra-needle": (vertebra_phantom, source_model("needle")),
}
REST = "whole-runs"
PEER, ANALOG = "C, analog", "analog"
TARGET, TARGET_MM = 0.02, 20.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds in all and with histories, and the root mean square 1 σ of voxels at each radius."""

    seconds: float
    with_histories_s: float
    sigma: tuple[float, ...]
    histories: int

    @property
    def rate(self) -> float:
        """Histories for each second in which histories were followed."""
        return self.histories / self.with_histories_s

    def efficiency(self, place: int) -> float:
        """Return 1/(s²T) [1/s] of the time with histories."""
        return 1 / (self.sigma[place] ** 2 * self.with_histories_s)


class Clock:
    """A progress function that knows how long histories have been followed."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Take the time from what is foretold, and add that of the last batch."""
        now = time.perf_counter()
        if progress.done < progress.total:
            left = progress.total - progress.done
            self.elapsed_s = progress.seconds_left * progress.done / left
        else:
            self.elapsed_s += now - self._last
        self._last = now


Round = dict[str, Run]


def run(rounds: int, scale: float, part: str | None = None) -> str:
    """Measure one part or all, and write its section of the page."""
    count = int(HISTORIES * scale)
    texts = []
    for name in [part] if part else [*CASES, REST]:
        text = _whole_runs(rounds) if name == REST else _case(name, rounds, count)
        replace_section(PAGE, f"speed-{name}", text)
        texts.append(text)
    return "\n\n".join(texts)


def _case(name: str, rounds: int, count: int) -> str:
    phantom, source = CASES[name]
    engines = _engines(phantom(101), source, count)
    for one in engines.values():
        one(BATCHES)
    every = [{label: one(count) for label, one in engines.items()} for _ in range(rounds)]
    return (
        _table(f"{source.name}, {name.split('-', maxsplit=1)[0]}", every)
        + f"\n\n{_machine(rounds)}\n"
    )


def _whole_runs(rounds: int) -> str:
    parts = [_vertebra_to_target(rounds), _short_runs(rounds), _small_times(), _machine(rounds)]
    return "\n\n".join(parts) + "\n"


def _engines(volume: Volume, source: PhotonSource, count: int) -> dict[str, Callable[[int], Run]]:
    point = PhotonSource(source.name, source.energy_kev, source.weight)
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    rings = [np.abs(radius - r) < 0.5 for r in RADII_MM]
    ways: dict[str, dict[str, Any]] = {
        ANALOG: {"method": "analog"},
        "hybrid, voxels": {},
        "hybrid, 2-mm scatter": {"scatter_grid_mm": 2.0},
        "hybrid, 3-mm scatter": {"scatter_grid_mm": 3.0},
        "analog, 2 threads": {"method": "analog", "threads": 2},
        "hybrid, voxels, 2 threads": {"threads": 2},
        "hybrid, 2-mm scatter, 2 threads": {"scatter_grid_mm": 2.0, "threads": 2},
    }

    def ours(options: dict[str, Any]) -> Callable[[int], Run]:
        def one(histories: int) -> Run:
            started, clock = time.perf_counter(), Clock()
            dose = simulate_dose(
                volume, point, (0, 0, 0), histories=histories, seed=1, progress=clock, **options
            )
            seconds = time.perf_counter() - started
            sigma = tuple(_rms(dose.relative_uncertainty[ring]) for ring in rings)
            return Run(seconds, clock.elapsed_s, sigma, dose.histories)

        return one

    return {PEER: _c_peer(volume, point, rings)} | {
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
        return Run(seconds, seconds, tuple(_rms(inner[ring]) for ring in rings), each * BATCHES)

    return one


def _rms(sigma: Floats) -> float:
    # A voxel that no photon reached has an infinite error; a small run may have some.
    return float(np.sqrt(np.mean(np.minimum(sigma, 1.0) ** 2)))


def _table(title: str, every: list[Round]) -> str:
    lines = [
        f"**{title}**",
        "",
        "| engine | before and after [s] | 10⁶ histories/s | ÷ C | 2 threads ÷ 1 "
        "| 1/(s²T) at 10 mm | ÷ analog | at 20 mm | at 30 mm |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(name, every) for name in every[0])])


def _line(name: str, every: list[Round]) -> str:
    def over(value: Callable[[Round], float]) -> float:
        return median(value(one) for one in every)

    single = name.removesuffix(", 2 threads")
    gain = f"{over(lambda one: one[name].rate / one[single].rate):.2f}" if name != single else ""
    at = [over(lambda one, n=n: one[name].efficiency(n)) for n in range(3)]  # type: ignore[misc]  # a default fixes n
    better = over(lambda one: one[name].efficiency(0) / one[ANALOG].efficiency(0))
    return (
        f"| {name} | {over(lambda one: one[name].seconds - one[name].with_histories_s):.2f} "
        f"| {over(lambda one: one[name].rate) / 1e6:.2f} "
        f"| {over(lambda one: one[name].rate / one[PEER].rate):.2f} | {gain} "
        f"| {at[0]:.3g} | {better:.1f} | {at[1]:.3g} | {at[2]:.3g} |"
    )


def _short_runs(rounds: int) -> str:
    """Time short runs with coarse scatter, everything included, with one thread and two."""
    lines = []
    for name, (phantom, source) in CASES.items():
        volume = phantom(101)
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for threads in (1, 2) * (rounds + 1):
            started = time.perf_counter()
            simulate_dose(volume, source, (0, 0, 0), histories=SHORT, seed=1, threads=threads,
                          scatter_grid_mm=2.0)  # fmt: skip
            seconds[threads].append(time.perf_counter() - started)
        one, two = (seconds[threads][1:] for threads in (1, 2))  # the first rounds warm up
        gain = median(a / b for a, b in zip(one, two, strict=True))
        lines.append(f"{name} {median(one):.2f} and {median(two):.2f} s ({gain:.2f} ×)")
    return (
        f"{SHORT:,} histories in 101³ voxels with 2-mm scatter cells, everything included, on one "
        f"thread and on two: {'; '.join(lines)}."
    )


def _vertebra_to_target(rounds: int) -> str:
    """Time the vertebra to its target, in single voxels and over a shell."""
    volume = vertebra_phantom(101)
    radius = np.linalg.norm(volume.centres_mm(), axis=-1)
    shell = np.abs(radius - TARGET_MM) < 0.5
    axis = shell & (np.abs(volume.centres_mm()[..., [0, 2]]).max(axis=-1) < 0.5)
    rows = [
        row for cell in (2.0, 3.0, None) for row in _to_target(volume, axis, shell, cell, rounds)
    ]
    lines = [
        "| scatter | until 1 σ is 2 % | seconds | 10⁶ histories | worst of the axis [%] "
        "| shell, root mean square [%] |",
        "|---|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return (
        f"A vertebra of 101³ voxels, needle, two threads, everything included; {int(axis.sum())} "
        f"voxels on the anterior and posterior axis and {int(shell.sum())} in the shell, all at "
        f"{TARGET_MM:g} mm:\n\n" + "\n".join(lines)
    )


def _to_target(
    volume: Volume,
    axis: NDArray[np.bool_],
    shell: NDArray[np.bool_],
    cell: float | None,
    rounds: int,
) -> list[tuple[str, ...]]:
    """Follow until every voxel of the axis is good enough, then as many as the shell needs."""
    label = "in voxels" if cell is None else f"{cell:g}-mm cells"
    asked: list[dict[str, Any]] = [
        {"target_uncertainty": TARGET, "target_mask": axis, "seed": n} for n in range(rounds)
    ]
    first = [_timed(volume, cell, axis, shell, one) for one in asked]
    needed = int(median(one[1] * (one[3] / TARGET) ** 2 for one in first))
    second = [
        _timed(volume, cell, axis, shell, {"histories": needed, "seed": n}) for n in range(rounds)
    ]
    found: list[tuple[str, ...]] = []
    for name, runs in (("in each of the axis", first), ("over the shell", second)):
        seconds, histories, worst, rms = (median(column) for column in zip(*runs, strict=True))
        found.append((label, name, f"{seconds:.1f}", f"{histories / 1e6:.2f}",
                      f"{100 * worst:.1f}", f"{100 * rms:.1f}"))  # fmt: skip
    return found


def _timed(
    volume: Volume,
    cell: float | None,
    axis: NDArray[np.bool_],
    shell: NDArray[np.bool_],
    options: dict[str, Any],
) -> tuple[float, float, float, float]:
    """Return seconds, histories, the largest 1 σ on the axis and the mean one over the shell."""
    started = time.perf_counter()
    dose = simulate_dose(
        volume, source_model("needle"), (0, 0, 0), threads=2, scatter_grid_mm=cell, **options
    )
    seconds = time.perf_counter() - started
    error = dose.relative_uncertainty
    return seconds, float(dose.histories), float(error[axis].max()), _rms(error[shell])


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
    return (
        f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; C: "
        f"{compiler}, `{' '.join(FLAGS[:2])}`; medians of {rounds} rounds, each ratio within its "
        "round."
    )
