"""What an endpoint is made of: a unit, an origin, sources of events and of censoring."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from kyphort.clinical import Cohort, Patient, TreatedVertebra
from kyphort.protocol import Unit


@dataclass(frozen=True, slots=True)
class Subject:
    """One row's share of the cohort: a patient with one level, or with all treated levels."""

    cohort: Cohort
    patient: Patient
    vertebrae: tuple[TreatedVertebra, ...]

    @property
    def origin(self) -> dt.date:
        """The first procedure at the levels of the subject, from which time counts."""
        return min(vertebra.procedure_date for vertebra in self.vertebrae)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a date comes from: `find` returns it for a subject, or None.

    `reason` is what the row will say; `record` names the kind of record that holds the date.
    `last_without` belongs to what is only seen by looking: it returns until when, before a given
    date if any, the subject is known to have been free of it.
    """

    reason: str
    record: str
    find: Callable[[Subject], dt.date | None]
    last_without: Callable[[Subject, dt.date | None], dt.date] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A time-to-event endpoint.

    The earliest dated source of `events` decides a row and gives it its code: 1 the event of
    interest, 2, 3 … competing events; on one day the source declared first wins. A row without any
    is censored, code 0, at the date of `censoring`, whose source is asked last.
    """

    identifier: str
    title: str
    definition: str
    unit: Unit
    events: tuple[tuple[int, Source], ...]
    censoring: tuple[Source, ...]
