"""The declaration as plain words: what a data dictionary prints."""

from kyphort.exchange.csv_set.columns import (
    CSV_FILES,
    DESCRIPTION_ENTRIES,
    DESCRIPTION_FILE,
    Column,
    CsvFile,
)
from kyphort.exchange.csv_set.rules import CATALOGUE

Words = dict[str, str]


def dictionary_words() -> dict[str, tuple[str, tuple[Words, ...]]]:
    """Return for each file what one row of it is, and its columns in words.

    Examples
    --------
    >>> row_is, columns = dictionary_words()["vertebrae.csv"]
    >>> row_is, columns[3]["name"], columns[3]["unit"]
    ('one treated vertebra', 'dose_gy', 'Gy')
    """
    entries = tuple(
        {
            "name": entry.name,
            "meaning": entry.meaning,
            "unit": "",
            "allowed": entry.allowed,
            "required": entry.required,
            "example": entry.example,
            "understood": "",
        }
        for entry in DESCRIPTION_ENTRIES
    )
    return {
        DESCRIPTION_FILE: ("one entry, written as name = value", entries),
        **{file.name: (file.row_is, _columns(file)) for file in CSV_FILES},
    }


def rule_words() -> tuple[Words, ...]:
    """Return every rule of the check in words."""
    return tuple(
        {
            "rule": rule.identifier,
            "severity": rule.severity.value,
            "meaning": rule.meaning,
            "example": rule.example,
        }
        for rule in CATALOGUE
    )


def _columns(file: CsvFile) -> tuple[Words, ...]:
    return tuple(map(_column, file.columns))


def _column(column: Column) -> Words:
    return {
        "name": column.name,
        "meaning": column.meaning,
        "unit": column.unit,
        "allowed": column.kind.allowed,
        "required": f"{column.required} (the column may be absent)"
        if column.may_be_absent
        else column.required,
        "example": column.example,
        "understood": column.kind.understood,
    }
