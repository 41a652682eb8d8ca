"""The pain table: nominal visits, one row for each patient and visit, and their summary."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kyphort.clinical import Pain
from kyphort.endpoints.pain_response import (
    ConsensusDefinition,
    ConsensusOutcome,
    ConsensusVerdict,
    TrialDefinition,
    TrialOutcome,
    TrialVerdict,
    analgesic_change_mg,
    pain_change,
)
from kyphort.errors import InvalidDataError

_Code = TypeVar("_Code", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class PainVisit:
    """A nominal visit: a target and a window in days from the first procedure.

    `target_source` and `window_source` say where the two come from, or that they are assumed.

    Raises
    ------
    InvalidDataError
        When the name is empty, or the window begins before day 1 or is inverted.
    """

    name: str
    target_days: int
    before_days: int
    after_days: int
    target_source: str = "set by the user"
    window_source: str = "set by the user"

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidDataError("A pain visit has an empty name. Name it, such as 'day 1'.")
        if self.before_days < 0 or self.after_days < 0 or self.first_day < 1:
            raise InvalidDataError(
                f"Pain visit '{self.name}': target day {self.target_days}, window "
                f"{self.before_days} days before to {self.after_days} days after. Allowed: 0 or "
                "more days to either side, and no day before day 1. Correct the window."
            )

    @property
    def first_day(self) -> int:
        """The first day of the window, from the first procedure."""
        return self.target_days - self.before_days

    @property
    def last_day(self) -> int:
        """The last day of the window, from the first procedure."""
        return self.target_days + self.after_days


class PainStatus(StrEnum):
    """Whether a nominal visit has a score, and why not."""

    ASSESSED = "assessed"
    DEAD = "dead"
    NOT_ASSESSED = "not_assessed"
    NOT_YET_DUE = "not_yet_due"


@dataclass(frozen=True, slots=True)
class DatedPain:
    """A score with its date."""

    date: dt.date
    pain: Pain


@dataclass(frozen=True, slots=True)
class PainRow:
    """One patient at one nominal visit.

    `reason` explains the status. `treated_again` is the date of the first further procedure or
    retreatment after the first procedure and up to the score, or to the end of the window: what
    the score says is then not due to the first procedure alone.
    """

    patient_id: str
    visit: PainVisit
    status: PainStatus
    reason: str
    procedure_date: dt.date
    window_start: dt.date
    window_end: dt.date
    baseline: DatedPain | None
    score: DatedPain | None
    trial: TrialVerdict
    consensus: ConsensusVerdict
    treated_again: dt.date | None

    @property
    def change(self) -> float | None:
        """The change from baseline [NRS points], negative for relief; None without both."""
        if self.baseline is None or self.score is None:
            return None
        return pain_change(self.baseline.pain, self.score.pain)

    @property
    def analgesic_change_mg(self) -> float | None:
        """The change of the daily morphine equivalent [mg]; None without both doses."""
        if self.baseline is None or self.score is None:
            return None
        return analgesic_change_mg(self.baseline.pain, self.score.pain)


@dataclass(frozen=True, slots=True, eq=False)
class PainSummary:
    """One nominal visit in numbers.

    `before` and `after` `(k,)` are the scores of the k patients who have both, in the order of
    `patient_ids`; `analgesics_before_mg` and `analgesics_after_mg` `(j,)` the doses of those who
    have both doses. `status`, `trial` and `consensus` count all patients. `without_baseline` were
    scored at the visit but not before it; `treated_again` of the k had further treatment.
    """

    visit: PainVisit
    patients: int
    status: Mapping[PainStatus, int]
    without_baseline: int
    treated_again: int
    patient_ids: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    analgesics_before_mg: NDArray[np.float64]
    analgesics_after_mg: NDArray[np.float64]
    trial: Mapping[TrialOutcome, int]
    consensus: Mapping[ConsensusOutcome, int]


@dataclass(frozen=True, slots=True)
class PainTable:
    """Pain of a cohort: rows by patient, then by visit, and the definitions that judged them."""

    visits: tuple[PainVisit, ...]
    baseline_days: int
    trial: TrialDefinition
    consensus: ConsensusDefinition
    rows: tuple[PainRow, ...]

    def at(self, visit: str) -> tuple[PainRow, ...]:
        """Return the rows of the visit of that name, one for each patient.

        Raises
        ------
        InvalidDataError
            When the table has no such visit.
        """
        names = [known.name for known in self.visits]
        if visit not in names:
            raise InvalidDataError(
                f"There is no pain visit '{visit}'. Allowed: {', '.join(names)}. Correct the name."
            )
        return tuple(row for row in self.rows if row.visit.name == visit)

    def summary(self, visit: str) -> PainSummary:
        """Count a visit and collect its pairs, for `kyphort.survival.paired_change`.

        Raises
        ------
        InvalidDataError
            When the table has no such visit.
        """
        rows = self.at(visit)
        scored = [row for row in rows if row.status is PainStatus.ASSESSED]
        paired = [row for row in scored if row.baseline is not None]
        pairs = [(row.baseline.pain, row.score.pain) for row in rows if row.baseline and row.score]
        doses = [(one.omed_mg, two.omed_mg) for one, two in pairs]
        dosed = [(one, two) for one, two in doses if one is not None and two is not None]
        return PainSummary(
            visit=next(known for known in self.visits if known.name == visit),
            patients=len(rows),
            status=_count(PainStatus, [row.status for row in rows]),
            without_baseline=len(scored) - len(paired),
            treated_again=sum(row.treated_again is not None for row in paired),
            patient_ids=tuple(row.patient_id for row in paired),
            before=np.array([one.nrs for one, _ in pairs], dtype=np.float64),
            after=np.array([two.nrs for _, two in pairs], dtype=np.float64),
            analgesics_before_mg=np.array([one for one, _ in dosed], dtype=np.float64),
            analgesics_after_mg=np.array([two for _, two in dosed], dtype=np.float64),
            trial=_count(TrialOutcome, [row.trial.outcome for row in rows]),
            consensus=_count(ConsensusOutcome, [row.consensus.outcome for row in rows]),
        )


def _count(codes: type[_Code], found: Sequence[_Code]) -> Mapping[_Code, int]:
    """Count every code, also those that do not occur."""
    counts = Counter(found)
    return {code: counts[code] for code in codes}
