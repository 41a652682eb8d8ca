"""How follow-up ends other than by death: withdrawal, and loss."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kyphort.clinical.values import check_values


class WithdrawalForm(StrEnum):
    """What a patient withdraws from.

    `stop_follow_up`: nothing new is recorded, what was recorded may be used. `stop_use`: the
    records stay, but enter no analysis. `erase`: the records are to be destroyed.
    """

    STOP_FOLLOW_UP = "stop_follow_up"
    STOP_USE = "stop_use"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One withdrawal of a patient; each form is declared once."""

    patient_id: str
    form: WithdrawalForm
    withdrawal_date: dt.date
    reason: str = ""

    def __post_init__(self) -> None:
        check_values(self)


class LossReason(StrEnum):
    """Why a patient is no longer followed, without having asked for it."""

    MOVED = "moved"
    NOT_REACHED = "not_reached"
    OTHER_CENTRE = "other_centre"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LossToFollowUp:
    """The day on which a patient was given up as lost, and why."""

    patient_id: str
    loss_date: dt.date
    reason: LossReason = LossReason.UNKNOWN

    def __post_init__(self) -> None:
        check_values(self)
