"""The one results object: every table, figure, sentence and file is made from it.

Fields only, no formulas. Proportions are fractions, times are months; a number that could not be
estimated is None. `as_json` gives the same keys as `results.json`.
"""

from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "kyphort-results/1"


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
class Counts:
    """How many of what."""

    patients: int
    vertebrae: int
    cervical: int
    thoracic: int
    lumbar: int
    sacral: int
    recurrences: int
    recurrences_thoracic: int
    recurrences_lumbar: int
    recurrences_sacral: int
    patients_with_recurrence: int
    deaths: int
    female: int
    male: int
    single_level: int
    two_level: int
    three_level: int
    sacral_patients: int


@dataclass(frozen=True, slots=True)
class Range:
    """Median, smallest and largest."""

    median: float | None
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits."""

    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Landmark:
    """A curve at one time; `at_risk` counts T >= t, as R does."""

    time_months: float
    estimate: float | None
    lower: float | None
    upper: float | None
    std_error: float | None
    at_risk: float


@dataclass(frozen=True, slots=True)
class IncidenceLandmark:
    """A cumulative incidence at one time, beside the 1 - KM that ignores competing events."""

    time_months: float
    estimate: float | None
    lower: float | None
    upper: float | None
    std_error: float | None
    at_risk: float
    one_minus_kaplan_meier: float | None


@dataclass(frozen=True, slots=True)
class RegionCurves:
    """Landmarks of local control for all vertebrae and for the two large regions."""

    all: tuple[Landmark, ...]
    thoracic: tuple[Landmark, ...]
    lumbar: tuple[Landmark, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test between groups; observed and expected events by group."""

    statistic: float | None
    df: int
    p_value: float | None
    observed: dict[str, float]
    expected: dict[str, float]
    method: str


@dataclass(frozen=True, slots=True)
class RecurrenceTime:
    """Times from procedure to recurrence [mo] and how many came after 60 months."""

    median: float | None
    minimum: float | None
    maximum: float | None
    after_60_months: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Observed time [mo] (deaths included, the founding paper's reading) and reverse KM."""

    median: float | None
    minimum: float | None
    maximum: float | None
    reverse_km_median: float | None
    reverse_km_lower: float | None
    reverse_km_upper: float | None


@dataclass(frozen=True, slots=True)
class Recurrences:
    """Recurrences in a group of vertebrae, with exact limits of their proportion."""

    vertebrae: int
    share_of_vertebrae: float
    recurrences: int
    share_of_recurrences: float | None
    proportion: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class EntityRecurrences(Recurrences):
    """The same for a tumour entity, with its patients: a row of Table 1."""

    patients: int
    share_of_patients: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Breast and prostate against all other entities."""

    breast_or_prostate: Recurrences
    others: Recurrences
    difference: Interval
    fisher_p_value: float


@dataclass(frozen=True, slots=True)
class ProportionOf:
    """A count out of n with exact limits."""

    events: int
    n: int
    proportion: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Safety:
    """What went wrong."""

    adverse_events: int
    serious_adverse_events: int
    serious_terms: tuple[str, ...]
    vertebral_compression_fractures: int
    fractures_in_recurrent_prefractured: int
    adjacent_fractures: int
    procedure_related_deaths: ProportionOf


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was given."""

    dose_gy_minimum: float
    dose_gy_maximum: float
    distances_mm: tuple[float, ...]
    maximum_levels: int
    first_year: int
    last_year: int


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Numbers under a curve at each tick; at risk T > t, the others up to t: they sum to n."""

    times_months: tuple[float, ...]
    at_risk: tuple[float, ...]
    censored: tuple[float, ...]
    events: tuple[float, ...]
    competing: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PlottedCurve:
    """One curve of a figure as steps, with its risk table.

    `sparse_from_months` is the time from which fewer than ten units are at risk, None when never.
    """

    label: str
    n: int
    sparse_from_months: float | None
    times_months: tuple[float, ...]
    estimate: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    risk_table: RiskTable


@dataclass(frozen=True, slots=True)
class Curves:
    """What the figures draw."""

    local_control: tuple[PlottedCurve, ...]
    overall_survival: PlottedCurve
    recurrence_incidence: PlottedCurve
    one_minus_kaplan_meier: PlottedCurve
    death_incidence: PlottedCurve


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row behind a curve."""

    row_id: str
    patient_id: str
    levels: str
    time_months: float
    code: int
    reason: str
    record: str
    date: str
    on_day_zero: bool


@dataclass(frozen=True, slots=True)
class EndpointRows:
    """An endpoint's definition with all its rows."""

    title: str
    definition: str
    unit: str
    rows: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class ComparedNumber:
    """One printed number beside the computed one, in the printed unit.

    `can_agree` is False for a misprint that no cohort returns; `erratum` then says why.
    """

    id: str
    text: str
    place: str
    unit: str
    printed: str
    computed: Any
    agrees: bool
    can_agree: bool
    erratum: str | None


@dataclass(frozen=True, slots=True)
class Erratum:
    """A clerical contradiction or tension of the print, with its arithmetic."""

    place: str
    kind: str
    statement: str
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Determination:
    """Whether the print determines a value, and within what bounds.

    `kind` is observed, printed, proved or range. `bounds_proved` tells bounds that no cohort with
    the printed numbers can leave from bounds seen over reconstructed cohorts.
    """

    kind: str
    low: float | None
    high: float | None
    verdict: str | None
    bounds_proved: bool
    why: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the report says."""

    provenance: Provenance
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
    logrank_thoracic_lumbar: Comparison
    logrank_thoracic_lumbar_cluster_robust: Comparison
    logrank_distance: Comparison
    time_to_recurrence_months: RecurrenceTime
    follow_up_months: FollowUp
    follow_up_definition: str
    sacral_death_weeks: float | None
    table_sums: tuple[int, int, int]
    by_distance_mm: dict[str, Recurrences]
    by_region: dict[str, Recurrences]
    by_level: dict[str, Recurrences]
    by_entity: dict[str, EntityRecurrences]
    breast_prostate: Contrast
    safety: Safety
    curves: Curves
    endpoint_rows: dict[str, EndpointRows]
    comparison: tuple[ComparedNumber, ...] = ()
    errata: tuple[Erratum, ...] = ()
    determination: dict[str, Determination] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return nested dictionaries and lists, as `results.json` holds them."""
        return {"schema": SCHEMA, **asdict(self)}
