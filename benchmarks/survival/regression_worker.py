"""Times one regression or interval fit in one process; prints seconds and what was estimated.

Runs in the environment of the package it measures, which knows nothing of this repository but
NumPy; `python regression_worker.py TOOL CASE ROWS ROUNDS`.
"""

import gc
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Make = Callable[["Rows"], object]

EFFECTS = np.array([0.3, -0.2, 0.1, 0.0, 0.5])


class Rows:
    """Half the rows censored, five covariates with effects; patients; visits about every 4."""

    def __init__(self, rows: int) -> None:
        rng = np.random.default_rng(20261125)
        self.z: Floats = rng.normal(size=(rows, EFFECTS.size))
        latent = rng.exponential(np.exp(-self.z @ EFFECTS))
        censoring = rng.exponential(size=rows)
        self.event: Ints = (latent <= censoring).astype(np.int64)
        self.time: Floats = np.minimum(latent, censoring)
        self.patient: Ints = rng.integers(0, max(2, rows // 2), rows)
        self._bounds: dict[str, tuple[Floats, Floats]] = {}

    def bounds(self, case: str) -> tuple[Floats, Floats]:
        """Return the intervals of a case, made when asked for first: making them is not timed."""
        if case not in self._bounds:
            makers = {"npmle": self.intervals, "npmle_scheduled": self.scheduled}
            self._bounds[case] = makers.get(case, self.known)()
        return self._bounds[case]

    def intervals(self) -> tuple[Floats, Floats]:
        """Return (last negative, first positive] with visit times of each row's own."""
        rng = np.random.default_rng(20261126)
        rows = self.time.size
        true = rng.weibull(1.3, rows) * 20
        visits = np.cumsum(rng.exponential(4, (rows, 12)), axis=1)
        left = np.where(visits < true[:, None], visits, 0.0).max(axis=1)
        right = np.where(visits >= true[:, None], visits, np.inf).min(axis=1)
        return left, right

    def scheduled(self) -> tuple[Floats, Floats]:
        """Return the same with visits every 3, three in ten missed."""
        rng = np.random.default_rng(20261127)
        rows = self.time.size
        true = rng.weibull(1.3, rows) * 20
        visits = np.where(rng.random((rows, 20)) < 0.3, np.nan, np.arange(3.0, 63.0, 3.0))
        left = np.nanmax(np.where(visits < true[:, None], visits, 0.0), axis=1)
        right = np.nanmin(np.where(visits >= true[:, None], visits, np.inf), axis=1)
        return left, right

    def known(self) -> tuple[Floats, Floats]:
        """Return intervals with visit times of each row's own, two of five times known."""
        rng = np.random.default_rng(20261128)
        rows = self.time.size
        true = rng.weibull(1.3, rows) * 20
        visits = np.cumsum(rng.exponential(4, (rows, 12)), axis=1)
        is_known = rng.random(rows) < 0.4
        left = np.where(visits < true[:, None], visits, 0.0).max(axis=1)
        right = np.where(visits >= true[:, None], visits, np.inf).min(axis=1)
        return np.where(is_known, true, left), np.where(is_known, true, right)


def kyphort(case: str) -> Make:
    """Return what runs a case from raw arrays, checks included."""
    ks = import_module("kyphort.survival")

    def npmle(bounds: tuple[Floats, Floats]) -> object:
        return ks.npmle(ks.IntervalData(*bounds)).log_likelihood

    cases: dict[str, Make] = {
        "cox": lambda c: ks.cox(ks.SurvivalData(c.time, c.event), c.z).coefficients,
        "cox_cluster": lambda c: (
            ks.cox(ks.SurvivalData(c.time, c.event, cluster=c.patient), c.z).std_error
        ),
        "npmle": lambda c: npmle(c.bounds("npmle")),
        "npmle_scheduled": lambda c: npmle(c.bounds("npmle_scheduled")),
        "npmle_known": lambda c: npmle(c.bounds("npmle_known")),
    }
    return cases[case]


def lifelines(case: str) -> Make:
    """CoxPHFitter with its Efron ties, and the closed-interval estimate of KaplanMeierFitter."""
    package, pandas = import_module("lifelines"), import_module("pandas")

    def frame(c: Rows) -> Any:  # noqa: ANN401 - a data frame of a package that may be absent
        return pandas.DataFrame(c.z).assign(time=c.time, event=c.event, patient=c.patient)

    def cox(c: Rows) -> object:
        return package.CoxPHFitter().fit(frame(c).drop(columns="patient"), "time", "event").params_

    def clustered(c: Rows) -> object:
        fitted = package.CoxPHFitter().fit(frame(c), "time", "event", cluster_col="patient")
        return fitted.standard_errors_

    def npmle(bounds: tuple[Floats, Floats]) -> object:
        return package.KaplanMeierFitter().fit_interval_censoring(*bounds)

    cases: dict[str, Make] = {
        "cox": cox,
        "cox_cluster": clustered,
        "npmle": lambda c: npmle(c.bounds("npmle")),
        "npmle_scheduled": lambda c: npmle(c.bounds("npmle_scheduled")),
        "npmle_known": lambda c: npmle(c.bounds("npmle_known")),
    }
    return cases[case]


def sksurv(case: str) -> Make:
    """CoxPHSurvivalAnalysis of scikit-survival, which gives no standard errors."""
    model = import_module("sksurv.linear_model").CoxPHSurvivalAnalysis
    pack = import_module("sksurv.util").Surv.from_arrays
    cases: dict[str, Make] = {
        "cox": lambda c: model(ties="efron").fit(c.z, pack(c.event == 1, c.time)).coef_
    }
    return cases[case]


def statsmodels(case: str) -> Make:
    """PHReg of statsmodels."""
    api = import_module("statsmodels.duration.api")

    def model(c: Rows) -> Any:  # noqa: ANN401 - a model of a package that may be absent
        return api.PHReg(c.time, c.z, status=c.event, ties="efron")

    cases: dict[str, Make] = {
        "cox": lambda c: model(c).fit().params,
        "cox_cluster": lambda c: model(c).fit(groups=c.patient).bse,
    }
    return cases[case]


def surpyval(case: str) -> Make:
    """Turnbull's estimate of SurPyval."""
    package = import_module("surpyval")

    def npmle(bounds: tuple[Floats, Floats]) -> object:
        left, right = bounds
        return package.Turnbull.fit(xl=left, xr=right)

    cases: dict[str, Make] = {
        "npmle": lambda c: npmle(c.bounds("npmle")),
        "npmle_scheduled": lambda c: npmle(c.bounds("npmle_scheduled")),
        "npmle_known": lambda c: npmle(c.bounds("npmle_known")),
    }
    return cases[case]


TOOLS = {tool.__name__: tool for tool in (kyphort, lifelines, sksurv, statsmodels, surpyval)}


def main() -> None:
    """Time one case; the first run warms up and is not counted when it was quick."""
    warnings.simplefilter("ignore")
    tool, case, rows, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    columns, run = Rows(rows), TOOLS[tool](case)
    start = time.perf_counter()
    found = run(columns)
    first = time.perf_counter() - start
    # A slow first call is the answer: what warming up saves is less than a second.
    seconds = [] if first < 10.0 else [first]
    for _ in range(rounds if not seconds else 0):
        gc.collect()
        start = time.perf_counter()
        run(columns)
        seconds.append(time.perf_counter() - start)
    answer: list[float] = []
    if tool == "kyphort":
        answer = np.asarray(found, dtype=np.float64).ravel().tolist()[:5]
    print(  # noqa: T201 - the answer to the process that asked
        json.dumps({"seconds": float(np.median(seconds)), "found": answer})
    )


if __name__ == "__main__":
    main()
