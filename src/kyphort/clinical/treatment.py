"""The treated vertebra and what was prescribed to it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.values import Positive
from kyphort.errors import InvalidDataError


class DistanceReference(StrEnum):
    """The point from which a prescription distance is measured."""

    ISOCENTRE = "isocentre"
    APPLICATOR_SURFACE = "applicator_surface"
    APPLICATOR_TIP = "applicator_tip"
    UNSPECIFIED = "unspecified"


class ReportingQuantity(StrEnum):
    """Which dose a prescription means: at 50 kV water is not bone."""

    WATER = "water"
    MEDIUM = "medium"
    WATER_IN_MEDIUM = "water_in_medium"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Prescription:
    """A dose at a distance, with the three things that give the two numbers a meaning.

    `calibration_dataset` names the source's dose-rate table (for example "TARGIT" or "V4.0"; an
    empty text when the record does not say). Nominal doses of different datasets do not pool.
    """

    dose_gy: Positive
    distance_mm: Positive
    distance_reference: DistanceReference = DistanceReference.UNSPECIFIED
    reporting_quantity: ReportingQuantity = ReportingQuantity.UNSPECIFIED
    calibration_dataset: str = ""

    def __post_init__(self) -> None:
        for name, value in (("dose_gy", self.dose_gy), ("distance_mm", self.distance_mm)):
            if not 0 < value < float("inf"):
                raise InvalidDataError(
                    f"A prescription has {name} {value:g}. Allowed: a positive number. Correct it."
                )


@dataclass(frozen=True, slots=True)
class TreatedVertebra:
    """One level treated in one procedure: the unit of local control.

    `retreatment_date` is the first later local treatment of the level (surgery, radiotherapy);
    None when there was none.
    """

    patient_id: str
    level: SpinalLevel
    procedure_date: dt.date
    prescription: Prescription
    preexisting_fracture: bool | None = None
    retreatment_date: dt.date | None = None

    @property
    def vertebra_id(self) -> str:
        """The name of the row: patient and level, for example "P035-T8"."""
        return f"{self.patient_id}-{self.level}"
