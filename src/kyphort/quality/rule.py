"""A rule of data quality: an identifier that stays, how grave it is, what it says, what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

_Subject = TypeVar("_Subject")


class Severity(StrEnum):
    """What a finding means for the data, the gravest first.

    `impossible`: it cannot be. `contradictory`: two records cannot both be right.
    `out_of_sequence`: the order of events is not what the schedule or the disease allows.
    `missing`: something that an analysis needs was not recorded. `unlikely`: it may be right, and
    rarely is.
    """

    IMPOSSIBLE = "impossible"
    CONTRADICTORY = "contradictory"
    OUT_OF_SEQUENCE = "out_of_sequence"
    MISSING = "missing"
    UNLIKELY = "unlikely"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule saw: the place within the patient's data, the value there, and why it is odd."""

    place: str
    value: str
    message: str
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Generic[_Subject]):
    """One rule: `meaning` is what it says when it fires, `example` a case that it catches.

    `source` says where its limit comes from; a limit without a source is this program's choice, and
    `verified` is False when the source was not read.
    """

    identifier: str
    severity: Severity
    meaning: str
    example: str
    remedy: str
    check: Callable[[_Subject], Iterator[Found]]
    source: str = ""
    verified: bool = True

    @property
    def page(self) -> str:
        """The place of the rule in the documentation."""
        return f"reference/quality-rules.html#{self.identifier.casefold()}"


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One finding of one rule about one patient, or about the whole cohort."""

    rule: str
    severity: Severity
    patient_id: str
    place: str
    value: str
    message: str
    remedy: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when the data are checked again: rule, patient and place."""
        return self.rule, self.patient_id, self.place

    @property
    def line(self) -> str:
        """The finding as one line of text, without its severity and rule."""
        who = f"Patient {self.patient_id}" if self.patient_id else "The cohort"
        where = f", {self.place}" if self.place else ""
        value = f" ({self.value})" if self.value else ""
        return f"{who}{where}{value}: {self.message} {self.remedy}"


class Catalogue(Generic[_Subject]):
    """Rules about one kind of subject, in the order of their declaration."""

    def __init__(self) -> None:
        self.rules: list[Rule[_Subject]] = []

    def rule(
        self,
        identifier: str,
        severity: Severity,
        meaning: str,
        example: str,
        remedy: str,
        *,
        source: str = "",
        verified: bool = True,
    ) -> Callable[[Callable[[_Subject], Iterator[Found]]], Callable[[_Subject], Iterator[Found]]]:
        """Declare the function below as a rule."""

        def declare(
            check: Callable[[_Subject], Iterator[Found]],
        ) -> Callable[[_Subject], Iterator[Found]]:
            rule = Rule(identifier, severity, meaning, example, remedy, check, source, verified)
            self.rules.append(rule)
            return check

        return declare

    def findings(self, subject: _Subject, patient_id: str = "") -> Iterator[QualityFinding]:
        """Yield what the rules find in one subject."""
        for rule in self.rules:
            for one in rule.check(subject):
                yield QualityFinding(
                    rule.identifier,
                    rule.severity,
                    one.patient_id or patient_id,
                    one.place,
                    one.value,
                    one.message,
                    rule.remedy,
                )
