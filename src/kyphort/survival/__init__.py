"""Survival statistics for clustered rows: arrays in, results out.

The package knows no patients and no dates. `SurvivalData` goes in; curves, incidences, tests and
tables come out, each with its method, level and convention.
"""

from kyphort.survival.bands import ConfidenceBand, confidence_band
from kyphort.survival.bootstrap import Bootstrap, bootstrap
from kyphort.survival.comparisons import logrank, logrank_trend
from kyphort.survival.completeness import Completeness, completeness
from kyphort.survival.counts import risk_table
from kyphort.survival.cox import cox
from kyphort.survival.cox_model import CoxModel, ModelTest
from kyphort.survival.curves import SurvivalCurve, kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.differences import restricted_mean_difference, survival_difference
from kyphort.survival.exact import exact_logrank
from kyphort.survival.followup import reverse_kaplan_meier
from kyphort.survival.gray import gray_test
from kyphort.survival.incidence import CumulativeIncidence, aalen_johansen
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.landmarks import LandmarkTable, conditional_survival, landmark_table
from kyphort.survival.npmle import IntervalCurve, IntervalPoints, npmle
from kyphort.survival.npmle_bootstrap import IntervalBootstrap, npmle_bootstrap
from kyphort.survival.paired import PairedChange, paired_change
from kyphort.survival.permutation import permutation_test
from kyphort.survival.proportions import exact_proportion, fisher_exact, proportion_difference
from kyphort.survival.results import (
    CurvePoints,
    Difference,
    Estimate,
    FisherResult,
    IncidencePoints,
    PermutationResult,
    Proportion,
    Quantile,
    RiskTable,
    TestResult,
)

__all__ = [
    "Bootstrap",
    "Completeness",
    "ConfidenceBand",
    "CoxModel",
    "CumulativeIncidence",
    "CurvePoints",
    "Difference",
    "Estimate",
    "FisherResult",
    "IncidencePoints",
    "IntervalBootstrap",
    "IntervalCurve",
    "IntervalData",
    "IntervalPoints",
    "LandmarkTable",
    "ModelTest",
    "PairedChange",
    "PermutationResult",
    "Proportion",
    "Quantile",
    "RiskTable",
    "SurvivalCurve",
    "SurvivalData",
    "TestResult",
    "aalen_johansen",
    "bootstrap",
    "completeness",
    "conditional_survival",
    "confidence_band",
    "cox",
    "exact_logrank",
    "exact_proportion",
    "fisher_exact",
    "gray_test",
    "kaplan_meier",
    "landmark_table",
    "logrank",
    "logrank_trend",
    "npmle",
    "npmle_bootstrap",
    "paired_change",
    "permutation_test",
    "proportion_difference",
    "restricted_mean_difference",
    "reverse_kaplan_meier",
    "risk_table",
    "survival_difference",
]
