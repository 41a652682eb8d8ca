"""`kyphort import` and `kyphort export`: REDCap, SPSS, Stata and SAS."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyphort.errors import InvalidDataError

if TYPE_CHECKING:
    from kyphort.exchange.mapping import Reconciliation
    from kyphort.exchange.statistics_files import Written

SHOWN_OF_A_KIND = 3
"""How many findings of one rule in one field are listed; the saved account has them all."""

imports = typer.Typer(
    help="Import data from REDCap or a statistics program into a new data set.",
    no_args_is_help=True,
)
exports = typer.Typer(
    help="Export a cohort for REDCap or a statistics program.", no_args_is_help=True
)

fetches = typer.Typer(help="Fetch the files of a live project.", no_args_is_help=True)

MapFile = Annotated[Path, typer.Option("--map", help="Map file; see 'kyphort map new'.")]
NewFolder = Annotated[Path, typer.Option(help="Folder to make; new or empty.")]
Account = Annotated[
    Path | None,
    typer.Option(
        "--reconciliation",
        help="Folder for the account of the import, written even when nothing is imported.",
    ),
]
LeaveOut = Annotated[
    bool,
    typer.Option(
        "--leave-out-faulty",
        help="Import the patients without errors; leave out the others as a whole, and list them.",
    ),
]
Data = Annotated[Path, typer.Argument(help="Folder of a kyphort data set, or a registry file.")]


@imports.command("redcap")
def import_redcap(
    records: Annotated[
        list[Path], typer.Argument(metavar="EXPORT...", help="Exports of the records (CSV, raw).")
    ],
    *,
    dictionary: Annotated[Path, typer.Option(help="Data dictionary of the project.")],
    project: Annotated[
        Path | None,
        typer.Option(help="Settings of the project (project.json): its codes for missing data."),
    ] = None,
    map_file: MapFile,
    out: NewFolder,
    account: Account = None,
    leave_out_faulty: LeaveOut = False,
) -> None:
    """Import exports of a REDCap project: flat, longitudinal, repeating, or split by instrument.

    Everything is imported or nothing; the account says what became of every row. Exits with 3 when
    there are errors.
    """
    from kyphort.workflows.importing import import_redcap as run  # noqa: PLC0415 - only here

    found = run(
        records,
        dictionary,
        map_file,
        out,
        project=project,
        account=account,
        leave_out_faulty=leave_out_faulty,
    )
    _show(found, out, account)


def _import_statistics_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="One or several files.")],
    *,
    map_file: MapFile,
    out: NewFolder,
    account: Account = None,
    leave_out_faulty: LeaveOut = False,
) -> None:
    """Import files of a statistics program: labels, missing values and dates as they are declared.

    Everything is imported or nothing; the account says what became of every row. Exits with 3 when
    there are errors.
    """
    from kyphort.workflows.importing import import_statistics_files as run  # noqa: PLC0415

    found = run(files, map_file, out, account=account, leave_out_faulty=leave_out_faulty)
    _show(found, out, account)


for name in ("spss", "stata", "sas"):
    imports.command(name)(_import_statistics_files)


def _show(found: "Reconciliation", out: Path, account: Path | None) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for one in found.findings:
        kind = (one.rule, one.column)
        seen[kind] += 1
        if seen[kind] <= SHOWN_OF_A_KIND:
            typer.echo(f"{one.severity.value:<8} {one.line} [{one.rule}]")
    for (rule, column), number in seen.items():
        if number > SHOWN_OF_A_KIND:
            more = number - SHOWN_OF_A_KIND
            typer.echo(f"         and {more} more of {rule} in {column or 'this file'}.")
    account_text = found.text() if found.imported else "\n".join(found.totals())
    typer.echo(f"\n{account_text}" if found.findings else account_text)
    if account is not None:
        typer.echo(f"Account: {account}")
    if not found.imported:
        typer.echo("Mend the errors in the source or the map, and import again.")
        raise typer.Exit(InvalidDataError.exit_code)
    typer.echo(f"Data set: {out} (with reconciliation.json, .csv and .txt)")


@fetches.callback()
def _fetches() -> None:
    """Keep `redcap` a command of its own, though it is the only one."""


@fetches.command("redcap")
def fetch_redcap(
    url: Annotated[str, typer.Option(help="Address of the API, ending in /api/.")],
    token_file: Annotated[Path, typer.Option(help="File with the token of the API, alone.")],
    out: NewFolder,
) -> None:
    """Fetch data dictionary, records and repetition of a REDCap project; nothing is changed there.

    Needs the extra 'redcap' (PyCap). The files are imported as if you had exported them yourself.
    """
    from kyphort.workflows.fetching import fetch_redcap as run  # noqa: PLC0415 - only here

    for name in run(url, token_file, out):
        typer.echo(out / name)
    typer.echo(
        f"\nNext: kyphort map new {out / 'data_dictionary.csv'}, then kyphort import redcap "
        f"{out / 'records.csv'}"
    )


@exports.command("redcap")
def export_redcap(data: Data, out: NewFolder) -> None:
    """Export as a REDCap project: data dictionary, records, repetition, and a map back."""
    from kyphort.workflows.exporting import export_redcap as run  # noqa: PLC0415 - only here

    _show_written(run(data, out), out)


def _exporter(program: str, words: str) -> None:
    def export(data: Data, out: NewFolder) -> None:
        from kyphort.exchange.statistics_files import Program  # noqa: PLC0415 - only here
        from kyphort.workflows.exporting import export_statistics_files  # noqa: PLC0415

        _show_written(export_statistics_files(data, out, Program[program.upper()]), out)

    export.__doc__ = f"Export for {words}: one file for each table, and a map back."
    exports.command(program)(export)


for key, title in (("spss", "SPSS (.sav)"), ("stata", "Stata (.dta)"), ("sas", "SAS (.xpt)")):
    _exporter(key, title)


def _show_written(written: "Written", out: Path) -> None:
    for name in written.names:
        typer.echo(out / name)
    values = sum(one.what == "value" for one in written.not_held)
    others = len(written.not_held) - values
    typer.echo(
        f"\nRead back and compared: {values} values differ; {others} names, labels or descriptions "
        "that the format has no place for are listed in not_held.csv."
    )
