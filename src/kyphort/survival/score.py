"""What the log-rank family adds up: observed and expected events, their variance, rows' parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    Integers,
    count_at,
    ratio,
    with_start,
)
from kyphort.survival.clusters import sum_by_cluster
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import RiskCounts, RiskProcess, product_limit, risk_process
from kyphort.survival.labels import Labels, encode_codes
from kyphort.survival.table import CountedExits, ExitTable, SortedExits

_BLOCK = 8008  # no multiple of a memory page, whose columns would fall on one place of the cache

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
            if not (value >= 0.0 and np.isfinite(value)):
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

    def weights(self, counts: RiskCounts, before: float = 1.0) -> FloatArray:
        """Return the weight of each time `(m,)`; `before` is what earlier times `carry` on."""
        y, d = counts.at_risk, counts.events
        if self.weighting == "gehan":
            return y
        if self.weighting == "tarone-ware":
            return np.sqrt(np.maximum(y, 0.0))
        if self.weighting == "peto":
            return before * np.asarray(np.cumprod(1.0 - d / (y + 1.0)))
        if self.rho == self.gamma == 0.0:
            return np.ones_like(y)
        s = before * with_start(1.0, product_limit(counts))[:-1]
        return np.asarray(s**self.rho * (1.0 - s) ** self.gamma)

    def carry(self, counts: RiskCounts, before: float) -> float:
        """Return the product that the weights of later times go on from."""
        y, d = counts.at_risk, counts.events
        factors = 1.0 - d / (y + 1.0) if self.weighting == "peto" else (y - d) / y
        return before * float(np.prod(factors))


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
        leaving = (table.counts[:, ::2] + table.counts[:, 1::2]).T.astype(np.float64)
        at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
        events = table.counts[:, 1::2].T.astype(np.float64)
        counts = RiskCounts(table.times, at_risk.sum(axis=0), events.sum(axis=0))
        return _sums(counts, at_risk, events, scheme, at_risk[:, 0])[0]
    sizes = np.bincount(table.codes >> 1, minlength=groups).astype(np.float64)
    parts = list(_sums_in_blocks(table, sizes, scheme))
    if not parts:
        nothing = np.zeros(groups)
        return Score(nothing, nothing, np.zeros((groups, groups)), 0.0, sizes, None)
    # Each block is summed in pairs and so are the blocks: O - E can be far smaller than E.
    observed, expected, variance = (
        np.sum([getattr(part, name) for part in parts], axis=0)
        for name in ("observed", "expected", "variance")
    )
    return Score(observed, expected, variance, sum(part.scale for part in parts), sizes, None)


def _sums_in_blocks(table: SortedExits, sizes: FloatArray, scheme: Scheme) -> Iterator[Score]:
    """Yield the sums over some event times after the other."""
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    first, before, left = 0, 1.0, sizes.copy()
    at_risk, events = np.empty((2, sizes.size, _BLOCK))
    while first < table.times.size:
        start = first
        first, found = kernels.risk_at_events(
            table.codes, table.ends, start, left, at_risk, events
        )
        y, d = at_risk[:, :found].sum(axis=0), events[:, :found].sum(axis=0)
        counts = RiskCounts(table.times[start:first], y, d)
        if found:
            block = at_risk[:, :found], events[:, :found]
            yield _sums(counts, *block, scheme, sizes, before, shared_out=_shared_out_of_many)[0]
            before = scheme.carry(counts, before)


def _sums(  # noqa: PLR0917 - what is added, and where it starts
    counts: RiskCounts,
    at_risk: FloatArray,
    events: FloatArray,
    scheme: Scheme,
    sizes: FloatArray,
    before: float = 1.0,
    *,
    shared_out: Callable[[FloatArray, FloatArray], FloatArray] | None = None,
) -> tuple[Score, FloatArray, FloatArray]:
    """Return the sums over times, each group's share of those at risk, and the weights."""
    y, d = counts.at_risk, counts.events
    share, weight = at_risk / y, scheme.weights(counts, before)
    observed = (weight * events).sum(axis=1)
    expected = (weight * d * share).sum(axis=1)
    # d (Y - d) / (Y - 1): one row at risk cannot vary.
    spread = ratio(d * (y - d), np.maximum(y - 1.0, 0.0))
    each = weight**2 * spread
    variance = (shared_out or _shared_out)(each, share)
    return Score(observed, expected, variance, float(each.sum()), sizes, None), share, weight


def _shared_out(each: FloatArray, share: FloatArray) -> FloatArray:
    """Return Σ each (1{a = b} share_a - share_a share_b) over times, `(k, k)`.

    Not a product by BLAS, whose threads cost more than they help and whose sums may vary.
    """
    scaled = each * share
    variance = np.diag(scaled.sum(axis=1)) - np.einsum("gt,ht->gh", scaled, share)
    return np.asarray((variance + variance.T) / 2.0)


def _shared_out_of_many(each: FloatArray, share: FloatArray) -> FloatArray:
    from kyphort.survival import kernels  # noqa: PLC0415 - compiled loops, for many rows only

    variance = np.empty((share.shape[0], share.shape[0]))
    kernels.shared_out(each, share, variance)
    return variance


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
