"""The house itself: what loads when, one version everywhere, a Makefile that says what it has."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import kyphort

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "scipy", "matplotlib", "sqlalchemy", "jinja2")

SHOW_HELP = f"""
import contextlib, io, sys
from kyphort.cli import app
text = io.StringIO()
with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
    app(["--help"])
assert "reproduce" in text.getvalue(), text.getvalue()
print(*sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def test_help_loads_no_heavy_library() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SHOW_HELP], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert not run.stdout.split()


@pytest.mark.parametrize("leaf", ["units", "errors", "clinical", "published"])
def test_the_lower_floors_load_no_heavy_library(leaf: str) -> None:
    code = f"import sys, kyphort.{leaf}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not run.stdout.split()


def test_one_version_everywhere() -> None:
    citation = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation
    assert newest
    assert citation[1] == newest[1] == kyphort.__version__


def test_one_licence_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert "license: Apache-2.0\n" in (ROOT / "CITATION.cff").read_text()
    assert (
        "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    )


@pytest.mark.parametrize("page", ["docs/index.md", "docs/installation.md", "CITATION.cff"])
def test_the_reader_learns_that_it_is_no_medical_device(page: str) -> None:
    assert "Research software, not a medical device" in (ROOT / page).read_text()


def test_make_help_lists_every_target(require: Callable[[str | None, str], str]) -> None:
    make = require(shutil.which("make"), "make")
    run = subprocess.run([make, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0]
    listed = re.findall(r"^make (\w+)", run.stdout, re.MULTILINE)
    assert ["help", *listed] == targets.split()


@pytest.mark.parametrize(
    ("all_required", "exit_code", "outcome"), [("1", 1, "1 failed"), ("0", 0, "1 skipped")]
)
def test_an_absent_tool_fails_where_all_are_required(
    all_required: str, exit_code: int, outcome: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_tool.py").write_text("def test_it(require): require(None, 'Abacus')")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rsf", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"KYPHORT_REQUIRE_ALL": all_required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == exit_code
    assert outcome in run.stdout
    assert "Abacus is not on this machine" in run.stdout


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("0*.md"))
    index = (folder / "index.md").read_text()
    assert re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", index) == records
    assert len({name[:4] for name in records}) == len(records)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=~!\[; ]", entry)[0].lower() for entry in project["dependencies"]}
    text = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text()
    rows = {row.lower() for row in re.findall(r"^\| (\w+)(?: \d)? \|", text, re.MULTILINE)}
    assert rows - {"package", "extra"} == names
    extras = set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE))
    assert extras == set(project["optional-dependencies"])
