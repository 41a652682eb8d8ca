"""How long each package takes to import, beside the bare interpreter."""

import resource
import subprocess
from pathlib import Path
from statistics import median

MODULES = {
    "kyphort": "kyphort.survival",
    "lifelines": "lifelines",
    "sksurv": "sksurv.nonparametric",
    "statsmodels": "statsmodels.duration.api",
    "surpyval": "surpyval",
    "comprisk": "comprisk",
}


def table(interpreters: dict[str, Path], rounds: int) -> str:
    """Return processor seconds of an import, less those of the bare interpreter, as Markdown."""
    lines = ["**Import, processor seconds beyond the bare interpreter**", ""]
    lines += ["| package | seconds |", "|---|---|"]
    for tool, python in interpreters.items():
        pairs = [
            _cost(python, f"import {MODULES[tool]}") - _cost(python, "pass") for _ in range(rounds)
        ]
        lines.append(f"| {tool} | {median(pairs):.2f} |")
    return "\n".join(lines) + "\n"


def _cost(python: Path, statement: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(python), "-c", statement], check=True)  # noqa: S603 - of this file
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
