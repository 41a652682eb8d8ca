"""A foreign table as it was read: fields with their meaning, rows as texts, nothing converted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kyphort.exchange.csv_set import Finding


class FieldKind(StrEnum):
    """What the source says that a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHECKBOX = "checkbox"


_UNCHECKED = frozenset(("0", "0.0", "unchecked"))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the source: its name, its label, and what its values mean.

    `form` is the instrument (REDCap) or the file (statistics programs) it belongs to. `choices`
    are the codes with their labels. `missing` are the codes declared as missing, `missing_ranges`
    the ranges so declared, both ends included.
    """

    name: str
    label: str = ""
    form: str = ""
    kind: FieldKind = FieldKind.TEXT
    choices: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    missing_ranges: tuple[tuple[float, float], ...] = ()
    is_identifier: bool = False
    branching: str = ""

    def is_missing(self, text: str) -> bool:
        """Whether the source declares this value as missing.

        >>> Field("pain", missing_ranges=((97.0, 99.0),)).is_missing("98")
        True
        """
        if text in self.missing:
            return True
        try:
            value = float(text)
        except ValueError:
            return False
        return any(low <= value <= high for low, high in self.missing_ranges)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the source: its name, its columns, how many rows it has, and its checksum."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class SourceRow:
    """One row: where it stands, to which record, event, form and instance it belongs, its texts.

    `number` counts the header as row 1, as a spreadsheet does; in a file of a statistics program
    it is the number of the case. `form` is the repeating instrument, empty for other rows.
    """

    file: str
    number: int
    texts: Mapping[str, str]
    record: str = ""
    event: str = ""
    form: str = ""
    instance: str = ""

    @property
    def place(self) -> str:
        """Where the row is, for example "export.csv row 17"."""
        return f"{self.file} row {self.number}"


@dataclass(frozen=True)
class Source:
    """Everything that was read: files, fields, rows, and what was wrong on the way.

    `forms` are the instruments or files that the source knows, in their order; `record_field` the
    field that names the record, empty in a flat file.
    """

    kind: str
    files: tuple[SourceFile, ...]
    fields: Mapping[str, Field]
    rows: tuple[SourceRow, ...]
    forms: tuple[str, ...] = ()
    record_field: str = ""
    findings: tuple[Finding, ...] = ()
    missing_codes: frozenset[str] = frozenset()

    def is_filled(self, row: SourceRow, name: str) -> bool:
        """Whether a field of a row says anything: an unchecked box does not."""
        text = row.texts.get(name, "").strip()
        field = self.fields.get(name)
        is_box = field is not None and field.kind is FieldKind.CHECKBOX
        return bool(text) and not (is_box and text.casefold() in _UNCHECKED)
