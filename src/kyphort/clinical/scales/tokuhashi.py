"""The revised Tokuhashi score of 2005: six items, 0 to 15, the higher the better."""

from dataclasses import dataclass

from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.neurology import FrankelGrade
from kyphort.clinical.scales.ordered import OrderedScale, Scale
from kyphort.clinical.scales.performance import Karnofsky
from kyphort.errors import InvalidDataError


class OrganMetastases(Scale):
    """Metastases to major internal organs: 0, 1 or 2 points."""

    UNREMOVABLE = "unremovable"
    REMOVABLE = "removable"
    NONE = "none"

    @property
    def points(self) -> int:
        """The item's points."""
        return (0, 1, 2)[self.rank]


class TokuhashiPrimary(Scale):
    """The primary site by its group: 0 to 5 points.

    The sites of the last group are not verified against the source.
    """

    LUNG_OSTEOSARCOMA_STOMACH_BLADDER_OESOPHAGUS_PANCREAS = "lung_group"
    LIVER_GALLBLADDER_UNIDENTIFIED = "liver_group"
    OTHERS = "others"
    KIDNEY_UTERUS = "kidney_group"
    RECTUM = "rectum"
    THYROID_BREAST_PROSTATE_CARCINOID = "breast_group"

    @property
    def points(self) -> int:
        """The item's points."""
        return self.rank


class TokuhashiPrognosis(OrderedScale):
    """The survival that the sum stands for: 0–8, 9–11 and 12–15."""

    BELOW_6_MONTHS = "below_6_months"
    FROM_6_MONTHS = "from_6_months"
    FROM_1_YEAR = "from_1_year"


@dataclass(frozen=True, slots=True)
class RevisedTokuhashi:
    """The six items; general condition and palsy keep the original Karnofsky and Frankel values.

    Modern cohorts outlive its groups (PMC7118051): it describes, it does not predict.

    Source: Tokuhashi et al., Spine 2005;30:2186, doi:10.1097/01.brs.0000180401.06919.a5.

    Raises
    ------
    InvalidDataError
        When a number of metastases is impossible, or Karnofsky is 0.

    Examples
    --------
    >>> score = RevisedTokuhashi(
    ...     Karnofsky(80),
    ...     extraspinal_bone_metastases=0,
    ...     vertebral_metastases=1,
    ...     organs=OrganMetastases.NONE,
    ...     primary=TokuhashiPrimary.KIDNEY_UTERUS,
    ...     palsy=FrankelGrade.E,
    ... )
    >>> score.total, str(score.prognosis), score.verified
    (13, 'from_1_year', True)
    """

    condition: Karnofsky
    extraspinal_bone_metastases: int
    vertebral_metastases: int
    organs: OrganMetastases
    primary: TokuhashiPrimary
    palsy: FrankelGrade

    def __post_init__(self) -> None:
        if self.condition.value == 0:
            raise InvalidDataError(
                "A Tokuhashi score with Karnofsky 0 is impossible. Allowed: 10 to 100. Correct it."
            )
        for name, number, least in (
            ("extraspinal bone metastases", self.extraspinal_bone_metastases, 0),
            ("vertebral metastases", self.vertebral_metastases, 1),
        ):
            if number < least:
                raise InvalidDataError(
                    f"A Tokuhashi score with {number} {name}. Allowed: {least} or more. Correct it."
                )

    @property
    def points(self) -> dict[str, int]:
        """The points of each item."""
        return {
            "condition": _stepped(self.condition.value, (50, 80)),
            "extraspinal_bone": 2 - _stepped(self.extraspinal_bone_metastases, (1, 3)),
            "vertebral": 2 - _stepped(self.vertebral_metastases, (2, 3)),
            "organs": self.organs.points,
            "primary": self.primary.points,
            "palsy": _stepped(self.palsy.rank, (2, 4)),
        }

    @property
    def total(self) -> int:
        """The sum of the six items, 0 to 15."""
        return sum(self.points.values())

    @property
    def prognosis(self) -> TokuhashiPrognosis:
        """The group of the sum."""
        return list(TokuhashiPrognosis)[_stepped(self.total, (9, 12))]

    @property
    def verified(self) -> bool:
        """Whether every rule that gave this sum was checked against its source."""
        five_points = TokuhashiPrimary.THYROID_BREAST_PROSTATE_CARCINOID
        if self.primary is five_points:
            return provenance.TOKUHASHI_FIVE_POINTS.verified
        return provenance.TOKUHASHI.verified

    @property
    def text(self) -> str:
        """The sum with its group, and a remark where a rule is not verified."""
        source = provenance.TOKUHASHI if self.verified else provenance.TOKUHASHI_FIVE_POINTS
        return source.marked(f"{self.total} ({self.prognosis.value.replace('_', ' ')})")


def _stepped(value: int, thresholds: tuple[int, int]) -> int:
    """Return 0, 1 or 2: how many of two thresholds are reached."""
    return sum(value >= threshold for threshold in thresholds)
