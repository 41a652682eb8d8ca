"""`kyphort plan demo`: a digital vertebra as DICOM, planned as a patient would be."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kyphort.dosimetry import Progress
from kyphort.exchange.dicom import Identity, hash_of, save, structure_set, write_synthetic_ct
from kyphort.planning.digital import (
    LESION_CENTRE_MM,
    PEDICLE_X_MM,
    demo_frame,
    digital_structures,
    digital_vertebra,
)
from kyphort.planning.needle import Applicator
from kyphort.workflows.plan import PlanOutput, PlanRun, run_plan, write_into
from kyphort.workflows.plan_case import read_case
from kyphort.workflows.plan_drawing import drawings_of
from kyphort.workflows.staging import staged_folder

PATIENT = "SYNTHETIC-1"
MADE = dt.datetime(2026, 11, 2, 10, 0, tzinfo=dt.UTC)
"""When the synthetic scanner made the image."""
_ENTRY_Y_MM = 74.0


def demo(
    out: Path,
    *,
    scenarios: int = 200,
    voxels: tuple[int, int, int] = (80, 256, 256),
    seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
    scenario: Callable[[int, int], None] | None = None,
) -> PlanRun:
    """Write the digital vertebra as CT series and structure set, plan it, write the plan.

    The folder holds `input/` (ct/, rtstruct.dcm, case.toml) beside the plan's own files, so that
    `kyphort plan run input/case.toml` repeats it.
    """
    with staged_folder(out) as stage:
        case_file = write_case(stage / "input", scenarios=scenarios, voxels=voxels, seed=seed)
        run = run_plan(read_case(case_file), progress=progress, scenario=scenario)
        write_into(run, stage, drawings_of(run.plan, run.robust), PlanOutput(rt_plan=True))
    return run


def write_case(
    folder: Path, *, scenarios: int = 200, voxels: tuple[int, int, int] = (80, 256, 256),
    seed: int = 1,
) -> Path:  # fmt: skip
    """Write image, structures and case file of the digital vertebra; return the case file."""
    folder.mkdir(parents=True)
    image = digital_vertebra(demo_frame(voxels), seed=seed)
    name = f"demo {seed} {voxels}"
    study = write_synthetic_ct(image, folder / "ct", patient_id=PATIENT, when=MADE, seed=name)
    structures, slices = digital_structures(image.frame)
    instances = [instance for _, instance in study.instances]
    drawn = structure_set(
        structures, study, Identity(hash_of(name), MADE),
        slice_of={key: [instances[k] for k in numbers] for key, numbers in slices.items()},
        label="Digital",
    )  # fmt: skip
    save(drawn, folder / "rtstruct.dcm")
    case = folder / "case.toml"
    case.write_text(_case_text(scenarios), encoding="utf-8")
    return case


def _case_text(scenarios: int) -> str:
    entry, tip = needle_through_pedicle()
    return f"""# The digital vertebra: synthetic, does not describe a person.
[ct]
folder = "ct"

[structures]
file = "rtstruct.dcm"

[prescription]
dose_gy = 8.0
distance_mm = 13.0
reference = "isocentre"

[[needle]]
name = "left pedicle"
entry_mm = {_list(entry)}
tip_mm = {_list(tip)}

[robustness]
scenarios = {scenarios}
"""


def needle_through_pedicle() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]:
    """Return entry and tip of a needle through the left pedicle, its isocentre in the lesion."""
    pedicle = np.array([PEDICLE_X_MM, 20.0, LESION_CENTRE_MM[2]])
    way = LESION_CENTRE_MM - pedicle
    way /= np.linalg.norm(way)
    tip = LESION_CENTRE_MM + Applicator().tip_beyond_isocentre_mm * way
    entry = tip - (_ENTRY_Y_MM - tip[1]) / -way[1] * way
    return entry, tip


def _list(point: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return f"[{', '.join(f'{value:.2f}' for value in point)}]"
