"""The check of a cohort: every rule about every patient, the gravest findings first."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from kyphort.clinical import Cohort
from kyphort.protocol import FollowUpProtocol
from kyphort.quality import impossible, missing, scheduled, sequence, treatment, unlikely, whole
from kyphort.quality.course import PatientCourse
from kyphort.quality.rule import QualityFinding, Rule, Severity
from kyphort.quality.scheduled import Scheduled

_OF_PATIENTS = (impossible, sequence, missing, unlikely, treatment)
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, the gravest severity first.

    Examples
    --------
    >>> rules = all_rules()
    >>> rules[0].identifier, str(rules[0].severity)
    ('KQ-DOSE-IMPOSSIBLE', 'impossible')
    >>> len({one.identifier for one in rules}) == len(rules)
    True
    """
    modules = (*_OF_PATIENTS, whole, scheduled)
    rules: list[Rule[Any]] = [one for module in modules for one in module.CATALOGUE.rules]
    return tuple(sorted(rules, key=lambda one: _RANK[one.severity]))


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule fired, and about how many patients."""

    rule: Rule[Any]
    findings: int
    patients: int


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All findings about a cohort on a day; the gravest first, then by rule and patient."""

    cohort_name: str
    as_of: dt.date
    protocol: str
    patients: int
    findings: tuple[QualityFinding, ...]

    def count(self, severity: Severity) -> int:
        """Return how many findings have a severity."""
        return sum(one.severity is severity for one in self.findings)

    def by_rule(self) -> tuple[RuleCount, ...]:
        """Return the rules that fired, in their order, with counts."""
        found = Counter(one.rule for one in self.findings)
        patients = Counter(
            rule for rule, _ in {(one.rule, one.patient_id) for one in self.findings}
        )
        return tuple(
            RuleCount(rule, found[rule.identifier], patients[rule.identifier])
            for rule in all_rules()
            if found[rule.identifier]
        )


def check_quality(
    cohort: Cohort, protocol: FollowUpProtocol | None = None, *, as_of: dt.date | None = None
) -> QualityReport:
    """Check a cohort by every rule; the rules of the schedule need a protocol.

    `as_of` is the day on which visits are due or overdue, by default the data cut-off.

    Examples
    --------
    >>> from kyphort.exchange.csv_set import read_csv_set
    >>> from kyphort.published import dataset_folder
    >>> found = check_quality(read_csv_set(dataset_folder("bludau2020")))
    >>> [one.rule for one in found.findings if "benign" in one.message]
    ['KQ-ENTITY-BENIGN']
    """
    day = as_of or cohort.data_cut_off
    findings = [
        one
        for patient in cohort.patients
        for module in _OF_PATIENTS
        for one in module.CATALOGUE.findings(PatientCourse(cohort, patient), patient.patient_id)
    ]
    findings += whole.CATALOGUE.findings(cohort)
    if protocol is not None:
        findings += scheduled.CATALOGUE.findings(Scheduled(cohort, protocol, day))
    order = {rule.identifier: index for index, rule in enumerate(all_rules())}
    findings.sort(key=lambda one: (order[one.rule], one.patient_id, one.place))
    name = "" if protocol is None else protocol.id
    return QualityReport(cohort.name, day, name, len(cohort.patients), tuple(findings))
