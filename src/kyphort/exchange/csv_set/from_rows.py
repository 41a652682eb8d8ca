"""A cohort from rows of plain texts by file: the inverse of `rows_of_cohort`."""

import csv
import datetime as dt
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set.columns import CSV_FILES, DESCRIPTION_FILE
from kyphort.exchange.csv_set.reader import read_csv_set
from kyphort.exchange.csv_set.rows import Texts


def cohort_of_rows(
    rows: Mapping[str, Iterable[Texts]],
    *,
    name: str,
    cut_off: dt.date,
    synthetic: bool,
    provenance: str = "De-identified export of kyphort",
) -> Cohort:
    """Return the cohort that the rows describe.

    Raises
    ------
    InvalidDataError
        When they are no valid data set.
    """
    description = (
        f"name = {json.dumps(name)}\n"
        f"data_cut_off = {cut_off.isoformat()}\n"
        f"synthetic = {'true' if synthetic else 'false'}\n"
        f"provenance = {json.dumps(provenance)}\n"
    )
    with tempfile.TemporaryDirectory(prefix="kyphort-rows-") as home:
        folder = Path(home)
        (folder / DESCRIPTION_FILE).write_text(description, encoding="utf-8")
        for file in CSV_FILES:
            found = list(rows.get(file.name, ()))
            if found or not file.is_optional:
                _write(folder / file.name, list(file.by_name), found)
        return read_csv_set(folder)


def _write(path: Path, names: list[str], rows: Iterable[Texts]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
