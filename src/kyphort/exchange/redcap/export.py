"""A cohort as the files of a REDCap project: dictionary, records, repetition, and the way back."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set.rows import rows_of_cohort
from kyphort.exchange.mapping.map_file import Mapping
from kyphort.exchange.mapping.map_text import mapping_text
from kyphort.exchange.mapping.source_dates import SourceDates
from kyphort.exchange.redcap.dictionary import dictionary_text
from kyphort.exchange.redcap.exports import REPEAT_FORM, REPEAT_INSTANCE
from kyphort.exchange.redcap.instruments import (
    RECORD_FIELD,
    Instrument,
    instruments,
    project_dictionary,
    project_rows,
    value_of,
)

DICTIONARY_FILE = "data_dictionary.csv"
RECORDS_FILE = "records.csv"
REPETITION_FILE = "repeating_instruments.json"
MAP_FILE = "map.toml"
_COMPLETE = "2"

Texts = dict[str, str]


def redcap_files(cohort: Cohort) -> dict[str, str]:
    """Return the files of a project that holds the cohort, by name.

    The data dictionary makes the project, the repetition says which instruments repeat, the records
    are in the flat shape of an export, and the map leads back: `kyphort import redcap` with these
    files gives the same cohort.

    Raises
    ------
    InvalidDataError
        When a value would not come back from the data set as it is.
    """
    return {
        DICTIONARY_FILE: dictionary_text(project_dictionary()),
        REPETITION_FILE: _repetition(),
        RECORDS_FILE: _records(cohort),
        MAP_FILE: mapping_text(project_map(cohort)),
    }


def project_map(cohort: Cohort) -> Mapping:
    """Return the map that reads the records back."""
    dataset = {
        "name": cohort.name,
        "data_cut_off": cohort.data_cut_off,
        "synthetic": cohort.synthetic,
        "provenance": cohort.provenance,
    }
    return Mapping("redcap", dataset, project_rows(), SourceDates())


def _repetition() -> str:
    rows = [
        {"form_name": one.form, "custom_form_label": ""}
        for one in instruments()
        if one.is_repeating
    ]
    return json.dumps(rows, indent=1) + "\n"


def _records(cohort: Cohort) -> str:
    found = instruments()
    rows = rows_of_cohort(cohort)
    header = [RECORD_FIELD, REPEAT_FORM, REPEAT_INSTANCE]
    for one in found:
        header += [*(variable.name for variable in one.variables), f"{one.form}_complete"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_rows(found, rows))
    return text.getvalue()


def _rows(
    found: tuple[Instrument, ...], rows: MappingOf[str, tuple[Texts, ...]]
) -> Iterator[Texts]:
    """Yield the rows of each patient: the record itself, then every instance."""
    instances: defaultdict[str, list[Texts]] = defaultdict(list)
    numbers: Counter[tuple[str, str]] = Counter()
    for one in found[1:]:
        for row in _of_instrument(one, rows[one.file.name]):
            patient = row[RECORD_FIELD]
            numbers[patient, one.form] += 1
            structure = {
                RECORD_FIELD: patient,
                REPEAT_FORM: one.form,
                REPEAT_INSTANCE: str(numbers[patient, one.form]),
            }
            instances[patient].append(structure | _values(one, row))
    for row in rows[found[0].file.name]:
        yield {RECORD_FIELD: row[RECORD_FIELD]} | _values(found[0], row)
        yield from instances[row[RECORD_FIELD]]


def _of_instrument(instrument: Instrument, rows: tuple[Texts, ...]) -> Iterator[Texts]:
    """Yield the rows of an instrument; pain stands once for each visit."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if instrument.is_added:
            visit = row[RECORD_FIELD], row["visit_date"]
            if visit in seen or not row["pain_nrs"]:
                continue
            seen.add(visit)
        yield row


def _values(instrument: Instrument, row: Texts) -> Texts:
    values = {one.name: value_of(one.declared, row[one.column]) for one in instrument.variables}
    return values | {f"{instrument.form}_complete": _COMPLETE}
