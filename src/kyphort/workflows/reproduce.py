"""Reproduce a publication: registry, endpoints, estimates, report, printed beside computed."""

import datetime as dt
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import Publication, dataset_folder, load
from kyphort.registry import create_registry, read_registry
from kyphort.reports.audit import all_rows
from kyphort.reports.files import write_figures, write_page, write_results, write_tables
from kyphort.reports.report import report
from kyphort.reports.results import Provenance, Results
from kyphort.units import DAYS_PER_MONTH
from kyphort.workflows.comparison import compare
from kyphort.workflows.estimates import estimate
from kyphort.workflows.staging import staged_folder

REGISTRY_FILE = "registry.db"
CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came out: the results, and the folder that holds report, figures and tables."""

    results: Results
    folder: Path

    @property
    def agrees(self) -> bool:
        """Whether every printed number that can agree does."""
        return all(one.agrees for one in self.results.comparison if one.can_agree)


def reproduce(publication_id: str, out: Path, *, registry: Path | None = None) -> Reproduction:
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
    ...     done.agrees, round(done.results.logrank_thoracic_lumbar.p_value, 3)
    (True, 0.663)
    """
    publication = load(publication_id)
    with staged_folder(out) as stage:
        kept = stage / REGISTRY_FILE
        if registry is None:
            create_registry(kept, read_csv_set(dataset_folder(publication_id)))
        cohort = read_registry(registry or kept)
        if registry is not None:
            shutil.copyfile(registry, kept)
        provenance = _provenance(publication, cohort, registry)
        results = compare(estimate(cohort, provenance), publication)
        _write(results, stage)
    return Reproduction(results, out)


def _provenance(publication: Publication, cohort: Cohort, registry: Path | None) -> Provenance:
    return Provenance(
        kyphort_version=__version__,
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        publication=f"{publication.citation} doi:{publication.doi}",
        dataset=cohort.name,
        synthetic=cohort.synthetic,
        dataset_provenance=cohort.provenance,
        data_cut_off=cohort.data_cut_off.isoformat(),
        data_sha256=content_hash(cohort),
        registry=REGISTRY_FILE if registry is None else str(registry),
        seed=None,
        month_days=DAYS_PER_MONTH,
        confidence_level=CONFIDENCE_LEVEL,
        interval_method="log-log for curves, Clopper–Pearson for proportions",
    )


def content_hash(cohort: Cohort) -> str:
    """Return the SHA-256 of the cohort's rows in canonical order, whatever file held them."""
    rows = (cohort.patients, cohort.vertebrae, cohort.visits, cohort.adverse_events)
    text = "\n".join(
        json.dumps(asdict(row), default=str, sort_keys=True) for group in rows for row in group
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _write(results: Results, stage: Path) -> None:
    document = report(results)
    write_figures(results, stage / "figures")
    tables = (*document.tables(), *all_rows(results))
    write_tables(tables, stage / "tables", synthetic=results.provenance.synthetic)
    write_results(results, stage / "results.json")
    write_page(document, stage / "figures", stage / "report.html")
