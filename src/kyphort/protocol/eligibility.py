"""Eligibility as rules with an answer for each: met, not met or unknown, and never a block."""

import datetime as dt
from dataclasses import dataclass

from kyphort.clinical import (
    Cohort,
    EligibilityEntry,
    Fulfilment,
    Patient,
    SpinalLevel,
    TreatedVertebra,
    TrialMembership,
)
from kyphort.protocol.criteria import Criterion, Outcome, Person
from kyphort.protocol.schedule import EligibilityRule, FollowUpProtocol


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """The answer of one rule for a patient, or for one treated vertebra.

    `found` is the value that was found, in words; `deviation` the documented reason for treatment
    although the rule is not met, empty when there is none.
    """

    rule: EligibilityRule
    patient_id: str
    level: SpinalLevel | None
    answer: Fulfilment
    found: str
    deviation: str = ""

    @property
    def needs_deviation(self) -> bool:
        """Whether the rule is not met and nobody has written down why."""
        return self.answer is Fulfilment.NOT_MET and not self.deviation


def eligibility(
    cohort: Cohort, patient: Patient, protocol: FollowUpProtocol
) -> tuple[RuleAnswer, ...]:
    """Answer every rule of a protocol for one patient, in the order of the protocol.

    A rule about a vertebra is answered for each treated level. Records count up to the day of the
    procedure, or of enrolment where the patient is a member of the protocol's trial. A rule that no
    record can answer has the answer that was entered by hand, or is unknown. What the records say
    stands against an answer by hand.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.protocol import load_protocol
    >>> from kyphort.published import dataset_folder
    >>> cohort = read_csv_set(dataset_folder("bludau2020"))
    >>> answers = eligibility(cohort, cohort.patients[0], load_protocol("nct01280032"))
    >>> [(one.rule.id, str(one.answer), one.found) for one in answers][0]
    ('age', 'not_met', 'age_years 34')
    """
    entered = {
        one.rule: one for one in cohort.of(patient, EligibilityEntry) if one.protocol == protocol.id
    }
    day = _day_of_decision(cohort, patient, protocol)
    return tuple(
        _answer(rule, Person(cohort, patient, vertebra, day or _own_day(cohort, patient, vertebra)),
                entered.get(rule.id))
        for rule in protocol.eligibility
        for vertebra in _asked(cohort, patient, rule.criterion)
    )  # fmt: skip


def _day_of_decision(
    cohort: Cohort, patient: Patient, protocol: FollowUpProtocol
) -> dt.date | None:
    for one in cohort.of(patient, TrialMembership):
        if protocol.trial and one.trial == protocol.trial:
            return one.enrolment_date or one.randomisation_date
    return None


def _own_day(cohort: Cohort, patient: Patient, vertebra: TreatedVertebra | None) -> dt.date:
    return cohort.first_procedure_date(patient) if vertebra is None else vertebra.procedure_date


def _asked(
    cohort: Cohort, patient: Patient, criterion: Criterion | None
) -> tuple[TreatedVertebra | None, ...]:
    is_of_vertebra = criterion is not None and criterion.is_of_vertebra
    return cohort.vertebrae_of(patient) if is_of_vertebra else (None,)


def _answer(rule: EligibilityRule, person: Person, entry: EligibilityEntry | None) -> RuleAnswer:
    outcome = _by_hand(_recorded(rule, person), entry)
    return RuleAnswer(
        rule,
        person.patient.patient_id,
        None if person.vertebra is None else person.vertebra.level,
        outcome.answer,
        outcome.found,
        "" if entry is None else entry.deviation,
    )


def _recorded(rule: EligibilityRule, person: Person) -> Outcome:
    if rule.criterion is None:
        return Outcome(Fulfilment.UNKNOWN, "no record answers this")
    return rule.criterion.outcome(person)


def _by_hand(outcome: Outcome, entry: EligibilityEntry | None) -> Outcome:
    """Take the answer that was entered where the records leave the question open."""
    if entry is None or entry.answer in {None, outcome.answer}:
        return outcome
    by_hand = f"entered by hand on {entry.entry_date}: {entry.answer.value.replace('_', ' ')}"
    if outcome.answer is Fulfilment.UNKNOWN:
        return Outcome(entry.answer, f"{outcome.found}; {by_hand}")
    return Outcome(outcome.answer, f"{outcome.found} (against it {by_hand})")
