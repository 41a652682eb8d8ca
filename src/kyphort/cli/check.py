"""`kyphort check`: every problem of a data set at once."""

import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyphort.errors import InvalidDataError

if TYPE_CHECKING:
    from kyphort.exchange.csv_set import Checked, Finding

SHOWN_OF_A_KIND = 5
"""How many findings of one rule in one column are listed unless all are asked for."""


def check(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of the data set.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    warnings_as_errors: Annotated[
        bool, typer.Option("--warnings-as-errors", help="Exit with 3 when there are warnings.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--all", help="List every finding, however many are of one kind.")
    ] = False,
) -> None:
    """Check a data set: every problem at once, with file, row, column, rule and remedy.

    Exits with 0 when there is no error, with 3 when there is one. Writes nothing.
    """
    from kyphort.workflows.check import check_data  # noqa: PLC0415 - only this command reads files

    checked = check_data(data)
    if as_json:
        typer.echo(json.dumps(_as_json(checked), indent=1, ensure_ascii=True))
    else:
        _show(checked, list_all=list_all)
    if checked.errors or (warnings_as_errors and checked.warnings):
        raise typer.Exit(InvalidDataError.exit_code)


def _as_json(checked: "Checked") -> dict[str, object]:
    return {
        "data": str(checked.folder),
        "errors": len(checked.errors),
        "warnings": len(checked.warnings),
        "notes": len(checked.notes),
        "findings": [finding.as_json() for finding in checked.findings],
    }


def _show(checked: "Checked", *, list_all: bool) -> None:
    is_folded = False
    for _, of_file in groupby(checked.findings, key=lambda finding: finding.file):
        seen: Counter[tuple[str, str]] = Counter()
        for finding in of_file:
            kind = (finding.rule, finding.column)
            seen[kind] += 1
            if list_all or seen[kind] <= SHOWN_OF_A_KIND:
                typer.echo(_line(finding))
        for (rule, column), number in seen.items():
            if not list_all and number > SHOWN_OF_A_KIND:
                is_folded = True
                more = number - SHOWN_OF_A_KIND
                typer.echo(f"         and {more} more of {rule} in {column or 'this file'}.")
        typer.echo()
    typer.echo(_counts(checked))
    typer.echo(_what_to_do(checked))
    if is_folded:
        typer.echo("With --all every line is listed.")


def _line(finding: "Finding") -> str:
    return f"{finding.severity.value:<8} {finding.line} [{finding.rule}]"


def _counts(checked: "Checked") -> str:
    found = (
        ("error", len(checked.errors)),
        ("warning", len(checked.warnings)),
        ("note", len(checked.notes)),
    )
    words = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in found)
    if checked.cohort is None:
        return f"{words}."
    cohort = checked.cohort
    return (
        f"{words}. Patients: {len(cohort.patients)}, treated vertebrae: {len(cohort.vertebrae)}, "
        f"visits: {len(cohort.visits)}, adverse events: {len(cohort.adverse_events)}."
    )


def _what_to_do(checked: "Checked") -> str:
    if checked.errors:
        return (
            f"Mend the errors and run kyphort check {checked.folder} again; until then nothing is "
            "computed from these data."
        )
    if checked.warnings:
        return "The data can be used. The warnings are kept in every report: look at each once."
    return "The data can be used."
