"""`python -m benchmarks.survival`: make the peers' environments, measure, rewrite the page."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks import page
from benchmarks.survival import imports
from benchmarks.survival.environments import CACHE, HERE, interpreter
from benchmarks.survival.tables import Key, Run, table
from benchmarks.survival.worker import Columns

PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
RESULTS = CACHE / "results.json"
"""What was measured last, so that one package can be measured again."""

PEERS = {
    "lifelines": ("km", "logrank2", "logrank10", "aj"),
    "sksurv": ("km", "logrank2", "logrank10", "aj"),
    "statsmodels": ("km", "logrank2", "logrank10", "aj"),
    "surpyval": ("km",),
    "comprisk": ("aj",),
}
OURS = ("km", "km_cluster", "logrank2", "logrank10", "aj")
RESAMPLING = ("permute", "bootstrap")
COHORT = 143
SLOW_S = 10.0
"""A call may take this long; a tenth of it, and the next size is not asked for."""


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.survival", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="timed runs of each case (7)")
    parser.add_argument("--largest", type=int, default=10**7, help="rows at most (10000000)")
    parser.add_argument(
        "--only",
        nargs="*",
        help="packages, or imports, to measure again (all); none: only the page",
    )
    options = parser.parse_args()
    load = os.getloadavg()[0]
    runs = _saved() if options.only is not None else {}
    sizes = [10**power for power in range(2, 8) if 10**power <= options.largest]
    tools = {"one_read": OURS, "kyphort": OURS, **PEERS}
    for tool, cases in tools.items():
        if options.only is None or tool in options.only:
            python = interpreter(tool) if tool in PEERS else Path(sys.executable)
            for case in cases:
                for kind in ("continuous", "days"):
                    _measure_sizes(runs, python, (tool, case, kind), sizes, options.rounds)
    if options.only is None or "kyphort" in options.only:
        for case in RESAMPLING:
            key = ("kyphort", case, "continuous", COHORT)
            runs[key] = _run(Path(sys.executable), key, options.rounds)
    if shutil.which("Rscript") and (options.only is None or "R" in options.only):
        _measure_r(runs, [size for size in sizes if size <= 10**6])
    _save(runs)
    page.replace_section(PAGE, "survival", table(runs, options.rounds, load))
    if options.only is None or "imports" in options.only:
        ours = {"kyphort": Path(sys.executable)}
        peers = {tool: interpreter(tool) for tool in PEERS}
        page.replace_section(PAGE, "survival-imports", imports.table(ours | peers, 5))


def _saved() -> dict[Key, Run | str]:
    if not RESULTS.exists():
        return {}
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {
        (tool, case, kind, size): run if isinstance(run, str) else Run(**run)
        for (tool, case, kind, size), run in found
    }


def _save(runs: dict[Key, Run | str]) -> None:
    listed = [(key, run if isinstance(run, str) else asdict(run)) for key, run in runs.items()]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(listed, indent=0), encoding="utf-8")


def _measure_sizes(
    runs: dict[Key, Run | str],
    python: Path,
    name: tuple[str, str, str],
    sizes: list[int],
    rounds: int,
) -> None:
    for size in sizes:
        key = (*name, size)
        runs[key] = _run(python, key, rounds if size < 10**7 else min(rounds, 3))
        found = runs[key]
        sys.stderr.write(f"{key} {found}\n")
        if isinstance(found, str) or found.seconds > SLOW_S / 10:
            return


def _run(python: Path, key: Key, rounds: int) -> Run | str:
    words = [str(python), str(HERE / "worker.py"), *map(str, key), str(rounds)]
    try:
        done = subprocess.run(  # noqa: S603 - the commands of this file
            words, capture_output=True, text=True, check=True, timeout=SLOW_S * (rounds + 2)
        )
    except subprocess.TimeoutExpired:
        return "too slow"
    except subprocess.CalledProcessError as error:
        return str((error.stderr.strip().splitlines() or ["failed"])[-1].split(":")[0])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return Run(found["seconds"], found["ratio"], found["base_mb"], found["peak_mb"])


def _measure_r(runs: dict[Key, Run | str], sizes: list[int]) -> None:
    for kind in ("continuous", "days"):
        for size in sizes:
            for case in ("km", "logrank2", "logrank10"):
                ours = runs.get(("kyphort", case, kind, size))
                if isinstance(ours, Run):
                    seconds = _run_r(case, kind, size)
                    ratio = seconds * ours.ratio / ours.seconds
                    runs["R survival", case, kind, size] = Run(seconds, ratio, 0.0, 0.0)


def _run_r(case: str, kind: str, size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "columns.bin"
        c = Columns(size, kind)
        np.concatenate([c.time, c.event, c.two, c.ten]).astype(np.float64).tofile(file)
        words = ["Rscript", str(HERE / "peers.R"), case, str(file), str(size), "3"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    return max(float(np.float64(done.stdout)), 1e-6)


main()
