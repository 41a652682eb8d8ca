"""Scales as lists of codes, and those whose grades have an order that is not alphabetical."""

from enum import StrEnum
from typing import NoReturn

from kyphort.errors import InvalidDataError


class Scale(StrEnum):
    """A list of codes; an unknown one is refused with what is allowed."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InvalidDataError(
            f"{cls.__name__} is '{value}'. Allowed: {', '.join(cls)}. Correct it, or leave it "
            "empty if unknown."
        )

    @property
    def rank(self) -> int:
        """The place of the code in its scale; the first is 0."""
        return list(type(self)).index(self)


class OrderedScale(Scale):
    """Grades in the order in which they are declared, the first the least.

    A grade compares with the codes of its own scale; another scale's grade is refused.
    """

    def _rank_of(self, other: str) -> int:
        if isinstance(other, StrEnum) and type(other) is not type(self):
            raise InvalidDataError(
                f"{type(self).__name__} {self.value} cannot be compared with "
                f"{type(other).__name__} {other.value}. Compare grades of one scale."
            )
        return type(self)(other).rank

    def __lt__(self, other: str) -> bool:
        """Order grades by their rank, not by their spelling."""
        return self.rank < self._rank_of(other)

    def __le__(self, other: str) -> bool:
        """Order grades by their rank, not by their spelling."""
        return self.rank <= self._rank_of(other)

    def __gt__(self, other: str) -> bool:
        """Order grades by their rank, not by their spelling."""
        return self.rank > self._rank_of(other)

    def __ge__(self, other: str) -> bool:
        """Order grades by their rank, not by their spelling."""
        return self.rank >= self._rank_of(other)
