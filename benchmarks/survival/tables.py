"""The measured numbers as Markdown."""

import datetime as dt
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from kyphort import __version__

TITLES = {
    "km": "Kaplan–Meier, log-log limits at every time",
    "km_cluster": "Kaplan–Meier, cluster-robust limits at every time",
    "logrank2": "Log-rank, two groups",
    "logrank10": "Log-rank, ten groups",
    "aj": "Aalen–Johansen with variance, two causes",
    "permute": "10 000 cluster permutations of the log-rank test, 143 rows",
    "bootstrap": "10 000 cluster bootstraps of Kaplan–Meier, 143 rows",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured: medians of seconds and of paired ratios, memory [MB]."""

    seconds: float
    ratio: float
    base_mb: float
    peak_mb: float


Key = tuple[str, str, str, int]
"""Tool, case, kind of times, rows."""


def table(runs: Mapping[Key, Run | str], rounds: int, load: float) -> str:
    """Return one table for each case and kind of times; a text says why there is no number."""
    lines = [
        f"kyphort {__version__}, CPython {platform.python_version()}, {os.cpu_count()} cores, one "
        f"thread; medians of {rounds} rounds on {dt.datetime.now(dt.UTC):%Y-%m-%d}; load average "
        f"{load:.1f} at the start. In brackets the median of the paired ratios to `np.sort` of the "
        "same times in the same process; for R the ratio to kyphort's `np.sort`. Every call starts "
        "from raw arrays; kyphort's includes its checks and copies.",
    ]
    for case, title in TITLES.items():
        for kind in ("continuous", "days"):
            keys = [key for key in runs if key[1:3] == (case, kind)]
            if keys:
                what = f"{title}, {kind}" if case not in ("permute", "bootstrap") else title
                lines += ["", f"**{what}**", "", *_rows(runs, keys)]
    return "\n".join([*lines, "", *_memory(runs)]) + "\n"


def _rows(runs: Mapping[Key, Run | str], keys: list[Key]) -> list[str]:
    sizes = sorted({key[3] for key in keys})
    tools = list(dict.fromkeys(key[0] for key in keys))
    head = "| package | " + " | ".join(f"{size:,}".replace(",", " ") for size in sizes) + " |"
    body = [
        f"| {tool} | "
        + " | ".join(_cell(runs.get((tool, *keys[0][1:3], size), "–")) for size in sizes)
        + " |"
        for tool in tools
    ]
    return [head, "|---" * (len(sizes) + 1) + "|", *body]


def _cell(run: Run | str) -> str:
    return run if isinstance(run, str) else f"{_time(run.seconds)} ({run.ratio:.3g})"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def _memory(runs: Mapping[Key, Run | str]) -> list[str]:
    lines = [
        "**Peak resident memory of the process [MB]**, in brackets with data and package loaded",
        "",
        "| package | case | times | rows | peak |",
        "|---|---|---|---|---|",
    ]
    for (tool, case, kind, rows), run in runs.items():
        if isinstance(run, Run) and rows >= 1_000_000 and run.peak_mb:
            size = f"{run.peak_mb:.0f} ({run.base_mb:.0f})"
            lines.append(f"| {tool} | {case} | {kind} | {rows:,} | {size} |".replace(",", " "))
    return lines
