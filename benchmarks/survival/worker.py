"""Times one package in one process: prints seconds, ratios to np.sort, and the peak of memory.

Runs in the environment of the package it measures, which knows nothing of this repository but
NumPy; `python worker.py TOOL CASE TIMES ROWS ROUNDS`.
"""

import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Make = Callable[["Columns"], object]

DAYS = 1000.0
LAST_DAY = 4000.0
PATIENT_ROWS = 2.3
FEWEST_ROUNDS, LONGEST_S = 3, 20.0
"""Slow calls are repeated as often as that takes."""


class Columns:
    """Half the rows censored; competing events, groups and patients for those who need them."""

    def __init__(self, rows: int, times: str) -> None:
        rng = np.random.default_rng(20261123)
        latent, censoring = rng.exponential(size=rows), rng.exponential(size=rows)
        self.event: Ints = (latent <= censoring).astype(np.int64)
        self.time: Floats = np.minimum(latent, censoring)
        if times == "days":
            self.time = np.minimum(np.ceil(self.time * DAYS), LAST_DAY)
        self.code: Ints = self.event * rng.integers(1, 3, rows)
        self.two: Ints = rng.integers(0, 2, rows)
        self.ten: Ints = rng.integers(0, 10, rows)
        self.patient: Ints = rng.integers(0, max(2, int(rows / PATIENT_ROWS)), rows)


def kyphort(case: str) -> Make:
    """Return what runs a case from raw arrays, checks included."""
    ks = import_module("kyphort.survival")

    def data(c: Columns, cluster: Ints | None = None) -> object:
        return ks.SurvivalData(c.time, c.event, cluster=cluster)

    cases: dict[str, Make] = {
        "km": lambda c: ks.kaplan_meier(data(c)),
        "km_cluster": lambda c: ks.kaplan_meier(data(c, cluster=c.patient)),
        "logrank2": lambda c: ks.logrank(data(c), c.two),
        "logrank10": lambda c: ks.logrank(data(c), c.ten),
        "aj": lambda c: ks.aalen_johansen(ks.SurvivalData(c.time, c.code)),
        "permute": lambda c: ks.permutation_test(
            data(c, cluster=c.patient), c.two, permutations=10_000, seed=1
        ),
        "bootstrap": lambda c: ks.bootstrap(
            data(c, cluster=c.patient), [float(np.median(c.time))], replicates=10_000, seed=1
        ),
    }
    return cases[case]


def lifelines(case: str) -> Make:
    """Fitters of lifelines; Aalen–Johansen moves tied times at random, and says so each time."""
    package = import_module("lifelines")
    compare = import_module("lifelines.statistics").multivariate_logrank_test

    def aalen_johansen(c: Columns) -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return package.AalenJohansenFitter(calculate_variance=True).fit(c.time, c.code, 1)

    cases: dict[str, Make] = {
        "km": lambda c: package.KaplanMeierFitter().fit(c.time, c.event),
        "logrank2": lambda c: compare(c.time, c.two, c.event),
        "logrank10": lambda c: compare(c.time, c.ten, c.event),
        "aj": aalen_johansen,
    }
    return cases[case]


def sksurv(case: str) -> Make:
    """Functions of scikit-survival."""
    curves = import_module("sksurv.nonparametric")
    compare = import_module("sksurv.compare").compare_survival
    pack = import_module("sksurv.util").Surv.from_arrays

    def logrank(c: Columns, groups: Ints) -> object:
        return compare(pack(c.event == 1, c.time), groups)

    cases: dict[str, Make] = {
        "km": lambda c: curves.kaplan_meier_estimator(c.event == 1, c.time, conf_type="log-log"),
        "logrank2": lambda c: logrank(c, c.two),
        "logrank10": lambda c: logrank(c, c.ten),
        "aj": lambda c: curves.cumulative_incidence_competing_risks(
            c.code, c.time, conf_type="log-log"
        ),
    }
    return cases[case]


def statsmodels(case: str) -> Make:
    """Functions of statsmodels; its Kaplan–Meier has no limits at each time."""
    api = import_module("statsmodels.duration.api")

    cases: dict[str, Make] = {
        "km": lambda c: api.SurvfuncRight(c.time, c.event),
        "logrank2": lambda c: api.survdiff(c.time, c.event, c.two),
        "logrank10": lambda c: api.survdiff(c.time, c.event, c.ten),
        "aj": lambda c: api.CumIncidenceRight(c.time, c.code),
    }
    return cases[case]


def surpyval(case: str) -> Make:
    """Models of SurPyval, limits read at every time."""
    fitter = import_module("surpyval").KaplanMeier

    def limits(c: Columns) -> object:
        model = fitter.fit(x=c.time, c=1 - c.event)
        return model.cb(model.x)

    cases: dict[str, Make] = {"km": limits}
    return cases[case]


def comprisk(case: str) -> Make:
    """Aalen–Johansen of comprisk."""
    package = import_module("comprisk")
    cases: dict[str, Make] = {"aj": lambda c: package.CumulativeIncidence().fit(c.time, c.code)}
    return cases[case]


def one_read(case: str) -> Make:
    """Look once at every column a case is given: no tool that reads them can be faster."""
    more = {"km_cluster": "patient", "logrank2": "two", "logrank10": "ten"}
    names = ["time", "code" if case == "aj" else "event", *filter(None, [more.get(case)])]
    return lambda c: [getattr(c, name).max() for name in names]


TOOLS = {
    tool.__name__: tool
    for tool in (one_read, kyphort, lifelines, sksurv, statsmodels, surpyval, comprisk)
}


def peak_mb() -> float:
    """Return the largest resident memory so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Time one case; the first run warms up and is reported apart."""
    tool, case, times, rows, rounds = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    columns = Columns(rows, times)
    start = time.perf_counter()
    run = TOOLS[tool](case)
    imported, base = time.perf_counter() - start, peak_mb()
    start = time.perf_counter()
    run(columns)
    first = time.perf_counter() - start
    peak = peak_mb()
    seconds, sorts = [], []
    # Small cases are repeated within a round, so that the clock is not what is measured.
    repeats = max(1, int(0.002 / max(first, 1e-6)))
    began = time.perf_counter()
    for done in range(rounds):
        if done >= FEWEST_ROUNDS and time.perf_counter() - began > LONGEST_S:
            break
        gc.collect()
        start = time.perf_counter()
        for _ in range(repeats):
            np.sort(columns.time)
        middle = time.perf_counter()
        for _ in range(repeats):
            run(columns)
        sorts.append((middle - start) / repeats)
        seconds.append((time.perf_counter() - middle) / repeats)
    ratio = float(np.median(np.array(seconds) / np.array(sorts)))
    print(  # noqa: T201 - the answer to the process that asked
        json.dumps(
            {
                "seconds": float(np.median(seconds)),
                "sort": float(np.median(sorts)),
                "ratio": ratio,
                "first": first,
                "import": imported,
                "base_mb": base,
                "peak_mb": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
