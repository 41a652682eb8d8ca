"""A small registry that the tests change: two patients with three vertebrae."""

import datetime as dt

from kyphort.clinical import (
    Cohort,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.registry import Registry, init_registry, open_registry

PROCEDURE = dt.date(2015, 7, 4)
SCAN = dt.date(2015, 10, 5)
LAST = dt.date(2016, 7, 4)
CUT_OFF = dt.date(2019, 12, 31)

ANNA = Patient("P1", Sex.FEMALE, 61, "Breast cancer", LAST)
BERT = Patient("P2", Sex.MALE, 70, "Lung cancer", LAST)
VERTEBRAE = tuple(
    TreatedVertebra(patient_id, level, PROCEDURE, Prescription(8, 13))
    for patient_id, level in (
        ("P1", SpinalLevel.T12),
        ("P1", SpinalLevel.L1),
        ("P2", SpinalLevel.L3),
    )
)
FIRST_VISIT = Visit(
    "P1",
    SCAN,
    VisitKind.PLANNED,
    Modality.MRI,
    (
        LevelAssessment(SpinalLevel.T12, LocalStatus.NONE),
        LevelAssessment(SpinalLevel.L1, LocalStatus.NONE),
    ),
)
COHORT = Cohort(
    "two patients", CUT_OFF, True, "made up for tests", (ANNA, BERT), VERTEBRAE, (FIRST_VISIT,)
)
P1, P2 = ("P1",), ("P2",)
VISIT_KEY = ("P1", "2015-10-05")
READING_KEY = ("P1", "2015-10-05", "T12", "")


def make(place: str, cohort: Cohort = COHORT) -> None:
    """Make a registry at a place and import the cohort."""
    init_registry(place)
    with opened(place) as registry:
        registry.import_cohort(cohort)


def opened(place: str, who: str = "anna") -> Registry:
    """Open a registry as somebody."""
    return open_registry(place, who=who)
