"""Reading one [[curve]]: landmarks, risk table, events, limits, digitised coordinates."""

import csv
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from kyphort.published.specification.fields import (
    count_list,
    known_name,
    optional_count,
    optional_printed,
    printed_list,
)
from kyphort.published.specification.printed import Printed
from kyphort.published.specification.values import Curve, RiskConvention, RowUnit, Specification
from kyphort.published.toml_fields import Fields

_NAMES = (
    *("id", "endpoint", "group", "events_total", "times", "survival", "failure", "at_risk"),
    *("events", "interval_events", "lower", "upper", "limits", "unit", "risk_convention"),
    *("median", "coordinates", "coordinate_tolerance"),
)
_UNITS = {"%": 100.0, "fraction": 1.0}
LIMITS = ("log-log", "log", "plain")
_NOT_REACHED = ("not reached", "nr", "n.r.", "not estimable", "ne")


def read_curve(fields: Fields, read: Specification) -> Curve:
    """Return the curve of one [[curve]] table; its size is that of its group or of everybody."""
    _refuse_limits_of_median(fields)
    fields.allow(*_NAMES)
    endpoint, group = fields.text("endpoint"), fields.optional_text("group")
    known_name(fields, "endpoint", endpoint, [one.id for one in read.endpoints])
    if group:
        known_name(fields, "group", group, [one.id for one in read.groups])
    times = _times(fields)
    shown = "failure" if fields.has("failure") else "survival"
    unit = fields.optional_text("unit") or "%"
    if unit not in _UNITS:
        raise fields.error(f"field 'unit' is '{unit}'", 'Allowed: "%", "fraction".')
    survival = printed_list(fields, shown, len(times))
    _refuse_fractions(fields, shown, survival)
    not_reached = _is_not_reached(fields)
    limits = fields.optional_text("limits") or "log-log"
    if limits not in LIMITS:
        raise fields.error(f"field 'limits' is '{limits}'", f"Allowed: {', '.join(LIMITS)}.")
    return Curve(
        id=fields.text("id"),
        endpoint=endpoint,
        group=group,
        n=_size(fields, read, endpoint, group),
        events_total=optional_count(fields, "events_total"),
        times=times,
        survival=survival,
        at_risk=count_list(fields, "at_risk", len(times)),
        events=_events_so_far(fields, len(times)),
        lower=printed_list(fields, "lower", len(times)),
        upper=printed_list(fields, "upper", len(times)),
        limits=limits,
        unit_of_print=_UNITS[unit],
        shows_failure=shown == "failure",
        risk_convention=(
            fields.choice("risk_convention", RiskConvention)
            if fields.has("risk_convention")
            else RiskConvention.AT_LEAST
        ),
        median=None if not_reached else optional_printed(fields, "median"),
        median_not_reached=not_reached,
        coordinates=_coordinates(fields),
        coordinate_tolerance=(
            fields.number("coordinate_tolerance") if fields.has("coordinate_tolerance") else 0.005
        ),
    )


def _refuse_limits_of_median(fields: Fields) -> None:
    for name in ("median_lower", "median_upper", "median_limits"):
        if fields.has(name):
            raise fields.error(
                f"field '{name}'",
                "Limits of a median are not checked or rebuilt. Write them into 'note'.",
            )


def _refuse_fractions(fields: Fields, shown: str, survival: Sequence[Printed | None]) -> None:
    """Refuse survival such as 0.92 when nothing says that it is not 0.92 per cent."""
    printed = [one for one in survival if one is not None]
    small = printed and all(one.value <= 1 for one in printed)
    if shown == "survival" and small and any(one.decimals for one in printed):
        if fields.has("unit"):
            return
        raise fields.error(
            f"survival is {printed[0]} per cent",
            'Add unit = "fraction" when it is a fraction, unit = "%" when it is right so.',
        )


def _is_not_reached(fields: Fields) -> bool:
    value = fields.value("median") if fields.has("median") else None
    return isinstance(value, str) and value.strip().lower() in _NOT_REACHED


def _events_so_far(fields: Fields, length: int) -> tuple[int | None, ...]:
    """Return events up to each time: as given, or added up from those between the times."""
    if not fields.has("interval_events"):
        return count_list(fields, "events", length)
    if fields.has("events"):
        raise fields.error("fields 'events' and 'interval_events'", "Give one of them.")
    between = [one for one in count_list(fields, "interval_events", length) if one is not None]
    if len(between) < length:
        raise fields.error(
            "field 'interval_events' has a gap",
            "Give the events from one time to the next for all times, or use 'events'.",
        )
    return tuple(accumulate(between))


def _size(fields: Fields, read: Specification, endpoint: str, group: str) -> int:
    unit = read.endpoint(endpoint).unit
    if not group:
        return read.size(unit)
    found = read.group(group)
    if found.unit is RowUnit.UNIT and unit is RowUnit.PATIENT:
        raise fields.error(
            f"endpoint '{endpoint}' counts patients, group '{group}' counts units",
            "Give a group of patients.",
        )
    return found.n


def _times(fields: Fields) -> tuple[float, ...]:
    values = fields.required("times", list) if fields.has("times") else []
    numbers = [float(one) for one in values if type(one) in (int, float)]
    if len(numbers) != len(values) or any(
        not later > earlier for earlier, later in zip([-1e-9, *numbers], numbers, strict=False)
    ):
        raise fields.error(f"field 'times' is {values!r}", "Allowed: ascending numbers, 0 or more.")
    return tuple(numbers)


def _coordinates(fields: Fields) -> tuple[tuple[float, float], ...]:
    """Read digitised points: a list of pairs, or the name of a CSV file with time and survival."""
    if not fields.has("coordinates"):
        return ()
    given = fields.required("coordinates", list, str)
    rows = _rows_of_file(fields, Path(given)) if isinstance(given, str) else given
    try:
        points = tuple((float(time), float(survival)) for time, survival in rows)
    except (TypeError, ValueError):
        raise fields.error(
            "field 'coordinates' is not a list of pairs",
            "Allowed: [[time, survival as a fraction], …], or the name of a CSV file.",
        ) from None
    wrong = [one for one in points if not (0 <= one[0] < float("inf") and 0 <= one[1] <= 1)]
    if wrong:
        raise fields.error(
            f"coordinate {wrong[0]} lies outside the figure",
            "Allowed: times of 0 or more, survival from 0 to 1.",
        )
    return tuple(sorted(points, key=lambda one: (one[0], -one[1])))


def _rows_of_file(fields: Fields, path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except OSError as error:
        raise fields.error(
            f"the coordinates '{path}' cannot be read ({error.strerror})", "Correct the name."
        ) from error
    return rows[1:] if rows and not rows[0][0].replace(".", "", 1).isdigit() else rows
