"""`kyphort quality`: how good the data are, by rules with a remedy each."""

import datetime as dt
import json
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyphort.errors import InvalidDataError
from kyphort.wording import counted

if TYPE_CHECKING:
    from kyphort.quality import QualityReport
    from kyphort.workflows.quality import Checked

SHOWN_OF_A_RULE = 5
"""How many findings of one rule are listed unless all are asked for."""

app = typer.Typer(help="Data quality: check a cohort, list the rules.", no_args_is_help=True)


class SeverityChoice(StrEnum):
    """The severities, as the command line takes them."""

    IMPOSSIBLE = "impossible"
    CONTRADICTORY = "contradictory"
    OUT_OF_SEQUENCE = "out_of_sequence"
    MISSING = "missing"
    UNLIKELY = "unlikely"


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no date. Allowed: YYYY-MM-DD, for example 2026-03-31."
        ) from None


@app.command("check")
def check(
    data: Annotated[
        str, typer.Argument(help="Folder of a kyphort data set, or a registry (file or URL).")
    ],
    *,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="ID|FILE", help="Check the schedule of this protocol too."),
    ] = None,
    as_of: Annotated[
        dt.date | None,
        typer.Option(parser=_date, metavar="DATE", help="Day of the check; default: cut-off."),
    ] = None,
    severity: Annotated[
        list[SeverityChoice] | None,
        typer.Option(help="List these severities only; may be given several times."),
    ] = None,
    list_all: Annotated[bool, typer.Option("--all", help="List every finding.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write the findings as CSV.")] = None,
    open_queries: Annotated[
        bool, typer.Option("--open-queries", help="Open a query for each new finding listed.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who opens them; default: the user.")
    ] = None,
    fail: Annotated[
        bool, typer.Option("--fail", help="Exit with 3 when anything is impossible.")
    ] = False,
) -> None:
    """Check a cohort: what is impossible, contradictory, out of sequence, missing or unlikely.

    A data set with errors is refused: run 'kyphort check' first. The findings change nothing.
    """
    from kyphort.quality import Severity  # noqa: PLC0415 - heavy libraries
    from kyphort.workflows.quality import (  # noqa: PLC0415
        check_data_quality,
        write_findings,
    )

    checked = check_data_quality(data, protocol=protocol, as_of=as_of)
    chosen = {Severity(one) for one in severity or SeverityChoice}
    if csv is not None:
        write_findings(checked, csv)
    if as_json:
        typer.echo(json.dumps(_as_json(checked, chosen), indent=1))
    else:
        _show(checked, chosen, list_all=list_all)
    if open_queries:
        _open(data, checked, chosen, by)
    if fail and checked.report.count(Severity.IMPOSSIBLE):
        raise typer.Exit(InvalidDataError.exit_code)


def _open(data: str, checked: "Checked", chosen: "set[Severity]", by: str | None) -> None:
    from kyphort.workflows.quality import open_queries, query_log, user_name  # noqa: PLC0415

    findings = [one for one in checked.report.findings if one.severity in chosen]
    log = query_log(data)
    opened = open_queries(log, findings, user_name() if by is None else by)
    typer.echo(f"{counted(len(opened), 'query', 'queries')} opened in {log.path}.", err=False)


def _as_json(checked: "Checked", chosen: "set[Severity]") -> dict[str, object]:
    report = checked.report
    return {
        "cohort": report.cohort_name,
        "as_of": str(report.as_of),
        "protocol": report.protocol,
        "patients": report.patients,
        "findings": [
            {
                "severity": one.severity.value,
                "rule": one.rule,
                "patient_id": one.patient_id,
                "place": one.place,
                "value": one.value,
                "message": one.message,
                "remedy": one.remedy,
            }
            for one in report.findings
            if one.severity in chosen
        ],
    }


def _show(checked: "Checked", chosen: "set[Severity]", *, list_all: bool) -> None:
    report = checked.report
    shown = [one for one in report.findings if one.severity in chosen]
    is_folded = False
    for (severity, rule), found in groupby(shown, key=lambda one: (one.severity, one.rule)):
        lines = list(found)
        for one in lines if list_all else lines[:SHOWN_OF_A_RULE]:
            typer.echo(f"{severity.replace('_', ' '):<16} {one.line} [{rule}]")
        if not list_all and len(lines) > SHOWN_OF_A_RULE:
            is_folded = True
            typer.echo(f"{'':<16} and {len(lines) - SHOWN_OF_A_RULE} more of {rule}.")
    typer.echo(f"\n{_counts(report)}" if shown else _counts(report))
    if is_folded:
        typer.echo("With --all every finding is listed.")
    if checked.cohort.synthetic:
        typer.echo("SYNTHETIC DATA: no row is a real person.")


def _counts(report: "QualityReport") -> str:
    from kyphort.quality import Severity  # noqa: PLC0415

    words = ", ".join(f"{report.count(one)} {one.replace('_', ' ')}" for one in Severity)
    schedule = f", schedule {report.protocol}" if report.protocol else ""
    return f"{counted(report.patients, 'patient')}, as of {report.as_of}{schedule}: {words}."


@app.command("rules")
def rules() -> None:
    """List the rules with what each says, and what to do."""
    from kyphort.quality import all_rules  # noqa: PLC0415 - heavy libraries

    for one in all_rules():
        typer.echo(f"{one.identifier} ({one.severity.replace('_', ' ')})")
        typer.echo(f"  {one.meaning} {one.remedy}")


if TYPE_CHECKING:
    from kyphort.quality import Severity
