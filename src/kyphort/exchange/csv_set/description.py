"""The description of a data set: `dataset.toml`."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.columns import DESCRIPTION_ENTRIES, DESCRIPTION_FILE, Entry
from kyphort.exchange.csv_set.dates import DATE_FORMATS, ISO, DateFormat, read_date
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.csv_set.findings import Finding
from kyphort.exchange.csv_set.refusal import Refused

_ENTRIES = {entry.name: entry for entry in DESCRIPTION_ENTRIES}
_TYPES: dict[str, type] = {"name": str, "synthetic": bool, "provenance": str, "date_format": str}


@dataclass(slots=True)
class Description:
    """What `dataset.toml` says, as far as it could be read."""

    values: dict[str, Any] = field(default_factory=dict)
    date_format: DateFormat = ISO
    findings: list[Finding] = field(default_factory=list)

    @property
    def data_cut_off(self) -> dt.date | None:
        """The day on which the data were closed, None when it could not be read."""
        found = self.values.get("data_cut_off")
        return found if isinstance(found, dt.date) else None

    @property
    def is_synthetic(self) -> bool:
        """Whether the data set says that its rows describe no real people."""
        return self.values.get("synthetic") is True


def read_description(folder: Path) -> Description:
    """Read `dataset.toml`; everything that is wrong with it is in the findings."""
    text = read_text(folder / DESCRIPTION_FILE)
    description = Description(findings=list(text.findings))
    if text.content is None:
        return description
    try:
        content = tomllib.loads(text.content.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        description.findings.append(_found("", f"not valid TOML ({reason}).", "Correct the file."))
        return description
    description.findings += _read_entries(content, description)
    return description


def _read_entries(content: dict[str, Any], description: Description) -> Iterator[Finding]:
    for name in content:
        if name not in _ENTRIES:
            near = difflib.get_close_matches(name, _ENTRIES, n=1, cutoff=0.6)
            guess = f" Did you mean '{near[0]}'?" if near else ""
            yield rules.DESCRIPTION_UNKNOWN.found(
                DESCRIPTION_FILE,
                f"not an entry of this file.{guess}",
                "Rename or remove it.",
                column=name,
            )
    for name, kind in _TYPES.items():
        yield from _read_entry(_ENTRIES[name], kind, content, description)
    if "date_format" in description.values:
        description.date_format = DATE_FORMATS[description.values.pop("date_format")]
    yield from _read_cut_off(content, description)


def _read_entry(
    entry: Entry, kind: type, content: dict[str, Any], description: Description
) -> Iterator[Finding]:
    value = content.get(entry.name)
    if value is None and entry.name == "date_format":
        return
    is_right = isinstance(value, kind) and (kind is bool or bool(str(value).strip()))
    if is_right and entry.name == "date_format":
        is_right = value in DATE_FORMATS
    if is_right:
        description.values[entry.name] = value
        return
    state = "missing" if value is None else "empty" if value == "" else "not allowed"
    yield _found(
        entry.name,
        f"{state}. Allowed: {entry.allowed}.",
        f"Write {entry.name} = {entry.example}.",
        "" if value is None else str(value),
    )


def _read_cut_off(content: dict[str, Any], description: Description) -> Iterator[Finding]:
    value = content.get("data_cut_off")
    entry = _ENTRIES["data_cut_off"]
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        description.values["data_cut_off"] = value
        return
    if not isinstance(value, str):
        state = "missing" if value is None else "not a date"
        shown = "" if value is None else str(value)
        yield _found(
            entry.name,
            f"{state}. Allowed: {entry.allowed}.",
            f"Write {entry.name} = {entry.example}.",
            shown,
        )
        return
    try:
        description.values["data_cut_off"] = read_date(value.strip(), ISO)
    except Refused as refused:
        yield refused.rule.found(
            DESCRIPTION_FILE,
            refused.message,
            f"Write {entry.name} = {entry.example}.",
            column=entry.name,
            value=value,
        )


def _found(name: str, message: str, remedy: str, value: str = "") -> Finding:
    return rules.DESCRIPTION.found(DESCRIPTION_FILE, message, remedy, column=name, value=value)
