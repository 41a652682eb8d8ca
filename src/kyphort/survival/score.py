"""What the log-rank family adds up: observed and expected events, their variance, rows' parts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    count_at,
    ratio,
    with_start,
)
from kyphort.survival.checks import as_number
from kyphort.survival.clusters import sum_by_cluster
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import RiskCounts, RiskProcess, product_limit, risk_process
from kyphort.survival.labels import Labels, encode_codes
from kyphort.survival.table import CountedExits, ExitTable, SortedExits

_BLOCK = 8008
"""No multiple of a page of memory: groups a page apart would share one place of the cache."""

Weighting = Literal["fleming-harrington", "gehan", "tarone-ware", "peto"]
"""How a log-rank test weighs its event times."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A weighting of event times, with the exponents of Fleming and Harrington."""

    weighting: Weighting = "fleming-harrington"
    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        if self.weighting not in get_args(Weighting):
            allowed = ", ".join(map(repr, get_args(Weighting)))
            raise InvalidDataError(f"weighting: {self.weighting!r}. Allowed: {allowed}.")
        for name, value in (("rho", self.rho), ("gamma", self.gamma)):
            number = as_number(name, value, "a finite number, 0 or more")
            if not (number >= 0.0 and np.isfinite(number)):
                raise InvalidDataError(f"{name}: {value}. Allowed: a finite number, 0 or more.")
        if self.weighting != "fleming-harrington" and (self.rho or self.gamma):
            raise InvalidDataError(
                f"rho, gamma: {self.rho:g}, {self.gamma:g} with the weighting {self.weighting!r}, "
                "which has no exponents. Leave them out, or take 'fleming-harrington'."
            )

    @property
    def name(self) -> str:
        """The usual name of the test."""
        if self.weighting == "fleming-harrington":
            plain = self.rho == self.gamma == 0.0
            exponents = f"G(ρ={self.rho:g}, γ={self.gamma:g}) log-rank test"
            return "log-rank test" if plain else exponents
        names = {"gehan": "Gehan", "tarone-ware": "Tarone–Ware", "peto": "Peto–Peto"}
        return f"{names[self.weighting]} test"

    def weights(self, counts: RiskCounts) -> FloatArray:
        """Return the weight of each time `(m,)`."""
        y, d = counts.at_risk, counts.events
        if self.weighting == "gehan":
            return y
        if self.weighting == "tarone-ware":
            return np.sqrt(np.maximum(y, 0.0))
        if self.weighting == "peto":
            return np.asarray(np.cumprod(1.0 - d / (y + 1.0)))
        if self.rho == self.gamma == 0.0:
            return np.ones_like(y)
        before = with_start(1.0, product_limit(counts))[:-1]
        return np.asarray(before**self.rho * (1.0 - before) ** self.gamma)


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Observed and expected events `(k,)`, their variance `(k, k)`, each row's part `(n, k)`.

    `scale` is what the variance is small against when it is rounding only. The rows' parts are None
    where nobody needs them. `sizes` `(k,)` is the weight of the rows of each group.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    scale: float
    sizes: FloatArray
    by_row: FloatArray | None

    def covariance(self, cluster: IntArray | None) -> FloatArray:
        """Return the hypergeometric variance, or that between clusters, `(k, k)`."""
        if cluster is None or self.by_row is None:
            return self.variance
        by_cluster = sum_by_cluster(self.by_row, cluster)
        return np.asarray(by_cluster.T @ by_cluster)


def strata_of(data: SurvivalData, stratum: Labels | None) -> IntArray | None:
    """Return the stratum of each row `(n,)`: those given, else the data's, else None for one."""
    return data.stratum if stratum is None else encode_codes("stratum", stratum, len(data))


def count_strata(strata: IntArray | None) -> int:
    """Return how many strata there are."""
    return 1 if strata is None else int(strata.max()) + 1


def rows_by_stratum(strata: IntArray | None) -> Iterator[IntArray | slice]:
    """Yield the rows of each stratum; a slice of all when there is only one."""
    if count_strata(strata) == 1 or strata is None:
        yield slice(None)
        return
    for code in range(count_strata(strata)):
        yield np.flatnonzero(strata == code)


def sum_over_strata(
    data: SurvivalData,
    cause: int,
    grouping: tuple[IntArray, int],
    strata: IntArray | None,
    scheme: Scheme,
    *,
    with_rows: bool,
) -> Score:
    """Add up the scores within each stratum; `grouping` is the group of each row, and how many."""
    group, groups = grouping
    observed, expected, variance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    by_row = np.zeros((len(data), groups)) if with_rows else None
    sizes, scale = np.zeros(groups), 0.0
    for rows in rows_by_stratum(strata):
        part = data.select(rows) if isinstance(rows, np.ndarray) else data
        score = _score(part, cause, (group[rows], groups), scheme, with_rows=with_rows)
        observed, expected = observed + score.observed, expected + score.expected
        sizes = sizes + score.sizes
        variance, scale = variance + score.variance, scale + score.scale
        if by_row is not None and score.by_row is not None:
            by_row[rows] = score.by_row
    return Score(observed, expected, variance, scale, sizes, by_row)


def row_scores(
    data: SurvivalData, is_event: BoolArray, strata: IntArray | None, scheme: Scheme
) -> FloatArray:
    """Return what each row adds to O - E of its group, `(n,)`: w at its event, less ∫ w d/Y.

    It does not depend on the groups, which is what permutation tests rest on. The sum is 0.
    """
    scores = np.zeros(len(data))
    for rows in rows_by_stratum(strata):
        part = data.select(rows) if isinstance(rows, np.ndarray) else data
        process = risk_process(part, is_event[rows])
        weight = scheme.weights(process)
        step = weight * ratio(process.events, process.at_risk)
        hazard = with_start(0.0, np.cumsum(step))
        score = hazard[process.first] - hazard[np.maximum(process.last + 1, process.first)]
        score[process.is_event] += weight[process.last[process.is_event]]
        scores[rows] = process.weight * score
    return scores


def _score(
    data: SurvivalData,
    cause: int,
    grouping: tuple[IntArray, int],
    scheme: Scheme,
    *,
    with_rows: bool,
) -> Score:
    group, groups = grouping
    table = None if with_rows else data.exits_by(group, groups, cause)
    if table is not None:
        return _score_of_many(table, groups, scheme)
    process = risk_process(data, data.event == cause)
    at_risk, events = _by_group(process, group, groups)
    sizes = count_at(group, data.weights, groups)
    sums, share, weight = _sums(process, at_risk, events, scheme, sizes)
    if not with_rows:
        return sums
    by_row = _score_residuals(process, group, share, weight)
    return replace(sums, by_row=by_row)


def _score_of_many(table: ExitTable, groups: int, scheme: Scheme) -> Score:
    """Add up a score from exits whose code is 2 × group + 1 for an event."""
    if isinstance(table, CountedExits):
        by_code = table.counts.T.astype(np.float64, order="C")
        leaving, events = by_code[::2] + by_code[1::2], by_code[1::2]
        at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
        counts = RiskCounts(table.times, at_risk.sum(axis=0), events.sum(axis=0))
        return _sums(counts, at_risk, events, scheme, at_risk[:, 0])[0]
    return _sums_in_blocks(table, groups, scheme)


def _sums_in_blocks(table: SortedExits, groups: int, scheme: Scheme) -> Score:
    """Add up some event times after the others.

    Expected events are summed by block first, which keeps their last digits: O - E can be far
    smaller than E.
    """
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    code = {"fleming-harrington": 0, "gehan": 1, "tarone-ware": 2, "peto": 3}[scheme.weighting]
    kind = code, float(scheme.rho), float(scheme.gamma)
    sizes, observed, carried = np.empty(groups), np.zeros(groups), np.ones(2)
    kernels.sizes_of_groups(table.codes, sizes)
    expected, scale = np.zeros((1 + table.times.size // _BLOCK, groups)), np.zeros(1)
    variance = np.zeros((groups, groups))
    left, factors = np.empty((groups, _BLOCK)), np.empty((4, _BLOCK))
    first, block, remaining = 0, 0, sizes.copy()
    while first < table.times.size:
        first, found = kernels.risk_at_events(
            *(table.codes, table.ends, first, remaining, kind, carried, observed, left, factors)
        )
        kernels.sums_over_events(left, factors, found, expected[block], variance, scale)
        block += 1
    return Score(observed, expected.sum(axis=0), variance, float(scale[0]), sizes, None)


def _sums(
    counts: RiskCounts,
    at_risk: FloatArray,
    events: FloatArray,
    scheme: Scheme,
    sizes: FloatArray,
) -> tuple[Score, FloatArray, FloatArray]:
    """Return the sums over times, each group's share of those at risk, and the weights."""
    y, d = counts.at_risk, counts.events
    share, weight = ratio(at_risk, y), scheme.weights(counts)
    observed = (weight * events).sum(axis=1)
    expected = (weight * d * share).sum(axis=1)
    # d (Y - d) / (Y - 1): one row at risk cannot vary.
    spread = ratio(d * (y - d), np.maximum(y - 1.0, 0.0))
    each = weight**2 * spread
    scaled = each * share
    # Not a product by BLAS, whose threads cost more than they help and whose sums may vary.
    variance = np.diag(scaled.sum(axis=1)) - np.einsum("gt,ht->gh", scaled, share)
    both = (variance + variance.T) / 2.0
    return Score(observed, expected, both, float(each.sum()), sizes, None), share, weight


def _by_group(process: RiskProcess, group: IntArray, groups: int) -> tuple[FloatArray, FloatArray]:
    """Return numbers at risk and events of each group at each time, both `(k, m)`."""
    size = process.times.size
    weight, leaving = process.weight, process.is_event

    def count(position: IntArray, of_group: IntArray, part: FloatArray, bins: int) -> FloatArray:
        flat = count_at(of_group * bins + position, part, groups * bins)
        return flat.reshape(groups, bins)

    def still(position: IntArray) -> FloatArray:
        tail = np.cumsum(count(position, group, weight, size + 1)[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(tail[:, 1:])

    events = count(process.last[leaving], group[leaving], weight[leaving], size)
    return still(process.last + 1) - still(process.first), events


def _score_residuals(
    process: RiskProcess, group: IntArray, share: FloatArray, weight: FloatArray
) -> FloatArray:
    """Return each row's ∫ w (1{g} - Y_g/Y) dM, times its case weight, `(n, k)`."""
    y, d = process.at_risk, process.events
    step = weight * ratio(d, y)
    hazard = with_start(0.0, np.cumsum(step))
    shared = np.concatenate((np.zeros((1, share.shape[0])), np.cumsum(step * share, axis=1).T))
    enter, leave = process.first, process.last + 1
    own = np.eye(share.shape[0])[group]
    residual = (shared[leave] - shared[enter]) - own * (hazard[leave] - hazard[enter])[:, None]
    at = process.last[process.is_event]
    residual[process.is_event] += weight[at, None] * (own[process.is_event] - share[:, at].T)
    return np.asarray(process.weight[:, None] * residual)
