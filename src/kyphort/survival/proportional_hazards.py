"""Whether hazard ratios stay the same over time: the score test of a covariate times g(time)."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, with_start
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.cox_likelihood import risk_moments, second_moments
from kyphort.survival.cox_model import CoxModel, Fit, fit_of
from kyphort.survival.curves import kaplan_meier
from kyphort.survival.data import SurvivalData
from kyphort.survival.residuals import schoenfeld

_FLAT = 1e-12

TimeTransform = Literal["km", "identity", "rank", "log"]
"""The function g of time that a hazard ratio may change with."""


@dataclass(frozen=True, slots=True, eq=False)
class ProportionalHazardsTest:
    """A χ² test with one degree of freedom for each covariate `(p,)`, and one of all together.

    `scaled_residuals` `(e, p)` are the scaled Schoenfeld residuals, `transformed` `(e,)` the g of
    their times: what a plot shows.
    """

    names: tuple[str, ...]
    statistics: FloatArray
    p_values: FloatArray
    global_statistic: float
    global_df: int
    global_p_value: float
    transform: TimeTransform
    transformed: FloatArray
    scaled_residuals: FloatArray
    method: str


def proportional_hazards_test(
    model: CoxModel, *, transform: TimeTransform = "km"
) -> ProportionalHazardsTest:
    """Test whether each hazard ratio is constant, by the score of its covariate times g(t).

    The covariates times g(t) are added to the model with coefficients of zero; their score and its
    full information, in which risk sets differ over time, give the test. An approximation that
    takes the information as constant, as older programs do, gives other numbers. The test takes
    rows as independent.

    Parameters
    ----------
    model
        A Cox model with Efron's or Breslow's ties.
    transform
        g: "km" one less the Kaplan–Meier curve just before t (the default: late times do not
        dominate), "identity" t, "rank" the mean rank among all exit times, "log".

    Source: Grambsch & Therneau 1994, doi 10.1093/biomet/81.3.515; the score form as in R's
    survival 3.0 and later.

    Raises
    ------
    InvalidDataError
        For an unknown transform, or a model that has no residuals.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> data = SurvivalData([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 0, 1, 1, 0, 1])
    >>> found = proportional_hazards_test(cox(data, {"x": [1, 1, 0, 1, 0, 0, 1, 0]}))
    >>> round(found.global_statistic, 3), found.global_df
    (2.517, 1)
    """
    if transform not in get_args(TimeTransform):
        allowed = ", ".join(map(repr, get_args(TimeTransform)))
        raise InvalidDataError(f"transform: {transform!r}. Allowed: {allowed}.")
    scaled_residuals, times = schoenfeld(model, scaled=True)
    fit = fit_of(model)
    g = _transformed(fit, times, transform)
    score, information = _augmented(fit, g - g.mean())
    p = score.size
    statistics = np.array([_statistic(score, information, [place]) for place in range(p)])
    together = _statistic(score, information, list(range(p)))
    return ProportionalHazardsTest(
        names=model.names,
        statistics=statistics,
        p_values=np.array([upper_tail(float(one), 1) for one in statistics]),
        global_statistic=together,
        global_df=p,
        global_p_value=upper_tail(together, p),
        transform=transform,
        transformed=g,
        scaled_residuals=scaled_residuals,
        method=f"score test of proportional hazards, g(t) = {transform}",
    )


def _transformed(fit: Fit, times: FloatArray, transform: TimeTransform) -> FloatArray:
    if transform == "identity":
        return times
    if transform == "log":
        return np.asarray(np.log(times))
    if transform == "rank":
        every = np.sort(fit.data.time)
        below = np.searchsorted(every, times, side="left")
        up_to = np.searchsorted(every, times, side="right")
        return np.asarray((below + up_to + 1.0) / 2.0)
    pooled = SurvivalData(fit.data.time, fit.is_event.astype(int), entry=fit.data.entry)
    curve = kaplan_meier(pooled, cluster_robust=False)
    before = np.searchsorted(curve.times, times, side="left")
    return np.asarray(1.0 - with_start(1.0, curve.survival)[before])


def _augmented(fit: Fit, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the score of the added covariates `(p,)` and the information of all `(2p, 2p)`."""
    problem = fit.scaled.problem
    moments = risk_moments(problem, fit.beta)
    spread = second_moments(problem, moments)
    spread = spread - moments.mean[:, :, None] * moments.mean[:, None, :]
    own = problem.sets.weight[problem.sets.event_rows]
    score = np.einsum("e,ej->j", own * g, problem.design[problem.sets.event_rows])
    score = score - np.einsum("e,ej->j", moments.weight * g, moments.mean)
    blocks = [np.einsum("e,ejk->jk", moments.weight * g**power, spread) for power in (0, 1, 2)]
    return score, np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])


def _statistic(score: FloatArray, information: FloatArray, tested: list[int]) -> float:
    p = score.size
    kept = [*range(p), *(p + place for place in tested)]
    full = np.zeros(len(kept))
    full[p:] = score[tested]
    among = information[np.ix_(kept, kept)]
    size = np.sqrt(np.diag(among))
    if not (size > 0.0).all() or np.linalg.eigvalsh(among / np.outer(size, size))[0] < _FLAT:
        raise InvalidDataError(
            "model: its events are too few or too close in time to say whether hazard ratios "
            "change with it. Fit fewer covariates, or leave the test out."
        )
    return float(full @ np.linalg.solve(among, full))
