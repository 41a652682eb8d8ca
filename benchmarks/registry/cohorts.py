"""Synthetic cohorts of any size: 1.4 vertebrae and 10 visits for each patient."""

import datetime as dt

import numpy as np

from kyphort.clinical import (
    Cohort,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Pain,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)

CUT_OFF = dt.date(2024, 12, 31)
VISITS_PER_PATIENT = 10
_FIRST = dt.date(2010, 1, 4)
_LEVELS = [SpinalLevel(f"T{n}") for n in range(4, 13)] + [SpinalLevel(f"L{n}") for n in range(1, 6)]
_ENTITIES = ("Breast cancer", "Prostate cancer", "Lung cancer", "Renal cell carcinoma")


def cohort_of(visits: int, seed: int = 8) -> Cohort:
    """Return a synthetic cohort with this number of visits."""
    generator = np.random.default_rng(seed)
    numbers = range(visits // VISITS_PER_PATIENT)
    parts = [_patient(f"SYN-{number:06d}", generator) for number in numbers]
    return Cohort(
        f"Synthetic, {visits} visits",
        CUT_OFF,
        True,
        f"benchmarks/registry/cohorts.py, seed {seed}",
        tuple(patient for patient, _, _ in parts),
        tuple(one for _, vertebrae, _ in parts for one in vertebrae),
        tuple(one for _, _, some in parts for one in some),
    )


def _patient(
    patient_id: str, generator: np.random.Generator
) -> tuple[Patient, list[TreatedVertebra], list[Visit]]:
    procedure = _FIRST + dt.timedelta(days=int(generator.integers(0, 3650)))
    count = int(generator.choice([1, 2, 3], p=[0.68, 0.24, 0.08]))
    chosen = sorted(generator.choice(len(_LEVELS), count, replace=False))
    levels = [_LEVELS[int(one)] for one in chosen]
    vertebrae = [
        TreatedVertebra(patient_id, level, procedure, Prescription(8.0, 13.0)) for level in levels
    ]
    visits = [
        _visit(patient_id, procedure + dt.timedelta(days=120 * number + 1), levels, generator)
        for number in range(VISITS_PER_PATIENT)
    ]
    patient = Patient(
        patient_id,
        Sex.FEMALE if generator.random() < 0.54 else Sex.MALE,
        int(generator.integers(32, 86)),
        _ENTITIES[int(generator.integers(len(_ENTITIES)))],
        visits[-1].visit_date,
    )
    return patient, vertebrae, visits


def _visit(
    patient_id: str, date: dt.date, levels: list[SpinalLevel], generator: np.random.Generator
) -> Visit:
    readings = tuple(
        LevelAssessment(
            level,
            LocalStatus.PROGRESSION if generator.random() < 0.02 else LocalStatus.NONE,
            Finding.ABSENT,
            Finding.ABSENT,
            reader="A",
        )
        for level in levels
    )
    pain = Pain(float(generator.integers(0, 11)), 10.0 * float(generator.integers(0, 13)))
    return Visit(patient_id, date, VisitKind.PLANNED, Modality.MRI, readings, pain)
