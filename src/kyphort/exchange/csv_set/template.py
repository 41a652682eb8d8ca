"""The files of an empty data set, and of a small filled one, as texts by name."""

from importlib.resources import files

from kyphort.exchange.csv_set.columns import (
    CSV_FILES,
    DESCRIPTION_ENTRIES,
    DESCRIPTION_FILE,
    FILE_NAMES,
    CsvFile,
)
from kyphort.exchange.csv_set.writer import csv_text

OPTIONAL_FOLDER = "optional"
"""Where an empty data set keeps the files that a centre may leave out."""

_UNFILLED = {
    "name": '""',
    "data_cut_off": '"YYYY-MM-DD"',
    "synthetic": "false",
    "provenance": '""',
    "date_format": '"YYYY-MM-DD"',
}


def template_files() -> dict[str, str]:
    """Return the files of an empty data set: headers, and a description to be filled.

    Files that a data set may lack are apart; one that is filled goes beside the others.

    Examples
    --------
    >>> list(template_files())[:5]
    ['dataset.toml', 'patients.csv', 'vertebrae.csv', 'visits.csv', 'adverse_events.csv']
    >>> "optional/procedures.csv" in template_files()
    True
    >>> template_files()["adverse_events.csv"].partition(",")[0]
    'patient_id'
    """
    return {
        DESCRIPTION_FILE: _description(),
        **{_place(file): csv_text(file, ()) for file in CSV_FILES},
    }


def example_files() -> dict[str, str]:
    """Return the files of a small filled data set; it is synthetic, and every row says so."""
    folder = files("kyphort.exchange.csv_set") / "example"
    return {name: (folder / name).read_bytes().decode() for name in FILE_NAMES}


def _place(file: CsvFile) -> str:
    return f"{OPTIONAL_FOLDER}/{file.name}" if file.is_optional else file.name


def _description() -> str:
    return "\n".join(
        f"# {entry.meaning}: {entry.allowed}. Example: {entry.example}\n"
        f"{entry.name} = {_UNFILLED[entry.name]}\n"
        for entry in DESCRIPTION_ENTRIES
    )
