"""How a patient was on a day: neurological function and performance status."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.scales.neurology import FrankelGrade
from kyphort.clinical.scales.performance import Ecog, Karnofsky
from kyphort.clinical.values import check_values, wrong_record


class NeurologicalScale(StrEnum):
    """By which of the two scales with the letters A to E a grade was given."""

    FRANKEL = "frankel"
    AIS = "ais"


@dataclass(frozen=True, slots=True)
class NeurologicalStatus:
    """The neurological function on one day, by Frankel or by the ASIA impairment scale."""

    patient_id: str
    assessed_date: dt.date
    grade: FrankelGrade
    scale: NeurologicalScale

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, slots=True)
class PerformanceStatus:
    """The performance status on one day, in the scale in which it was assessed; never converted.

    Raises
    ------
    InvalidDataError
        When neither scale was given.
    """

    patient_id: str
    assessed_date: dt.date
    karnofsky: Karnofsky | None = None
    ecog: Ecog | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if self.karnofsky is None and self.ecog is None:
            raise wrong_record(
                self,
                f"on {self.assessed_date} neither karnofsky nor ecog is given. Give one of them.",
            )
