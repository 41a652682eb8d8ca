"""What a print determines: a value itself, a consequence of it, or no more than a range."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from kyphort.errors import InvalidDataError


class DeterminationKind(StrEnum):
    """How a print fixes a value: printed, proved from print, or open within a range."""

    PRINTED = "printed"
    PROVED = "proved"
    RANGE = "range"


class Verdict(StrEnum):
    """How much of a value the print leaves open."""

    DETERMINED = "determined"
    PARTLY = "partly"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of determination.toml: a shell pattern of paths and what holds for them."""

    path: str
    kind: DeterminationKind
    why: str


_LAST_DIGIT = 2.5e-6


@dataclass(frozen=True, slots=True)
class KnownRange:
    """One line of ranges.toml: the bounds of the values at a shell pattern of paths.

    `low` and `high` are in the unit of the results (fractions, months, counts). The kind is proved
    when no cohort that returns every printed number lies outside, range when it was only seen.
    `seen` is the range over `cohorts` reconstructed cohorts, also where a wider one is proved.
    """

    path: str
    low: float
    high: float
    kind: DeterminationKind
    verdict: Verdict
    source: str
    note: str = ""
    seen: tuple[float, float] | None = None
    cohorts: int = 0

    @property
    def is_one_value(self) -> bool:
        """Whether the proof leaves a single value, but for the last digit of the file."""
        is_proved = self.kind is DeterminationKind.PROVED
        return is_proved and self.high - self.low <= _LAST_DIGIT

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise InvalidDataError(
                f"Range '{self.path}': low is {self.low:g}, high is {self.high:g}. "
                "Allowed: low up to high. Exchange or correct them."
            )
        if self.kind is DeterminationKind.PRINTED:
            raise InvalidDataError(
                f"Range '{self.path}': kind is printed. Allowed: proved, range. A printed value "
                "needs no range."
            )


@dataclass(frozen=True, slots=True)
class Determination:
    """What the print says of one value of the results.

    `low` and `high` are None when no bounds are known. `bounds_proved` tells proved bounds from
    bounds seen over reconstructed cohorts, beyond which the true extremes may lie; `seen` is such a
    range over `cohorts` cohorts, also beside proved bounds.
    """

    kind: DeterminationKind
    verdict: Verdict
    why: str
    low: float | None = None
    high: float | None = None
    bounds_proved: bool = False
    source: str = ""
    note: str = ""
    seen: tuple[float, float] | None = None
    cohorts: int = 0


def determine(path: str, rules: Sequence[Rule], ranges: Sequence[KnownRange]) -> Determination:
    """Return the determination of `path`: the first matching rule with the first matching range.

    Examples
    --------
    >>> rules = [Rule("counts.*", DeterminationKind.PRINTED, "printed in Results")]
    >>> determine("counts.deaths", rules, []).why
    'printed in Results'
    >>> str(determine("median_survival_months.estimate", rules, []).verdict)
    'undetermined'
    """
    rule = next((one for one in rules if fnmatchcase(path, one.path)), _OPEN)
    known = next((one for one in ranges if fnmatchcase(path, one.path)), None)
    if known is None:
        open_ended = rule.kind is DeterminationKind.RANGE
        verdict = Verdict.UNDETERMINED if open_ended else Verdict.DETERMINED
        return Determination(rule.kind, verdict, rule.why)
    kind, why = rule.kind, rule.why
    if kind is DeterminationKind.RANGE and known.is_one_value:
        kind, why = DeterminationKind.PROVED, known.source
    return Determination(
        kind=kind,
        verdict=known.verdict if kind is DeterminationKind.RANGE else Verdict.DETERMINED,
        why=why,
        low=known.low,
        high=known.high,
        bounds_proved=known.kind is DeterminationKind.PROVED,
        source=known.source,
        note=known.note,
        seen=known.seen,
        cohorts=known.cohorts,
    )


_OPEN = Rule("*", DeterminationKind.RANGE, "the print does not mention it")
