"""The document: sections of paragraphs, tables and figures, ready for any renderer."""

from collections.abc import Sequence
from dataclasses import dataclass

from kyphort.reports.numbers import Kind, written

OPEN_MARK = "*"
"""Follows a value that the print leaves open without known bounds."""


@dataclass(frozen=True, slots=True)
class Open:
    """A value that the print does not pin down, with the bounds it is known to lie in, if any.

    `is_seen` marks bounds that were only seen over reconstructed cohorts.
    """

    value: float | None
    low: float | None
    high: float | None
    is_seen: bool = False

    def written(self, kind: Kind) -> str:
        """Write the value with its range, or with a mark where no range is known."""
        text = written(self.value, kind)
        if self.low is None or self.high is None:
            return f"{text}{OPEN_MARK}"
        ends = written(self.low, kind), written(self.high, kind)
        seen = " seen" if self.is_seen else ""
        return text if set(ends) == {text} else f"{text} [{ends[0]} to {ends[1]}{seen}]"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and what it holds."""

    title: str
    kind: Kind = Kind.TEXT

    @property
    def is_number(self) -> bool:
        """Whether the cells align right."""
        return self.kind is not Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table of raw values; renderers write them, a CSV file keeps them as they are."""

    identifier: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    notes: tuple[str, ...] = ()
    folded: bool = False

    def raw_rows(self) -> Sequence[tuple[object, ...]]:
        """Return the cells as plain values, for files that are read by programs."""
        return [
            tuple(value.value if isinstance(value, Open) else value for value in row)
            for row in self.rows
        ]

    def written_rows(self) -> Sequence[tuple[str, ...]]:
        """Return the cells as text, each by the kind of its column."""
        kinds = [column.kind for column in self.columns]
        return [
            tuple(_written(value, kind) for value, kind in zip(row, kinds, strict=True))
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by the name of its files, with a caption and a text for those who cannot see it."""

    identifier: str
    caption: str
    alternative: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text; `tone` marks a warning or a note."""

    text: str
    tone: str = "plain"


Block = Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the document."""

    identifier: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report: what it is called, what it warns of, its sections and its provenance."""

    title: str
    subtitle: str
    warnings: tuple[str, ...]
    summary: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    provenance: tuple[tuple[str, str], ...]

    def tables(self) -> tuple[Table, ...]:
        """Return every table of the document."""
        return tuple(
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Table)
        )


def _written(value: object, kind: Kind) -> str:
    return value.written(kind) if isinstance(value, Open) else written(value, kind)
