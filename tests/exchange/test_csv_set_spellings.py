"""What is written otherwise: understood and named, or refused because it can mean two things."""

from pathlib import Path

import pytest

from kyphort.clinical import ADJUDICATED, Sex, SpinalLevel
from kyphort.exchange.csv_set import check_csv_set
from kyphort.exchange.csv_set.columns import CSV_FILES

from .planting import TODAY, Put, Recode, Text, check_with, copy_example

CORE = [file for file in CSV_FILES if not file.is_optional]
PATIENTS, VERTEBRAE, VISITS = "patients.csv", "vertebrae.csv", "visits.csv"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Th12", "T12"),
        ("TH 12", "T12"),
        ("D12", "T12"),
        ("t12", "T12"),
        ("T 12", "T12"),
        ("Th. 8", "T8"),
        ("T08", "T8"),
        ("LWK 3", "L3"),
        ("lwk3", "L3"),
        ("BWK 7", "T7"),
        ("SWK 1", "S1"),
        ("HWK-5", "C5"),
    ],
)
def test_a_level_spelt_otherwise_is_understood_and_named(
    tmp_path: Path, text: str, level: str
) -> None:
    checked = check_with(tmp_path / "data", Put(VERTEBRAE, 9, "level", text))
    (note,) = checked.notes
    assert checked.findings == (note,)
    assert f"'{text}' as {level} (1)" in note.line
    assert checked.valid_cohort().vertebrae[-1].level is SpinalLevel(level)


@pytest.mark.parametrize(
    "text", ["L7", "T14", "C0", "C8", "S6", "12", "T", "Th", "T120", "L1-L2", "LWS 3", "٣", "L٣"]
)
def test_a_level_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    checked = check_with(tmp_path / "data", Put(VERTEBRAE, 9, "level", text))
    assert [finding.rule for finding in checked.findings] == ["KD-LEVEL"]


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("f", Sex.FEMALE),
        ("W", Sex.FEMALE),
        ("weiblich", Sex.FEMALE),
        ("Female", Sex.FEMALE),
        ("m", Sex.MALE),
        ("MÄNNLICH", Sex.MALE),
        ("ma\u0308nnlich", Sex.MALE),
        ("divers", Sex.DIVERSE),
        ("unbekannt", Sex.UNKNOWN),
    ],
)
def test_sex_spelt_otherwise(tmp_path: Path, text: str, sex: Sex) -> None:
    checked = check_with(tmp_path / "data", Put(PATIENTS, 2, "sex", text))
    assert [note.rule for note in checked.findings] == ["KD-CODE-SPELLING"]
    assert checked.valid_cohort().patients[0].sex is sex


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ja", True),
        ("Y", True),
        ("1", True),
        ("wahr", True),
        ("Nein", False),
        ("N", False),
        ("0", False),
        ("FALSE", False),
        ("unbekannt", None),
    ],
)
def test_yes_and_no_spelt_otherwise(tmp_path: Path, text: str, value: bool | None) -> None:
    checked = check_with(tmp_path / "data", Put(VERTEBRAE, 9, "preexisting_fracture", text))
    assert [note.rule for note in checked.findings] == ["KD-CODE-SPELLING"]
    assert checked.valid_cohort().vertebrae[-1].preexisting_fracture is value


def test_the_settled_reading_has_other_names(tmp_path: Path) -> None:
    checked = check_with(tmp_path / "data", Put(VISITS, 16, "reader", "Konsens"))
    assert [note.rule for note in checked.findings] == ["KD-CODE-SPELLING"]
    readers = {one.reader for visit in checked.valid_cohort().visits for one in visit.assessments}
    assert ADJUDICATED in readers


@pytest.mark.parametrize(
    ("text", "dose"), [("8,5", 8.5), ("08.50", 8.5), ("+8.5", 8.5), ("8.", 8.0), ("85e-1", 8.5)]
)
def test_numbers_spelt_otherwise(tmp_path: Path, text: str, dose: float) -> None:
    checked = check_with(tmp_path / "data", Put(VERTEBRAE, 9, "dose_gy", text))
    assert {finding.rule for finding in checked.findings} <= {"KD-NUMBER-SPELLING"}
    assert checked.valid_cohort().vertebrae[-1].prescription.dose_gy == dose


@pytest.mark.parametrize(
    "text", ["8,500", "1.234,5", "1,234.5", "8_5", "eight", "inf", "nan", "٨", "8 Gy", "0x8", "--8"]
)
def test_a_number_that_can_mean_two_things_or_nothing_is_refused(tmp_path: Path, text: str) -> None:
    checked = check_with(tmp_path / "data", Put(VERTEBRAE, 9, "dose_gy", text))
    assert [finding.rule for finding in checked.findings] == ["KD-NUMBER"]


def test_a_note_counts_cells_and_gives_examples(tmp_path: Path) -> None:
    edits = [
        Put(VERTEBRAE, row, "level", level)
        for row, level in ((2, "Th12"), (3, "LWK 1"), (4, "LWK 3"), (5, "Th8"), (6, "LWK 2"))
    ]
    (note,) = check_with(tmp_path / "data", *edits).findings
    assert note.line == (
        "vertebrae.csv row 2, level: a level was spelt otherwise: 5 cells, 'Th12' as T12 (1), "
        "'LWK 1' as L1 (1), 'LWK 3' as L3 (1) and 2 more."
    )


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "Windows-1252"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without a byte order mark"),
        ("utf-16-be", "UTF-16 without a byte order mark"),
        ("utf-32", "UTF-32"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_are_recognised_and_named(
    tmp_path: Path, encoding: str, name: str, separator: str
) -> None:
    entity = Put(PATIENTS, 2, "entity", "Nierenzellkarzinom, groß – 5 €")
    plain = check_with(tmp_path / "plain", entity)
    recoded = [Recode(file.name, encoding, separator) for file in CORE]
    checked = check_with(tmp_path / "data", entity, *recoded)
    assert checked.cohort is not None
    assert checked.cohort == plain.cohort
    named = [finding for finding in checked.findings if finding.rule == "KD-ENCODING"]
    assert all(f"read as {name}." in finding.line for finding in named)
    # A file of ASCII letters is the same in Windows-1252 and in UTF-8.
    assert len(named) == (1 if encoding == "cp1252" else 4)
    is_separated = [finding.rule for finding in checked.findings].count("KD-SEPARATOR")
    assert is_separated == (0 if separator == "," else 4)


def test_bytes_that_windows_1252_lacks_are_latin_1(tmp_path: Path) -> None:
    folder = copy_example(tmp_path / "data")
    raw = (folder / PATIENTS).read_bytes().replace(b"Breast", b"Br\xfcst\xa0\xe9")
    (folder / PATIENTS).write_bytes(raw.replace(b"Sarcoma", b"").replace(b"unknown", b"\xc4 \x90x"))
    findings = check_csv_set(folder, today=TODAY).findings
    assert "read as Latin-1." in findings[0].line


@pytest.mark.parametrize("first", ["sep=;\r\n", "sep=;\n", "SEP=;\r\n"])
def test_the_line_of_a_spreadsheet_program_is_no_row(tmp_path: Path, first: str) -> None:
    checked = check_with(
        tmp_path / "data",
        Recode(PATIENTS, separator=";"),
        Text(PATIENTS, "patient_id", f"{first}patient_id"),
        Text(PATIENTS, "SYN-E02;male", "SYN-E02;bloke"),
    )
    assert [(one.rule, one.row) for one in checked.findings] == [
        ("KD-SEPARATOR", None),
        ("KD-CODE", 3),
    ]


DATE_COLUMNS = {
    file.name: [one.name for one in file.columns if one.name.endswith("_date")]
    for file in CSV_FILES
}


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("DD.MM.YYYY", "{2}.{1}.{0}"),
        ("DD/MM/YYYY", "{2}/{1}/{0}"),
        ("MM/DD/YYYY", "{1}/{2}/{0}"),
    ],
)
def test_dates_in_one_declared_format(tmp_path: Path, name: str, pattern: str) -> None:
    expected = check_with(tmp_path / "plain").cohort
    folder = copy_example(tmp_path / "data")
    for file in CORE:
        header, *lines = (folder / file.name).read_text(encoding="utf-8").splitlines()
        dates = {header.split(",").index(column) for column in DATE_COLUMNS[file.name]}
        rows = [
            ",".join(
                pattern.format(*cell.split("-")) if index in dates and cell else cell
                for index, cell in enumerate(line.split(","))
            )
            for line in lines
        ]
        (folder / file.name).write_text("\n".join([header, *rows]), encoding="utf-8")
    Text("dataset.toml", 'format = "YYYY-MM-DD"', f'format = "{name}"').plant(folder)
    checked = check_csv_set(folder, today=TODAY)
    assert checked.findings == ()
    assert checked.cohort == expected


@pytest.mark.parametrize(
    ("text", "rule", "guess"),
    [
        ("24.07.2017", "KD-DATE-FORMAT", "looks like DD.MM.YYYY."),
        ("24/07/2017", "KD-DATE-FORMAT", "looks like DD/MM/YYYY."),
        ("07/24/2017", "KD-DATE-FORMAT", "looks like MM/DD/YYYY."),
        ("03/04/2017", "KD-DATE-FORMAT", "DD/MM/YYYY or MM/DD/YYYY, and a cell cannot tell which."),
        ("2017/07/24", "KD-DATE-FORMAT", "not a date as YYYY-MM-DD."),
        ("2017-7-24", "KD-DATE-FORMAT", "not a date as YYYY-MM-DD."),
        ("2017", "KD-DATE-FORMAT", "not a date as YYYY-MM-DD."),
        ("24.07.17", "KD-DATE-YEAR", "two digits"),
        ("7/24/17", "KD-DATE-YEAR", "two digits"),
        ("42940", "KD-DATE-SERIAL", "(day 2017-07-24)"),
        ("42940.0", "KD-DATE-SERIAL", "(day 2017-07-24)"),
        ("2017-13-01", "KD-DATE-IMPOSSIBLE", "no such day"),
    ],
)
def test_a_date_in_another_format_is_refused_with_the_likely_one(
    tmp_path: Path, text: str, rule: str, guess: str
) -> None:
    (finding,) = check_with(tmp_path / "data", Put(VISITS, 8, "visit_date", text)).findings
    assert finding.rule == rule
    assert guess in finding.line


def test_day_and_month_exchanged_are_named(tmp_path: Path) -> None:
    checked = check_with(
        tmp_path / "data",
        Text("dataset.toml", "YYYY-MM-DD", "DD/MM/YYYY"),
        Put(VISITS, 8, "visit_date", "07/24/2017"),
    )
    (finding,) = (one for one in checked.findings if one.rule == "KD-DATE-IMPOSSIBLE")
    assert "As MM/DD/YYYY it would be one." in finding.line
