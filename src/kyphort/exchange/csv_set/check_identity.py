"""Rules on who is who: repeated rows, rows of nobody, patients without treatment."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kyphort.clinical import SpinalLevel
from kyphort.exchange.csv_set import rules
from kyphort.exchange.csv_set.columns import VISITS
from kyphort.exchange.csv_set.dataset import DataSet, at, by_patient, grouped
from kyphort.exchange.csv_set.findings import Finding, listed, shown
from kyphort.exchange.csv_set.table import Row, Table
from kyphort.wording import counted

_MAY_BE_EMPTY = frozenset(("level", "reader"))
_MOST_GUESSES = 50
"""Beyond so many unknown patients the files do not belong together, and guessing takes long."""
_OF_VISIT = tuple(one.name for one in VISITS.record.fields if one.name not in VISITS.record.key)


def check_identity(data: DataSet) -> Iterator[Finding]:
    """Yield what is wrong with identities; repetitions are left out of the data set."""
    for table in data.tables:
        yield from _repeated(data, table)
    yield from _contradicting_visits(data)
    suggested: set[str] = set()
    if data.patients.knows("patient_id"):
        yield from _orphans(data, suggested)
    yield from _untreated_levels(data)
    yield from _without_vertebra(data, suggested)
    yield from _synthetic_prefix(data)


def _key_of(names: tuple[str, ...], table: Table) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:  # noqa: ANN401 - a tuple of whatever the columns hold
        values = row.values
        for name in names:
            if values.get(name) is None and (
                name not in _MAY_BE_EMPTY or (name in table.columns and name not in values)
            ):
                return None
        if "local_status" in table.columns and values.get("level") is None:
            return None  # a row of a visit without imaging; the visit's own rule compares it
        return tuple(values.get(name) for name in names)

    return key


def _repeated(data: DataSet, table: Table) -> Iterator[Finding]:
    key = _key_of(table.file.key, table)
    for found in grouped((key(row), row) for row in table.rows).values():
        first, *others = found
        for row in others:
            data.left_out.add((table.file.name, row.number))
            different = [
                name
                for name in table.file.by_name
                if name in first.values
                and name in row.values
                and first.values[name] != row.values[name]
            ]
            yield _repetition(table, first, row, different)


def _repetition(table: Table, first: Row, row: Row, different: list[str]) -> Finding:
    kind = "reading" if table.file is VISITS else table.file.record.words
    name = " ".join(str(row.get(one)) for one in table.file.key if row.get(one) is not None)
    if not different:
        return rules.REPEATED.found(
            table.file.name,
            f"repeats row {first.number} ({kind} {shown(name)}); it counts once.",
            "Remove one of them.",
            row=row.number,
        )
    column = different[0]
    return rules.DUPLICATE.found(
        table.file.name,
        f"row {first.number} is the same {kind} ({shown(name)}) with "
        f"'{shown(table.text(first, column))}' there; "
        f"{counted(len(different), 'column differs', 'columns differ')} ({listed(different)}).",
        "Remove or correct one of them.",
        row=row.number,
        column=column,
        value=table.text(row, column),
    )


def _contradicting_visits(data: DataSet) -> Iterator[Finding]:
    table = data.visits
    for rows in by_patient(data.kept(table)).values():
        for visit in grouped((row.get("visit_date"), row) for row in rows).values():
            odd = [found for name in _OF_VISIT if (found := _odd_row(visit, name))]
            if odd:
                yield _contradiction(table, odd)


def _odd_row(visit: list[Row], name: str) -> tuple[str, Row, Row] | None:
    """Return the first row that differs; pain may stand in one row only and be empty elsewhere."""
    given = [row for row in visit if row.get(name) is not None]
    odd = next((row for row in given if row.get(name) != given[0].get(name)), None)
    return None if odd is None else (name, given[0], odd)


def _contradiction(table: Table, odd: list[tuple[str, Row, Row]]) -> Finding:
    name, first, row = odd[0]
    also = f"; {listed([other for other, _, _ in odd[1:]])} too" if odd[1:] else ""
    return at(
        table,
        row,
        rules.VISIT_CONTRADICTION,
        name,
        f"row {first.number}, of the same visit, has '{table.text(first, name)}'{also}.",
        "Give the rows of one visit the same value, or correct a visit_date.",
    )


def _orphans(data: DataSet, suggested: set[str]) -> Iterator[Finding]:
    known = by_patient(data.patients.rows)
    places: dict[str, list[tuple[Table, Row]]] = {}
    for table in data.tables[1:]:
        for row in table.rows:
            patient = row.get("patient_id")
            if patient is not None and patient not in known:
                places.setdefault(patient, []).append((table, row))
    few_enough = len(places) <= _MOST_GUESSES
    for patient, found in places.items():
        near = _similar(patient, known) if few_enough else []
        suggested.update(near)
        yield _orphan(found, near)


def _similar(patient: str, known: Iterable[str]) -> list[str]:
    """Return the known patient that was probably meant: programs drop zeros and change case."""
    plain = _without_zeros(patient)
    same = [one for one in known if _without_zeros(one) == plain]
    return same[:1] or difflib.get_close_matches(patient, known, n=1, cutoff=0.75)


def _without_zeros(patient: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", patient.casefold())


def _orphan(found: list[tuple[Table, Row]], near: list[str]) -> Finding:
    table, row = found[0]
    others = [f"{other.file.name} row {one.number}" for other, one in found[1:]]
    also = f" Also {listed(others)}." if others else ""
    guess = f" Did you mean '{shown(near[0])}'?" if near else ""
    return at(
        table,
        row,
        rules.ORPHAN,
        "patient_id",
        f"no such patient in patients.csv.{guess}{also}",
        "Add the patient, or correct the patient_id.",
    )


def _untreated_levels(data: DataSet) -> Iterator[Finding]:
    if not data.vertebrae.knows("patient_id", "level"):
        return
    vertebrae = by_patient(data.vertebrae.rows)
    places: dict[tuple[str, SpinalLevel], list[tuple[Table, Row]]] = {}
    for table in data.tables:
        if table.file is not VISITS and table.file.record.parent != "vertebra":
            continue
        for row in data.kept(table):
            patient, level = row.get("patient_id"), row.get("level")
            if patient is not None and level is not None:
                places.setdefault((patient, level), []).append((table, row))
    for (patient, level), found in places.items():
        treated = {row.get("level") for row in vertebrae[patient]}
        if treated and None not in treated and level not in treated:
            yield _untreated(patient, treated, found)


def _untreated(patient: str, treated: set[SpinalLevel], found: list[tuple[Table, Row]]) -> Finding:
    table, row = found[0]
    same = sum(other is table for other, _ in found)
    more = f" ({counted(same, 'row')})" if same > 1 else ""
    others = listed(dict.fromkeys(other.file.name for other, _ in found if other is not table))
    also = f" Also in {others}." if others else ""
    return at(
        table,
        row,
        rules.LEVEL_UNTREATED,
        "level",
        f"patient {shown(patient)} was not treated there{more}. "
        f"Treated: {', '.join(sorted(treated))}.{also}",
        "Correct the level, here or in vertebrae.csv.",
    )


def _without_vertebra(data: DataSet, suggested: set[str]) -> Iterator[Finding]:
    table = data.vertebrae
    if not table.knows("patient_id") or any(row.get("patient_id") is None for row in table.rows):
        return
    if not table.rows:
        return
    for patient, life in data.lives.items():
        if not life.vertebrae and patient not in suggested:
            yield at(
                data.patients,
                life.patient,
                rules.NO_VERTEBRA,
                "patient_id",
                "no treated vertebra in vertebrae.csv.",
                "Add the vertebra, or remove the patient.",
            )


def _synthetic_prefix(data: DataSet) -> Iterator[Finding]:
    if data.description.values.get("synthetic") is not False:
        return
    marked = [row for row in data.patients.rows if str(row.get("patient_id")).startswith("SYN-")]
    if marked:
        yield at(
            data.patients,
            marked[0],
            rules.SYNTHETIC_PREFIX,
            "patient_id",
            f"{counted(len(marked), 'patient')} with the prefix of synthetic rows in a data set "
            "that says synthetic = false.",
            "Remove rows left over from an example, or choose other pseudonyms.",
        )
