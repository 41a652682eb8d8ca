"""What follow-up found: visits, level-by-level assessments, adverse events."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.patient import Relatedness
from kyphort.clinical.scales.toxicity import ClavienDindo
from kyphort.clinical.values import Bounds, NotNegative
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
    """Whether the schedule asked for the visit; a baseline visit may precede the procedure."""

    BASELINE = "baseline"
    PLANNED = "planned"
    UNSCHEDULED = "unscheduled"


class VisitTrigger(StrEnum):
    """What led to a visit that the schedule did not ask for."""

    PAIN = "pain"
    NEUROLOGY = "neurology"
    SUSPECTED_PROGRESSION = "suspected_progression"
    SUSPECTED_FRACTURE = "suspected_fracture"
    COMPLICATION = "complication"
    OTHER_STAGING = "other_staging"
    OTHER = "other"


class Modality(StrEnum):
    """The imaging of a visit."""

    CT = "CT"
    MRI = "MRI"
    NONE = "none"


ADJUDICATED = "adjudicated"
"""The reader of an assessment that settles what two readers saw differently."""


@dataclass(frozen=True, slots=True)
class LevelAssessment:
    """What one reader of one visit's imaging says of one treated vertebra.

    `local_status` is tumour within the treated vertebra, `epidural_status` tumour in the canal at
    its height, `adjacent_status` tumour in a neighbouring vertebra. `new_fracture` is a compression
    fracture of the treated vertebra since the procedure; `adjacent_fracture` one of a neighbour.
    """

    level: SpinalLevel
    local_status: LocalStatus
    new_fracture: Finding = Finding.NOT_ASSESSED
    adjacent_fracture: Finding = Finding.NOT_ASSESSED
    epidural_status: LocalStatus = LocalStatus.NOT_ASSESSABLE
    adjacent_status: LocalStatus = LocalStatus.NOT_ASSESSABLE
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Pain:
    """The worst pain of the last day at the treated site, and the analgesics taken.

    `nrs` is the numerical rating scale from 0 to 10; `omed_mg` the daily oral morphine equivalent
    dose [mg], None when it is not known.
    """

    nrs: Annotated[float, Bounds(0, 10)]
    omed_mg: NotNegative | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.nrs <= 10:
            raise InvalidDataError(
                f"A pain score is {self.nrs:g}. Allowed: 0 to 10 (NRS). Correct the score."
            )
        if self.omed_mg is not None and not 0 <= self.omed_mg < float("inf"):
            raise InvalidDataError(
                f"A daily morphine equivalent is {self.omed_mg:g} mg. Allowed: 0 or more. "
                "Correct the dose."
            )


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one patient: the assessments of treated levels, and the pain.

    A level may be assessed by several readers; the assessments are kept head to tail. `trigger`
    says what led to a visit that was not planned.
    """

    patient_id: str
    visit_date: dt.date
    kind: VisitKind
    modality: Modality
    assessments: tuple[LevelAssessment, ...] = ()
    pain: Pain | None = None
    trigger: VisitTrigger | None = None

    def __post_init__(self) -> None:
        if self.trigger is not None and self.kind is not VisitKind.UNSCHEDULED:
            raise InvalidDataError(
                f"Patient {self.patient_id}, visit on {self.visit_date}: a {self.kind} visit with "
                f"the trigger '{self.trigger}'. Only an unscheduled visit has one: correct the "
                "kind, or remove the trigger."
            )
        ordered = sorted(self.assessments, key=lambda one: (one.level.position, one.reader))
        object.__setattr__(self, "assessments", tuple(ordered))


class Seriousness(StrEnum):
    """By which criterion an adverse event is serious, as ICH E2A names them."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL = "congenital"
    OTHER_IMPORTANT = "other_important"


class EventCause(StrEnum):
    """To what an adverse event is judged to be related."""

    IRRADIATION = "irradiation"
    KYPHOPLASTY = "kyphoplasty"
    CEMENT = "cement"
    ANAESTHESIA = "anaesthesia"
    TUMOUR = "tumour"
    OTHER_THERAPY = "other_therapy"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """One adverse event; the grade is never recoded between CTCAE versions.

    `relatedness` is to the procedure as a whole, `cause` the part of it, or what else, that the
    event is judged to come from. `seriousness` is the criterion by which the event is serious.
    """

    patient_id: str
    onset_date: dt.date
    term: str
    ctcae_grade: Annotated[int, Bounds(1, 5)]
    ctcae_version: str
    serious: bool
    relatedness: Relatedness
    resolved_date: dt.date | None = None
    clavien_dindo: ClavienDindo | None = None
    seriousness: Seriousness | None = None
    cause: EventCause | None = None

    def __post_init__(self) -> None:
        if self.seriousness is not None and not self.serious:
            raise InvalidDataError(
                f"Patient {self.patient_id}, adverse event '{self.term}': not serious, but with "
                f"the criterion '{self.seriousness}'. Correct one of them."
            )
        if not 1 <= self.ctcae_grade <= 5:
            raise InvalidDataError(
                f"Patient {self.patient_id}, adverse event '{self.term}': CTCAE grade "
                f"{self.ctcae_grade}. Allowed: 1 to 5. Correct the grade."
            )
        if self.resolved_date is not None and self.resolved_date < self.onset_date:
            raise InvalidDataError(
                f"Patient {self.patient_id}, adverse event '{self.term}': resolved on "
                f"{self.resolved_date}, before its onset on {self.onset_date}. Correct a date."
            )
