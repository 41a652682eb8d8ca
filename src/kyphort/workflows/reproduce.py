"""Reproduce a publication: registry, endpoints, estimates, report, printed beside computed."""

from dataclasses import dataclass
from pathlib import Path

from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import read_study
from kyphort.published import dataset_folder, load, study_file
from kyphort.registry import create_registry, read_registry
from kyphort.registry.place import shown_place
from kyphort.reports.results import Results
from kyphort.workflows.comparison import compare
from kyphort.workflows.estimates import estimate
from kyphort.workflows.provenance import DataSource, provenance_of
from kyphort.workflows.staging import staged_folder
from kyphort.workflows.writing import write_report

REGISTRY_FILE = "registry.db"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came out: the results, and the folder that holds report, figures and tables."""

    results: Results
    folder: Path

    @property
    def agrees(self) -> bool:
        """Whether every printed number that can agree does."""
        return all(one.agrees for one in self.results.comparison if one.can_agree)


def reproduce(
    publication_id: str, out: Path, *, registry: str | Path | None = None
) -> Reproduction:
    """Reproduce a publication from a registry and write the report into the folder `out`.

    Without `registry` the publication's data set is loaded into a new registry file in `out`. All
    numbers are derived from the registry; the printed ones are only compared with.

    Raises
    ------
    UnknownPublicationError
        When kyphort does not carry the publication.
    RegistryError
        When `registry` is not a registry file.
    InvalidDataError
        When its rows contradict each other.
    OutputError
        When `out` cannot be written, or holds files that kyphort did not make.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = reproduce("bludau2020", Path(folder) / "out")
    ...     done.agrees, done.results.counts.recurrences
    (True, 10)
    """
    publication = load(publication_id)
    with staged_folder(out) as stage:
        kept = stage / REGISTRY_FILE
        if registry is None:
            create_registry(kept, read_csv_set(dataset_folder(publication_id)))
            cohort = read_registry(kept)
        else:
            # The records only: keys, identities and history stay where they are.
            cohort = read_registry(registry)
            create_registry(kept, cohort)
        study = read_study(study_file(publication_id))
        source = DataSource(
            publication=f"{publication.citation} doi:{publication.doi}",
            registry=REGISTRY_FILE if registry is None else shown_place(registry),
        )
        provenance = provenance_of(cohort, study, source)
        results = estimate(cohort, study, provenance, f"{publication_id}/study.toml")
        results = compare(results, publication)
        write_report(results, stage)
    return Reproduction(results, out)
