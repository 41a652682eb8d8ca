"""Verifying a written cohort: plain arithmetic on its files, apart from everything that made it.

Nothing here imports the solver, the survival library or NumPy: the files are read as text, and
Kaplan-Meier, log-rank and Cox regression are written out once more.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kyphort.published.specification import (
    Column,
    CrossTable,
    Curve,
    HazardRatio,
    LogRank,
    Printed,
    RiskConvention,
    Specification,
    TimeSummary,
    WholeNumbers,
)
from kyphort.reconstruction.verify_estimates import (
    at,
    cox,
    kaplan_meier,
    limit_of,
    logrank_p,
    medians_of,
)
from kyphort.reconstruction.verify_files import (
    GROUPS_FILE,
    Files,
    Row,
    day_of,
    labels_of,
    read_files,
    rows_of,
)

__all__ = ["GROUPS_FILE", "VerifiedNumber", "verify"]

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class VerifiedNumber:
    """One printed number beside the one computed from the files."""

    item: str
    printed: str
    computed: float
    agrees: bool


def verify(specification: Specification, folder: Path) -> tuple[VerifiedNumber, ...]:
    """Return every printed number of a specification beside the one that the files give.

    Survival is read until the last contact or death; a unit's event until the first scan that shows
    it; a unit without event until its patient's exit when the specification says `censored_by`, and
    until its last scan otherwise.
    """
    files = read_files(folder)
    rows = {one.id: rows_of(specification, one, files) for one in specification.endpoints}
    found = [*_population(specification, files)]
    for curve in specification.curves:
        found += _curve(specification, curve, rows[curve.endpoint])
    for test in specification.logranks:
        found.append(_logrank(specification, test, rows[test.endpoint]))
    for ratio in specification.hazard_ratios:
        found += _hazard(specification, ratio, rows[ratio.endpoint])
    for summary in specification.time_summaries:
        found += _summary(specification, summary, rows[summary.endpoint])
    for table in specification.tables:
        found += _table(specification, table, files, rows)
    for numbers in specification.whole_numbers:
        if numbers.column is Column.AGE_YEARS:
            found += _ages(numbers, files)
    found += _known(specification, files)
    return tuple(found)


# --- what is printed ------------------------------------------------------------------------------


def _count(item: str, printed: int, computed: int) -> VerifiedNumber:
    return VerifiedNumber(item, str(printed), float(computed), printed == computed)


def _number(item: str, printed: Printed, computed: float) -> VerifiedNumber:
    agrees = math.isfinite(computed) and printed.holds(computed)
    return VerifiedNumber(item, str(printed), computed, agrees)


def _population(specification: Specification, files: Files) -> list[VerifiedNumber]:
    people = specification.population
    found = [
        _count("patients", people.patients, len({row["patient_id"] for row in files.patients})),
        _count("units", people.units, len(files.vertebrae)),
    ]
    sizes: defaultdict[str, int] = defaultdict(int)
    for row in files.vertebrae:
        sizes[row["patient_id"]] += 1
    for size, number in people.units_per_patient:
        item = f"patients with {size} {people.unit_name}"
        found.append(_count(item, number, sum(one == size for one in sizes.values())))
    return found


def _members(specification: Specification, rows: list[Row], group: str) -> list[Row]:
    if not group:
        return rows
    found = specification.group(group)
    return [row for row in rows if row.labels.get(found.partition) == group]


def _curve(specification: Specification, curve: Curve, rows: list[Row]) -> list[VerifiedNumber]:
    mine = _members(specification, rows, curve.group)
    found = [_count(f"{curve.id} n", curve.n, len(mine))]
    if curve.events_total is not None:
        found.append(
            _count(f"{curve.id} events", curve.events_total, sum(row.event for row in mine))
        )
    steps = kaplan_meier(mine)
    for position, time in enumerate(curve.times):
        days = specification.days(time)
        survival, greenwood = at(steps, days)
        item = f"{curve.id} {time:g}"
        if (printed := curve.survival[position]) is not None:
            shown = 1 - survival if curve.shows_failure else survival
            found.append(_number(item, printed, curve.unit_of_print * shown))
        found += _limits(curve, position, item, survival, greenwood)
        if (at_risk := curve.at_risk[position]) is not None:
            beyond = curve.risk_convention is RiskConvention.BEYOND
            number = sum(row.days > days if beyond else row.days >= days for row in mine)
            found.append(_count(f"{item} at risk", at_risk, number))
        if (events := curve.events[position]) is not None:
            number = sum(row.event and row.days <= days for row in mine)
            found.append(_count(f"{item} events", events, number))
    if curve.median_not_reached:
        lowest = min((survival for _, survival, _ in steps), default=1.0)
        found.append(
            VerifiedNumber(f"{curve.id} median", "not reached", lowest, lowest >= 0.5 - 1e-12)
        )
    if curve.median is not None:
        last = max((row.days for row in mine), default=0)
        readings = [
            _number(f"{curve.id} median", curve.median, days / specification.days(1.0))
            for days in medians_of(steps, last)
        ]
        found.append(next((one for one in readings if one.agrees), readings[0]))
    for time, height in curve.coordinates:
        found.append(_figure(curve, time, height, at(steps, specification.days(time))[0]))
    return found


def _figure(curve: Curve, time: float, height: float, survival: float) -> VerifiedNumber:
    # Only some heights on flat parts are demanded; the rest of the figure is shown beside them.
    agrees = abs(survival - height) <= curve.coordinate_tolerance + 1e-9
    demanded = (time, height) in _demanded(curve.coordinates, curve.coordinate_tolerance)
    return VerifiedNumber(
        f"{curve.id} figure {time:g}", f"{height:.4f}", survival, agrees or not demanded
    )


MOST_HEIGHTS = 12
"""Heights of a figure that are demanded, evenly chosen among those on its flat parts."""


def _demanded(
    points: tuple[tuple[float, float], ...], tolerance: float
) -> set[tuple[float, float]]:
    flat = [
        points[place]
        for place in range(1, len(points) - 1)
        if points[place - 1][1] - points[place + 1][1] <= tolerance
        and points[place - 1][0] < points[place][0] < points[place + 1][0]
    ]
    if len(flat) <= MOST_HEIGHTS:
        return set(flat)
    step = (len(flat) - 1) / (MOST_HEIGHTS - 1)
    return {flat[round(index * step)] for index in range(MOST_HEIGHTS)}


def _limits(
    curve: Curve, position: int, item: str, survival: float, greenwood: float
) -> list[VerifiedNumber]:
    found = []
    for name, printed in (("lower", curve.lower[position]), ("upper", curve.upper[position])):
        if printed is None:
            continue
        is_lower = (name == "lower") != curve.shows_failure
        value = limit_of(curve.limits, survival, greenwood, is_lower=is_lower)
        shown = 1 - value if curve.shows_failure else value
        found.append(_number(f"{item} {name}", printed, curve.unit_of_print * shown))
    return found


def _logrank(specification: Specification, test: LogRank, rows: list[Row]) -> VerifiedNumber:
    groups = [_members(specification, rows, name) for name in test.groups]
    return _number(f"{test.id} p", test.p, logrank_p(groups))


def _hazard(
    specification: Specification, ratio: HazardRatio, rows: list[Row]
) -> list[VerifiedNumber]:
    first = _members(specification, rows, ratio.group)
    second = _members(specification, rows, ratio.reference)
    beta, error = cox(first, second)
    found = [_number(f"{ratio.id} hazard ratio", ratio.value, math.exp(beta))]
    for name, printed, sign in (("lower", ratio.lower, -1), ("upper", ratio.upper, 1)):
        if printed is not None:
            found.append(_number(f"{ratio.id} {name}", printed, math.exp(beta + sign * _Z * error)))
    return found


def _summary(
    specification: Specification, summary: TimeSummary, rows: list[Row]
) -> list[VerifiedNumber]:
    days = sorted(row.days for row in rows if row.event or summary.of == "follow_up")
    if not days:
        return [VerifiedNumber(f"{summary.id}", "times", math.nan, agrees=False)]
    middle = len(days) // 2
    median = days[middle] if len(days) % 2 else 0.5 * (days[middle - 1] + days[middle])
    unit = specification.days(1.0)
    return [
        _number(f"{summary.id} {name}", printed, value / unit)
        for name, printed, value in (
            ("median", summary.median, median),
            ("minimum", summary.minimum, days[0]),
            ("maximum", summary.maximum, days[-1]),
        )
        if printed is not None
    ]


def _table(
    specification: Specification,
    table: CrossTable,
    files: Files,
    rows: dict[str, list[Row]],
) -> list[VerifiedNumber]:
    labels = labels_of(specification, files)
    name = str(table.column) if table.column is not Column.NONE else table.id
    patients = [one for (_, level), one in labels.items() if not level]
    units = [one for (_, level), one in labels.items() if level]
    with_event = [row.labels for row in rows.get(table.endpoint, []) if row.event]
    found = []
    for row in table.rows:
        for column, printed, members in (
            ("patients", row.patients, patients),
            ("units", row.units, units),
            ("events", row.events if table.endpoint else None, with_event),
        ):
            if printed is not None:
                counted = _having(members, name, row.label)
                found.append(_count(f"{table.id} {row.label} {column}", printed, counted))
    return found


def _having(labels: Sequence[dict[str, str]], name: str, label: str) -> int:
    return sum(one.get(name) == label for one in labels)


def _ages(numbers: WholeNumbers, files: Files) -> list[VerifiedNumber]:
    ages = sorted(int(row["age_years"]) for row in files.patients)
    middle = len(ages) // 2
    median = ages[middle] if len(ages) % 2 else 0.5 * (ages[middle - 1] + ages[middle])
    found = [_number(f"{numbers.id} median", numbers.median, median)]
    if numbers.minimum is not None:
        found.append(_count(f"{numbers.id} minimum", numbers.minimum, ages[0]))
    if numbers.maximum is not None:
        found.append(_count(f"{numbers.id} maximum", numbers.maximum, ages[-1]))
    return found


def _known(specification: Specification, files: Files) -> list[VerifiedNumber]:
    labels, start = labels_of(specification, files), {}
    for row in files.vertebrae:
        start[row["patient_id"]] = day_of(row["procedure_date"])
    found = []
    for one in specification.known:
        partition = specification.group(one.group).partition
        low, high = (specification.days(time) for time in one.time_in_spec_units)
        members = {
            patient for (patient, _), found in labels.items() if found.get(partition) == one.group
        }
        days = [
            (day_of(row["last_contact_date"]) - start[row["patient_id"]]).days
            for row in files.patients
            if row["patient_id"] in members and bool(row["death_date"]) == one.died
        ]
        right = any(low - 1e-6 <= day <= high + 1e-6 for day in days)
        value = float(days[0]) if days else math.nan
        found.append(VerifiedNumber(one.id, f"{one.time}", value, right))
    return found
