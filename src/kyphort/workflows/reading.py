"""Reading data: the folder of a data set, or a registry file."""

from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import FaultyDataError
from kyphort.exchange.csv_set import Finding
from kyphort.registry import read_registry
from kyphort.wording import counted
from kyphort.workflows.check import check_data


def read_data(data: Path) -> tuple[Cohort, tuple[Finding, ...]]:
    """Return the cohort of a data set folder or registry file, and the doubts about it.

    Raises
    ------
    FaultyDataError
        When the data set has errors; it carries them all.
    RegistryError
        When `data` is a file but not a registry.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> cohort, doubts = read_data(dataset_folder("bludau2020"))
    >>> len(cohort.patients), doubts
    (104, ())
    """
    if data.is_file():
        return read_registry(data), ()
    checked = check_data(data)
    if checked.cohort is None:
        raise FaultyDataError(
            f"{data} has {counted(len(checked.errors), 'error')}: nothing was written. Mend "
            f"{'it' if len(checked.errors) == 1 else 'them'} and check again with: kyphort check "
            f"{data}",
            tuple(one.line for one in checked.errors),
        )
    return checked.cohort, (*checked.warnings, *checked.notes)
