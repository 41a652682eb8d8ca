"""The synthetic data set tells one consistent story."""

import csv
import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from kyphort.clinical import (
    AdverseEvent,
    Cohort,
    DistanceReference,
    Finding,
    LevelAssessment,
    LocalStatus,
    Modality,
    Patient,
    Prescription,
    Relatedness,
    ReportingQuantity,
    Sex,
    SpinalLevel,
    TreatedVertebra,
    Visit,
    VisitKind,
)
from kyphort.published import agrees, dataset_folder, load
from kyphort.units import months_from_days

FOLDER = dataset_folder("bludau2020")
SOURCE = FOLDER.parent / "reconstructed"
Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PATIENTS = {row["patient_id"]: row for row in rows_of(FOLDER / "patients.csv")}
VERTEBRAE = {(row["patient_id"], row["level"]): row for row in rows_of(FOLDER / "vertebrae.csv")}
VISITS = rows_of(FOLDER / "visits.csv")
ADVERSE_EVENTS = rows_of(FOLDER / "adverse_events.csv")
SOURCE_PATIENTS = {"SYN-" + r["patient"]: r for r in rows_of(SOURCE / "cohort_patients.csv")}
SOURCE_VERTEBRAE = {
    ("SYN-" + row["patient"], row["vertebra"]): row
    for row in rows_of(SOURCE / "cohort_vertebrae.csv")
}
VISITS_OF: dict[tuple[str, str], list[Row]] = defaultdict(list)
for visit in VISITS:
    VISITS_OF[visit["patient_id"], visit["level"]].append(visit)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def procedure_of(patient_id: str) -> dt.date:
    return day(SOURCE_PATIENTS[patient_id]["procedure_date"])


def test_every_row_says_that_it_is_synthetic() -> None:
    for path in FOLDER.glob("*.csv"):
        rows = rows_of(path)
        assert rows
        assert all(row["patient_id"].startswith("SYN-") for row in rows), path.name
    assert "synthetic = true" in (FOLDER / "dataset.toml").read_text(encoding="utf-8")


def test_patients_and_vertebrae_are_those_of_the_reconstruction() -> None:
    assert PATIENTS.keys() == SOURCE_PATIENTS.keys()
    assert VERTEBRAE.keys() == SOURCE_VERTEBRAE.keys()
    for patient_id, source in SOURCE_PATIENTS.items():
        row = PATIENTS[patient_id]
        follow_up = (day(row["last_contact_date"]) - procedure_of(patient_id)).days
        assert follow_up == int(source["fu_days"])
        assert (row["age_years"], row["entity"]) == (source["age"], source["entity"])
        assert row["sex"][0].upper() == source["sex"]
        assert bool(row["death_date"]) == (source["death"] == "1")
    for key, source in SOURCE_VERTEBRAE.items():
        assert VERTEBRAE[key]["distance_mm"] == source["distance_mm"]
        assert VERTEBRAE[key]["dose_gy"] == source["dose_gy"]


@pytest.mark.parametrize("key", SOURCE_VERTEBRAE, ids="-".join)
def test_scans_tell_the_time_of_local_control(key: tuple[str, str]) -> None:
    source, procedure = SOURCE_VERTEBRAE[key], procedure_of(key[0])
    seen = [(day(row["visit_date"]), row["local_status"]) for row in VISITS_OF[key]]
    assert seen == sorted(seen)
    positive = [date for date, status in seen if status == "progression"]
    if source["local_recurrence"] == "0":
        assert positive == []
        assert {status for _, status in seen} == {"none"}
        return
    first = procedure + dt.timedelta(days=int(source["lc_days"]))
    assert positive[0] == first
    assert [status for date, status in seen if date < first]
    assert positive == [date for date, _ in seen if date >= first]


@pytest.mark.parametrize("patient_id", PATIENTS)
def test_scans_lie_between_baseline_and_last_contact(patient_id: str) -> None:
    dates = sorted({day(row["visit_date"]) for row in VISITS if row["patient_id"] == patient_id})
    last_contact = day(PATIENTS[patient_id]["last_contact_date"])
    assert 1 <= (dates[0] - procedure_of(patient_id)).days <= 7
    if PATIENTS[patient_id]["death_date"]:
        assert dates[-1] < last_contact
    else:
        assert dates[-1] == last_contact


@pytest.mark.parametrize("patient_id", PATIENTS)
def test_every_visit_assesses_every_treated_level(patient_id: str) -> None:
    treated = {level for owner, level in VERTEBRAE if owner == patient_id}
    by_date: dict[str, set[str]] = defaultdict(set)
    for row in VISITS:
        if row["patient_id"] == patient_id:
            by_date[row["visit_date"]].add(row["level"])
    assert by_date
    assert all(levels == treated for levels in by_date.values())


def test_planned_scans_keep_to_the_schedule() -> None:
    for row in VISITS:
        elapsed = (day(row["visit_date"]) - procedure_of(row["patient_id"])).days
        months = round(months_from_days(elapsed))
        near = [target for target in (3, *range(6, 121, 6)) if abs(target - months) <= 1]
        assert row["kind"] == "unscheduled" or elapsed <= 7 or near


def test_some_scans_are_missed_and_both_modalities_occur() -> None:
    assert {row["modality"] for row in VISITS} == {"CT", "MRI"}
    longest = max(PATIENTS, key=lambda one: int(SOURCE_PATIENTS[one]["fu_days"]))
    planned = {row["visit_date"] for row in VISITS if row["patient_id"] == longest}
    half_years = int(months_from_days(float(SOURCE_PATIENTS[longest]["fu_days"]))) // 6
    # Beside the half-years: a baseline scan, one at 3 months, and the last contact.
    assert 0.7 * half_years < len(planned) <= half_years + 3
    everybody = sum(
        3 + int(months_from_days(float(one["fu_days"]))) // 6 for one in SOURCE_PATIENTS.values()
    )
    assert len({(row["patient_id"], row["visit_date"]) for row in VISITS}) < everybody


def test_one_fracture_in_a_recurrent_level_that_was_fractured_before() -> None:
    fractured = [row for row in VISITS if row["new_fracture"] == "present"]
    assert len(fractured) == load("bludau2020").number("vcf").value == 1
    row = fractured[0]
    key = (row["patient_id"], row["level"])
    assert row["local_status"] == "progression"
    assert SOURCE_VERTEBRAE[key]["local_recurrence"] == "1"
    assert VERTEBRAE[key]["preexisting_fracture"] == "yes"


def test_no_adjacent_fracture() -> None:
    assert {row["adjacent_fracture"] for row in VISITS} == {"absent"}


def test_one_serious_adverse_event_that_resolves() -> None:
    (event,) = ADVERSE_EVENTS
    assert (event["serious"], event["relatedness"], event["ctcae_grade"]) == ("yes", "related", "3")
    assert 0 <= (day(event["onset_date"]) - procedure_of(event["patient_id"])).days <= 1
    assert day(event["onset_date"]) < day(event["resolved_date"])


def test_no_death_is_related_to_the_procedure() -> None:
    dead = [row for row in PATIENTS.values() if row["death_date"]]
    assert agrees(load("bludau2020").number("deaths"), len(dead))
    assert {row["death_relatedness"] for row in dead} == {"unrelated"}
    assert {row["death_relatedness"] for row in PATIENTS.values() if not row["death_date"]} == {""}


def test_nothing_is_claimed_that_the_print_does_not_say() -> None:
    for row in VERTEBRAE.values():
        assert row["calibration_dataset"] == row["retreatment_date"] == ""
        assert (row["distance_reference"], row["reporting_quantity"]) == (
            "isocentre",
            "unspecified",
        )


# --- the data set as a cohort ---------------------------------------------------------------------


def optional_day(text: str) -> dt.date | None:
    return day(text) if text else None


def patient(row: Row) -> Patient:
    return Patient(
        patient_id=row["patient_id"],
        sex=Sex(row["sex"]),
        age_years=int(row["age_years"]),
        entity=row["entity"],
        last_contact_date=day(row["last_contact_date"]),
        death_date=optional_day(row["death_date"]),
        death_relatedness=Relatedness(row["death_relatedness"] or "unknown"),
    )


def vertebra(row: Row) -> TreatedVertebra:
    return TreatedVertebra(
        patient_id=row["patient_id"],
        level=SpinalLevel(row["level"]),
        procedure_date=day(row["procedure_date"]),
        prescription=Prescription(
            float(row["dose_gy"]),
            float(row["distance_mm"]),
            DistanceReference(row["distance_reference"]),
            ReportingQuantity(row["reporting_quantity"]),
            row["calibration_dataset"],
        ),
        preexisting_fracture={"yes": True, "no": False, "unknown": None}[
            row["preexisting_fracture"]
        ],
        retreatment_date=optional_day(row["retreatment_date"]),
    )


def visits() -> list[Visit]:
    grouped: dict[tuple[str, str, str, str], list[LevelAssessment]] = defaultdict(list)
    for row in VISITS:
        grouped[row["patient_id"], row["visit_date"], row["kind"], row["modality"]].append(
            LevelAssessment(
                SpinalLevel(row["level"]),
                LocalStatus(row["local_status"]),
                Finding(row["new_fracture"]),
                Finding(row["adjacent_fracture"]),
            )
        )
    return [
        Visit(patient_id, day(date), VisitKind(kind), Modality(modality), tuple(assessments))
        for (patient_id, date, kind, modality), assessments in grouped.items()
    ]


def test_the_data_set_is_a_valid_cohort() -> None:
    cohort = Cohort(
        name="test",
        data_cut_off=dt.date(2019, 12, 31),
        synthetic=True,
        provenance="test",
        patients=tuple(patient(row) for row in PATIENTS.values()),
        vertebrae=tuple(vertebra(row) for row in VERTEBRAE.values()),
        visits=tuple(visits()),
        adverse_events=tuple(
            AdverseEvent(
                row["patient_id"],
                day(row["onset_date"]),
                row["term"],
                int(row["ctcae_grade"]),
                row["ctcae_version"],
                row["serious"] == "yes",
                Relatedness(row["relatedness"]),
                optional_day(row["resolved_date"]),
            )
            for row in ADVERSE_EVENTS
        ),
    )
    regions = Counter(one.level.region.value for one in cohort.vertebrae)
    assert (len(cohort.patients), len(cohort.vertebrae)) == (104, 143)
    assert regions == {"thoracic": 89, "lumbar": 53, "sacral": 1}
    assert sum(one.died for one in cohort.patients) == 66
