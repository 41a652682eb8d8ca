"""The state of a vertebra before its treatment, and radiotherapy to it before and after."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.scales.escc import EsccGrade
from kyphort.clinical.scales.sins import (
    Sins,
    SinsAlignment,
    SinsClass,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
    sins_class,
)
from kyphort.clinical.scales.tomita import TomitaSurgicalType
from kyphort.clinical.values import Bounds, Count, Positive, check_values, wrong_record


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known of one vertebra before it was treated; None stands for what was not.

    The items of SINS are kept, and the sum follows from them; `sins_total` is for records that hold
    only the sum. Whether the vertebra was fractured before stands with the treated vertebra.

    Raises
    ------
    InvalidDataError
        When the sum is impossible, or is not that of the items.

    Examples
    --------
    >>> Baseline("P017", SpinalLevel.T12, sins_total=9).sins_sum
    9
    """

    patient_id: str
    level: SpinalLevel
    assessed_date: dt.date | None = None
    tomita_type: TomitaSurgicalType | None = None
    sins_pain: SinsPain | None = None
    sins_lesion: SinsLesion | None = None
    sins_alignment: SinsAlignment | None = None
    sins_collapse: SinsCollapse | None = None
    sins_posterolateral: SinsPosterolateral | None = None
    sins_total: Annotated[int, Bounds(0, 18)] | None = None
    escc: EsccGrade | None = None
    painful: bool | None = None
    unstable: bool | None = None
    lesion_mm: Positive | None = None

    def __post_init__(self) -> None:
        check_values(self)
        items = self.sins
        if items is not None and self.sins_total is not None and items.total != self.sins_total:
            raise wrong_record(
                self,
                f"sins_total is {self.sins_total}, but its items give {items.total}. Correct one "
                "of them, or leave the sum empty.",
            )

    @property
    def sins(self) -> Sins | None:
        """The score of the items, None when one of them is not known."""
        pain, lesion, alignment = self.sins_pain, self.sins_lesion, self.sins_alignment
        collapse, posterolateral = self.sins_collapse, self.sins_posterolateral
        if (
            pain is None
            or lesion is None
            or alignment is None
            or collapse is None
            or posterolateral is None
        ):
            return None
        return Sins(self.level, pain, lesion, alignment, collapse, posterolateral)

    @property
    def sins_sum(self) -> int | None:
        """The sum, from the items or as recorded."""
        items = self.sins
        return self.sins_total if items is None else items.total

    @property
    def stability(self) -> SinsClass | None:
        """The class of the sum."""
        total = self.sins_sum
        return None if total is None else sins_class(total)


class Technique(StrEnum):
    """The kind of radiotherapy."""

    CONVENTIONAL = "conventional"
    STEREOTACTIC = "stereotactic"
    BRACHYTHERAPY = "brachytherapy"
    PARTICLE = "particle"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Radiotherapy:
    """One course of other radiotherapy to a treated vertebra, before or after its procedure.

    Whether it is prior or later follows from its date. A later course that replaced a failing
    treatment is a `Retreatment` too; its dose stands here.
    """

    patient_id: str
    level: SpinalLevel
    start_date: dt.date
    dose_gy: Positive | None = None
    fractions: Count | None = None
    technique: Technique = Technique.UNKNOWN

    def __post_init__(self) -> None:
        check_values(self)

    def is_before(self, procedure_date: dt.date) -> bool:
        """Tell whether the course began before a procedure."""
        return self.start_date < procedure_date
