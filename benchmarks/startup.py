"""How long a command takes, beside the bare interpreter in the same round."""

import datetime as dt
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from kyphort import __version__

BARE = "python -c pass"


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of a command: wall-clock and processor time [s]."""

    wall_s: float
    cpu_s: float


Rounds = list[dict[str, Cost]]


def measure(rounds: int) -> Rounds:
    """Run each command `rounds` times in turn, after one run that only warms the caches."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bludau2020"
        program = str(Path(sys.executable).parent / "kyphort")
        commands = {
            BARE: [sys.executable, "-c", "pass"],
            "kyphort --help": [program, "--help"],
            "kyphort reproduce bludau2020": [
                *(program, "reproduce", "bludau2020", "--out"),
                str(out),
            ],
        }
        every = [
            {name: _cost(words) for name, words in commands.items()} for _ in range(rounds + 1)
        ]
    return every[1:]


def _cost(words: list[str]) -> Cost:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run = subprocess.run(  # noqa: S603 - the commands of this file
        words, capture_output=True, text=True, check=False, env=environment
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        raise SystemExit(f"{' '.join(words)} returned {run.returncode}:\n{run.stderr}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def table(rounds: Rounds) -> str:
    """Return the medians as a Markdown table; ratios are medians of the ratios within a round."""
    lines = [
        f"kyphort {__version__}, CPython {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores; {len(rounds)} rounds on "
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}.",
        "",
        "| command | wall [s] | processor [s] | wall ÷ bare | processor ÷ bare |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(name, rounds) for name in rounds[0])]) + "\n"


def _line(name: str, rounds: Rounds) -> str:
    wall = median(one[name].wall_s for one in rounds)
    cpu = median(one[name].cpu_s for one in rounds)
    ratios = [_ratio(one, name) for one in rounds]
    wall_ratio = median(ratio.wall_s for ratio in ratios)
    cpu_ratio = median(ratio.cpu_s for ratio in ratios)
    return f"| `{name}` | {wall:.3f} | {cpu:.3f} | {wall_ratio:.1f} | {cpu_ratio:.1f} |"


def _ratio(one: Mapping[str, Cost], name: str) -> Cost:
    return Cost(one[name].wall_s / one[BARE].wall_s, one[name].cpu_s / one[BARE].cpu_s)
