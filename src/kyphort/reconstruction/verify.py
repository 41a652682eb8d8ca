"""Verifying a written cohort: plain arithmetic on its files, apart from everything that made it.

Nothing here imports the solver, the survival library or NumPy: the files are read as text, and
Kaplan-Meier, log-rank and Cox regression are written out once more.
"""

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kyphort.published.specification import (
    Column,
    CrossTable,
    Curve,
    Endpoint,
    HazardRatio,
    LogRank,
    Printed,
    RiskConvention,
    RowUnit,
    Specification,
    TimeSummary,
    WholeNumbers,
)

GROUPS_FILE = "groups.csv"
_REGIONS = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class VerifiedNumber:
    """One printed number beside the one computed from the files."""

    item: str
    printed: str
    computed: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of an endpoint: days, event, and all that its groups and tables look at."""

    patient: str
    days: int
    event: bool
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Files:
    patients: list[dict[str, str]]
    vertebrae: list[dict[str, str]]
    visits: list[dict[str, str]]
    groups: dict[tuple[str, str], dict[str, str]]


def verify(specification: Specification, folder: Path) -> tuple[VerifiedNumber, ...]:
    """Return every printed number of a specification beside the one that the files give.

    Survival is read until the last contact or death; a unit's event until the first scan that shows
    it; a unit without event until its patient's exit when the specification says `censored_by`, and
    until its last scan otherwise.
    """
    files = _read(folder)
    rows = {one.id: _rows(specification, one, files) for one in specification.endpoints}
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


# --- reading --------------------------------------------------------------------------------------


def _read(folder: Path) -> _Files:
    groups: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    if (folder / GROUPS_FILE).is_file():
        for row in _csv(folder / GROUPS_FILE):
            groups[row["patient_id"], row["level"]][row["partition"]] = row["group"]
    return _Files(
        _csv(folder / "patients.csv"), _csv(folder / "vertebrae.csv"), _csv(folder / "visits.csv"),
        groups,
    )  # fmt: skip


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _rows(specification: Specification, endpoint: Endpoint, files: _Files) -> list[_Row]:
    start = {row["patient_id"]: _day(row["procedure_date"]) for row in files.vertebrae}
    labels = _labels(specification, files)
    is_unit = endpoint.unit is RowUnit.UNIT or not endpoint.is_death
    rows = []
    for row in files.patients:
        patient, end = row["patient_id"], _day(row["last_contact_date"])
        if not is_unit:
            days = (end - start[patient]).days
            rows.append(_Row(patient, days, bool(row["death_date"]), labels[patient, ""]))
            continue
        levels = [one["level"] for one in files.vertebrae if one["patient_id"] == patient]
        stay = (start[patient], end)
        seen = [_unit_row(endpoint, files, patient, level, stay) for level in levels]
        if endpoint.unit is RowUnit.PATIENT:
            events = [days for days, event in seen if event]
            days = min(events) if events else max(days for days, _ in seen)
            rows.append(_Row(patient, days, bool(events), labels[patient, ""]))
            continue
        rows += [
            _Row(patient, days, event, labels[patient, level])
            for level, (days, event) in zip(levels, seen, strict=True)
        ]
    return rows


def _unit_row(
    endpoint: Endpoint, files: _Files, patient: str, level: str, stay: tuple[dt.date, dt.date]
) -> tuple[int, bool]:
    start, end = stay
    scans = [
        (_day(row["visit_date"]), row["local_status"])
        for row in _visits_of(files)[patient]
        if row["level"] == level
    ]
    shown = [date for date, status in scans if status == "progression"]
    if shown:
        return (min(shown) - start).days, True
    last = end if endpoint.censored_by or endpoint.unit is RowUnit.PATIENT else max(
        date for date, _ in scans
    )  # fmt: skip
    return (last - start).days, False


_BY_PATIENT: dict[int, dict[str, list[dict[str, str]]]] = {}


def _visits_of(files: _Files) -> dict[str, list[dict[str, str]]]:
    key = id(files.visits)
    if key not in _BY_PATIENT:
        grouped: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for row in files.visits:
            grouped[row["patient_id"]].append(row)
        _BY_PATIENT.clear()
        _BY_PATIENT[key] = grouped
    return _BY_PATIENT[key]


def _labels(
    specification: Specification, files: _Files
) -> defaultdict[tuple[str, str], dict[str, str]]:
    """Return what each patient (level "") and unit is called in every partition and column."""
    labels: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in files.patients:
        labels[row["patient_id"], ""] = {
            "sex": row["sex"], "entity": row["entity"], "age_years": row["age_years"],
            **files.groups.get((row["patient_id"], ""), {}),
        }  # fmt: skip
    for row in files.vertebrae:
        key = (row["patient_id"], row["level"])
        labels[key] = {
            **labels[row["patient_id"], ""], "level": row["level"],
            "region": _REGIONS[row["level"][0]], "distance_mm": f"{float(row['distance_mm']):g}",
            **files.groups.get(key, {}),
        }  # fmt: skip
    for group in specification.groups:
        if group.column is not Column.NONE:
            for one in labels.values():
                one.setdefault(group.partition, one.get(str(group.column), ""))
    return labels


# --- what is printed ------------------------------------------------------------------------------


def _count(item: str, printed: int, computed: int) -> VerifiedNumber:
    return VerifiedNumber(item, str(printed), float(computed), printed == computed)


def _number(item: str, printed: Printed, computed: float) -> VerifiedNumber:
    agrees = math.isfinite(computed) and printed.holds(computed)
    return VerifiedNumber(item, str(printed), computed, agrees)


def _population(specification: Specification, files: _Files) -> list[VerifiedNumber]:
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


def _members(specification: Specification, rows: list[_Row], group: str) -> list[_Row]:
    if not group:
        return rows
    found = specification.group(group)
    return [row for row in rows if row.labels.get(found.partition) == group]


def _curve(specification: Specification, curve: Curve, rows: list[_Row]) -> list[VerifiedNumber]:
    mine = _members(specification, rows, curve.group)
    found = [_count(f"{curve.id} n", curve.n, len(mine))]
    if curve.events_total is not None:
        found.append(
            _count(f"{curve.id} events", curve.events_total, sum(row.event for row in mine))
        )
    steps = _kaplan_meier(mine)
    for position, time in enumerate(curve.times):
        days = specification.days(time)
        survival, greenwood = _at(steps, days)
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
    if curve.median is not None:
        crossed = [days for days, survival, _ in steps if survival <= 0.5 + 1e-12]
        median = min(crossed) / specification.days(1.0) if crossed else math.inf
        found.append(_number(f"{curve.id} median", curve.median, median))
    for time, height in curve.coordinates:
        found.append(_figure(curve, time, height, _at(steps, specification.days(time))[0]))
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
        value = _limit(curve.limits, survival, greenwood, is_lower=is_lower)
        shown = 1 - value if curve.shows_failure else value
        found.append(_number(f"{item} {name}", printed, curve.unit_of_print * shown))
    return found


def _limit(transform: str, survival: float, greenwood: float, *, is_lower: bool) -> float:
    if not 0 < survival < 1:
        return survival
    spread = _Z * math.sqrt(greenwood) * (-1 if is_lower else 1)
    if transform == "log-log":
        return math.exp(math.log(survival) * math.exp(-spread / abs(math.log(survival))))
    if transform == "log":
        return min(1.0, survival * math.exp(spread))
    return min(1.0, max(0.0, survival + spread * survival))


_Steps = list[tuple[int, float, float]]


def _kaplan_meier(rows: list[_Row]) -> _Steps:
    """Return (day, survival, Greenwood's sum) at each day with an event."""
    at_risk, survival, greenwood = len(rows), 1.0, 0.0
    steps: _Steps = []
    for day in sorted({row.days for row in rows}):
        here = [row for row in rows if row.days == day]
        events = sum(row.event for row in here)
        if events:
            survival *= 1 - events / at_risk
            if at_risk > events:
                greenwood += events / (at_risk * (at_risk - events))
            steps.append((day, survival, greenwood))
        at_risk -= len(here)
    return steps


def _at(steps: _Steps, days: float) -> tuple[float, float]:
    survival, greenwood = 1.0, 0.0
    for day, value, variance in steps:
        if day <= days + 1e-9:
            survival, greenwood = value, variance
    return survival, greenwood


def _logrank(specification: Specification, test: LogRank, rows: list[_Row]) -> VerifiedNumber:
    groups = [_members(specification, rows, name) for name in test.groups]
    return _number(f"{test.id} p", test.p, _logrank_p(groups))


def _logrank_p(groups: Sequence[list[_Row]]) -> float:
    """Return the log-rank p-value of any number of groups, ties by the hypergeometric variance."""
    size = len(groups)
    difference = [0.0] * size
    variance = [[0.0] * size for _ in range(size)]
    for day in sorted({row.days for group in groups for row in group if row.event}):
        at_risk = [sum(row.days >= day for row in group) for group in groups]
        events = [sum(row.event and row.days == day for row in group) for group in groups]
        n, d = sum(at_risk), sum(events)
        for i in range(size):
            difference[i] += events[i] - d * at_risk[i] / n
            for j in range(size):
                if n > 1:
                    same = at_risk[i] / n * ((i == j) - at_risk[j] / n)
                    variance[i][j] += same * d * (n - d) / (n - 1)
    chi = _quadratic(difference[:-1], [line[:-1] for line in variance[:-1]])
    return _chi_square_tail(chi, size - 1)


def _quadratic(vector: list[float], matrix: list[list[float]]) -> float:
    """Return v' M⁻¹ v by elimination."""
    size = len(vector)
    work = [[*line, value] for line, value in zip(matrix, vector, strict=True)]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda row: abs(work[row][pivot]))
        work[pivot], work[best] = work[best], work[pivot]
        if abs(work[pivot][pivot]) < 1e-15:
            return 0.0
        for row in range(size):
            if row != pivot:
                factor = work[row][pivot] / work[pivot][pivot]
                work[row] = [a - factor * b for a, b in zip(work[row], work[pivot], strict=True)]
    return sum(work[i][size] / work[i][i] * vector[i] for i in range(size))


def _chi_square_tail(chi: float, df: int) -> float:
    """Return the upper tail of chi-square for any degrees of freedom, by its recurrence."""
    if chi <= 0:
        return 1.0
    half = chi / 2
    if df % 2:
        tail, term, k = math.erfc(math.sqrt(half)), math.exp(-half) / math.sqrt(math.pi * half), 0.5
    else:
        tail, term, k = math.exp(-half), math.exp(-half), 1.0
    while 2 * k < df - 1e-9:
        term *= half / k
        tail += term
        k += 1
    return tail


def _hazard(
    specification: Specification, ratio: HazardRatio, rows: list[_Row]
) -> list[VerifiedNumber]:
    first = _members(specification, rows, ratio.group)
    second = _members(specification, rows, ratio.reference)
    beta, error = _cox(first, second)
    found = [_number(f"{ratio.id} hazard ratio", ratio.value, math.exp(beta))]
    for name, printed, sign in (("lower", ratio.lower, -1), ("upper", ratio.upper, 1)):
        if printed is not None:
            found.append(_number(f"{ratio.id} {name}", printed, math.exp(beta + sign * _Z * error)))
    return found


def _cox(first: list[_Row], second: list[_Row]) -> tuple[float, float]:
    """Return coefficient and standard error of one binary covariate, ties by Efron's method."""
    beta = 0.0
    for _ in range(60):
        score, information = _score(first, second, math.exp(beta))
        if information <= 0:
            return math.nan, math.nan
        step = max(-1.0, min(1.0, score / information))
        beta += step
        if abs(step) < 1e-12:
            break
    _, information = _score(first, second, math.exp(beta))
    return beta, 1 / math.sqrt(information)


def _score(first: list[_Row], second: list[_Row], theta: float) -> tuple[float, float]:
    score = information = 0.0
    for day in sorted({row.days for row in (*first, *second) if row.event}):
        mine = sum(row.event and row.days == day for row in first)
        events = mine + sum(row.event and row.days == day for row in second)
        a = theta * sum(row.days >= day for row in first)
        b = sum(row.days >= day for row in second)
        score += mine
        for index in range(events):
            share = index / events
            weight_a, weight_b = a - share * theta * mine, b - share * (events - mine)
            mean = weight_a / (weight_a + weight_b)
            score -= mean
            information += mean * (1 - mean)
    return score, information


def _summary(
    specification: Specification, summary: TimeSummary, rows: list[_Row]
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
    files: _Files,
    rows: dict[str, list[_Row]],
) -> list[VerifiedNumber]:
    labels = _labels(specification, files)
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


def _ages(numbers: WholeNumbers, files: _Files) -> list[VerifiedNumber]:
    ages = sorted(int(row["age_years"]) for row in files.patients)
    middle = len(ages) // 2
    median = ages[middle] if len(ages) % 2 else 0.5 * (ages[middle - 1] + ages[middle])
    found = [_number(f"{numbers.id} median", numbers.median, median)]
    if numbers.minimum is not None:
        found.append(_count(f"{numbers.id} minimum", numbers.minimum, ages[0]))
    if numbers.maximum is not None:
        found.append(_count(f"{numbers.id} maximum", numbers.maximum, ages[-1]))
    return found


def _known(specification: Specification, files: _Files) -> list[VerifiedNumber]:
    labels, start = _labels(specification, files), {}
    for row in files.vertebrae:
        start[row["patient_id"]] = _day(row["procedure_date"])
    found = []
    for one in specification.known:
        partition = specification.group(one.group).partition
        low, high = (specification.days(time) for time in one.time_in_spec_units)
        members = {
            patient for (patient, _), found in labels.items() if found.get(partition) == one.group
        }
        days = [
            (_day(row["last_contact_date"]) - start[row["patient_id"]]).days
            for row in files.patients
            if row["patient_id"] in members and bool(row["death_date"]) == one.died
        ]
        right = any(low - 1e-6 <= day <= high + 1e-6 for day in days)
        value = float(days[0]) if days else math.nan
        found.append(VerifiedNumber(one.id, f"{one.time}", value, right))
    return found
