"""The baseline hazard of a Cox model, and the survival it predicts for given covariates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import FloatArray, IntArray, with_start
from kyphort.survival.checks import as_times, check_level
from kyphort.survival.covariates import Covariates, as_design
from kyphort.survival.cox_fit import sum_by_label
from kyphort.survival.cox_likelihood import cumulated, risk_moments
from kyphort.survival.cox_model import CoxModel, fit_of
from kyphort.survival.residuals import residuals
from kyphort.survival.risk_sets import sum_slots
from kyphort.survival.ties import snap
from kyphort.survival.transforms import Confidence, limits


@dataclass(frozen=True, slots=True, eq=False)
class BaselineHazard:
    """The cumulative hazard Λ₀ `(m,)` of one stratum at its event times, all covariates at zero."""

    times: FloatArray
    cumulative_hazard: FloatArray
    stratum: int


@dataclass(frozen=True, slots=True, eq=False)
class PredictedSurvival:
    """Survival of r profiles at k times, `(r, k)` each; NaN after the last exit of the stratum."""

    times: FloatArray
    survival: FloatArray
    std_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    level: float
    method: str


def baseline_hazard(model: CoxModel, *, stratum: int = 0) -> BaselineHazard:
    """Return the cumulative baseline hazard of a Cox model, by the method that meets its ties.

    Λ₀(t) = Σ over events w / (S₀ - (l / d) D₀), the sums at the fitted coefficients.

    Parameters
    ----------
    model
        A Cox model with Efron's or Breslow's ties.
    stratum
        The position of the stratum among the sorted labels.

    Source: Breslow 1972 (discussion of Cox), doi 10.1111/j.2517-6161.1972.tb00900.x; Therneau &
    Grambsch 2000, section 10.2.

    Raises
    ------
    InvalidDataError
        For a stratum that does not exist, or a model without a baseline.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), [1, 0, 1, 0])
    >>> baseline_hazard(model).cumulative_hazard.round(3).tolist()
    [0.207, 0.5, 1.5]
    """
    steps = _Steps(model, stratum)
    at_zero = np.exp(-float(steps.centre @ model.coefficients))
    return BaselineHazard(steps.times, np.cumsum(at_zero * steps.hazard), stratum)


def predict_survival(
    model: CoxModel,
    covariates: Covariates,
    times: ArrayLike,
    *,
    stratum: int = 0,
    confidence: Confidence = "log-log",
    level: float = 0.95,
) -> PredictedSurvival:
    """Predict survival of given covariates: S(t | z) = exp(-Λ₀(t) exp(zᵀβ)).

    The variance of the cumulative hazard is Σ w² / S₀² over events plus dᵀ V d, d = ∫ (z - z̄) dΛ,
    both times exp(2 zᵀβ). For clustered rows it is the sum over clusters of their rows' squared
    summed influence, on the baseline and through the coefficients.

    Parameters
    ----------
    model
        A Cox model with Efron's or Breslow's ties.
    covariates
        `(r, p)` profiles, in the order or by the names of the model.
    times
        `(k,)`.
    stratum, level
        As for `baseline_hazard`; confidence level.
    confidence
        Scale of the limits, as for `kaplan_meier`.

    Source: Tsiatis 1981, doi 10.1214/aos/1176345335; Therneau & Grambsch 2000, section 10.2; Reid &
    Crépeau 1985, doi 10.1093/biomet/72.1.1 (influences).

    Raises
    ------
    InvalidDataError
        For covariates that do not match the model, or a stratum that does not exist.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 0, 1]), {"x": [1, 0, 1, 0]})
    >>> found = predict_survival(model, {"x": [0, 1]}, [2, 3])
    >>> found.survival.round(3).tolist()
    [[0.607, 0.607], [0.493, 0.493]]
    """
    check_level(level)
    profiles = _profiles(model, covariates)
    steps = _Steps(model, stratum)
    asked = as_times("times", np.atleast_1d(np.asarray(times, dtype=np.float64)))
    fit = fit_of(model)
    exits = (
        fit.data.time if fit.data.stratum is None else fit.data.time[fit.data.stratum == stratum]
    )
    moved = snap(asked, np.unique(exits))
    slot = np.searchsorted(steps.times, moved, side="right")
    apart = profiles - steps.centre
    risk = np.exp(apart @ model.coefficients)[:, None]
    hazard = risk * with_start(0.0, np.cumsum(steps.hazard))[slot]
    survival = np.exp(-hazard)
    error = survival * np.sqrt(steps.variance(apart, slot, model)) * risk
    lower, upper = _limits(survival, error, confidence, level)
    known = np.where(moved > exits.max(), np.nan, 1.0)
    clustered = "model-based" if fit.cluster is None else "clustered"
    return PredictedSurvival(
        *(asked, survival * known, error * known, lower * known, upper * known, level),
        method=f"Cox model's survival, {clustered} {confidence} limits",
    )


class _Steps:
    """The steps of one stratum's hazard `(m,)` with all covariates at their mean there `(p,)`.

    At zero the hazard of a covariate like the calendar year is beyond what a number holds.
    """

    def __init__(self, model: CoxModel, stratum: int) -> None:
        fit = fit_of(model)
        if model.ties == "exact":
            raise InvalidDataError(
                "model: fitted with ties='exact', which has no baseline hazard. Fit with 'efron'."
            )
        sets = fit.scaled.problem.sets
        _check_stratum(stratum, sets.bounds.size - 1)
        self._fit, self._stratum = fit, stratum
        self._moments = risk_moments(fit.scaled.problem, fit.beta)
        low, high = int(sets.bounds[stratum]), int(sets.bounds[stratum + 1])
        self._slots = slice(low, high)
        self.times = sets.times[self._slots]
        self._scale = np.exp(-self._moments.log_scale)
        self.hazard = self._by_slot(self._moments.hazard[:, None])[:, 0]

    def variance(self, apart: FloatArray, slot: IntArray, model: CoxModel) -> FloatArray:
        """Return the variance of Λ(t | z) at risk 1 for profiles less the centre `(r, k)`."""
        means = self._moments.mean * self._fit.scaled.scale
        mean_steps = self._by_slot(self._moments.hazard[:, None] * means)
        summed = np.concatenate((np.zeros((1, means.shape[1])), np.cumsum(mean_steps, axis=0)))
        baseline = with_start(0.0, np.cumsum(self.hazard))
        away = apart[:, None, :] * baseline[slot][None, :, None] - summed[slot][None]
        if self._fit.cluster is not None:
            return self._clustered(away, slot, model)
        own = self._scale**2 * self._moments.weight / self._moments.denominator**2
        at_events = sum_slots(self._fit.scaled.problem.sets.event_slot, own[:, None], self._all)
        poisson = with_start(0.0, np.cumsum(at_events[self._slots, 0]))[slot]
        return np.asarray(poisson + np.einsum("rki,ij,rkj->rk", away, model.covariance, away))

    def _clustered(self, away: FloatArray, slot: IntArray, model: CoxModel) -> FloatArray:
        """Sum squared influences over clusters: of the baseline, and through the coefficients."""
        moved = residuals(model, "dfbeta", by_cluster=self._fit.data.cluster is not None)
        found = np.empty(away.shape[:2])
        for place, number in enumerate(slot):
            on_baseline = self._on_baseline(int(number))
            each = on_baseline[None, :] + away[:, place] @ moved.T
            found[:, place] = np.sum(each**2, axis=1)
        return found

    def _on_baseline(self, number: int) -> FloatArray:
        """Return each cluster's ∫ dM / S₀ up to a slot `(c,)`."""
        sets, moments = self._fit.scaled.problem.sets, self._moments
        inside = (sets.event_slot >= self._slots.start) & (
            sets.event_slot < self._slots.start + number
        )
        weight = sets.weight * self._scale
        each = np.where(inside, 1.0 / moments.denominator, 0.0)
        by_slot = sum_slots(sets.event_slot, each[:, None], sets.slots)[:, 0] / sets.deaths
        rows = np.zeros(sets.order.size)
        rows[sets.event_rows] = by_slot[sets.event_slot]
        squares = (each * moments.hazard)[:, None]
        rows -= moments.risk * cumulated(sets, moments, squares)[:, 0]
        rows = sets.to_rows(weight * rows)
        if self._fit.data.cluster is None:
            return rows
        return sum_by_label(rows[:, None], self._fit.data.cluster)[:, 0]

    @property
    def _all(self) -> int:
        return self._fit.scaled.problem.sets.slots

    @property
    def centre(self) -> FloatArray:
        """Return what was subtracted from the covariates in this stratum `(p,)`."""
        values, stratum = self._fit.design.values, self._fit.data.stratum
        return np.asarray(
            (values if stratum is None else values[stratum == self._stratum]).mean(axis=0)
        )

    def _by_slot(self, steps: FloatArray) -> FloatArray:
        sets = self._fit.scaled.problem.sets
        summed = sum_slots(sets.event_slot, steps, sets.slots)[self._slots]
        return np.asarray(self._scale * summed)


def _check_stratum(stratum: object, strata: int) -> None:
    if not isinstance(stratum, int | np.integer) or not 0 <= stratum < strata:
        raise InvalidDataError(
            f"stratum: {stratum!r}. Allowed: 0 to {strata - 1}, the positions of the sorted labels."
        )


def _profiles(model: CoxModel, covariates: Covariates) -> FloatArray:
    columns = getattr(covariates, "keys", None)
    first = next(iter(covariates.values())) if columns is not None else covariates  # type: ignore[union-attr]
    rows = np.atleast_1d(np.asarray(first)).shape[0]
    design = as_design(covariates, rows)
    if columns is not None and set(design.names) == set(model.names):
        return design.values[:, [design.names.index(name) for name in model.names]]
    if columns is not None or design.values.shape[1] != len(model.names):
        raise InvalidDataError(
            f"covariates: {', '.join(design.names)}. The model has {', '.join(model.names)}; give "
            "the same."
        )
    return design.values


def _limits(
    survival: FloatArray, error: FloatArray, confidence: Confidence, level: float
) -> tuple[FloatArray, FloatArray]:
    flat = limits(survival.ravel(), error.ravel(), confidence, level)
    lower, upper = (one.reshape(survival.shape) for one in flat)
    certain = survival == 1.0
    return np.where(certain, 1.0, lower), np.where(certain, 1.0, upper)
