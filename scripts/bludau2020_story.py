"""What the article does not tell of the shipped cohort, invented so that it makes sense.

Fractures before the procedure, the one compression fracture, the one serious event; no procedure
before the first patients were treated; women and men with tumours that they can have. The times
between procedure, recurrence and last contact stay as they were drawn.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from kyphort import __version__
from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    Finding,
    LevelAssessment,
    LocalStatus,
    Patient,
    Relatedness,
    Sex,
    SpinalLevel,
    SpineRegion,
    Visit,
)

NAME = "Bludau et al. 2020, reconstructed"
FIRST_PROCEDURE = dt.date(2009, 9, 1)
"""Patients were treated since August 2009."""
FRACTURE_HISTORY: Mapping[bool | None, float] = {True: 0.35, False: 0.60, None: 0.05}
WOMEN = ("Breast cancer", "Other gynecological cancers")
MEN = ("Prostate cancer", "Other urogenital cancers")

Unit = tuple[str, SpinalLevel]


def seen_once(cohort: Cohort) -> Unit | None:
    """Return the first recurrent level that is scanned once from then on: one row, one fracture."""
    scans = Counter(unit for unit, _ in progressions(cohort))
    return next((unit for unit, number in scans.items() if number == 1), None)


def progressions(cohort: Cohort) -> Iterator[tuple[Unit, dt.date]]:
    """Yield every level and day on which a scan shows progression."""
    for visit in cohort.visits:
        for one in visit.assessments:
            if one.local_status is LocalStatus.PROGRESSION:
                yield (visit.patient_id, one.level), visit.visit_date


def completed(cohort: Cohort, fractured: Unit, seed: int) -> Cohort:
    """Return the cohort with everything that is invented beyond its times."""
    rng = np.random.default_rng((seed, 3))
    whole = _moved(_with_sexes(cohort, rng), rng)
    drawn = rng.choice(
        len(FRACTURE_HISTORY), p=[*FRACTURE_HISTORY.values()], size=len(whole.vertebrae)
    )
    histories = [[*FRACTURE_HISTORY][int(index)] for index in drawn]
    return replace(
        whole,
        name=NAME,
        provenance=(
            "SYNTHETIC: no row describes a real person. One of many cohorts that return the "
            "printed survival numbers of doi:10.1186/s13014-020-01715-z, drawn by kyphort "
            f"{__version__} (seed {seed}). All dates, the links between columns, the visits and "
            "scans, the fracture history, and the CTCAE grade and version are invented "
            "(scripts/build_bludau2020.py)."
        ),
        vertebrae=tuple(
            replace(
                one,
                preexisting_fracture=(one.patient_id, one.level) == fractured or history,
            )
            for one, history in zip(whole.vertebrae, histories, strict=True)
        ),
        visits=tuple(_fractured(one, fractured) for one in whole.visits),
        adverse_events=(_nerve_root_irritation(whole),),
    )


def _with_sexes(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    """Deal the sexes out again, so that nobody has a tumour of the other one."""
    women = sum(one.sex is Sex.FEMALE for one in cohort.patients)
    order = [cohort.patients[int(index)] for index in rng.permutation(len(cohort.patients))]
    order.sort(key=lambda one: (one.entity not in WOMEN) + (one.entity in MEN))
    sexes = {
        one.patient_id: Sex.FEMALE if place < women else Sex.MALE for place, one in enumerate(order)
    }
    return replace(
        cohort,
        patients=tuple(replace(one, sex=sexes[one.patient_id]) for one in cohort.patients),
    )


def _moved(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    """Move patients with an unlikely day of treatment to another one, with all their dates."""
    start = {one.patient_id: one.procedure_date for one in cohort.vertebrae}
    later = {}
    for one in cohort.patients:
        begun = start[one.patient_id]
        # The first of January stands for an unknown day in many registries.
        if begun < FIRST_PROCEDURE or (begun.month, begun.day) == (1, 1):
            stay = one.last_contact_date - start[one.patient_id]
            room = (cohort.data_cut_off - FIRST_PROCEDURE - stay).days
            day = FIRST_PROCEDURE + dt.timedelta(days=int(rng.integers(0, room + 1)))
            day -= dt.timedelta(days=(day.month, day.day) == (1, 1))
            later[one.patient_id] = day - begun
    none = dt.timedelta()

    def moved(one: Patient) -> Patient:
        shift = later.get(one.patient_id, none)
        last = one.last_contact_date + shift
        return replace(one, last_contact_date=last, death_date=last if one.died else None)

    return replace(
        cohort,
        patients=tuple(map(moved, cohort.patients)),
        vertebrae=tuple(
            replace(one, procedure_date=one.procedure_date + later.get(one.patient_id, none))
            for one in cohort.vertebrae
        ),
        visits=tuple(
            replace(one, visit_date=one.visit_date + later.get(one.patient_id, none))
            for one in cohort.visits
        ),
    )


def _fractured(visit: Visit, unit: Unit) -> Visit:
    def seen(one: LevelAssessment) -> LevelAssessment:
        is_it = (visit.patient_id, one.level) == unit
        if is_it and one.local_status is LocalStatus.PROGRESSION:
            return replace(one, new_fracture=Finding.PRESENT)
        return one

    return replace(visit, assessments=tuple(map(seen, visit.assessments)))


def _nerve_root_irritation(cohort: Cohort) -> AdverseEvent:
    """Return the serious event soon after surgery, of the first lumbar patient who lived on.

    The print says neither whose nerve root was irritated nor a grade.
    """
    lived = {one.patient_id for one in cohort.patients if not one.died}
    first = next(
        one
        for one in cohort.vertebrae
        if one.level.region is SpineRegion.LUMBAR and one.patient_id in lived
    )
    onset = first.procedure_date
    return AdverseEvent(
        first.patient_id, onset, "painful nerve root irritation", 3, "4.03", serious=True,
        relatedness=Relatedness.RELATED, resolved_date=onset + dt.timedelta(days=4),
    )  # fmt: skip
