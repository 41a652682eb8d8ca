"""One pinned environment for each peer, kept outside the repository's own."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "kyphort-peers"


def interpreter(peer: str) -> Path:
    """Return the interpreter of a peer's environment, made when it is not there yet.

    The folder's name holds the pins, so that other pins get another environment.
    """
    pins = HERE / f"requirements-{peer}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    mark = hashlib.sha256(pins.read_bytes() + version.encode()).hexdigest()[:12]
    folder = CACHE / f"{peer}-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for words in _commands(folder, python, pins):
            subprocess.run(words, check=True)  # noqa: S603 - the commands of this file
        (folder / "complete").touch()
    return python


def _commands(folder: Path, python: Path, pins: Path) -> list[list[str]]:
    uv = shutil.which("uv") or shutil.which("uv", path=str(HERE.parents[1] / ".tools" / "bin"))
    if uv is None:
        return [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(pins)],
        ]
    return [
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(python), "--requirement", str(pins)],
    ]
