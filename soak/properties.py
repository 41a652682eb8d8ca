"""Every property test of the suite with many more examples."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run() -> list[str]:
    """Run the tests that hypothesis drives under its profile `soak`; return what failed."""
    command = [sys.executable, "-m", "pytest", "-m", "hypothesis", "--hypothesis-profile=soak"]
    done = subprocess.run([*command, "tests"], cwd=ROOT, check=False)  # noqa: S603 - our own tests
    return [f"pytest returned {done.returncode}"] if done.returncode else []
