"""A live REDCap project through its API: the same files as a person would export."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kyphort.errors import InvalidDataError, RemoteError
from kyphort.exchange.csv_set.decoding import read_text
from kyphort.exchange.redcap.export import DICTIONARY_FILE, RECORDS_FILE, REPETITION_FILE

EVENTS_FILE = "instrument_events.json"
PROJECT_FILE = "project.json"
_TOKEN = re.compile(r"[0-9A-Fa-f]{32}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_KEPT = (
    "project_id", "project_title", "is_longitudinal", "has_repeating_instruments_or_events",
    "missing_data_codes", "record_autonumbering_enabled", "in_production",
)  # fmt: skip


def fetch_project(url: str, token: str, *, timeout_s: float = 60.0) -> dict[str, str]:
    """Return the project's files by name: data dictionary, records, repetition, events, project.

    Records come raw: codes, not labels. The token appears in no file and in no message.

    Raises
    ------
    InvalidDataError
        When the URL or the token cannot be one, or the URL would send the token unencrypted.
    RemoteError
        When PyCap is not installed, or the server cannot be reached or refuses.
    """
    _check_address(url, token)
    project = _project(url, token, timeout_s)
    info = _asked("the project", project.export_project_info)
    if not isinstance(info, dict):
        raise RemoteError(f"{_host(url)} answered something that is no project. Check the URL.")
    files = {
        DICTIONARY_FILE: _asked("the data dictionary", project.export_metadata, format_type="csv"),
        RECORDS_FILE: _asked(
            "the records",
            project.export_records,
            format_type="csv",
            raw_or_label="raw",
            event_name="unique",
        ),
        PROJECT_FILE: _json({name: info[name] for name in _KEPT if name in info}),
    }
    if _is_yes(info.get("has_repeating_instruments_or_events")):
        repeating = _asked("the repetition", project.export_repeating_instruments_events)
        files[REPETITION_FILE] = _json(repeating)
    if _is_yes(info.get("is_longitudinal")):
        events = _asked("the events", project.export_instrument_event_mappings)
        files[EVENTS_FILE] = _json(events)
    return files


def read_missing_codes(path: Path) -> tuple[str, ...]:
    """Return the project's codes for missing data, from the file of its settings.

    Raises
    ------
    InvalidDataError
        When the file cannot be read as settings of a project.
    """
    text = read_text(path)
    try:
        content = json.loads(text.content or "")
        return missing_codes(str(content.get("missing_data_codes") or ""))
    except (ValueError, AttributeError, RecursionError) as error:
        raise InvalidDataError(
            f"{path} holds no settings of a project. Give the file project.json that kyphort fetch "
            "redcap wrote, or the API's answer for content 'project'."
        ) from error


def missing_codes(setting: str) -> tuple[str, ...]:
    """Return the codes of the setting `missing_data_codes`.

    >>> missing_codes("NI, No information | -99, Not asked")
    ('NI', '-99')
    """
    parts = (part.partition(",")[0].strip() for part in setting.split("|"))
    return tuple(part for part in parts if part)


def _check_address(url: str, token: str) -> None:
    parts = urlsplit(url)
    if not parts.hostname or not url.endswith("/api/"):
        raise InvalidDataError(
            f"'{url}' is no address of a REDCap API. Write it as https://redcap.example.org/api/"
        )
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise InvalidDataError(
            f"'{url}' is not encrypted: the token and the patients' data would travel in the open. "
            "Use https."
        )
    if not _TOKEN.fullmatch(token):
        raise InvalidDataError(
            "The token file holds no token of the API (32 hexadecimal digits). Copy it from the "
            "project's page 'API' into a file of its own."
        )


def _project(url: str, token: str, timeout_s: float) -> Any:  # noqa: ANN401 - of an optional library
    try:
        from redcap.project import Project  # noqa: PLC0415 - optional, and only needed here
    except ImportError as error:
        raise RemoteError(
            "A live project needs PyCap, which is not installed. Install it with: pip install "
            "'kyphort[redcap]', or export the files in the browser."
        ) from error
    return Project(url, token, timeout=timeout_s)


def _asked(what: str, ask: Callable[..., Any], **options: object) -> Any:  # noqa: ANN401 - any answer
    """Ask, and turn every failure into one sentence that does not show the token."""
    from requests import RequestException  # noqa: PLC0415 - comes with PyCap
    from requests.exceptions import ConnectionError as NoConnectionError  # noqa: PLC0415
    from requests.exceptions import JSONDecodeError, Timeout  # noqa: PLC0415

    try:
        return ask(**options)
    except Timeout as error:
        raise RemoteError(
            f"The server did not answer in time when asked for {what}. Try again later."
        ) from error
    except NoConnectionError as error:
        raise RemoteError(
            f"The server cannot be reached (asked for {what}). Check the URL and the network."
        ) from error
    except JSONDecodeError as error:
        raise RemoteError(
            f"The server's answer for {what} cannot be read. Check that the URL is that of the API."
        ) from error
    except RequestException as error:
        raise RemoteError(
            f"The server refused {what}: {_reason(error)}. Check the token and its rights."
        ) from error


def _reason(error: Exception) -> str:
    found = error.args[0] if error.args else ""
    text = found.get("error", "") if isinstance(found, dict) else str(found)
    plain = re.sub(r"\s+", " ", text).strip().rstrip(".")
    return _TOKEN.sub("…", plain)[:200] or "without a reason"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _is_yes(value: object) -> bool:
    return str(value) in {"1", "True", "true"}


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
