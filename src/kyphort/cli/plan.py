"""`kyphort plan`: from the CT and the needle to the irradiation time, the dose and the record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kyphort.dosimetry import Progress
    from kyphort.workflows.plan import PlanRun

app = typer.Typer(
    help="Plan a needle on a CT: time, dose in this patient, DICOM objects, the record.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
LIMITS_NOT_KEPT = 1
"""Exit code when a limit is not kept."""

Case = Annotated[Path, typer.Argument(help="Case file (TOML); `kyphort plan new` writes one.")]
Out = Annotated[Path, typer.Option(help="Folder for page, tables, figures, JSON and DICOM.")]
RtPlan = Annotated[
    bool,
    typer.Option(
        "--rt-plan", help="Write an RT Plan too: research intent, unapproved, dummy isotope."
    ),
]


@app.command("demo")
def demo(
    *,
    out: Out = Path("out/plan-demo"),
    scenarios: Annotated[int, typer.Option(help="Scenarios of the needle; 0 for none.")] = 200,
) -> None:
    """Build a digital vertebra as DICOM CT and structures, and plan it."""
    from kyphort.workflows.plan_demo import demo as build  # noqa: PLC0415 - heavy libraries

    run = build(out, scenarios=scenarios, progress=_photons(), scenario=_scenarios())
    _show(run, out)


@app.command("run")
def run(case: Case, *, out: Out, rt_plan: RtPlan = False) -> None:
    """Plan a case: times, doses, limits, robustness. Exits with 1 when a limit is not kept."""
    from kyphort.workflows.plan import PlanOutput, run_plan, write_plan  # noqa: PLC0415
    from kyphort.workflows.plan_case import read_case  # noqa: PLC0415

    found = run_plan(read_case(case), progress=_photons(), scenario=_scenarios())
    write_plan(found, out, PlanOutput(rt_plan=rt_plan))
    _show(found, out)
    if any(not one.passed for one in found.plan.verdicts):
        raise typer.Exit(LIMITS_NOT_KEPT)


def _photons() -> "Callable[[Progress], None]":
    def tell(progress: "Progress") -> None:
        share = 100 * progress.done / progress.total
        typer.echo(f"\rphotons {share:3.0f} % ", err=True, nl=False)
        if progress.done >= progress.total:
            typer.echo("", err=True)

    return tell


def _scenarios() -> "Callable[[int, int], None]":
    def tell(number: int, count: int) -> None:
        if number % 20 == 0 or number == count:
            typer.echo(f"\rscenarios {number} of {count} ", err=True, nl=number == count)

    return tell


def _show(found: "PlanRun", out: Path) -> None:
    from kyphort.reports.plan_lines import plan_lines  # noqa: PLC0415 - heavy libraries

    for line in plan_lines(found.plan, found.robust):
        typer.echo(line)
    typer.echo(f"Plan: {out / 'plan.html'}")
