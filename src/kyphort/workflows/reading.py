"""Reading data: the folder of a data set, or a registry."""

import tempfile
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import FaultyDataError
from kyphort.exchange.csv_set import Finding, write_csv_set
from kyphort.registry import read_registry
from kyphort.registry.place import is_url
from kyphort.wording import counted
from kyphort.workflows.check import check_data


def read_data(data: str | Path) -> tuple[Cohort, tuple[Finding, ...]]:
    """Return the cohort of a data set folder or a registry, and the doubts about it.

    A registry is a file or a PostgreSQL URL. Its doubts are those of its export, so that both are
    analysed alike.

    Raises
    ------
    FaultyDataError
        When the data set has errors; it carries them all.
    RegistryError
        When `data` is a file or a URL but not a registry.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> cohort, doubts = read_data(dataset_folder("bludau2020"))
    >>> len(cohort.patients), doubts
    (104, ())
    """
    if is_url(data) or Path(data).is_file():
        cohort = read_registry(data)
        return cohort, _doubts_about(cohort)
    checked = check_data(Path(data))
    if checked.cohort is None:
        raise FaultyDataError(
            f"{data} has {counted(len(checked.errors), 'error')}: nothing was written. Mend "
            f"{'it' if len(checked.errors) == 1 else 'them'} and check again with: kyphort check "
            f"{data}",
            tuple(one.line for one in checked.errors),
        )
    return checked.cohort, (*checked.warnings, *checked.notes)


def _doubts_about(cohort: Cohort) -> tuple[Finding, ...]:
    if not cohort.patients:
        return ()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "export"
        write_csv_set(cohort, folder)
        checked = check_data(folder)
    return (*checked.warnings, *checked.notes)
