"""The log-rank family: k groups, strata, left truncation, weights in time, clustered rows."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray
from kyphort.survival.checks import as_floats, check_cause, check_length
from kyphort.survival.clusters import count_clusters, robust_clusters
from kyphort.survival.data import SurvivalData
from kyphort.survival.labels import Labels, encode_labels
from kyphort.survival.results import TestResult
from kyphort.survival.score import (
    Scheme,
    Score,
    Weighting,
    count_strata,
    strata_of,
    sum_over_strata,
)

_ROUNDING = 1e-12


def logrank(
    data: SurvivalData,
    groups: Labels,
    *,
    cause: int = 1,
    rho: float = 0.0,
    gamma: float = 0.0,
    weighting: Weighting = "fleming-harrington",
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
        Exponents of Fleming and Harrington: 0, 0 the log-rank test; 1, 0 stresses early times and
        is what R's `survdiff(rho=1)` gives.
    weighting
        Other weights: "gehan" Y, "tarone-ware" √Y, "peto" Π (1 - d / (Y + 1)) up to that time.
    stratum
        `(n,)` labels; None takes `data.stratum`.
    cluster_robust
        True: clustered variance (by row without clusters); False: hypergeometric; None: clustered
        when a cluster holds more than one row or a weight is not a whole number.

    Source: Fleming & Harrington 1991, Counting Processes and Survival Analysis, chapter 7; Klein &
    Moeschberger 2003, section 7.3 (the other weights), doi 10.1007/b97377; Lee, Wei & Amato 1992
    (clustered rows); Lin & Wei 1989, doi 10.1080/01621459.1989.10478874.

    Raises
    ------
    InvalidDataError
        For fewer than two groups, missing labels, negative exponents, an unknown weighting, or
        fractional weights with `cluster_robust=False`.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1])
    >>> result = logrank(data, ["a", "b", "a", "b", "b", "b"])
    >>> round(result.statistic, 4), result.df, round(result.p_value, 4)
    (2.5982, 1, 0.107)
    """
    scheme = Scheme(weighting, rho, gamma)
    compared = _compare(data, groups, cause, scheme, stratum, cluster_robust)
    statistic, df = _chi_squared(compared.score, compared.cluster)
    return compared.result(statistic, df, compared.method(scheme.name))


def logrank_trend(
    data: SurvivalData,
    groups: Labels,
    *,
    scores: Sequence[float] | Mapping[Hashable, float] | None = None,
    cause: int = 1,
    rho: float = 0.0,
    gamma: float = 0.0,
    weighting: Weighting = "fleming-harrington",
    stratum: Labels | None = None,
    cluster_robust: bool | None = None,
) -> TestResult:
    """Test whether the hazard rises or falls with the score of the group.

    (Σ s_g (O_g - E_g))² / sᵀ V s is χ² with 1 degree of freedom; O, E and V are those of `logrank`.

    Parameters
    ----------
    data, groups, cause, rho, gamma, weighting, stratum, cluster_robust
        As for `logrank`.
    scores
        One number for each group, in sorted label order or by label; None takes 1, 2, 3 …

    Source: Tarone 1975, doi 10.1093/biomet/62.3.679; Klein & Moeschberger 2003, section 7.4,
    doi 10.1007/b97377.

    Raises
    ------
    InvalidDataError
        As `logrank`; also for scores that are missing, or all the same.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 1, 1, 0, 1])
    >>> result = logrank_trend(data, ["8 mm", "8 mm", "10 mm", "10 mm", "13 mm", "13 mm"],
    ...     scores={"8 mm": 8, "10 mm": 10, "13 mm": 13})
    >>> round(result.statistic, 4), result.df
    (6.0933, 1)
    """
    scheme = Scheme(weighting, rho, gamma)
    compared = _compare(data, groups, cause, scheme, stratum, cluster_robust)
    score = _check_scores(scores, compared.names)
    difference = float(score @ (compared.score.observed - compared.score.expected))
    variance = float(score @ compared.score.covariance(compared.cluster) @ score)
    smallest = _ROUNDING * float(np.abs(score).max()) ** 2 * compared.score.scale
    has_answer = variance > smallest and not _too_few(compared.cluster, 1)
    statistic, df = (difference**2 / variance, 1) if has_answer else (float("nan"), 0)
    return compared.result(statistic, df, compared.method(f"trend in the {scheme.name}"))


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    score: Score
    names: list[Hashable]
    strata: int
    cluster: IntArray | None

    def result(self, statistic: float, df: int, method: str) -> TestResult:
        return TestResult(
            statistic=statistic,
            df=df,
            p_value=upper_tail(statistic, df),
            observed=self.score.observed,
            expected=self.score.expected,
            method=method if df else f"{method}; no comparison: {self._reason()}",
            groups=tuple(self.names),
            sizes=self.score.sizes,
            clusters=None if self.cluster is None else count_clusters(self.cluster),
        )

    def _reason(self) -> str:
        if not self.score.observed.any():
            return "no events"
        if self.score.scale == 0.0:
            return "everybody at risk has the event at once"
        if self.cluster is not None and count_clusters(self.cluster) <= len(self.names) - 1:
            return "no more clusters than contrasts"
        return "the groups, or the clusters, do not vary against each other"

    def method(self, name: str) -> str:
        stratified = f", {self.strata} strata" if self.strata > 1 else ""
        if self.cluster is None:
            return f"{name}{stratified}, hypergeometric variance"
        clusters = count_clusters(self.cluster)
        return f"{name}{stratified}, robust score variance over {clusters} clusters"


def _compare(  # noqa: PLR0917 - the options of two tests, handed on
    data: SurvivalData,
    groups: Labels,
    cause: int,
    scheme: Scheme,
    stratum: Labels | None,
    cluster_robust: bool | None,
) -> _Compared:
    check_cause(cause)
    group, names = encode_groups(groups, len(data))
    cluster = robust_clusters(data, cluster_robust)
    if cluster is None and data.has_fractional_weights:
        raise InvalidDataError(
            "weight: weights that are not whole numbers have no hypergeometric variance. Pass "
            "cluster_robust=True, or whole-number weights."
        )
    strata = strata_of(data, stratum)
    grouping = (group, len(names))
    score = sum_over_strata(data, cause, grouping, strata, scheme, with_rows=cluster is not None)
    return _Compared(score, names, count_strata(strata), cluster)


def encode_groups(groups: Labels, rows: int) -> tuple[IntArray, list[Hashable]]:
    """Return the group of each row `(n,)` and the sorted names of two groups or more."""
    group, names = encode_labels("groups", groups, rows)
    if len(names) < 2:
        raise InvalidDataError(
            f"groups: only one label, {names[0]!r}. A comparison needs rows of two groups or more."
        )
    return group, names


def _check_scores(
    scores: Sequence[float] | Mapping[Hashable, float] | None, names: list[Hashable]
) -> FloatArray:
    if scores is None:
        return np.arange(1.0, len(names) + 1.0)
    if isinstance(scores, Mapping):
        missing = [name for name in names if name not in scores]
        if missing:
            raise InvalidDataError(f"scores: none for {missing}. Give each group a score.")
        scores = [scores[name] for name in names]
    values = as_floats("scores", scores)
    check_length("scores", values.size, len(names), of="groups")
    if np.ptp(values) == 0.0:
        raise InvalidDataError(f"scores: all are {values[0]:g}. A trend needs different scores.")
    return values


def _chi_squared(score: Score, cluster: IntArray | None) -> tuple[float, int]:
    """Return (O - E)ᵀ V⁻ (O - E) and its degrees of freedom; NaN and 0 without a comparison."""
    size, directions = np.linalg.eigh(score.variance)
    estimable = directions[:, size > _ROUNDING * score.scale]
    df = estimable.shape[1]
    if df == 0 or _too_few(cluster, df):
        return float("nan"), 0
    inner = estimable.T @ score.covariance(cluster) @ estimable
    if np.linalg.matrix_rank(inner, tol=_ROUNDING * float(np.trace(inner))) < df:
        return float("nan"), 0
    difference = estimable.T @ (score.observed - score.expected)
    return float(difference @ np.linalg.solve(inner, difference)), df


def _too_few(cluster: IntArray | None, df: int) -> bool:
    """Whether there are as many contrasts as clusters, which fit any difference."""
    return cluster is not None and count_clusters(cluster) <= df


def upper_tail(statistic: float, df: int) -> float:
    """Return P(χ² > statistic); NaN without degrees of freedom."""
    if df == 0:
        return float("nan")
    from scipy.special import chdtrc  # noqa: PLC0415 - slow to import, needed only here

    return float(chdtrc(df, statistic))
