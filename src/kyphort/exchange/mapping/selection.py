"""Which rows a block of the map reads, and whether the source has what the map reads."""

import difflib
from collections.abc import Iterable, Iterator

from kyphort.exchange.csv_set import Finding
from kyphort.exchange.csv_set.findings import listed, shown
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.map_file import Mapping, RowsMap
from kyphort.exchange.mapping.source import Source, SourceRow
from kyphort.wording import counted


def structure_findings(source: Source, mapping: Mapping) -> Iterator[Finding]:
    """Yield the forms and fields that the map reads and the source has not."""
    present = {name for file in source.files for name in file.columns}
    for number, block in enumerate(mapping.rows, start=1):
        place = f"rows block {number} ({block.file})"
        if block.form and block.form not in source.forms:
            yield rules.FORM_MISSING.found(
                mapping.name,
                f"{place} reads '{block.form}', which the source has not."
                f"{_guess(block.form, source.forms)}",
                "Correct the form in the map, or give the file that holds it.",
            )
            continue
        missing = [name for name in block.fields if name not in present]
        own = [name for name in block.fields if name != source.record_field]
        if missing and set(missing) >= set(own):
            yield rules.FORM_MISSING.found(
                mapping.name,
                f"{place} reads {counted(len(missing), 'field')} ({listed(missing)}), and no file "
                f"has any of them.",
                "Give the file that holds them, or correct the map.",
            )
            continue
        for name in missing:
            yield rules.FIELD_MISSING.found(
                mapping.name,
                f"{place} reads '{shown(name)}', which no file of the source has."
                f"{_guess(name, present)}",
                "Correct the field in the map, or export it too.",
                column=name,
            )


def _guess(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean '{near[0]}'?" if near else ""


def rows_of(source: Source, block: RowsMap) -> tuple[list[SourceRow], list[Finding]]:
    """Return the rows that a block reads, in their order, and what is odd about them.

    A repeating form is read from the rows of its instances. A file that holds the form without the
    columns of repetition, as some exports do, is read row by row.
    """
    if source.kind != "redcap":
        return [row for row in source.rows if not block.form or row.form == block.form], []
    rows = _within(source, block)
    instances = [row for row in rows if block.form and row.form == block.form]
    if block.repeating is False:
        return [row for row in rows if not row.form], list(_odd_instances(block, instances))
    repeats = {id(row) for row in rows if not row.form and row.instance}
    repeats |= {id(row) for row in instances}
    single = [row for row in rows if not row.form and id(row) not in repeats]
    if block.repeating:
        single = [row for row in single if _is_filled(row, block, source)]
    chosen = repeats | {id(row) for row in single}
    notes = _without_columns(single, block) if block.repeating else []
    return [row for row in rows if id(row) in chosen], notes


def _within(source: Source, block: RowsMap) -> list[SourceRow]:
    """Return the rows of the files and events that hold the fields of a block."""
    fields = set(block.fields)
    own = fields - {source.record_field}
    holders = {file.name for file in source.files if (own or fields) & set(file.columns)}
    return [
        row
        for row in source.rows
        if row.file in holders and (not block.events or row.event in block.events)
    ]


def _is_filled(row: SourceRow, block: RowsMap, source: Source) -> bool:
    return any(source.is_filled(row, name) for name in block.fields if name != source.record_field)


def _without_columns(rows: list[SourceRow], block: RowsMap) -> list[Finding]:
    if not rows:
        return []
    say = "says" if len(rows) == 1 else "say"
    return [
        rules.NO_REPEAT_COLUMNS.found(
            rows[0].file,
            f"'{block.form}' repeats, but {counted(len(rows), 'row')} of it {say} no instance; "
            "each counts as one.",
            "",
            row=rows[0].number,
        )
    ]


def _odd_instances(block: RowsMap, instances: list[SourceRow]) -> Iterator[Finding]:
    for row in instances[:1]:
        yield rules.FORM_REPEATS.found(
            row.file,
            f"'{block.form}' repeats here, but the map says repeating = false.",
            "Write repeating = true in the map, or correct the export.",
            row=row.number,
        )
