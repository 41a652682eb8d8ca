"""Each tutorial is run: its commands in a shell, its output compared word by word."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to"
FILES = HOW_TO / "files"
NEEDS_A_HAND = "plan-a-needle.md"
"""Its case is completed in an editor; tests/planning plan and accept one, and read its pages."""
TUTORIALS = [
    *(
        one
        for one in sorted((ROOT / "docs" / "tutorials").glob("*.md"))
        if one.name != NEEDS_A_HAND
    ),
    HOW_TO / "redcap.md",
    HOW_TO / "spss.md",
]
"""Pages whose commands are run; `docs/how-to/files` lies in the folder in which they run."""
NOT_RUN = ("kyphort fetch ",)
"""What needs another machine; the command is understood all the same (tests/test_docs.py)."""


def steps(page: Path) -> Iterator[tuple[str, str]]:
    """Yield every command of the console blocks with the output that is shown below it."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def lasting(text: str) -> list[str]:
    """Return the words of an output; times and hashes are of the day and only have their shape."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text)
    return re.sub(r"\b[0-9a-f]{64}\b|\bhash [0-9a-f]{12}\b", "HASH", text).split()


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_the_commands_give_what_is_shown(page: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    count = 0
    for command, output in steps(page):
        if command.startswith(NOT_RUN):
            continue
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=os.environ | {"PATH": path, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert lasting(run.stdout + run.stderr) == lasting(output), command
        count += 1
    assert count > 5
