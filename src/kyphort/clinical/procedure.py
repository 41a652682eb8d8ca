"""The procedure and what happened to the irradiation in it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.values import NotNegative, Positive, check_values, wrong_record


class Anaesthesia(StrEnum):
    """The anaesthesia of a procedure."""

    GENERAL = "general"
    SEDATION = "sedation"
    LOCAL = "local"


class Approach(StrEnum):
    """The way of the needle to the vertebral body."""

    UNIPEDICULAR = "unipedicular"
    BIPEDICULAR = "bipedicular"
    EXTRAPEDICULAR = "extrapedicular"
    OPEN = "open"


class Cement(StrEnum):
    """What the vertebral bodies were filled with."""

    PMMA = "pmma"
    OTHER = "other"
    NONE = "none"


class Setting(StrEnum):
    """Whether a procedure belonged to a trial."""

    ON_TRIAL = "on_trial"
    OFF_TRIAL = "off_trial"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One operation of one patient, in which one or several levels were treated.

    `cement_ml` is the cement of all levels together, `duration_min` the time from incision to
    closure [min]. None stands for what is not known.
    """

    patient_id: str
    procedure_date: dt.date
    anaesthesia: Anaesthesia | None = None
    approach: Approach | None = None
    cement: Cement | None = None
    cement_ml: NotNegative | None = None
    duration_min: Positive | None = None
    setting: Setting | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if self.cement is Cement.NONE and self.cement_ml:
            raise wrong_record(
                self,
                f"no cement, but cement_ml is {self.cement_ml:g}. Correct one of them.",
            )


class NotDelivered(StrEnum):
    """Why a planned irradiation was not delivered."""

    ACCESS = "access"
    ANATOMY = "anatomy"
    DEVICE = "device"
    ANAESTHESIA = "anaesthesia"
    PATIENT = "patient"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happened to the irradiation that was prescribed to one vertebra.

    One in ten was not delivered in the feasibility study (doi:10.1007/s00264-011-1470-9); such a
    level stays in the records with its reason and out of what was treated. `output_percent` is the
    measured output of the day in per cent of the expected one, `isotropy_percent` the largest
    deviation from it around the tip, `straightness_mm` the deviation of the probe from its axis.
    `interrupted_at_s` counts irradiation time, `pause_s` the time until it went on.

    Raises
    ------
    InvalidDataError
        When a delivered irradiation has a reason why it was not, an undelivered one has none or has
        seconds, or a resumption has no interruption.

    Examples
    --------
    >>> delivery = Delivery("P017", SpinalLevel.T12, True, planned_s=127.4, delivered_s=127.4)
    >>> delivery.delivered_fraction
    1.0
    """

    patient_id: str
    level: SpinalLevel
    delivered: bool
    not_delivered_reason: NotDelivered | None = None
    source_serial: str = ""
    applicator_serial: str = ""
    output_percent: Positive | None = None
    isotropy_percent: NotNegative | None = None
    straightness_mm: NotNegative | None = None
    planned_s: Positive | None = None
    delivered_s: NotNegative | None = None
    interrupted_at_s: NotNegative | None = None
    resumed: bool | None = None
    pause_s: NotNegative | None = None

    def __post_init__(self) -> None:
        check_values(self)
        if self.delivered and self.not_delivered_reason is not None:
            raise wrong_record(
                self, "delivered, but with a not_delivered_reason. Correct one of them."
            )
        if not self.delivered and self.not_delivered_reason is None:
            raise wrong_record(
                self,
                f"not delivered, but without a reason. Allowed: {', '.join(NotDelivered)}. Give "
                "the not_delivered_reason.",
            )
        if not self.delivered and self.delivered_s:
            raise wrong_record(
                self,
                f"not delivered, but delivered_s is {self.delivered_s:g}. An irradiation that was "
                "broken off is delivered in part: correct one of them.",
            )
        if self.interrupted_at_s is None and (self.resumed is not None or self.pause_s is not None):
            raise wrong_record(
                self, "a resumption without an interruption. Give interrupted_at_s, or remove it."
            )

    @property
    def delivered_fraction(self) -> float | None:
        """The part of the planned time that was delivered; None when one is not known."""
        if self.planned_s is None or self.delivered_s is None:
            return None
        return self.delivered_s / self.planned_s
