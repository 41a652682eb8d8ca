"""Survival statistics for clustered rows: arrays in, results out.

The package knows no patients and no dates. `SurvivalData` goes in; curves, incidences, tests and
tables come out, each with its method, level and convention.
"""

from kyphort.survival.bands import ConfidenceBand, confidence_band
from kyphort.survival.bootstrap import Bootstrap, bootstrap
from kyphort.survival.comparisons import logrank, logrank_trend
from kyphort.survival.completeness import Completeness, completeness
from kyphort.survival.concordance import Concordance, concordance, concordance_of
from kyphort.survival.counts import risk_table
from kyphort.survival.cox import cox
from kyphort.survival.cox_curves import (
    BaselineHazard,
    PredictedSurvival,
    baseline_hazard,
    predict_survival,
)
from kyphort.survival.cox_jackknife import jackknife
from kyphort.survival.cox_model import CoxModel, ModelTest
from kyphort.survival.curves import SurvivalCurve, kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.differences import restricted_mean_difference, survival_difference
from kyphort.survival.exact import exact_logrank
from kyphort.survival.fine_gray import fine_gray
from kyphort.survival.firth import FirthModel, firth
from kyphort.survival.followup import reverse_kaplan_meier
from kyphort.survival.frailty import FrailtyModel, gamma_frailty
from kyphort.survival.gray import gray_test
from kyphort.survival.incidence import CumulativeIncidence, aalen_johansen
from kyphort.survival.interval_data import IntervalData
from kyphort.survival.interval_test import interval_test
from kyphort.survival.landmarks import LandmarkTable, conditional_survival, landmark_table
from kyphort.survival.npmle import IntervalCurve, IntervalPoints, npmle
from kyphort.survival.npmle_bootstrap import IntervalBootstrap, npmle_bootstrap
from kyphort.survival.paired import PairedChange, paired_change
from kyphort.survival.permutation import permutation_test
from kyphort.survival.proportional_hazards import ProportionalHazardsTest, proportional_hazards_test
from kyphort.survival.proportions import exact_proportion, fisher_exact, proportion_difference
from kyphort.survival.pseudo import PseudoObservations, pseudo_observations
from kyphort.survival.pseudo_regression import PseudoModel, pseudo_regression
from kyphort.survival.residuals import residuals, schoenfeld
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
from kyphort.survival.what_events_allow import (
    Contrast,
    EventsAllow,
    may_say_no_difference,
    what_events_allow,
)

__all__ = [
    "BaselineHazard",
    "Bootstrap",
    "Completeness",
    "Concordance",
    "ConfidenceBand",
    "Contrast",
    "CoxModel",
    "CumulativeIncidence",
    "CurvePoints",
    "Difference",
    "Estimate",
    "EventsAllow",
    "FirthModel",
    "FisherResult",
    "FrailtyModel",
    "IncidencePoints",
    "IntervalBootstrap",
    "IntervalCurve",
    "IntervalData",
    "IntervalPoints",
    "LandmarkTable",
    "ModelTest",
    "PairedChange",
    "PermutationResult",
    "PredictedSurvival",
    "Proportion",
    "ProportionalHazardsTest",
    "PseudoModel",
    "PseudoObservations",
    "Quantile",
    "RiskTable",
    "SurvivalCurve",
    "SurvivalData",
    "TestResult",
    "aalen_johansen",
    "baseline_hazard",
    "bootstrap",
    "completeness",
    "concordance",
    "concordance_of",
    "conditional_survival",
    "confidence_band",
    "cox",
    "exact_logrank",
    "exact_proportion",
    "fine_gray",
    "firth",
    "fisher_exact",
    "gamma_frailty",
    "gray_test",
    "interval_test",
    "jackknife",
    "kaplan_meier",
    "landmark_table",
    "logrank",
    "logrank_trend",
    "may_say_no_difference",
    "npmle",
    "npmle_bootstrap",
    "paired_change",
    "permutation_test",
    "predict_survival",
    "proportion_difference",
    "proportional_hazards_test",
    "pseudo_observations",
    "pseudo_regression",
    "residuals",
    "restricted_mean_difference",
    "reverse_kaplan_meier",
    "risk_table",
    "schoenfeld",
    "survival_difference",
    "what_events_allow",
]
