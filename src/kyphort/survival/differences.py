"""Two curves compared at a fixed time, or by their restricted means; clustered rows allowed."""

from collections.abc import Callable

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, with_start
from kyphort.survival.checks import as_number, check_cause
from kyphort.survival.clusters import count_clusters, robust_clusters
from kyphort.survival.comparisons import encode_groups, upper_tail
from kyphort.survival.curves import SurvivalCurve, kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.exits import risk_process
from kyphort.survival.influence import between_clusters, mean_influence, survival_influence
from kyphort.survival.labels import Labels
from kyphort.survival.results import Difference
from kyphort.survival.ties import snap
from kyphort.survival.transforms import normal_quantile

_Reading = Callable[[SurvivalCurve], tuple[float, float]]
_Influence = Callable[[SurvivalCurve], FloatArray]


def survival_difference(
    data: SurvivalData,
    groups: Labels,
    t: float,
    *,
    cause: int = 1,
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> Difference:
    """Return S(t) of the first group less S(t) of the second, with symmetric limits.

    The variance is the sum of two Greenwood variances, or, for clustered rows,
    Σ over clusters (Σ influences on S₁(t) - Σ influences on S₂(t))²: a patient with rows in both
    groups counts once. The test refers (difference / standard error)² to χ² with 1 degree of
    freedom.

    Parameters
    ----------
    data
        Rows with entry times, clusters and case weights where they have any.
    groups
        `(n,)` labels of two groups; the first is the first in sorted order.
    t
        The time, in the unit of the data, not after the last exit of either group.
    cause
        The event code counted; other codes are censorings.
    level
        Confidence level of the limits.
    cluster_robust
        As for `kaplan_meier`.

    Source: Klein, Logan, Harhoff & Andersen 2007, doi 10.1002/sim.2864, equation 1; the influences
    are those of `kyphort.survival.influence`.

    Raises
    ------
    InvalidDataError
        For other than two groups, or a time at which one of the curves is not known.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 0, 1, 0, 1], cluster=[1, 2, 3, 1, 2, 3])
    >>> found = survival_difference(data, ["L", "L", "L", "T", "T", "T"], 6)
    >>> round(found.value, 4), round(found.std_error, 4), found.groups
    (-0.6667, 0.2722, ('L', 'T'))
    """

    def read(curve: SurvivalCurve) -> tuple[float, float]:
        points = curve.at(_check_reach(curve, t))
        return float(points.survival), float(points.std_error)

    def influence(curve: SurvivalCurve) -> FloatArray:
        process = risk_process(curve.data, curve.data.event == cause)
        slot = int(np.searchsorted(process.times, snap(np.asarray(t), process.times), side="right"))
        return survival_influence(process, slot, float(curve.at(t).survival))

    t = as_number("t", t, "one time")
    compared = _Pair(data, groups, cause, level, cluster_robust)
    return compared.difference(read, influence, f"survival at {t:g}")


def restricted_mean_difference(
    data: SurvivalData,
    groups: Labels,
    tau: float,
    *,
    cause: int = 1,
    level: float = 0.95,
    cluster_robust: bool | None = None,
) -> Difference:
    """Return the restricted mean of the first group less that of the second, up to `tau`.

    The variance is built as in `survival_difference`, from influences on ∫₀^τ S.

    Parameters
    ----------
    data, groups, cause, level, cluster_robust
        As for `survival_difference`.
    tau
        The horizon, in the unit of the data.

    Source: Royston & Parmar 2013, doi 10.1186/1471-2288-13-152; Klein & Moeschberger 2003,
    section 4.5, doi 10.1007/b97377.

    Raises
    ------
    InvalidDataError
        For other than two groups, or a horizon at which one of the curves is not known.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 1, 0, 1, 0, 1])
    >>> found = restricted_mean_difference(data, ["L", "L", "L", "T", "T", "T"], 6)
    >>> round(found.value, 4), round(found.std_error, 4)
    (-1.3333, 0.7201)
    """

    def read(curve: SurvivalCurve) -> tuple[float, float]:
        mean = curve.restricted_mean(tau)
        return mean.value, mean.std_error

    def influence(curve: SurvivalCurve) -> FloatArray:
        process = risk_process(curve.data, curve.data.event == cause)
        horizon = float(snap(np.asarray(tau, dtype=np.float64), process.times))
        times = np.minimum(with_start(0.0, process.times), horizon)
        return mean_influence(process, times, with_start(1.0, curve.survival))

    tau = as_number("tau", tau, "a finite time above zero")
    compared = _Pair(data, groups, cause, level, cluster_robust)
    return compared.difference(read, influence, f"restricted mean to {tau:g}")


class _Pair:
    """Two groups of one data set, their curves, and the clusters that may reach across them."""

    def __init__(
        self,
        data: SurvivalData,
        groups: Labels,
        cause: int,
        level: float,
        cluster_robust: bool | None,
    ) -> None:
        check_cause(cause)
        group, names = encode_groups(groups, len(data))
        if len(names) > 2:
            raise InvalidDataError(
                f"groups: {len(names)} labels, {names[:8]}. A difference is between two groups."
            )
        self.level = level
        self.names = (names[0], names[1])
        self.rows = [np.flatnonzero(group == code) for code in (0, 1)]
        self.cluster: IntArray | None = robust_clusters(data, cluster_robust)
        self.curves = [
            kaplan_meier(
                data.select(rows, label=str(name)), cause, level=level, cluster_robust=False
            )
            for rows, name in zip(self.rows, self.names, strict=True)
        ]

    def difference(self, read: _Reading, influence: _Influence, what: str) -> Difference:
        (first, error_1), (second, error_2) = (read(curve) for curve in self.curves)
        value = first - second
        variance, how = error_1**2 + error_2**2, "independent groups"
        if self.cluster is not None:
            by_row = np.zeros(self.cluster.size)
            by_row[self.rows[0]] = influence(self.curves[0])
            by_row[self.rows[1]] = -influence(self.curves[1])
            variance = between_clusters(by_row, self.cluster)
            how = f"infinitesimal jackknife over {count_clusters(self.cluster)} clusters"
        if not variance > 0.0:
            how += "; no test: " + (
                "neither curve varies" if variance == 0.0 else "one cluster has no standard error"
            )
        std_error = float(np.sqrt(variance))
        margin = normal_quantile(self.level) * std_error
        return Difference(
            value=value,
            std_error=std_error,
            lower=value - margin,
            upper=value + margin,
            level=self.level,
            method=f"difference in {what}, {self.names[0]} less {self.names[1]}, {how}",
            p_value=upper_tail(value**2 / variance, 1) if variance > 0.0 else float("nan"),
            groups=self.names,
        )


def _check_reach(curve: SurvivalCurve, t: float) -> float:
    last = float(curve.times[-1])
    if not float(snap(np.asarray(t, dtype=np.float64), curve.times)) <= last:
        raise InvalidDataError(
            f"t: {t} lies after the last exit of group {curve.data.label!r} at {last:g}, where its "
            f"curve is not known. Allowed: up to {last:g}."
        )
    return t
