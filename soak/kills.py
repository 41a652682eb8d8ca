"""A run that is killed leaves no folder that looks complete, and does not spoil an earlier one."""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KILLS = 40
SEED = 8_11_13


def run() -> list[str]:
    """Kill reproductions at random moments; return what they left that they should not have."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bludau2020"
        start = time.perf_counter()
        _reproduce(target).wait()
        full_run_s = time.perf_counter() - start
        complete = set(_files(target))
        if not complete:
            return ["an undisturbed run wrote nothing"]
        faults = _kill_often(Path(folder), complete, full_run_s)
        again = _reproduce(target).wait()
        return [*faults, *([f"the run after the kills returned {again}"] if again else [])]


def _kill_often(folder: Path, complete: set[str], full_run_s: float) -> list[str]:
    moments = random.Random(SEED)  # noqa: S311 - moments, not secrets
    faults, killed = [], 0
    for number in range(KILLS):
        fresh = number % 2 == 0
        target = folder / (f"new{number}" if fresh else "bludau2020")
        process = _reproduce(target)
        delay_s = moments.uniform(0, 1.1) * full_run_s
        try:
            process.wait(delay_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        faults += _faults(target, complete, fresh, delay_s)
    sys.stdout.write(f"{killed} of {KILLS} runs were killed within {full_run_s:.1f} s\n")
    return faults if killed else ["no run was killed"]


def _reproduce(target: Path) -> subprocess.Popen[bytes]:
    program = str(Path(sys.executable).parent / "kyphort")
    return subprocess.Popen(  # noqa: S603 - our own command
        [program, "reproduce", "bludau2020", "--out", str(target)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _faults(target: Path, complete: set[str], fresh: bool, delay_s: float) -> list[str]:
    when = f"killed after {delay_s:.3f} s"
    if not target.exists():
        return [] if fresh else [f"{when}: the earlier folder is gone"]
    missing = complete - set(_files(target))
    if missing:
        return [f"{when}: the folder lacks {', '.join(sorted(missing))}"]
    try:
        json.loads((target / "results.json").read_text(encoding="utf-8"))
    except ValueError as error:
        return [f"{when}: results.json is not complete: {error}"]
    return []


def _files(target: Path) -> list[str]:
    return [str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()]
