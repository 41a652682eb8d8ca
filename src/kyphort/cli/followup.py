"""`kyphort followup`: who is due for what, as a table, as CSV and as a calendar."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyphort.workflows.followup import FollowUp

app = typer.Typer(help="Follow-up: who is due for imaging and visits.", no_args_is_help=True)


class StateChoice(StrEnum):
    """The states of a visit, as the command line takes them."""

    OVERDUE = "overdue"
    DUE = "due"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    DONE = "done"
    CLOSED_DEATH = "closed_death"
    CLOSED_WITHDRAWAL = "closed_withdrawal"
    CLOSED_LOSS = "closed_loss"
    CLOSED_CUT_OFF = "closed_cut_off"


@app.callback()
def _group() -> None:
    """Keep `due` a command of its own, though it is the only one."""


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no date. Allowed: YYYY-MM-DD, for example 2026-03-31."
        ) from None


@app.command("due")
def due(
    data: Annotated[Path, typer.Argument(help="Folder of a kyphort data set, or a registry file.")],
    *,
    as_of: Annotated[
        dt.date | None,
        typer.Option(parser=_date, metavar="DATE", help="Date of the list; today if left out."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="ID|FILE", help="Protocol; see 'protocol list'. Default: bludau2020_abstract."
        ),
    ] = None,
    state: Annotated[
        list[StateChoice] | None,
        typer.Option(help="List these states only; may be given several times."),
    ] = None,
    list_all: Annotated[bool, typer.Option("--all", help="List visits in every state.")] = False,
    completeness: Annotated[
        bool, typer.Option("--completeness", help="Show the share of due scans that were done.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write the list as CSV to this file.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write a calendar to this file.")] = None,
) -> None:
    """List who is due: what is overdue and what is due now, the most urgent first.

    Nothing recorded after the date is looked at. The calendar also holds scheduled visits.
    """
    from kyphort.protocol import DEFAULT_PROTOCOL, VisitState  # noqa: PLC0415 - heavy libraries
    from kyphort.reports.worklist import worklist_table  # noqa: PLC0415
    from kyphort.workflows.followup import (  # noqa: PLC0415
        URGENT_STATES,
        follow_up,
        write_lists,
    )

    day = as_of or dt.datetime.now().astimezone().date()
    found = follow_up(data, day, protocol or DEFAULT_PROTOCOL)
    chosen = list(VisitState) if list_all else [VisitState(one) for one in state or ()] or None
    write_lists(found, chosen, csv=csv, calendar=ics)
    typer.echo(worklist_table(found.in_states(chosen or URGENT_STATES)))
    if completeness:
        _show_completeness(found)
    for line in _closing(found, is_today=as_of is None):
        typer.echo(line)
    for file in (csv, ics):
        if file is not None:
            typer.echo(f"Written: {file}")


def _show_completeness(found: "FollowUp") -> None:
    from kyphort.protocol import Requirement, completeness  # noqa: PLC0415
    from kyphort.reports.worklist import completeness_table  # noqa: PLC0415

    for kind in Requirement:
        if any(kind in visit.requires for visit in found.protocol.visits):
            typer.echo(f"\nCompleteness, {kind}:")
            typer.echo(completeness_table(completeness(found.visits, kind)))


def _closing(found: "FollowUp", *, is_today: bool) -> list[str]:
    from kyphort.reports.worklist import counts_sentence  # noqa: PLC0415

    day = f"{found.as_of}{' (today)' if is_today else ''}"
    lines = ["", f"As of {day}, protocol {found.protocol.id}: {counts_sentence(found.visits)}"]
    if found.as_of > found.data_cut_off:
        lines.append(
            f"The data end on {found.data_cut_off}: of visits whose window closed later nothing is "
            "known."
        )
    if found.protocol.assumptions:
        lines.append(f"Not verified in print: {'; '.join(found.protocol.assumptions)}.")
    if found.protocol.unknown:
        lines.append(f"Not known and left out: {'; '.join(found.protocol.unknown)}.")
    if found.synthetic:
        lines.append("SYNTHETIC DATA: no row is a real person.")
    return lines
