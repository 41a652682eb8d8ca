"""A live project, played by a small server on this machine.

The answers have the shapes that the documentation of the API describes (content, format, and
errors as `{"error": …}` or plain text); they were made for these tests, not recorded at a hospital.
"""

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from kyphort.errors import InvalidDataError, OutputError, RemoteError
from kyphort.exchange.csv_set import read_csv_set
from kyphort.exchange.redcap import redcap_files
from kyphort.exchange.redcap.dictionary import COLUMNS
from kyphort.exchange.redcap.project import fetch_project, read_missing_codes
from kyphort.workflows.fetching import fetch_redcap
from kyphort.workflows.importing import import_redcap

from .foreign import example_cohort

TOKEN = "0123456789abcdef" * 2
PROJECT = {
    "project_id": 12,
    "project_title": "Kypho-IORT",
    "is_longitudinal": 0,
    "has_repeating_instruments_or_events": 1,
    "missing_data_codes": "NI, No information | -99, Not asked",
    "project_pi_email": "pi@example.org",
}


class Redcap:
    """What the server says, and what it was asked."""

    def __init__(self, files: dict[str, str]) -> None:
        self.project: dict[str, Any] = dict(PROJECT)
        self.answers = {
            "metadata": files["data_dictionary.csv"],
            "record": files["records.csv"],
            "repeatingFormsEvents": files["repeating_instruments.json"],
            "formEventMapping": json.dumps([{"arm_num": 1, "unique_event_name": "a", "form": "b"}]),
        }
        rows = csv.DictReader(io.StringIO(files["data_dictionary.csv"], newline=""))
        names = dict(zip([title for _, title in COLUMNS], [api for api, _ in COLUMNS], strict=True))
        self.metadata = [{names[title]: cell for title, cell in row.items()} for row in rows]
        self.asked: list[dict[str, str]] = []
        self.refuses = ""

    def answer(self, asked: dict[str, str]) -> tuple[int, str]:
        self.asked.append(asked)
        if asked.get("token") != TOKEN:
            return 403, '{"error": "You do not have permissions to use the API"}'
        if self.refuses == asked["content"]:
            if asked.get("format") == "csv":
                return 400, f"ERROR: The value of the parameter is not valid ({TOKEN})"
            return 400, json.dumps({"error": f"not allowed for {TOKEN}"})
        if asked["content"] == "metadata" and asked["format"] == "json":
            return 200, json.dumps(self.metadata)
        if asked["content"] == "project":
            return 200, json.dumps(self.project)
        return 200, self.answers[asked["content"]]


@contextmanager
def serving(redcap: Redcap) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {key: values[0] for key, values in parse_qs(body).items()}
            status, text = redcap.answer(asked)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def redcap(tmp_path: Path) -> Redcap:
    return Redcap(redcap_files(example_cohort(tmp_path / "example")))


def token_file(folder: Path) -> Path:
    path = folder / "token.txt"
    path.write_text(f"{TOKEN}\n")
    return path


def test_a_live_project_is_imported_like_its_files(redcap: Redcap, tmp_path: Path) -> None:
    files = redcap_files(read_csv_set(tmp_path / "example"))
    (tmp_path / "map.toml").write_text(files["map.toml"], encoding="utf-8")
    with serving(redcap) as url:
        names = fetch_redcap(url, token_file(tmp_path), tmp_path / "project")
    home = tmp_path / "project"
    assert {path.name for path in home.iterdir()} == set(names)
    assert not [path for path in home.iterdir() if TOKEN in path.read_text(encoding="utf-8")]
    found = import_redcap(
        [home / "records.csv"],
        home / "data_dictionary.csv",
        tmp_path / "map.toml",
        tmp_path / "out",
        project=home / "project.json",
    )
    assert found.imported, [one.line for one in found.errors]
    assert read_csv_set(tmp_path / "out") == read_csv_set(tmp_path / "example")
    assert read_missing_codes(home / "project.json") == ("NI", "-99")
    assert "pi@example.org" not in (home / "project.json").read_text()


def test_only_reading_is_asked_for(redcap: Redcap) -> None:
    with serving(redcap) as url:
        fetch_project(url, TOKEN)
    contents = [one["content"] for one in redcap.asked]
    assert list(dict.fromkeys(contents)) == [
        "project",
        "metadata",
        "record",
        "repeatingFormsEvents",
    ]
    assert not [one for one in redcap.asked if "data" in one or one.get("action") == "import"]
    records = next(one for one in redcap.asked if one["content"] == "record")
    assert (records["type"], records["rawOrLabel"]) == ("flat", "raw")


def test_a_longitudinal_project_gives_its_events(redcap: Redcap) -> None:
    redcap.project |= {"is_longitudinal": 1, "has_repeating_instruments_or_events": 0}
    with serving(redcap) as url:
        files = fetch_project(url, TOKEN)
    assert json.loads(files["instrument_events.json"])[0]["form"] == "b"
    assert "repeating_instruments.json" not in files


@pytest.mark.parametrize("content", ["project", "metadata", "record", "repeatingFormsEvents"])
def test_a_refusal_is_one_sentence_without_the_token(redcap: Redcap, content: str) -> None:
    redcap.refuses = content
    with serving(redcap) as url, pytest.raises(RemoteError, match="refused") as found:
        fetch_project(url, TOKEN)
    assert TOKEN not in str(found.value)


def test_a_wrong_token_is_refused_by_the_server(redcap: Redcap) -> None:
    with serving(redcap) as url, pytest.raises(RemoteError, match="permissions"):
        fetch_project(url, "f" * 32)


def test_an_answer_that_is_no_json_is_said(redcap: Redcap) -> None:
    redcap.answers["repeatingFormsEvents"] = "<html>Maintenance</html>"
    with serving(redcap) as url, pytest.raises(RemoteError, match="cannot be read"):
        fetch_project(url, TOKEN)


def test_nothing_is_written_when_the_server_fails(redcap: Redcap, tmp_path: Path) -> None:
    redcap.refuses = "record"
    with serving(redcap) as url, pytest.raises(RemoteError):
        fetch_redcap(url, token_file(tmp_path), tmp_path / "project")
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("http://redcap.example.org/api/", TOKEN, "not encrypted"),
        ("https://redcap.example.org/", TOKEN, "no address"),
        ("redcap", TOKEN, "no address"),
        ("https://redcap.example.org/api/", "secret", "no token"),
    ],
)
def test_a_wrong_address_or_token_is_said_before_anything_is_sent(
    url: str, token: str, said: str
) -> None:
    with pytest.raises(InvalidDataError, match=said) as found:
        fetch_project(url, token)
    assert token not in str(found.value)


def test_a_folder_in_use_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a").write_text("b")
    with pytest.raises(OutputError):
        fetch_redcap("https://redcap.example.org/api/", token_file(tmp_path), tmp_path / "project")
