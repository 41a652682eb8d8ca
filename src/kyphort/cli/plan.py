"""`kyphort plan`: from the CT and the needle to the irradiation time, the dose and the record."""

import datetime as dt
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
def run(
    case: Case,
    *,
    out: Out,
    rt_plan: RtPlan = False,
    dose_bits: Annotated[int, typer.Option(help="16 or 32: how finely RT Dose stores.")] = 16,
) -> None:
    """Plan a case: times, doses, limits, robustness. Exits with 1 when a limit is not kept."""
    from kyphort.workflows.plan import PlanOutput, run_plan, write_plan  # noqa: PLC0415
    from kyphort.workflows.plan_case import read_case  # noqa: PLC0415

    found = run_plan(read_case(case), progress=_photons(), scenario=_scenarios())
    write_plan(found, out, PlanOutput(rt_plan=rt_plan, dose_bits=dose_bits))
    _show(found, out)
    if any(not one.passed for one in found.plan.verdicts):
        raise typer.Exit(LIMITS_NOT_KEPT)


@app.command("new")
def new(
    ct: Annotated[Path, typer.Argument(help="Folder of the CT series.")],
    *,
    out: Annotated[Path, typer.Option(help="Case file to write.")] = Path("case.toml"),
    structures: Annotated[
        Path | None, typer.Option(help="RT Structure Set; found in the folder when alone.")
    ] = None,
    series: Annotated[
        str, typer.Option(help="End of the series' UID, when there are several.")
    ] = "",
) -> None:
    """Write a case file for a CT folder, with the structures and their roles."""
    from kyphort.workflows.plan_verbs import new_case  # noqa: PLC0415 - heavy libraries

    found = new_case(ct, out, structures=structures, series=series)
    typer.echo(f"{found}. Complete the needle in {out}.")


@app.command("optimise")
def optimise(
    case: Case,
    *,
    most_minutes: Annotated[float, typer.Option(help="Longest time [min].")] = 30.0,
) -> None:
    """Find the times that cover the lesion best while every limit on organs is kept."""
    from kyphort.workflows.plan_case import read_case  # noqa: PLC0415 - heavy libraries
    from kyphort.workflows.plan_verbs import optimised  # noqa: PLC0415

    best, labels = optimised(read_case(case), most_minutes=most_minutes)
    for label, minutes in zip(labels, best.minutes, strict=True):
        typer.echo(f"{label}: {minutes:.2f} min")
    if best.distance_mm is not None:
        typer.echo(
            f"As if the dose were prescribed at {best.distance_mm:.1f} mm from the isocentre."
        )
    typer.echo(
        f"Lesion under its worst assumption: D90 {best.lesion_d90_gy:.2f} Gy, V100 "
        f"{best.lesion_v100_percent:.1f} %. Bound by {best.bound_by}."
    )
    typer.echo("Research software, not a medical device.")


@app.command("accept")
def accept(
    plan: Annotated[Path, typer.Argument(help="Folder of the plan.")],
    *,
    patient: Annotated[str, typer.Option(help="Patient of the record, for example P017.")],
    level: Annotated[str, typer.Option(help="Treated level, for example T12.")],
    registry: Annotated[
        str | None, typer.Option(help="Registry file or postgresql:// that holds the vertebra.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Or a data set (folder) that does.")] = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of the procedure, when there are several."),
    ] = None,
    who: Annotated[
        str | None, typer.Option("--as", metavar="USER", help="Name in the audit trail.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the change.")] = "plan accepted",
    despite_limits: Annotated[
        bool, typer.Option("--despite-limits", help="Accept although a limit is not kept.")
    ] = False,
) -> None:
    """Write the plan's dose summary into the record of the treated vertebra."""
    from kyphort.workflows import plan_accept  # noqa: PLC0415 - heavy libraries

    record = plan_accept.Record(patient, level, None if date is None else date.date())
    if (registry is None) == (data is None):
        raise typer.BadParameter("Give one of --registry and --data.")
    if registry is not None:
        found = plan_accept.accept_into_registry(
            plan, registry, record, who=who, reason=reason, despite_limits=despite_limits
        )
    else:
        found = plan_accept.accept_into_data(
            plan, Path(data or ""), record, despite_limits=despite_limits
        )
    for note in found.notes:
        typer.echo(f"Note: {note}")
    typer.echo(f"Dose summary of {found.summary.vertebra_id} written into {registry or data}.")


@app.command("dvh")
def dvh(
    dose: Annotated[Path, typer.Argument(help="RT Dose.")],
    structures: Annotated[Path, typer.Argument(help="RT Structure Set.")],
    ct: Annotated[Path, typer.Argument(help="Folder of the CT series.")],
) -> None:
    """Show volumes and doses of structures in an RT Dose, of kyphort or another program."""
    from kyphort.workflows.plan_verbs import histograms_of_files  # noqa: PLC0415 - heavy

    typer.echo(
        f"{'structure':<20}{'cm³':>10}{'mean':>10}{'D98':>10}{'D90':>10}{'D2':>10}{'D0.03cc':>10}"
    )
    for name, found in histograms_of_files(dose, structures, ct):
        doses = [
            found.mean_gy, *(found.dose_at_percent(one) for one in (98, 90, 2)),
            found.dose_at_cm3(0.03),
        ]  # fmt: skip
        typer.echo(
            f"{name:<20}{found.total_cm3:>10.3f}" + "".join(f"{one:>10.3f}" for one in doses)
        )


@app.command("deidentify")
def deidentify(
    place: Annotated[Path, typer.Argument(help="Folder of DICOM objects.")],
    *,
    out: Annotated[Path, typer.Option(help="New folder for the copies.")],
    patient_id: Annotated[str, typer.Option(help="The patient's number in the registry.")],
    key: Annotated[
        str | None,
        typer.Option(help="Secret that makes UIDs repeatable; without it they are random."),
    ] = None,
) -> None:
    """Copy objects without names, dates and private elements (DICOM PS3.15, basic profile)."""
    from kyphort.workflows.plan_verbs import deidentified_copies  # noqa: PLC0415 - heavy

    written, left_out = deidentified_copies(place, out, patient_id, key)
    for sentence in left_out:
        typer.echo(f"Left out: {sentence}")
    typer.echo(f"{written} objects in {out}. Look at the images: a face or a scar identifies too.")


@app.command("limits")
def limits() -> None:
    """Show the shipped limits, to be copied and changed."""
    from kyphort.planning.limits import limits_text  # noqa: PLC0415 - heavy libraries

    typer.echo(limits_text())


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
    from kyphort.workflows.plan_lines import plan_lines  # noqa: PLC0415 - heavy libraries

    for line in plan_lines(found.plan, found.robust):
        typer.echo(line)
    typer.echo(f"Plan: {out / 'plan.html'}")
