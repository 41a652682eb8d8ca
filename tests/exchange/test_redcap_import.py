"""Imports of a small REDCap project, spoilt in one way at a time."""

import datetime as dt
import json
from pathlib import Path

import pytest

from kyphort.clinical import Cohort, LocalStatus, Modality, SpinalLevel
from kyphort.errors import FaultyDataError, InvalidDataError, OutputError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.mapping import Fate, Reconciliation
from kyphort.exchange.redcap import (
    dictionary_text,
    project_dictionary,
    read_dictionary,
    read_repetition,
)
from kyphort.exchange.redcap.branching import condition_of
from kyphort.workflows.importing import RECONCILIATION_FILES, import_redcap

from .foreign import DICTIONARY, Project

TODAY = dt.date(2026, 6, 1)


def run(
    project: Project, *, leave_out: bool = False, account: Path | None = None
) -> Reconciliation:
    records, dictionary, map_file = project.write()
    return import_redcap(
        records,
        dictionary,
        map_file,
        project.out,
        account=account,
        leave_out_faulty=leave_out,
        today=TODAY,
    )


def imported(project: Project) -> Cohort:
    found = run(project)
    assert found.imported, [one.line for one in found.findings]
    return read_csv_set(project.out)


def places(found: Reconciliation) -> set[tuple[str, int | None, str]]:
    return {(one.rule, one.row, one.column) for one in found.errors}


def test_the_small_project_becomes_a_cohort(tmp_path: Path) -> None:
    cohort = imported(Project(tmp_path))
    first, second = cohort.patients
    assert (first.patient_id, str(first.sex), first.age_years) == ("A", "female", 61)
    assert second.death_date == second.last_contact_date == dt.date(2016, 1, 31)
    assert [one.level for one in cohort.vertebrae] == ["T12", "L1", "T9"]
    assert {one.prescription.dose_gy for one in cohort.vertebrae} == {8.0}
    scan, pain_alone, other = cohort.visits
    assert [(one.level, one.local_status) for one in scan.assessments] == [
        (SpinalLevel.T12, LocalStatus.NONE),
        (SpinalLevel.L1, LocalStatus.PROGRESSION),
    ]
    assert (scan.modality, other.modality) == (Modality.MRI, Modality.CT)
    assert scan.pain is not None
    assert scan.pain.nrs == 3
    assert (pain_alone.modality, pain_alone.assessments) == (Modality.NONE, ())


def test_every_row_has_one_fate(tmp_path: Path) -> None:
    found = run(Project(tmp_path))
    assert found.rows_in == 11 == len(found.rows)
    assert (found.count(Fate.ACCEPTED), found.count(Fate.UNUSED)) == (10, 1)
    unused = next(one for one in found.rows if one.fate is Fate.UNUSED)
    assert (unused.row, unused.why) == (
        12,
        "the map reads visits.csv only when scan_date is filled",
    )
    assert sum(found.made.values()) == 2 + 3 + 4


def test_a_form_with_nothing_but_unchecked_boxes_is_empty(tmp_path: Path) -> None:
    found = run(Project(tmp_path).remap('when = { scan_date = ["filled"] }\n', ""))
    assert found.imported
    empty = next(one for one in found.rows if one.fate is Fate.UNUSED)
    assert (empty.row, empty.why) == (12, "nothing is filled in for visits.csv")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    records, dictionary, map_file = Project(tmp_path).write()
    with pytest.raises(InvalidDataError, match="Two files are called records"):
        import_redcap([*records, *records], dictionary, map_file, tmp_path / "out")


def test_every_change_is_counted(tmp_path: Path) -> None:
    found = run(Project(tmp_path))
    changes = {(one.field, one.before, one.after): one.cells for one in found.changes}
    assert changes["op_dose", "800", "8"] == 3
    assert changes["sex", "1", "female"] == 1
    assert changes["op_level", "Th12", "T12"] == 1
    assert changes["scan_type___2", "1", "MRI"] == 2
    assert not [one for one in found.changes if one.before == one.after]


def test_the_account_lies_beside_the_data(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil("Breast cancer", "=1+1")
    found = run(project)
    content = json.loads((project.out / "reconciliation.json").read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(found.as_json()))
    assert content["rows_in"] == content["rows_accepted"] + content["rows_unused"]
    assert {path.name for path in project.out.iterdir()} >= set(RECONCILIATION_FILES)
    table = (project.out / "reconciliation.csv").read_text(encoding="utf-8")
    assert not [cell for line in table.splitlines() for cell in line.split(",") if cell[:1] == "="]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (",,,1,61", ",,,3,61", ("KI-CODE-UNMAPPED", 2, "sex")),
        (",61,", ",161,", ("KD-AGE", 2, "age")),
        ("Th12", "L7", ("KD-LEVEL", 3, "op_level")),
        ("2015-07-04,800", "04.07.2015,800", ("KD-DATE-FORMAT", 3, "op_date")),
        ("2015-07-04,800", "42189,800", ("KD-DATE-SERIAL", 3, "op_date")),
        (",800,", ",8 Gy,", ("KD-NUMBER", 3, "op_dose")),
        (",0,1,1,0", ",1,1,1,0", ("KI-SEVERAL-CHECKED", 5, "scan_type___1, scan_type___2")),
        (",0,1,1,0", ",0,maybe,1,0", ("KI-CODE-UNMAPPED", 5, "scan_type___2")),
        (",0,1,2,1", ",0,1,4,1", ("KI-LOOKUP", 6, "scan_op")),
        ("A,scan,2", "A,scan,1", ("KI-ROW-REPEATED", 6, "redcap_repeat_instance")),
        ("A,scan,2", "A,scans,2", ("KI-FORM-UNKNOWN", 6, "redcap_repeat_instrument")),
        ("A,scan,2", "A,scan,two", ("KI-FORM-UNKNOWN", 6, "redcap_repeat_instance")),
        ("B,operation", "C,operation", ("KD-ORPHAN", 10, "record_id")),
        ("A,pain,2", ",pain,2", ("KI-RECORD-EMPTY", 8, "record_id")),
        ("2015-12-02", "2005-12-02", ("KD-VISIT-EARLY", 11, "scan_date")),
        ("2016-01-05,2", "2015-10-05,2", ("KI-ADDED-TWICE", 8, "nrs")),
    ],
)
def test_one_fault_is_found_where_it_is(
    old: str, new: str, place: tuple[str, int, str], tmp_path: Path
) -> None:
    project = Project(tmp_path).spoil(old, new)
    found = run(project)
    assert place in places(found), [one.line for one in found.errors]
    assert not project.out.exists()
    assert found.count(Fate.ACCEPTED) == 0
    assert any(one.row == place[1] and one.fate is Fate.REFUSED for one in found.rows)


def test_a_broken_file_is_named_before_anything_else(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.records += '"'
    assert {rule for rule, _, _ in places(run(project))} >= {"KI-QUOTE"}
    project.records = ""
    assert {rule for rule, _, _ in places(run(project))} == {"KI-CONTENT"}
    project.records = "id,sex\n1,2\n"
    assert {rule for rule, _, _ in places(run(project))} == {"KI-HEADER"}


def test_a_faulty_patient_is_left_out_as_a_whole(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil("2015-12-02", "2005-12-02")
    found = run(project, leave_out=True)
    assert found.imported
    assert [one.patient_id for one in read_csv_set(project.out).patients] == ["A"]
    refused = [one for one in found.rows if one.fate is Fate.REFUSED]
    assert [one.row for one in refused] == [9, 10, 11]
    assert "records.csv row 11" in refused[0].why
    assert found.errors


def test_with_every_patient_faulty_nothing_is_imported(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil(",61,", ",161,").spoil(",70,", ",170,")
    assert not run(project, leave_out=True).imported
    assert not project.out.exists()


@pytest.mark.parametrize("record", ["", "C"])
def test_a_fault_of_nobody_is_not_left_out(record: str, tmp_path: Path) -> None:
    project = Project(tmp_path).spoil("A,pain,2", f"{record},pain,2")
    assert not run(project, leave_out=True).imported


def test_the_account_of_a_refused_import_can_be_saved(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil("Th12", "L7")
    run(project, account=tmp_path / "account")
    saved = json.loads((tmp_path / "account" / "reconciliation.json").read_text(encoding="utf-8"))
    assert saved["imported"] is False
    assert saved["rows_held_back"] + saved["rows_refused"] + saved["rows_unused"] == 11
    assert saved["rows_refused"] == 2
    assert not project.out.exists()


def test_a_folder_in_use_is_not_touched(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.out.mkdir()
    (project.out / "letter.txt").write_text("Dear colleague")
    with pytest.raises(OutputError, match=r"letter\.txt"):
        run(project)
    assert [path.name for path in project.out.iterdir()] == ["letter.txt"]


def test_missing_codes_become_empty_and_are_counted(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil("2016-01-05,2", "2016-01-05,-99")
    found = run(project)
    assert not found.imported or "KI-MISSING-CODE" in {one.rule for one in found.changes}
    assert "KI-MISSING-CODE" in {one.rule for one in found.changes}


def test_labels_are_understood_as_their_codes(tmp_path: Path) -> None:
    project = Project(tmp_path).spoil(",,,1,61", ",,,Female,61").spoil(",,,2,70", ",,,MALE,70")
    project.records = project.records.replace(",0,1,1,0,", ",0,Checked,1,None,", 1)
    cohort = imported(project)
    assert [str(one.sex) for one in cohort.patients] == ["female", "male"]


def test_a_project_split_by_instrument_is_put_together(tmp_path: Path) -> None:
    project = Project(tmp_path)
    whole = imported(project)
    header, *rows = [line.split(",") for line in project.records.splitlines()]
    parts = []
    spans = {"": (3, 9), "operation": (9, 12), "scan": (12, 17), "pain": (17, 19)}
    for form, (start, end) in spans.items():
        lines = [",".join([row[0], *row[start:end]]) for row in rows if row[1] == form]
        path = tmp_path / f"part{form}.csv"
        path.write_text("\n".join([",".join([header[0], *header[start:end]]), *lines]) + "\n")
        parts.append(path)
    # Without the columns of repetition nobody knows the number of an operation: name the level.
    split_map = project.remap(
        '{ field = "scan_op", instance_of = "operation.op_level" }',
        '{ field = "scan_op", codes = { "1" = "T12", "2" = "L1" } }',
    )
    text = parts[2].read_text().replace("B,2015-12-02,1,0,1", "B,2015-12-02,1,0,T9")
    parts[2].write_text(text)
    _, dictionary, map_file = split_map.write()
    found = import_redcap(parts, dictionary, map_file, tmp_path / "again", today=TODAY)
    assert found.imported, [one.line for one in found.findings]
    assert read_csv_set(tmp_path / "again") == whole
    assert [one.rule for one in found.findings].count("KI-NO-REPEAT-COLUMNS") == 3


def test_a_value_in_a_hidden_field_is_a_warning(tmp_path: Path) -> None:
    found = run(Project(tmp_path).spoil("2016-01-01,1,2016-01-31", "2016-01-01,0,2016-01-31"))
    hidden = [one for one in found.findings if one.rule == "KI-HIDDEN"]
    assert [(one.row, one.column) for one in hidden] == [(9, "dod")]


def test_events_restrict_a_block(tmp_path: Path) -> None:
    project = Project(tmp_path)
    header, *rows = project.records.splitlines()
    events = ["base" if row.split(",")[1] in {"", "operation"} else "later" for row in rows]
    project.records = "\n".join(
        f"{event},{row}"
        for event, row in zip(["redcap_event_name", *events], [header, *rows], strict=True)
    )
    project.remap('form = "patient"\n', 'form = "patient"\nevents = ["base"]\n')
    assert len(imported(project).patients) == 2
    again = Project(tmp_path / "other")
    again.folder.mkdir()
    again.records, again.map = project.records, project.map.replace('["base"]', '["later"]')
    assert not run(again).imported


def test_the_dictionary_has_the_18_columns_in_their_order() -> None:
    text = dictionary_text(project_dictionary())
    assert text.splitlines()[0] == (
        "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
        '"Choices, Calculations, OR Slider Labels",Field Note,'
        "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,"
        "Identifier?,Branching Logic (Show field only if...),Required Field?,Custom Alignment,"
        "Question Number (surveys only),Matrix Group Name,Matrix Ranking?,Field Annotation"
    )


def test_the_dictionary_obeys_the_rules_of_redcap(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(dictionary_text(project_dictionary()), encoding="utf-8")
    own = read_dictionary(tmp_path / "own.csv")
    assert own.fields == project_dictionary().fields
    assert (own.fields[0].field_type, own.fields[0].identifier) == ("text", True)
    forms = [one.form_name for one in own.fields]
    assert [form for at, form in enumerate(forms) if form not in forms[:at]] == list(own.forms)
    assert sorted(forms, key=own.forms.index) == forms
    names = [one.field_name for one in own.fields]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 100
    for one in own.fields:
        assert bool(one.pairs) == (one.field_type in {"radio", "dropdown", "yesno"})
        condition = condition_of(one.branching_logic)
        assert not one.branching_logic or condition is not None


def test_the_metadata_of_the_api_is_read_like_the_file(tmp_path: Path) -> None:
    rows = [
        {
            "field_name": one.field_name,
            "form_name": one.form_name,
            "field_type": one.field_type,
            "field_label": one.field_label,
            "select_choices_or_calculations": one.choices,
            "text_validation_type_or_show_slider_number": one.validation,
            "branching_logic": one.branching_logic,
            "identifier": "",
            "required_field": "",
        }
        for one in DICTIONARY.fields
    ]
    (tmp_path / "metadata.json").write_text(json.dumps(rows))
    assert read_dictionary(tmp_path / "metadata.json").fields == DICTIONARY.fields


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sex,patient", "Sex!,patient", "no name of a field"),
        ("sex,patient", "age,patient", "is in row"),
        ("op_dose,operation", "op_dose,patient", "are not together"),
        ("nrs,pain,,text", "nrs,pain,,textbox", "field type 'textbox'"),
        ("op_level,operation", "op_level,", "belongs to no form"),
    ],
)
def test_a_faulty_dictionary_is_said(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = dictionary_text(DICTIONARY)
    assert old in text
    (tmp_path / "dictionary.csv").write_text(text.replace(old, new, 1))
    with pytest.raises(FaultyDataError) as found:
        read_dictionary(tmp_path / "dictionary.csv")
    assert any(said in line for line in found.value.lines)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "[1]", "[{]", '"', "\0"])
def test_what_is_no_dictionary_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "dictionary.csv").write_text(text)
    with pytest.raises(InvalidDataError):
        read_dictionary(tmp_path / "dictionary.csv")


def test_repetition_is_read_in_both_shapes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"form_name": "scan", "custom_form_label": ""}]')
    (tmp_path / "b.csv").write_text("event_name,form_name,custom_form_label\nlater_arm_1,,\n")
    (tmp_path / "c.csv").write_text("arm_num,unique_event_name,form\n1,later_arm_1,scan\n")
    classic = read_repetition(tmp_path / "a.json", None)
    whole = read_repetition(tmp_path / "b.csv", tmp_path / "c.csv")
    assert classic is not None
    assert whole is not None
    assert (classic.repeats("scan"), classic.repeats("pain")) == (True, False)
    assert (whole.repeats("scan"), whole.events_of("scan")) == (True, ("later_arm_1",))
    with pytest.raises(InvalidDataError, match="form_name"):
        read_repetition(tmp_path / "c.csv", None)


@pytest.mark.parametrize(
    ("logic", "texts", "shown"),
    [
        ("[a] = '1'", {"a": "1"}, True),
        ("[a] = '1' or [b] <> ''", {"a": "0", "b": "x"}, True),
        ("[a]='1' and not ([b]='2' or [c]>3)", {"a": "1", "b": "1", "c": "3"}, True),
        ("[a] >= 10", {"a": "9"}, False),
        ("[a(2)] = '1'", {"a___2": "1"}, True),
        ("[a(-9)] = '1'", {"a____9": "0"}, False),
        ('[a] != "x"', {}, True),
    ],
)
def test_branching_logic(logic: str, texts: dict[str, str], shown: bool) -> None:
    condition = condition_of(logic)
    assert condition is not None
    assert condition(texts) is shown


@pytest.mark.parametrize(
    "logic", ["[a] =", "[a] = '1' and", "sum([a],[b]) > 3", "[e][a] = '1'", "(", "[a] ~ '1'", "''"]
)
def test_a_logic_that_is_not_understood_is_not_guessed(logic: str) -> None:
    assert condition_of(logic) is None
