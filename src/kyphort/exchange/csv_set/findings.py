"""What a check has to say: findings, and the cohort when nothing stands in its way."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.errors import InvalidDataError

_LONGEST_VALUE = 60


class Severity(StrEnum):
    """How grave a finding is: an error stops the work, a warning stays in the report."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found: where, which value, which rule, what to do.

    `row` counts the header as row 1, as a spreadsheet does; it is None for a whole file. `column`
    and `value` are empty where the finding is about no single cell.
    """

    severity: Severity
    file: str
    row: int | None
    column: str
    value: str
    rule: str
    message: str
    remedy: str

    @property
    def place(self) -> str:
        """Where it is, for example "vertebrae.csv row 17, level 'L7'"."""
        place = self.file if self.row is None else f"{self.file} row {self.row}"
        cell = f", {self.column}" if self.column else ""
        value = f" '{shown(self.value)}'" if self.value else ""
        return f"{place}{cell}{value}"

    @property
    def line(self) -> str:
        """The finding as one line of text, without its severity and rule."""
        return _printable(f"{self.place}: {self.message} {self.remedy}".rstrip())

    def as_json(self) -> dict[str, str | int | None]:
        """Return the fields by name, with the severity as a word."""
        return {
            "severity": self.severity.value,
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "rule": self.rule,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class Checked:
    """A data set that was checked: all findings, and the cohort unless one of them is an error."""

    folder: Path
    cohort: Cohort | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What must be mended before the data can be used."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What may be right, and is kept for the report."""
        return self._of(Severity.WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What was understood although it was written otherwise."""
        return self._of(Severity.NOTE)

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity is severity)

    def valid_cohort(self) -> Cohort:
        """Return the cohort.

        Raises
        ------
        InvalidDataError
            When there are errors: the message is the first one, and says how many others there are.
        """
        if self.cohort is not None:
            return self.cohort
        first, *others = self.errors
        more = ""
        if others:
            problems = "problem" if len(others) == 1 else "problems"
            more = f" And {len(others)} more {problems}: kyphort check {self.folder} lists them."
        raise InvalidDataError(f"{first.line}{more}")


def shown(text: str) -> str:
    """Return a cell's text fit for one line: short, and without control characters.

    >>> shown("T12" + chr(27) + "[2J")
    'T12�[2J'
    """
    printable = _printable(text)
    return printable if len(printable) <= _LONGEST_VALUE else f"{printable[:_LONGEST_VALUE]}…"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def listed(items: Iterable[object], limit: int = 3) -> str:
    """Return the first items with commas, and how many others there are.

    >>> listed([4, 5, 6, 7, 8])
    '4, 5, 6 and 2 more'
    """
    words = [str(item) for item in items]
    rest = f" and {len(words) - limit} more" if len(words) > limit else ""
    return f"{', '.join(words[:limit])}{rest}"
