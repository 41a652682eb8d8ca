"""Tomita's two scales, which must not be confused: the surgical classification and the score."""

from dataclasses import dataclass
from typing import ClassVar

from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.ordered import OrderedScale, Scale
from kyphort.clinical.scales.provenance import Provenance


class TomitaSurgicalType(OrderedScale):
    """The anatomical extent of a vertebral tumour, types 1 to 7; 1 and 2 were eligible.

    Not verified against its source; other definitions of types 4 to 6 are in circulation. It is
    not the prognostic score (`TomitaPrognosticScore`).

    >>> TomitaSurgicalType("2").extent
    'vertebral body and pedicle'
    >>> TomitaSurgicalType.TYPE_3.is_intracompartmental, TomitaSurgicalType.TYPE_2.verified
    (True, False)
    """

    TYPE_1 = "1"
    TYPE_2 = "2"
    TYPE_3 = "3"
    TYPE_4 = "4"
    TYPE_5 = "5"
    TYPE_6 = "6"
    TYPE_7 = "7"

    @property
    def extent(self) -> str:
        """The definition, in words."""
        return (
            "vertebral body alone (or posterior site alone)",
            "vertebral body and pedicle",
            "vertebral body, pedicle and lamina",
            "extension into the epidural space",
            "paravertebral extension",
            "extension into an adjacent vertebra",
            "multiple or skip lesions",
        )[self.rank]

    @property
    def is_intracompartmental(self) -> bool:
        """Whether the tumour stays within its vertebra (types 1 to 3)."""
        return self <= TomitaSurgicalType.TYPE_3

    @property
    def verified(self) -> bool:
        """Whether the definitions were checked against their source."""
        return provenance.TOMITA_SURGICAL.verified

    @property
    def text(self) -> str:
        """The type with its definition, and a remark when they are not verified."""
        return provenance.TOMITA_SURGICAL.marked(f"type {self.value}: {self.extent}")


class PrimaryGrowth(Scale):
    """How fast the primary tumour grows, in Tomita's prognostic score: 1, 2 or 4 points.

    Slow: breast, prostate, thyroid. Moderate: kidney, uterus. Rapid: lung, liver, stomach, colon,
    unknown primary.
    """

    SLOW = "slow"
    MODERATE = "moderate"
    RAPID = "rapid"

    @property
    def points(self) -> int:
        """The item's points."""
        return (1, 2, 4)[self.rank]


class VisceralMetastases(Scale):
    """Visceral metastases, in Tomita's prognostic score: 0, 2 or 4 points."""

    NONE = "none"
    TREATABLE = "treatable"
    UNTREATABLE = "untreatable"

    @property
    def points(self) -> int:
        """The item's points."""
        return (0, 2, 4)[self.rank]


class BoneMetastases(Scale):
    """Bone metastases, in Tomita's prognostic score: 1 or 2 points."""

    SOLITARY = "solitary"
    MULTIPLE = "multiple"

    @property
    def points(self) -> int:
        """The item's points."""
        return (1, 2)[self.rank]


@dataclass(frozen=True, slots=True)
class TomitaPrognosticScore:
    """Tomita's prognostic score, 2 to 10, the lower the better; not verified against its source.

    It is not the surgical classification (`TomitaSurgicalType`).

    Examples
    --------
    >>> score = TomitaPrognosticScore(
    ...     PrimaryGrowth.RAPID, VisceralMetastases.NONE, BoneMetastases.MULTIPLE
    ... )
    >>> score.total, score.stratum, score.verified
    (6, '6-7', False)
    """

    primary: PrimaryGrowth
    visceral: VisceralMetastases
    bone: BoneMetastases
    provenance: ClassVar[Provenance] = provenance.TOMITA_PROGNOSTIC

    @property
    def total(self) -> int:
        """The sum of the three items."""
        return self.primary.points + self.visceral.points + self.bone.points

    @property
    def stratum(self) -> str:
        """The stratum of the sum: 2-3, 4-5, 6-7 or 8-10."""
        total = self.total
        return next(name for highest, name in _STRATA if total <= highest)

    @property
    def verified(self) -> bool:
        """Whether points and strata were checked against their source."""
        return self.provenance.verified

    @property
    def text(self) -> str:
        """The sum with its stratum, and a remark when they are not verified."""
        return self.provenance.marked(f"{self.total} (stratum {self.stratum})")


_STRATA = ((3, "2-3"), (5, "4-5"), (7, "6-7"), (10, "8-10"))
