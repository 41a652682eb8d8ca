"""Copies of the example data set, with faults planted in them."""

import csv
import datetime as dt
import io
from pathlib import Path

from kyphort.exchange.csv_set import Checked, Finding, check_csv_set
from kyphort.exchange.csv_set.columns import REQUIRED_FILE_NAMES
from kyphort.exchange.csv_set.template import example_files

TODAY = dt.date(2026, 6, 1)
Place = tuple[str, str, int | None, str]
"""Rule, file, row and column of a finding."""


def copy_example(folder: Path, *, with_optional: bool = False) -> Path:
    """Write the example, which gives no finding, into `folder`: the files every data set has."""
    folder.mkdir(exist_ok=True)
    for name, text in example_files().items():
        if with_optional or name in REQUIRED_FILE_NAMES:
            (folder / name).write_bytes(text.encode())
    return folder


class Edit:
    """What is done to a copy of the example; each kind of edit is a small subclass."""

    def __init__(self, file: str) -> None:
        self.file = file

    def plant(self, folder: Path) -> None:
        rows = _rows(folder / self.file)
        self.change(rows)
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        (folder / self.file).write_bytes(text.getvalue().encode())

    def change(self, rows: list[list[str]]) -> None:
        raise NotImplementedError


class Put(Edit):
    """Write `value` into a cell; the header is row 1."""

    def __init__(self, file: str, row: int, column: str, value: str) -> None:
        super().__init__(file)
        self.row, self.column, self.value = row, column, value

    def change(self, rows: list[list[str]]) -> None:
        rows[self.row - 1][rows[0].index(self.column)] = self.value


class Again(Edit):
    """Append a copy of a row, with some cells changed."""

    def __init__(self, file: str, row: int, **cells: str) -> None:
        super().__init__(file)
        self.row, self.cells = row, cells

    def change(self, rows: list[list[str]]) -> None:
        copy = list(rows[self.row - 1])
        for column, value in self.cells.items():
            copy[rows[0].index(column)] = value
        rows.append(copy)


class Drop(Edit):
    """Remove a row, or all rows below the header."""

    def __init__(self, file: str, row: int | None = None) -> None:
        super().__init__(file)
        self.row = row

    def change(self, rows: list[list[str]]) -> None:
        if self.row is None:
            del rows[1:]
        else:
            del rows[self.row - 1]


class DropColumn(Edit):
    """Remove a column."""

    def __init__(self, file: str, column: str) -> None:
        super().__init__(file)
        self.column = column

    def change(self, rows: list[list[str]]) -> None:
        index = rows[0].index(self.column)
        for row in rows:
            del row[index]


class Text(Edit):
    """Replace a text that must be there, once."""

    def __init__(self, file: str, old: str, new: str) -> None:
        super().__init__(file)
        self.old, self.new = old.encode(), new.encode()

    def plant(self, folder: Path) -> None:
        raw = (folder / self.file).read_bytes()
        assert self.old in raw
        (folder / self.file).write_bytes(raw.replace(self.old, self.new, 1))


class Recode(Edit):
    """Save a file in another encoding, and with another separator."""

    def __init__(self, file: str, encoding: str = "utf-8", separator: str = ",") -> None:
        super().__init__(file)
        self.encoding, self.separator = encoding, separator

    def plant(self, folder: Path) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.separator).writerows(_rows(folder / self.file))
        (folder / self.file).write_bytes(text.getvalue().encode(self.encoding))


class Bytes(Edit):
    """Write other bytes in the place of a file; None removes it, and a folder takes its place."""

    def __init__(self, file: str, content: bytes | None) -> None:
        super().__init__(file)
        self.content = content

    def plant(self, folder: Path) -> None:
        path = folder / self.file
        path.unlink()
        if self.content is None:
            path.mkdir()
        else:
            path.write_bytes(self.content)


class Remove(Edit):
    """Remove a file."""

    def plant(self, folder: Path) -> None:
        (folder / self.file).unlink()


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


def check_with(folder: Path, *edits: Edit, with_optional: bool = False) -> Checked:
    """Check a copy of the example after the edits."""
    copy_example(folder, with_optional=with_optional)
    for edit in edits:
        edit.plant(folder)
    return check_csv_set(folder, today=TODAY)


def place(finding: Finding) -> Place:
    """Return what a test asserts of a finding."""
    return finding.rule, finding.file, finding.row, finding.column
