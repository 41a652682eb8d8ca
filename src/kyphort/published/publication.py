"""A publication as data: its printed numbers, its errata, and what its print determines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from kyphort.errors import InvalidDataError
from kyphort.published.determination import Determination, KnownRange, Rule, determine

PrintedValue = int | float | str | tuple[float, ...]


class Role(StrEnum):
    """What a printed number is to the publication."""

    RESULT = "result"
    DESIGN = "design"
    CITED = "cited"


class ErratumKind(StrEnum):
    """What is wrong, or left unsaid, at one place of the print."""

    MISPRINT = "misprint"
    DECIMAL_COMMA = "decimal-comma"
    WORDING = "wording"
    AMBIGUOUS = "ambiguous"
    OMISSION = "omission"
    TENSION = "tension"


@dataclass(frozen=True, slots=True)
class Erratum:
    """One flaw of the print, with the arithmetic that shows it.

    `corrected` is the value that the print should have had, in its unit; None when it is unknown.
    `can_agree` is False when no cohort can return what is printed.
    """

    id: str
    place: str
    kind: ErratumKind
    statement: str
    arithmetic: str
    corrected: float | None = None
    can_agree: bool = True


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """One number as printed: `value` in `unit` with `decimals` digits after the point.

    `result` is the dotted path of the value in the results that must return it, or None.
    """

    id: str
    text: str
    printed: str
    value: PrintedValue
    decimals: int
    unit: str
    kind: str
    places: tuple[str, ...]
    role: Role
    result: str | None = None
    note: str = ""
    erratum: Erratum | None = None

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit, in the printed unit."""
        return 0.5 * 10.0**-self.decimals

    @property
    def can_agree(self) -> bool:
        """Whether some cohort can return what is printed."""
        return self.erratum is None or self.erratum.can_agree


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication: its bibliography, its numbers, its errata and what it determines.

    `errata` holds those of single numbers first, in print order, then the general ones.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    citation: str
    doi: str
    licence: str
    numbers: tuple[PublishedNumber, ...]
    errata: tuple[Erratum, ...]
    rules: tuple[Rule, ...]
    ranges: tuple[KnownRange, ...]
    _numbers_by_id: Mapping[str, PublishedNumber] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {number.id: number for number in self.numbers}
        object.__setattr__(self, "_numbers_by_id", MappingProxyType(by_id))

    def number(self, number_id: str) -> PublishedNumber:
        """Return the number called `number_id`.

        Raises
        ------
        InvalidDataError
            When the publication has no such number.

        Examples
        --------
        >>> from kyphort.published import load
        >>> load("bludau2020").number("LC_C_24").printed
        '94.2'
        """
        found = self._numbers_by_id.get(number_id)
        if found is None:
            near = get_close_matches(number_id, self._numbers_by_id, n=3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise InvalidDataError(
                f"Publication {self.id} has no number '{number_id}'.{hint} "
                "Allowed: the ids in its publication.toml."
            )
        return found

    def determination_of(self, path: str) -> Determination:
        """Return what the print says of the value at a dotted `path` of the results.

        Examples
        --------
        >>> from kyphort.published import load
        >>> error = load("bludau2020").determination_of("local_control.all.24.std_error")
        >>> str(error.kind), str(error.verdict), error.low, error.high
        ('range', 'determined', 0.025636, 0.026677)
        """
        return determine(path, self.rules, self.ranges)
