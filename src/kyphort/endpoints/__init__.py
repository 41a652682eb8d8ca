"""Endpoints as declarations: from a cohort to times, codes, and the reason for each."""

from kyphort.endpoints.analysis_set import (
    AnalysisSet,
    Ended,
    Ending,
    Excluded,
    Exclusion,
    analysis_set,
)
from kyphort.endpoints.declaration import Endpoint, Source, Subject
from kyphort.endpoints.derive import derive
from kyphort.endpoints.library import (
    local_control,
    lpfs_composite,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.endpoints.overdue import OverdueCount, overdue_scans
from kyphort.endpoints.pain import DEFAULT_PAIN_VISITS, derive_pain
from kyphort.endpoints.pain_response import (
    ConsensusDefinition,
    ConsensusOutcome,
    ConsensusVerdict,
    TrialDefinition,
    TrialOutcome,
    TrialVerdict,
)
from kyphort.endpoints.pain_table import (
    DatedPain,
    PainRow,
    PainStatus,
    PainSummary,
    PainTable,
    PainVisit,
)
from kyphort.endpoints.readers import Disagreement, ReaderAgreement, reader_agreement
from kyphort.endpoints.table import EndpointRow, EndpointTable
from kyphort.protocol import CensoringRule, DeathRule, IndeterminateRule, RetreatmentRule, Unit

__all__ = [
    "DEFAULT_PAIN_VISITS",
    "AnalysisSet",
    "CensoringRule",
    "ConsensusDefinition",
    "ConsensusOutcome",
    "ConsensusVerdict",
    "DatedPain",
    "DeathRule",
    "Disagreement",
    "Ended",
    "Ending",
    "Endpoint",
    "EndpointRow",
    "EndpointTable",
    "Excluded",
    "Exclusion",
    "IndeterminateRule",
    "OverdueCount",
    "PainRow",
    "PainStatus",
    "PainSummary",
    "PainTable",
    "PainVisit",
    "ReaderAgreement",
    "RetreatmentRule",
    "Source",
    "Subject",
    "TrialDefinition",
    "TrialOutcome",
    "TrialVerdict",
    "Unit",
    "analysis_set",
    "derive",
    "derive_pain",
    "local_control",
    "lpfs_composite",
    "lpfs_seed",
    "overall_survival",
    "overdue_scans",
    "reader_agreement",
    "vertebral_compression_fracture",
]
