"""The derived endpoint: rows that keep why, and their way into the statistics library."""

import datetime as dt
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from kyphort.endpoints.declaration import Endpoint, Subject
from kyphort.protocol import Unit
from kyphort.survival import IntervalData, SurvivalData
from kyphort.units import days_between, months_from_days

DAY_ZERO_COUNTS_AS_DAYS = 0.5
"""An event or censoring on the day of the procedure has a time of half a day."""

EVENT_OF_INTEREST = 1
"""The code of the event that an endpoint is about."""

_Label = TypeVar("_Label", bound=Hashable)


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One unit's time with its code, and the reason, record and date behind it.

    `row_id` is the vertebra's name, or the patient's pseudonym where the unit is the patient.
    """

    row_id: str
    subject: Subject
    date: dt.date
    code: int
    reason: str
    record: str

    @property
    def on_day_zero(self) -> bool:
        """Whether the date is that of the procedure, so that the time is half a day."""
        return self.date == self.subject.origin

    @property
    def time_days(self) -> float:
        """Days from the origin."""
        return days_between(self.subject.origin, self.date) or DAY_ZERO_COUNTS_AS_DAYS

    @property
    def time_months(self) -> float:
        """Months of 30.4375 days from the origin."""
        return months_from_days(self.time_days)


def interval_months(endpoint: Endpoint, row: EndpointRow) -> tuple[float, float]:
    """Return the interval (left, right] [mo] in which a row has the event of interest.

    `right` is infinite for a row that was never seen with it.
    """
    sources = [source for code, source in endpoint.events if code == EVENT_OF_INTEREST]
    seen = [source for source in sources if source.last_without is not None]
    is_event = row.code == EVENT_OF_INTEREST
    if not seen or (is_event and all(one.reason != row.reason for one in seen)):
        return row.time_months, row.time_months if is_event else math.inf
    before = row.date if is_event else None
    dates = [one.last_without(row.subject, before) for one in seen if one.last_without is not None]
    left = months_from_days(days_between(row.subject.origin, min(dates)))
    return left, row.time_months if is_event else math.inf


@dataclass(frozen=True, slots=True)
class EndpointTable:
    """An endpoint with one row for each unit of analysis."""

    endpoint: Endpoint
    rows: tuple[EndpointRow, ...]

    def survival_data(self) -> SurvivalData:
        """Return times [mo] and codes; rows of vertebrae are clustered in their patient."""
        per_vertebra = self.endpoint.unit is Unit.VERTEBRA
        return SurvivalData(
            [row.time_months for row in self.rows],
            [row.code for row in self.rows],
            cluster=[row.subject.patient.patient_id for row in self.rows] if per_vertebra else None,
            label=self.endpoint.title,
            unit_of_analysis=self.endpoint.unit.value,
        )

    def interval_data(self) -> IntervalData:
        """Return in which interval [mo] each row has its event: (last negative, first positive].

        What only a look can show lies after the last look without it; what has a date of its own
        (death, retreatment) is exact. Rows without the event of interest are free of it as far as
        somebody looked, or, where no look is needed, to the end of their time. A competing event
        ends observation.
        """
        per_vertebra = self.endpoint.unit is Unit.VERTEBRA
        bounds = [interval_months(self.endpoint, row) for row in self.rows]
        return IntervalData(
            [left for left, _ in bounds],
            [right for _, right in bounds],
            cluster=[row.subject.patient.patient_id for row in self.rows] if per_vertebra else None,
            label=self.endpoint.title,
            unit_of_analysis=self.endpoint.unit.value,
        )

    def labels(self, label: Callable[[EndpointRow], _Label]) -> list[_Label]:
        """Return one label for each row, for comparisons and splits."""
        return [label(row) for row in self.rows]

    def where(self, keep: Callable[[EndpointRow], bool]) -> "EndpointTable":
        """Return the table with the rows for which `keep` holds."""
        return EndpointTable(self.endpoint, tuple(row for row in self.rows if keep(row)))
