"""`python -m benchmarks.survival.stages`: where the time of each case goes, at a million rows.

The functions named below are replaced by ones that also look at the clock; what is left of a call
is NumPy and Python between them.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks import page
from benchmarks.survival.environments import HERE
from benchmarks.survival.worker import Columns, kyphort
from kyphort.survival import comparisons, curves, data, incidence, rows, score
from kyphort.survival.days import DayRows

PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
TITLES = {
    "km": "Kaplan–Meier",
    "km_cluster": "Kaplan–Meier, cluster-robust",
    "logrank2": "log-rank, two groups",
    "logrank10": "log-rank, ten groups",
    "aj": "Aalen–Johansen",
}
STAGES: list[tuple[str, Any, str]] = [
    ("check, copy, pack", data, "check_many_rows"),
    ("cluster labels", data, "encode_counted"),
    ("group labels", comparisons, "encode_groups"),
    ("sort, merge ties", rows, "sort_exits"),
    ("count by group", DayRows, "exits_by"),
    ("product limit", curves, "survival_and_greenwood"),
    ("clustered variance", curves, "log_survival_variance"),
    ("incidence and variance", incidence, "_estimate"),
    ("limits", curves, "step_limits"),
    ("limits", incidence, "step_limits"),
    ("sums over times", score, "_score_of_many"),
]


def main() -> None:
    """Time the stages, print them, and write them into the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.survival.stages", description=main.__doc__
    )
    parser.add_argument("--rounds", type=int, default=9, help="timed runs of each case (9)")
    parser.add_argument("--rows", type=int, default=10**6, help="rows (1000000)")
    options = parser.parse_args()
    text = table(options.rows, options.rounds)
    sys.stdout.write(text)
    page.replace_section(PAGE, "survival-stages", text)


def table(size: int, rounds: int) -> str:
    """Return the milliseconds of each stage as Markdown."""
    names = list(dict.fromkeys(name for name, _, _ in STAGES))
    lines = [
        f"Milliseconds at {size:,} rows".replace(",", " ")
        + f", medians of {rounds} rounds; load average "
        f"{os.getloadavg()[0]:.1f} at the start.",
        "",
        "| case | times | " + " | ".join(names) + " | rest | whole |",
        "|---" * (len(names) + 4) + "|",
    ]
    for kind in ("continuous", "days"):
        columns = Columns(size, kind)
        for case, title in TITLES.items():
            taken = measure(kyphort(case), columns, rounds)
            cells = " | ".join(f"{taken[name]:.2f}" if taken[name] else "" for name in names)
            rest = taken["whole"] - sum(taken[name] for name in names)
            lines.append(f"| {title} | {kind} | {cells} | {rest:.2f} | {taken['whole']:.2f} |")
    return "\n".join(lines) + "\n"


def measure(run: Callable[[Columns], object], columns: Columns, rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each stage, and of the whole call."""
    run(columns)
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        taken = dict.fromkeys([name for name, _, _ in STAGES], 0.0)
        with ExitStack() as stack:
            for name, owner, attribute in STAGES:
                timed = _timed(getattr(owner, attribute), name, taken)
                stack.enter_context(patch.object(owner, attribute, timed))
            start = time.perf_counter()
            run(columns)
            taken["whole"] = time.perf_counter() - start
        found.append(taken)
    return {name: 1e3 * median(taken[name] for taken in found) for name in found[0]}


def _timed(
    function: Callable[..., object], name: str, taken: dict[str, float]
) -> Callable[..., object]:
    def timed(*words: object, **options: object) -> object:
        start = time.perf_counter()
        result = function(*words, **options)
        taken[name] += time.perf_counter() - start
        return result

    return timed


if __name__ == "__main__":
    main()
