"""What can be made as large or as small as the printed numbers allow."""

from dataclasses import dataclass

from kyphort.reconstruction.statements import Statement


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The number at risk of some arms at one event, as something to be made large or small."""

    members: tuple[int, ...]
    event: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Observed minus expected events of an arm in the log-rank test against another."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Chi-square of the log-rank test of a statement."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Greenwood:
    """Greenwood's sum of some arms up to a cut (by index)."""

    members: tuple[int, ...]
    cut: int


Target = AtRisk | Difference | ChiSquare | Greenwood | None
