"""`kyphort followup` and `kyphort protocol` as a data manager meets them."""

import csv
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kyphort.cli import app
from kyphort.cli import followup as followup_cli
from kyphort.errors import FaultyDataError, InvalidDataError, OutputError, RegistryError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.csv_set.template import example_files
from kyphort.protocol import (
    DEFAULT_PROTOCOL,
    VisitState,
    available_protocols,
    completeness,
    due_list,
    load_protocol,
    protocol_template_text,
)
from kyphort.published import dataset_folder
from kyphort.registry import create_registry
from kyphort.reports.worklist import CALENDAR_MARK, worklist_calendar, worklist_csv
from kyphort.workflows.followup import follow_up, write_lists

DATA = str(dataset_folder("bludau2020"))
DAY = "2015-01-01"
LISTED = due_list(
    read_csv_set(Path(DATA)), load_protocol(DEFAULT_PROTOCOL), dt.date.fromisoformat(DAY)
)
FIRST = LISTED[0]
"""The most urgent visit, which every list begins with."""


def number(state: VisitState) -> int:
    return sum(one.state is state for one in LISTED)


OVERDUE, DUE, SCHEDULED = map(number, (VisitState.OVERDUE, VisitState.DUE, VisitState.SCHEDULED))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def due(*words: str | Path, data: str | Path = DATA) -> str:
    done = run("followup", "due", data, "--as-of", DAY, *words)
    assert done.exit_code == 0, done.output
    return done.output


def states_listed(output: str) -> set[str]:
    lines = output.partition("\n\n")[0].splitlines()[1:]
    return {re.split(r"\s{2,}", line)[0] for line in lines}


def test_the_morning_page_shows_what_is_overdue_and_due_and_counts_the_rest() -> None:
    output = due()
    assert states_listed(output) == {"overdue", "due"}
    assert output.splitlines()[1].split()[:3] == [
        "overdue",
        str(FIRST.days_overdue),
        FIRST.patient_id,
    ]
    counts = f"{OVERDUE} overdue, {DUE} due, {SCHEDULED} scheduled"
    assert f"As of {DAY}, protocol {DEFAULT_PROTOCOL}: {counts}" in output
    assert "Not verified in print: 3 months: window; 6 months: window." in output
    assert "SYNTHETIC DATA" in output


def test_the_default_protocol_is_the_one_that_help_names() -> None:
    assert f"Default: {DEFAULT_PROTOCOL}." in " ".join(
        run("followup", "due", "--help").output.split()
    )


def test_the_choices_of_the_command_line_are_the_states() -> None:
    assert list(map(str, followup_cli.StateChoice)) == list(map(str, VisitState))


def test_states_can_be_chosen() -> None:
    assert states_listed(due("--state", "missed")) == {"missed"}
    assert states_listed(due("--state", "done", "--state", "due")) == {"done", "due"}
    assert "closed by death" in states_listed(due("--all"))
    assert "No visit in these states." in due("--state", "closed_cut_off")


def test_the_date_is_today_unless_it_is_given_and_is_said() -> None:
    output = run("followup", "due", DATA).output
    assert re.search(r"^As of \d{4}-\d\d-\d\d \(today\), protocol", output, re.MULTILINE)
    assert "The data end on 2019-12-31" in output
    assert "The data end" not in due()


def test_completeness_is_shown_by_visit_and_overall() -> None:
    output = due("--completeness")
    assert "Completeness, imaging:" in output
    overall = completeness(LISTED)[-1]
    assert overall.share is not None
    words = ("all visits", str(overall.due), str(overall.done), f"{overall.share:.1%}")
    assert re.search(rf"^{' +'.join(words)}$", output, re.MULTILINE)


def test_a_registry_file_gives_the_same_list(tmp_path: Path) -> None:
    create_registry(tmp_path / "registry.db", read_csv_set(Path(DATA)))
    assert due(data=tmp_path / "registry.db") == due()


def test_a_protocol_file_is_used(tmp_path: Path) -> None:
    assert run("protocol", "new", tmp_path / "ours.toml").exit_code == 0
    output = due("--protocol", tmp_path / "ours.toml", "--state", "overdue")
    assert "protocol my_centre" in output
    assert "pain score" in output


def test_what_is_not_known_of_a_protocol_is_said() -> None:
    assert "Not known and left out: visits after 6 weeks" in due("--protocol", "nct02773966")


@pytest.mark.parametrize("date", ["2015-02-30", "01.02.2015", "yesterday"])
def test_a_bad_date_is_refused(date: str) -> None:
    done = run("followup", "due", DATA, "--as-of", date)
    assert done.exit_code == 2
    assert f"'{date}' is no date. Allowed: YYYY-MM-DD" in done.output


def test_an_unknown_state_is_refused() -> None:
    assert run("followup", "due", DATA, "--state", "late").exit_code == 2


def test_an_unknown_protocol_names_the_known_ones() -> None:
    found = run("followup", "due", DATA, "--protocol", "bludau").exception
    assert isinstance(found, InvalidDataError)
    assert ", ".join(available_protocols()) in str(found)


def test_faulty_data_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    for name, text in example_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    vertebrae = tmp_path / "vertebrae.csv"
    vertebrae.write_text(re.sub(r",[TL]\d+,", ",T99,", vertebrae.read_text(), count=1))
    done = run("followup", "due", tmp_path, "--csv", tmp_path / "due.csv")
    assert isinstance(done.exception, FaultyDataError)
    assert "T99" in str(done.exception)
    assert not (tmp_path / "due.csv").exists()


def test_a_file_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no registry")
    assert isinstance(run("followup", "due", tmp_path / "x.db").exception, RegistryError)


def test_the_csv_holds_the_rows_of_the_table(tmp_path: Path) -> None:
    file = tmp_path / "due.csv"
    output = due("--csv", file)
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert f"Written: {file}" in output
    assert len(rows) == OVERDUE + DUE > 5
    assert rows[0]["patient_id"] == FIRST.patient_id
    assert rows[0]["missing"] == ";".join(f"imaging {level}" for level in FIRST.levels)
    assert {row["as_of"] for row in rows} == {DAY}
    assert {row["data"] for row in rows} == {"SYNTHETIC DATA"}


def unfolded(text: str) -> list[str]:
    """Parse a calendar by RFC 5545, section 3.1: CRLF, and a space that continues a line."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def events(text: str) -> list[dict[str, str]]:
    lines = unfolded(text)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert lines[1:3] == ["VERSION:2.0", "PRODID:-//kyphort//follow-up//EN"]
    found: list[dict[str, str]] = []
    for line in lines[4:-1]:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        found[-1][name] = value
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(found)
    return found


def test_the_calendar_holds_every_open_visit(tmp_path: Path) -> None:
    file = tmp_path / "due.ics"
    due("--ics", file)
    found = events(file.read_bytes().decode())
    assert len(found) == OVERDUE + DUE + SCHEDULED
    first = found[0]
    months, levels = FIRST.planned.name, "\\, ".join(map(str, FIRST.levels))
    missing = "\\, ".join(f"imaging {level}" for level in FIRST.levels)
    plan = f"{FIRST.procedure_date}-bludau2020_abstract-{FIRST.planned.id}"
    assert first["UID"] == f"{FIRST.patient_id}-{plan}@kyphort"
    assert first["DTSTART;VALUE=DATE"] == f"{FIRST.target_date:%Y%m%d}"
    assert first["DTEND;VALUE=DATE"] == f"{FIRST.target_date + dt.timedelta(days=1):%Y%m%d}"
    assert first["DTSTAMP"] == "20150101T000000Z"
    assert first["SUMMARY"] == f"SYNTHETIC DATA: {FIRST.patient_id}: {months} ({levels})"
    assert first["DESCRIPTION"].endswith(f"missing: {missing}")
    assert len({one["UID"] for one in found}) == len(found)


def test_a_later_calendar_updates_the_events_of_an_earlier_one(tmp_path: Path) -> None:
    found = [
        {one["UID"] for one in events(calendar(day, VisitState))}
        for day in (dt.date(2014, 12, 1), dt.date(2015, 1, 1))
    ]
    assert found[0] <= found[1]


def calendar(day: dt.date, states: type[VisitState]) -> str:
    found = follow_up(Path(DATA), day)
    return worklist_calendar(found.in_states(list(states)), found.facts)


def renamed(tmp_path: Path, name: str) -> Path:
    """Copy the shipped data set with one patient under another pseudonym."""
    folder = tmp_path / "data"
    folder.mkdir()
    for file in Path(DATA).iterdir():
        text = file.read_text(encoding="utf-8").replace(FIRST.patient_id, name)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def test_a_pseudonym_is_escaped_and_folded_and_never_a_formula(tmp_path: Path) -> None:
    name = "=Ä;" + "ü€" * 40
    found = follow_up(renamed(tmp_path, name), dt.date.fromisoformat(DAY))
    visits = [one for one in found.in_states(list(VisitState)) if one.patient_id == name]
    escaped = name.replace(";", "\\;")
    assert visits
    for event in events(worklist_calendar(visits, found.facts)):
        assert event["UID"].startswith(f"{escaped}-{FIRST.procedure_date}-")
        assert event["SUMMARY"].startswith(f"SYNTHETIC DATA: {escaped}: ")
    (_, first, *_) = csv.reader(worklist_csv(visits, found.facts).splitlines())
    assert first[2] == f"'{name}"


def test_an_earlier_list_is_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        due("--csv", tmp_path / "a.csv", "--ics", tmp_path / "a.ics")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "a.ics"]


def refusal(*words: str | Path) -> str:
    found = run("followup", "due", DATA, "--as-of", DAY, *words).exception
    assert isinstance(found, OutputError)
    return str(found)


def test_a_foreign_file_is_refused_and_neither_list_is_written(tmp_path: Path) -> None:
    foreign = tmp_path / "holidays.ics"
    foreign.write_text("BEGIN:VCALENDAR\r\n")
    words = ("--csv", tmp_path / "due.csv", "--ics", foreign)
    assert "not written by kyphort" in refusal(*words)
    assert [one.name for one in tmp_path.iterdir()] == ["holidays.ics"]
    assert foreign.read_text().startswith("BEGIN:VCALENDAR")
    assert len(foreign.read_bytes()) < len(CALENDAR_MARK)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (lambda home: ("--csv", home), "is a folder"),
        (lambda home: ("--csv", home / "no" / "due.csv"), "cannot be written"),
        (lambda home: ("--csv", home / "x", "--ics", home / "x"), "Name two files"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(
    words: Callable[[Path], tuple[str | Path, ...]], message: str, tmp_path: Path
) -> None:
    assert message in refusal(*words(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_earlier_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = follow_up(Path(DATA), dt.date.fromisoformat(DAY))
    write_lists(found, csv=tmp_path / "due.csv")
    before = (tmp_path / "due.csv").read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_lists(found, list(VisitState), csv=tmp_path / "due.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["due.csv"]
    assert (tmp_path / "due.csv").read_bytes() == before


def test_protocols_are_listed_with_their_verification() -> None:
    lines = run("protocol", "list").output.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [
        ["bludau2020_abstract", "yes"],
        ["bludau2020_methods", "yes"],
        ["nct01280032", "no"],
        ["nct02773966", "no"],
    ]


def test_a_protocol_is_shown_with_what_is_assumed() -> None:
    output = run("protocol", "show", "nct01280032").output
    assert re.search(
        r"^12 months +12 months +procedure +-30 to \+30 +imaging +no +no +assumed$", output, re.M
    )
    assert "Not known and left out: visits between the procedure and day 90" in output
    assert re.search(
        r"^age +inclusion +Age of at least 50 years +from the records +yes", output, re.M
    )
    assert re.search(
        r"^fit +exclusion +Fit for anaesthesia and surgery +by hand +yes", output, re.M
    )
    assert "every 6 months" in run("protocol", "show", "bludau2020_methods").output


def test_a_new_protocol_file_passes_its_check_and_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    assert f"kyphort protocol check {file}" in run("protocol", "new", file).output
    assert file.read_text(encoding="utf-8") == protocol_template_text()
    done = run("protocol", "check", file)
    assert (
        done.output
        == f"{file}: a valid protocol 'my_centre' with 4 visits and 6 rules of eligibility.\n"
    )
    again = run("protocol", "new", file).exception
    assert isinstance(again, OutputError)
    assert "exists already" in str(again)


def test_a_faulty_protocol_file_is_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    text = protocol_template_text().replace("after_days = 0 ", "after_day = 0 ", 1)
    file.write_text(text, encoding="utf-8")
    found = run("protocol", "check", file).exception
    assert isinstance(found, InvalidDataError)
    assert "ours.toml, [[visit]] 1: 'after_days' is missing" in str(found)


def test_a_check_says_what_is_assumed(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    text = protocol_template_text().replace("window_verified = true", "window_verified = false", 1)
    file.write_text(text, encoding="utf-8")
    assert "Not verified: post-operative scan: window." in run("protocol", "check", file).output
