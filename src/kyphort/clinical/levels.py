"""Spinal levels and the regions that the comparisons use."""

from enum import StrEnum


class SpineRegion(StrEnum):
    """The part of the spine to which a level belongs."""

    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBAR = "lumbar"
    SACRAL = "sacral"


class SpinalLevel(StrEnum):
    """A vertebra by its usual name, head to tail, with the transitional T13 and L6.

    >>> SpinalLevel("T12").region
    <SpineRegion.THORACIC: 'thoracic'>
    >>> SpinalLevel.T12 < SpinalLevel.L1
    True
    """

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    L6 = "L6"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"

    @property
    def region(self) -> SpineRegion:
        """The region of the spine, from the letter of the name."""
        return _REGION_OF_LETTER[self.value[0]]

    @property
    def position(self) -> int:
        """The rank of the level from the head downwards; C1 is 0."""
        return _POSITION[self]

    def __lt__(self, other: str) -> bool:
        """Order levels from head to tail, not by their spelling."""
        return self.position < SpinalLevel(other).position

    def __le__(self, other: str) -> bool:
        """Order levels from head to tail, not by their spelling."""
        return self.position <= SpinalLevel(other).position

    def __gt__(self, other: str) -> bool:
        """Order levels from head to tail, not by their spelling."""
        return self.position > SpinalLevel(other).position

    def __ge__(self, other: str) -> bool:
        """Order levels from head to tail, not by their spelling."""
        return self.position >= SpinalLevel(other).position


_REGION_OF_LETTER = {
    "C": SpineRegion.CERVICAL,
    "T": SpineRegion.THORACIC,
    "L": SpineRegion.LUMBAR,
    "S": SpineRegion.SACRAL,
}
_POSITION = {level: position for position, level in enumerate(SpinalLevel)}
