"""Analyse a centre's own data: check, derive, estimate, report."""

from dataclasses import dataclass, replace
from pathlib import Path

from kyphort.exchange.csv_set.findings import Finding
from kyphort.protocol import default_study, read_study
from kyphort.registry.place import shown_place
from kyphort.reports.results import DataFinding, Results
from kyphort.workflows.comparison import observed
from kyphort.workflows.estimates import estimate
from kyphort.workflows.provenance import DataSource, provenance_of
from kyphort.workflows.reading import read_data
from kyphort.workflows.staging import staged_folder
from kyphort.workflows.writing import write_report

DEFAULT_STUDY = "defaults"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came out: the results, and the folder that holds report, figures and tables."""

    results: Results
    folder: Path


def analyse(data: str | Path, out: Path, *, study: Path | None = None) -> Analysis:
    """Analyse the data set folder or registry `data` and write the report into `out`.

    Without a study file the defaults of `kyphort.protocol.default_study` hold. Doubts about the
    data that are no errors are kept in the report.

    Raises
    ------
    FaultyDataError
        When the data set has errors; it carries them all, and nothing is written.
    RegistryError
        When `data` is a file but not a registry.
    InvalidDataError
        When the study file is wrong, or the cohort empty.
    OutputError
        When `out` cannot be written, or holds files that kyphort did not make.

    Examples
    --------
    >>> import tempfile
    >>> from kyphort.published import dataset_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = analyse(dataset_folder("bludau2020"), Path(folder) / "out")
    ...     done.results.counts.recurrences, done.results.study.censoring
    (10, 'last_assessment')
    """
    plan = default_study() if study is None else read_study(study)
    cohort, findings = read_data(data)
    with staged_folder(out) as stage:
        source = DataSource(publication="", registry=shown_place(data))
        results = estimate(
            cohort,
            plan,
            provenance_of(cohort, plan, source),
            DEFAULT_STUDY if study is None else study.name,
        )
        results = replace(
            results, data_findings=tuple(map(_doubt, findings)), determination=observed(results)
        )
        write_report(results, stage)
    return Analysis(results, out)


def _doubt(found: Finding) -> DataFinding:
    return DataFinding(
        found.severity.value,
        found.place,
        found.rule,
        found.message,
    )
