"""The case file: what a plan follows from, as TOML; every line has a default but the needle."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from kyphort.clinical import DistanceReference, Prescription
from kyphort.dosimetry import hounsfield_curve
from kyphort.errors import InvalidDataError
from kyphort.exchange.dicom import CtSeries, StructureSet, read_ct, read_structures
from kyphort.exchange.label_map import read_label_map
from kyphort.planning.biology import Biology, eqd2_of_fractions
from kyphort.planning.dose import Precision
from kyphort.planning.limits import read_limits
from kyphort.planning.needle import Applicator, Dwell, Needle
from kyphort.planning.request import DEFAULT_BIOLOGY, PlanRequest, RobustnessChoices
from kyphort.planning.structures import Role, Structure
from kyphort.planning.tissue import TissueChoices
from kyphort.workflows.dose import chosen_source

T = TypeVar("T")
_TABLES: Mapping[str, frozenset[str]] = {
    "ct": frozenset({"folder", "series", "cone_beam", "contrast"}),
    "structures": frozenset({"file", "label_map", "labels", "roles"}),
    "prescription": frozenset({"dose_gy", "distance_mm", "reference"}),
    "source": frozenset({"model", "table"}),
    "applicator": frozenset(
        {"tip_beyond_isocentre_mm", "diameter_mm", "window_mm", "shaft_shadow"}
    ),
    "tissue": frozenset(
        {"method", "curve", "metal", "metal_hu", "cement", "cement_hu", "by_structure"}
    ),
    "biology": frozenset(Role),
    "earlier": frozenset({"cord_dose_gy", "cord_fractions"}),
    "limits": frozenset({"file"}),
    "precision": frozenset({"cord", "sphere", "seed", "threads", "dose_grid_mm", "region_mm"}),
    "robustness": frozenset(
        {"scenarios", "tip_sigma_mm", "angle_sigma_deg", "calibration_sigma", "seed",
         "recalculated"}
    ),
}  # fmt: skip
_NEEDLE = frozenset({"name", "entry_mm", "tip_mm", "entry_voxel", "tip_voxel", "dwell"})
_DWELL = frozenset({"retraction_mm", "weight"})
_BIOLOGY = frozenset({"rbe", "alpha_beta_gy", "repair_half_time_min"})


@dataclass(frozen=True, slots=True, eq=False)
class PlanCase:
    """A case as read: the request, the CT it lies on, its structure set, and notes."""

    request: PlanRequest
    series: CtSeries
    structure_set: StructureSet | None
    notes: tuple[str, ...]
    text: str


def read_case(path: Path) -> PlanCase:
    """Return the case of a TOML file; paths in it count from its folder.

    Raises
    ------
    InvalidDataError
        When it cannot be read, has an unknown entry or an impossible value, and for whatever is
        wrong with the files it names.
    """
    try:
        text = path.read_text(encoding="utf-8")
        fields = tomllib.loads(text)
    except OSError as error:
        raise InvalidDataError(
            f"{path} cannot be read ({error.strerror}). Give the case file; `kyphort plan new` "
            "writes one."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidDataError(
            f"{path} is not a TOML file ({error}). Correct that line."
        ) from error
    _check_entries(path, fields)
    return _case(path, fields, text)


def _case(path: Path, fields: Mapping[str, Any], text: str) -> PlanCase:
    home = path.parent
    ct = fields.get("ct", {})
    series = read_ct(home / str(ct.get("folder", "ct")), series_uid=str(ct.get("series", "")))
    image = replace(series.image, is_cone_beam=ct.get("cone_beam", series.image.is_cone_beam))
    structures, structure_set, notes = _structures(home, fields.get("structures", {}), series)
    prescription = fields.get("prescription", {})
    source = fields.get("source", {})
    precision = dict(fields.get("precision", {}))
    grid = {key: precision.pop(key) for key in ("dose_grid_mm", "region_mm") if key in precision}
    table = source.get("table")
    chosen = chosen_source(str(source.get("model", "needle")), None if not table else home / table)
    limits = fields.get("limits", {}).get("file")
    request = PlanRequest(
        image=image,
        structures=structures,
        needles=_needles(path, fields.get("needle", []), series),
        prescription=Prescription(
            float(prescription.get("dose_gy", 8.0)),
            float(prescription.get("distance_mm", 13.0)),
            _reference(path, prescription.get("reference", "isocentre")),
            calibration_dataset=chosen.calibration,
        ),
        source=chosen,
        limits=read_limits(None if not limits else home / str(limits)),
        applicator=_made(path, "applicator", Applicator, fields.get("applicator", {})),
        tissue=_tissue(path, home, fields.get("tissue", {}), series, ct),
        biology=_biology(path, fields.get("biology", {})),
        earlier_cord_eqd2_gy=_earlier(path, fields),
        precision=_made(path, "precision", Precision, precision),
        robustness=_made(path, "robustness", RobustnessChoices, fields.get("robustness", {})),
        **grid,
    )
    return PlanCase(request, series, structure_set, (*series.notes, *notes), text)


def _check_entries(path: Path, fields: Mapping[str, Any]) -> None:
    allowed = {*_TABLES, "needle"}
    for name, table in fields.items():
        if name not in allowed:
            raise _unknown(path, name, allowed)
        if name == "needle":
            continue
        if not isinstance(table, Mapping):
            raise InvalidDataError(f"{path}: '{name}' must be a table, [{name}].")
        for key in table:
            if key not in _TABLES[name]:
                raise _unknown(path, f"{name}.{key}", _TABLES[name])


def _unknown(
    path: Path, what: str, allowed: Sequence[str] | set[str] | frozenset[str]
) -> InvalidDataError:
    return InvalidDataError(
        f"{path}: unknown entry '{what}'. Allowed are {', '.join(sorted(allowed))}."
    )


def _made(path: Path, name: str, kind: Callable[..., T], fields: Mapping[str, Any]) -> T:
    try:
        return kind(**fields)
    except InvalidDataError:
        raise
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"{path}, [{name}]: {error}. Correct the value.") from error


def _structures(
    home: Path, fields: Mapping[str, Any], series: CtSeries
) -> tuple[tuple[Structure, ...], StructureSet | None, tuple[str, ...]]:
    roles = {str(name): _role(str(role)) for name, role in fields.get("roles", {}).items()}
    if "file" in fields and "label_map" in fields:
        raise InvalidDataError(
            "[structures] names a file and a label_map. Give one: they may differ."
        )
    if "label_map" in fields:
        labels = {int(key): str(name) for key, name in fields.get("labels", {}).items()}
        found = read_label_map(home / str(fields["label_map"]), labels, roles=roles)
        return found, None, ()
    if "file" not in fields:
        return (), None, ("No structures were given: only distances and isodoses are reported.",)
    structure_set = read_structures(home / str(fields["file"]), series, roles=roles)
    return structure_set.structures, structure_set, structure_set.notes


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise InvalidDataError(
            f"[structures.roles]: there is no role '{name}'. There are {', '.join(Role)}."
        ) from error


def _reference(path: Path, name: object) -> DistanceReference:
    try:
        return DistanceReference(str(name))
    except ValueError as error:
        raise InvalidDataError(
            f"{path}, [prescription] reference '{name}'; allowed are isocentre, applicator_tip "
            "and applicator_surface."
        ) from error


def _needles(path: Path, entries: object, series: CtSeries) -> tuple[Needle, ...]:
    if not isinstance(entries, list) or not entries:
        raise InvalidDataError(
            f"{path} has no needle. Add [[needle]] with entry_mm and tip_mm, each [x, y, z] in "
            "patient coordinates (LPS, mm), or entry_voxel and tip_voxel, [column, row, slice]."
        )
    return tuple(_needle(path, n, one, series) for n, one in enumerate(entries, start=1))


def _needle(path: Path, number: int, entry: Mapping[str, Any], series: CtSeries) -> Needle:
    for key in entry:
        if key not in _NEEDLE:
            raise _unknown(path, f"needle.{key}", _NEEDLE)
    points = {}
    for end in ("entry", "tip"):
        given = [key for key in (f"{end}_mm", f"{end}_voxel") if key in entry]
        if len(given) != 1:
            raise InvalidDataError(
                f"{path}, needle {number}: give one of {end}_mm (x, y, z) and {end}_voxel "
                "(column, row, slice)."
            )
        place = _three(path, number, given[0], entry[given[0]])
        frame = series.image.frame
        points[end] = np.asarray(
            frame.to_points(place) if given[0].endswith("voxel") else place, dtype=np.float64
        )
    dwells = entry.get("dwell", [{}])
    for one in dwells:
        for key in one:
            if key not in _DWELL:
                raise _unknown(path, f"needle.dwell.{key}", _DWELL)
    return Needle(
        str(entry.get("name", f"needle {number}")),
        points["entry"],
        points["tip"],
        tuple(_made(path, "needle.dwell", Dwell, one) for one in dwells),
    )


def _three(path: Path, number: int, name: str, given: object) -> list[float]:
    try:
        values = [float(one) for one in given]  # type: ignore[attr-defined] # checked by float
    except (TypeError, ValueError):
        values = []
    if len(values) != 3:
        raise InvalidDataError(
            f"{path}, needle {number}: {name} is {given}; allowed are three numbers."
        )
    return values


def _tissue(
    path: Path, home: Path, fields: Mapping[str, Any], series: CtSeries, ct: Mapping[str, Any]
) -> TissueChoices:
    given = dict(fields)
    curve = given.pop("curve", None)
    if curve is not None:
        file, _, name = str(curve).rpartition(":")
        given["curve"] = hounsfield_curve(home / file if file else None, name)
    given["contrast"] = bool(ct.get("contrast", series.contrast))
    return _made(path, "tissue", TissueChoices, given)


def _biology(path: Path, fields: Mapping[str, Any]) -> dict[Role, Biology]:
    found = dict(DEFAULT_BIOLOGY)
    for name, entry in fields.items():
        for key in entry:
            if key not in _BIOLOGY:
                raise _unknown(path, f"biology.{name}.{key}", _BIOLOGY)
        start = found.get(Role(name), found[Role.OTHER])
        found[Role(name)] = _made(
            path, f"biology.{name}", Biology,
            {key: entry.get(key, getattr(start, key)) for key in _BIOLOGY},
        )  # fmt: skip
    return found


def _earlier(path: Path, fields: Mapping[str, Any]) -> float:
    earlier = fields.get("earlier", {})
    dose, fractions = earlier.get("cord_dose_gy", 0.0), earlier.get("cord_fractions", 1)
    biology = _biology(path, fields.get("biology", {}))[Role.CORD]
    return eqd2_of_fractions(float(dose), int(fractions), biology.alpha_beta_gy)
