"""A mapping as the text of its file: what `kyphort map new` writes."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from kyphort.exchange.mapping.map_file import MAP_VERSION, ColumnMap, Mapping, RowsMap
from kyphort.exchange.mapping.source_dates import SourceDates


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment in a map; an open one asks for a decision."""

    text: str
    is_open: bool = True

    @property
    def line(self) -> str:
        """The comment as a line of the file."""
        return f"# ? {self.text}" if self.is_open else f"# {self.text}"


OF_DATES = (-1, "dates")
"""Where the remark on the dates of the whole source belongs."""

Remarks = MappingOf[tuple[int, str], Remark]
"""The remark for a block (its index from 0) and a column."""


def mapping_text(mapping: Mapping, remarks: Remarks | None = None) -> str:
    """Return the text of a mapping file, with a remark wherever a person must decide.

    `read_mapping` of the text gives the same mapping, as soon as its description is filled.
    """
    said = remarks or {}
    lines = [
        "# How rows of the source become rows of a kyphort data set. Read every line: a machine",
        "# proposed it, and a person has to answer for it. Lines with ? are open.",
        f"kyphort_map = {MAP_VERSION}",
        f"source = {_text(mapping.source)}",
        "",
        "[dataset]",
        *(f"{name} = {_value(value)}" for name, value in mapping.dataset.items()),
        "",
        "[reading]",
        *([said[OF_DATES].line] if OF_DATES in said else []),
        *_dates(mapping.dates),
        f"missing_codes = {_list(sorted(mapping.missing_codes))}",
    ]
    for index, block in enumerate(mapping.rows):
        lines += ["", *_block(index, block, said)]
    return "\n".join(lines) + "\n"


def description_text(mapping: Mapping) -> str:
    """Return the `dataset.toml` of the data set that a map describes."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in mapping.dataset.items())


def _block(index: int, block: RowsMap, remarks: Remarks) -> Iterator[str]:
    yield "[[rows]]"
    yield f"file = {_text(block.file)}"
    if block.form:
        yield f"form = {_text(block.form)}"
    if block.repeating is not None:
        yield f"repeating = {_value(block.repeating)}"
    if block.events:
        yield f"events = {_list(block.events)}"
    if block.distinct:
        yield f"distinct = {_list(block.distinct)}"
    if block.add_to:
        yield f"add_to = {_list(block.add_to)}"
    if block.when:
        conditions = ", ".join(f"{_key(name)} = {_list(one)}" for name, one in block.when.items())
        yield f"when = {{ {conditions} }}"
    yield "[rows.columns]"
    for column in block.columns:
        if (index, column.column) in remarks:
            yield remarks[index, column.column].line
        yield f"{column.column} = {_column(column)}"
    mapped = {one.column for one in block.columns}
    for (number, name), remark in remarks.items():
        if number == index and name and name not in mapped:
            yield Remark(f"{name}: {remark.text}", remark.is_open).line


def _column(column: ColumnMap) -> str:
    parts = list(_parts(column))
    return _text(column.field) if parts == [f"field = {_text(column.field)}"] else _inline(parts)


def _parts(column: ColumnMap) -> Iterator[str]:
    if column.field:
        yield f"field = {_text(column.field)}"
    elif column.first_of:
        yield f"first_of = {_list(column.first_of)}"
    elif column.age_between:
        yield f"age_between = {_list(column.age_between)}"
    elif column.checked:
        yield f"checked = {_pairs(column.checked)}"
    else:
        yield f"value = {_text(column.value)}"
    if column.codes:
        yield f"codes = {_pairs(column.codes)}"
    if column.dates is not None:
        yield from _dates(column.dates)
    if column.times is not None:
        yield f"times = {column.times:g}"
    if column.instance_of:
        yield f"instance_of = {_text(column.instance_of)}"
    if column.from_record:
        yield "from_record = true"


def _dates(dates: SourceDates) -> Iterator[str]:
    yield f"date_format = {_text(dates.format)}"
    if dates.first_year is not None:
        yield f"two_digit_years_from = {dates.first_year}"


def _inline(parts: Iterable[str]) -> str:
    return f"{{ {', '.join(parts)} }}"


def _pairs(found: MappingOf[str, str]) -> str:
    return _inline(f"{_text(key)} = {_text(value)}" for key, value in found.items())


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else _text(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """Return a TOML basic string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
