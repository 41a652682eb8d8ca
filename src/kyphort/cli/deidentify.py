"""`kyphort deidentify`: the data set that may leave the hospital."""

from pathlib import Path
from typing import Annotated

import typer

from kyphort.errors import InvalidDataError

SHOWN_CELLS = 15


def deidentify(
    data: Annotated[Path, typer.Argument(help="Folder of a kyphort data set, or a registry file.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder to make; new or empty. It may leave.")],
    key_file: Annotated[
        Path | None, typer.Option(help="Key of an earlier export: the same pseudonyms again.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Make a new key in this file; it must stay home.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the data set; not the hospital's.")] = (
        "De-identified data set"
    ),
    texts: Annotated[
        Path | None, typer.Option(help="Table of free texts with your decisions; see --review.")
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(help="Write the free texts to this table, to decide; it must stay home."),
    ] = None,
    links: Annotated[
        Path | None,
        typer.Option(help="Write old beside new pseudonyms to this table; it must stay home."),
    ] = None,
    smallest_cell: Annotated[
        int, typer.Option(help="Flag values that fewer patients share.", min=2)
    ] = 5,
) -> None:
    """Export a data set that names nobody: new pseudonyms, shifted dates, no free text.

    Ages above 89 are grouped, serial numbers removed, small cells flagged. A text that is no known
    word is removed unless you keep it. No program can promise that nobody is recognised: look at
    the small cells before you share.
    """
    from kyphort.exchange.deidentified import Key, read_key  # noqa: PLC0415 - only here
    from kyphort.workflows.deidentifying import (  # noqa: PLC0415
        account_lines,
        export_deidentified,
    )

    if key_file is not None and new_key is None:
        key = read_key(key_file)
    elif new_key is not None and key_file is None:
        key = Key.random()
    else:
        raise InvalidDataError(
            "A de-identified export needs one key. Give --new-key FILE the first time, and "
            "--key-file FILE to get the same pseudonyms again."
        )
    found, cells = export_deidentified(
        data,
        out,
        key,
        new_key=new_key,
        name=name,
        texts=texts,
        review=review,
        links=links,
        smallest=smallest_cell,
    )
    for line in account_lines(found, cells, smallest_cell, SHOWN_CELLS):
        typer.echo(line)
    if found.texts and review is None:
        typer.echo(
            f"{len(found.texts)} texts are no known words. To keep some, list them with --review "
            "FILE, decide, and export again with --texts FILE."
        )
    typer.echo(f"Data set: {out}")
