"""`kyphort analyse`: the report of a centre's own data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyphort.reports.results import Landmark, Results


def analyse(
    data: Annotated[
        str, typer.Argument(help="Folder of a data set, a registry file, or a PostgreSQL URL.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for the report; made new, or replaced if kyphort made it.")
    ],
    study: Annotated[
        Path | None,
        typer.Option(help="Study file (TOML); without it the defaults hold. See 'template'."),
    ] = None,
) -> None:
    """Analyse a cohort: check it, then write the report, figures, tables and results.

    A data set with errors is listed line by line and nothing is written; doubts that are no errors
    stand in the report.
    """
    from kyphort.workflows.analyse import analyse as run  # noqa: PLC0415 - heavy libraries

    done = run(data, out, study=study)
    for line in _summary(done.results):
        typer.echo(line)
    typer.echo(f"Report: {done.folder / 'report.html'}")


def _summary(results: "Results") -> list[str]:
    from kyphort.reports.clock import clock_of  # noqa: PLC0415

    counts, clock = results.counts, clock_of(results)
    lines = [
        f"Patients: {counts.patients}, vertebrae: {counts.vertebrae}, recurrences: "
        f"{counts.recurrences}, deaths: {counts.deaths}",
    ]
    for name, curve in (
        ("Local control", results.local_control_cluster_robust.all),
        ("Overall survival", results.overall_survival),
    ):
        lines += [
            f"{name} at {clock.text(one.time_months)}: {_with_limits(one)}"
            for one in curve
            if one.estimate is not None
        ]
    lines += [f"Not estimated: {one.what}: {one.why}." for one in results.missing]
    if results.data_findings:
        doubts = len(results.data_findings)
        what = "doubt about the data stands" if doubts == 1 else "doubts about the data stand"
        lines.append(f"{doubts} {what} in the report.")
    if results.provenance.synthetic:
        lines.append("SYNTHETIC DATA: no row is a real person.")
    return lines


def _with_limits(one: "Landmark") -> str:
    from kyphort.reports.numbers import percent  # noqa: PLC0415

    if one.lower == one.upper:
        return f"{percent(one.estimate)} (no event so far: no limits)"
    return f"{percent(one.estimate)} ({percent(one.lower)} to {percent(one.upper)})"
