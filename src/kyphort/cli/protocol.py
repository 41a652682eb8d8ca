"""`kyphort protocol`: the protocols, shipped and a centre's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyphort.protocol import FollowUpProtocol, PlannedVisit

app = typer.Typer(help="Protocols: list, show, check, begin.", no_args_is_help=True)


@app.command("list")
def list_protocols() -> None:
    """List the protocols that kyphort carries."""
    from kyphort.protocol import available_protocols, load_protocol  # noqa: PLC0415
    from kyphort.reports.worklist import columns  # noqa: PLC0415

    protocols = [load_protocol(name) for name in available_protocols()]
    rows = [(one.id, _yes(is_so=one.verified), one.title) for one in protocols]
    typer.echo(columns(("Protocol", "Verified", "Title"), rows))


@app.command("show")
def show(
    protocol: Annotated[str, typer.Argument(metavar="ID|FILE", help="Protocol id or file.")],
) -> None:
    """Show a protocol: its visits and rules of eligibility, and which of them are verified."""
    from kyphort.protocol import find_protocol  # noqa: PLC0415

    _show(find_protocol(protocol))


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="Protocol file.")]) -> None:
    """Check a protocol file; exits with 3 when something is wrong, and lists every fault."""
    from kyphort.protocol import read_protocol  # noqa: PLC0415

    found = read_protocol(file)
    rules = f" and {len(found.eligibility)} rules of eligibility" if found.eligibility else ""
    typer.echo(f"{file}: a valid protocol '{found.id}' with {len(found.visits)} visits{rules}.")
    if found.assumptions:
        typer.echo(f"Not verified: {'; '.join(found.assumptions)}.")
    if found.unverified_rules:
        typer.echo(f"Rules not verified: {', '.join(found.unverified_rules)}.")


@app.command("new")
def new(file: Annotated[Path, typer.Argument(help="File to make; must not exist.")]) -> None:
    """Write a commented protocol file to start from."""
    from kyphort.workflows.followup import write_protocol_template  # noqa: PLC0415

    write_protocol_template(file)
    typer.echo(f"{file}\n\nEdit it, then run: kyphort protocol check {file}")


def _show(protocol: "FollowUpProtocol") -> None:
    from kyphort.reports.worklist import columns  # noqa: PLC0415

    typer.echo(f"{protocol.id}: {protocol.title}")
    typer.echo(f"Source: {protocol.source}. Verified: {_yes(is_so=protocol.verified)}.\n")
    titles = (
        "Visit",
        "Target",
        "From",
        "Window (days)",
        "Requires",
        "Repeats",
        "Target seen",
        "Window",
    )
    typer.echo(columns(titles, [_row(one) for one in protocol.visits]))
    typer.echo()
    for one in protocol.visits:
        typer.echo(f"{one.name}: {one.source}.")
    if protocol.unknown:
        typer.echo(f"\nNot known and left out: {'; '.join(protocol.unknown)}.")
    if protocol.eligibility:
        from kyphort.reports.eligibility import rules_table  # noqa: PLC0415

        typer.echo(f"\n{rules_table(protocol.eligibility)}")


def _row(visit: "PlannedVisit") -> tuple[str, ...]:
    every = visit.repeat_every_months
    return (
        visit.name,
        str(visit.offset),
        visit.anchor.value,
        f"-{visit.before_days} to +{visit.after_days}",
        ", ".join(visit.requires),
        f"every {every} months" if every else "no",
        _yes(is_so=visit.verified),
        "printed" if visit.window_verified else "assumed",
    )


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else "no"
