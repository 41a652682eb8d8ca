"""How a cohort differs from what the registry holds."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError
from kyphort.registry.rows import SHAPES, rows_of
from kyphort.registry.shapes import Key, Row
from kyphort.registry.trail import Action, Change
from kyphort.registry.writing import Versioned, rows_in


@dataclass(frozen=True)
class Difference:
    """What an import adds and corrects, what is the same, and what the cohort lacks.

    `absent` names rows of the registry that the cohort does not hold; an import leaves them.
    """

    changes: tuple[Change, ...]
    unchanged: int
    absent: tuple[tuple[str, Key], ...]

    @property
    def added(self) -> Counter[str]:
        """How many rows are new, by record."""
        return Counter(one.record for one in self.changes if one.action is Action.ADD)

    @property
    def corrected(self) -> tuple[Change, ...]:
        """The rows that get other values."""
        return tuple(one for one in self.changes if one.action is Action.CORRECT)


def difference(connection: Connection, cohort: Cohort, reason: str) -> Difference:
    """Compare a cohort with the rows of the registry.

    Raises
    ------
    InvalidDataError
        When one of them is synthetic and the other is not.
    """
    changes: list[Change] = []
    absent: list[tuple[str, Key]] = []
    unchanged = 0
    for record, new in rows_of(cohort).items():
        known = rows_in(connection, record)
        if record == "dataset":
            _refuse_mixture(known, new[0])
        for row in new:
            change = _change(record, row, known, reason)
            unchanged += change is None
            if change is not None:
                changes.append(change)
        absent += [(record, key) for key in known]
    return Difference(tuple(changes), unchanged, tuple(absent))


def _change(record: str, row: Row, known: dict[Key, Versioned], reason: str) -> Change | None:
    key = SHAPES[record].key_of(row)
    found = known.pop(key, None)
    if found is None:
        return Change(Action.ADD, record, key, None, row, reason)
    if found.row == row:
        return None
    return Change(Action.CORRECT, record, key, found.row, row, reason, found.version)


def _refuse_mixture(known: dict[Key, Versioned], new: Row) -> None:
    for found in known.values():
        if found.row["synthetic"] != new["synthetic"]:
            words = {1: "synthetic", 0: "of real people"}
            raise InvalidDataError(
                f"The registry is {words[int(bool(found.row['synthetic']))]}, the data set is "
                f"{words[int(bool(new['synthetic']))]}. They are never mixed: use a registry of "
                "their own."
            )
