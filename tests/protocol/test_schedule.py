"""Protocol files: what they say, what the loader refuses, and the calendar behind a target."""

import datetime as dt
from pathlib import Path

import pytest

from kyphort.errors import InvalidDataError
from kyphort.protocol import (
    DEFAULT_PROTOCOL,
    FollowUpProtocol,
    Offset,
    OffsetUnit,
    PlannedVisit,
    Requirement,
    available_protocols,
    find_protocol,
    load_protocol,
    protocol_template_text,
    read_protocol,
)

TEMPLATE = protocol_template_text()


def protocol_with(tmp_path: Path, old: str, new: str) -> FollowUpProtocol:
    """Read the template with one change."""
    assert old in TEMPLATE
    file = tmp_path / "p.toml"
    file.write_text(TEMPLATE.replace(old, new, 1), encoding="utf-8")
    return read_protocol(file)


@pytest.mark.parametrize("name", available_protocols())
def test_every_shipped_protocol_has_its_file_name_as_id_and_a_source(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.id == name
    assert protocol.source
    assert all(visit.source for visit in protocol.visits)


def offsets(name: str) -> list[str]:
    return [str(visit.offset) for visit in load_protocol(name).visits]


def test_the_two_printed_schedules_differ_at_three_months() -> None:
    assert offsets("bludau2020_abstract") == ["day 7", "3 months", "6 months"]
    assert offsets("bludau2020_methods") == ["day 7", "6 months"]
    for name in ("bludau2020_abstract", "bludau2020_methods"):
        last = load_protocol(name).visits[-1]
        assert last.repeat_every_months == 6
        assert [last.repeated(times).name for times in (0, 1, 2)] == [
            "6 months",
            "12 months",
            "18 months",
        ]
    assert DEFAULT_PROTOCOL in available_protocols()


def test_unpublished_windows_are_marked_as_assumptions() -> None:
    assert load_protocol("bludau2020_abstract").assumptions == (
        "3 months: window",
        "6 months: window",
    )
    assert load_protocol("nct01280032").assumptions[-1] == "12 months: target and window"


def test_what_is_not_known_of_a_trial_is_named_and_left_out() -> None:
    phase3 = load_protocol("nct02773966")
    assert offsets("nct02773966") == ["day 0", "day 1", "2 weeks", "6 weeks"]
    assert not phase3.verified
    assert any("after 6 weeks" in part for part in phase3.unknown)
    assert {kind for visit in phase3.visits for kind in visit.requires} == {Requirement.PAIN}


def test_the_template_is_a_valid_protocol(tmp_path: Path) -> None:
    protocol = protocol_with(tmp_path, "my_centre", "ours")
    assert protocol.id == "ours"
    assert protocol.assumptions == ()
    assert find_protocol(str(tmp_path / "p.toml")) == protocol


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "my_centre"', 'id = ""', "id is ''"),
        ("verified = true", 'verified = "yes"', "verified is 'yes'. Allowed: true or false"),
        ("unknown = []", "unknown = [1]", "unknown is .* a list of texts"),
        ("unknown = []", "unknowns = []", "unknown key 'unknowns'. Did you mean 'unknown'"),
        ('anchor = "procedure"', 'anchor = "birth"', "one of procedure, randomisation"),
        ("target_days = 7", "", "no target"),
        ("target_days = 7", "target_days = 7\ntarget_weeks = 1", "target_days and target_weeks"),
        ("target_days = 7", "target_days = 7.5", "target_days is 7.5. Allowed: a whole number"),
        ("target_days = 7", "target_days = true", "target_days is True"),
        ("before_days = 7", "before_days = -1", "before_days is -1"),
        ("after_days = 0", "", "'after_days' is missing"),
        ('requires = ["imaging"]', "requires = []", "requires is .*imaging, pain, seen"),
        ('requires = ["imaging"]', 'requires = ["pain", "pain"]', "each once"),
        ('requires = ["imaging"]', 'requires = ["mri"]', "'mri'. Allowed: one of imaging"),
        ("make_good_days = 14", "make_good_days = -1", "make_good_days is -1"),
        ("repeat_every_months = 6", "repeat_every_months = 0", "repeat_every_months is 0"),
        ('id = "m3"', 'id = "m6"', "'m6' appears more than once"),
        ("target_weeks = 6", "target_weeks = 60", "Targets must rise"),
        ("target_weeks = 6", "target_weeks = 6\nrepeat_every_months = 1", "Only the last"),
        ("target_months = 6", "target_days = 183", "a visit that repeats"),
        ("\n[[visit]]", "\n[[visits]]", "unknown key 'visits'"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidDataError, match=message):
        protocol_with(tmp_path, old, new)


def test_a_protocol_without_visits_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    head = TEMPLATE.partition("[[visit]]")[0]
    file.write_text(f"{head}\nvisit = []\n", encoding="utf-8")
    with pytest.raises(InvalidDataError, match="no visit"):
        read_protocol(file)


def test_a_file_that_is_absent_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="There is no protocol file"):
        find_protocol(str(tmp_path / "absent.toml"))
    (tmp_path / "no.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidDataError, match="is not a TOML file"):
        read_protocol(tmp_path / "no.toml")


def test_an_unknown_id_names_those_that_exist() -> None:
    with pytest.raises(InvalidDataError, match="bludau2020_abstract, bludau2020_methods"):
        find_protocol("bludau2021")


@pytest.mark.parametrize(
    ("number", "unit", "start", "target"),
    [
        (6, "months", "2015-08-31", "2016-02-29"),
        (6, "months", "2014-08-31", "2015-02-28"),
        (3, "months", "2015-11-30", "2016-02-29"),
        (12, "months", "2016-02-29", "2017-02-28"),
        (48, "months", "2016-02-29", "2020-02-29"),
        (1, "months", "2015-12-31", "2016-01-31"),
        (2, "weeks", "2016-02-20", "2016-03-05"),
        (-7, "days", "2016-03-01", "2016-02-23"),
    ],
)
def test_targets_on_the_calendar(number: int, unit: str, start: str, target: str) -> None:
    found = Offset(number, OffsetUnit(unit)).after(dt.date.fromisoformat(start))
    assert found == dt.date.fromisoformat(target)


def test_repetitions_count_from_the_procedure_and_do_not_drift() -> None:
    visit = load_protocol("bludau2020_abstract").visits[-1]
    dates = [visit.repeated(times).offset.after(dt.date(2015, 8, 31)) for times in range(4)]
    assert [str(date) for date in dates] == ["2016-02-29", "2016-08-31", "2017-02-28", "2017-08-31"]


def test_a_visit_that_does_not_repeat_is_its_own_repetition() -> None:
    visit: PlannedVisit = load_protocol("nct01280032").visits[0]
    assert visit.repeated(3) is visit
