"""`python -m benchmarks.reconstruction`: measure, print the table, write it into its page."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.page import replace_section
from kyphort.published.specification import find_specification
from kyphort.reconstruction import Limits, check
from kyphort.reconstruction.guyot import guyot
from kyphort.workflows.paper import reconstruct

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SPECIFICATIONS = ("bludau2020", "kypho_iort_phase12", "ncctg_lung")
SEEDS = 20


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconstruction")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds of each publication (20)")
    parser.add_argument("--successes", type=int, default=100, help="seeds of bludau2020 (100)")
    asked = parser.parse_args()
    lines = [
        "| publication | cohorts of seeds | seconds per verified cohort, median | slowest "
        "| seconds of a check |",
        "|---|---|---|---|---|",
    ]
    for name in SPECIFICATIONS:
        seeds = asked.successes if name == "bludau2020" else asked.seeds
        seconds, missed = _cohorts(name, seeds)
        lines.append(
            f"| `{name}` | {len(seconds)} of {seeds} | {np.median(seconds[: asked.seeds]):.2f} "
            f"| {max(seconds):.2f} | {_check(name):.1f} |"
        )
        sys.stderr.write(f"  {name}: missed seeds {missed}\n")
    lines += ["", f"Guyot's algorithm on {POINTS} points of 200 patients: {_guyot():.3f} s."]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    replace_section(PAGE, "reconstruction", text)


def _cohorts(name: str, seeds: int) -> tuple[list[float], list[int]]:
    """Return seconds of each verified cohort, as the command writes it, and seeds without one."""
    specification = find_specification(name)
    with tempfile.TemporaryDirectory() as folder:
        done = reconstruct(specification, Path(folder) / "out", cohorts=seeds, seed=1)
        seconds = [one.seconds for one in done.cohorts if one.seed <= seeds]
        missed = [one for one in done.missed_seeds if one <= seeds]
    return seconds, missed


def _check(name: str) -> float:
    begun = time.perf_counter()
    check(find_specification(name), Limits(60.0))
    return time.perf_counter() - begun


POINTS = 120


def _guyot() -> float:
    """Return the median seconds of Guyot's algorithm on an exponential curve."""
    times = np.linspace(0.0, 60.0, POINTS)
    points = list(zip(times.tolist(), np.exp(-times / 40).tolist(), strict=True))
    seconds = []
    for _ in range(SEEDS):
        begun = time.perf_counter()
        guyot(points, [0, 12, 24, 36], [200, 140, 95, 60], 120)
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds))


main()
