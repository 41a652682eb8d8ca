"""Check a data set: every problem at once, before anything is made of it."""

from pathlib import Path

from kyphort.exchange.csv_set import Checked, check_csv_set


def check_data(data: Path) -> Checked:
    """Check the data set in the folder `data`; nothing is written.

    The result holds all findings, and the cohort unless one of them is an error.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> checked = check_data(dataset_folder("bludau2020"))
    >>> checked.findings, checked.cohort.name
    ((), 'Bludau et al. 2020, reconstructed')
    """
    return check_csv_set(data)
