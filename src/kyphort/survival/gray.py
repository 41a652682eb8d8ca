"""Gray's test of one cumulative incidence in k groups."""

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, count_at, ratio
from kyphort.survival.checks import as_number, check_cause
from kyphort.survival.comparisons import encode_groups, upper_tail
from kyphort.survival.data import SurvivalData
from kyphort.survival.labels import Labels
from kyphort.survival.results import TestResult
from kyphort.survival.score import count_strata, rows_by_stratum, strata_of

_ROUNDING = 1e-12
_Sums = tuple[FloatArray, FloatArray, FloatArray]


def gray_test(
    data: SurvivalData,
    groups: Labels,
    *,
    cause: int = 1,
    rho: float = 0.0,
    stratum: Labels | None = None,
) -> TestResult:
    """Test whether k groups share one cumulative incidence, by Gray's test (subdistribution).

    It is a log-rank test in which a row with a competing event stays at risk in part: the numbers
    at risk are R_g = Y_g (1 - F_g(t⁻)) / S_g(t⁻), the weight is (1 - F(t⁻))^ρ. Rows count as
    independent; with several rows in a patient use `permutation_test` or compare incidences.

    Parameters
    ----------
    data
        Rows without late entry and without case weights.
    groups
        `(n,)` labels.
    cause
        The event code whose incidence is compared.
    rho
        Exponent of the weight.
    stratum
        `(n,)` labels; None takes `data.stratum`.

    Source: Gray 1988, doi 10.1214/aos/1176350951, with the variance of R's `cmprsk::cuminc`.

    Raises
    ------
    InvalidDataError
        For fewer than two groups, late entry, case weights or a negative exponent.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13, 4, 8], [1, 2, 1, 1, 0, 2, 1, 0])
    >>> result = gray_test(data, ["a", "b", "a", "b", "b", "b", "a", "a"])
    >>> round(result.statistic, 4), result.df
    (4.0555, 1)
    """
    check_cause(cause)
    _check_plain(data, rho)
    group, names = encode_groups(groups, len(data))
    strata = strata_of(data, stratum)
    k = len(names)
    observed, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    kind = np.where(data.event == cause, 1, np.where(data.event == 0, 0, 2))
    for rows in rows_by_stratum(strata):
        sums = _stratum(data.time[rows], kind[rows], group[rows], k, rho)
        observed, expected = observed + sums[0], expected + sums[1]
        variance = variance + sums[2]
    statistic, df = _chi_squared(observed - expected, variance)
    count = count_strata(strata)
    stratified = f", {count} strata" if count > 1 else ""
    return TestResult(
        statistic=statistic,
        df=df,
        p_value=upper_tail(statistic, df),
        observed=observed,
        expected=expected,
        method=(
            f"Gray's test (ρ={rho:g}) of cause {cause}{stratified}, rows as independent"
            f"{'' if df else '; no comparison: the events do not vary between groups'}"
        ),
        groups=tuple(names),
        sizes=np.bincount(group, minlength=k).astype(np.float64),
        clusters=None,
    )


def _check_plain(data: SurvivalData, rho: float) -> None:
    for field, values in (("entry", data.entry), ("weight", data.weight)):
        if values is not None and np.ptp(values) > 0.0:
            raise InvalidDataError(
                f"{field}: Gray's test knows no late entry and no case weights. Leave {field} out, "
                "or compare cause-specific hazards with logrank."
            )
    if not (as_number("rho", rho, "a finite number, 0 or more") >= 0.0 and np.isfinite(rho)):
        raise InvalidDataError(f"rho: {rho}. Allowed: a finite number, 0 or more.")


def _stratum(time: FloatArray, kind: IntArray, group: IntArray, k: int, rho: float) -> _Sums:
    """Return observed, expected and the variance of one stratum, at its times with an event."""
    times, position = np.unique(time, return_inverse=True)
    m = times.size

    def count(rows: FloatArray | IntArray) -> FloatArray:
        return count_at(group[rows] * m + position[rows], np.ones(rows.size), k * m).reshape(k, m)

    d_1, d_2 = count(np.flatnonzero(kind == 1)), count(np.flatnonzero(kind == 2))
    leaving = count(np.arange(time.size))
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    at = np.flatnonzero((d_1 + d_2).sum(axis=0))
    if at.size == 0:
        return np.zeros(k), np.zeros(k), np.zeros((k, k))
    return _Gray(at_risk[:, at], d_1[:, at], d_2[:, at], rho).sums()


class _Gray:
    """The paper's quantities, by group and event time `(k, m)` or by event time `(m,)`."""

    def __init__(self, y: FloatArray, d_1: FloatArray, d_2: FloatArray, rho: float) -> None:
        self.y, self.d_1, self.d_2 = y, d_1, d_2
        self.survival: FloatArray = np.cumprod(1.0 - ratio(d_1 + d_2, y), axis=1, dtype=np.float64)
        self.before = _shift(self.survival, 1.0)
        incidence = np.cumsum(self.before * ratio(d_1, y), axis=1)
        self.risk = ratio(y, self.before)
        self.subrisk = self.risk * (1.0 - _shift(incidence, 0.0))
        self.total_risk = self.risk.sum(axis=0)
        self.died = d_1.sum(axis=0)
        self.pooled: FloatArray = np.cumsum(self.died / self.total_risk, dtype=np.float64)
        self.pooled_before = _shift(self.pooled[None, :], 0.0)[0]
        self.weight = (1.0 - self.pooled_before) ** rho

    def sums(self) -> _Sums:
        observed = (self.weight * self.d_1).sum(axis=1)
        share = ratio(self.subrisk, self.subrisk.sum(axis=0))
        expected = (self.weight * self.died * share).sum(axis=1)
        return observed, expected, self._variance()

    def _variance(self) -> FloatArray:
        k = self.y.shape[0]
        share = self.risk / self.total_risk
        a = -self.weight * self.risk[:, None, :] * share[None, :, :]
        a[np.arange(k), np.arange(k)] += self.weight * self.risk
        rate = ratio(self.died, self.total_risk * (1.0 - self.pooled_before))
        c = np.cumsum(a * rate, axis=2)

        own, own_scale = self._of_the_cause()
        other, other_scale = self._of_the_others()
        first = a - own * c
        second = other * c
        # Group i by group n at time t, squared over both kinds of event.
        variance = np.einsum("int,jnt,nt->ij", first, first, own_scale)
        variance += np.einsum("int,jnt,nt->ij", second, second, other_scale)
        last = c[:, :, -1]
        level = (own**2 * own_scale + other**2 * other_scale).sum(axis=1)
        mixed = np.einsum("int,nt->in", first, own * own_scale)
        mixed -= np.einsum("int,nt->in", second, other * other_scale)
        cross = last @ mixed.T
        return np.asarray(variance + (last * level) @ last.T + cross + cross.T)

    def _of_the_cause(self) -> tuple[FloatArray, FloatArray]:
        y, before, died = self.y, self.before, self.died
        gap = 1.0 - ratio(np.broadcast_to(1.0 - self.pooled, y.shape), self.survival)
        factor = np.where(self.survival > 0.0, gap, 1.0)
        ties = 1.0 - ratio(np.maximum(died - 1.0, 0.0), self.total_risk * before - 1.0)
        scale = ties * before * ratio(np.broadcast_to(died, y.shape), self.total_risk * y)
        return factor, scale

    def _of_the_others(self) -> tuple[FloatArray, FloatArray]:
        y, d = self.y, np.where(self.survival > 0.0, self.d_2, 0.0)
        factor = ratio(np.broadcast_to(1.0 - self.pooled, y.shape), self.survival)
        ties = 1.0 - ratio(np.maximum(d - 1.0, 0.0), y - 1.0)
        return factor, ties * self.before**2 * ratio(d, y**2)


def _shift(values: FloatArray, initial: float) -> FloatArray:
    """Return the values just before each time, `(k, m)`."""
    return np.concatenate((np.full((values.shape[0], 1), initial), values[:, :-1]), axis=1)


def _chi_squared(difference: FloatArray, variance: FloatArray) -> tuple[float, int]:
    size, directions = np.linalg.eigh((variance + variance.T) / 2.0)
    used = size > _ROUNDING * max(float(np.abs(variance).sum()), 1e-300)
    df = min(int(used.sum()), difference.size - 1)
    if df == 0:
        return float("nan"), 0
    # The scores add up to 0, so that the last group adds nothing.
    inner = variance[:-1, :-1]
    if df < difference.size - 1:
        inner, difference = np.diag(size[used]), directions[:, used].T @ difference
        return float(difference @ np.linalg.solve(inner, difference)), df
    return float(difference[:-1] @ np.linalg.solve(inner, difference[:-1])), df
