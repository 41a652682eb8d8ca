"""`python -m benchmarks.followup`: time the due list, and write the table into the page."""

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.followup.cohort import CUT_OFF, made_up_cohort
from benchmarks.followup.loop import due_by_loop
from benchmarks.page import replace_section
from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.protocol import DEFAULT_PROTOCOL, due_list, load_protocol

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SIZES = (1_000, 3_000, 10_000)
AS_OF = CUT_OFF - dt.timedelta(days=180)
Seconds = dict[str, list[float]]


def main() -> None:
    """Measure each size in a process of its own, both ways in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.followup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each size (5)")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.size is not None:
        sys.stdout.write(json.dumps(_measure(given.size, given.rounds)))
        return
    lines = [
        f"kyphort {__version__}, CPython {platform.python_version()}, {platform.machine()}, one of "
        f"{os.cpu_count()} cores; processor time, medians of {given.rounds} rounds on "
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}; load average {os.getloadavg()[0]:.1f}.",
        "",
        "| patients | vertebrae | visits | visits listed | kyphort [s] | loop [s] | loop ÷ kyphort "
        "| largest memory [MB] |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(size, given.rounds) for size in SIZES),
    ]
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    replace_section(PAGE, "followup", table)


def _line(size: int, rounds: int) -> str:
    words = [sys.executable, "-m", "benchmarks.followup", "--size", str(size)]
    run = subprocess.run(  # noqa: S603 - this file
        [*words, "--rounds", str(rounds)], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    own, loop = median(found["own"]), median(found["loop"])
    ratio = median(b / a for a, b in zip(found["own"], found["loop"], strict=True))
    return (
        f"| {size:,} | {found['vertebrae']:,} | {found['visits']:,} | {found['listed']:,} | "
        f"{own:.2f} | {loop:.2f} | {ratio:.1f} | {found['megabytes']:.0f} |"
    ).replace(",", " ")


def _measure(size: int, rounds: int) -> dict[str, object]:
    cohort, protocol = made_up_cohort(size), load_protocol(DEFAULT_PROTOCOL)
    seconds: Seconds = {"own": [], "loop": []}
    listed = len(due_list(cohort, protocol, AS_OF))
    for _ in range(rounds):
        seconds["own"].append(_time(lambda: due_list(cohort, protocol, AS_OF)))
        seconds["loop"].append(_time(lambda: due_by_loop(cohort, protocol, AS_OF)))
    return {**_described(cohort, listed), **seconds}


def _described(cohort: Cohort, listed: int) -> dict[str, object]:
    return {
        "vertebrae": len(cohort.vertebrae),
        "visits": len(cohort.visits),
        "listed": listed,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _time(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


main()
