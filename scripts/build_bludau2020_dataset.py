"""Extend the reconstructed cohort of Bludau et al. (2020) to a complete synthetic data set.

The reconstruction fixes one procedure date, one time and one outcome per patient and vertebra. This
script invents what lies between: visits, scans, fracture history and adverse events, so that they
tell the same story. The same seed writes the same bytes.

    python scripts/build_bludau2020_dataset.py [folder]
"""

import csv
import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kyphort.units import add_calendar_months

PUBLICATION = Path(__file__).parents[1] / "src" / "kyphort" / "published" / "bludau2020"
SOURCE = PUBLICATION / "reconstructed"
TARGET = PUBLICATION / "dataset"
SEED = 2020
DATA_CUT_OFF = dt.date(2019, 12, 31)
PREFIX = "SYN-"

BASELINE_LIMIT_DAYS = 7
LAST_SCHEDULED_MONTH = 120
MISSED_SHARE = 0.06
ANCHOR_REPLACES_WITHIN_DAYS = 30
MRI_SHARE = 0.6
FRACTURE_HISTORY = {"yes": 0.35, "no": 0.60, "unknown": 0.05}

# The patient died 13 days after this recurrence, so that a single row carries the fracture.
FRACTURED = ("P087", "L4")
# A lumbar level with years of follow-up; the print does not say whose nerve root was irritated.
SERIOUS_EVENT_PATIENT = "P029"

PROVENANCE = (
    "SYNTHETIC: no row describes a real person. One of many cohorts that return the printed "
    "survival numbers of doi:10.1186/s13014-020-01715-z; all dates, the links between columns, "
    "the visits and scans, the fracture history, and the CTCAE grade and version are invented "
    "(scripts/build_bludau2020_dataset.py)."
)
DATASET_TOML = f"""\
name = "Bludau et al. 2020, reconstructed"
data_cut_off = {DATA_CUT_OFF.isoformat()}
synthetic = true
provenance = "{PROVENANCE}"
"""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Level:
    """One reconstructed vertebra: its name and, when it recurred, the day of recurrence."""

    patient: str
    name: str
    distance_mm: str
    dose_gy: str
    progression: dt.date | None


@dataclass(frozen=True)
class History:
    """One reconstructed patient with the two dates between which everything happens."""

    row: Row
    procedure: dt.date
    last_contact: dt.date
    died: bool
    levels: tuple[Level, ...]

    @property
    def patient_id(self) -> str:
        """The pseudonym in the data set."""
        return PREFIX + self.row["patient"]

    @property
    def progressions(self) -> tuple[dt.date, ...]:
        """The days on which a level was first read as progressive."""
        return tuple(level.progression for level in self.levels if level.progression is not None)


@dataclass(frozen=True)
class PlannedScan:
    """One date of the schedule with the tolerance that still counts as planned."""

    target: dt.date
    window_days: int

    def contains(self, date: dt.date) -> bool:
        """Whether a scan on `date` answers this item of the schedule."""
        return abs((date - self.target).days) <= self.window_days


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_histories(folder: Path) -> list[History]:
    """Return the reconstructed patients with their vertebrae."""
    levels: defaultdict[str, list[Row]] = defaultdict(list)
    for row in read_rows(folder / "cohort_vertebrae.csv"):
        levels[row["patient"]].append(row)
    return [
        history_of(row, levels[row["patient"]]) for row in read_rows(folder / "cohort_patients.csv")
    ]


def history_of(row: Row, levels: Iterable[Row]) -> History:
    """Turn the days of the reconstruction into dates."""
    procedure = dt.date.fromisoformat(row["procedure_date"])
    return History(
        row=row,
        procedure=procedure,
        last_contact=procedure + dt.timedelta(days=int(row["fu_days"])),
        died=row["death"] == "1",
        levels=tuple(
            Level(
                patient=level["patient"],
                name=level["vertebra"],
                distance_mm=level["distance_mm"],
                dose_gy=level["dose_gy"],
                progression=procedure + dt.timedelta(days=int(level["lc_days"]))
                if level["local_recurrence"] == "1"
                else None,
            )
            for level in levels
        ),
    )


def schedule(procedure: dt.date) -> list[PlannedScan]:
    """Return the imaging schedule: 3 and 6 months, then every 6 months (calendar months)."""
    months = (3, *range(6, LAST_SCHEDULED_MONTH + 1, 6))
    return [
        PlannedScan(add_calendar_months(procedure, month), 14 if month == 3 else 30)
        for month in months
    ]


def visit_kinds(history: History, rng: np.random.Generator) -> dict[dt.date, str]:
    """Return the visit dates of one patient with their kind (planned or unscheduled)."""
    plan = schedule(history.procedure)
    # A living patient's last contact is a scan; a death is not.
    anchors = history.progressions + (() if history.died else (history.last_contact,))
    baseline = history.procedure + dt.timedelta(days=int(rng.integers(1, BASELINE_LIMIT_DAYS + 1)))
    kinds = {baseline: "planned"}
    for scan in plan:
        reach = scan.window_days * 2 // 3
        date = scan.target + dt.timedelta(days=int(rng.integers(-reach, reach + 1)))
        missed = rng.random() < MISSED_SHARE
        near_anchor = any(
            abs((anchor - date).days) <= ANCHOR_REPLACES_WITHIN_DAYS for anchor in anchors
        )
        if date < history.last_contact and not missed and not near_anchor:
            kinds[date] = "planned"
    for anchor in anchors:
        answered = any(scan.contains(anchor) for scan in plan)
        kinds[anchor] = "planned" if answered else "unscheduled"
    return dict(sorted(kinds.items()))


def visit_rows(history: History, rng: np.random.Generator) -> list[Row]:
    """Return one row per visit and treated level."""
    return [
        {
            "patient_id": history.patient_id,
            "visit_date": date.isoformat(),
            "kind": kind,
            "modality": modality,
            "level": level.name,
            "local_status": "progression" if progressive_on(level, date) else "none",
            "new_fracture": "present" if fractured_on(level, date) else "absent",
            "adjacent_fracture": "absent",
        }
        for date, kind in visit_kinds(history, rng).items()
        for modality in ("MRI" if rng.random() < MRI_SHARE else "CT",)
        for level in history.levels
    ]


def progressive_on(level: Level, date: dt.date) -> bool:
    """Whether a scan on `date` shows the recurrence of `level`."""
    return level.progression is not None and date >= level.progression


def fractured_on(level: Level, date: dt.date) -> bool:
    """Whether a scan on `date` shows the one fracture, which came with the recurrence."""
    return (level.patient, level.name) == FRACTURED and progressive_on(level, date)


def patient_row(history: History) -> Row:
    """Return the row of patients.csv."""
    return {
        "patient_id": history.patient_id,
        "sex": {"F": "female", "M": "male"}[history.row["sex"]],
        "age_years": history.row["age"],
        "entity": history.row["entity"],
        "last_contact_date": history.last_contact.isoformat(),
        "death_date": history.last_contact.isoformat() if history.died else "",
        "death_relatedness": "unrelated" if history.died else "",
    }


def vertebra_rows(history: History, rng: np.random.Generator) -> list[Row]:
    """Return the rows of vertebrae.csv."""
    return [
        {
            "patient_id": history.patient_id,
            "level": level.name,
            "procedure_date": history.procedure.isoformat(),
            "dose_gy": level.dose_gy,
            "distance_mm": level.distance_mm,
            "distance_reference": "isocentre",
            "reporting_quantity": "unspecified",
            "calibration_dataset": "",
            "preexisting_fracture": fracture_history(level, rng),
            "retreatment_date": "",
        }
        for level in history.levels
    ]


def fracture_history(level: Level, rng: np.random.Generator) -> str:
    """Draw whether the vertebra was fractured before the procedure."""
    drawn = str(rng.choice(list(FRACTURE_HISTORY), p=list(FRACTURE_HISTORY.values())))
    return "yes" if (level.patient, level.name) == FRACTURED else drawn


def adverse_event_rows(histories: Iterable[History]) -> list[Row]:
    """Return the single serious adverse event, a nerve root irritation soon after surgery."""
    return [
        {
            "patient_id": history.patient_id,
            "onset_date": history.procedure.isoformat(),
            "term": "painful nerve root irritation",
            "ctcae_grade": "3",
            "ctcae_version": "4.03",
            "serious": "yes",
            "relatedness": "related",
            "resolved_date": (history.procedure + dt.timedelta(days=4)).isoformat(),
        }
        for history in histories
        if history.row["patient"] == SERIOUS_EVENT_PATIENT
    ]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows with the columns of the first one."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(target: Path) -> None:
    """Write dataset.toml and the four CSV files to `target`."""
    histories = read_histories(SOURCE)
    rng = np.random.default_rng(SEED)
    target.mkdir(parents=True, exist_ok=True)
    (target / "dataset.toml").write_text(DATASET_TOML, encoding="utf-8")
    write_rows(target / "patients.csv", [patient_row(history) for history in histories])
    write_rows(
        target / "vertebrae.csv",
        [row for history in histories for row in vertebra_rows(history, rng)],
    )
    write_rows(
        target / "visits.csv",
        [row for history in histories for row in visit_rows(history, rng)],
    )
    write_rows(target / "adverse_events.csv", adverse_event_rows(histories))


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
