"""Build what kyphort's own engine makes of Bludau et al. (2020): cohort, data set, ranges.

One cohort is drawn by `kyphort.reconstruction`, completed with a story that the article does not
tell, and verified. An ensemble of verified cohorts and the proofs then say what the print leaves
open. The same seeds write the same bytes. Everything is written apart and moved into place at the
end: a run that is stopped changes nothing.

    python scripts/build_bludau2020.py [folder]
"""

import csv
import datetime as dt
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bludau2020_ranges import range_texts
from bludau2020_readme import refresh
from bludau2020_story import Unit, completed, progressions, seen_once

from kyphort import __version__
from kyphort.clinical import (
    Cohort,
    Patient,
)
from kyphort.exchange.csv_set import write_csv_set
from kyphort.published.specification import Specification, find_specification
from kyphort.reconstruction import draw_cohort, plan_of, verify
from kyphort.units import months_from_days
from kyphort.workflows.paper import returns_the_print
from kyphort.workflows.paper_dataset import dataset_of

TARGET = Path(__file__).parents[1] / "src" / "kyphort" / "published" / "bludau2020"
SEED = 1
"""The first seed whose cohort can carry the one fracture is shipped."""
ENSEMBLE = 100
CSV_FOLDER, DATA_FOLDER = "reconstructed", "dataset"

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
    specification = find_specification("bludau2020")
    seed, cohort = shipped_cohort(specification)
    (folder / CSV_FOLDER).mkdir(parents=True)
    write_rows(folder / CSV_FOLDER / "cohort_patients.csv", patient_rows(cohort))
    write_rows(folder / CSV_FOLDER / "cohort_vertebrae.csv", vertebra_rows(cohort))
    write_csv_set(cohort, folder / DATA_FOLDER)
    missed = [one.item for one in verify(specification, folder / DATA_FOLDER) if not one.agrees]
    if missed:
        raise SystemExit(f"The completed cohort misses {', '.join(missed)}.")
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
