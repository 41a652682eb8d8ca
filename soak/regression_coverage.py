"""Whether 95 % limits of Cox models hold the truth in 95 of 100 cohorts of clustered vertebrae.

Patients have 1 to 4 vertebrae as 60, 22, 12 and 6 %, a gamma frailty each, and hazards of 0.02 per
month; follow-up ends between 6 and 60 months. Neither covariate has an effect, so that the marginal
hazard ratio is 1 whatever the frailty: the region differs between vertebrae, the entity between
patients.
"""

import sys

import numpy as np

from kyphort.errors import KyphortError
from kyphort.survival import CoxModel, SurvivalData, cox, jackknife

COHORTS = 6_000
COHORTS_OF_JACKKNIFE = 1_000
SEED = 20_261_125
PATIENTS = (60, 200)
VARIANCES = (0.0, 1.0, 3.0)
NOMINAL, LOWEST, HIGHEST = 1.959963984540054, 0.935, 0.965
NAMES = ("region", "entity")


def run() -> list[str]:
    """Simulate cohorts; return where the coverage of clustered limits leaves 93.5 to 96.5 %."""
    return measure(COHORTS, COHORTS_OF_JACKKNIFE)


def measure(cohorts: int, cohorts_of_jackknife: int) -> list[str]:
    """Measure with other numbers of cohorts; print each setting, return the faults."""
    faults = []
    for patients in PATIENTS:
        for variance in VARIANCES:
            generator = np.random.default_rng([SEED, patients, int(variance)])
            found = _coverage(generator, patients, variance, cohorts)
            setting = f"{patients} patients, frailty variance {variance:g}"
            _say(f"{setting}: model {_both(found[0])}, clustered {_both(found[1])}")
            faults += _outside(setting, "clustered", found[1])
            if patients == PATIENTS[0]:
                exact = _coverage_of_jackknife(generator, patients, variance, cohorts_of_jackknife)
                _say(f"{setting}: jackknife {_both(exact)} in {cohorts_of_jackknife} cohorts")
    return faults


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
    time = generator.exponential(1 / np.maximum(0.02 * frailty[patient], 1e-12))
    event = (time <= last[patient]).astype(int)
    shown = np.maximum(np.minimum(time, last[patient]), 1e-6)
    data = SurvivalData(shown, event, cluster=patient)
    return data, np.column_stack([region, entity[patient]]).astype(float)


def _coverage(
    generator: np.random.Generator, patients: int, variance: float, cohorts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coverage of model-based and of clustered limits, for region and entity."""
    held, fitted = np.zeros((2, 2)), 0
    while fitted < cohorts:
        model = _fit(generator, patients, variance)
        if model is None:
            continue
        fitted += 1
        held[0] += np.abs(model.coefficients) <= NOMINAL * model.model_std_error
        held[1] += np.abs(model.coefficients) <= NOMINAL * model.std_error
    return held[0] / cohorts, held[1] / cohorts


def _coverage_of_jackknife(
    generator: np.random.Generator, patients: int, variance: float, cohorts: int
) -> np.ndarray:
    held, fitted = np.zeros(2), 0
    while fitted < cohorts:
        model = _fit(generator, patients, variance)
        if model is None:
            continue
        try:
            exact = jackknife(model)
        except KyphortError:
            continue
        fitted += 1
        held += np.abs(exact.coefficients) <= NOMINAL * exact.std_error
    return held / cohorts


def _fit(generator: np.random.Generator, patients: int, variance: float) -> CoxModel | None:
    """Return a fit, or None for the rare cohort whose likelihood has no maximum."""
    data, covariates = cohort(generator, patients, variance)
    try:
        return cox(data, dict(zip(NAMES, covariates.T, strict=True)), cluster_robust=True)
    except KyphortError:
        return None


def _both(share: np.ndarray) -> str:
    return " and ".join(f"{one:.3f} ({name})" for name, one in zip(NAMES, share, strict=True))


def _outside(setting: str, kind: str, share: np.ndarray) -> list[str]:
    return [
        f"{setting}: {kind} limits of {name} cover {one:.3f}, not {LOWEST} to {HIGHEST}"
        for name, one in zip(NAMES, share, strict=True)
        if not LOWEST <= one <= HIGHEST
    ]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
