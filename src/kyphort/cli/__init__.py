"""The command line: read input, call one workflow, show the result.

Heavy libraries are imported inside the commands that need them, so that help is instant.
"""

import sys
from typing import Annotated

import typer

from kyphort import __version__
from kyphort.cli import (
    analyse,
    check,
    deidentify,
    dose,
    eligibility,
    exchange,
    followup,
    mapping,
    paper,
    plan,
    protocol,
    quality,
    query,
    registry,
    reproduce,
    template,
)
from kyphort.errors import KyphortError

app = typer.Typer(
    name="kyphort",
    help=(
        "Kypho-IORT from the needle to the ten-year curve. Research software, not a medical device."
    ),
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)
app.command("analyse")(analyse.analyse)
app.command("template")(template.template)
app.command("check")(check.check)
app.command("deidentify")(deidentify.deidentify)
app.command("eligibility")(eligibility.eligibility)
app.command("reproduce")(reproduce.reproduce)
app.add_typer(dose.app, name="dose")
app.add_typer(followup.app, name="followup")
app.add_typer(plan.app, name="plan")
app.add_typer(protocol.app, name="protocol")
app.add_typer(registry.app, name="registry")
registry.app.command("check")(quality.check)
app.add_typer(quality.app, name="quality")
app.add_typer(query.app, name="query")
app.add_typer(mapping.app, name="map")
app.add_typer(exchange.fetches, name="fetch")
app.add_typer(exchange.imports, name="import")
app.add_typer(exchange.exports, name="export")
app.add_typer(paper.app, name="paper")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kyphort {__version__} - research software, not a medical device")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


def main() -> None:
    """Run kyphort; a mistake of the user is one sentence and an exit code, no traceback."""
    try:
        app()
    except KyphortError as error:
        typer.echo(f"Error [{error.code}]: {error}", err=True)
        sys.exit(error.exit_code)
