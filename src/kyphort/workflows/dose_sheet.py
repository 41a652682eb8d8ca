"""`kyphort dose sheet`: from a prescription to one page for the theatre, with a second opinion."""

import datetime as dt
import math
from dataclasses import dataclass
from pathlib import Path

from kyphort import __version__
from kyphort.dosimetry import (
    DepthDoseTable,
    PhotonSource,
    commission,
    material,
    radial_dose,
    read_depth_dose,
    source_model,
)
from kyphort.errors import InvalidDataError, OutputError
from kyphort.reports.dose_sheet import Sheet, SheetLine, render_sheet

LARGEST_DIFFERENCE_PERCENT = 5.0
"""Beyond this the two calculations are said to disagree."""
OLDEST_CHECK_DAYS = 1
_HALF_SHELL_MM = 0.1
_HISTORIES = 400_000


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """What the sheet is asked for.

    `reference` says from where `distance_mm` counts; `tip_offset_mm` leads there from the
    isocentre. The cord's distance is from the isocentre.
    """

    table: Path
    source_serial: str
    daily_check: dt.date
    dose_gy: float
    distance_mm: float
    reference: str
    cord_distance_mm: float
    tip_offset_mm: float | None = None
    model: str = "needle"
    seed: int = 1
    threads: int = 1


@dataclass(frozen=True, slots=True)
class SheetResult:
    """The numbers of the sheet, by table and by engine, and the page."""

    time_min: float
    engine_time_min: float
    cord_gy: float
    engine_cord_gy: float
    difference_percent: float
    agrees: bool
    page: str


def theatre_sheet(order: SheetOrder, today: dt.date) -> SheetResult:
    """Calculate time and cord dose in water twice: from the table, and by the engine.

    The engine takes its output from one row of the table, the one nearest to 10 mm; with more than
    three rows the model's hardening is fitted to the table first.

    Raises
    ------
    InvalidDataError
        Without dataset, serial number or a check of today or yesterday; for an unknown reference,
        distances outside the table, or a dose that is not positive.
    """
    table = read_depth_dose(order.table)
    _check(order, table, today)
    distance = _from_isocentre(order)
    rate = float(table.rate_at(distance))
    cord_rate = float(table.rate_at(order.cord_distance_mm))
    time = order.dose_gy / rate
    engine, engine_cord = _engine_rates(order, table, distance)
    engine_time = order.dose_gy / engine
    difference = 100 * (engine_time / time - 1)
    cord, cord_by_engine = time * cord_rate, time * engine_cord
    agrees = max(abs(difference), abs(100 * (cord_by_engine / cord - 1))) <= (
        LARGEST_DIFFERENCE_PERCENT
    )
    lines = (
        _line("Irradiation time [min]", time, engine_time),
        _line(f"Dose rate at {distance:g} mm [Gy/min]", rate, engine),
        _line(f"Cord dose in water at {order.cord_distance_mm:g} mm [Gy]", cord, cord_by_engine),
    )
    sheet = Sheet(
        title="Kypho-IORT: irradiation time",
        time=f"{_clock(time)} min",
        facts=_facts(order, table, distance),
        lines=lines,
        warnings=_warnings(agrees),
        made=f"kyphort {__version__}, {today.isoformat()}.",
    )
    return SheetResult(
        time, engine_time, cord, cord_by_engine, difference, agrees, render_sheet(sheet)
    )


def write_sheet(path: Path, page: str) -> None:
    """Write the page beside its place and move it there, so that no half page can be printed.

    Raises
    ------
    OutputError
        When the place cannot be written to.
    """
    apart = path.with_name(f".{path.name}.part")
    try:
        apart.write_text(page, encoding="utf-8")
        apart.replace(path)
    except OSError as error:
        apart.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror}). Choose a folder that exists."
        ) from error


def _check(order: SheetOrder, table: DepthDoseTable, today: dt.date) -> None:
    if not order.source_serial.strip():
        raise InvalidDataError(
            "No sheet without the serial number of the source. Give --serial as on the source."
        )
    age = (today - order.daily_check).days
    if not 0 <= age <= OLDEST_CHECK_DAYS:
        raise InvalidDataError(
            f"The daily check is of {order.daily_check.isoformat()}, {age} days before today; "
            f"allowed are 0 to {OLDEST_CHECK_DAYS}. Do the check of the source first."
        )
    if not (math.isfinite(order.dose_gy) and order.dose_gy > 0):
        raise InvalidDataError(f"A dose of {order.dose_gy} Gy; allowed are values above 0.")


def _from_isocentre(order: SheetOrder) -> float:
    if order.reference == "isocentre":
        return order.distance_mm
    if order.reference in ("applicator tip", "applicator surface"):
        if order.tip_offset_mm is None:
            raise InvalidDataError(
                f"The distance counts from the {order.reference}. Give --tip-offset, the way from "
                "the isocentre to it in this direction [mm]."
            )
        return order.distance_mm + order.tip_offset_mm
    raise InvalidDataError(
        f"The reference of the distance is '{order.reference}'; allowed are isocentre, applicator "
        "tip and applicator surface. Ask who prescribed: 3 mm are a factor of two."
    )


def _engine_rates(order: SheetOrder, table: DepthDoseTable, distance: float) -> tuple[float, float]:
    """Return the dose rates at prescription and cord by Monte Carlo, calibrated in one point."""
    model = source_model(order.model)
    hardened = commission(model, table).source if len(table.distance_mm) > 3 else model
    anchor = float(min(table.distance_mm, key=lambda r: abs(math.log(r / 10))))
    at = [_dose(hardened, r, order) for r in (anchor, distance, order.cord_distance_mm)]
    rate = float(table.rate_at(anchor))
    return rate * at[1] / at[0], rate * at[2] / at[0]


def _dose(source: PhotonSource, distance: float, order: SheetOrder) -> float:
    shell = radial_dose(
        source, material("water"), [distance - _HALF_SHELL_MM, distance + _HALF_SHELL_MM],
        half_size_mm=100.0, histories=_HISTORIES, seed=order.seed, threads=order.threads,
    )  # fmt: skip
    return float(shell.dose_gy[0])


def _facts(
    order: SheetOrder, table: DepthDoseTable, distance: float
) -> tuple[tuple[str, str], ...]:
    return (
        ("Prescribed dose (in water)", f"{order.dose_gy:g} Gy"),
        ("Prescribed distance", f"{order.distance_mm:g} mm from the {order.reference}"),
        ("Distance from the isocentre", f"{distance:g} mm"),
        ("Distance of the cord from the isocentre", f"{order.cord_distance_mm:g} mm"),
        ("Calibration dataset", table.dataset),
        ("Tube current", f"{table.current_ma:g} mA"),
        ("Source, serial number", order.source_serial),
        ("Second calculation", f"Monte Carlo in water, model '{order.model}'"),
        ("Daily check of the source", order.daily_check.isoformat()),
    )


def _line(quantity: str, from_table: float, from_engine: float) -> SheetLine:
    difference = 100 * (from_engine / from_table - 1)
    table, engine = (f"{value:#.3g}".rstrip(".") for value in (from_table, from_engine))
    return SheetLine(quantity, table, engine, f"{difference:+.1f} %")


def _warnings(agrees: bool) -> tuple[str, ...]:
    fixed = (
        "Doses are to water. In bone that is intact the cord gets less, tumour cells in marrow "
        "less than half; half a millimetre of distance is about a tenth of the dose.",
    )
    if agrees:
        return fixed
    return (
        f"The two calculations differ by more than {LARGEST_DIFFERENCE_PERCENT:g} %. Do not "
        "irradiate before the reason is known.",
        *fixed,
    )


def _clock(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 60}:{seconds % 60:02d}"
