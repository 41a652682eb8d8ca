"""The files of a written cohort as rows of its endpoints, for the verifier alone.

Nothing here imports the code that made the files.
"""

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from kyphort.published.specification import Column, Endpoint, RowUnit, Specification

GROUPS_FILE = "groups.csv"
_REGIONS = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an endpoint: days, event, and all that its groups and tables look at."""

    patient: str
    days: int
    event: bool
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Files:
    """The rows of the files: as they are, scans by patient, groups by patient and level."""

    patients: list[dict[str, str]]
    vertebrae: list[dict[str, str]]
    visits: dict[str, list[dict[str, str]]]
    groups: dict[tuple[str, str], dict[str, str]]


def read_files(folder: Path) -> Files:
    """Read the files of one cohort."""
    groups: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    if (folder / GROUPS_FILE).is_file():
        for row in _csv(folder / GROUPS_FILE):
            groups[row["patient_id"], row["level"]][row["partition"]] = row["group"]
    visits: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _csv(folder / "visits.csv"):
        visits[row["patient_id"]].append(row)
    return Files(_csv(folder / "patients.csv"), _csv(folder / "vertebrae.csv"), visits, groups)


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def day_of(text: str) -> dt.date:
    """Return the day of a date written as YYYY-MM-DD."""
    return dt.date.fromisoformat(text)


def rows_of(specification: Specification, endpoint: Endpoint, files: Files) -> list[Row]:
    """Return the rows of an endpoint, one for each patient or unit."""
    start = {row["patient_id"]: day_of(row["procedure_date"]) for row in files.vertebrae}
    labels = labels_of(specification, files)
    is_unit = endpoint.unit is RowUnit.UNIT or not endpoint.is_death
    rows = []
    for row in files.patients:
        patient, end = row["patient_id"], day_of(row["last_contact_date"])
        if not is_unit:
            days = (end - start[patient]).days
            rows.append(Row(patient, days, bool(row["death_date"]), labels[patient, ""]))
            continue
        levels = [one["level"] for one in files.vertebrae if one["patient_id"] == patient]
        stay = (start[patient], end)
        seen = [_unit_row(endpoint, files, patient, level, stay) for level in levels]
        if endpoint.unit is RowUnit.PATIENT:
            events = [days for days, event in seen if event]
            days = min(events) if events else max(days for days, _ in seen)
            rows.append(Row(patient, days, bool(events), labels[patient, ""]))
            continue
        rows += [
            Row(patient, days, event, labels[patient, level])
            for level, (days, event) in zip(levels, seen, strict=True)
        ]
    return rows


def _unit_row(
    endpoint: Endpoint, files: Files, patient: str, level: str, stay: tuple[dt.date, dt.date]
) -> tuple[int, bool]:
    start, end = stay
    scans = [
        (day_of(row["visit_date"]), row["local_status"])
        for row in files.visits[patient]
        if row["level"] == level
    ]
    shown = [date for date, status in scans if status == "progression"]
    if shown:
        return (min(shown) - start).days, True
    last = end if endpoint.censored_by or endpoint.unit is RowUnit.PATIENT else max(
        date for date, _ in scans
    )  # fmt: skip
    return (last - start).days, False


def labels_of(
    specification: Specification, files: Files
) -> defaultdict[tuple[str, str], dict[str, str]]:
    """Return what each patient (level "") and unit is called in every partition and column."""
    labels: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in files.patients:
        labels[row["patient_id"], ""] = {
            "sex": row["sex"], "entity": row["entity"], "age_years": row["age_years"],
            **files.groups.get((row["patient_id"], ""), {}),
        }  # fmt: skip
    for row in files.vertebrae:
        key = (row["patient_id"], row["level"])
        labels[key] = {
            **labels[row["patient_id"], ""], "level": row["level"],
            "region": _REGIONS[row["level"][0]], "distance_mm": f"{float(row['distance_mm']):g}",
            **files.groups.get(key, {}),
        }  # fmt: skip
    for group in specification.groups:
        if group.column is not Column.NONE:
            for one in labels.values():
                one.setdefault(group.partition, one.get(str(group.column), ""))
    return labels
