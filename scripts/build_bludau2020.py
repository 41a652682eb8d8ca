"""Build what kyphort's own engine makes of Bludau et al. (2020): cohort, data set, ranges.

One cohort is drawn by `kyphort.reconstruction`, verified, and completed with a story that the
article does not tell: fractures before the procedure, the one compression fracture, the one serious
event. An ensemble of verified cohorts and the proofs then say what the print leaves open. The same
seeds write the same bytes. Everything is written apart and moved into place at the end: a run that
is stopped changes nothing.

    python scripts/build_bludau2020.py [folder]
"""

import csv
import datetime as dt
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bludau2020_ranges import range_texts
from bludau2020_readme import refresh

from kyphort import __version__
from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    Finding,
    LevelAssessment,
    LocalStatus,
    Patient,
    Relatedness,
    SpinalLevel,
    SpineRegion,
    Visit,
)
from kyphort.exchange.csv_set import write_csv_set
from kyphort.published.specification import Specification, find_specification
from kyphort.reconstruction import GROUPS_FILE, RebuiltCohort, draw_cohort, plan_of, verify
from kyphort.units import months_from_days
from kyphort.workflows.paper_dataset import dataset_of

TARGET = Path(__file__).parents[1] / "src" / "kyphort" / "published" / "bludau2020"
SEED = 1
"""The first seed whose cohort can carry the one fracture is shipped."""
ENSEMBLE = 100
NAME = "Bludau et al. 2020, reconstructed"
FRACTURE_HISTORY: Mapping[bool | None, float] = {True: 0.35, False: 0.60, None: 0.05}
CSV_FOLDER, DATA_FOLDER = "reconstructed", "dataset"

Unit = tuple[str, SpinalLevel]
Row = Mapping[str, object]


def shipped_cohort(specification: Specification) -> tuple[int, Cohort]:
    """Return the seed and the completed cohort that is shipped."""
    plan = plan_of(specification)
    for seed in range(SEED, SEED + ENSEMBLE):
        rebuilt = draw_cohort(plan, seed)
        if rebuilt is None or not returns_the_print(specification, rebuilt):
            continue
        cohort, _ = dataset_of(specification, rebuilt)
        fractured = seen_once(cohort)
        if fractured is not None:
            return seed, completed(cohort, fractured, seed)
    raise SystemExit(f"None of {ENSEMBLE} seeds gives a cohort that can carry the fracture.")


def returns_the_print(specification: Specification, rebuilt: RebuiltCohort) -> bool:
    """Write a cohort apart and verify its files by the code that shares nothing with the maker."""
    cohort, groups = dataset_of(specification, rebuilt)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "cohort"
        write_csv_set(cohort, folder)
        if groups:
            (folder / GROUPS_FILE).write_text(groups, encoding="utf-8", newline="")
        return all(one.agrees for one in verify(specification, folder))


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
    """Return the cohort with fracture history, the one fracture and the one serious event."""
    rng = np.random.default_rng((seed, 3))
    drawn = rng.choice(3, p=[*FRACTURE_HISTORY.values()], size=len(cohort.vertebrae))
    vertebrae = tuple(
        replace(
            one,
            preexisting_fracture=(one.patient_id, one.level) == fractured
            or [*FRACTURE_HISTORY][int(index)],
        )
        for one, index in zip(cohort.vertebrae, drawn, strict=True)
    )
    return replace(
        cohort,
        name=NAME,
        provenance=(
            "SYNTHETIC: no row describes a real person. One of many cohorts that return the "
            "printed survival numbers of doi:10.1186/s13014-020-01715-z, drawn by kyphort "
            f"{__version__} (seed {seed}). All dates, the links between columns, the visits and "
            "scans, the fracture history, and the CTCAE grade and version are invented "
            "(scripts/build_bludau2020.py)."
        ),
        vertebrae=vertebrae,
        visits=tuple(_fractured(one, fractured) for one in cohort.visits),
        adverse_events=(_nerve_root_irritation(cohort),),
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


# --- the cohort as times --------------------------------------------------------------------------


def patient_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each patient: days and whether they ended with death."""
    levels = Counter(one.patient_id for one in cohort.vertebrae)
    start = {one.patient_id: one.procedure_date for one in cohort.vertebrae}
    return [
        {
            "patient": short(one),
            "sex": one.sex.value[0].upper(),
            "age": one.age_years,
            "entity": one.entity,
            "procedure_date": start[one.patient_id],
            "levels": levels[one.patient_id],
            "fu_days": (days := (one.last_contact_date - start[one.patient_id]).days),
            "fu_months": f"{months_from_days(days):.2f}",
            "death": int(one.died),
        }
        for one in cohort.patients
    ]


def vertebra_rows(cohort: Cohort) -> list[Row]:
    """Return one row for each vertebra: days to recurrence, or to the patient's last day."""
    patients = {one.patient_id: one for one in cohort.patients}
    recurred: dict[Unit, dt.date] = {}
    for unit, date in progressions(cohort):
        recurred[unit] = min(date, recurred.get(unit, date))
    rows: list[Row] = []
    for one in cohort.vertebrae:
        patient, unit = patients[one.patient_id], (one.patient_id, one.level)
        days = (recurred.get(unit, patient.last_contact_date) - one.procedure_date).days
        reason = "death" if patient.died else "end of follow-up"
        rows.append(
            {
                "patient": short(patient),
                "vertebra": one.level,
                "segment": str(one.level)[0],
                "distance_mm": f"{one.prescription.distance_mm:g}",
                "dose_gy": f"{one.prescription.dose_gy:g}",
                "lc_days": days,
                "lc_months": f"{months_from_days(days):.2f}",
                "local_recurrence": int(unit in recurred),
                "lc_censor_reason": "" if unit in recurred else reason,
            }
        )
    return rows


def short(patient: Patient) -> str:
    """Return a pseudonym without what says that it is synthetic; the folder does."""
    return patient.patient_id.removeprefix("SYN-")


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows with the columns of the first one."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# --- the command ----------------------------------------------------------------------------------


def write_cohort(folder: Path) -> int:
    """Write the shipped cohort as times and as a data set into a folder, and return its seed."""
    seed, cohort = shipped_cohort(find_specification("bludau2020"))
    (folder / CSV_FOLDER).mkdir(parents=True)
    write_rows(folder / CSV_FOLDER / "cohort_patients.csv", patient_rows(cohort))
    write_rows(folder / CSV_FOLDER / "cohort_vertebrae.csv", vertebra_rows(cohort))
    write_csv_set(cohort, folder / DATA_FOLDER)
    return seed


def made_by(seeds: str) -> str:
    """Return the comment at the head of a built file: command, seeds and versions."""
    return (
        "# Written by scripts/build_bludau2020.py; do not edit.\n"
        f"# kyphort {__version__}, {seeds}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, OR-Tools {version('ortools')}.\n"
    )


def build(target: Path) -> None:
    """Write cohort, data set and ranges to `target`: whole files, and only when all are made."""
    begun = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build.", dir=target) as home:
        stage = Path(home)
        seed = write_cohort(stage)
        tell(f"cohort of seed {seed} written and verified")
        specification = find_specification("bludau2020")
        head = made_by(f"ensemble of {ENSEMBLE} cohorts from seed {SEED} on")
        texts = range_texts(
            specification, head, cohorts=ENSEMBLE, seed=SEED, tell=tell,
            accept=lambda one: returns_the_print(specification, one),
        )  # fmt: skip
        for name, text in texts.items():
            (stage / name).write_text(text, encoding="utf-8")
        for path in sorted(one for one in stage.rglob("*") if one.is_file()):
            place = target / path.relative_to(stage)
            place.parent.mkdir(exist_ok=True)
            path.replace(place)
    tell(f"{target} is complete")
    if target == TARGET:
        refresh(tell)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
