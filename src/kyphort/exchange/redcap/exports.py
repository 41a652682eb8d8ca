"""Reading the exports of a project: flat, longitudinal, repeating, or split by instrument."""

import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kyphort.exchange.csv_set import Finding
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.csv_set.findings import listed, shown
from kyphort.exchange.csv_set.header import without_separator_line
from kyphort.exchange.csv_set.spellings import fold
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.source import Field, Source, SourceFile, SourceRow
from kyphort.exchange.redcap.branching import hidden_values
from kyphort.exchange.redcap.dictionary import DataDictionary, all_fields
from kyphort.wording import counted

EVENT = "redcap_event_name"
REPEAT_FORM = "redcap_repeat_instrument"
REPEAT_INSTANCE = "redcap_repeat_instance"
_STRUCTURE = (EVENT, REPEAT_FORM, REPEAT_INSTANCE)
_OWN = frozenset(
    (*_STRUCTURE, "redcap_data_access_group", "redcap_survey_identifier", "redcap_event")
)
_SEPARATORS = (",", ";", "\t", "|")
_COMPLETE = {"0": "incomplete", "1": "unverified", "incomplete": "incomplete"} | {
    "unverified": "unverified"
}


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    dictionary: DataDictionary
    fields: dict[str, Field]
    findings: list[Finding] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    rows: list[SourceRow] = field(default_factory=list)

    @property
    def forms(self) -> tuple[str, ...]:
        return self.dictionary.forms


def read_exports(
    paths: Iterable[Path], dictionary: DataDictionary, *, missing_codes: Iterable[str] = ()
) -> Source:
    """Read the exports of one project into one source; what is wrong with them is in its findings.

    `missing_codes` are the project's codes for missing data. Nothing is converted.
    """
    reading = _Reading(dictionary, all_fields(dictionary))
    for path in paths:
        _read_file(path, reading)
    reading.findings += _repeated(reading.rows)
    reading.findings += _incomplete(reading)
    reading.findings += hidden_values(reading.rows, reading.fields)
    return Source(
        "redcap",
        tuple(reading.files),
        reading.fields,
        tuple(reading.rows),
        dictionary.forms,
        dictionary.record_field,
        tuple(reading.findings),
        frozenset(missing_codes),
    )


def _read_file(path: Path, reading: _Reading) -> None:
    text = read_text(path)
    if text.content is None:
        first = text.findings[-1]
        remedy = "Give an export of the records as CSV (raw data)."
        reading.findings.append(rules.FILE.found(path.name, first.message, remedy))
        return
    reading.findings += text.findings
    content = without_separator_line(text.content)
    if not content.strip():
        reading.findings.append(
            rules.CONTENT.found(path.name, "the file is empty.", "Export the records anew.")
        )
        return
    separator = _separator(content, reading.fields)
    lines = _lines(path.name, content, separator, reading)
    header = _header(path.name, lines[0] if lines else [], reading)
    if not header:
        return
    rows = list(_rows(path.name, lines[1:], header, reading))
    if not rows:
        reading.findings.append(
            rules.CONTENT.found(path.name, "no row below the header.", "Export the records anew.")
        )
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    reading.files.append(
        SourceFile(path.name, tuple(name for name in header if name), len(rows), sha256)
    )
    reading.rows += rows


def _separator(content: str, fields: dict[str, Field]) -> str:
    first = next(iter(content.splitlines()), "")
    known = fields.keys() | _OWN
    return max(
        _SEPARATORS,
        key=lambda one: (sum(c.strip(' "') in known for c in first.split(one)), first.count(one)),
    )


def _lines(name: str, content: str, separator: str, reading: _Reading) -> list[list[str]]:
    lines: list[list[str]] = []
    try:
        lines.extend(csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        reading.findings.append(
            rules.QUOTE.found(
                name,
                f"the quotation marks do not match ({error}); the rows from here on were not read.",
                "Export the records anew; do not save an export from a spreadsheet program.",
                row=len(lines) + 1,
            )
        )
    return lines


def _header(name: str, cells: list[str], reading: _Reading) -> list[str]:
    """Return the field of each column, "" where it is none; empty when the file is another's."""
    record = reading.dictionary.record_field
    labels = Counter(fold(one.label) for one in reading.fields.values() if one.label)
    by_label = {
        fold(one.label): one.name
        for one in reading.fields.values()
        if one.label and labels[fold(one.label)] == 1
    }
    complete = {f"{form}_complete" for form in reading.forms}
    known = reading.fields.keys() | _OWN | complete
    header: list[str] = []
    findings: list[Finding] = []
    for cell in cells:
        plain = cell.strip()
        found = plain if plain in known else by_label.get(fold(plain), "")
        if found and found != plain:
            findings.append(
                rules.COLUMN_LABEL.found(
                    name, f"read as '{found}'.", "", row=1, column="header", value=plain
                )
            )
        if found and found in header:
            findings.append(
                rules.COLUMN_REPEATED.found(
                    name, "the column appears twice.", "Remove one.", row=1, column=found
                )
            )
            found = ""
        if not found and plain and not _is_survey_stamp(plain, reading.forms):
            findings.append(_unknown_column(name, plain, known))
        header.append(found)
    if record not in header:
        reading.findings.append(_no_record(name, cells, record))
        return []
    reading.findings += findings
    return header


def _is_survey_stamp(name: str, forms: tuple[str, ...]) -> bool:
    return name.removesuffix("_timestamp") in forms or name == ""


def _unknown_column(name: str, cell: str, known: Iterable[str]) -> Finding:
    near = difflib.get_close_matches(cell, list(known), n=1, cutoff=0.75)
    guess = f" Did you mean '{near[0]}'?" if near else ""
    return rules.COLUMN_UNKNOWN.found(
        name,
        f"no field of the project; it is not read.{guess}",
        "Export with the raw headers, or give the data dictionary of this project.",
        row=1,
        column="header",
        value=cell,
    )


def _no_record(name: str, cells: list[str], record: str) -> Finding:
    near = difflib.get_close_matches(record, [one.strip() for one in cells], n=1, cutoff=0.7)
    guess = f" There is '{shown(near[0])}'." if near else ""
    return rules.HEADER.found(
        name,
        f"no column '{record}', which names the record in this project.{guess}",
        "Export the records with raw headers, or give the data dictionary of this project.",
        row=1,
    )


def _rows(
    name: str, lines: list[list[str]], header: list[str], reading: _Reading
) -> Iterator[SourceRow]:
    empty: list[int] = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            empty.append(number)
            continue
        texts = {key: cell.strip() for key, cell in zip(header, cells, strict=False) if key}
        if len(cells) != len(header):
            reading.findings.append(
                rules.CELL_COUNT.found(
                    name,
                    f"{counted(len(cells), 'cell')}, but the header has {len(header)}.",
                    "Export the records anew: the file broke off or was edited.",
                    row=number,
                )
            )
        row = _row(name, number, texts, reading.dictionary.record_field)
        reading.findings += _structure(row, reading)
        yield row
    if empty:
        reading.findings.append(
            rules.ROW_EMPTY.found(
                name,
                f"{counted(len(empty), 'empty row')} skipped (row {listed(empty)}).",
                "",
                row=empty[0],
            )
        )


def _row(name: str, number: int, texts: dict[str, str], record: str) -> SourceRow:
    return SourceRow(
        name,
        number,
        texts,
        texts.get(record, ""),
        texts.get(EVENT, ""),
        _form_name(texts.get(REPEAT_FORM, "")),
        texts.get(REPEAT_INSTANCE, "").removesuffix(".0"),
    )


def _form_name(text: str) -> str:
    """Return the name of an instrument; exports with labels write it with capitals and blanks."""
    return fold(text)


def _structure(row: SourceRow, reading: _Reading) -> Iterator[Finding]:
    if not row.record:
        yield rules.RECORD_EMPTY.found(
            row.file,
            f"'{reading.dictionary.record_field}' is empty.",
            "Give the record of the row, or remove the row.",
            row=row.number,
            column=reading.dictionary.record_field,
        )
    if row.form and row.form not in reading.forms:
        near = difflib.get_close_matches(row.form, reading.forms, n=1, cutoff=0.6)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        yield rules.FORM_UNKNOWN.found(
            row.file,
            f"no instrument of the project.{guess}",
            "Give the data dictionary of this project, or correct the row.",
            row=row.number,
            column=REPEAT_FORM,
            value=row.texts.get(REPEAT_FORM, ""),
        )
    if row.instance and not row.instance.isdigit():
        yield rules.FORM_UNKNOWN.found(
            row.file,
            "not the number of an instance.",
            "Write 1, 2, 3 …",
            row=row.number,
            column=REPEAT_INSTANCE,
            value=row.instance,
        )


def _repeated(rows: Iterable[SourceRow]) -> Iterator[Finding]:
    """Yield rows of one file with the key of another; forms without instances repeat freely."""
    seen: dict[tuple[str, ...], SourceRow] = {}
    for row in rows:
        if not row.record or (REPEAT_FORM not in row.texts and REPEAT_INSTANCE not in row.texts):
            continue
        key = (row.file, row.record, row.event, row.form, row.instance)
        first = seen.setdefault(key, row)
        if first is not row:
            words = ", ".join(word for word in key[1:] if word)
            yield rules.ROW_REPEATED.found(
                row.file,
                f"row {first.number} is the same ({shown(words)}).",
                "Remove one of them, or correct the record or the instance.",
                row=row.number,
                column=REPEAT_INSTANCE if row.instance else "",
                value=row.instance,
            )


def _incomplete(reading: _Reading) -> Iterator[Finding]:
    for file in reading.files:
        for form in reading.forms:
            name = f"{form}_complete"
            if name not in file.columns:
                continue
            states = Counter(
                _COMPLETE.get(row.texts.get(name, "").casefold(), "")
                for row in reading.rows
                if row.file == file.name and (row.form == form or not row.form)
            )
            open_states = [
                f"{number} {state}" for state, number in states.items() if state and number
            ]
            if open_states:
                yield rules.INCOMPLETE.found(
                    file.name,
                    f"form '{form}': {' and '.join(sorted(open_states))}.",
                    "They are read all the same.",
                    column=name,
                )
