"""`kyphort map`: how foreign data become a data set, as a file."""

from pathlib import Path
from typing import Annotated

import typer

from kyphort.errors import FaultyDataError
from kyphort.wording import counted

app = typer.Typer(
    help="Maps from REDCap projects and statistics files to a data set.", no_args_is_help=True
)


@app.command("new")
def new(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DICTIONARY|FILE",
            help="Data dictionary of a REDCap project (.csv, .json), or a .sav, .dta or .xpt file.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Map file to make (.toml); must not exist.")],
    repeating: Annotated[
        Path | None,
        typer.Option(help="REDCap: the project's repeating instruments and events (.json, .csv)."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="REDCap: which instruments belong to which events (.json, .csv)."),
    ] = None,
    missing_code: Annotated[
        list[str] | None,
        typer.Option(help="A code for missing data, such as -99; may be given several times."),
    ] = None,
) -> None:
    """Propose a map: names, labels and choices are compared with the data set's columns."""
    from kyphort.workflows.importing import new_map  # noqa: PLC0415 - only when needed

    questions = new_map(
        source, out, repeating=repeating, events=events, missing_codes=missing_code or ()
    )
    typer.echo(
        f"{out}: {counted(questions, 'open question')}, each marked with '# ?'. Fill in [dataset], "
        f"read every line, then run: kyphort map check {out} --source {source}"
    )


@app.command("check")
def check(
    map_file: Annotated[Path, typer.Argument(metavar="MAP", help="Map file.")],
    source: Annotated[
        Path | None,
        typer.Option(help="Data dictionary or statistics file that the map is to fit."),
    ] = None,
) -> None:
    """Check a map, and whether the source has what it reads; exits with 3 when something is wrong.

    Writes nothing.
    """
    from kyphort.workflows.importing import check_map  # noqa: PLC0415 - only when needed

    mapping, faults = check_map(map_file, source)
    if faults:
        raise FaultyDataError(
            f"{map_file} does not fit {source}: {counted(len(faults), 'fault')}.", faults
        )
    fits = f" and fits {source}" if source else ""
    typer.echo(
        f"{map_file}: a valid map{fits}, with {counted(len(mapping.rows), 'block')} that read "
        f"{counted(len(mapping.fields), 'field')}."
    )
