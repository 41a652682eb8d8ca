"""Answers of eligibility rules as text and as JSON; words say the answer, never colour alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from kyphort.clinical import Fulfilment
from kyphort.protocol import EligibilityRule, FollowUpProtocol, RuleAnswer
from kyphort.reports.numbers import ABSENT
from kyphort.reports.worklist import columns

_TITLES = ("Answer", "Level", "Rule", "Found", "Deviation")
UNDOCUMENTED = "to be documented"


def answers_table(answers: Iterable[RuleAnswer]) -> str:
    """Return the answers for one patient as text in columns, in the order of the protocol."""
    return columns(_TITLES, [_row(one) for one in answers])


def patients_table(answers: Iterable[RuleAnswer]) -> str:
    """Return one line for each patient: how many rules are met, not met, unknown, documented."""
    titles = ("Patient", "Met", "Not met", "Unknown", "To be documented")
    rows = [
        _counts(patient, tuple(found))
        for patient, found in groupby(answers, key=lambda one: one.patient_id)
    ]
    return columns(titles, rows)


def eligibility_sentence(answers: Sequence[RuleAnswer]) -> str:
    """Return how many rules are met, not met and unknown, in one sentence.

    >>> eligibility_sentence(())
    '0 met, 0 not met, 0 unknown; 0 not met and not documented.'
    """
    counts = Counter(one.answer for one in answers)
    words = ", ".join(f"{counts[one]} {answer_word(one)}" for one in Fulfilment)
    undocumented = sum(one.needs_deviation for one in answers)
    return f"{words}; {undocumented} not met and not documented."


def answers_json(answers: Iterable[RuleAnswer], protocol: FollowUpProtocol) -> dict[str, object]:
    """Return the answers as plain values."""
    return {
        "protocol": protocol.id,
        "answers": [
            {
                "patient_id": one.patient_id,
                "level": None if one.level is None else one.level.value,
                "rule": one.rule.id,
                "text": one.rule.text,
                "kind": one.rule.kind.value,
                "answer": one.answer.value,
                "found": one.found,
                "deviation": one.deviation,
                "source": one.rule.source,
                "verified": one.rule.verified,
            }
            for one in answers
        ],
    }


def rules_table(rules: Iterable[EligibilityRule]) -> str:
    """Return the rules of a protocol as text in columns."""
    rows = [
        (
            one.id,
            one.kind.value,
            one.text,
            "by hand" if one.criterion is None else "from the records",
            "yes" if one.verified else "no",
            one.source,
        )
        for one in rules
    ]
    return columns(("Rule", "Kind", "What must hold", "Answered", "Verified", "Source"), rows)


def answer_word(answer: Fulfilment) -> str:
    """Return an answer in words."""
    return answer.value.replace("_", " ")


def _row(one: RuleAnswer) -> tuple[str, ...]:
    level = ABSENT if one.level is None else one.level.value
    text = one.rule.text if one.rule.verified else f"{one.rule.text} (not verified)"
    deviation = UNDOCUMENTED if one.needs_deviation else ABSENT
    if one.answer is Fulfilment.NOT_MET and one.deviation:
        deviation = one.deviation
    return (answer_word(one.answer), level, text, one.found, deviation)


def _counts(patient: str, answers: Sequence[RuleAnswer]) -> tuple[str, ...]:
    counts = Counter(one.answer for one in answers)
    undocumented = sum(one.needs_deviation for one in answers)
    numbers = (counts[one] for one in (Fulfilment.MET, Fulfilment.NOT_MET, Fulfilment.UNKNOWN))
    return (patient, *map(str, numbers), str(undocumented))
