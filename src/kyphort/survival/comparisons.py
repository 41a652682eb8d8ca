"""The log-rank family: k groups, strata, left truncation, weights in time, clustered rows."""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, count_at, ratio, with_start
from kyphort.survival.checks import check_cause
from kyphort.survival.clusters import (
    count_clusters,
    robust_clusters,
    sum_by_cluster,
)
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import RiskProcess, product_limit, risk_process
from kyphort.survival.labels import Labels, encode_labels
from kyphort.survival.results import TestResult

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class _Score:
    """Observed and expected events `(k,)`, their variance `(k, k)`, each row's part `(n, k)`."""

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    by_row: FloatArray


def logrank(
    data: SurvivalData,
    groups: Labels,
    *,
    cause: int = 1,
    rho: float = 0.0,
    gamma: float = 0.0,
    stratum: Labels | None = None,
    cluster_robust: bool | None = None,
) -> TestResult:
    """Test whether k groups share one hazard of a cause, by the log-rank test or its G^(ρ,γ) kin.

    O - E is summed over event times with weight S(t⁻)^ρ (1 - S(t⁻))^γ, S being the pooled curve of
    the stratum; expected counts share the events d of a time by numbers at risk, Y_g / Y. The
    variance is hypergeometric, or, for clustered rows, the sum over clusters of the squared score
    residuals ∫ w (1{g} - Y_g/Y) dM of their rows: the robust score test of a Cox model (Breslow) at
    zero. Clusters may reach across groups and strata. The statistic is χ² with k - 1 degrees of
    freedom, fewer when groups are never at risk together.

    Parameters
    ----------
    data
        Rows; entry times give left-truncated risk sets. Whole-number weights count as copies of a
        row. Fractional weights need the robust variance, in which a row counts as one unit.
    groups
        `(n,)` labels.
    cause
        The event code counted; other codes are censorings.
    rho, gamma
        Exponents of Fleming and Harrington: 0, 0 the log-rank test; 1, 0 stresses early times.
    stratum
        `(n,)` labels; None takes `data.stratum`.
    cluster_robust
        True: clustered variance (by row without clusters); False: hypergeometric; None: clustered
        when a cluster holds more than one row or a weight is not a whole number.

    Source: Fleming & Harrington 1991, Counting Processes and Survival Analysis, chapter 7; Lee, Wei
    & Amato 1992 (clustered rows); Lin & Wei 1989, doi 10.1080/01621459.1989.10478874.

    Raises
    ------
    InvalidDataError
        For fewer than two groups, missing labels, negative exponents, or fractional weights with
        `cluster_robust=False`.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1])
    >>> result = logrank(data, ["a", "b", "a", "b", "b", "b"])
    >>> round(result.statistic, 4), result.df, round(result.p_value, 4)
    (2.5982, 1, 0.107)
    """
    check_cause(cause)
    _check_exponents(rho, gamma)
    group, names = encode_labels("groups", groups, len(data))
    if len(names) < 2:
        raise InvalidDataError(
            f"groups: only one label, {names[0]!r}. A comparison needs rows of two groups or more."
        )
    cluster = robust_clusters(data, cluster_robust)
    if cluster is None and data.has_fractional_weights:
        raise InvalidDataError(
            "weight: weights that are not whole numbers have no hypergeometric variance. Pass "
            "cluster_robust=True, or whole-number weights."
        )
    strata = _strata(data, stratum)
    event = data.event == cause
    score = _sum_over_strata(data, event, (group, len(names)), strata, (rho, gamma))
    statistic, df = _chi_squared(score, cluster)
    return TestResult(
        statistic=statistic,
        df=df,
        p_value=_upper_tail(statistic, df),
        observed=score.observed,
        expected=score.expected,
        method=_method(rho, gamma, int(strata.max()) + 1, cluster),
        groups=tuple(names),
        sizes=count_at(group, data.weights, len(names)),
        clusters=None if cluster is None else count_clusters(cluster),
    )


def _sum_over_strata(
    data: SurvivalData,
    is_event: BoolArray,
    grouping: tuple[IntArray, int],
    strata: IntArray,
    exponents: tuple[float, float],
) -> _Score:
    group, groups = grouping
    observed, expected, variance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    by_row = np.zeros((len(data), groups))
    for code in range(int(strata.max()) + 1):
        rows = np.flatnonzero(strata == code)
        process = risk_process(data.select(rows), is_event[rows])
        score = _stratum_score(process, group[rows], groups, exponents)
        observed, expected = observed + score.observed, expected + score.expected
        variance = variance + score.variance
        by_row[rows] = score.by_row
    return _Score(observed, expected, variance, by_row)


def _stratum_score(
    process: RiskProcess, group: IntArray, groups: int, exponents: tuple[float, float]
) -> _Score:
    at_risk, events = _by_group(process, group, groups)
    y, d = process.at_risk, process.events
    share = ratio(at_risk, y)
    stress = _stress(process, exponents)
    observed = (stress * events).sum(axis=1)
    expected = (stress * d * share).sum(axis=1)
    # d (Y - d) / (Y - 1): one row at risk cannot vary.
    spread = ratio(d * (y - d), np.maximum(y - 1.0, 0.0))
    scaled = stress**2 * spread * share
    variance = np.diag(scaled.sum(axis=1)) - scaled @ share.T
    by_row = _score_residuals(process, group, share, stress)
    return _Score(observed, expected, (variance + variance.T) / 2.0, by_row)


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


def _stress(process: RiskProcess, exponents: tuple[float, float]) -> FloatArray:
    rho, gamma = exponents
    before = with_start(1.0, product_limit(process))[:-1]
    return np.asarray(before**rho * (1.0 - before) ** gamma)


def _score_residuals(
    process: RiskProcess, group: IntArray, share: FloatArray, stress: FloatArray
) -> FloatArray:
    """Return each row's ∫ w (1{g} - Y_g/Y) dM, times its case weight, `(n, k)`."""
    y, d = process.at_risk, process.events
    step = stress * ratio(d, y)
    hazard = with_start(0.0, np.cumsum(step))
    shared = np.concatenate((np.zeros((1, share.shape[0])), np.cumsum(step * share, axis=1).T))
    enter, leave = process.first, process.last + 1
    own = np.eye(share.shape[0])[group]
    residual = (shared[leave] - shared[enter]) - own * (hazard[leave] - hazard[enter])[:, None]
    at = process.last[process.is_event]
    residual[process.is_event] += stress[at, None] * (own[process.is_event] - share[:, at].T)
    return np.asarray(process.weight[:, None] * residual)


def _chi_squared(score: _Score, cluster: IntArray | None) -> tuple[float, int]:
    """Return (O - E)ᵀ V⁻ (O - E) and its degrees of freedom; NaN and 0 without a comparison."""
    size, directions = np.linalg.eigh(score.variance)
    estimable = directions[:, size > _ROUNDING * float(score.expected.sum())]
    df = estimable.shape[1]
    # As many clusters as contrasts fit any difference, whatever it is.
    if df == 0 or (cluster is not None and count_clusters(cluster) <= df):
        return float("nan"), 0
    inner = estimable.T @ _variance(score, cluster) @ estimable
    if np.linalg.matrix_rank(inner, tol=_ROUNDING * float(np.trace(inner))) < df:
        return float("nan"), 0
    difference = estimable.T @ (score.observed - score.expected)
    return float(difference @ np.linalg.solve(inner, difference)), df


def _variance(score: _Score, cluster: IntArray | None) -> FloatArray:
    if cluster is None:
        return score.variance
    by_cluster = sum_by_cluster(score.by_row, cluster)
    return np.asarray(by_cluster.T @ by_cluster)


def _upper_tail(statistic: float, df: int) -> float:
    if df == 0:
        return float("nan")
    from scipy.special import chdtrc  # noqa: PLC0415 - slow to import, needed only here

    return float(chdtrc(df, statistic))


def _strata(data: SurvivalData, stratum: Labels | None) -> IntArray:
    if stratum is not None:
        return encode_labels("stratum", stratum, len(data))[0]
    return np.zeros(len(data), dtype=np.int64) if data.stratum is None else data.stratum


def _check_exponents(rho: float, gamma: float) -> None:
    for name, value in (("rho", rho), ("gamma", gamma)):
        if not (value >= 0.0 and np.isfinite(value)):
            raise InvalidDataError(f"{name}: {value}. Allowed: a finite number, 0 or more.")


def _method(rho: float, gamma: float, strata: int, cluster: IntArray | None) -> str:
    name = "log-rank test" if rho == gamma == 0.0 else f"G(ρ={rho:g}, γ={gamma:g}) log-rank test"
    stratified = f", {strata} strata" if strata > 1 else ""
    if cluster is None:
        return f"{name}{stratified}, hypergeometric variance"
    return f"{name}{stratified}, robust score variance over {count_clusters(cluster)} clusters"
