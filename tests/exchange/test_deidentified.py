"""Nothing that was planted comes out; intervals, and with them results, stay as they are."""

import base64
import datetime as dt
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kyphort.clinical import Cohort
from kyphort.clinical.ending import Withdrawal, WithdrawalForm
from kyphort.clinical.records import RECORDS
from kyphort.endpoints import derive, overall_survival
from kyphort.errors import FaultyDataError, InvalidDataError, OutputError
from kyphort.exchange.csv_set import check_csv_set, read_csv_set, write_csv_set
from kyphort.exchange.csv_set.columns import CSV_FILES
from kyphort.exchange.csv_set.from_rows import cohort_of_rows
from kyphort.exchange.csv_set.rows import rows_of_cohort
from kyphort.exchange.deidentified import (
    Key,
    TextDecisions,
    deidentify,
    read_decisions,
    read_key,
    small_cells,
    write_key,
)
from kyphort.exchange.mapping.declared import ColumnKind, all_declared
from kyphort.published import dataset_folder
from kyphort.survival import kaplan_meier
from kyphort.workflows.deidentifying import export_deidentified

from .foreign import STRATEGIES, example_cohort
from .test_csv_set_round_trip import tidied, tidy

KEY = Key(bytes(range(32)))
CANARY = "Zaunkönig-4711"
"""An identifier that no word of the vocabulary, no key and no hash can hold by chance."""


def planted(cohort: Cohort) -> Cohort:
    """Return the cohort with a canary in every text that can hold one, and in every pseudonym."""
    rows = {name: [dict(row) for row in found] for name, found in rows_of_cohort(cohort).items()}
    texts = [one for one in all_declared() if one.kind is ColumnKind.TEXT]
    for one in texts:
        for number, row in enumerate(rows[one.file.name]):
            if one.name == "patient_id":
                row[one.name] = f"{CANARY}-{row[one.name]}"
            elif row[one.name] == "adjudicated" or not row[one.name]:
                continue
            elif one.column.kind.allowed.startswith("any text"):
                row[one.name] = f"={row[one.name]}, {CANARY} {number}"
    return cohort_of_rows(
        rows,
        name=f"Klinik {CANARY}",
        cut_off=cohort.data_cut_off,
        synthetic=False,
        provenance=f"Dr. {CANARY}",
    )


def spellings(text: str) -> Iterator[bytes]:
    for form in ("NFC", "NFD", "NFKD"):
        for case in (str, str.upper, str.lower):
            spelt = case(unicodedata.normalize(form, text))
            for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252"):
                try:
                    raw = spelt.encode(encoding)
                except UnicodeEncodeError:
                    continue
                yield raw
                yield base64.b64encode(raw)[:-4]
                yield raw.hex().encode()
    yield json.dumps(text)[1:-1].encode()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return example_cohort(tmp_path_factory.mktemp("example") / "data")


def test_the_canary_is_planted_everywhere(example: Cohort, tmp_path: Path) -> None:
    write_csv_set(planted(example), tmp_path / "data")
    with_canary = [
        path.name
        for path in (tmp_path / "data").iterdir()
        if CANARY in path.read_text(encoding="utf-8")
    ]
    filled = [f"{one.plural}.csv" for one in RECORDS if not one.within and example.records(one)]
    assert sorted(with_canary) == sorted([*filled, "dataset.toml"])


def test_no_canary_comes_out_in_any_byte(example: Cohort, tmp_path: Path) -> None:
    write_csv_set(planted(example), tmp_path / "data")
    export_deidentified(
        tmp_path / "data",
        tmp_path / "share",
        KEY,
        new_key=tmp_path / "key",
        review=tmp_path / "texts.csv",
        links=tmp_path / "links.csv",
    )
    parts = [CANARY, "Zaunk", "4711", "Klinik", KEY.secret.hex()]
    wanted = {spelt for part in parts for spelt in spellings(part) if len(spelt) > 3}
    files = [path for path in (tmp_path / "share").rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        raw = path.read_bytes()
        assert not [one for one in wanted if one in raw], path.name
    assert CANARY in (tmp_path / "links.csv").read_text(encoding="utf-8")
    assert CANARY in (tmp_path / "texts.csv").read_text(encoding="utf-8")
    assert check_csv_set(tmp_path / "share").errors == ()


def test_no_serial_number_and_no_date_comes_out(example: Cohort) -> None:
    found = deidentify(example, KEY)
    before, after = rows_of_cohort(example), rows_of_cohort(found.cohort)
    serials = {row[name] for row in before["deliveries.csv"] for name in row if "serial" in name}
    assert serials - {""}
    assert not [row for row in after["deliveries.csv"] if row["source_serial"]]
    old = {new: one for one, new in found.links.items()}
    for one in all_declared():
        if one.kind is not ColumnKind.DATE:
            continue
        for row in after[one.file.name]:
            own = {
                earlier[one.name]
                for earlier in before[one.file.name]
                if earlier["patient_id"] == old[row["patient_id"]]
            }
            assert not row[one.name] or row[one.name] not in own


def test_all_intervals_of_a_patient_are_kept(example: Cohort) -> None:
    found = deidentify(example, KEY)
    shifts: dict[str, set[int]] = {}
    old = {new: one for one, new in found.links.items()}
    before = {one.patient_id: one for one in example.patients}
    for one in found.cohort.patients:
        earlier = before[old[one.patient_id]]
        days = shifts.setdefault(one.patient_id, set())
        days.add((earlier.last_contact_date - one.last_contact_date).days)
        pairs = zip(example.vertebrae_of(earlier), found.cohort.vertebrae_of(one), strict=True)
        days |= {(first.procedure_date - then.procedure_date).days for first, then in pairs}
        visits = zip(example.visits_of(earlier), found.cohort.visits_of(one), strict=True)
        days |= {(first.visit_date - then.visit_date).days for first, then in visits}
    assert all(len(days) == 1 for days in shifts.values())
    assert all(1 <= min(days) <= 365 for days in shifts.values())
    assert len({min(days) for days in shifts.values()}) > 1


def test_survival_is_the_same_to_the_last_digit() -> None:
    cohort = read_csv_set(dataset_folder("bludau2020"))
    found = deidentify(cohort, KEY)
    curves = [
        kaplan_meier(derive(one, overall_survival()).survival_data())
        for one in (cohort, found.cohort)
    ]
    assert np.array_equal(curves[0].times, curves[1].times)
    assert np.array_equal(curves[0].survival, curves[1].survival)


def test_the_same_key_gives_the_same_names_and_another_does_not(example: Cohort) -> None:
    first, again = deidentify(example, KEY), deidentify(example, KEY)
    other = deidentify(example, Key(bytes(32)))
    assert first.cohort == again.cohort
    assert not set(first.links.values()) & set(other.links.values())
    assert all(one.startswith("SYN-") for one in first.links.values())


def test_ages_above_89_are_grouped(example: Cohort) -> None:
    ages = (88, 89, 90, 97, 120, 61)
    patients = tuple(
        replace(one, age_years=age) for one, age in zip(example.patients, ages, strict=True)
    )
    found = deidentify(replace(example, patients=patients, consents=()), KEY)
    assert found.done
    assert sorted(one.age_years for one in found.cohort.patients) == [61, 88, 89, 90, 90, 90]


def test_who_withdrew_or_refused_is_not_in_it(example: Cohort) -> None:
    everybody = replace(example, consents=(), withdrawals=())
    first, second, third, *_ = everybody.patients
    gone = tuple(
        Withdrawal(one.patient_id, form, everybody.data_cut_off)
        for one, form in (
            (first, WithdrawalForm.STOP_USE),
            (second, WithdrawalForm.ERASE),
            (third, WithdrawalForm.STOP_FOLLOW_UP),
        )
    )
    found = deidentify(replace(everybody, withdrawals=gone), KEY)
    assert set(found.links) == {one.patient_id for one in everybody.patients[2:]}
    assert found.withheld == {"withdrew the use of the data": 2}
    assert len(deidentify(example, KEY).links) == len(example.patients) - 1


def test_nobody_left_is_said(example: Cohort) -> None:
    gone = tuple(
        Withdrawal(one.patient_id, WithdrawalForm.ERASE, example.data_cut_off)
        for one in example.patients
    )
    with pytest.raises(InvalidDataError, match="Nobody is left"):
        deidentify(replace(example, withdrawals=gone), KEY)


def test_a_person_decides_about_texts(example: Cohort, tmp_path: Path) -> None:
    write_csv_set(example, tmp_path / "data")
    review = tmp_path / "texts.csv"
    export_deidentified(tmp_path / "data", tmp_path / "share", KEY, review=review)
    header, *lines = review.read_text(encoding="utf-8").splitlines()
    assert header == "file,column,text,patients,decision,replacement"
    answers = {"patients": "keep,", "systemic": "replace,Chemotherapy"}
    decided = [f"{line.removesuffix(',,')},{answers.get(line[:8], ',')}" for line in lines]
    review.write_text("\n".join([header, *decided]), encoding="utf-8")
    found = deidentify(example, KEY, decisions=read_decisions(review))
    assert "Renal cell cancer" in {one.entity for one in found.cohort.patients}
    assert "Chemotherapy" in {one.agent for one in found.cohort.systemic_therapies}
    assert {one.reason for one in found.cohort.withdrawals} == {"removed"}


def test_a_kept_formula_is_harmless(example: Cohort) -> None:
    first, *others = example.patients
    cohort = replace(example, patients=(replace(first, entity="=1+1"), *others))
    decisions = TextDecisions({("patients.csv", "entity", "=1+1"): "=1+1"})
    found = deidentify(cohort, KEY, decisions=decisions)
    assert "'=1+1" in {one.entity for one in found.cohort.patients}


def test_faulty_decisions_are_named(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("file,column,text,patients,decision,replacement\na,b,c,1,perhaps,\n")
    with pytest.raises(FaultyDataError, match="row 2"):
        read_decisions(path)
    path.write_text("a,b\n")
    with pytest.raises(InvalidDataError, match="Its columns are"):
        read_decisions(path)


@pytest.mark.parametrize("private", ["new_key", "review", "links"])
def test_what_must_stay_home_is_refused_in_the_folder_that_leaves(
    private: str, example: Cohort, tmp_path: Path
) -> None:
    write_csv_set(example, tmp_path / "data")
    inside: dict[str, Any] = {private: tmp_path / "share" / "x"}
    with pytest.raises(OutputError, match="leaves the house"):
        export_deidentified(tmp_path / "data", tmp_path / "share", KEY, **inside)
    assert not (tmp_path / "share").exists()


def test_a_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    key = Key.random()
    write_key(key, tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert read_key(tmp_path / "key") == key
    assert key.secret.hex() not in repr(key)
    with pytest.raises(OutputError, match="never overwritten"):
        write_key(Key.random(), tmp_path / "key")
    (tmp_path / "other").write_text("secret")
    with pytest.raises(InvalidDataError) as found:
        read_key(tmp_path / "other")
    assert "secret" not in str(found.value)


def test_pseudonyms_stay_different_when_their_beginnings_agree() -> None:
    names = [f"P{number}" for number in range(3_000)]
    found = KEY.pseudonyms(names, "D", "patient")
    assert len(set(found.values())) == len(names)


def test_small_cells_of_the_founding_table() -> None:
    """Table 1 prints one haemangioma and one other urogenital tumour."""
    cells = small_cells(read_csv_set(dataset_folder("bludau2020")))
    ones = {one.values for one in cells if one.variables == "entity" and one.patients == 1}
    assert ones == {"Other urogenital cancers", "Others (haemangioma)"}
    assert all(1 <= one.patients < 5 for one in cells)
    with pytest.raises(InvalidDataError):
        small_cells(read_csv_set(dataset_folder("bludau2020")), 1)


@given(STRATEGIES["cohorts"](), st.binary(min_size=32, max_size=32))
@settings(max_examples=25)
def test_any_cohort_can_be_shared_or_is_refused(cohort: Cohort, secret: bytes) -> None:
    names = {tidy(one.patient_id) for one in cohort.patients}
    assume(cohort.patients and len(names) == len(cohort.patients))
    clean = tidied(cohort)
    found = deidentify(clean, Key(secret))
    assert len(found.cohort.patients) == len(clean.patients)
    assert found.cohort.data_cut_off < clean.data_cut_off + dt.timedelta(1)
    assert not {one.patient_id for one in found.cohort.patients} & names


def test_every_text_column_has_a_policy(example: Cohort) -> None:
    """A new column of text is removed until somebody decides about it."""
    rows = rows_of_cohort(deidentify(planted(example), KEY).cohort)
    for file in CSV_FILES:
        for row in rows[file.name]:
            assert not [cell for cell in row.values() if "4711" in cell]
