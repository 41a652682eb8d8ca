"""Reading the data set into a cohort."""

from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set.check import check_csv_set


def read_csv_set(folder: Path) -> Cohort:
    """Read `dataset.toml` and the CSV files of `folder` into a cohort.

    Raises
    ------
    InvalidDataError
        When the check of the data set finds an error. The message names file, row and column of
        the first one, and says how many others there are; `check_csv_set` returns them all.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> len(cohort.patients), len(cohort.vertebrae)
    (104, 143)
    """
    return check_csv_set(folder).valid_cohort()
