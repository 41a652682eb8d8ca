"""Influence of every row at every time, straight from the definitions: slow, and independent."""

import numpy as np

from kyphort.survival import SurvivalData
from kyphort.survival.arrays import FloatArray


def derivatives(data: SurvivalData, cause: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return times `(m,)`, d log S / d weight and d F / d weight, `(n, m)` each, row by row.

    A weight w on row i changes h = d / Y by (1{event} - h) / Y while the row is at risk; S and F
    follow by the product rule. S counts events of every code, F those of `cause`.
    """
    times = np.unique(data.time)
    size = (len(data), times.size)
    log_survival, incidence = np.zeros(size), np.zeros(size)
    survival = 1.0
    d_log_s, d_f = np.zeros(len(data)), np.zeros(len(data))
    for position, t in enumerate(times):
        at_risk = (data.entries < t) & (t <= data.time)
        leaves = (data.time == t) & (data.event > 0)
        mine = leaves & (data.event == cause)
        y = data.weights[at_risk].sum()
        h = data.weights[leaves].sum() / y if y else 0.0
        h_1 = data.weights[mine].sum() / y if y else 0.0
        change_h = np.where(at_risk, (leaves - h) / max(y, 1e-300), 0.0)
        change_h_1 = np.where(at_risk, (mine - h_1) / max(y, 1e-300), 0.0)
        d_f = d_f + survival * (d_log_s * h_1 + change_h_1)
        survival = 0.0 if h == 1.0 else survival * (1.0 - h)
        d_log_s = d_log_s - (change_h / (1.0 - h) if h < 1.0 else 0.0)
        log_survival[:, position], incidence[:, position] = d_log_s, d_f
    return times, log_survival, incidence


def clustered_error(influence: FloatArray, data: SurvivalData) -> FloatArray:
    """Return the root of Σ over clusters of the squared sum of weighted influences, per column."""
    cluster = np.arange(len(data)) if data.cluster is None else data.cluster
    membership = cluster[:, None] == np.unique(cluster)
    return np.asarray(
        np.sqrt(((membership.T @ (data.weights[:, None] * influence)) ** 2).sum(axis=0))
    )


def score_residuals(data: SurvivalData, group: FloatArray, rho: float = 0.0) -> FloatArray:
    """Return each row's log-rank score residual, `(n, k)`, by a loop over event times."""
    labels = np.unique(group)
    own = (group[:, None] == labels).astype(float)
    residual = np.zeros((len(data), labels.size))
    survival = 1.0
    for t in np.unique(data.time[data.event == 1]):
        at_risk = (data.entries < t) & (t <= data.time)
        leaves = (data.time == t) & (data.event == 1)
        weight = data.weights * at_risk
        share, h = weight @ own / weight.sum(), data.weights[leaves].sum() / weight.sum()
        martingale = leaves - h * at_risk
        residual += survival**rho * martingale[:, None] * (own - share)
        survival *= 1.0 - h
    return residual * data.weights[:, None]
