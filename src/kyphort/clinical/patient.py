"""The patient: who was treated, and what is known of the patient's life since."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from kyphort.clinical.values import Bounds
from kyphort.errors import InvalidDataError

MAXIMUM_AGE_YEARS = 120


class Sex(StrEnum):
    """Sex as recorded by the centre."""

    FEMALE = "female"
    MALE = "male"
    DIVERSE = "diverse"
    UNKNOWN = "unknown"


class Relatedness(StrEnum):
    """Whether an event is judged to have been caused by the procedure."""

    UNRELATED = "unrelated"
    RELATED = "related"
    UNKNOWN = "unknown"


class VitalStatusSource(StrEnum):
    """Who says that the patient was alive on the last contact, or died."""

    VISIT = "visit"
    FAMILY = "family"
    PHYSICIAN = "physician"
    CIVIL_REGISTRY = "civil_registry"
    CANCER_REGISTRY = "cancer_registry"
    OTHER = "other"


class CauseOfDeath(StrEnum):
    """The cause of a death in a word."""

    TUMOUR = "tumour"
    TREATMENT = "treatment"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Patient:
    """One person under a pseudonym, with the vital status at the last contact.

    `last_contact_date` is the last day on which the patient is known to have been alive, or the
    date of death. `age_years` counts completed years at the first procedure; the date of birth is
    not here.
    """

    patient_id: str
    sex: Sex
    age_years: Annotated[int, Bounds(0, MAXIMUM_AGE_YEARS)]
    entity: str
    last_contact_date: dt.date
    death_date: dt.date | None = None
    death_relatedness: Relatedness = Relatedness.UNKNOWN
    vital_status_source: VitalStatusSource | None = None
    cause_of_death: CauseOfDeath | None = None

    def __post_init__(self) -> None:
        if not self.patient_id.strip():
            raise InvalidDataError(
                "A patient has an empty patient_id. Give every patient a pseudonym."
            )
        if not 0 <= self.age_years <= MAXIMUM_AGE_YEARS:
            raise InvalidDataError(
                f"Patient {self.patient_id}: age_years is {self.age_years}. "
                f"Allowed: 0 to {MAXIMUM_AGE_YEARS}. Correct the age."
            )
        if not self.entity.strip():
            raise InvalidDataError(
                f"Patient {self.patient_id}: the tumour entity is empty. Write 'unknown' if it is."
            )
        if self.death_date is not None and self.death_date != self.last_contact_date:
            raise InvalidDataError(
                f"Patient {self.patient_id}: died on {self.death_date}, but the last contact is "
                f"{self.last_contact_date}. For a patient who died the last contact is the date of "
                "death. Correct one of them."
            )
        if self.death_date is None and self.cause_of_death is not None:
            raise InvalidDataError(
                f"Patient {self.patient_id}: a cause of death ({self.cause_of_death}) without a "
                "date of death. Give the date, or remove the cause."
            )

    @property
    def died(self) -> bool:
        """Whether the patient is known to have died."""
        return self.death_date is not None
