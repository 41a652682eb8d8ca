"""Survival statistics for clustered rows: arrays in, results out.

The package knows no patients and no dates. `SurvivalData` goes in; curves, incidences, tests and
tables come out, each with its method, level and convention.
"""

from kyphort.survival.comparisons import logrank
from kyphort.survival.counts import risk_table
from kyphort.survival.curves import SurvivalCurve, kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.followup import reverse_kaplan_meier
from kyphort.survival.incidence import CumulativeIncidence, aalen_johansen
from kyphort.survival.paired import PairedChange, paired_change
from kyphort.survival.proportions import exact_proportion, fisher_exact, proportion_difference
from kyphort.survival.results import (
    CurvePoints,
    Estimate,
    FisherResult,
    IncidencePoints,
    Proportion,
    Quantile,
    RiskTable,
    TestResult,
)

__all__ = [
    "CumulativeIncidence",
    "CurvePoints",
    "Estimate",
    "FisherResult",
    "IncidencePoints",
    "PairedChange",
    "Proportion",
    "Quantile",
    "RiskTable",
    "SurvivalCurve",
    "SurvivalData",
    "TestResult",
    "aalen_johansen",
    "exact_proportion",
    "fisher_exact",
    "kaplan_meier",
    "logrank",
    "paired_change",
    "proportion_difference",
    "reverse_kaplan_meier",
    "risk_table",
]
