"""The verbs of `kyphort plan`: from a case file to the folder of a plan."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from kyphort import __version__
from kyphort.clinical import ReportingQuantity
from kyphort.dosimetry import Progress, unverified
from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom import (
    BITS,
    Identity,
    PlannedNeedle,
    PrescribedDose,
    dose_object,
    hash_of,
    pdf_object,
    plan_object,
    save,
    structure_set,
)
from kyphort.planning.needle import within_applicator
from kyphort.planning.plan import Plan, make_plan
from kyphort.planning.robustness import Robustness, robustness
from kyphort.planning.summary import results_of
from kyphort.reports.dose_pages import write_results, write_tables
from kyphort.reports.drawing import save_figure
from kyphort.reports.html import NARROW_SUFFIX, render_html
from kyphort.reports.plan_pdf import render_pdf
from kyphort.workflows.plan_case import PlanCase
from kyphort.workflows.plan_drawing import Drawings, drawings_of
from kyphort.workflows.plan_page import plan_document
from kyphort.workflows.staging import staged_folder

PAGE, RESULTS, CASE = "plan.html", "results.json", "case.toml"


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """What is written beside page, tables and JSON."""

    rt_plan: bool = False
    pdf: bool = True
    dose_bits: int = 16

    def __post_init__(self) -> None:
        if self.dose_bits not in BITS:
            raise InvalidDataError(f"Doses in {self.dose_bits} bits; allowed are 16 and 32.")


@dataclass(frozen=True, slots=True, eq=False)
class PlanRun:
    """A computed plan with its case and its hash."""

    case: PlanCase
    plan: Plan
    robust: Robustness | None
    results: Mapping[str, object]
    plan_hash: str
    when: dt.datetime


def run_plan(
    case: PlanCase,
    *,
    when: dt.datetime | None = None,
    progress: Callable[[Progress], None] | None = None,
    scenario: Callable[[int, int], None] | None = None,
) -> PlanRun:
    """Compute the plan of a case, with its robustness.

    `progress` is called while photons are followed, `scenario` after each scenario with its number
    and how many there are.
    """
    plan = make_plan(case.request, progress=progress)
    robust = None
    judged = any(one.role in ("lesion", "cord", "thecal_sac") for one in plan.structures)
    if case.request.robustness.scenarios and judged:
        robust = robustness(plan, progress=scenario)
    results = _results(case, plan, robust)
    made = when or dt.datetime.now(dt.UTC)
    return PlanRun(case, plan, robust, results, hash_of_results(case.text, results), made)


def _results(case: PlanCase, plan: Plan, robust: Robustness | None) -> dict[str, object]:
    study, drawn = case.series.study, case.structure_set
    return results_of(plan, robust) | {
        "kyphort": __version__,
        "patient_id": study.patient_id,
        "series_uid": study.series_uid,
        "structure_set_uid": "" if drawn is None else drawn.instance_uid,
        "warning": "Research software, not a medical device.",
    }


def hash_of_results(case_text: str, results: Mapping[str, object]) -> str:
    """Return the SHA-256 of what was asked and what came out, hexadecimal.

    `plan_hash` and `made`, which stand beside the results in their file, do not count.
    """
    kept = {name: value for name, value in results.items() if name not in ("plan_hash", "made")}
    content = json.dumps({"case": case_text, "results": kept}, sort_keys=True, ensure_ascii=False)
    return hash_of(content)


def write_plan(run: PlanRun, out: Path, output: PlanOutput | None = None) -> None:
    """Write the folder of a plan: plan.html, tables, figures, results.json and DICOM objects.

    Raises
    ------
    OutputError
        When the folder cannot be written, or holds other files.
    """
    drawn = drawings_of(run.plan, run.robust)
    with staged_folder(out) as stage:
        write_into(run, stage, drawn, output or PlanOutput())


def write_into(run: PlanRun, stage: Path, drawn: Drawings, output: PlanOutput) -> None:
    """Write a plan's files into a folder that exists."""
    document = plan_document(
        run.plan, run.robust, title=_title(run), subtitle=_subtitle(run),
        notes=(*run.case.notes, *_source_notes(run)), provenance=_provenance(run),
    )  # fmt: skip
    made = run.when.isoformat(timespec="seconds")
    write_tables(stage, document)
    write_results(stage, {**run.results, "plan_hash": run.plan_hash, "made": made})
    figures = stage / "figures"
    figures.mkdir()
    for name, (wide, narrow) in drawn.items():
        save_figure(wide, figures, name, ("svg", "png"))
        save_figure(narrow, figures, f"{name}{NARROW_SUFFIX}", ("svg",))
    (stage / PAGE).write_text(render_html(document, figures), encoding="utf-8")
    (stage / CASE).write_text(run.case.text, encoding="utf-8")
    pdf = render_pdf(document, figures) if output.pdf else b""
    if pdf:
        (stage / "plan.pdf").write_bytes(pdf)
    _write_dicom(run, stage / "dicom", pdf, output)


def _write_dicom(run: PlanRun, folder: Path, pdf: bytes, output: PlanOutput) -> None:
    folder.mkdir()
    study = run.case.series.study
    identity = Identity(run.plan_hash, run.when)
    grid = run.plan.grid
    tissue = ~_in_needle(run.plan)
    for quantity, name in _NAMES.items():
        dose = grid.by_quantity[quantity]
        # Within the needle there is no tissue; its values would only coarsen the steps of others.
        dose = np.minimum(dose, dose[tissue].max())
        save(
            dose_object(
                dose, grid.frame, study, identity, f"dose {name}",
                comment=_MEANING[quantity], bits=output.dose_bits,
            ),
            folder / f"rtdose_{name.replace(' ', '_')}.dcm",
        )  # fmt: skip
    save(
        dose_object(
            grid.relative_uncertainty, grid.frame, study, identity, "dose uncertainty",
            comment="1 sigma / dose, without unit; NO dose.",
            relative=True, bits=output.dose_bits,
        ),
        folder / "rtdose_uncertainty.dcm",
    )  # fmt: skip
    contoured = [one for one in run.case.request.structures if one.contours]
    if contoured:
        save(structure_set(contoured, study, identity), folder / "rtstruct.dcm")
    if output.rt_plan:
        save(_rt_plan(run, identity, bool(contoured)), folder / "rtplan.dcm")
    if pdf:
        save(pdf_object(pdf, _title(run), study, identity), folder / "report_pdf.dcm")


def _in_needle(plan: Plan) -> NDArray[np.bool_]:
    frame = plan.grid.frame
    points = frame.centres_mm().reshape(-1, 3)
    inside = within_applicator(points, plan.request.needles, plan.request.applicator)
    return inside.reshape(frame.shape)


_NAMES = {
    ReportingQuantity.WATER_IN_MEDIUM: "water in medium",
    ReportingQuantity.MEDIUM: "medium",
    ReportingQuantity.WATER: "water",
}
_MEANING = {
    ReportingQuantity.WATER_IN_MEDIUM: "Dw,m: to water cavities in the tissue.",
    ReportingQuantity.MEDIUM: "Dm,m: to the tissue.",
    ReportingQuantity.WATER: "Dw,w: in water throughout.",
}


def _rt_plan(run: PlanRun, identity: Identity, contoured: bool) -> FileDataset:
    request, plan = run.case.request, run.plan
    needles, first = [], 0
    for one in request.needles:
        last = first + len(one.dwells)
        needles.append(
            PlannedNeedle(
                one.name,
                plan.irradiation.stops.positions_mm[first:last],
                plan.irradiation.minutes[first:last] * 60,
                np.array([dwell.retraction_mm for dwell in one.dwells]),
                float(np.linalg.norm(one.tip_mm - one.entry_mm)),
            )
        )
        first = last
    prescription = request.prescription
    text = (
        f"{prescription.dose_gy:g} Gy at {prescription.distance_mm:g} mm from the "
        f"{prescription.distance_reference} in water, 50 kV X-rays, no isotope"
    )
    structure_uid = identity.uid("Structures")
    if not contoured and run.case.structure_set is not None:
        structure_uid = run.case.structure_set.instance_uid
    return plan_object(
        needles, PrescribedDose(prescription.dose_gy, text), run.case.series.study, identity,
        structure_set_uid=structure_uid, dose_uid=identity.uid("dose water"),
        source_name=request.source.name,
    )  # fmt: skip


def _title(run: PlanRun) -> str:
    return f"Kypho-IORT plan of patient {run.case.series.study.patient_id or 'without number'}"


def _subtitle(run: PlanRun) -> str:
    prescription = run.case.request.prescription
    return (
        f"{prescription.dose_gy:g} Gy at {prescription.distance_mm:g} mm from the "
        f"{str(prescription.distance_reference).replace('_', ' ')}; "
        f"{run.case.request.source.name}; calibration: {run.case.request.source.calibration}"
    )


def _source_notes(run: PlanRun) -> Sequence[str]:
    open_points = unverified(run.case.request.source)
    if not open_points:
        return ()
    return (f"Parameters of the source that were not verified: {', '.join(open_points)}.",)


def _provenance(run: PlanRun) -> Sequence[tuple[str, str]]:
    request = run.case.request
    frame = run.plan.grid.frame
    return (
        ("Made by", f"kyphort {__version__}"),
        ("Made at", run.when.isoformat(timespec="seconds")),
        ("Plan hash (SHA-256)", run.plan_hash),
        ("CT series", run.case.series.study.series_uid),
        ("Dose grid", f"{frame.shape[::-1]} voxels of "
                      f"{' × '.join(f'{one:.3g}' for one in frame.spacing_mm)} mm"),
        ("Seed", str(request.precision.seed)),
        ("Source", request.source.name),
        ("Calibration", request.source.calibration),
    )  # fmt: skip
