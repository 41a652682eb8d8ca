"""Small results: frozen values with their limits, method and level."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from kyphort.survival.arrays import FloatArray

Convention = Literal["KMunicate", "R"]
"""Who is at risk at a tick: "KMunicate" counts T > t, "R" counts T ≥ t."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error and confidence limits; NaN where one is not defined."""

    value: float
    std_error: float
    lower: float
    upper: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Difference(Estimate):
    """The first group's value less the second's, with a two-sided test of no difference."""

    p_value: float
    groups: tuple[Hashable, Hashable]


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which a share `probability` has had the event, with limits; NaN: not reached."""

    probability: float
    estimate: float
    lower: float
    upper: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of `n` with exact confidence limits."""

    events: int
    n: int
    estimate: float
    lower: float
    upper: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class FisherResult:
    """Fisher's exact test of two shares, with the odds ratio of the sample."""

    p_value: float
    odds_ratio: float
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class CurvePoints:
    """A survival curve read at chosen times; every array has the shape of `times`."""

    times: FloatArray
    survival: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class IncidencePoints:
    """A cumulative incidence read at chosen times; every array has the shape of `times`."""

    times: FloatArray
    incidence: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TestResult:
    """A chi-squared test of k groups.

    `groups` holds the labels in sorted order; `sizes`, `observed` and `expected` are `(k,)`, summed
    over strata, and carry the weights of the test. `statistic` and `p_value` are NaN, with `df` 0,
    when the data allow no comparison.
    """

    __test__ = False  # a result, whatever a test runner makes of its name

    statistic: float
    df: int
    p_value: float
    observed: FloatArray
    expected: FloatArray
    method: str
    groups: tuple[Hashable, ...]
    sizes: FloatArray
    clusters: int | None


@dataclass(frozen=True, slots=True, eq=False)
class PermutationResult(TestResult):
    """A permutation test; `df` is the rank of the variance over all permutations.

    `informative` counts the clusters whose labels could have fallen otherwise. `permutations` were
    drawn; the p value counts the observed labels as one more.
    """

    informative: int
    permutations: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """Numbers below a curve: at risk at each tick, and what has happened up to it.

    All arrays are `(k,)` and weighted; `events`, `censored` and `competing` are cumulative, T ≤ t.
    """

    times: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    competing: FloatArray
    convention: Convention
