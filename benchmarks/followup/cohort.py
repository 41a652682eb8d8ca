"""A seeded cohort of any size: people, levels and visits in the proportions of a large registry."""

import datetime as dt
import random

from kyphort.clinical import (
    Cohort,
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

CUT_OFF = dt.date(2025, 12, 31)
_FIRST_DAY = dt.date(2009, 1, 1)
_LEVELS = (SpinalLevel.T8, SpinalLevel.T12, SpinalLevel.L1, SpinalLevel.L3)


def made_up_cohort(patients: int, *, seed: int = 20261125) -> Cohort:
    """Return a cohort of `patients` people with 1.4 vertebrae and ten visits each, on average."""
    draw = random.Random(seed)  # noqa: S311 - a benchmark, no secret
    people: list[Patient] = []
    vertebrae: list[TreatedVertebra] = []
    visits: list[Visit] = []
    for number in range(patients):
        name = f"SYN-{number:06d}"
        origin = _FIRST_DAY + dt.timedelta(days=draw.randrange(5_500))
        last = min(CUT_OFF, origin + dt.timedelta(days=int(draw.expovariate(1 / 1_500)) + 30))
        death = last if draw.random() < 0.5 else None
        people.append(Patient(name, Sex.FEMALE, 62, "Breast cancer", last, death))
        levels = draw.sample(_LEVELS, draw.choices((1, 2, 3), (70, 20, 10))[0])
        vertebrae += [TreatedVertebra(name, one, origin, Prescription(8, 13)) for one in levels]
        days = range((last - origin).days + 1)
        for day in sorted(draw.sample(days, min(len(days), draw.randrange(5, 16)))):
            readings = tuple(LevelAssessment(one, LocalStatus.NONE) for one in levels)
            date = origin + dt.timedelta(days=day)
            kind = VisitKind.PLANNED if draw.random() < 0.9 else VisitKind.UNSCHEDULED
            visits.append(Visit(name, date, kind, Modality.MRI, readings, Pain(3)))
    return Cohort(
        "benchmark", CUT_OFF, True, "made up", tuple(people), tuple(vertebrae), tuple(visits)
    )
