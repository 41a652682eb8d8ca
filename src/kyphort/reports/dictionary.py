"""The data dictionary as a page, a table and Markdown; its words come from the declaration."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """One column in words; code stands between backquotes."""

    name: str
    meaning: str
    unit: str
    allowed: str
    required: str
    example: str
    understood: str


@dataclass(frozen=True, slots=True)
class FileWords:
    """One file in words: what one of its rows is, and its columns."""

    name: str
    row_is: str
    columns: tuple[ColumnWords, ...]


@dataclass(frozen=True, slots=True)
class RuleWords:
    """One rule of the check in words."""

    rule: str
    severity: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The data dictionary: files with their columns, and the rules of the check."""

    files: tuple[FileWords, ...]
    rules: tuple[RuleWords, ...]


def dictionary_of(
    files: Mapping[str, tuple[str, Iterable[Mapping[str, str]]]],
    rules: Iterable[Mapping[str, str]],
) -> Dictionary:
    """Collect the words of a declaration.

    >>> dictionary_of({"patients.csv": ("one patient", ())}, ()).files[0].row_is
    'one patient'
    """
    return Dictionary(
        tuple(
            FileWords(name, row_is, tuple(ColumnWords(**column) for column in columns))
            for name, (row_is, columns) in files.items()
        ),
        tuple(RuleWords(**rule) for rule in rules),
    )


def dictionary_page(dictionary: Dictionary, version: str) -> str:
    """Return the self-contained HTML page."""
    environment = Environment(
        loader=PackageLoader("kyphort.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_code"] = _with_code
    template = environment.get_template("dictionary.html")
    return template.render(dictionary=dictionary, version=version)


def dictionary_csv(dictionary: Dictionary) -> str:
    """Return one row for each column of each file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        ["file", "name", "meaning", "unit", "allowed", "required", "example", "also understood"]
    )
    for file in dictionary.files:
        for one in file.columns:
            words = (one.meaning, one.unit, one.allowed, one.required, one.example, one.understood)
            writer.writerow([file.name, one.name, *(word.replace("`", "") for word in words)])
    return text.getvalue()


def dictionary_markdown(dictionary: Dictionary) -> str:
    """Return the dictionary as a page of the documentation."""
    lines = [
        "# Data dictionary",
        "",
        "The files of a data set, their columns, and the rules of `kyphort check`; how to fill",
        "them: [your own data set](../how-to/data-set.md). The page is generated from the",
        "declaration that the reader uses (`scripts/build_data_dictionary.py`).",
    ]
    for file in dictionary.files:
        lines += ["", f"## {file.name}", "", f"One row is {file.row_is}.", ""]
        lines += _markdown_table(
            ("name", "meaning", "unit", "allowed", "required", "example", "also understood"),
            (
                (
                    f"`{one.name}`",
                    one.meaning,
                    one.unit,
                    one.allowed,
                    one.required,
                    f"`{one.example}`",
                    one.understood,
                )
                for one in file.columns
            ),
        )
    lines += ["", "## Rules", "", "Identifiers stay the same from version to version.", ""]
    lines += _markdown_table(
        ("rule", "severity", "what it says", "example"),
        ((f"`{one.rule}`", one.severity, one.meaning, one.example) for one in dictionary.rules),
    )
    return "\n".join(lines) + "\n"


def _markdown_table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows),
    ]


def _with_code(text: str) -> Any:  # noqa: ANN401 - markupsafe's Markup
    """Escape a text and set what stands between backquotes as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just here
