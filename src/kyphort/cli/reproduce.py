"""`kyphort reproduce`: a publication's tables, figures and text from a registry."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyphort.reports.results import ComparedNumber, Results

DISAGREEMENT = 1
"""Exit code when a printed number that can agree does not."""


def reproduce(
    publication: Annotated[str, typer.Argument(help="The publication, for example bludau2020.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the report; made new, or replaced if kyphort made it.")
    ],
    registry: Annotated[
        str | None,
        typer.Option(help="Registry (file or URL) to use instead of the publication's data set."),
    ] = None,
    all_numbers: Annotated[
        bool, typer.Option("--all", help="List every printed number, not only the main ones.")
    ] = False,
) -> None:
    """Reproduce a publication: every printed number beside the one computed from the registry.

    Exits with 0 when all numbers that can agree do, with 1 when one does not.
    """
    from kyphort.workflows.reproduce import reproduce as run  # noqa: PLC0415 - heavy libraries

    done = run(publication, out, registry=registry)
    _show(done.results, all_numbers=all_numbers)
    typer.echo(f"Report: {done.folder / 'report.html'}")
    if not done.agrees:
        raise typer.Exit(DISAGREEMENT)


def _show(results: "Results", *, all_numbers: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - only when there is something to show
    from rich.table import Table  # noqa: PLC0415

    from kyphort.reports.audit import computed_text, verdict  # noqa: PLC0415
    from kyphort.reports.report import agreement_sentence  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Printed number")
    table.add_column("Printed", justify="right")
    table.add_column("Computed", justify="right")
    table.add_column("Agrees")
    for number in results.comparison:
        if all_numbers or _is_main(number):
            table.add_row(number.text, number.printed, computed_text(number), verdict(number))
    console = Console(highlight=False)
    console.print(table)
    if results.provenance.synthetic:
        console.print("\nSYNTHETIC DATA: a reconstructed cohort; no row is a real person.")
    console.print(agreement_sentence(results))


def _is_main(number: "ComparedNumber") -> bool:
    return not number.agrees or not number.id.startswith("ent_")
