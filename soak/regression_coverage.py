"""Whether 95 % limits hold the truth in 95 of 100 cohorts of clustered vertebrae.

Patients have 1 to 4 vertebrae as 60, 22, 12 and 6 %, a gamma frailty each, and hazards of 0.02 per
month; follow-up ends between 6 and 60 months. Neither covariate has an effect, so that the marginal
hazard ratio is 1 whatever the frailty: the region differs between vertebrae, the entity between
patients. Marginal survival is (1 + θ 0.02 t)^(-1/θ), which Kaplan-Meier limits must hold.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks import page
from numpy.typing import NDArray

from kyphort.errors import KyphortError
from kyphort.survival import CoxModel, SurvivalData, cox, jackknife, kaplan_meier

PAGE = Path(__file__).parents[1] / "docs" / "methods" / "regression.md"
COHORTS = 20_000
COHORTS_OF_JACKKNIFE = {60: 1_000, 200: 250}
SEED = 20_261_125
PATIENTS = (60, 200)
VARIANCES = (0.0, 1.0, 3.0)
HAZARD_PER_MONTH = 0.02
LANDMARKS_MONTHS = np.array([6.0, 12.0, 24.0])
NOMINAL, LOWEST, HIGHEST = 1.959963984540054, 0.935, 0.965
NAMES = ("region", "entity")

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share of cohorts whose limits held the truth, in one setting.

    `model`, `clustered` and `jackknife` `(2,)` are of the region and the entity, `curve` and
    `naive_curve` `(3,)` of Kaplan-Meier at the landmarks. `unfit` counts the cohorts drawn besides,
    whose likelihood has no maximum.
    """

    patients: int
    variance: float
    model: Shares
    clustered: Shares
    jackknife: Shares
    naive_curve: Shares
    curve: Shares
    unfit: int

    def faults(self) -> list[str]:
        """Return where clustered limits cover less than 93.5 % or more than 96.5 %."""
        where = f"{self.patients} patients, frailty variance {self.variance:g}"
        months = [f"survival at {month:g} months" for month in LANDMARKS_MONTHS]
        named = [*zip(NAMES, self.clustered, strict=True), *zip(months, self.curve, strict=True)]
        return [
            f"{where}: clustered limits of {name} cover {share:.4f}, not {LOWEST} to {HIGHEST}"
            for name, share in named
            if not LOWEST <= share <= HIGHEST
        ]


def run() -> list[str]:
    """Simulate cohorts, write the table of the page; return what lies outside 93.5 to 96.5 %."""
    found = []
    for one in measure(COHORTS, COHORTS_OF_JACKKNIFE):
        sys.stdout.write("\n".join(rows_of(one)) + "\n")
        sys.stdout.flush()
        found.append(one)
    page.replace_section(PAGE, "coverage", table(found))
    return [fault for one in found for fault in one.faults()]


def measure(cohorts: int, cohorts_of_jackknife: dict[int, int]) -> Iterator[Coverage]:
    """Yield the coverage in each setting, from other numbers of cohorts if need be."""
    for patients in PATIENTS:
        for variance in VARIANCES:
            yield _measured(patients, variance, cohorts, cohorts_of_jackknife[patients])


def table(found: list[Coverage]) -> str:
    """Return the table of the page."""
    jackknives = " and ".join(
        f"{number} (of {patients} patients)" for patients, number in COHORTS_OF_JACKKNIFE.items()
    )
    largest = [100 * np.sqrt(0.95 * 0.05 / n) for n in (COHORTS, *COHORTS_OF_JACKKNIFE.values())]
    lines = [
        f"{COHORTS} cohorts for each setting, {jackknives} for the jackknife; the standard error "
        f"of a share of 95 % is {largest[0]:.2f}, {largest[1]:.2f} and {largest[2]:.2f} points. "
        f"Cohorts without a finite hazard ratio were drawn again: "
        f"{sum(one.unfit for one in found)} of {len(found) * COHORTS}.",
        "",
        "| patients | variance of the frailty | limits | region | entity | S(6) | S(12) | S(24) |",
        "|---|---|---|---|---|---|---|---|",
        *(row for one in found for row in rows_of(one)),
    ]
    return "\n".join(lines) + "\n"


def rows_of(one: Coverage) -> list[str]:
    """Return the lines of one setting: clustered, jackknife, and limits blind to patients."""
    none = np.full(LANDMARKS_MONTHS.size, np.nan)
    kinds = (
        ("clustered", one.clustered, one.curve),
        ("jackknife", one.jackknife, none),
        ("taking rows as independent", one.model, one.naive_curve),
    )
    return [
        f"| {one.patients} | {one.variance:g} | {kind} | "
        + " | ".join("–" if np.isnan(s) else f"{100 * s:.1f} %" for s in (*ratios, *curve))
        + " |"
        for kind, ratios, curve in kinds
    ]


def cohort(
    generator: np.random.Generator, patients: int, variance: float
) -> tuple[SurvivalData, np.ndarray]:
    """Return one cohort and its covariates `(n, 2)`."""
    sizes = generator.choice([1, 2, 3, 4], patients, p=[0.6, 0.22, 0.12, 0.06])
    patient = np.repeat(np.arange(patients), sizes)
    frailty = generator.gamma(1 / variance, variance, patients) if variance else np.ones(patients)
    entity = generator.random(patients) < 0.4
    last = generator.uniform(6.0, 60.0, patients)
    region = generator.random(patient.size) < 0.38
    time = generator.exponential(1 / np.maximum(HAZARD_PER_MONTH * frailty[patient], 1e-12))
    event = (time <= last[patient]).astype(int)
    shown = np.maximum(np.minimum(time, last[patient]), 1e-6)
    data = SurvivalData(shown, event, cluster=patient)
    return data, np.column_stack([region, entity[patient]]).astype(float)


def marginal_survival(variance: float) -> Shares:
    """Return the truth at the landmarks `(3,)`."""
    hazard = HAZARD_PER_MONTH * LANDMARKS_MONTHS
    return np.exp(-hazard) if variance == 0.0 else (1 + variance * hazard) ** (-1 / variance)


def _measured(patients: int, variance: float, cohorts: int, of_jackknife: int) -> Coverage:
    generator = np.random.default_rng([SEED, patients, int(variance)])
    truth = marginal_survival(variance)
    held, curves, exact = np.zeros((2, 2)), np.zeros((2, truth.size)), np.zeros(2)
    fitted = jackknifed = unfit = 0
    while fitted < cohorts:
        data, covariates = cohort(generator, patients, variance)
        model = _fit(data, covariates)
        if model is None:
            unfit += 1
            continue
        fitted += 1
        curves += _curves_hold(data, truth)
        held += _held(model.coefficients, np.stack([model.model_std_error, model.std_error]))
        if jackknifed < of_jackknife and (error := _jackknife_error(model)) is not None:
            jackknifed += 1
            exact += _held(model.coefficients, error)
    shares = (held[0] / cohorts, held[1] / cohorts, exact / max(jackknifed, 1))
    return Coverage(patients, variance, *shares, curves[0] / cohorts, curves[1] / cohorts, unfit)


def _held(coefficients: Shares, error: Shares) -> np.ndarray:
    return np.asarray(np.abs(coefficients) <= NOMINAL * error, dtype=np.float64)


def _curves_hold(data: SurvivalData, truth: Shares) -> np.ndarray:
    """Return whether Kaplan-Meier's limits hold the truth, without and with clusters `(2, 3)`."""
    points = [
        kaplan_meier(data, cluster_robust=robust).at(LANDMARKS_MONTHS) for robust in (False, True)
    ]
    return np.array([(one.lower <= truth) & (truth <= one.upper) for one in points], dtype=float)


def _fit(data: SurvivalData, covariates: np.ndarray) -> CoxModel | None:
    """Return a fit, or None for the rare cohort whose likelihood has no maximum."""
    try:
        return cox(data, dict(zip(NAMES, covariates.T, strict=True)), cluster_robust=True)
    except KyphortError:
        return None


def _jackknife_error(model: CoxModel) -> Shares | None:
    """Return the standard errors, or None where leaving out a patient leaves no maximum."""
    try:
        return jackknife(model).std_error
    except KyphortError:
        return None
