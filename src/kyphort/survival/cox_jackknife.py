"""The jackknife covariance of a Cox model: every cluster is left out once, and the model fitted."""

from dataclasses import replace

import numpy as np

from kyphort.survival.arrays import BoolArray, FloatArray
from kyphort.survival.clusters import clusters_or_rows, count_clusters, refuse_one_cluster
from kyphort.survival.cox import cox
from kyphort.survival.cox_model import CoxModel, Fit, fit_of


def jackknife(model: CoxModel) -> CoxModel:
    """Return a Cox model with the covariance that leaving out each cluster gives.

    (G - 1) / G Σ (β₍₋g₎ - β)(β₍₋g₎ - β)ᵀ over the G clusters (rows without clusters), each β₍₋g₎ a
    fit of its own. The sandwich of `cox` is its first-order approximation and is too small with few
    clusters: take this with fewer than about a hundred. It costs one fit for each cluster.

    Source: Lipsitz, Dear & Zhao 1994, doi 10.2307/2532775; Efron & Tibshirani 1993, chapter 11.

    Raises
    ------
    MonotoneLikelihoodError
        When the likelihood without some cluster has no maximum.
    InvalidDataError
        When the model is no Cox model, or a covariate varies within one cluster only.

    Examples
    --------
    >>> from kyphort.survival import SurvivalData, cox
    >>> rng = np.random.default_rng(1)
    >>> data = SurvivalData(rng.exponential(1, 60), np.ones(60, int), cluster=np.arange(60) // 2)
    >>> model = cox(data, {"x": rng.normal(size=60)})
    >>> model.std_error.round(3).tolist(), jackknife(model).std_error.round(3).tolist()
    ([0.157], [0.169])
    """
    fit = fit_of(model)
    cluster = clusters_or_rows(fit.data)
    refuse_one_cluster(cluster)
    number = count_clusters(cluster)
    found = np.stack([_without(model, fit, cluster != one) for one in range(number)])
    apart = found - model.coefficients
    covariance = (number - 1) / number * np.einsum("gi,gj->ij", apart, apart)
    unit = "rows" if fit.data.cluster is None else "clusters"
    method = f"{model.method.rsplit(',', 1)[0]}, jackknife over {number} {unit}"
    return replace(model, robust_covariance=covariance, clusters=number, method=method)


def _without(model: CoxModel, fit: Fit, keep: BoolArray) -> FloatArray:
    offset = fit.scaled.problem.offset
    given = None if offset is None else fit.scaled.problem.sets.to_rows(offset)[keep]
    rows = np.flatnonzero(keep)
    columns = dict(zip(model.names, fit.design.values[keep].T, strict=True))
    part = cox(
        fit.data.select(rows),
        columns,
        ties=fit.scaled.problem.ties,
        offset=given,
        cause=int(fit.data.event[fit.is_event][0]),
        cluster_robust=False,
    )
    return part.coefficients
