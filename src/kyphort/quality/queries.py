"""Queries: a question about the data that is opened, answered and closed, and never deleted."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from kyphort.errors import InvalidDataError


class QueryState(StrEnum):
    """Where a query stands: `open` waits for an answer, `answered` for a judgement."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class QueryAction(StrEnum):
    """What can happen to a query."""

    OPEN = "open"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


_AFTER = {
    QueryAction.OPEN: QueryState.OPEN,
    QueryAction.ANSWER: QueryState.ANSWERED,
    QueryAction.CLOSE: QueryState.CLOSED,
    QueryAction.REOPEN: QueryState.OPEN,
}
_ALLOWED_IN = {
    QueryState.OPEN: (QueryAction.ANSWER, QueryAction.CLOSE),
    QueryState.ANSWERED: (QueryAction.CLOSE, QueryAction.REOPEN),
    QueryState.CLOSED: (QueryAction.REOPEN,),
}


@dataclass(frozen=True, slots=True)
class QueryEvent:
    """Who did what, when (UTC), and what was said."""

    action: QueryAction
    at: dt.datetime
    by: str
    text: str

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise InvalidDataError("An entry of a query names nobody. Say who makes it.")
        if not self.text.strip():
            raise InvalidDataError(
                f"To {self.action} a query takes a text: the question, the answer, or the reason."
            )
        if self.at.tzinfo is None:
            raise InvalidDataError("The time of a query has no time zone. Give it in UTC.")


@dataclass(frozen=True, slots=True)
class Query:
    """One query: what it is about, and everything that happened to it, in order.

    `rule` is the rule that found it, empty for a question of a person; `place` where in the
    patient's data it is.

    Examples
    --------
    >>> day = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    >>> query = Query.opened(1, "KQ-LOST", "P017", "last contact", "Alive?", by="monitor", at=day)
    >>> query = query.answered("Seen on 2025-12-01; entered.", by="nurse", at=day)
    >>> str(query.state), query.closed("Checked.", by="monitor", at=day).state.value
    ('answered', 'closed')
    """

    number: int
    rule: str
    patient_id: str
    place: str
    events: tuple[QueryEvent, ...]

    @classmethod
    def opened(
        cls,
        number: int,
        rule: str,
        patient_id: str,
        place: str,
        text: str,
        *,
        by: str,
        at: dt.datetime,
    ) -> "Query":
        """Return a new query with its question."""
        return cls(number, rule, patient_id, place, (QueryEvent(QueryAction.OPEN, at, by, text),))

    @property
    def state(self) -> QueryState:
        """Where it stands, by its last event."""
        return _AFTER[self.events[-1].action]

    @property
    def question(self) -> str:
        """The text with which it was opened."""
        return self.events[0].text

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about, as a finding says it: rule, patient and place."""
        return self.rule, self.patient_id, self.place

    def answered(self, text: str, *, by: str, at: dt.datetime) -> "Query":
        """Return the query with an answer.

        Raises
        ------
        InvalidDataError
            When it is not open, or the answer is empty.
        """
        return self.then(QueryEvent(QueryAction.ANSWER, at, by, text))

    def closed(self, text: str, *, by: str, at: dt.datetime) -> "Query":
        """Return the query closed, with the reason.

        Raises
        ------
        InvalidDataError
            When it is closed already, or the reason is empty.
        """
        return self.then(QueryEvent(QueryAction.CLOSE, at, by, text))

    def reopened(self, text: str, *, by: str, at: dt.datetime) -> "Query":
        """Return the query open again, with the reason.

        Raises
        ------
        InvalidDataError
            When it is open already, or the reason is empty.
        """
        return self.then(QueryEvent(QueryAction.REOPEN, at, by, text))

    def then(self, event: QueryEvent) -> "Query":
        """Return the query after one more event.

        Raises
        ------
        InvalidDataError
            When the state does not allow it, or it is earlier than the last event.
        """
        allowed = _ALLOWED_IN[self.state]
        if event.action not in allowed:
            raise InvalidDataError(
                f"Query {self.number} is {self.state}: it cannot take '{event.action}'. Allowed: "
                f"{' or '.join(allowed)}."
            )
        if event.at < self.events[-1].at:
            raise InvalidDataError(
                f"Query {self.number}: an entry of {event.at:%Y-%m-%d %H:%M} is earlier than its "
                "last one. Check the clock of this machine."
            )
        return replace(self, events=(*self.events, event))
