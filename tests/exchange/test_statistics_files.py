"""Files of statistics programs: what stands in them, and what becomes of damaged ones."""

import datetime as dt
import struct
from dataclasses import replace
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
import pyreadstat
import pytest

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.statistics_files import (
    Program,
    read_statistics_files,
    write_statistics_files,
)
from kyphort.exchange.statistics_files.names import short_names
from kyphort.workflows.importing import import_statistics_files, new_map

from .foreign import ROOT, example_cohort

HOSPITAL = ROOT / "docs" / "how-to" / "files" / "hospital.sav"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return example_cohort(tmp_path_factory.mktemp("example") / "data")


@pytest.fixture(scope="module")
def sav(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sav")
    write_statistics_files(cohort, folder, Program.SPSS)
    return folder


def test_labels_values_and_missing_values_are_declared(sav: Path) -> None:
    frame, meta = pyreadstat.read_sav(str(sav / "vertebrae.sav"), user_missing=True)
    assert meta.column_names_to_labels["dose_gy"] == "Prescribed dose [Gy]"
    assert meta.variable_value_labels["preexisting_fracture"] == {
        0.0: "no",
        1.0: "yes",
        9.0: "unknown",
    }
    assert meta.missing_ranges["preexisting_fracture"] == [{"lo": 9.0, "hi": 9.0}]
    assert meta.variable_measure["dose_gy"] == "scale"
    assert meta.variable_measure["level"] == "nominal"
    assert set(frame["preexisting_fracture"]) == {0.0, 1.0, 9.0}
    plain, _ = pyreadstat.read_sav(str(sav / "vertebrae.sav"))
    assert plain["preexisting_fracture"].isna().sum() == 1


def test_codes_are_numbers_whose_labels_are_the_words(sav: Path, cohort: Cohort) -> None:
    frame, _ = pyreadstat.read_sav(str(sav / "patients.sav"), apply_value_formats=True)
    assert [str(one) for one in frame["sex"]] == [str(one.sex) for one in cohort.patients]


def test_dates_are_seconds_since_the_gregorian_calendar(sav: Path, cohort: Cohort) -> None:
    """SPSS counts seconds from 14 October 1582, midnight."""
    columns, meta = pyreadstat.read_sav(
        str(sav / "vertebrae.sav"), disable_datetime_conversion=True, output_format="dict"
    )
    day = cohort.vertebrae[0].procedure_date
    assert columns["procedure_date"][0] == (day.toordinal() - 577_735) * 86_400
    assert dt.date(1582, 10, 14).toordinal() == 577_735
    assert str(meta.original_variable_types["procedure_date"]).startswith("DATE")


def test_stata_and_sas_count_days_since_1960(cohort: Cohort, tmp_path: Path) -> None:
    day = (cohort.vertebrae[0].procedure_date - dt.date(1960, 1, 1)).days
    for program, read, name in (
        (Program.STATA, pyreadstat.read_dta, "procedure_date"),
        (Program.SAS, pyreadstat.read_xport, "proceddt"),
    ):
        write_statistics_files(cohort, tmp_path, program)
        columns, _ = read(
            str(tmp_path / f"vertebrae.{program}"),
            disable_datetime_conversion=True,
            output_format="dict",
        )
        assert columns[name][0] == day


def test_a_transport_file_is_version_5(cohort: Cohort, tmp_path: Path) -> None:
    """Its first header record is that of TS-140, and its records have 80 bytes."""
    write_statistics_files(cohort, tmp_path, Program.SAS)
    raw = (tmp_path / "patients.xpt").read_bytes()
    assert raw.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
    assert len(raw) % 80 == 0


def test_what_sas_truncates_is_listed_or_refused(cohort: Cohort, tmp_path: Path) -> None:
    written = write_statistics_files(cohort, tmp_path, Program.SAS)
    names = {one.before: one.after for one in written.not_held if one.what == "name"}
    assert all(len(short) <= 8 for short in names.values())
    assert names["last_contact_date"] == "lascondt"
    labels = [one for one in written.not_held if one.what == "label"]
    assert labels
    assert all(len(one.after.encode()) <= 40 for one in labels)
    assert any(one.what == "value labels" for one in written.not_held)
    first, *others = cohort.patients
    long = replace(cohort, patients=(replace(first, entity="ä" * 101), *others))
    with pytest.raises(InvalidDataError, match="202 bytes"):
        write_statistics_files(long, tmp_path / "none", Program.SAS)
    assert not (tmp_path / "none").exists()


def test_the_library_itself_writes_what_sas_cannot_hold(tmp_path: Path) -> None:
    """Why texts are measured here: nobody else says a word."""
    path = tmp_path / "long.xpt"
    pyreadstat.write_xport(pd.DataFrame({"a": ["x" * 201]}), str(path), file_format_version=5)
    assert path.exists()


def test_short_names_are_different() -> None:
    names = ["sins_pain", "sins_posterolateral", "sins_posteriorlesion", "sins_post", "SINS_PAIN"]
    short = short_names(names, 8)
    assert len({one.casefold() for one in short.values()}) == len(names)
    assert all(len(one) <= 8 for one in short.values())


def write(path: Path, **columns: list[object]) -> Path:
    pyreadstat.write_sav(pd.DataFrame(columns), str(path))
    return path


def test_values_become_texts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.sav",
        number=[1.0, 2.5, None],
        day=[dt.date(2015, 4, 3), None, dt.date(2016, 2, 29)],
        text=["x ", "", "ü"],
    )
    rows = read_statistics_files([path]).rows
    assert [dict(one.texts) for one in rows] == [
        {"number": "1", "day": "2015-04-03", "text": "x"},
        {"number": "2.5", "day": "", "text": ""},
        {"number": "", "day": "2016-02-29", "text": "ü"},
    ]


def test_missing_ranges_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"nrs": [3.0, 98.0], "who": ["a", "zz"]}),
        str(path),
        missing_ranges={"nrs": [{"lo": 97.0, "hi": 99.0}], "who": ["zz"]},
    )
    fields = read_statistics_files([path]).fields
    assert [fields["nrs"].is_missing(text) for text in ("3", "97", "98", "100")] == [
        False,
        True,
        True,
        False,
    ]
    assert fields["who"].is_missing("zz")


def test_letters_of_stata_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(
        pd.DataFrame({"nrs": [1, "a"]}), str(path), missing_user_values={"nrs": ["a"]}
    )
    source = read_statistics_files([path])
    assert source.fields["nrs"].is_missing(source.rows[1].texts["nrs"])
    assert not source.fields["nrs"].is_missing(source.rows[0].texts["nrs"])


def test_a_file_that_breaks_the_reading_library_is_only_unreadable(tmp_path: Path) -> None:
    """Bytes by which the reading process ends with a signal, or in an error: never this one."""
    damaged = []
    raw = HOSPITAL.read_bytes()
    for number, at in enumerate((4, 64, 68, 72, 176, 300, 1_000, 2_000)):
        path = tmp_path / f"damaged{number}.sav"
        path.write_bytes(raw[:at] + struct.pack("<q", -(2**62) + number) + raw[at + 8 :])
        damaged.append(path)
    source = read_statistics_files([*damaged, HOSPITAL])
    assert "hospital.sav" in {one.name for one in source.files}
    assert {one.rule for one in source.findings} <= {"KI-FILE", "KI-CONTENT"}
    assert source.findings


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.sav", b""), ("a.sav", b"$FL2"), ("a.dta", b"\0" * 99), ("a.xpt", b"x"), ("a.xlsx", b"PK")],
)
def test_what_is_no_such_file_is_said(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    source = read_statistics_files([tmp_path / name, tmp_path / "none.sav"])
    assert [one.rule for one in source.findings] == ["KI-FILE", "KI-FILE"]
    assert all(one.line.isprintable() for one in source.findings)


def mapped(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    new_map(HOSPITAL, tmp_path / "map.toml")
    text = (tmp_path / "map.toml").read_text(encoding="utf-8")
    for old, new in (
        ('name = ""', 'name = "x"'),
        ('data_cut_off = "YYYY-MM-DD"', "data_cut_off = 2019-12-31"),
        ("synthetic = false", "synthetic = true"),
        ('provenance = ""', 'provenance = "x"'),
        ('distance_mm = "tiefe"', 'distance_mm = { field = "tiefe", times = 10 }'),
        ("# ? distance_reference", 'distance_reference = { value = "isocentre" }\n#'),
        ("# ? reporting_quantity", 'reporting_quantity = { value = "water" }\n#'),
        *edits,
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    return tmp_path / "map.toml"


def test_the_hospitals_file_gives_the_cohort_it_was_made_from(tmp_path: Path) -> None:
    found = import_statistics_files([HOSPITAL], mapped(tmp_path), tmp_path / "out")
    assert found.imported
    cohort = read_csv_set(tmp_path / "out")
    whole = read_csv_set(ROOT / "scripts" / "exchange_cohort")
    for mine, theirs in zip(cohort.patients, whole.patients, strict=False):
        assert mine.patient_id == theirs.patient_id.replace("SYN-P0", "SYN-MA")
        assert (mine.sex, mine.age_years) == (theirs.sex, theirs.age_years)
        assert mine.last_contact_date == theirs.last_contact_date
        assert mine.death_date == theirs.death_date
        pairs = zip(cohort.vertebrae_of(mine), whole.vertebrae_of(theirs), strict=True)
        for one, other in pairs:
            assert (one.level, one.procedure_date) == (other.level, other.procedure_date)
            assert one.prescription.distance_mm == other.prescription.distance_mm
            assert one.preexisting_fracture == other.preexisting_fracture


def test_no_date_of_birth_is_kept(tmp_path: Path) -> None:
    map_file = mapped(tmp_path)
    import_statistics_files([HOSPITAL], map_file, tmp_path / "out")
    births = {row.texts["geb_datum"] for row in read_statistics_files([HOSPITAL]).rows}
    for path in (tmp_path / "out").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [one for one in births if one in text], path.name


def test_a_wrong_century_is_refused(tmp_path: Path) -> None:
    edit = ("two_digit_years_from = 1930", "two_digit_years_from = 1900")
    found = import_statistics_files([HOSPITAL], mapped(tmp_path, edit), tmp_path / "out")
    assert found.imported is False or any("unusual" in one.message for one in found.findings)
    births_in_the_future = ("two_digit_years_from = 1930", "two_digit_years_from = 1999")
    again = tmp_path / "again"
    again.mkdir()
    found = import_statistics_files([HOSPITAL], mapped(again, births_in_the_future), again / "out")
    assert not found.imported
    assert {"KD-AGE", "KD-RANGE", "KD-NUMBER"} & {one.rule for one in found.errors}
