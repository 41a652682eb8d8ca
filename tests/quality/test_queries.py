"""Queries: what may follow what, and a file that loses nothing."""

import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from kyphort.errors import InvalidDataError, OutputError
from kyphort.quality import Query, QueryAction, QueryEvent, QueryLog, QueryState, check_quality
from kyphort.workflows.quality import (
    answer_query,
    close_query,
    open_queries,
    open_query,
    query_log,
    reopen_query,
    settled,
)

from .people import SOUND, prescribed

NOW = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
WORDS = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))


def opened() -> Query:
    return Query.opened(1, "KQ-LOST", "P017", "last contact", "Alive?", by="monitor", at=NOW)


def test_a_query_is_opened_answered_and_closed() -> None:
    query = opened()
    assert (query.state, query.question) == (QueryState.OPEN, "Alive?")
    query = query.answered("Seen.", by="nurse", at=NOW)
    assert query.state is QueryState.ANSWERED
    query = query.closed("Checked.", by="monitor", at=NOW)
    assert query.state is QueryState.CLOSED
    query = query.reopened("By whom?", by="monitor", at=NOW)
    assert query.state is QueryState.OPEN
    assert [one.action for one in query.events] == list(QueryAction)


@pytest.mark.parametrize(
    ("done", "refused"),
    [
        ((), "reopened"),
        (("answered",), "answered"),
        (("closed",), "answered"),
        (("closed",), "closed"),
        (("answered", "closed"), "closed"),
    ],
)
def test_what_may_not_follow_is_refused(done: tuple[str, ...], refused: str) -> None:
    query = opened()
    for one in done:
        query = getattr(query, one)("x", by="y", at=NOW)
    with pytest.raises(InvalidDataError, match="it cannot take"):
        getattr(query, refused)("x", by="y", at=NOW)


@pytest.mark.parametrize(
    ("text", "by", "at"),
    [
        (" ", "nurse", NOW),
        ("Seen.", "", NOW),
        ("Seen.", "nurse", NOW.replace(tzinfo=None)),
        ("Seen.", "nurse", NOW - dt.timedelta(seconds=1)),
    ],
)
def test_an_entry_without_text_person_or_time_is_refused(
    text: str, by: str, at: dt.datetime
) -> None:
    with pytest.raises(InvalidDataError):
        opened().answered(text, by=by, at=at)


def log_in(folder: Path) -> QueryLog:
    return QueryLog(folder / "queries.jsonl")


def test_a_finding_is_asked_about_once(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    findings = check_quality(prescribed(dose_gy=800.0, calibration_dataset="")).findings
    first = open_queries(log, findings, "monitor")
    assert len(first) == len(findings) > 1
    assert open_queries(log, findings, "monitor") == ()
    close_query(log, 1, "Corrected.", "monitor")
    assert open_queries(log, findings, "monitor") == ()
    more = check_quality(prescribed(dose_gy=800.0, distance_mm=1.3)).findings
    assert len(open_queries(log, more, "monitor")) == 1


def test_a_mended_finding_is_shown_as_settled(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    open_queries(log, check_quality(prescribed(dose_gy=800.0)).findings, "monitor")
    assert settled(log.queries(), check_quality(prescribed(dose_gy=800.0))) == ()
    done = settled(log.queries(), check_quality(SOUND))
    assert [one.rule for one in done] == ["KQ-DOSE-IMPOSSIBLE"]


def test_each_event_is_one_line_that_is_never_changed(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    open_query(log, "P017", "vertebra T12", "Which dose?\nAnd why?", "physicist")
    before = log.path.read_bytes()
    answer_query(log, 1, "8 Gy", "nurse")
    after = log.path.read_bytes()
    assert after.startswith(before)
    assert [json.loads(line)["action"] for line in after.splitlines()] == ["open", "answer"]
    assert log.queries()[0].question == "Which dose?\nAnd why?"
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def entry(number: int, action: str, at: str = "2026-01-05T08:00:00+00:00") -> str:
    return json.dumps({"query": number, "action": action, "at": at, "by": "x", "text": "y"})


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"query": 1}',
        entry(1, "close"),
        entry(9, "answer"),
        entry(1, "reopen", "2020-01-05T08:00:00+00:00"),
        entry(1, "delete"),
    ],
)
def test_an_edited_line_is_named(line: str, tmp_path: Path) -> None:
    log = log_in(tmp_path)
    query = opened().closed("Done.", by="monitor", at=NOW)
    log.change(lambda _present: (query,))
    with log.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InvalidDataError, match="line 3"):
        log.queries()
    with pytest.raises(InvalidDataError, match="line 3"):
        open_query(log, "A", "", "?", "x")


def test_an_unknown_query_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="none so far"):
        answer_query(log_in(tmp_path), 1, "x", "y")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        open_query(QueryLog(tmp_path / "none" / "queries.jsonl"), "A", "", "?", "x")


def test_queries_lie_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_text("")
    assert query_log(tmp_path).path == tmp_path / "queries.jsonl"
    assert query_log(tmp_path / "registry.db").path == tmp_path / "registry.db.queries.jsonl"
    with pytest.raises(InvalidDataError, match="does not exist"):
        query_log(tmp_path / "none")


def test_eight_writers_lose_no_query(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    code = (
        "import sys; from pathlib import Path; from kyphort.quality import QueryLog; "
        "from kyphort.workflows.quality import open_query\n"
        "for n in range(4):\n"
        "    open_query(QueryLog(Path(sys.argv[1])), f'P{sys.argv[2]}', f'{n}', 'Why?', 'x')\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(log.path), str(who)]) for who in range(8)
    ]
    assert [one.wait() for one in writers] == [0] * 8
    found = log.queries()
    assert [one.number for one in found] == list(range(1, 33))
    assert len({one.key for one in found}) == 32


def test_a_kill_loses_nothing_that_was_said(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kyphort.quality import QueryLog; "
        "from kyphort.workflows.quality import open_query\n"
        "for n in range(10_000):\n"
        "    q = open_query(QueryLog(Path(sys.argv[1])), 'P', f'{n}', 'Why?', 'x')\n"
        "    print(q.number, flush=True)\n"
    )
    log = log_in(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(log.path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(20)]
    process.kill()
    said += [int(line) for line in process.stdout.read().splitlines() if line.strip()]
    process.wait()
    process.stdout.close()
    found = log.queries()
    assert len(found) in {said[-1], said[-1] + 1}


class Asking(RuleBasedStateMachine):
    """Opens, answers, closes and reopens at random; the file must always say what was done."""

    numbers: Bundle[int] = Bundle("numbers")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.log = log_in(Path(self.home.name))
        self.expected: dict[int, list[tuple[QueryAction, str]]] = {}

    @rule(target=numbers, patient=WORDS, text=WORDS)
    def ask(self, patient: str, text: str) -> int:
        number = open_query(self.log, patient, "", text, "a").number
        self.expected[number] = [(QueryAction.OPEN, text)]
        return number

    @rule(number=numbers, text=WORDS)
    def answer(self, number: int, text: str) -> None:
        self._try(number, QueryAction.ANSWER, text)

    @rule(number=numbers, text=WORDS)
    def close(self, number: int, text: str) -> None:
        self._try(number, QueryAction.CLOSE, text)

    @rule(number=numbers, text=WORDS)
    def reopen(self, number: int, text: str) -> None:
        self._try(number, QueryAction.REOPEN, text)

    def _try(self, number: int, action: QueryAction, text: str) -> None:
        last = self.expected[number][-1][0]
        is_closed, is_answered = last is QueryAction.CLOSE, last is QueryAction.ANSWER
        is_allowed = {
            QueryAction.ANSWER: not is_closed and not is_answered,
            QueryAction.CLOSE: not is_closed,
            QueryAction.REOPEN: is_closed or is_answered,
        }[action]
        change = {
            QueryAction.ANSWER: answer_query,
            QueryAction.CLOSE: close_query,
            QueryAction.REOPEN: reopen_query,
        }[action]
        if is_allowed:
            change(self.log, number, text, "b")
            self.expected[number].append((action, text))
        else:
            with pytest.raises(InvalidDataError):
                change(self.log, number, text, "b")

    @invariant()
    def the_file_says_what_was_done(self) -> None:
        found = {
            one.number: [(event.action, event.text) for event in one.events]
            for one in self.log.queries()
        }
        assert found == self.expected

    def teardown(self) -> None:
        self.home.cleanup()


TestAsking = Asking.TestCase
TestAsking.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_an_event_knows_its_time_in_utc(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    here = dt.datetime(2026, 1, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    event = QueryEvent(QueryAction.OPEN, here, "a", "b")
    log.change(lambda _present: (Query(1, "", "P", "", (event,)),))
    assert '"at": "2026-01-05T08:00:00+00:00"' in log.path.read_text()
    assert log.queries()[0].events[0].at == here
