"""The shipped data set gives back the times of the reconstruction it was made from."""

import csv

import pytest

from kyphort.endpoints import (
    CensoringRule,
    DeathRule,
    EndpointTable,
    derive,
    local_control,
    lpfs_seed,
    overall_survival,
    vertebral_compression_fracture,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.published import dataset_folder

FOLDER = dataset_folder("bludau2020")
COHORT = read_csv_set(FOLDER)
Times = dict[str, tuple[float, int]]


def reconstructed(file: str) -> list[dict[str, str]]:
    with (FOLDER.parent / "reconstructed" / file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


VERTEBRAE = reconstructed("cohort_vertebrae.csv")
PATIENTS = reconstructed("cohort_patients.csv")


def derived(table: EndpointTable) -> Times:
    return {row.row_id: (row.time_days, row.code) for row in table.rows}


def vertebra_id(row: dict[str, str]) -> str:
    return f"SYN-{row['patient']}-{row['vertebra']}"


def test_local_control_of_every_vertebra() -> None:
    reading = local_control(censoring=CensoringRule.LAST_CONTACT_OR_DEATH, death=DeathRule.CENSORS)
    expected = {
        vertebra_id(row): (float(row["lc_days"]), int(row["local_recurrence"])) for row in VERTEBRAE
    }
    assert len(expected) == 143
    assert derived(derive(COHORT, reading)) == expected


def test_survival_of_every_patient() -> None:
    expected = {f"SYN-{p['patient']}": (float(p["fu_days"]), int(p["death"])) for p in PATIENTS}
    assert len(expected) == 104
    assert derived(derive(COHORT, overall_survival())) == expected


def test_the_reason_of_censoring_is_that_of_the_reconstruction() -> None:
    reading = local_control(censoring=CensoringRule.LAST_CONTACT_OR_DEATH, death=DeathRule.CENSORS)
    reasons = {"death": "death", "end of follow-up": "last contact", "": "local progression"}
    expected = {vertebra_id(row): reasons[row["lc_censor_reason"]] for row in VERTEBRAE}
    assert {row.row_id: row.reason for row in derive(COHORT, reading).rows} == expected


def test_where_death_competes_only_the_code_differs() -> None:
    expected = {
        vertebra_id(row): (
            float(row["lc_days"]),
            2 if row["lc_censor_reason"] == "death" else int(row["local_recurrence"]),
        )
        for row in VERTEBRAE
    }
    reading = local_control(censoring=CensoringRule.LAST_CONTACT_OR_DEATH)
    assert derived(derive(COHORT, reading)) == expected


def test_a_patient_progresses_with_the_first_of_the_levels() -> None:
    first: dict[str, float] = {}
    for row in VERTEBRAE:
        if row["local_recurrence"] == "1":
            who, days = f"SYN-{row['patient']}", float(row["lc_days"])
            first[who] = min(days, first.get(who, days))
    seen = {one: time for one, (time, code) in derived(derive(COHORT, lpfs_seed())).items() if code}
    assert seen == first


@pytest.mark.parametrize(("code", "count"), [(1, 1), (3, 0)])
def test_one_treated_vertebra_fractures(code: int, count: int) -> None:
    rows = derive(COHORT, vertebral_compression_fracture()).rows
    assert sum(row.code == code for row in rows) == count
