"""Follow-up: read the data, list who is due, write the list where it is wanted."""

import datetime as dt
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from kyphort.errors import OutputError
from kyphort.protocol import (
    DEFAULT_PROTOCOL,
    DueVisit,
    FollowUpProtocol,
    VisitState,
    due_list,
    find_protocol,
    protocol_template_text,
)
from kyphort.reports.worklist import (
    CALENDAR_MARK,
    CSV_MARK,
    ListFacts,
    worklist_calendar,
    worklist_csv,
)
from kyphort.workflows.reading import read_data

OPEN_STATES = (VisitState.OVERDUE, VisitState.DUE, VisitState.SCHEDULED)
"""The states of visits that can still take place."""
URGENT_STATES = (VisitState.OVERDUE, VisitState.DUE)
"""The states that are listed unless others are asked for."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Every planned visit of a cohort on a date, and what the list rests on."""

    visits: tuple[DueVisit, ...]
    as_of: dt.date
    protocol: FollowUpProtocol
    cohort_name: str
    data_cut_off: dt.date
    synthetic: bool

    def in_states(self, states: Collection[VisitState]) -> tuple[DueVisit, ...]:
        """Return the visits in some states, the most urgent first."""
        return tuple(visit for visit in self.visits if visit.state in states)

    @property
    def facts(self) -> ListFacts:
        """What the list says of itself."""
        return ListFacts(self.as_of, self.protocol, self.synthetic)


def follow_up(data: str | Path, as_of: dt.date, protocol: str = DEFAULT_PROTOCOL) -> FollowUp:
    """List the planned visits in the data set folder or registry file `data` on a date.

    `protocol` is the id of a shipped protocol or the path of a protocol file.

    Raises
    ------
    FaultyDataError
        When the data set has errors; it carries them all.
    RegistryError
        When `data` is a file but not a registry.
    InvalidDataError
        When there is no such protocol, or its file is wrong.

    Examples
    --------
    >>> from kyphort.published import dataset_folder
    >>> found = follow_up(dataset_folder("bludau2020"), dt.date(2012, 1, 1))
    >>> len(found.in_states({VisitState.OVERDUE})), len(found.in_states({VisitState.DUE}))
    (1, 7)
    """
    plan = find_protocol(protocol)
    cohort, _ = read_data(data)
    visits = due_list(cohort, plan, as_of)
    return FollowUp(visits, as_of, plan, cohort.name, cohort.data_cut_off, cohort.synthetic)


def write_lists(
    found: FollowUp,
    states: Collection[VisitState] | None = None,
    *,
    csv: Path | None = None,
    calendar: Path | None = None,
) -> None:
    """Write the due list as CSV, as a calendar, or both; neither is touched before both are ready.

    Without `states` the CSV holds what is overdue or due, the calendar also what is scheduled.

    Raises
    ------
    OutputError
        When a file cannot be written, or exists and was not written by kyphort.
    """
    outputs: list[_Output] = []
    if csv is not None:
        rows = found.in_states(URGENT_STATES if states is None else states)
        outputs.append(_Output(csv, worklist_csv(rows, found.facts), CSV_MARK))
    if calendar is not None:
        events = found.in_states(OPEN_STATES if states is None else states)
        outputs.append(_Output(calendar, worklist_calendar(events, found.facts), CALENDAR_MARK))
    if csv is not None and calendar is not None and csv.resolve() == calendar.resolve():
        raise OutputError(f"{csv} is named for the CSV and the calendar. Name two files.")
    _write_all(outputs)


def write_protocol_template(file: Path) -> None:
    """Write the commented protocol file to start from; an existing file is never replaced.

    Raises
    ------
    OutputError
        When the file exists or cannot be written.
    """
    if file.exists():
        raise OutputError(f"{file} exists already and is not replaced. Choose another name.")
    _write_all([_Output(file, protocol_template_text(), "")])


@dataclass(frozen=True, slots=True)
class _Output:
    """A file to write, and the beginning by which kyphort knows one of its own."""

    path: Path
    text: str
    mark: str


def _write_all(outputs: Iterable[_Output]) -> None:
    """Write every file beside its place first, then rename them into it."""
    staged: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for output in outputs:
            path = output.path
            _refuse_foreign(output)
            staged.append((_staged(output), path))
        for stage, path in staged:
            stage.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}). Choose a place you may write to."
        ) from error
    finally:
        for stage, _ in staged:
            stage.unlink(missing_ok=True)


def _refuse_foreign(output: _Output) -> None:
    path, mark = output.path, output.mark.encode()
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Give the name of a file.")
    if not path.exists():
        return
    with path.open("rb") as file:
        is_own = file.read(len(mark)) == mark
    if not is_own:
        raise OutputError(
            f"{path} exists and was not written by kyphort as a due list. Choose another name, or "
            "remove it first."
        )


def _staged(output: _Output) -> Path:
    with tempfile.NamedTemporaryFile(
        dir=output.path.parent, prefix=f".{output.path.name}.", delete=False
    ) as file:
        stage = Path(file.name)
        try:
            file.write(output.text.encode())
        except OSError:
            stage.unlink()
            raise
    stage.chmod(0o644)
    return stage
