"""What counts as pain relief: the trial's definition and the international consensus."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kyphort.clinical import Pain

_DECIMALS = 9
"""Scores are decimals: 6.1 - 3.1 is a drop of 3, although not in binary."""


class TrialOutcome(StrEnum):
    """Response by the trial's definition."""

    RESPONDER = "responder"
    NON_RESPONDER = "non_responder"
    NOT_EVALUABLE = "not_evaluable"


class ConsensusOutcome(StrEnum):
    """Response by the international consensus."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    PROGRESSION = "progression"
    INDETERMINATE = "indeterminate"
    NOT_EVALUABLE = "not_evaluable"


class TrialVerdict(NamedTuple):
    """An outcome with its reason."""

    outcome: TrialOutcome
    reason: str


class ConsensusVerdict(NamedTuple):
    """An outcome with its reason."""

    outcome: ConsensusOutcome
    reason: str


def pain_change(before: Pain, after: Pain) -> float:
    """Return the change of the score [NRS points], negative for relief.

    >>> pain_change(Pain(6.1), Pain(3.1))
    -3.0
    """
    return round(after.nrs - before.nrs, _DECIMALS)


def analgesic_change_mg(before: Pain, after: Pain) -> float | None:
    """Return the change of the daily morphine equivalent [mg], None when one is not known.

    >>> analgesic_change_mg(Pain(6, omed_mg=40), Pain(3, omed_mg=32.5))
    -7.5
    """
    if before.omed_mg is None or after.omed_mg is None:
        return None
    return round(after.omed_mg - before.omed_mg, _DECIMALS)


@dataclass(frozen=True, slots=True)
class TrialDefinition:
    """A responder's score falls by at least `minimum_drop` points; analgesics are not asked.

    Patients below `minimum_baseline`, the trial's criterion of inclusion, are not evaluable.

    Source: NCT02773966, doi 10.1186/s12885-019-5666-5, abstract.
    """

    minimum_drop: float = 3.0
    minimum_baseline: float = 3.0
    source: str = "NCT02773966, doi:10.1186/s12885-019-5666-5, abstract"
    verified: bool = True

    def judge(self, before: Pain | None, after: Pain | None) -> TrialVerdict:
        """Judge a score against its baseline.

        >>> TrialDefinition().judge(Pain(7), Pain(4))
        TrialVerdict(outcome=<TrialOutcome.RESPONDER: 'responder'>, reason='change of -3 points')
        """
        if before is None or after is None:
            return TrialVerdict(TrialOutcome.NOT_EVALUABLE, _missing(before))
        if before.nrs < self.minimum_baseline:
            reason = f"baseline {before.nrs:g} is below {self.minimum_baseline:g}"
            return TrialVerdict(TrialOutcome.NOT_EVALUABLE, reason)
        change = pain_change(before, after)
        responds = change <= -self.minimum_drop
        outcome = TrialOutcome.RESPONDER if responds else TrialOutcome.NON_RESPONDER
        return TrialVerdict(outcome, f"change of {change:+g} points")


@dataclass(frozen=True, slots=True)
class ConsensusDefinition:
    """The international consensus, which reads the pain together with the analgesics.

    In this order: *complete*, pain 0 without more analgesics; *partial*, a drop of at least
    `partial_drop` without more analgesics, or analgesics down by `analgesic_reduction_percent`
    without more pain; *progression*, a rise of at least `progression_rise` without fewer
    analgesics, or analgesics up by `analgesic_increase_percent` without less pain; anything else is
    *indeterminate*.

    The text leaves room, and this is how it is filled: without both doses nothing can be said, so
    the outcome is indeterminate; who had no pain at baseline cannot respond completely; an increase
    from no analgesics has no percentage, so it prevents a response and is not by itself
    progression; a rise of pain and of analgesics together is progression.

    Source: Chow et al. 2012, Int J Radiat Oncol Biol Phys 82:1730. It was not read in the
    original, so `verified` is False: check the thresholds before relying on them. Every one can be
    replaced.
    """

    partial_drop: float = 2.0
    progression_rise: float = 2.0
    analgesic_reduction_percent: float = 25.0
    analgesic_increase_percent: float = 25.0
    source: str = "Chow 2012, Int J Radiat Oncol Biol Phys 82:1730, not read in the original"
    verified: bool = False

    def judge(self, before: Pain | None, after: Pain | None) -> ConsensusVerdict:
        """Judge a score and a dose against their baseline.

        >>> verdict = ConsensusDefinition().judge(Pain(7, omed_mg=40), Pain(6, omed_mg=20))
        >>> str(verdict.outcome), verdict.reason
        ('partial', 'pain -1, analgesics -20 mg (-50 %)')
        """
        if before is None or after is None:
            return ConsensusVerdict(ConsensusOutcome.NOT_EVALUABLE, _missing(before))
        change, dose_mg = pain_change(before, after), analgesic_change_mg(before, after)
        if dose_mg is None:
            reason = "a daily morphine equivalent is missing"
            return ConsensusVerdict(ConsensusOutcome.INDETERMINATE, reason)
        percent = _percent(before, dose_mg)
        outcome = self._outcome(before, after, dose_mg, percent)
        relative = "no percentage" if percent is None else f"{percent:+.3g} %"
        reason = f"pain {change:+g}, analgesics {dose_mg:+g} mg ({relative})"
        return ConsensusVerdict(outcome, reason)

    def _outcome(
        self, before: Pain, after: Pain, dose_mg: float, percent: float | None
    ) -> ConsensusOutcome:
        change = pain_change(before, after)
        less = percent is not None and percent <= -self.analgesic_reduction_percent
        more = percent is not None and percent >= self.analgesic_increase_percent
        if after.nrs == 0.0 < before.nrs and dose_mg <= 0.0:
            return ConsensusOutcome.COMPLETE
        if (change <= -self.partial_drop and dose_mg <= 0.0) or (less and change <= 0.0):
            return ConsensusOutcome.PARTIAL
        if (change >= self.progression_rise and dose_mg >= 0.0) or (more and change >= 0.0):
            return ConsensusOutcome.PROGRESSION
        return ConsensusOutcome.INDETERMINATE


def _percent(before: Pain, dose_mg: float) -> float | None:
    if before.omed_mg:
        return round(100.0 * dose_mg / before.omed_mg, _DECIMALS)
    return 0.0 if dose_mg == 0.0 else None


def _missing(before: Pain | None) -> str:
    return "no baseline score" if before is None else "no score at the visit"
