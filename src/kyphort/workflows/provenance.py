"""Where a report's numbers come from, enough to make them again."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from kyphort import __version__
from kyphort.clinical import Cohort
from kyphort.clinical.records import RECORDS
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
    """Return the SHA-256 of the cohort's rows in canonical order, whatever file held them.

    Data without any of the fields and records that came later keep the hash that they had.
    """
    rows = (row for kind in RECORDS if not kind.within for row in cohort.records(kind))
    text = "\n".join(json.dumps(_content(row), default=str, sort_keys=True) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()


_ADDED_LATER = frozenset(
    ("vital_status_source", "cause_of_death", "trigger", "clavien_dindo", "seriousness", "cause")
)
"""Fields that the first records had not; where they are unknown they are left out."""


def _content(row: Any) -> dict[str, Any]:  # noqa: ANN401 - any record
    return {
        name: value
        for name, value in asdict(row).items()
        if value is not None or name not in _ADDED_LATER
    }
