"""Limits of a plan: read from TOML with their sources, judged by the worst of what may be true."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.planning.structures import Role

METRICS = ("D0.03cc", "D90", "D98", "Dmean", "V100", "cumulative EQD2")
_KEYS = {"name", "role", "metric", "at_most", "at_least", "rbe_weighted", "source", "verified"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: what of which role must be at most or at least how much.

    Attributes
    ----------
    name
        What it is called.
    role, metric
        What is judged; doses in Gy, V100 in per cent.
    at_most, at_least
        One of both.
    rbe_weighted
        Whether the dose is multiplied by the RBE first.
    source, verified
        Where the number comes from, and whether that was read itself.
    """

    name: str
    role: Role
    metric: str
    at_most: float | None = None
    at_least: float | None = None
    rbe_weighted: bool = True
    source: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise InvalidDataError(
                f"Limit '{self.name}': metric '{self.metric}'; allowed are {', '.join(METRICS)}."
            )
        if (self.at_most is None) == (self.at_least is None):
            raise InvalidDataError(f"Limit '{self.name}': give one of at_most and at_least.")
        if not 0 < self.bound < 1000:
            raise InvalidDataError(
                f"Limit '{self.name}': {self.bound}; allowed are values above 0, below 1000."
            )

    @property
    def bound(self) -> float:
        """The number of the limit."""
        return float(self.at_most if self.at_most is not None else self.at_least or 0.0)

    def passed_by(self, value: float) -> bool:
        """Return whether a value keeps the limit."""
        return value <= self.bound if self.at_most is not None else value >= self.bound

    def written(self) -> str:
        """Write the limit.

        >>> Limit("Cord", Role.CORD, "D0.03cc", at_most=12.0).written()
        'D0.03cc ≤ 12 Gy × RBE'
        """
        sign = "≤" if self.at_most is not None else "≥"
        unit = "%" if self.metric == "V100" else "Gy"
        weighted = " × RBE" if self.rbe_weighted and self.metric.startswith("D") else ""
        return f"{self.metric} {sign} {self.bound:g} {unit}{weighted}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A limit judged for one structure.

    Attributes
    ----------
    limit, structure
        What was judged.
    values
        The metric under each assumption: water, medium, and so on.
    """

    limit: Limit
    structure: str
    values: Mapping[str, float]

    @property
    def worst(self) -> tuple[str, float]:
        """The assumption that is worst for the limit, and its value."""
        choose = max if self.limit.at_most is not None else min
        name = choose(self.values, key=lambda one: self.values[one])
        return name, self.values[name]

    @property
    def passed(self) -> bool:
        """Whether even the worst value keeps the limit."""
        return self.limit.passed_by(self.worst[1])


def read_limits(path: Path | None = None) -> tuple[Limit, ...]:
    """Return limits from a TOML file, or the shipped ones.

    Raises
    ------
    InvalidDataError
        When the file cannot be read, or an entry is not a limit.

    Examples
    --------
    >>> read_limits()[0].bound
    12.0
    """
    shipped = resources.files("kyphort.planning") / "data" / "limits.toml"
    try:
        entries = tomllib.loads((path or shipped).read_text(encoding="utf-8"))["limit"]
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDataError(
            f"Limits could not be read from {path} ({error}). Start from limits.toml of the "
            "package: kyphort plan limits shows it."
        ) from error
    return tuple(_limit(number, entry, path) for number, entry in enumerate(entries, start=1))


def limits_text() -> str:
    """Return the shipped file of limits, to be copied and changed."""
    return (resources.files("kyphort.planning") / "data" / "limits.toml").read_text("utf-8")


def _limit(number: int, entry: Mapping[str, object], path: Path | None) -> Limit:
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise InvalidDataError(
            f"{path}, limit {number}: unknown entry '{unknown[0]}'. Allowed are "
            f"{', '.join(sorted(_KEYS))}."
        )
    try:
        role = Role(str(entry["role"]))
        return Limit(**{**entry, "role": role})  # type: ignore[arg-type] # checked by Limit
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InvalidDataError):
            raise
        raise InvalidDataError(
            f"{path}, limit {number}: {error}. Needed are name, role ({', '.join(Role)}), metric "
            "and one of at_most, at_least."
        ) from error


def failed(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts that were not passed."""
    return tuple(one for one in verdicts if not one.passed)
