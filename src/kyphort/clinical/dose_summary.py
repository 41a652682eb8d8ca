"""The dose summary: the one small value in which the plan of a needle meets the registry."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.treatment import Prescription, ReportingQuantity
from kyphort.clinical.values import NotNegative, Pattern, Percent, Positive
from kyphort.errors import InvalidDataError

_SHA256 = Pattern("64 hexadecimal digits of a SHA-256", r"[0-9a-f]{64}")
PlanHash = Annotated[str, _SHA256]


@dataclass(frozen=True, slots=True)
class DoseSummary:
    """What a treatment plan says of one treated vertebra.

    `irradiation_time_s` is the time [s] that gives the prescription with `source_model`;
    `plan_hash` the SHA-256 of the accepted plan, in hexadecimal. The doses to the lesion [Gy] are
    those of `lesion_quantity`: D90 and D98 (the near-minimum) are received by 90 % and 98 % of its
    volume, `lesion_v100_percent` is the part of the volume [%] that receives the prescribed dose.
    `cord_d003cc_gy` is the least dose [Gy] of the 0.03 cm³ of cord that receive most, in
    `cord_quantity`. None stands for what was not contoured. The definitions are those of ICRU
    Report 83 (2010).

    Raises
    ------
    InvalidDataError
        For a negative dose, a share outside 0 to 100 %, a time that is not above zero, or a plan
        hash that is no SHA-256.

    Examples
    --------
    >>> summary = DoseSummary(
    ...     "P017", SpinalLevel.T12, dt.date(2026, 3, 2), Prescription(8, 13), 127.4,
    ...     "INTRABEAM needle", "0" * 64, dt.date(2026, 3, 2), "0.1.0",
    ...     ReportingQuantity.WATER_IN_MEDIUM, lesion_d90_gy=6.1,
    ... )
    >>> summary.vertebra_id
    'P017-T12'
    """

    patient_id: str
    level: SpinalLevel
    procedure_date: dt.date
    prescription: Prescription
    irradiation_time_s: Positive
    source_model: str
    plan_hash: PlanHash
    plan_date: dt.date
    engine_version: str
    lesion_quantity: ReportingQuantity = ReportingQuantity.UNSPECIFIED
    lesion_d90_gy: NotNegative | None = None
    lesion_d98_gy: NotNegative | None = None
    lesion_dmean_gy: NotNegative | None = None
    lesion_v100_percent: Percent | None = None
    cord_quantity: ReportingQuantity = ReportingQuantity.UNSPECIFIED
    cord_d003cc_gy: NotNegative | None = None

    def __post_init__(self) -> None:
        if not 0 < self.irradiation_time_s < float("inf"):
            raise self._wrong("irradiation_time_s", self.irradiation_time_s, "a positive number")
        for name in ("lesion_d90_gy", "lesion_d98_gy", "lesion_dmean_gy", "cord_d003cc_gy"):
            dose_gy = getattr(self, name)
            if dose_gy is not None and not 0 <= dose_gy < float("inf"):
                raise self._wrong(name, dose_gy, "0 or more")
        share = self.lesion_v100_percent
        if share is not None and not 0 <= share <= 100:
            raise self._wrong("lesion_v100_percent", share, "0 to 100")
        if not (self.plan_hash and _SHA256.contain(self.plan_hash)):
            raise self._wrong("plan_hash", self.plan_hash, _SHA256.words)

    @property
    def vertebra_id(self) -> str:
        """The name of the row: patient and level, for example "P035-T8"."""
        return f"{self.patient_id}-{self.level}"

    def _wrong(self, name: str, value: object, allowed: str) -> InvalidDataError:
        return InvalidDataError(
            f"Dose summary of {self.vertebra_id}: {name} is {value}. Allowed: {allowed}. "
            "Accept the plan again."
        )
