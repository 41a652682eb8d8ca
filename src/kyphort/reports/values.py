"""The values that the results object is made of: fields only, no formulas."""

from dataclasses import dataclass
from typing import Any


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
    """Observed time [mo] (deaths included, the founding paper's reading) and reverse KM.

    `not_lost` is the share of patients who died or were followed to the data cut-off; Clark's C,
    C* and simplified person-time compare observed with potential person-time.
    """

    median: float | None
    minimum: float | None
    maximum: float | None
    reverse_km_median: float | None
    reverse_km_lower: float | None
    reverse_km_upper: float | None
    not_lost: float | None
    clark_c: float | None
    modified_clark_c: float | None
    simplified_person_time: float | None


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
class Permutation:
    """A log-rank test by exchanging labels between patients with equally many levels."""

    p_value: float | None
    permutations: int
    seed: int
    patients: int
    informative_patients: int
    method: str


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Local control of groups of vertebrae: counts with exact limits, and tests.

    `difference` (first group less second, Newcombe limits) and `fisher_p_value` need two groups.
    Where the tests are None, `why_not` says why.
    """

    title: str
    variable: str
    groups: dict[str, Recurrences]
    logrank: Comparison | None
    logrank_cluster_robust: Comparison | None
    permutation: Permutation | None
    difference: Interval | None
    fisher_p_value: float | None
    why_not: str | None


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """Local control at the landmarks under one set of decisions."""

    label: str
    changed: str
    events: int
    landmarks: tuple[Landmark, ...]


@dataclass(frozen=True, slots=True)
class IntervalLandmark(Landmark):
    """The interval-censored curve at one time, beside Kaplan–Meier of the same rows.

    The data leave open where between `lowest` and `estimate` the curve lies; `at_risk` counts units
    seen free of the event at that time or later.
    """

    lowest: float | None
    kaplan_meier: float | None


@dataclass(frozen=True, slots=True)
class EventsAllowRow:
    """What the events of a comparison can show of one group against the reference.

    If the groups are alike, limits are about the estimate divided and multiplied by `limit_factor`;
    `detectable_ratio` would be found with a power of 80 %. The hazard ratio is Firth's, with
    profile limits that take vertebrae as independent and with robust ones; `no_difference` says
    whether both exclude a doubling and a halving. Where nothing could be fitted `why_not` says why.
    """

    group: str
    reference: str
    events: int
    parameters: int
    events_per_parameter: float
    limit_factor: float | None
    detectable_ratio: float | None
    events_to_exclude_doubling: int
    hazard_ratio: float | None
    lower: float | None
    upper: float | None
    robust_lower: float | None
    robust_upper: float | None
    no_difference: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class ModelTerm:
    """One line of a regression: a ratio or a difference, as the model's `measure` says."""

    name: str
    estimate: float | None
    lower: float | None
    upper: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A regression of the study file; without terms, `why_not` says why.

    Where the method has them: the p value of the test of proportional hazards, the concordance, and
    the variance of the frailty.
    """

    title: str
    endpoint: str
    method: str
    measure: str
    rows: int
    events: int
    clusters: int | None
    events_per_parameter: float
    terms: tuple[ModelTerm, ...]
    proportional_hazards_p_value: float | None
    concordance: Interval | None
    frailty_variance: Interval | None
    why_not: str | None


@dataclass(frozen=True, slots=True)
class OverdueLandmark:
    """Vertebrae in follow-up at a time, and how many had no scan since the last one was due."""

    time_months: float
    followed: int
    overdue: int
    share: float | None


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """Agreement of readers at one site, with exact limits."""

    site: str
    compared: int
    agreeing: int
    proportion: float | None
    lower: float | None
    upper: float | None
    adjudicated: int
    unresolved: int


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One level of one scan that readers saw differently."""

    patient_id: str
    date: str
    level: str
    site: str
    readings: str
    adjudicated: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be estimated, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class DataFinding:
    """A doubt about the data that does not stop an analysis."""

    severity: str
    place: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class QualityRow:
    """How often one rule of data quality fired, and about how many patients."""

    severity: str
    rule: str
    meaning: str
    findings: int
    patients: int


@dataclass(frozen=True, slots=True)
class FilledRow:
    """In how many of its records a field says something."""

    record: str
    field: str
    filled: int
    records: int
    share: float


@dataclass(frozen=True, slots=True)
class ProportionOf:
    """A count out of n with exact limits."""

    events: int
    n: int
    proportion: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class PainRow:
    """Pain at one nominal visit: change from baseline in NRS points, negative for relief.

    `pairs` patients have both scores; `hodges_lehmann` is the shift with its limits, `p_value`
    that of the signed-rank test. Responders by the trial's and by the consensus definition.
    """

    visit: str
    patients: int
    assessed: int
    dead: int
    not_assessed: int
    not_yet_due: int
    pairs: int
    median_change: float | None
    hodges_lehmann: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    reason: str
    treated_again: int
    responders_trial: ProportionOf | None
    responders_consensus: ProportionOf | None
    complete_consensus: ProportionOf | None


@dataclass(frozen=True, slots=True)
class ComparatorRow:
    """A published result of another treatment, and why it is not comparable one to one."""

    treatment: str
    endpoint: str
    population: str
    result: str
    source: str
    verified: bool
    why_not_comparable: str


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
    the printed numbers can leave from bounds seen over reconstructed cohorts. `seen` is the range
    over `cohorts` reconstructed cohorts, beyond which the true extremes may lie.
    """

    kind: str
    low: float | None
    high: float | None
    verdict: str | None
    bounds_proved: bool
    why: str
    seen: tuple[float, float] | None = None
    cohorts: int = 0


@dataclass(frozen=True, slots=True)
class SourceComparison:
    """An indirect comparison of local control with the own cohort: cluster-robust log-rank test."""

    statistic: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One of several cohorts side by side; the first is the own one, without a comparison."""

    source: str
    synthetic: bool
    patients: int
    vertebrae: int
    recurrences: int
    deaths: int
    local_control: tuple[Landmark, ...]
    overall_survival: tuple[Landmark, ...]
    against_own: SourceComparison | None


@dataclass(frozen=True, slots=True)
class SourceUnit:
    """One vertebra of one source: its time to recurrence or censoring."""

    source: str
    synthetic: bool
    row_id: str
    time_months: float
    code: int
    reason: str
