"""Maps: every fault at once, the text and the map are each other's inverse, proposals are sound."""

from pathlib import Path

import pytest

from kyphort.errors import FaultyDataError, InvalidDataError
from kyphort.exchange.mapping import mapping_text, read_mapping
from kyphort.exchange.mapping.map_file import ColumnMap, Mapping, RowsMap
from kyphort.exchange.mapping.source_dates import SourceDates
from kyphort.workflows.importing import check_map, new_map

from .foreign import MAP, Project


def read(folder: Path, text: str) -> Mapping:
    (folder / "map.toml").write_text(text, encoding="utf-8")
    return read_mapping(folder / "map.toml")


FAULTS = [
    ("kyphort_map = 1", "kyphort_map = 2", "kyphort_map"),
    ('source = "redcap"', 'source = "excel"', "Allowed: redcap, statistics_file"),
    ("synthetic = true", 'synthetic = "no"', "dataset.synthetic"),
    ("2019-12-31", '"31.12.2019"', "dataset.data_cut_off"),
    ('name = "small"', 'name = ""', "dataset.name"),
    ('"patients.csv"', '"patient.csv"', "is none of a data set"),
    ("age_years =", "age_year =", "Did you mean 'age_years'?"),
    ("times = 0.01", "times = -1", "no positive number"),
    ('entity = "tumour"', 'entity = { field = "tumour", value = "x" }', "2 sources"),
    ('entity = "tumour"', "entity = {}", "0 sources"),
    ('entity = "tumour"', 'entity = { age_between = ["dod"] }', "two fields"),
    ("[reading]", '[reading]\ndate_format = "DD.MM.YY"', "the century is open"),
    ("[reading]", '[reading]\ndate_format = "D-M-Y"', "is no format"),
    ("[reading]", "[reading]\ntwo_digit_years_from = 30", "no year from 1900 to 2000"),
    ('add_to = ["patient_id", "visit_date"]', 'add_to = ["level"]', "'level' is no entry"),
    ("repeating = true", 'repeating = "yes"', "neither true nor false"),
]


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_a_fault_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FaultyDataError, match=r"map\.toml has") as found:
        read(tmp_path, MAP.replace(old, new))
    assert any(said in line for line in found.value.lines), found.value.lines


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = MAP
    chosen = [FAULTS[0], FAULTS[2], FAULTS[4], FAULTS[6], FAULTS[7]]
    for old, new, _ in chosen:
        text = text.replace(old, new)
    with pytest.raises(FaultyDataError) as found:
        read(tmp_path, text)
    assert len(found.value.lines) == len(chosen)


@pytest.mark.parametrize("text", ["", "= 1", "a = [", "\0", "rows = 3", "[dataset]\nname = 3"])
def test_what_is_no_map_is_said(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError):
        read(tmp_path, text)


def test_an_absent_map_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="missing"):
        read_mapping(tmp_path / "none.toml")


def test_the_text_of_a_map_is_read_as_the_map(tmp_path: Path) -> None:
    mapping = Mapping(
        "statistics_file",
        {"name": 'a "b" \\ ü', "data_cut_off": "2019-12-31", "synthetic": True, "provenance": "x"},
        (
            RowsMap(
                "visits.csv",
                (
                    ColumnMap("patient_id", "nr"),
                    ColumnMap("kind", value="planned"),
                    ColumnMap(
                        "visit_date", first_of=("a", "b"), dates=SourceDates("DD.MM.YY", 1930)
                    ),
                    ColumnMap("modality", checked={"scan___1": "CT", "Bild 2": "MRI"}),
                    ColumnMap("level", "vertebra", codes={"1": "T12"}, from_record=True),
                    ColumnMap("pain_nrs", "vas", times=0.1),
                    ColumnMap("reader", "n", instance_of="readers.name"),
                ),
                "form",
                ("event_1",),
                True,
                {"datum": ("filled",), "ä ö": ("1", "2")},
                ("patient_id",),
                ("patient_id", "visit_date"),
            ),
            RowsMap("patients.csv", (ColumnMap("age_years", age_between=("geb", "op")),)),
        ),
        SourceDates("DD/MM/YYYY"),
        frozenset(("-99", "k.A.")),
    )
    again = read(tmp_path, mapping_text(mapping))
    assert again.rows == mapping.rows
    assert (again.dates, again.missing_codes) == (mapping.dates, mapping.missing_codes)
    assert again.dataset["name"] == mapping.dataset["name"]


def test_a_map_that_does_not_fit_its_source_is_said(tmp_path: Path) -> None:
    project = Project(tmp_path).remap('"tumour"', '"tumor"').remap('"scan"', '"scans"')
    _, dictionary, map_file = project.write()
    _, faults = check_map(map_file, dictionary)
    assert [("tumor" in line, "scans" in line) for line in faults] == [(True, False), (False, True)]
    assert "Did you mean 'tumour'?" in faults[0]
    assert "Did you mean 'scan'?" in faults[1]


def test_a_proposal_is_not_written_over_another(tmp_path: Path) -> None:
    _, dictionary, map_file = Project(tmp_path).write()
    with pytest.raises(Exception, match="exists"):
        new_map(dictionary, map_file)


def test_a_dictionary_of_something_else_gives_no_map(tmp_path: Path) -> None:
    header = "Variable / Field Name,Form Name,Field Type,Field Label"
    text = f"{header}\nid,survey,text,ID\nq1,survey,text,Question\n"
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(InvalidDataError, match="no fields that resemble"):
        new_map(tmp_path / "other.csv", tmp_path / "map.toml")
    assert not (tmp_path / "map.toml").exists()
