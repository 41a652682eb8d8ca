"""The one results object: every table, figure, sentence and file is made from it.

Fields only, no formulas. Proportions are fractions, times are months; a number that could not be
estimated is None. `as_json` gives the same keys as `results.json`.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from kyphort.reports.values import (
    ComparatorRow,
    ComparedNumber,
    Comparison,
    Counts,
    DataFinding,
    Determination,
    EndpointRows,
    EntityRecurrences,
    Erratum,
    EventRow,
    EventsAllowRow,
    FilledRow,
    FollowUp,
    GroupComparison,
    IncidenceLandmark,
    Interval,
    IntervalLandmark,
    Landmark,
    Missing,
    ModelResult,
    ModelTerm,
    OverdueLandmark,
    PainRow,
    Permutation,
    PlottedCurve,
    ProportionOf,
    QualityRow,
    Range,
    ReaderRow,
    ReadingRow,
    Recurrences,
    RecurrenceTime,
    RiskTable,
    Safety,
    SensitivityRow,
    SourceComparison,
    SourceRow,
    SourceUnit,
    Treatment,
)

SCHEMA = "kyphort-results/1"
THORACIC_LUMBAR = "thoracic_lumbar"
"""The comparison of the two large regions, by its id in the study file."""


__all__ = [
    "SCHEMA",
    "THORACIC_LUMBAR",
    "ComparatorRow",
    "ComparedNumber",
    "Comparison",
    "Counts",
    "Curves",
    "DataFinding",
    "Determination",
    "EndpointRows",
    "EntityRecurrences",
    "Erratum",
    "EventRow",
    "EventsAllowRow",
    "FilledRow",
    "FollowUp",
    "GroupComparison",
    "IncidenceLandmark",
    "Interval",
    "IntervalLandmark",
    "Landmark",
    "Missing",
    "ModelResult",
    "ModelTerm",
    "OverdueLandmark",
    "PainRow",
    "Permutation",
    "PlottedCurve",
    "ProportionOf",
    "Provenance",
    "QualityRow",
    "Range",
    "ReaderRow",
    "ReadingRow",
    "RecurrenceTime",
    "Recurrences",
    "RegionCurves",
    "Results",
    "RiskTable",
    "Safety",
    "SensitivityRow",
    "SourceComparison",
    "SourceRow",
    "SourceUnit",
    "StudyChoices",
    "Treatment",
]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from, enough to make them again."""

    kyphort_version: str
    created: str
    publication: str
    dataset: str
    synthetic: bool
    dataset_provenance: str
    data_cut_off: str
    data_sha256: str
    registry: str
    seed: int | None
    month_days: float
    confidence_level: float
    interval_method: str


@dataclass(frozen=True, slots=True)
class RegionCurves:
    """Landmarks of local control for all vertebrae and for the two large regions."""

    all: tuple[Landmark, ...]
    thoracic: tuple[Landmark, ...]
    lumbar: tuple[Landmark, ...]


@dataclass(frozen=True, slots=True)
class StudyChoices:
    """What the study file decided, as the report says it."""

    title: str
    file: str
    time_unit: str
    unit_in_months: float
    landmarks_months: tuple[float, ...]
    local_control_unit: str
    censoring: str
    death: str
    retreatment: str
    indeterminate: str


@dataclass(frozen=True, slots=True)
class Curves:
    """What the figures draw."""

    local_control: tuple[PlottedCurve, ...]
    overall_survival: PlottedCurve
    recurrence_incidence: PlottedCurve
    one_minus_kaplan_meier: PlottedCurve
    death_incidence: PlottedCurve


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the report says."""

    provenance: Provenance
    study: StudyChoices
    counts: Counts
    shares: dict[str, float]
    age_years: Range
    treatment: Treatment
    local_control: RegionCurves
    local_control_cluster_robust: RegionCurves
    local_control_at_last_assessment: tuple[Landmark, ...]
    overall_survival: tuple[Landmark, ...]
    median_survival_months: Interval
    recurrence_cumulative_incidence: tuple[IncidenceLandmark, ...]
    death_cumulative_incidence: tuple[Landmark, ...]
    lpfs_seed: tuple[Landmark, ...]
    lpfs_composite: tuple[Landmark, ...]
    restricted_mean_months: dict[str, Interval]
    time_to_recurrence_months: RecurrenceTime
    follow_up_months: FollowUp
    follow_up_definition: str
    sacral_death_weeks: float | None
    table_sums: tuple[int, int, int]
    by_distance_mm: dict[str, Recurrences]
    by_region: dict[str, Recurrences]
    by_level: dict[str, Recurrences]
    by_entity: dict[str, EntityRecurrences]
    by_stratum: dict[str, dict[str, Recurrences]]
    comparisons: dict[str, GroupComparison]
    sensitivity: tuple[SensitivityRow, ...]
    overdue_scans: tuple[OverdueLandmark, ...]
    readers: tuple[ReaderRow, ...]
    readings: tuple[ReadingRow, ...]
    missing: tuple[Missing, ...]
    pain: tuple[PainRow, ...]
    safety: Safety
    curves: Curves
    endpoint_rows: dict[str, EndpointRows]
    interval_censored_local_control: tuple[IntervalLandmark, ...] = ()
    events_allow: dict[str, tuple[EventsAllowRow, ...]] = field(default_factory=dict)
    models: dict[str, ModelResult] = field(default_factory=dict)
    comparators: tuple[ComparatorRow, ...] = ()
    sources: tuple[SourceRow, ...] = ()
    source_curves: tuple[PlottedCurve, ...] = ()
    source_rows: tuple[SourceUnit, ...] = ()
    data_findings: tuple[DataFinding, ...] = ()
    quality: tuple[QualityRow, ...] = ()
    filled: tuple[FilledRow, ...] = ()
    comparison: tuple[ComparedNumber, ...] = ()
    errata: tuple[Erratum, ...] = ()
    determination: dict[str, Determination] | None = None

    @property
    def local_control_is_known(self) -> bool:
        """Whether anybody looked, so that there is a rate of local control to show."""
        return any(one.estimate is not None for one in self.local_control.all)

    def as_json(self) -> dict[str, Any]:
        """Return nested dictionaries and lists, as `results.json` holds them.

        The log-rank test of thoracic against lumbar levels stands at the top as well.
        """
        content = {"schema": SCHEMA, **asdict(self)}
        regions = content["comparisons"].get(THORACIC_LUMBAR)
        if regions is not None:
            content["logrank_thoracic_lumbar"] = regions["logrank"]
        return content
