"""`python -m benchmarks.survival.regression`: Cox and interval fits beside their peers."""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import page
from benchmarks.survival.environments import CACHE, HERE, interpreter
from benchmarks.survival.regression_worker import Rows
from kyphort import __version__

PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
RESULTS = CACHE / "regression.json"
"""What was measured last, so that one case can be measured again."""

LONGEST_S = 60.0
TITLES = {
    "cox": "Cox, five covariates, Efron ties, continuous times",
    "cox_cluster": "the same with cluster-robust errors (two rows a patient)",
    "npmle": "Interval-censored maximum likelihood, visit times of each row's own",
    "npmle_scheduled": "the same, visits at scheduled times",
    "npmle_known": "the same, two of five times known",
}
TOOLS: dict[str, tuple[str, ...]] = {
    "cox": ("kyphort", "lifelines", "sksurv", "statsmodels", "R survival"),
    "cox_cluster": ("kyphort", "lifelines", "statsmodels", "R survival"),
    "npmle": ("kyphort", "lifelines", "surpyval", "R npsurv", "R survival"),
    "npmle_scheduled": ("kyphort", "lifelines", "surpyval", "R npsurv", "R survival"),
    "npmle_known": ("kyphort", "lifelines", "surpyval", "R npsurv", "R survival"),
}
SIZES = {"cox": (10**4, 10**5, 10**6), "npmle": (10**3, 10**4, 10**5)}

Cell = tuple[str, str, int]


def main() -> None:
    """Run the measurements: kyphort before and after the peers of each case and size."""
    parser = argparse.ArgumentParser(prog=__spec__.name, description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each case (5)")
    parser.add_argument("--cases", nargs="*", default=list(TITLES), help=", ".join(TITLES))
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = _saved(options.cases)
    for case in options.cases:
        for size in SIZES[case.split("_", maxsplit=1)[0]]:
            for tool in TOOLS[case]:
                if not _is_hopeless(found, tool, case, size):
                    found[tool, case, size] = _run(tool, case, size, options.rounds)
                    sys.stderr.write(f"{tool} {case} {size}: {found[tool, case, size]}\n")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([(*key, value) for key, value in found.items()]), "utf-8")
    text = _table(found, options.rounds, load)
    sys.stdout.write(text)
    page.replace_section(PAGE, "regression", text)


def _saved(again: list[str]) -> dict[Cell, float | str]:
    """Return what was measured before of the cases that are not measured again."""
    if not RESULTS.exists():
        return {}
    listed = json.loads(RESULTS.read_text("utf-8"))
    return {(tool, case, size): value for tool, case, size, value in listed if case not in again}


def _is_hopeless(found: dict[Cell, float | str], tool: str, case: str, size: int) -> bool:
    before = [value for (a, b, c), value in found.items() if (a, b) == (tool, case) and c < size]
    return any(isinstance(value, str) or value > LONGEST_S / 10 for value in before)


def _run(tool: str, case: str, size: int, rounds: int) -> float | str:
    with tempfile.TemporaryDirectory() as folder:
        words = _words(tool, case, size, rounds, Path(folder))
        if words is None:
            return "–"
        try:
            done = subprocess.run(  # noqa: S603 - the commands of this file
                words, capture_output=True, text=True, check=True, timeout=LONGEST_S
            )
        except subprocess.TimeoutExpired:
            return f"> {LONGEST_S:.0f} s"
        except subprocess.CalledProcessError as error:
            return str((error.stderr.strip().splitlines() or ["failed"])[-1].split(":")[0])
    last = done.stdout.strip().splitlines()[-1]
    return float(json.loads(last)["seconds"]) if last.startswith("{") else float(last.split()[-1])


def _words(tool: str, case: str, size: int, rounds: int, folder: Path) -> list[str] | None:
    if tool.startswith("R "):
        if shutil.which("Rscript") is None:
            return None
        name = f"{case}_turnbull" if case.startswith("npmle") and tool == "R survival" else case
        file = folder / "rows"
        _columns(case, size).T.tofile(file)
        script = str(HERE / "regression.R")
        return ["Rscript", script, name, str(file), str(size), str(rounds)]
    python = Path(sys.executable) if tool == "kyphort" else interpreter(tool)
    worker = str(HERE / "regression_worker.py")
    return [str(python), worker, tool, case, str(size), str(rounds)]


def _columns(case: str, size: int) -> np.ndarray:
    rows = Rows(size)
    if case.startswith("npmle"):
        return np.column_stack(rows.bounds(case))
    return np.column_stack([rows.time, rows.event, rows.patient, rows.z])


def _table(found: dict[Cell, float | str], rounds: int, load: float) -> str:
    lines = [
        f"kyphort {__version__}, CPython {platform.python_version()}, {os.cpu_count()} cores, one "
        f"thread; medians of {rounds} rounds on {dt.datetime.now(dt.UTC):%Y-%m-%d}; load average "
        f"{load:.1f} at the start. In brackets the ratio to kyphort."
    ]
    for case in (case for case in TITLES if any(case == one for _, one, _ in found)):
        sizes = sorted({size for _, one, size in found if one == case})
        head = " | ".join(f"{size:,}".replace(",", " ") for size in sizes)
        lines += ["", f"**{TITLES[case]}**", "", f"| package | {head} |"]
        lines += ["|---" * (len(sizes) + 1) + "|"]
        for tool in TOOLS[case]:
            cells = " | ".join(_cell(found, tool, case, size) for size in sizes)
            lines.append(f"| {tool} | {cells} |")
    return "\n".join(lines) + "\n"


def _cell(found: dict[Cell, float | str], tool: str, case: str, size: int) -> str:
    value, ours = found.get((tool, case, size), "–"), found.get(("kyphort", case, size))
    if isinstance(value, str):
        return value
    text = f"{value:.3g} s" if value >= 1.0 else f"{value * 1e3:.3g} ms"
    if tool == "kyphort" or not isinstance(ours, float):
        return text
    return f"{text} ({value / ours:.3g} ×)"


if __name__ == "__main__":
    main()
