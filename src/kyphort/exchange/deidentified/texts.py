"""Free text: what is a known word passes, everything else is removed unless a person keeps it."""

import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from kyphort.clinical.records import ALWAYS
from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.csv_set.rows import Texts
from kyphort.exchange.mapping.declared import Declared
from kyphort.wording import counted

KEEP, REPLACE = "keep", "replace"
HEADER = ("file", "column", "text", "patients", "decision", "replacement")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
OTHER, REMOVED = "Other", "removed"


@dataclass(frozen=True, slots=True)
class FreeText:
    """One text that is no known word: where it stands, and in the records of how many patients."""

    file: str
    column: str
    text: str
    patients: int


@dataclass(frozen=True, slots=True)
class TextDecisions:
    """What a person decided about texts: by file, column and text, the text that may leave."""

    replacements: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def of(self, file: str, column: str, text: str) -> str | None:
        """Return the decided text, None when nobody decided."""
        return self.replacements.get((file, column, text))


def read_decisions(path: Path) -> TextDecisions:
    """Read the table of texts with the decisions filled in.

    Raises
    ------
    InvalidDataError
        When it cannot be read or has other columns.
    FaultyDataError
        When decisions are neither `keep` nor `replace`; every row is named.
    """
    text = read_text(path)
    if text.content is None:
        raise InvalidDataError(text.findings[0].line)
    first = next(iter(text.content.splitlines()), "")
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text.content, newline=""), delimiter=separator)
    if tuple(reader.fieldnames or ()) != HEADER:
        raise InvalidDataError(
            f"{path.name} is no table of texts. Its columns are: {', '.join(HEADER)}."
        )
    found: dict[tuple[str, str, str], str] = {}
    faults: list[str] = []
    for number, row in enumerate(reader, start=2):
        decision = (row["decision"] or "").strip().casefold()
        if decision not in {"", KEEP, REPLACE}:
            faults.append(
                f"{path.name} row {number}, decision '{decision}': Allowed: {KEEP}, {REPLACE}, or "
                "empty. Correct the cell."
            )
        key = row["file"], row["column"], _original(row["text"])
        if decision == KEEP:
            found[key] = key[2]
        elif decision == REPLACE:
            found[key] = (row["replacement"] or "").strip()
    if faults:
        raise FaultyDataError(f"{path.name} has {counted(len(faults), 'fault')}.", tuple(faults))
    return TextDecisions(found)


def _original(text: str) -> str:
    """Take back the sign that kept a spreadsheet from running the text."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def is_known(one: Declared, text: str) -> bool:
    """Whether a text is a word that names nobody: of the vocabulary, or of a fixed shape.

    >>> from kyphort.exchange.csv_set.columns import PATIENTS
    >>> from kyphort.exchange.mapping.declared import declared
    >>> entity = next(one for one in declared(PATIENTS) if one.name == "entity")
    >>> is_known(entity, "Breast cancer"), is_known(entity, "Breast cancer, Mrs Miller")
    (True, False)
    """
    words = _vocabulary().get(one.name)
    if words is None:
        return False
    is_word = text.casefold() in words.words
    return is_word or any(pattern.fullmatch(text) for pattern in words.patterns)


@dataclass(frozen=True, slots=True)
class _Words:
    words: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]


@cache
def _vocabulary() -> dict[str, _Words]:
    file = resources.files("kyphort.exchange.deidentified") / "vocabulary.toml"
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        name: _Words(
            frozenset(word.casefold() for word in entry.get("words", ())),
            tuple(re.compile(pattern, re.ASCII) for pattern in entry.get("patterns", ())),
        )
        for name, entry in content["columns"].items()
    }


def removed(one: Declared) -> str:
    """Return what stands in the place of a text that is removed: it says that there was one."""
    return OTHER if one.column.required == ALWAYS else REMOVED


def harmless(text: str) -> str:
    """Return a text that no spreadsheet program runs as a formula.

    >>> harmless("=1+1"), harmless("Sarcoma")
    ("'=1+1", 'Sarcoma')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def free_texts(columns: Iterable[Declared], rows: Mapping[str, Iterable[Texts]]) -> list[FreeText]:
    """Return the texts of some columns that are no known words, and how many patients have each."""
    found: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in columns:
        for row in rows[one.file.name]:
            text = row[one.name]
            if text and not is_known(one, text):
                found[one.file.name, one.name, text].add(row["patient_id"])
    return [FreeText(*key, len(patients)) for key, patients in sorted(found.items())]
