"""Study definitions as data: what a centre decides before it looks at its results."""

from kyphort.protocol.study import (
    CensoringRule,
    DeathRule,
    GroupPlan,
    IndeterminateRule,
    LocalControlPlan,
    PlannedPainVisit,
    RetreatmentRule,
    Schedule,
    Stratum,
    Study,
    TimeUnit,
    Unit,
    default_study,
    read_study,
    study_template_text,
)

__all__ = [
    "CensoringRule",
    "DeathRule",
    "GroupPlan",
    "IndeterminateRule",
    "LocalControlPlan",
    "PlannedPainVisit",
    "RetreatmentRule",
    "Schedule",
    "Stratum",
    "Study",
    "TimeUnit",
    "Unit",
    "default_study",
    "read_study",
    "study_template_text",
]
