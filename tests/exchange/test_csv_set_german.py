"""A data set as a German spreadsheet program saves it reads as the example it was made from."""

from pathlib import Path

from kyphort.exchange.csv_set import Severity, check_csv_set
from kyphort.exchange.csv_set.columns import CSV_FILES

from .planting import TODAY, Recode, Text, check_with, copy_example

WORDS = {
    "female": "weiblich",
    "male": "männlich",
    "planned": "geplant",
    "unscheduled": "ungeplant",
    "MRI": "MRT",
    "yes": "ja",
    "no": "nein",
    "absent": "nein",
    "present": "ja",
    "adjudicated": "Konsens",
    "T12": "Th12",
    "T10": "BWK 10",
    "T8": "D8",
    "L1": "LWK 1",
    "13": "13,0",
    "histology": "Histologie",
    "imaging": "Bildgebung",
    "general": "Vollnarkose",
    "bipedicular": "bipedikulär",
    "pmma": "Zement",
    "off_trial": "außerhalb",
    "mechanical": "mechanisch",
    "lytic": "osteolytisch",
    "normal": "unauffällig",
    "access": "Zugang",
    "endocrine": "Hormontherapie",
    "radiotherapy": "Strahlentherapie",
    "not_reached": "nicht erreicht",
    "pain": "Schmerz",
    "tumour": "Tumor",
    "civil_registry": "Einwohnermeldeamt",
}


def in_german(cell: str) -> str:
    day = cell.split("-")
    if len(day) == 3 and day[0].isdigit():
        return ".".join(reversed(day))
    return WORDS.get(cell, cell)


def test_a_german_copy_is_the_same_cohort(tmp_path: Path) -> None:
    expected = check_with(tmp_path / "plain", with_optional=True).cohort
    folder = copy_example(tmp_path / "data", with_optional=True)
    Text("dataset.toml", 'format = "YYYY-MM-DD"', 'format = "DD.MM.YYYY"').plant(folder)
    for file in CSV_FILES:
        path = folder / file.name
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        rows = [";".join(map(in_german, line.split(","))) for line in lines]
        text = "\r\n".join([header.replace(",", ";"), *rows, ""])
        path.write_bytes(text.encode("cp1252"))
    checked = check_csv_set(folder, today=TODAY)
    assert checked.cohort is not None
    assert checked.cohort == expected
    assert {finding.severity for finding in checked.findings} == {Severity.NOTE}
    assert {finding.rule for finding in checked.findings} == {
        "KD-ENCODING",
        "KD-SEPARATOR",
        "KD-CODE-SPELLING",
        "KD-LEVEL-SPELLING",
        "KD-NUMBER-SPELLING",
    }


def test_the_copy_is_not_the_example_by_accident(tmp_path: Path) -> None:
    plain = check_with(tmp_path / "plain").cohort
    other = check_with(tmp_path / "data", Recode("patients.csv", "cp1252", ";"))
    assert other.cohort == plain
    changed = check_with(tmp_path / "changed", Text("patients.csv", "male,71", "male,72"))
    assert changed.cohort is not None
    assert changed.cohort != plain
