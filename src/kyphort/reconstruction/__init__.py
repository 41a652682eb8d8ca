"""Published summaries checked for consistency, and turned back into individual-level cohorts.

`check` asks whether printed numbers can hold together, `draw_cohort` draws cohorts that return
them, `verify` reads such a cohort's files again with code of its own.
"""

from kyphort.reconstruction.arithmetic import arithmetic_findings, counts_that_print
from kyphort.reconstruction.bounds import Bound, bounds
from kyphort.reconstruction.check import caught, check
from kyphort.reconstruction.cohort import RebuiltCohort, RebuiltPatient, RebuiltUnit
from kyphort.reconstruction.draw import Plan, draw_cohort, plan_of
from kyphort.reconstruction.findings import (
    CheckResult,
    Finding,
    Perturbation,
    Proved,
    Verdict,
)
from kyphort.reconstruction.from_figure import FigureCohort, from_figures
from kyphort.reconstruction.solver import Limits
from kyphort.reconstruction.verify import GROUPS_FILE, VerifiedNumber, verify

__all__ = [
    "GROUPS_FILE",
    "Bound",
    "CheckResult",
    "FigureCohort",
    "Finding",
    "Limits",
    "Perturbation",
    "Plan",
    "Proved",
    "RebuiltCohort",
    "RebuiltPatient",
    "RebuiltUnit",
    "Verdict",
    "VerifiedNumber",
    "arithmetic_findings",
    "bounds",
    "caught",
    "check",
    "counts_that_print",
    "draw_cohort",
    "from_figures",
    "plan_of",
    "verify",
]
