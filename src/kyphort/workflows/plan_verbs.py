"""The smaller verbs of `kyphort plan`: new case, optimum, histograms, clean copies."""

import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kyphort.errors import InvalidDataError, OutputError
from kyphort.exchange.dicom import (
    Pseudonym,
    deidentify_folder,
    list_series,
    read_ct,
    read_dose,
    read_structures,
)
from kyphort.planning.dvh import DoseVolume, dose_volume, samples_of, trilinear
from kyphort.planning.optimise import Optimum, optimise
from kyphort.planning.plan import make_plan
from kyphort.planning.structures import Role, role_of_name
from kyphort.workflows.plan_case import PlanCase

_DVH_FINE_MM = 0.5


def new_case(place: Path, out: Path, *, structures: Path | None = None, series: str = "") -> str:
    """Write a case file for a CT folder, to be completed; return what was found, in words.

    Raises
    ------
    InvalidDataError
        As for reading the series and the structure set.
    OutputError
        When the file exists or cannot be written.
    """
    found = read_ct(place, series_uid=series)
    if structures is None:
        drawn = [one for one in list_series(place) if one.modality == "RTSTRUCT"]
        if len(drawn) == 1 and len(drawn[0].files) == 1:
            structures = drawn[0].files[0]
    lines = ["# Complete the needle, check every line, then: kyphort plan run FILE --out FOLDER"]
    lines += ["[ct]", f"folder = {_quoted(_relative(place, out))}"]
    lines += [f"series = {_quoted(found.study.series_uid)}"]
    lines += ["cone_beam = true"] * found.image.is_cone_beam
    lines += ["contrast = true"] * found.contrast
    if structures is not None:
        names = [one.name for one in read_structures(structures, found).structures]
        lines += ["", "[structures]", f"file = {_quoted(_relative(structures, out))}"]
        lines += ["[structures.roles]", f"# one of {', '.join(Role)}"]
        lines += [f"{_quoted(name)} = {_quoted(role_of_name(name))}" for name in names]
    lines += [
        "", "[prescription]", "dose_gy = 8.0", "distance_mm = 13.0",
        'reference = "isocentre"  # or applicator_tip, applicator_surface', "",
        "[source]", 'model = "needle"', '# table = "our_table.csv"  # your own', "",
        "# [earlier]", "# cord_dose_gy = 30.0", "# cord_fractions = 10", "",
        "# [tissue]", '# metal = "spongiosa"  # what a metal sleeve is during the irradiation',
        '# cement = "red_marrow"  # what was where the cement now is', "",
        "# Patient coordinates (LPS) in mm; or entry_voxel and tip_voxel, [column, row, slice].",
        "[[needle]]", 'name = "left pedicle"', "# entry_mm = [x, y, z]", "# tip_mm = [x, y, z]",
    ]  # fmt: skip
    if out.exists():
        raise OutputError(f"{out} exists already. Give another name, or remove it.")
    _write_whole(out, "\n".join(lines) + "\n")
    shape = found.image.frame.shape
    return (
        f"{shape[0]} slices of {shape[1]} × {shape[2]} pixels, "
        f"{' × '.join(f'{one:.3g}' for one in found.image.frame.spacing_mm)} mm"
        + ("" if structures is None else f"; structures of {structures.name}")
    )


def optimised(case: PlanCase, *, most_minutes: float) -> tuple[Optimum, tuple[str, ...]]:
    """Return the best times of a case's stops, and the stops' names.

    Raises
    ------
    InvalidDataError
        For a longest time that is not positive, and as for a plan.
    """
    if not (math.isfinite(most_minutes) and 0 < most_minutes <= 120):
        raise InvalidDataError(
            f"A longest time of {most_minutes} min; allowed are values above 0, up to 120."
        )
    plan = make_plan(case.request)
    return optimise(plan, most_minutes=most_minutes), plan.irradiation.stops.labels


def histograms_of_files(dose: Path, structures: Path, ct: Path) -> Sequence[tuple[str, DoseVolume]]:
    """Return the histogram of each structure in an RT Dose, of this or another program.

    The dose is trilinear between its points; structures are cut into parts of 0.5 mm.

    Raises
    ------
    InvalidDataError
        When the files do not belong together, or cannot be read.
    """
    series, grid = read_ct(ct), read_dose(dose)
    if grid.frame_of_reference != series.study.frame_of_reference:
        raise InvalidDataError(
            f"{dose.name} lies in another frame of reference than the CT series. Give the dose of "
            "this series."
        )
    if grid.units != "GY":
        raise InvalidDataError(f"{dose.name} is in units '{grid.units}'; allowed is GY.")
    found = []
    for one in read_structures(structures, series).structures:
        if not grid.frame.holds(one.points_mm()).any():
            continue
        samples = samples_of(one, grid.frame, fine_mm=_DVH_FINE_MM)
        place = grid.frame.to_index(samples.points_mm)
        place = np.clip(place, 0, np.array(grid.frame.shape[::-1]) - 1)
        values = np.maximum(trilinear(grid.values, place), 0.0)
        found.append((one.name, dose_volume(values, samples.volume_cm3)))
    return found


def deidentified_copies(
    place: Path, out: Path, patient_id: str, secret: str | None
) -> tuple[int, tuple[str, ...]]:
    """Write de-identified copies of a folder's objects into a new folder.

    Raises
    ------
    InvalidDataError
        For an empty pseudonym, and as for the objects. Nothing is written.
    OutputError
        When the folder exists already.
    """
    if not patient_id.strip():
        raise InvalidDataError("The pseudonym is empty. Give the patient's number of the registry.")
    if out.exists():
        raise OutputError(f"{out} exists already. Give a new folder.")
    name = Pseudonym(patient_id, secret) if secret else Pseudonym(patient_id)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as stage:
        inner = Path(stage) / out.name
        inner.mkdir()
        found = deidentify_folder(place, inner, name)
        inner.rename(out)
    return found


def _write_whole(path: Path, text: str) -> None:
    beside = path.parent / f".{path.name}.new"
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        beside.unlink(missing_ok=True)


def _relative(path: Path, case: Path) -> str:
    return Path(os.path.relpath(path.resolve(), case.resolve().parent)).as_posix()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
