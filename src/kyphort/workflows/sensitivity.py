"""Local control under other decisions: what the conclusion rests on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from kyphort.clinical import Cohort
from kyphort.endpoints import derive, local_control
from kyphort.protocol import (
    CensoringRule,
    DeathRule,
    IndeterminateRule,
    LocalControlPlan,
    RetreatmentRule,
    Study,
    Unit,
)
from kyphort.reports.results import IntervalLandmark, Landmark, SensitivityRow
from kyphort.survival import aalen_johansen, kaplan_meier
from kyphort.workflows import curves


@dataclass(frozen=True, slots=True)
class _Variant:
    label: str
    changed: str
    plan: LocalControlPlan
    by_incidence: bool = False


def sensitivity(
    cohort: Cohort, study: Study, between_scans: tuple[IntervalLandmark, ...]
) -> tuple[SensitivityRow, ...]:
    """Estimate local control under the study's plan, and with each decision changed by itself.

    `between_scans` is the estimate that does not date a recurrence at the scan that showed it.
    """
    rows = [_row(cohort, study, one) for one in _variants(study.local_control)]
    if between_scans:
        label = "Recurrence between two scans (interval-censored)"
        rows.append(SensitivityRow(label, "date of recurrence", rows[0].events, between_scans))
    return tuple(rows)


def _variants(plan: LocalControlPlan) -> Iterator[_Variant]:
    yield _Variant("As planned (Kaplan–Meier)", "nothing", plan)
    for censoring in CensoringRule:
        if censoring is not plan.censoring:
            changed = replace(plan, censoring=censoring, death=DeathRule.CENSORS)
            yield _Variant(f"Censored at the {_words(censoring)}", "censoring rule", changed)
    yield _Variant(
        "1 − cumulative incidence, death competing",
        "competing death",
        replace(plan, death=DeathRule.COMPETES),
        by_incidence=True,
    )
    for retreatment in RetreatmentRule:
        if retreatment is not plan.retreatment:
            changed = replace(plan, retreatment=retreatment)
            yield _Variant(f"Retreatment {_words(retreatment)}", "retreatment rule", changed)
    for rule in IndeterminateRule:
        if rule is not plan.indeterminate:
            label = f"Progression after doubtful scans: {_words(rule)}"
            yield _Variant(label, "dating rule", replace(plan, indeterminate=rule))
    other = Unit.PATIENT if plan.unit is Unit.VERTEBRA else Unit.VERTEBRA
    yield _Variant(f"Per {other}", "unit of analysis", replace(plan, unit=other))


def _words(code: str) -> str:
    return code.replace("_", " ")


def _row(cohort: Cohort, study: Study, variant: _Variant) -> SensitivityRow:
    table = derive(cohort, local_control(**asdict(variant.plan)))
    data, times = table.survival_data(), study.landmarks_months
    if variant.by_incidence:
        incidence = aalen_johansen(data)
        found = tuple(map(_complement, curves.incidence_landmarks(incidence, times)))
    else:
        found = curves.landmarks(kaplan_meier(data), times)
    events = sum(row.code == 1 for row in table.rows)
    return SensitivityRow(variant.label, variant.changed, events, found)


def _complement(one: Landmark) -> Landmark:
    return Landmark(
        one.time_months,
        None if one.estimate is None else 1 - one.estimate,
        None if one.upper is None else 1 - one.upper,
        None if one.lower is None else 1 - one.lower,
        one.std_error,
        one.at_risk,
    )
