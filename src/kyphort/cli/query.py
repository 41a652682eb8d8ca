"""`kyphort query`: questions about the data, opened, answered and closed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyphort.quality import Query

app = typer.Typer(
    help="Queries about the data: open, answer, close; none is ever deleted.", no_args_is_help=True
)

Data = Annotated[Path, typer.Argument(help="Folder of a kyphort data set, or a registry file.")]
Number = Annotated[int, typer.Argument(min=1, help="Number of the query.")]
Text = Annotated[str, typer.Option(help="What is said: the question, the answer, the reason.")]
By = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who says it; default: the user.")
]


class StateChoice(StrEnum):
    """The states of a query, as the command line takes them."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@app.command("open")
def open_one(
    data: Data,
    *,
    text: Text,
    patient: Annotated[str, typer.Option(help="Pseudonym of the patient.")] = "",
    place: Annotated[str, typer.Option(help="Where in the data, such as 'vertebra T12'.")] = "",
    by: By = None,
) -> None:
    """Open a query; 'kyphort quality check --open-queries' opens one for each finding."""
    from kyphort.workflows.quality import open_query, query_log  # noqa: PLC0415 - heavy libraries

    _show(open_query(query_log(data), patient, place, text, _name(by)))


@app.command("answer")
def answer(data: Data, number: Number, *, text: Text, by: By = None) -> None:
    """Answer a query."""
    from kyphort.workflows.quality import answer_query, query_log  # noqa: PLC0415

    _show(answer_query(query_log(data), number, text, _name(by)))


@app.command("close")
def close(data: Data, number: Number, *, text: Text, by: By = None) -> None:
    """Close a query, with the reason."""
    from kyphort.workflows.quality import close_query, query_log  # noqa: PLC0415

    _show(close_query(query_log(data), number, text, _name(by)))


@app.command("reopen")
def reopen(data: Data, number: Number, *, text: Text, by: By = None) -> None:
    """Open a query again, with the reason."""
    from kyphort.workflows.quality import query_log, reopen_query  # noqa: PLC0415

    _show(reopen_query(query_log(data), number, text, _name(by)))


@app.command("list")
def list_queries(
    data: Data,
    *,
    state: Annotated[
        list[StateChoice] | None,
        typer.Option(help="List these states only; default: open and answered."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show everything that was said.")
    ] = False,
) -> None:
    """List the queries that wait for somebody; says which the data no longer give reason for."""
    from kyphort.quality import QueryState  # noqa: PLC0415 - heavy libraries
    from kyphort.workflows.quality import check_data_quality, query_log, settled  # noqa: PLC0415

    queries = query_log(data).queries()
    chosen = {QueryState(one) for one in state or (StateChoice.OPEN, StateChoice.ANSWERED)}
    shown = [one for one in queries if one.state in chosen]
    mended = {one.number for one in settled(queries, check_data_quality(data).report)}
    for one in shown:
        _show(one, history=history, is_settled=one.number in mended)
    counts = ", ".join(
        f"{sum(one.state is which for one in queries)} {which}" for which in QueryState
    )
    typer.echo(f"{counts}." if queries else "No query so far.")


def _show(one: "Query", *, history: bool = False, is_settled: bool = False) -> None:
    who = f"patient {one.patient_id}" if one.patient_id else "the cohort"
    where = f", {one.place}" if one.place else ""
    rule = f" [{one.rule}]" if one.rule else ""
    typer.echo(f"{one.number} ({one.state}) {who}{where}: {one.question}{rule}")
    if history:
        for event in one.events[1:]:
            typer.echo(
                f"    {event.at:%Y-%m-%d %H:%M} UTC, {event.by}: {event.action}: {event.text}"
            )
    if is_settled:
        typer.echo("    The data give no reason for it any more: it can be closed.")


def _name(by: str | None) -> str:
    from kyphort.workflows.quality import user_name  # noqa: PLC0415

    return user_name() if by is None else by
