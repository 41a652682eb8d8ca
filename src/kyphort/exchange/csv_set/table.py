"""From the text of a file to its rows: values by column, with a finding for every faulty cell."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kyphort.clinical.records import ALWAYS
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.cells import Cell, check_characters
from kyphort.exchange.csv_set.columns import Column, CsvFile
from kyphort.exchange.csv_set.dates import DateFormat
from kyphort.exchange.csv_set.decoding import Text
from kyphort.exchange.csv_set.findings import Finding, listed, shown
from kyphort.exchange.csv_set.header import (
    first_row,
    read_header,
    separator_of,
    without_separator_line,
)
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.rules import Rule
from kyphort.wording import counted

_PLACEHOLDERS = frozenset(
    ("na", "n/a", "#n/a", "nan", "nat", "null", "none", "-", "–", "—", ".", "?", "k.a.", "k. a.")
)
_LONGEST_VALUE = 1_000
_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in a spreadsheet, and its values by column.

    An empty cell is None; a faulty one is absent, so that no later rule stumbles over it. `texts`
    are the cells as they are written, in the order of the file.
    """

    number: int
    values: dict[str, Any]
    texts: list[str]

    def get(self, name: str) -> Any:  # noqa: ANN401 - each column has its own type
        """Return the value of a column, None when it is empty, faulty or absent."""
        return self.values.get(name)


@dataclass(slots=True)
class Table:
    """The rows of one file, and where its columns stand.

    `is_whole` is False when the file could not be read to its end.
    """

    file: CsvFile
    rows: list[Row] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True
    findings: list[Finding] = field(default_factory=list)

    def knows(self, *names: str) -> bool:
        """Whether the file was read to its end and has these columns."""
        return self.is_whole and self.columns.keys() >= set(names)

    def text(self, row: Row, column: str) -> str:
        """Return a cell as it is written, empty when there is no such column."""
        index = self.columns.get(column, len(row.texts))
        return row.texts[index].strip()[:_LONGEST_VALUE] if index < len(row.texts) else ""


def read_table(text: Text, file: CsvFile, dates: DateFormat) -> Table:
    """Read the rows of `file`; everything that is wrong with them is in the table's findings."""
    table = Table(file, findings=list(text.findings))
    if text.content is None:
        table.is_whole = False
    elif not text.content.strip():
        table.is_whole = False
        table.findings.append(
            rules.FILE_EMPTY.found(
                file.name, "the file is empty.", f"Begin it with: {', '.join(file.by_name)}."
            )
        )
    else:
        _fill(table, without_separator_line(text.content), dates)
    return table


def _fill(table: Table, content: str, dates: DateFormat) -> None:
    separator = separator_of(content, table.file)
    try:
        header = read_header(first_row(content, separator), table.file, separator)
        table.findings += header.findings
        if not header.is_usable:
            table.is_whole = False
            return
        table.columns = {name: index for index, name in enumerate(header.names) if name}
        _read_rows(table, content, separator, _Cells(table, header.names, dates))
    except csv.Error as error:
        table.is_whole = False
        table.findings.append(_broken(table.file, str(error), 1))


def _read_rows(table: Table, content: str, separator: str, cells: "_Cells") -> None:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    next(reader)
    number, empty = 1, []
    try:
        for number, texts in enumerate(reader, start=2):
            if any(text.strip() for text in texts):
                table.rows.append(cells.row(number, texts))
            else:
                empty.append(number)
    except csv.Error as error:
        table.is_whole = False
        table.findings.append(_broken(table.file, str(error), number + 1))
    if skipped := [one for one in empty if one <= _last(table)]:
        table.findings.append(
            rules.ROW_EMPTY.found(
                table.file.name,
                f"{counted(len(skipped), 'empty row')} skipped (row {listed(skipped)}).",
                "",
                row=skipped[0],
            )
        )
    table.findings += cells.conversions()


def _last(table: Table) -> int:
    return table.rows[-1].number if table.rows else 0


def _broken(file: CsvFile, reason: str, row: int) -> Finding:
    if "field larger" in reason:
        return rules.CELL_SIZE.found(
            file.name,
            "a cell without end: perhaps a quotation mark that is never closed.",
            "Close the quotation mark, or shorten the cell.",
            row=row,
        )
    return rules.QUOTE.found(
        file.name,
        f"the quotation marks do not match ({reason}); the rows from here on were not read.",
        'Close the quotation mark; inside a quoted text, double it ("").',
        row=row,
    )


class _Cells:
    """Reads the cells of one table, each different text of a column once."""

    def __init__(self, table: Table, names: tuple[str, ...], dates: DateFormat) -> None:
        self._table = table
        self._names = names
        self._dates = dates
        self._read: list[tuple[int, Column, dict[str, Cell | Refused | None]]] = [
            (index, table.file.by_name[name], {}) for index, name in enumerate(names) if name
        ]
        self._converted: defaultdict[tuple[str, Rule], list[tuple[int, str, object]]] = defaultdict(
            list
        )

    def row(self, number: int, texts: list[str]) -> Row:
        if len(texts) != len(self._names):
            return self._row_of_wrong_length(number, texts)
        values: dict[str, Any] = {}
        for index, column, known in self._read:
            text = texts[index]
            found = (
                known[text] if text in known else known.setdefault(text, self._cell(column, text))
            )
            if isinstance(found, Cell):
                values[column.name] = found.value
                if found.conversion is not None or text != text.strip():
                    self._keep_conversion(number, column, text, found)
            elif found is None:
                values[column.name] = None
            else:
                self._refuse(number, column, text, found)
        self._table.findings += self._formulas(number, texts)
        return Row(number, values, texts)

    def _cell(self, column: Column, text: str) -> Cell | Refused | None:
        stripped = text.strip()
        try:
            if not stripped:
                return _empty(column)
            check_characters(text)
            return column.kind.read(stripped, self._dates)
        except Refused as refused:
            if column.required != ALWAYS and stripped.casefold() in _PLACEHOLDERS:
                return Refused(
                    rules.PLACEHOLDER, "a sign for 'not known'.", "Leave the cell empty instead."
                )
            return refused

    def _row_of_wrong_length(self, number: int, texts: list[str]) -> Row:
        """Keep the patient, so that one broken row does not make others look wrong."""
        self._table.findings.append(
            rules.CELL_COUNT.found(
                self._table.file.name,
                f"{counted(len(texts), 'cell')}, but the header has {len(self._names)}.",
                "A decimal comma, or a comma within a text, needs quotation marks around the cell."
                if len(texts) > len(self._names)
                else "Complete the row.",
                row=number,
            )
        )
        first = texts[0].strip()
        is_patient = self._names[0] == "patient_id" and first
        return Row(number, {"patient_id": first} if is_patient else {}, texts)

    def _refuse(self, number: int, column: Column, text: str, refused: Refused) -> None:
        self._table.findings.append(
            refused.rule.found(
                self._table.file.name,
                refused.message,
                refused.remedy,
                row=number,
                column=column.name,
                value=text.strip()[:_LONGEST_VALUE],
            )
        )

    def _keep_conversion(self, number: int, column: Column, text: str, cell: Cell) -> None:
        rule = cell.conversion or rules.BLANKS
        self._converted[column.name, rule].append((number, text, cell.value))

    def conversions(self) -> Iterator[Finding]:
        """Give one note for each column and kind of conversion, with examples and counts."""
        for (column, rule), cases in self._converted.items():
            counts = Counter((text.strip(), _written(value)) for _, text, value in cases)
            examples = listed(
                f"'{shown(text)}' as {shown(value)} ({number})"
                for (text, value), number in counts.most_common()
            )
            detail = "" if rule is rules.BLANKS else f", {examples}"
            yield rule.found(
                self._table.file.name,
                f"{rule.meaning.rstrip('.').lower()}: {counted(len(cases), 'cell')}{detail}.",
                "",
                row=cases[0][0],
                column=column,
            )

    def _formulas(self, number: int, texts: list[str]) -> Iterator[Finding]:
        for index, column, _ in self._read:
            text = texts[index].strip()
            if column.kind.is_text and len(text) > 1 and text.startswith(_FORMULA_STARTS):
                yield rules.FORMULA.found(
                    self._table.file.name,
                    "looks like a spreadsheet formula; it is kept as text and never run.",
                    "Check the cell.",
                    row=number,
                    column=column.name,
                    value=text,
                )


def _empty(column: Column) -> Refused | None:
    if column.required != ALWAYS:
        return None
    return Refused(rules.REQUIRED, "the cell is empty.", f"Allowed: {column.kind.allowed}.")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)
