"""Reading a file in a process of its own: a library in C may break down over a damaged file."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LONGEST_S = 600
MOST_MEMORY_BYTES = 8_000_000_000

_PROGRAM = """
import json, sys
from pathlib import Path
from kyphort.exchange.statistics_files.apart import limit_memory
from kyphort.exchange.statistics_files.contents import contents
limit_memory()
print("[", end="")
for number, name in enumerate(sys.argv[1:]):
    print(",\\n" if number else "", json.dumps(contents(Path(name))), sep="", end="", flush=True)
print("]")
"""


def contents_apart(paths: Iterable[Path]) -> dict[Path, dict[str, Any] | None]:
    """Return the contents of each file, None for one over which the reading process broke down."""
    waiting = list(paths)
    found: dict[Path, dict[str, Any] | None] = {}
    while waiting:
        read = _read(waiting)
        found |= zip(waiting, read, strict=False)
        if len(read) < len(waiting):
            found[waiting[len(read)]] = None
        waiting = [path for path in waiting if path not in found]
    return found


def _read(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the contents of the files up to the first that cannot be read."""
    search = os.pathsep.join(path for path in sys.path if path)
    try:
        run = subprocess.run(  # noqa: S603 - this program's own interpreter and code
            [sys.executable, "-c", _PROGRAM, *map(str, paths)],
            env=os.environ | {"PYTHONPATH": search},
            capture_output=True,
            check=False,
            timeout=LONGEST_S,
        )
        lines = run.stdout.decode().removeprefix("[").removesuffix("]\n").split(",\n")
    except subprocess.TimeoutExpired as expired:
        lines = (expired.stdout or b"").decode(errors="ignore").removeprefix("[").split(",\n")
    read: list[dict[str, Any]] = []
    for line in lines:
        try:
            read.append(json.loads(line))
        except ValueError:
            break
    return read


def limit_memory() -> None:
    """Keep a damaged file from taking all memory, where the system can limit it."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not everywhere

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
