"""`kyphort template`: an empty data set to fill."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer


def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; new or empty.")],
) -> None:
    """Make an empty data set: files with headers, a data dictionary and a filled example."""
    from kyphort.workflows.template import write_template  # noqa: PLC0415 - heavy libraries

    names = write_template(folder)
    for name in names:
        if "/" not in name:
            typer.echo(folder / name)
    for part, count in Counter(name.split("/")[0] for name in names if "/" in name).items():
        typer.echo(f"{folder / part}/ ({count} files)")
    typer.echo(
        "\nStart with data_dictionary.html and example/ (synthetic). Fill dataset.toml and the CSV "
        "files; move what you fill of optional/ beside them. Then run: "
        f"kyphort check {folder}"
    )
