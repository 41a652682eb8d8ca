"""Clinical scales as types: items, sums and classes, with their sources.

A rule that was not checked against its source has `verified = False`, and its text says so.
"""

from kyphort.clinical.scales.escc import EsccGrade
from kyphort.clinical.scales.neurology import FrankelGrade
from kyphort.clinical.scales.performance import (
    ConvertedEcog,
    Ecog,
    Karnofsky,
    ecog_from_karnofsky,
)
from kyphort.clinical.scales.provenance import PROVENANCES, Provenance
from kyphort.clinical.scales.sins import (
    Sins,
    SinsAlignment,
    SinsClass,
    SinsCollapse,
    SinsLesion,
    SinsLocation,
    SinsPain,
    SinsPosterolateral,
    sins_class,
)
from kyphort.clinical.scales.tokuhashi import (
    OrganMetastases,
    RevisedTokuhashi,
    TokuhashiPrimary,
    TokuhashiPrognosis,
)
from kyphort.clinical.scales.tomita import (
    BoneMetastases,
    PrimaryGrowth,
    TomitaPrognosticScore,
    TomitaSurgicalType,
    VisceralMetastases,
)
from kyphort.clinical.scales.toxicity import (
    CTCAE_VERSIONS,
    ClavienDindo,
    ClavienDindoGrade,
    CtcaeGrade,
)

__all__ = [
    "CTCAE_VERSIONS",
    "PROVENANCES",
    "BoneMetastases",
    "ClavienDindo",
    "ClavienDindoGrade",
    "ConvertedEcog",
    "CtcaeGrade",
    "Ecog",
    "EsccGrade",
    "FrankelGrade",
    "Karnofsky",
    "OrganMetastases",
    "PrimaryGrowth",
    "Provenance",
    "RevisedTokuhashi",
    "Sins",
    "SinsAlignment",
    "SinsClass",
    "SinsCollapse",
    "SinsLesion",
    "SinsLocation",
    "SinsPain",
    "SinsPosterolateral",
    "TokuhashiPrimary",
    "TokuhashiPrognosis",
    "TomitaPrognosticScore",
    "TomitaSurgicalType",
    "VisceralMetastases",
    "ecog_from_karnofsky",
    "sins_class",
]
