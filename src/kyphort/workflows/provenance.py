"""Where a report's numbers come from, enough to make them again."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass

from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.protocol import Study
from kyphort.reports.results import Provenance
from kyphort.units import DAYS_PER_MONTH

CONFIDENCE_LEVEL = 0.95
"""The level of every limit in a report."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """The publication that is reproduced, if any, and the file or folder that was read."""

    publication: str
    registry: str


def provenance_of(cohort: Cohort, study: Study, source: DataSource) -> Provenance:
    """Describe the data and the programme behind a report."""
    return Provenance(
        kyphort_version=__version__,
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        publication=source.publication,
        dataset=cohort.name,
        synthetic=cohort.synthetic,
        dataset_provenance=cohort.provenance,
        data_cut_off=cohort.data_cut_off.isoformat(),
        data_sha256=content_hash(cohort),
        registry=source.registry,
        seed=study.seed,
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
