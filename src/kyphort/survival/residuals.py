"""Residuals of a Cox model: what each row adds, and how far it moves the coefficients."""

from typing import Literal, get_args

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray
from kyphort.survival.cox_fit import martingale_rows, scores_of, slot_means, sum_by_label
from kyphort.survival.cox_likelihood import risk_moments
from kyphort.survival.cox_model import CoxModel, Fit, fit_of

ResidualKind = Literal["martingale", "deviance", "score", "dfbeta", "dfbetas"]
"""What a residual measures."""


def residuals(
    model: CoxModel, kind: ResidualKind = "martingale", *, by_cluster: bool = False
) -> FloatArray:
    """Return a residual of every row of a Cox model, in the order of the data.

    - "martingale" `(n,)`: events less expected events, M = δ - exp(η) ∫ dΛ₀.
    - "deviance" `(n,)`: sign(M) √(-2 (M + δ log(δ - M))), nearer to symmetric.
    - "score" `(n, p)`: ∫ (z - z̄) dM; the rows' sum is zero at the maximum.
    - "dfbeta" `(n, p)`: how the coefficients fall when the row is left out, to first order: the
      score residual times the case weight and the model-based covariance.
    - "dfbetas" `(n, p)`: the same in model-based standard errors.

    With `by_cluster` the rows of a cluster are summed, `(c,)` or `(c, p)`, in sorted label order.

    Source: Therneau & Grambsch 2000, chapters 4 and 7, doi 10.1007/978-1-4757-3294-8.

    Raises
    ------
    InvalidDataError
        For an unknown kind, ties="exact", or a model that is no Cox model.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), [1, 0, 1, 0])
    >>> residuals(model).round(3).tolist()
    [0.707, 0.5, -0.707, -0.5]
    """
    if kind not in get_args(ResidualKind):
        allowed = ", ".join(map(repr, get_args(ResidualKind)))
        raise InvalidDataError(f"kind: {kind!r}. Allowed: {allowed}.")
    fit = _refuse_exact(model)
    found = fit.scaled.problem.sets.to_rows(_canonical(fit, model, kind))
    if not by_cluster:
        return found
    if fit.data.cluster is None:
        raise InvalidDataError("by_cluster: the data have no clusters. Leave it out.")
    summed = sum_by_label(found.reshape(len(fit.data), -1), fit.data.cluster)
    return summed if found.ndim > 1 else summed[:, 0]


def schoenfeld(model: CoxModel, *, scaled: bool = False) -> tuple[FloatArray, FloatArray]:
    """Return the Schoenfeld residual of every event, and its time.

    z - z̄(t) at each event, in the order of strata and times: `(e, p)` and `(e,)`. Scaled, they are
    multiplied by the covariance and the number of events and added to the coefficients, so that
    their smooth over time shows the coefficient as a function of time.

    Source: Schoenfeld 1982, doi 10.1093/biomet/69.1.239; Grambsch & Therneau 1994, doi
    10.1093/biomet/81.3.515 (scaled).

    Raises
    ------
    InvalidDataError
        As for `residuals`.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), [1, 0, 1, 0])
    >>> values, times = schoenfeld(model)
    >>> values[:, 0].round(3).tolist(), times.tolist()
    ([0.414, -0.414, 0.0], [1.0, 2.0, 4.0])
    """
    fit = _refuse_exact(model)
    problem = fit.scaled.problem
    sets = problem.sets
    means = slot_means(sets, risk_moments(problem, fit.beta))
    found = problem.design[sets.event_rows] - means[sets.event_slot]
    times = sets.times[sets.event_slot]
    if not scaled:
        return np.asarray(found * fit.scaled.scale), times
    moved = (found * fit.scaled.scale) @ model.covariance * sets.event_rows.size
    return np.asarray(moved + model.coefficients), times


def _canonical(fit: Fit, model: CoxModel, kind: ResidualKind) -> FloatArray:
    problem = fit.scaled.problem
    sets, moments = problem.sets, risk_moments(problem, fit.beta)
    if kind in {"martingale", "deviance"}:
        martingale = martingale_rows(sets, moments)
        return martingale if kind == "martingale" else _deviance(martingale, sets.is_event)
    scores = scores_of(problem, moments) * fit.scaled.scale
    if kind == "score":
        return np.asarray(scores)
    moved = (sets.weight[:, None] * scores) @ model.covariance
    return np.asarray(moved if kind == "dfbeta" else moved / model.model_std_error)


def _deviance(martingale: FloatArray, is_event: BoolArray) -> FloatArray:
    expected = is_event - martingale
    logarithm = np.log(np.where(is_event & (expected > 0.0), expected, 1.0))
    size = -2.0 * (martingale + np.where(is_event, logarithm, 0.0))
    return np.asarray(np.sign(martingale) * np.sqrt(np.maximum(size, 0.0)))


def _refuse_exact(model: CoxModel) -> Fit:
    fit = fit_of(model)
    if model.ties == "exact":
        raise InvalidDataError(
            "model: fitted with ties='exact', which has no residuals of this kind. Fit with "
            "'efron'."
        )
    return fit
