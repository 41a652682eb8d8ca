"""The pages: every command exists, every error has its section, every example runs."""

import contextlib
import doctest
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import typer.core
import typer.main

from kyphort import errors
from kyphort.cli import app
from kyphort.exchange.csv_set import read_csv_set
from kyphort.registry import create_registry, open_registry

ROOT = Path(__file__).parents[1]
FRONT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "GLOSSARY.md", ROOT / "CHANGELOG.md"]
PAGES = [*FRONT, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, *languages: str) -> Iterator[str]:
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```$"
    yield from re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shown(program: str) -> list[tuple[str, str]]:
    return [
        (str(page.relative_to(ROOT)), line.removeprefix("$ "))
        for page in PAGES
        for block in blocks(page, "console", "bash")
        for line in block.replace("\\\n", "").splitlines()
        if line.startswith(f"$ {program} ")
    ]


def parse(line: str) -> None:
    """Parse a command line as kyphort would, without running it."""
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    while isinstance(command, typer.core.TyperGroup) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no such command: {words[0]}"
        command = command.commands[words.pop(0)]
    with contextlib.suppress(typer.Exit):
        command.make_context("kyphort", words)


@pytest.mark.parametrize(("page", "line"), shown("kyphort"))
def test_each_command_shown_is_understood(page: str, line: str) -> None:
    parse(line)


@pytest.mark.parametrize(
    "line", ["kyphort reproduec bludau2020", "kyphort reproduce bludau2020 --outt x"]
)
def test_a_wrong_command_would_be_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such (command|option)"):
        parse(line)


@pytest.mark.parametrize(("page", "line"), shown("make"))
def test_each_make_target_shown_exists(page: str, line: str) -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0]
    asked = [word for word in shlex.split(line, comments=True)[1:] if "=" not in word]
    assert asked
    assert set(asked) <= set(targets.split())


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    lines = [line for page, line in shown("kyphort") if page == "README.md"]
    assert len(lines) == 5
    for line in lines:
        subprocess.run(
            [sys.executable, "-m", *shlex.split(line)],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
    assert (tmp_path / "report" / "report.html").exists()
    assert (tmp_path / "again" / "report.html").exists()
    assert (tmp_path / "mycentre-report" / "report.html").exists()


def failures_shown() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "errors.md").read_text()
    return re.findall(r"^\$ kyphort (.*)\n(Error \[[\s\S]*?)\n```$", text, re.MULTILINE)


@pytest.mark.parametrize(("line", "message"), failures_shown())
def test_each_failure_shown_fails_so(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a registry")
    shutil.copytree(ROOT / "src/kyphort/exchange/csv_set/example", tmp_path / "Faulty")
    vertebrae = tmp_path / "Faulty" / "vertebrae.csv"
    header, first, *others = vertebrae.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[header.split(",").index("level")] = "L7"
    vertebrae.write_text("\n".join([header, ",".join(cells), *others]), encoding="utf-8")
    cohort = read_csv_set(ROOT / "src/kyphort/exchange/csv_set/example")
    create_registry(tmp_path / "registry.db", cohort)
    with open_registry(tmp_path / "registry.db") as registry:
        registry.lock("patient", ("SYN-E01",))
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents" / "letter.txt").write_text("Dear colleague")
    run = subprocess.run(
        [sys.executable, "-m", "kyphort", *shlex.split(line)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    exit_codes = {
        kind.code: kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.KyphortError)
    }
    assert run.stderr.split() == message.split()
    assert run.returncode == exit_codes[message.partition("[")[2].partition("]")[0]]


def test_each_error_has_its_section() -> None:
    in_code = {
        name: (error.code, error.exit_code)
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.KyphortError)
    }
    pattern = r"^## (\w+)\n\nCode `([\w-]+)`, exit code (\d+)\."
    text = (ROOT / "docs" / "errors.md").read_text()
    on_page = {
        name: (code, int(exit_code))
        for name, code, exit_code in re.findall(pattern, text, re.MULTILINE)
    }
    assert on_page == in_code


def test_codes_and_exit_codes_are_distinct() -> None:
    kinds = errors.KyphortError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    assert {0, 1, 2}.isdisjoint(kind.exit_code for kind in kinds)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if list(blocks(page, "pycon"))], ids=lambda page: page.name
)
def test_each_python_example_runs(page: Path) -> None:
    text = "\n".join(blocks(page, "pycon"))
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!\w+:|#)([^)#]+)", text)
    targets += re.findall(r"^```\{include\} (\S+)$", text, re.MULTILINE)
    assert [name for name in targets if not (page.parent / name).exists()] == []
