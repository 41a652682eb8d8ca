"""Exporting a cohort in foreign formats: whole folders, and a list of what a format cannot hold."""

import csv
import io
from dataclasses import astuple, fields
from pathlib import Path

from kyphort.exchange.redcap import redcap_files
from kyphort.exchange.statistics_files import NotHeld, Program, Written, write_statistics_files
from kyphort.reports.spreadsheet import harmless
from kyphort.workflows.folders import new_folder
from kyphort.workflows.reading import read_data

NOT_HELD_FILE = "not_held.csv"


def export_redcap(data: Path, out: Path) -> Written:
    """Write a cohort as a REDCap project: dictionary, records, repetition, and a map back.

    Raises
    ------
    FaultyDataError
        When the data set has errors.
    OutputError
        When `out` cannot be written to, or holds anything.
    """
    cohort, _ = read_data(data)
    files = redcap_files(cohort)
    description = f"{cohort.name}; {cohort.provenance}"
    not_held = (NotHeld("records.csv", None, "", "description", description, "map.toml"),)
    with new_folder(out) as stage:
        for name, text in files.items():
            (stage / name).write_bytes(text.encode())
        _save_not_held(not_held, stage)
    return Written((*files, NOT_HELD_FILE), not_held)


def export_statistics_files(data: Path, out: Path, program: Program) -> Written:
    """Write a cohort for SPSS, Stata or SAS: one file for each file of the data set, and a map.

    Raises
    ------
    FaultyDataError
        When the data set has errors.
    InvalidDataError
        When a text is longer than the format holds.
    OutputError
        When `out` cannot be written to, or holds anything.
    """
    cohort, _ = read_data(data)
    with new_folder(out) as stage:
        written = write_statistics_files(cohort, stage, program)
        _save_not_held(written.not_held, stage)
    return Written((*written.names, NOT_HELD_FILE), written.not_held)


def _save_not_held(found: tuple[NotHeld, ...], folder: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([one.name for one in fields(NotHeld)])
    writer.writerows(map(harmless, astuple(one)) for one in found)
    (folder / NOT_HELD_FILE).write_bytes(text.getvalue().encode())
