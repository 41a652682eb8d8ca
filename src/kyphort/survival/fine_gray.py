"""The subdistribution hazard regression of Fine and Gray, for clustered rows too."""

from dataclasses import dataclass

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray, from_the_right, with_start
from kyphort.survival.checks import check_cause, check_kind
from kyphort.survival.clusters import (
    clusters_or_rows,
    count_clusters,
    refuse_one_cluster,
    sum_by_cluster,
)
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox_fit import inverse, refuse_dependent
from kyphort.survival.cox_likelihood import Likelihood, gram
from kyphort.survival.cox_model import CoxModel
from kyphort.survival.data import SurvivalData
from kyphort.survival.monotone import refuse_direction
from kyphort.survival.newton import maximise
from kyphort.survival.risk_sets import sum_slots
from kyphort.survival.score import rows_by_stratum, strata_of


def fine_gray(data: SurvivalData, covariates: Covariates, *, cause: int = 1) -> CoxModel:
    """Estimate subdistribution hazard ratios: what covariates do to the incidence of a cause.

    A row that had a competing event at T stays in later risk sets with weight G(t⁻) / G(T⁻), G the
    Kaplan–Meier curve of censoring. `robust_covariance` is Fine & Gray's I⁻¹ Σ (η + ψ)(η + ψ)ᵀ I⁻¹,
    η the score residual and ψ what the estimate of G adds; for clustered rows η + ψ are summed
    within clusters first. `covariance` is I⁻¹, which nothing supports: errors are the robust ones.
    Ties as Breslow's.

    Parameters
    ----------
    data
        Rows from the origin, with clusters where they have any. Within strata there are separate
        baselines and separate G.
    covariates
        As for `cox`.
    cause
        The event code whose incidence is modelled; other codes above 0 compete.

    Source: Fine & Gray 1999, doi 10.1080/01621459.1999.10474144; Zhou, Fine, Latouche & Labopin
    2012, doi 10.1093/biostatistics/kxr032 (clusters); Zhou, Latouche, Rocha & Fine 2011, doi
    10.1111/j.1541-0420.2010.01493.x (strata).

    Raises
    ------
    InvalidDataError
        For late entry or case weights, which this estimate does not take, or as for `cox`.
    MonotoneLikelihoodError
        As for `cox`.

    Examples
    --------
    >>> data = SurvivalData([3, 5, 7, 9, 11, 13], [1, 2, 1, 0, 1, 2])
    >>> model = fine_gray(data, {"x": [1, 0, 1, 0, 0, 1]})
    >>> model.coefficients.round(3).tolist(), model.std_error.round(3).tolist()
    ([1.007], [0.974])
    """
    check_kind("data", data, SurvivalData, "SurvivalData()")
    check_cause(cause)
    _refuse_late_or_weighted(data)
    design = as_design(covariates, len(data))
    is_event = data.event == cause
    if not is_event.any():
        raise InvalidDataError(f"cause: {cause}, which no row has. Check the code of the event.")
    centre, scale = design.values.mean(axis=0), design.values.std(axis=0)
    _refuse_constant(design.names, scale)
    z = (design.values - centre) / scale
    parts = [_part(data, z, cause, rows) for rows in rows_by_stratum(strata_of(data, None))]

    def likelihood(beta: FloatArray) -> Likelihood:
        found = [one.likelihood(beta) for one in parts]
        return Likelihood(
            sum(one.value for one in found),
            np.sum([one.gradient for one in found], axis=0),
            np.sum([one.information for one in found], axis=0),
        )

    start = likelihood(np.zeros(scale.size))
    refuse_dependent(start.information, design.names)
    top = maximise(likelihood, start, lambda step: _refuse_monotone(parts, design.names, step))
    covariance = inverse(top.end.information)
    scores = np.zeros_like(z)
    for one in parts:
        scores[one.rows] = one.scores(top.beta)
    cluster = clusters_or_rows(data)
    refuse_one_cluster(cluster)
    by_cluster = sum_by_cluster(scores, cluster)
    robust = covariance @ gram(by_cluster, by_cluster) @ covariance
    units = np.outer(scale, scale)
    return CoxModel(
        names=design.names,
        coefficients=top.beta / scale,
        covariance=covariance / units,
        robust_covariance=(robust + robust.T) / 2.0 / units,
        log_likelihood=top.end.value,
        log_likelihood_null=top.start.value,
        rows=len(data),
        events=int(is_event.sum()),
        clusters=count_clusters(cluster),
        ties="breslow",
        method=f"Fine–Gray regression, sandwich over {count_clusters(cluster)} "
        f"{'rows' if data.cluster is None else 'clusters'}",
        steps=top.steps,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Rows of one stratum in order of time; everything else is in that order.

    `slot` `(n,)` is the position of each row's time among the m distinct times, `events` `(m,)`
    counts the cause there, `before` `(m,)` is G(t⁻), `censored` `(m,)` counts censorings.
    """

    rows: IntArray
    z: FloatArray
    slot: IntArray
    is_event: BoolArray
    competes: BoolArray
    events: FloatArray
    before: FloatArray
    censored: FloatArray
    at_risk: FloatArray

    def likelihood(self, beta: FloatArray) -> Likelihood:
        """Return the log partial likelihood of the weighted risk sets, with its derivatives."""
        eta, risk, shift, total, mean = self._sums(beta)
        held = self.events > 0.0
        logarithm = np.log(total[held]) + shift
        value = float(eta[self.is_event].sum() - np.sum(self.events[held] * logarithm))
        steps = np.where(held, self.events / np.where(held, total, 1.0), 0.0)
        expected = risk * self._over_time(steps[:, None])[:, 0]
        gradient = self.z[self.is_event].sum(axis=0) - gram(self.events[:, None], mean)[0]
        information = gram(self.z, expected[:, None] * self.z)
        information = information - gram(mean, self.events[:, None] * mean)
        return Likelihood(value, gradient, (information + information.T) / 2.0)

    def scores(self, beta: FloatArray) -> FloatArray:
        """Return η + ψ of each row `(n, p)`."""
        _, risk, _, total, mean = self._sums(beta)
        held = self.events > 0.0
        steps = np.where(held, self.events / np.where(held, total, 1.0), 0.0)
        both = steps[:, None] * np.concatenate((np.ones((steps.size, 1)), mean), axis=1)
        summed = self._over_time(both)
        eta = -risk[:, None] * (self.z * summed[:, :1] - summed[:, 1:])
        eta[self.is_event] += (self.z - mean[self.slot])[self.is_event]
        return np.asarray(eta + self._of_censoring(risk, both))

    def _sums(
        self, beta: FloatArray
    ) -> tuple[FloatArray, FloatArray, float, FloatArray, FloatArray]:
        """Return η, exp(η - shift), the shift, and Σ w exp(η) with its mean of z at each time."""
        eta = np.einsum("ij,j->i", self.z, beta)
        shift = float(eta.max())
        risk = np.exp(eta - shift)
        values = risk[:, None] * np.concatenate((np.ones((risk.size, 1)), self.z), axis=1)
        size = self.events.size
        present = sum_slots(self.slot, values, size)
        present = np.cumsum(present[::-1], axis=0)[::-1]
        inverse_g = np.where(self.competes, 1.0 / self.before[self.slot], 0.0)
        gone = np.cumsum(sum_slots(self.slot, values * inverse_g[:, None], size), axis=0)
        # Whoever had a competing event before t is still there, with weight G(t⁻) / G(T⁻).
        earlier = np.concatenate((np.zeros((1, values.shape[1])), gone[:-1]))
        summed = present + self.before[:, None] * earlier
        total = summed[:, 0]
        safe = np.where(total > 0.0, total, 1.0)[:, None]
        mean = np.where(self.events[:, None] > 0.0, summed[:, 1:] / safe, 0.0)
        return eta, risk, shift, total, mean

    def is_highest(self, along: FloatArray, slack: float) -> bool:
        """Whether each event has the highest combination of covariates of all that count then."""
        value = self.z @ along
        highest = np.full(self.events.size, -np.inf)
        np.maximum.at(highest, self.slot, value)
        highest = np.maximum.accumulate(highest[::-1])[::-1]
        gone = np.full(self.events.size, -np.inf)
        np.maximum.at(gone, self.slot[self.competes], value[self.competes])
        highest = np.maximum(highest, np.maximum.accumulate(gone))
        return bool((value >= highest[self.slot] - slack)[self.is_event].all())

    def _over_time(self, steps: FloatArray) -> FloatArray:
        """Sum steps of times `(m, q)` over each row's weighted time at risk `(n, q)`."""
        found = np.cumsum(steps, axis=0)[self.slot]
        after = self._weighted_after(steps)
        late = self.competes
        found[late] += after[self.slot[late]] / self.before[self.slot[late], None]
        return np.asarray(found)

    def _weighted_after(self, steps: FloatArray) -> FloatArray:
        """Return Σ G(u⁻) × steps over times u after each time `(m, q)`."""
        weighted = self.before[:, None] * steps
        total = np.cumsum(weighted[::-1], axis=0)[::-1]
        return np.concatenate((total[1:], np.zeros((1, steps.shape[1]))))

    def _of_censoring(self, risk: FloatArray, both: FloatArray) -> FloatArray:
        """Return ψ `(n, p)`: what the estimated curve of censoring adds to the scores.

        ∫ q / π dMᶜ, q(u) the score from u on of the rows with a competing event before u.
        """
        size = self.events.size
        share = np.where(self.competes, risk / self.before[self.slot], 0.0)[:, None]
        once = sum_slots(self.slot, np.concatenate((share, share * self.z), axis=1), size)
        start = np.zeros((1, once.shape[1]))
        gone = np.concatenate((start, np.cumsum(once, axis=0)[:-1]))
        weighted = self.before[:, None] * both
        to_come = np.cumsum(weighted[::-1], axis=0)[::-1]
        q = gone[:, 1:] * to_come[:, :1] - gone[:, :1] * to_come[:, 1:]
        hazard = self.censored / self.at_risk
        compensator = np.cumsum(q * (hazard / self.at_risk)[:, None], axis=0)
        found = -compensator[self.slot]
        is_censored = ~self.is_event & ~self.competes
        own = q[self.slot] / self.at_risk[self.slot, None]
        found[is_censored] += own[is_censored]
        return np.asarray(found)


def _refuse_monotone(parts: list[_Part], names: tuple[str, ...], direction: FloatArray) -> None:
    """Raise when every event is the highest of its weighted risk set in a direction."""
    along = direction / np.abs(direction).max()
    slack = 1e-6 * float(np.ptp(np.concatenate([one.z @ along for one in parts])))
    if all(one.is_highest(along, slack) for one in parts):
        refuse_direction(names, along)


def _part(data: SurvivalData, z: FloatArray, cause: int, rows: IntArray | slice) -> _Part:
    chosen = np.arange(len(data))[rows]
    order = chosen[np.lexsort((*z[chosen].T, data.event[chosen], data.time[chosen]))]
    times, slot = np.unique(data.time[order], return_inverse=True)
    event = data.event[order]
    size = times.size
    at_risk = from_the_right(np.bincount(slot, minlength=size).astype(np.float64))
    censored = np.bincount(slot[event == 0], minlength=size).astype(np.float64)
    curve = np.asarray(np.cumprod(1.0 - censored / at_risk), dtype=np.float64)
    return _Part(
        *(order, z[order], slot.astype(np.int64), event == cause),
        competes=(event != cause) & (event != 0),
        events=np.bincount(slot[event == cause], minlength=size).astype(np.float64),
        before=with_start(1.0, curve)[:-1],
        censored=censored,
        at_risk=at_risk,
    )


def _refuse_late_or_weighted(data: SurvivalData) -> None:
    if data.entry is not None:
        raise InvalidDataError(
            "entry: a subdistribution has no risk sets for late entry. Leave entry out, or model "
            "the cause-specific hazard with cox()."
        )
    if data.weight is not None:
        raise InvalidDataError("weight: not taken here. Leave weights out, or repeat rows.")


def _refuse_constant(names: tuple[str, ...], scale: FloatArray) -> None:
    for name, spread in zip(names, scale, strict=True):
        if not spread > 0.0:
            raise InvalidDataError(
                f"covariates '{name}': has the same value in all rows. Leave it out."
            )
