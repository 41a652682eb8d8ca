"""The queries of a data set in one file of JSON lines: entries are only ever added."""

import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyphort.errors import InvalidDataError, OutputError
from kyphort.quality.queries import Query, QueryAction, QueryEvent

Change = Callable[[tuple[Query, ...]], Iterable[Query]]
"""From the queries as they are to those that are new or have one more event."""


@dataclass(frozen=True, slots=True)
class QueryLog:
    """A file of queries, which need not exist before the first one is opened.

    Each line is one event. A change takes the lock, reads the file, and replaces it as a whole:
    two writers lose nothing, and a kill leaves the old file or the new one.
    """

    path: Path

    def queries(self) -> tuple[Query, ...]:
        """Return all queries by number.

        Raises
        ------
        InvalidDataError
            When a line cannot be read or does not fit what stands before it; it is named.
        """
        if not self.path.exists():
            return ()
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidDataError(f"{self.path} cannot be read as queries ({error}).") from error
        found: dict[int, Query] = {}
        for number, line in enumerate(lines, start=1):
            _replay(f"{self.path} line {number}", line, found)
        return tuple(found[number] for number in sorted(found))

    def change(self, change: Change) -> tuple[Query, ...]:
        """Apply a change, write it, and return the queries that are new or have a new event.

        Raises
        ------
        InvalidDataError
            When the change is not allowed, or the file is not in order.
        OutputError
            When the file cannot be written.
        """
        try:
            with _locked(self.path):
                before = {one.number: one for one in self.queries()}
                changed = tuple(change(tuple(before.values())))
                lines = [
                    _line(query, event)
                    for query in changed
                    for event in query.events[_events_of(before.get(query.number)) :]
                ]
                if lines:
                    old = self.path.read_bytes() if self.path.exists() else b""
                    _replace(self.path, old + "".join(lines).encode())
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror}). Nothing was changed; check the "
                "free space and the rights of the folder."
            ) from error
        return changed


def _events_of(query: Query | None) -> int:
    return 0 if query is None else len(query.events)


def _line(query: Query, event: QueryEvent) -> str:
    entry: dict[str, object] = {
        "query": query.number,
        "action": event.action.value,
        "at": event.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "by": event.by,
        "text": event.text,
    }
    if event.action is QueryAction.OPEN:
        entry |= {"rule": query.rule, "patient_id": query.patient_id, "place": query.place}
    return json.dumps(entry, ensure_ascii=True) + "\n"


def _replay(place: str, line: str, found: dict[int, Query]) -> None:
    try:
        entry: dict[str, Any] = json.loads(line)
        event = QueryEvent(
            QueryAction(entry["action"]),
            dt.datetime.fromisoformat(entry["at"]),
            entry["by"],
            entry["text"],
        )
        number = int(entry["query"])
        if event.action is QueryAction.OPEN and number not in found:
            rule, patient, at = (str(entry[name]) for name in ("rule", "patient_id", "place"))
            found[number] = Query(number, rule, patient, at, (event,))
        else:
            found[number] = found[number].then(event)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidDataError(
            f"{place}: not an entry of a query ({str(error) or type(error).__name__}). The file is "
            "written by kyphort alone: restore it from a backup."
        ) from error


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock beside the file; the system gives it back when the program ends."""
    with path.with_name(f".{path.name}.lock").open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - only there

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            yield
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not everywhere

            fcntl.flock(file, fcntl.LOCK_EX)
            yield
