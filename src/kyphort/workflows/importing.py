"""Importing foreign data: read, map, check, write all or nothing, account for every row."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import write_csv_set
from kyphort.exchange.mapping import (
    FieldKind,
    Mapping,
    Reconciliation,
    Source,
    SourceFile,
    apply_mapping,
    mapping_text,
    propose_mapping,
    read_mapping,
)
from kyphort.exchange.mapping.map_text import Remarks
from kyphort.exchange.mapping.propose import Form
from kyphort.exchange.mapping.selection import structure_findings
from kyphort.exchange.redcap import read_dictionary, read_exports, read_repetition
from kyphort.exchange.redcap.dictionary import DataDictionary, all_fields
from kyphort.exchange.redcap.project import read_missing_codes
from kyphort.exchange.redcap.repetition import Repetition
from kyphort.exchange.statistics_files.contents import SUFFIXES
from kyphort.exchange.statistics_files.read import read_statistics_files
from kyphort.reports.spreadsheet import harmless
from kyphort.workflows.folders import check_is_free, check_is_new, new_folder, write_new_file

RECONCILIATION_FILES = ("reconciliation.json", "reconciliation.csv", "reconciliation.txt")


def import_redcap(
    exports: Sequence[Path],
    dictionary: Path,
    map_file: Path,
    out: Path,
    *,
    project: Path | None = None,
    account: Path | None = None,
    leave_out_faulty: bool = False,
    today: dt.date | None = None,
) -> Reconciliation:
    """Import the exports of a REDCap project into the new data set folder `out`.

    `project` is the file of the project's settings, from which its codes for missing data are
    taken, beside those that the map names.

    The account of every row and change is returned, and saved with the data; with errors nothing
    is written, but for the account in the folder `account` if one is given.

    Raises
    ------
    InvalidDataError
        When the dictionary or the map cannot be used.
    OutputError
        When `out` or `account` cannot be written to, or holds anything.
    """
    _check_names(exports)
    mapping = _map_for("redcap", map_file)
    codes = () if project is None else read_missing_codes(project)
    source = read_exports(exports, read_dictionary(dictionary), missing_codes=codes)
    return _import(source, mapping, out, account, leave_out_faulty, today)


def import_statistics_files(
    files: Sequence[Path],
    map_file: Path,
    out: Path,
    *,
    account: Path | None = None,
    leave_out_faulty: bool = False,
    today: dt.date | None = None,
) -> Reconciliation:
    """Import files of SPSS, Stata or SAS into the new data set folder `out`.

    See `import_redcap`.
    """
    _check_names(files)
    mapping = _map_for("statistics_file", map_file)
    source = read_statistics_files(files)
    return _import(source, mapping, out, account, leave_out_faulty, today)


def _check_names(paths: Sequence[Path]) -> None:
    """Refuse two files of one name: nobody could tell their rows apart in the account."""
    names = [path.name for path in paths]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidDataError(
            f"Two files are called {twice}: their rows could not be told apart. Rename one."
        )


def _map_for(kind: str, map_file: Path) -> Mapping:
    mapping = read_mapping(map_file)
    if mapping.source != kind:
        raise InvalidDataError(
            f"{map_file} is a map for source = '{mapping.source}', not for '{kind}'. Give the map "
            "of this source, or make one with: kyphort map new"
        )
    return mapping


def _import(  # noqa: PLR0917 - the two public functions hand over all they have
    source: Source,
    mapping: Mapping,
    out: Path,
    account: Path | None,
    leave_out_faulty: bool,
    today: dt.date | None,
) -> Reconciliation:
    for folder in filter(None, (out, account)):
        check_is_free(folder)
    imported = apply_mapping(source, mapping, leave_out_faulty=leave_out_faulty, today=today)
    if account is not None:
        with new_folder(account) as stage:
            save_reconciliation(imported.reconciliation, stage)
    if imported.cohort is not None:
        with new_folder(out) as stage:
            write_csv_set(imported.cohort, stage)
            save_reconciliation(imported.reconciliation, stage)
    return imported.reconciliation


def save_reconciliation(found: Reconciliation, folder: Path) -> None:
    """Write the account as JSON, as a table and in words; no cell of the table is a formula."""
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\r\n").writerows(map(harmless, row) for row in found.table())
    contents = (
        json.dumps(found.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        table.getvalue(),
        found.text(limit=0) + "\n",
    )
    for name, text in zip(RECONCILIATION_FILES, contents, strict=True):
        (folder / name).write_bytes(text.encode("utf-8", "backslashreplace"))


def new_map(
    description: Path,
    out: Path,
    *,
    repeating: Path | None = None,
    events: Path | None = None,
    missing_codes: Iterable[str] = (),
) -> int:
    """Propose a map from a data dictionary or a statistics file, and return its open questions.

    Raises
    ------
    InvalidDataError
        When `description` cannot be read, or nothing in it resembles the data set.
    OutputError
        When `out` exists, or cannot be written to.
    """
    check_is_new(out)
    if description.suffix.casefold() in SUFFIXES:
        mapping, remarks = _proposed_from_file(description)
    else:
        dictionary = read_dictionary(description)
        repetition = read_repetition(repeating, events)
        mapping, remarks = propose_mapping(
            "redcap",
            _forms(dictionary, repetition),
            record_field=dictionary.record_field,
            missing_codes=missing_codes,
        )
    if not mapping.rows:
        raise InvalidDataError(
            f"{description} has no fields that resemble a data set: no level, no date of a "
            "procedure. Give the dictionary of the right project, or write the map by hand."
        )
    write_new_file(out, mapping_text(mapping, remarks))
    return sum(one.is_open for one in remarks.values())


def _proposed_from_file(path: Path) -> tuple[Mapping, Remarks]:
    source = read_statistics_files([path])
    errors = [one for one in source.findings if one.rule == "KI-FILE"]
    if errors:
        raise InvalidDataError(errors[0].line)
    values = {
        name: frozenset(filter(None, (row.texts[name] for row in source.rows)))
        for name, field in source.fields.items()
        if field.kind is FieldKind.TEXT
    }
    form = Form("", tuple(source.fields.values()), values=values)
    return propose_mapping("statistics_file", [form])


def _forms(dictionary: DataDictionary, repetition: Repetition | None) -> list[Form]:
    fields = all_fields(dictionary).values()
    return [
        Form(
            name,
            tuple(one for one in fields if one.form == name),
            False if repetition is None else repetition.repeats(name),
            () if repetition is None else repetition.events_of(name),
        )
        for name in dictionary.forms
    ]


def check_map(map_file: Path, description: Path | None) -> tuple[Mapping, tuple[str, ...]]:
    """Read a map and return it with what the source that `description` describes does not have.

    Raises
    ------
    InvalidDataError
        When the map is faulty, or the description cannot be read.
    """
    mapping = read_mapping(map_file)
    if description is None:
        return mapping, ()
    source = described_source(description)
    return mapping, tuple(one.line for one in structure_findings(source, mapping))


def described_source(description: Path) -> Source:
    """Return the fields of a data dictionary or a statistics file, with no row."""
    if description.suffix.casefold() in SUFFIXES:
        return read_statistics_files([description])
    dictionary = read_dictionary(description)
    fields = all_fields(dictionary)
    file = SourceFile(dictionary.name, tuple(fields), 0, "")
    return Source("redcap", (file,), fields, (), dictionary.forms, dictionary.record_field)
