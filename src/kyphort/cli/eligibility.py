"""`kyphort eligibility`: the answer of every rule of a protocol; it never blocks anything."""

import json
from pathlib import Path
from typing import Annotated

import typer


def eligibility(
    patient: Annotated[
        str | None, typer.Argument(help="Pseudonym; everybody in one line each if left out.")
    ] = None,
    *,
    data: Annotated[Path, typer.Option(help="Folder of a kyphort data set, or a registry file.")],
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="ID|FILE", help="Protocol; see 'protocol list'. Default: bludau2020_abstract."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answers as JSON, for programs.")
    ] = False,
) -> None:
    """Say for each rule of a protocol whether it is met, not met, or cannot be answered.

    A rule that is not met blocks nothing: enter why the patient was treated as a deviation, in
    eligibility_entries.csv. The exit code is 0 whatever the answers are.
    """
    from kyphort.protocol import DEFAULT_PROTOCOL  # noqa: PLC0415 - heavy libraries
    from kyphort.reports.eligibility import (  # noqa: PLC0415
        answers_json,
        answers_table,
        eligibility_sentence,
        patients_table,
    )
    from kyphort.workflows.eligibility import check_eligibility  # noqa: PLC0415

    found = check_eligibility(data, patient, protocol or DEFAULT_PROTOCOL)
    if as_json:
        typer.echo(json.dumps(answers_json(found.answers, found.protocol), indent=2))
        return
    typer.echo(answers_table(found.answers) if patient else patients_table(found.answers))
    of_whom = f"{patient}, " if patient else ""
    typer.echo(f"\n{of_whom}protocol {found.protocol.id}: {eligibility_sentence(found.answers)}")
    if found.protocol.unverified_rules:
        typer.echo(f"Not verified in print: {', '.join(found.protocol.unverified_rules)}.")
    if found.synthetic:
        typer.echo("SYNTHETIC DATA: no row is a real person.")
