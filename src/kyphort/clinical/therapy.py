"""What else was done: systemic therapy, and later local treatment of a treated vertebra."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.values import check_values, wrong_record


class TherapyKind(StrEnum):
    """The kind of a systemic therapy."""

    CHEMOTHERAPY = "chemotherapy"
    ENDOCRINE = "endocrine"
    TARGETED = "targeted"
    IMMUNOTHERAPY = "immunotherapy"
    BONE_MODIFYING = "bone_modifying"
    RADIONUCLIDE = "radionuclide"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SystemicTherapy:
    """One systemic therapy: what, of which kind, from when to when.

    Raises
    ------
    InvalidDataError
        When it has no name, or ends before it begins.
    """

    patient_id: str
    start_date: dt.date
    agent: str
    kind: TherapyKind
    end_date: dt.date | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if not self.agent.strip():
            raise wrong_record(self, "the agent is empty. Write what was given, or 'unknown'.")
        if self.end_date is not None and self.end_date < self.start_date:
            raise wrong_record(
                self,
                f"'{self.agent}' ends on {self.end_date}, before it begins on {self.start_date}. "
                "Correct a date.",
            )


class RetreatmentKind(StrEnum):
    """What a treated vertebra was treated with again."""

    SURGERY = "surgery"
    RADIOTHERAPY = "radiotherapy"
    KYPHO_IORT = "kypho_iort"
    AUGMENTATION = "augmentation"
    ABLATION = "ablation"
    OTHER = "other"


class RetreatmentReason(StrEnum):
    """Why a treated vertebra was treated again."""

    PROGRESSION = "progression"
    FRACTURE = "fracture"
    PAIN = "pain"
    NEUROLOGY = "neurology"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Retreatment:
    """One later local treatment of a treated vertebra, with its kind and reason.

    The first of them is the `retreatment_date` of the treated vertebra.
    """

    patient_id: str
    level: SpinalLevel
    retreatment_date: dt.date
    kind: RetreatmentKind
    reason: RetreatmentReason = RetreatmentReason.UNKNOWN

    def __post_init__(self) -> None:
        check_values(self)
