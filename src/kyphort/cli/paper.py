"""`kyphort paper`: a publication as a specification; checked, reconstructed, bounded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kyphort.reconstruction import CheckResult

app = typer.Typer(
    help="A published paper: check its numbers, turn it back into synthetic data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CONTRADICTION = 1
INCOMPLETE = 32
UNDECIDED = 33

Name = Annotated[
    str, typer.Argument(metavar="SPEC", help="A specification file, or one kyphort carries.")
]
Seconds = Annotated[float, typer.Option(help="Limit of time [s].", min=0.0)]
MemoryMb = Annotated[int, typer.Option(help="Limit of the solver's memory [MB].", min=64)]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers.", min=0)]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="File to write (TOML).")],
) -> None:
    """Write a commented template of a specification."""
    from kyphort.workflows.paper import write_specification_template  # noqa: PLC0415 - heavy

    write_specification_template(path)
    typer.echo(f"Fill in {path}, then run: kyphort paper show {path}")


@app.command("show")
def show(name: Name) -> None:
    """Show a specification as kyphort understands it."""
    from kyphort.published.specification import find_specification  # noqa: PLC0415
    from kyphort.workflows.paper_words import shown  # noqa: PLC0415

    for line in shown(find_specification(name)):
        typer.echo(line)


@app.command("check")
def check(
    name: Name,
    *,
    seconds: Seconds = 120.0,
    memory_mb: MemoryMb = 4096,
    seed: Seed = 1,
    sensitivity: Annotated[
        bool, typer.Option(help="Also change each last digit and check again.")
    ] = True,
    out: Annotated[Path | None, typer.Option(help="Write the findings as JSON here.")] = None,
    quiet: Quiet = False,
) -> None:
    """Check whether the printed numbers can hold together.

    Exits with 0 when all are consistent, with 1 when a contradiction that is no declared erratum
    is proved, with 33 when something is not decided.
    """
    from kyphort.published.specification import find_specification  # noqa: PLC0415
    from kyphort.reconstruction import Limits  # noqa: PLC0415 - heavy libraries
    from kyphort.reconstruction import check as run  # noqa: PLC0415
    from kyphort.workflows.paper_words import check_lines, write_check  # noqa: PLC0415

    limits = Limits(seconds, memory_mb, seed, _teller(quiet=quiet))
    result = run(find_specification(name), limits, sensitivity=sensitivity)
    for line in check_lines(result):
        typer.echo(line)
    if out is not None:
        write_check(result, out)
    _leave(result)


def _leave(result: "CheckResult") -> None:
    if result.contradictions:
        raise typer.Exit(CONTRADICTION)
    if result.undecided:
        raise typer.Exit(UNDECIDED)


@app.command("reconstruct")
def reconstruct(
    name: Name,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the cohorts, new or empty.")],
    cohorts: Annotated[int, typer.Option(help="How many cohorts.", min=1)] = 1,
    seed: Seed = 1,
    seconds: Annotated[
        float, typer.Option(help="Stop after so many seconds with what is verified.", min=0.0)
    ] = 3600.0,
    memory_mb: Annotated[
        int,
        typer.Option(help="Limit of memory [MB]; ends like --seconds.", min=1),
    ] = 4096,
    quiet: Quiet = False,
) -> None:
    """Write verified SYNTHETIC cohorts that return every printed number.

    A digitised curve also gives the data set guyot/, which follows the figure and may miss some.
    Exits with 0 when all cohorts are there, with 32 when a limit, Ctrl-C or SIGTERM ended the work
    before.
    """
    from kyphort.published.specification import find_specification  # noqa: PLC0415
    from kyphort.workflows.paper import reconstruct as run  # noqa: PLC0415 - heavy libraries

    specification = find_specification(name)
    done = run(
        specification,
        out,
        cohorts=cohorts,
        seed=seed,
        seconds=seconds,
        memory_mb=memory_mb,
        tell=_teller(quiet=quiet),
    )
    typer.echo("SYNTHETIC DATA: no row is a real person; links between columns are invented.")
    for one in done.cohorts:
        typer.echo(f"{one.folder}: {len(one.numbers)} of {len(one.numbers)} printed numbers agree")
    for figure in done.figures:
        total, others = len(figure.numbers), figure.missed
        typer.echo(
            f"{figure.folder}: Guyot's algorithm on the figure, {total - len(others)} of {total} "
            f"printed numbers agree{'; misses ' + ', '.join(others) if others else ''}"
        )
    if done.missed_seeds:
        missed = ", ".join(map(str, done.missed_seeds))
        typer.echo(f"Seeds that gave no cohort: {missed}")
    if done.cohorts:
        first = done.cohorts[0].folder
        typer.echo(f"Analyse: kyphort analyse {first} --study {first / 'study.toml'} --out FOLDER")
    if not done.is_complete:
        typer.echo(f"Ended early ({done.ended}): {len(done.cohorts)} of {cohorts} cohorts.")
        raise typer.Exit(INCOMPLETE)


@app.command("bounds")
def bounds(
    name: Name,
    *,
    statistic: Annotated[
        list[str] | None,
        typer.Option(help="For example std_error:LC_C:24 or p_by:distance; may be repeated."),
    ] = None,
    cohorts: Annotated[int, typer.Option(help="Cohorts to draw for seen ranges.", min=1)] = 30,
    seed: Seed = 1,
    seconds: Seconds = 600.0,
    memory_mb: MemoryMb = 4096,
    out: Annotated[Path | None, typer.Option(help="Write the bounds as JSON here.")] = None,
    quiet: Quiet = False,
) -> None:
    """Bound statistics that the paper does not print: proved intervals, and ranges seen.

    Without --statistic all that make sense are bounded.
    """
    from kyphort.published.specification import find_specification  # noqa: PLC0415
    from kyphort.reconstruction import Limits  # noqa: PLC0415 - heavy libraries
    from kyphort.workflows.paper import bounded  # noqa: PLC0415
    from kyphort.workflows.paper_words import bound_lines, write_bounds  # noqa: PLC0415

    limits = Limits(seconds, memory_mb, seed, _teller(quiet=quiet))
    found = bounded(find_specification(name), statistic or [], limits, cohorts=cohorts, seed=seed)
    for line in bound_lines(found):
        typer.echo(line)
    if out is not None:
        write_bounds(found, out)


def _teller(*, quiet: bool) -> "Callable[[str], None]":
    return (lambda _: None) if quiet else (lambda line: typer.echo(f"  {line}", err=True))
