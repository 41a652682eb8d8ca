"""What a check finds: proved contradictory, consistent with a witness, or not decided."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The three outcomes of a check; they are never merged."""

    CONTRADICTORY = "proved contradictory"
    CONSISTENT = "consistent"
    UNDECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Finding:
    """One question put to the printed numbers, and its answer.

    `subject` is what was asked about, `items` the printed numbers concerned: for a contradiction a
    set that cannot hold together, minimal when `is_minimal`. `detail` is the witness of a
    consistent finding, the reason of a contradiction, or what was tried. `erratum` is set when the
    specification knows of the contradiction.
    """

    subject: str
    verdict: Verdict
    items: tuple[str, ...]
    detail: str
    is_minimal: bool = False
    erratum: str = ""

    @property
    def is_new_contradiction(self) -> bool:
        """Whether this is a contradiction that the specification does not declare."""
        return self.verdict is Verdict.CONTRADICTORY and not self.erratum


@dataclass(frozen=True, slots=True)
class Proved:
    """A consequence that holds in every cohort with the printed numbers: bounds of a quantity.

    `is_tight` when both ends are attained by a witness.
    """

    quantity: str
    low: float
    high: float
    is_tight: bool
    how: str

    @property
    def text(self) -> str:
        """The bounds as text; one number when they are equal."""
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A printed number with its last digit changed, and whether the check would have noticed."""

    item: str
    text: str
    changed_to: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything that a check found, and how strong it was.

    `seconds` is the time it took; `is_complete` is False when it was stopped by a limit.
    """

    specification: str
    findings: tuple[Finding, ...]
    proved: tuple[Proved, ...]
    perturbations: tuple[Perturbation, ...]
    seconds: float
    is_complete: bool = True

    @property
    def contradictions(self) -> tuple[Finding, ...]:
        """The contradictions that the specification does not declare as errata."""
        return tuple(one for one in self.findings if one.is_new_contradiction)

    @property
    def undecided(self) -> tuple[Finding, ...]:
        """The findings that were not decided."""
        return tuple(one for one in self.findings if one.verdict is Verdict.UNDECIDED)
