"""`python -m benchmarks.planning`: measure a 512 × 512 × 80 case, write the docs' table."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.page import replace_section
from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import simulate_dose
from kyphort.planning.dose import root_mean_square
from kyphort.planning.plan import Plan, make_plan
from kyphort.planning.structures import Role
from kyphort.workflows.plan_case import read_case
from kyphort.workflows.plan_demo import write_case

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
VOXELS = (80, 512, 512)
ENGINE_HISTORIES = 4_000_000


def main() -> None:
    """Measure in processes of their own: without scenarios, and with 200."""
    with tempfile.TemporaryDirectory() as home:
        case = write_case(Path(home) / "input", scenarios=0, voxels=VOXELS)
        without = [_run(case, Path(home) / "plan") for _ in range(3)]
        text = case.read_text().replace("scenarios = 0", "scenarios = 200")
        case.write_text(text)
        with_scenarios = _run(case, Path(home) / "plan")
        rows = _rows(sorted(without)[1], with_scenarios, Path(home) / "plan")
        rows += _beside_the_engine(make_plan(read_case(case).request))
    table = "\n".join(("| what | measured |", "|---|---|", *rows))
    replace_section(PAGE, "planning", table)
    sys.stdout.write(table + "\n")


def _run(case: Path, out: Path) -> tuple[float, float, float]:
    """Plan in a process of its own; return seconds, those of the processor, and memory [GB]."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "kyphort", "plan", "run", str(case), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"the plan ended with {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def _rows(
    without: tuple[float, float, float], scenarios: tuple[float, float, float], out: Path
) -> list[str]:
    results = json.loads((out / "results.json").read_text())
    reached = results["uncertainty_reached"]
    recalculated = results["robustness"]["recalculated"]
    largest = max(abs(one["difference_percent"]) for one in recalculated)
    return [
        f"| CT of 512 × 512 × 80 in, report and DICOM out | {without[0]:.1f} s "
        f"({without[1]:.1f} s of processor) |",
        f"| 200 scenarios of the needle and 3 in full, more | {scenarios[0] - without[0]:.1f} s "
        f"({scenarios[1] - without[1]:.1f} s of processor) |",
        f"| Largest memory | {max(without[2], scenarios[2]):.2f} GB |",
        f"| 1 σ in the cord, on the prescription sphere | {100 * reached['cord']:.2f} %, "
        f"{100 * reached['prescription sphere']:.2f} % |",
        f"| Histories | {results['histories']:.2g} |",
        f"| Scenarios in full beside the fast way, at most | {largest:.2f} % |",
    ]


def _beside_the_engine(plan: Plan) -> list[str]:
    """Return efficiency 1/(σ² s) of the plan beside the engine's voxels, and its bias."""
    volume, stops = plan.tissue.volume, plan.irradiation.stops
    started = time.perf_counter()
    engine = simulate_dose(
        volume, plan.irradiation.source, stops.positions_mm, weights=plan.irradiation.minutes,
        histories=ENGINE_HISTORIES, seed=3, threads=2, reporting="water_in_medium",
        normalisation="per_minute", scatter_grid_mm=2.0,
    )  # fmt: skip
    engine_s = time.perf_counter() - started
    started = time.perf_counter()
    make_plan(plan.request)
    plan_s = time.perf_counter() - started
    cord = plan.of_role(Role.CORD)[0].structure.coverage(plan.grid.frame) > 0.5
    cavity = plan.grid.by_quantity[ReportingQuantity.WATER_IN_MEDIUM]
    ours = root_mean_square(plan.grid.relative_uncertainty[cord])
    theirs = root_mean_square(engine.relative_uncertainty[cord])
    bias = float(np.mean(cavity[cord]) / np.mean(engine.dose_gy[cord]) - 1)
    ratio = (theirs**2 * engine_s) / (ours**2 * plan_s)
    return [
        f"| Engine's voxels, {ENGINE_HISTORIES:.0e} histories: 1 σ in the cord, time | "
        f"{100 * theirs:.2f} %, {engine_s:.1f} s |",
        f"| Efficiency 1/(σ² s) in the cord of the whole plan ÷ one engine run | {ratio:.1f} |",
        f"| Mean dose of the cord, plan − engine | {100 * bias:+.2f} % |",
    ]


main()
