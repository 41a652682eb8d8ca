"""`kyphort template`: an empty data set to fill."""

from pathlib import Path
from typing import Annotated

import typer


def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; new or empty.")],
) -> None:
    """Make an empty data set: files with headers, a data dictionary and a filled example."""
    from kyphort.workflows.template import write_template  # noqa: PLC0415 - heavy libraries

    for name in write_template(folder):
        typer.echo(folder / name)
    typer.echo(
        "\nStart with data_dictionary.html and example/ (synthetic). Fill dataset.toml and the CSV "
        f"files, then run: kyphort check {folder}"
    )
