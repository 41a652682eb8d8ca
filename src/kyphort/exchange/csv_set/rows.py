"""A cohort as rows of plain texts by file: what other formats write."""

import csv
import tempfile
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set.columns import CSV_FILES
from kyphort.exchange.csv_set.writer import write_csv_set

Texts = dict[str, str]


def rows_of_cohort(cohort: Cohort) -> dict[str, tuple[Texts, ...]]:
    """Return the rows of every CSV file of a data set, each cell as the file holds it.

    Raises
    ------
    InvalidDataError
        When a value would not come back from the data set as it is.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> rows = rows_of_cohort(read_csv_set(dataset_folder("bludau2020")))
    >>> len(rows["vertebrae.csv"]), rows["vertebrae.csv"][0]["dose_gy"]
    (143, '8')
    """
    with tempfile.TemporaryDirectory(prefix="kyphort-rows-") as home:
        folder = Path(home) / "rows"
        write_csv_set(cohort, folder)
        return {one.name: _rows(folder / one.name) for one in CSV_FILES}


def _rows(path: Path) -> tuple[Texts, ...]:
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
