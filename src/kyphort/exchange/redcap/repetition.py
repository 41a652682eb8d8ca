"""Which instruments and events of a project repeat, and which forms each event has."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kyphort.errors import InvalidDataError
from kyphort.exchange.csv_set.decoding import read_text


@dataclass(frozen=True, slots=True)
class Repetition:
    """The repeating instruments and events, and the forms of each event.

    `forms` holds (event, form); the event is empty in a classic project, the form when the event
    repeats as a whole. `events` holds (event, form) of a longitudinal project.
    """

    forms: frozenset[tuple[str, str]] = frozenset()
    events: tuple[tuple[str, str], ...] = ()

    def repeats(self, form: str) -> bool:
        """Whether a form repeats, by itself or with one of its events."""
        whole = {event for event, name in self.forms if not name}
        return any(name == form for _, name in self.forms) or any(
            event in whole for event in self.events_of(form)
        )

    def events_of(self, form: str) -> tuple[str, ...]:
        """Return the events that have a form; none in a classic project."""
        return tuple(event for event, name in self.events if name == form)


def read_repetition(repeating: Path | None, events: Path | None) -> Repetition | None:
    """Read what the API says of repetition and events; None when no file is given.

    Raises
    ------
    InvalidDataError
        When a file cannot be read or is not what the API exports.
    """
    if repeating is None and events is None:
        return None
    repeats = () if repeating is None else _table(repeating, "form_name")
    forms = frozenset((one.get("event_name", ""), one["form_name"]) for one in repeats)
    mapped = () if events is None else _table(events, "unique_event_name", "form")
    return Repetition(forms, tuple((one["unique_event_name"], one["form"]) for one in mapped))


def _table(path: Path, *needed: str) -> tuple[dict[str, str], ...]:
    text = read_text(path)
    if text.content is None:
        raise InvalidDataError(f"{text.findings[0].line}")
    rows = tuple(_rows(path.name, text.content))
    for row in rows:
        missing = [name for name in needed if name not in row]
        if missing:
            raise InvalidDataError(
                f"{path.name} has no '{missing[0]}'. Give the export of the API: repeating "
                "instruments and events, or the mapping of instruments to events."
            )
    return rows


def _rows(name: str, content: str) -> Iterator[dict[str, str]]:
    if content.lstrip().startswith("["):
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise InvalidDataError(f"{name}: not valid JSON ({error}). Export it anew.") from error
        for one in found:
            if not isinstance(one, dict):
                raise InvalidDataError(f"{name}: not a list of rows. Export it anew.")
            yield {str(key): str(value or "") for key, value in one.items()}
        return
    try:
        for row in csv.DictReader(io.StringIO(content, newline=""), strict=True):
            yield {str(key): str(value or "").strip() for key, value in row.items()}
    except csv.Error as error:
        raise InvalidDataError(f"{name}: {error}. Export it anew.") from error
