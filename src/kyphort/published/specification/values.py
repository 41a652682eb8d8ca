"""The nouns of a specification: what a publication says, in the form that a solver can read."""

from dataclasses import dataclass, replace
from enum import StrEnum

from kyphort.published.specification.printed import Printed
from kyphort.units import DAYS_PER_MONTH


class RowUnit(StrEnum):
    """What one row of a curve stands for: a patient, or a unit (vertebra, lesion) in a patient."""

    PATIENT = "patient"
    UNIT = "unit"


class RiskConvention(StrEnum):
    """Which rows a printed number at risk counts: time >= t, or time > t."""

    AT_LEAST = "at_least"
    BEYOND = "beyond"


class Column(StrEnum):
    """The column of a data set that a group, a table or a list of ages fills."""

    NONE = "none"
    REGION = "region"
    LEVEL = "level"
    ENTITY = "entity"
    SEX = "sex"
    DISTANCE_MM = "distance_mm"
    AGE_YEARS = "age_years"


@dataclass(frozen=True, slots=True)
class Population:
    """How many patients there are, how many units, and how many units a patient has.

    `units_per_patient` maps a number of units to the patients who have so many; empty when it is
    not printed. `maximum_units_per_patient` then limits it.
    """

    patients: int
    units: int
    unit_name: str = "unit"
    units_per_patient: tuple[tuple[int, int], ...] = ()
    maximum_units_per_patient: int = 1

    @property
    def is_clustered(self) -> bool:
        """Whether some patient has more than one unit."""
        return self.units != self.patients


@dataclass(frozen=True, slots=True)
class Group:
    """A group of patients or units; the groups of one partition share no member."""

    id: str
    label: str
    partition: str
    unit: RowUnit
    n: int
    column: Column = Column.NONE


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a curve counts; `censored_by` names the endpoint of the patients that ends observation.

    With `censored_by` a row without event leaves exactly when its patient does.
    """

    id: str
    label: str
    unit: RowUnit
    event: str
    censored_by: str = ""
    maximum_events_per_patient: int = 0
    is_death: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """One Kaplan-Meier curve: what is printed at each of `times`; None where nothing is.

    `survival` in per cent, or as fraction with `unit_of_print` 1; `at_risk` and `events` (events so
    far) are counts; `events_total` counts all events. `coordinates` are digitised points of the
    figure (time, survival as fraction), each right to within `coordinate_tolerance`. A median that
    is not reached is None with `median_not_reached`: the curve never falls below one half.
    """

    id: str
    endpoint: str
    group: str
    n: int
    events_total: int | None
    times: tuple[float, ...]
    survival: tuple[Printed | None, ...]
    at_risk: tuple[int | None, ...]
    events: tuple[int | None, ...]
    lower: tuple[Printed | None, ...]
    upper: tuple[Printed | None, ...]
    limits: str = "log-log"
    unit_of_print: float = 100.0
    shows_failure: bool = False
    risk_convention: RiskConvention = RiskConvention.AT_LEAST
    median: Printed | None = None
    coordinates: tuple[tuple[float, float], ...] = ()
    coordinate_tolerance: float = 0.005
    median_not_reached: bool = False

    def window(self, position: int) -> tuple[float, float] | None:
        """Return the interval of survival, as fraction, that the print at a time allows."""
        printed = self.survival[position]
        if printed is None:
            return None
        low, high = printed.low / self.unit_of_print, printed.high / self.unit_of_print
        if self.shows_failure:
            low, high = 1 - high, 1 - low
        return max(0.0, low), min(1.0, high)

    def with_survival(self, position: int, printed: Printed) -> "Curve":
        """Return the curve with another print at one time."""
        changed = (*self.survival[:position], printed, *self.survival[position + 1 :])
        return replace(self, survival=changed)


@dataclass(frozen=True, slots=True)
class TimeSummary:
    """Median, minimum and maximum of the times to event, or of all times, of an endpoint."""

    id: str
    endpoint: str
    of: str
    median: Printed | None = None
    minimum: Printed | None = None
    maximum: Printed | None = None


@dataclass(frozen=True, slots=True)
class LogRank:
    """A log-rank test of groups of one endpoint with its printed p-value."""

    id: str
    endpoint: str
    groups: tuple[str, ...]
    p: Printed


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """The hazard ratio of `group` against `reference` by Cox regression, with its 95 % limits."""

    id: str
    endpoint: str
    group: str
    reference: str
    value: Printed
    lower: Printed | None = None
    upper: Printed | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A member of a group whose exit is known: its time, and whether it ended in death."""

    id: str
    group: str
    endpoint: str
    time: Printed
    time_in_spec_units: tuple[float, float]
    died: bool


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a cross-table: a category with its patients, units and events."""

    label: str
    patients: int | None
    units: int | None
    events: int | None
    printed_share: tuple[tuple[str, Printed], ...] = ()


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Categories of an attribute; each member has one, so that columns sum to the totals."""

    id: str
    label: str
    unit: RowUnit
    column: Column
    rows: tuple[TableRow, ...]
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage of a count: `printed` of `total`, with its count when that is printed too.

    `erratum` says that the contradiction is known, and why.
    """

    id: str
    printed: Printed
    total: int
    count: int | None = None
    erratum: str = ""


@dataclass(frozen=True, slots=True)
class Partition:
    """Percentages or counts that are said to make up a whole."""

    id: str
    shares: tuple[str, ...]
    counts: tuple[int, ...]
    total: int
    erratum: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, with its standard deviation, of whole numbers: `items` of them for each of `n`."""

    id: str
    mean: Printed
    n: int
    items: int = 1
    sd: Printed | None = None
    erratum: str = ""


@dataclass(frozen=True, slots=True)
class WholeNumbers:
    """Median and range of `n` whole numbers, such as ages in completed years."""

    id: str
    n: int
    median: Printed
    minimum: int | None
    maximum: int | None
    column: Column = Column.NONE
    erratum: str = ""


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What a data set made from the specification says of treatment and dates."""

    first_year: int
    last_year: int
    dose_gy: float
    distance_mm: float
    distance_reference: str
    entity: str


@dataclass(frozen=True, slots=True)
class Specification:
    """A publication as a set of statements about one population."""

    id: str
    title: str
    citation: str
    doi: str
    note: str
    time_unit: str
    population: Population
    groups: tuple[Group, ...]
    endpoints: tuple[Endpoint, ...]
    curves: tuple[Curve, ...]
    time_summaries: tuple[TimeSummary, ...]
    logranks: tuple[LogRank, ...]
    hazard_ratios: tuple[HazardRatio, ...]
    known: tuple[Known, ...]
    tables: tuple[CrossTable, ...]
    shares: tuple[Share, ...]
    partitions: tuple[Partition, ...]
    means: tuple[Mean, ...]
    whole_numbers: tuple[WholeNumbers, ...]
    dataset: DatasetFacts

    def group(self, group_id: str) -> Group:
        """Return a group by its id."""
        return next(one for one in self.groups if one.id == group_id)

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint by its id."""
        return next(one for one in self.endpoints if one.id == endpoint_id)

    def curves_of(self, endpoint_id: str) -> tuple[Curve, ...]:
        """Return the curves of an endpoint."""
        return tuple(one for one in self.curves if one.endpoint == endpoint_id)

    def size(self, unit: RowUnit) -> int:
        """Return how many rows an endpoint of this unit has."""
        return self.population.patients if unit is RowUnit.PATIENT else self.population.units

    def days(self, time: float) -> float:
        """Convert a time in the specification's unit to days."""
        return time * DAYS_IN[self.time_unit]


DAYS_IN = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 12 * DAYS_PER_MONTH}
"""Days in each unit of time that a specification may use."""
