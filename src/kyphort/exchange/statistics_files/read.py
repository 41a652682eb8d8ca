"""Reading files of statistics programs: values as texts, labels and missing values as declared."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kyphort.exchange.csv_set import Finding
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.source import Field, FieldKind, Source, SourceFile, SourceRow
from kyphort.exchange.statistics_files.apart import contents_apart
from kyphort.exchange.statistics_files.contents import SUFFIXES, contents


def read_statistics_files(paths: Iterable[Path], *, trusted: bool = False) -> Source:
    """Read files into one source; each file is a form, its cases are numbered from 1.

    Whole numbers lose their ".0", dates become YYYY-MM-DD. Values that the file declares as
    user-missing stay, and their declaration with them. What cannot be read is in the findings.
    Files are read in a process of their own, because a damaged one can break down the library
    that reads it; `trusted` ones, just written by this program, are read at once.
    """
    asked = list(paths)
    findings = [one for path in asked for one in _unreadable(path)]
    readable = [path for path in asked if not list(_unreadable(path))]
    found: Mapping[Path, dict[str, Any] | None] = (
        {path: contents(path) for path in readable} if trusted else contents_apart(readable)
    )
    files: list[SourceFile] = []
    fields: dict[str, Field] = {}
    rows: list[SourceRow] = []
    for path in readable:
        content = found[path]
        if content is None or "reason" in content:
            findings.append(_refused(path, content))
            continue
        own = [_field(path, one) for one in content["fields"]]
        fields = {one.name: one for one in own} | fields
        made = list(_rows(path, [one.name for one in own], content["rows"]))
        if not made:
            findings.append(
                rules.CONTENT.found(path.name, "holds no case.", "Give the file with the data.")
            )
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        names = tuple(one.name for one in own)
        files.append(SourceFile(path.name, names, len(made), sha256))
        rows += made
    return Source(
        "statistics_file",
        tuple(files),
        fields,
        tuple(rows),
        tuple(Path(one.name).stem for one in files),
        "",
        tuple(findings),
    )


def _unreadable(path: Path) -> Iterator[Finding]:
    if path.suffix.casefold() not in SUFFIXES:
        allowed = ", ".join(SUFFIXES)
        yield rules.FILE.found(path.name, f"not one of {allowed}.", "Save it as one of these.")
    elif not path.is_file():
        yield rules.FILE.found(path.name, "there is no such file.", "Give the path of the file.")


def _refused(path: Path, content: dict[str, Any] | None) -> Finding:
    reason = "it is damaged: the program that reads it broke down"
    if content is not None:
        reason = str(content["reason"])
    return rules.FILE.found(
        path.name,
        f"cannot be read as {path.suffix[1:]} ({reason}).",
        "Save it anew in the program it came from.",
    )


def _field(path: Path, content: dict[str, Any]) -> Field:
    return Field(
        content["name"],
        content["label"],
        path.stem,
        FieldKind(content["kind"]),
        content["choices"],
        frozenset(content["missing"]),
        tuple((low, high) for low, high in content["missing_ranges"]),
    )


def _rows(path: Path, names: list[str], rows: Iterable[list[str]]) -> Iterator[SourceRow]:
    for number, values in enumerate(rows, start=1):
        yield SourceRow(path.name, number, dict(zip(names, values, strict=True)), form=path.stem)
