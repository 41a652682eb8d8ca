"""What follow-up found: visits, level-by-level assessments, adverse events."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.patient import Relatedness
from kyphort.errors import InvalidDataError


class LocalStatus(StrEnum):
    """Tumour within a treated vertebra, as read on one scan."""

    NONE = "none"
    PROGRESSION = "progression"
    INDETERMINATE = "indeterminate"
    NOT_ASSESSABLE = "not_assessable"


class Finding(StrEnum):
    """A finding that is present, absent, or was not looked for."""

    ABSENT = "absent"
    PRESENT = "present"
    NOT_ASSESSED = "not_assessed"


class VisitKind(StrEnum):
    """Whether the schedule asked for the visit."""

    PLANNED = "planned"
    UNSCHEDULED = "unscheduled"


class Modality(StrEnum):
    """The imaging of a visit."""

    CT = "CT"
    MRI = "MRI"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LevelAssessment:
    """What one visit says of one treated vertebra.

    `new_fracture` is a compression fracture of the treated vertebra since the procedure;
    `adjacent_fracture` one of a neighbour.
    """

    level: SpinalLevel
    local_status: LocalStatus
    new_fracture: Finding = Finding.NOT_ASSESSED
    adjacent_fracture: Finding = Finding.NOT_ASSESSED


@dataclass(frozen=True, slots=True)
class Visit:
    """One follow-up visit of one patient with the assessment of each treated level."""

    patient_id: str
    visit_date: dt.date
    kind: VisitKind
    modality: Modality
    assessments: tuple[LevelAssessment, ...] = ()

    def assessment_of(self, level: SpinalLevel) -> LevelAssessment | None:
        """Return what this visit says of `level`, or None when it says nothing."""
        return next((one for one in self.assessments if one.level is level), None)


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """One adverse event; the grade is never recoded between CTCAE versions."""

    patient_id: str
    onset_date: dt.date
    term: str
    ctcae_grade: int
    ctcae_version: str
    serious: bool
    relatedness: Relatedness
    resolved_date: dt.date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.ctcae_grade <= 5:
            raise InvalidDataError(
                f"Patient {self.patient_id}, adverse event '{self.term}': CTCAE grade "
                f"{self.ctcae_grade}. Allowed: 1 to 5. Correct the grade."
            )
