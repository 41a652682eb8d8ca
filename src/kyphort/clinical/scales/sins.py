"""SINS: the spinal instability neoplastic score, from its six items."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from kyphort.clinical.levels import SpinalLevel
from kyphort.clinical.scales import provenance
from kyphort.clinical.scales.ordered import OrderedScale, Scale
from kyphort.clinical.scales.provenance import Provenance
from kyphort.errors import InvalidDataError


class SinsLocation(Scale):
    """The part of the spine: 3, 2, 1 or 0 points. It follows from the level."""

    JUNCTIONAL = "junctional"
    MOBILE = "mobile"
    SEMIRIGID = "semirigid"
    RIGID = "rigid"

    @property
    def points(self) -> int:
        """The item's points."""
        return (3, 2, 1, 0)[self.rank]

    @classmethod
    def of(cls, level: SpinalLevel) -> "SinsLocation":
        """Return the part of the spine to which a level belongs.

        Junctional are C1–C2, C7–T2, T11–L1 and L5–S1. The transitional T13 and L6, of which the
        score says nothing, lie within these and count with their neighbours.

        >>> SinsLocation.of(SpinalLevel.T12), SinsLocation.of(SpinalLevel.L3).points
        (<SinsLocation.JUNCTIONAL: 'junctional'>, 2)
        """
        return next(part for first, part in reversed(_PARTS) if first <= level)


_PARTS = (
    (SpinalLevel.C1, SinsLocation.JUNCTIONAL),
    (SpinalLevel.C3, SinsLocation.MOBILE),
    (SpinalLevel.C7, SinsLocation.JUNCTIONAL),
    (SpinalLevel.T3, SinsLocation.SEMIRIGID),
    (SpinalLevel.T11, SinsLocation.JUNCTIONAL),
    (SpinalLevel.L2, SinsLocation.MOBILE),
    (SpinalLevel.L5, SinsLocation.JUNCTIONAL),
    (SpinalLevel.S2, SinsLocation.RIGID),
)
"""The first level of each part, head to tail."""


class SinsPain(Scale):
    """Pain: mechanical 3, occasional but not mechanical 1, none 0 points."""

    MECHANICAL = "mechanical"
    OCCASIONAL_NON_MECHANICAL = "occasional_non_mechanical"
    NONE = "none"

    @property
    def points(self) -> int:
        """The item's points."""
        return (3, 1, 0)[self.rank]


class SinsLesion(Scale):
    """What the lesion does to bone: lytic 2, mixed 1, blastic 0 points."""

    LYTIC = "lytic"
    MIXED = "mixed"
    BLASTIC = "blastic"

    @property
    def points(self) -> int:
        """The item's points."""
        return (2, 1, 0)[self.rank]


class SinsAlignment(Scale):
    """Alignment: subluxation or translation 4, new deformity 2, normal 0 points."""

    SUBLUXATION_TRANSLATION = "subluxation_translation"
    NEW_DEFORMITY = "new_deformity"
    NORMAL = "normal"

    @property
    def points(self) -> int:
        """The item's points."""
        return (4, 2, 0)[self.rank]


class SinsCollapse(Scale):
    """Collapse of the body: 3, 2, 1 or 0 points. Exactly 50% has no place in the score."""

    MORE_THAN_HALF = "more_than_half"
    LESS_THAN_HALF = "less_than_half"
    NONE_MORE_THAN_HALF_INVOLVED = "none_more_than_half_involved"
    NONE = "none"

    @property
    def points(self) -> int:
        """The item's points."""
        return (3, 2, 1, 0)[self.rank]

    @classmethod
    def of(cls, collapse_percent: float, *, more_than_half_involved: bool) -> "SinsCollapse":
        """Return the code for a measured loss of height [%].

        Raises
        ------
        InvalidDataError
            When the percentage is exactly 50, which a reader must decide, or impossible.

        Examples
        --------
        >>> SinsCollapse.of(0, more_than_half_involved=True).points
        1
        """
        if not 0 <= collapse_percent <= 100:
            raise InvalidDataError(
                f"A collapse of {collapse_percent:g}% is impossible. Allowed: 0 to 100. Correct it."
            )
        if collapse_percent == 50:
            raise InvalidDataError(
                "A collapse of exactly 50% is not defined in SINS (more than 50%: 3 points, less: "
                "2). Decide, and give 'more_than_half' or 'less_than_half'."
            )
        if collapse_percent > 50:
            return cls.MORE_THAN_HALF
        if collapse_percent > 0:
            return cls.LESS_THAN_HALF
        return cls.NONE_MORE_THAN_HALF_INVOLVED if more_than_half_involved else cls.NONE


class SinsPosterolateral(Scale):
    """Posterolateral involvement: bilateral 3, unilateral 1, none 0 points."""

    BILATERAL = "bilateral"
    UNILATERAL = "unilateral"
    NONE = "none"

    @property
    def points(self) -> int:
        """The item's points."""
        return (3, 1, 0)[self.rank]


class SinsClass(OrderedScale):
    """What the sum means: 0–6 stable, 7–12 potentially unstable, 13–18 unstable."""

    STABLE = "stable"
    POTENTIALLY_UNSTABLE = "potentially_unstable"
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Sins:
    """The six items of one vertebra; the location is derived from the level.

    Source: Fisher et al., Spine 2010;35:E1221, doi:10.1097/BRS.0b013e3181e16ae2, Table.

    Examples
    --------
    >>> score = Sins(
    ...     SpinalLevel.T12,
    ...     SinsPain.MECHANICAL,
    ...     SinsLesion.LYTIC,
    ...     SinsAlignment.NORMAL,
    ...     SinsCollapse.LESS_THAN_HALF,
    ...     SinsPosterolateral.NONE,
    ... )
    >>> score.total, score.stability, score.needs_surgical_consultation
    (10, <SinsClass.POTENTIALLY_UNSTABLE: 'potentially_unstable'>, True)
    """

    level: SpinalLevel
    pain: SinsPain
    lesion: SinsLesion
    alignment: SinsAlignment
    collapse: SinsCollapse
    posterolateral: SinsPosterolateral
    provenance: ClassVar[Provenance] = provenance.SINS

    def __post_init__(self) -> None:
        for name, kind in _ITEMS.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise InvalidDataError(
                    f"SINS of {self.level}: {name} is {value!r}. Allowed: {', '.join(kind)}, as "
                    f"{kind.__name__}. Correct it."
                )

    @property
    def location(self) -> SinsLocation:
        """The part of the spine, from the level."""
        return SinsLocation.of(self.level)

    @property
    def total(self) -> int:
        """The sum of the six items, 0 to 18."""
        items = (self.pain, self.lesion, self.alignment, self.collapse, self.posterolateral)
        return self.location.points + sum(item.points for item in items)

    @property
    def stability(self) -> SinsClass:
        """The class of the sum."""
        return sins_class(self.total)

    @property
    def needs_surgical_consultation(self) -> bool:
        """Whether the sum is 7 or more."""
        return self.stability > SinsClass.STABLE


_ITEMS: dict[str, type[StrEnum]] = {
    "level": SpinalLevel,
    "pain": SinsPain,
    "lesion": SinsLesion,
    "alignment": SinsAlignment,
    "collapse": SinsCollapse,
    "posterolateral": SinsPosterolateral,
}


def sins_class(total: int) -> SinsClass:
    """Return the class of a sum, for records that hold only that.

    Raises
    ------
    InvalidDataError
        When the sum is not 0 to 18.

    Examples
    --------
    >>> [str(sins_class(total)) for total in (6, 7, 12, 13)]
    ['stable', 'potentially_unstable', 'potentially_unstable', 'unstable']
    """
    if not 0 <= total <= 18:
        raise InvalidDataError(f"A SINS of {total} is impossible. Allowed: 0 to 18. Correct it.")
    if total <= 6:
        return SinsClass.STABLE
    return SinsClass.POTENTIALLY_UNSTABLE if total <= 12 else SinsClass.UNSTABLE
