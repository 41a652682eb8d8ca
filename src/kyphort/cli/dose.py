"""`kyphort dose`: depth doses, times, phantoms, comparisons, commissioning, the theatre sheet."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kyphort.dosimetry import Progress
    from kyphort.workflows.dose_report import DoseReport

app = typer.Typer(
    help="Dose of the source in water, bone and phantoms; irradiation times.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DISAGREEMENT = 1
"""Exit code when two calculations of a sheet disagree."""

Source = Annotated[
    str,
    typer.Option(help="needle, bare_probe, or FILE.toml:NAME for a source of your own."),
]
CalibrationTable = Annotated[
    Path | None,
    typer.Option(
        "--table", help="Your own depth-dose table (CSV or TOML): commissions the source."
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder for page, tables, figures and JSON; made new.")
]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers.")]
Threads = Annotated[int, typer.Option(help="Number of threads.")]


@app.command("depth")
def depth(
    *,
    source: Source = "needle",
    table: CalibrationTable = None,
    medium: Annotated[str, typer.Option(help="water, or another shipped material.")] = "water",
    distance: Annotated[
        list[float] | None, typer.Option(help="Distance from the isocentre [mm]; may be repeated.")
    ] = None,
    out: Out = None,
    seed: Seed = 1,
    threads: Threads = 1,
) -> None:
    """Show the dose rate against the distance from the isocentre."""
    from kyphort.workflows import dose as verbs  # noqa: PLC0415 - heavy libraries

    distances = distance or [3, 5, 8, 10, 11, 13, 15, 20, 25, 30]
    found = verbs.depth(
        verbs.chosen_source(source, table), distances, medium=medium, seed=seed, threads=threads
    )
    _show(found, out)


@app.command("time")
def time(
    *,
    dose: Annotated[float, typer.Option(help="Prescribed dose in water [Gy].")] = 8.0,
    distance: Annotated[
        list[float] | None, typer.Option(help="Distance from the isocentre [mm]; may be repeated.")
    ] = None,
    source: Source = "needle",
    table: CalibrationTable = None,
    out: Out = None,
) -> None:
    """Show the irradiation time for a dose at a distance, in water."""
    from kyphort.workflows import dose as verbs  # noqa: PLC0415 - heavy libraries

    _show(verbs.times(verbs.chosen_source(source, table), dose, distance or [8, 11, 13]), out)


@app.command("phantom")
def phantom(
    name: Annotated[str, typer.Argument(help="vertebra, lytic, water, spongiosa or sphere.")],
    *,
    source: Source = "needle",
    table: CalibrationTable = None,
    voxels: Annotated[int, typer.Option(help="Voxels of 1 mm for each axis; odd.")] = 81,
    target: Annotated[
        float, typer.Option(help="1 σ of each voxel on the axis, up to 20 mm.")
    ] = 0.05,
    scatter_grid: Annotated[
        float, typer.Option(help="Cells for scatter [mm]; 0 scores it in the voxels.")
    ] = 2.0,
    out: Out = None,
    seed: Seed = 1,
    threads: Threads = 1,
) -> None:
    """Compute the dose in a digital phantom, beside the same source in water."""
    from kyphort.workflows.dose import chosen_source  # noqa: PLC0415 - heavy libraries
    from kyphort.workflows.dose_phantom import dose_in_phantom  # noqa: PLC0415

    found = dose_in_phantom(
        chosen_source(source, table),
        name,
        voxels=voxels,
        target=target,
        scatter_grid_mm=scatter_grid or None,
        seed=seed,
        threads=threads,
        progress=_counter(),
    )
    _show(found, out)


@app.command("compare")
def compare(
    reference: Annotated[Path, typer.Argument(help="dose.npz of the reference.")],
    evaluated: Annotated[Path, typer.Argument(help="dose.npz to be judged.")],
    *,
    dose_percent: Annotated[float, typer.Option(help="Dose criterion [%], local.")] = 3.0,
    distance_mm: Annotated[float, typer.Option(help="Distance criterion [mm].")] = 0.5,
    threshold: Annotated[
        float, typer.Option(help="Leave out voxels below this share of the largest dose.")
    ] = 0.0,
    out: Out = None,
) -> None:
    """Compare two dose grids: gamma index and differences."""
    from kyphort.workflows import dose as verbs  # noqa: PLC0415 - heavy libraries

    found = verbs.compare(
        reference, evaluated, dose_percent=dose_percent, distance_mm=distance_mm,
        threshold=threshold,
    )  # fmt: skip
    _show(found, out)


@app.command("commission")
def commission(
    table: Annotated[Path, typer.Argument(help="Depth-dose table (CSV or TOML).")],
    *,
    source: Source = "needle",
    fit_hardening: Annotated[
        bool, typer.Option(help="Fit the hardening too, not only the output.")
    ] = True,
    out: Out = None,
) -> None:
    """Fit a source to your own depth-dose table, and show the residuals."""
    from kyphort.workflows import dose as verbs  # noqa: PLC0415 - heavy libraries

    _show(verbs.commissioning(verbs.chosen_source(source), table, fit_hardening=fit_hardening), out)


@app.command("sheet")
def sheet(
    *,
    table: Annotated[Path, typer.Option(help="Depth-dose table of the source (CSV or TOML).")],
    serial: Annotated[str, typer.Option(help="Serial number of the source.")],
    daily_check: Annotated[
        dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="Date of the daily check.")
    ],
    dose: Annotated[float, typer.Option(help="Prescribed dose in water [Gy].")],
    distance: Annotated[float, typer.Option(help="Distance of the prescription [mm].")],
    cord_distance: Annotated[float, typer.Option(help="Cord from the isocentre [mm].")],
    out: Annotated[Path, typer.Option(help="HTML file to write; it prints on one page.")],
    reference: Annotated[
        str, typer.Option(help="isocentre, applicator tip or applicator surface.")
    ] = "isocentre",
    tip_offset: Annotated[
        float | None, typer.Option(help="Isocentre to applicator in this direction [mm].")
    ] = None,
    model: Annotated[str, typer.Option(help="Model of the second calculation.")] = "needle",
) -> None:
    """Write the theatre sheet: irradiation time and cord dose in water, calculated twice.

    Exits with 1 when the two calculations differ by more than 5 %.
    """
    from kyphort.workflows.dose_sheet import (  # noqa: PLC0415 - heavy libraries
        SheetOrder,
        theatre_sheet,
        write_sheet,
    )

    order = SheetOrder(
        table=table, source_serial=serial, daily_check=daily_check.date(), dose_gy=dose,
        distance_mm=distance, reference=reference, cord_distance_mm=cord_distance,
        tip_offset_mm=tip_offset, model=model,
    )  # fmt: skip
    result = theatre_sheet(order, dt.datetime.now(dt.UTC).astimezone().date())
    write_sheet(out, result.page)
    typer.echo(
        f"{result.time_min:.2f} min by table, {result.engine_time_min:.2f} min by engine "
        f"({result.difference_percent:+.1f} %); cord {result.cord_gy:.2f} Gy in water. {out}"
    )
    if not result.agrees:
        raise typer.Exit(DISAGREEMENT)


def _counter() -> "Callable[[Progress], None]":
    def tell(progress: "Progress") -> None:
        share = 100 * progress.done / progress.total
        typer.echo(f"\r{share:3.0f} %, {progress.seconds_left:.0f} s left ", err=True, nl=False)
        if progress.done >= progress.total:
            typer.echo("", err=True)

    return tell


def _show(found: "DoseReport", out: Path | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - only when there is something to show
    from rich.table import Table  # noqa: PLC0415

    console = Console(highlight=False)
    console.print(f"{found.title}\n{found.subtitle}\n")
    for one in found.tables:
        table = Table(box=None, pad_edge=False, header_style="bold")
        rows = one.written_rows()
        for column, *cells in zip(one.columns, *rows, strict=True):
            if column.is_number:
                table.add_column(column.title, justify="right")
            else:  # Words are not cut, whatever the width of the terminal.
                table.add_column(column.title, min_width=max(map(len, cells), default=0))
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for note in found.notes:
        console.print(f"\n{note}")
    if out is not None:
        found.write(out)
        typer.echo(f"\nReport: {out / 'report.html'}")
