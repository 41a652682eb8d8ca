"""Rules on what may be true but rarely is, and on what belongs together within a row."""

from collections import Counter
from collections.abc import Iterator

from kyphort.clinical import ADJUDICATED, LocalStatus, Modality, Relatedness
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.dataset import DataSet, Life, at, grouped
from kyphort.exchange.csv_set.findings import Finding, listed
from kyphort.exchange.csv_set.table import Row, Table
from kyphort.wording import counted

USUAL_AGE_YEARS = (18, 100)
USUAL_DOSE_GY = (3.0, 20.0)
USUAL_DISTANCE_MM = (3.0, 25.0)
USUAL_LEVELS = 3

_STATUSES = ("local_status", "epidural_status", "adjacent_status")


def check_plausibility(data: DataSet) -> Iterator[Finding]:
    """Yield doubts; nothing here is an error but a status without a level."""
    for row in data.kept(data.patients):
        yield from _patient(data.patients, row)
    for row in data.kept(data.vertebrae):
        yield from _prescription(data.vertebrae, row)
    yield from _calibration(data)
    for row in data.kept(data.visits):
        yield from _visit_row(data.visits, row)
    for life in data.lives.values():
        yield from _levels(data, life)
        yield from _statuses(data, life)
        yield from _pain(data, life)
        yield from _readers(data, life)


def check_emptiness(data: DataSet) -> Iterator[Finding]:
    """Yield the files that hold a header and nothing else, and what follows from it."""
    for table in (data.patients, data.vertebrae):
        if table.is_whole and not table.rows:
            yield rules.FILE_EMPTY.found(
                table.file.name, "no row below the header.", "Enter the data."
            )
    if data.visits.is_whole and not data.visits.rows:
        yield rules.NO_VISITS.found(
            data.visits.file.name,
            "no visit at all: local control and pain cannot be assessed, only survival can.",
            "Enter the visits if there were any.",
        )


def _unusual(value: float | None, usual: tuple[float, float]) -> bool:
    return value is not None and not usual[0] <= value <= usual[1]


def _patient(table: Table, row: Row) -> Iterator[Finding]:
    if _unusual(row.get("age_years"), USUAL_AGE_YEARS):
        message = f"an unusual age. Usual: {USUAL_AGE_YEARS[0]} to {USUAL_AGE_YEARS[1]}."
        yield at(table, row, rules.AGE_UNUSUAL, "age_years", message, "Check it.")
    relatedness = row.get("death_relatedness")
    if "death_date" not in row.values or "death_relatedness" not in row.values:
        return
    if row.get("death_date") is not None and relatedness is None:
        yield at(
            table,
            row,
            rules.DEATH_RELATEDNESS,
            "death_relatedness",
            "empty although the patient died; it counts as unknown.",
            "Enter unrelated, related or unknown.",
        )
    elif row.get("death_date") is None and relatedness not in {None, Relatedness.UNKNOWN}:
        yield at(
            table,
            row,
            rules.ALIVE_RELATEDNESS,
            "death_relatedness",
            "given although there is no death_date; the patient counts as alive.",
            "Enter the death_date, or empty the cell.",
        )


def _prescription(table: Table, row: Row) -> Iterator[Finding]:
    if _unusual(row.get("dose_gy"), USUAL_DOSE_GY):
        low, high = USUAL_DOSE_GY
        message = f"an unusual dose in Gy. Usual: {low:g} to {high:g}."
        yield at(table, row, rules.DOSE_UNUSUAL, "dose_gy", message, "Check the dose and its unit.")
    if _unusual(row.get("distance_mm"), USUAL_DISTANCE_MM):
        low, high = USUAL_DISTANCE_MM
        message = f"an unusual distance in mm. Usual: {low:g} to {high:g}."
        remedy = "Check the distance and its unit."
        yield at(table, row, rules.DISTANCE_UNUSUAL, "distance_mm", message, remedy)


def _calibration(data: DataSet) -> Iterator[Finding]:
    table = data.vertebrae
    if not table.knows("calibration_dataset"):
        return
    named = grouped(
        (row.get("calibration_dataset") or "(empty)", row)
        for row in data.kept(table)
        if "calibration_dataset" in row.values
    )
    if len(named) < 2:
        return
    counts = listed((f"{name} ({len(rows)})" for name, rows in named.items()), 5)
    yield at(
        table,
        list(named.values())[1][0],
        rules.CALIBRATION_MIXED,
        "calibration_dataset",
        f"doses of different datasets: {counts}. The same number of Gy is not the same dose.",
        "Analyse them apart, or say why they pool.",
    )


def _levels(data: DataSet, life: Life) -> Iterator[Finding]:
    if len(life.vertebrae) > USUAL_LEVELS:
        yield at(
            data.vertebrae,
            life.vertebrae[USUAL_LEVELS],
            rules.MANY_LEVELS,
            "level",
            f"patient {life.patient.get('patient_id')} has {len(life.vertebrae)} levels. "
            f"Usual: up to {USUAL_LEVELS}.",
            "Check that all were treated.",
        )


def _visit_row(table: Table, row: Row) -> Iterator[Finding]:
    if "level" not in row.values or row.get("level") is not None:
        if row.get("level") is not None and row.values.get("local_status", "") is None:
            message = f"empty although {row.get('level')} was assessed."
            remedy = "Enter none, progression, indeterminate or not_assessable."
            yield at(table, row, rules.REQUIRED, "local_status", message, remedy)
        return
    given = [name for name in (*_STATUSES, "new_fracture", "adjacent_fracture") if row.get(name)]
    if given:
        message, remedy = "a finding without a level.", "Enter the level, or empty the cell."
        yield at(table, row, rules.STATUS_WITHOUT_LEVEL, given[0], message, remedy)
    elif row.get("modality") not in {None, Modality.NONE}:
        message = "imaging, but no level was assessed; the scan does not count as an assessment."
        remedy = "Enter the level and its status, or write none as modality."
        yield at(table, row, rules.IMAGING_UNREAD, "modality", message, remedy)


def _pain(data: DataSet, life: Life) -> Iterator[Finding]:
    has_scores = "pain_nrs" in data.visits.columns
    for rows in life.visits_by_date.values():
        given = [row for row in rows if row.get("omed_mg") is not None]
        is_faulty = has_scores and any("pain_nrs" not in row.values for row in rows)
        if given and not is_faulty and all(row.get("pain_nrs") is None for row in rows):
            message = "analgesics without a pain score; they are not kept."
            remedy = "Enter pain_nrs, if it is known."
            yield at(data.visits, given[0], rules.PAIN_INCOMPLETE, "omed_mg", message, remedy)


def _statuses(data: DataSet, life: Life) -> Iterator[Finding]:
    """Yield levels that recovered from a progression although nothing was done."""
    for level, rows in grouped((row.get("level"), row) for row in _settled(life)).items():
        progressed: Row | None = None
        for row in sorted(rows, key=lambda one: one.get("visit_date")):
            status = row.get("local_status")
            if status is LocalStatus.PROGRESSION:
                progressed = progressed or row
            elif status is LocalStatus.NONE and progressed is not None:
                retreated = life.retreatments.get(level)
                is_known = level in life.retreatments
                if is_known and (retreated is None or retreated > row.get("visit_date")):
                    yield _reversed(data.visits, row, progressed)
                break


def _settled(life: Life) -> list[Row]:
    """Return readings since the procedure: adjudicated, or of readers who agree."""
    settled: list[Row] = []
    for date, rows in life.visits_by_date.items():
        for level, readings in grouped((row.get("level"), row) for row in rows).items():
            if level not in life.procedures or date < life.procedures[level]:
                continue
            final = [row for row in readings if row.get("reader") == ADJUDICATED]
            is_agreed = len({row.get("local_status") for row in readings}) == 1
            settled += final or (readings[:1] if is_agreed else [])
    return settled


def _reversed(table: Table, row: Row, progressed: Row) -> Finding:
    return at(
        table,
        row,
        rules.STATUS_REVERSED,
        "local_status",
        f"{row.get('level')} had a progression on {progressed.get('visit_date')} (row "
        f"{progressed.number}) and no retreatment since; the progression counts.",
        "Check both readings, or enter the retreatment_date.",
    )


def _readers(data: DataSet, life: Life) -> Iterator[Finding]:
    for rows in life.visits_by_date.values():
        for readings in grouped((row.get("level"), row) for row in rows).values():
            readers = {row.get("reader") for row in readings}
            if len(readings) < 2 or ADJUDICATED in readers:
                continue
            yield from _disagreement(data.visits, readings)


def _disagreement(table: Table, readings: list[Row]) -> Iterator[Finding]:
    for name in _STATUSES:
        seen = Counter(
            row.get(name) for row in readings if row.get(name) not in {None, "not_assessable"}
        )
        if len(seen) > 1:
            last = readings[-1]
            yield at(
                table,
                last,
                rules.READERS_DIFFER,
                name,
                f"{counted(len(readings), 'reader')} of {last.get('level')} differ "
                f"({listed(seen)}); until it is settled the status counts as indeterminate.",
                "Add a row with reader 'adjudicated'.",
            )
