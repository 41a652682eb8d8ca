"""Applying a map to a source: a cohort or all reasons against it, and the account of every row."""

import csv
import datetime as dt
import io
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from kyphort.clinical import Cohort
from kyphort.exchange.csv_set import Finding, Rule, Severity, check_csv_set
from kyphort.exchange.csv_set.cells import Cell
from kyphort.exchange.csv_set.columns import CSV_FILES, DESCRIPTION_FILE, PATIENTS, Column
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.findings import shown
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.mapping import rules
from kyphort.exchange.mapping.cells_of import TWO_DATES, CellMaker, Made, Origin
from kyphort.exchange.mapping.map_file import EMPTY, FILLED, Mapping, RowsMap
from kyphort.exchange.mapping.map_text import description_text
from kyphort.exchange.mapping.reconciliation import (
    Change,
    Fate,
    Reconciliation,
    RowFate,
    SourceCount,
)
from kyphort.exchange.mapping.records import Records
from kyphort.exchange.mapping.selection import rows_of, structure_findings
from kyphort.exchange.mapping.source import Source, SourceFile, SourceRow

_FILES = {one.name: one for one in CSV_FILES}
_BREAKING = frozenset(
    one.identifier
    for one in (
        rules.FILE,
        rules.CONTENT,
        rules.HEADER,
        rules.FORM_MISSING,
        rules.FIELD_MISSING,
    )
)
_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_ROW = re.compile(r"(?:(\w+\.csv) )?row ([0-9]+)")


@dataclass(frozen=True)
class Imported:
    """What came out: the cohort unless something stood in its way, and the account."""

    cohort: Cohort | None
    reconciliation: Reconciliation


@dataclass(slots=True, eq=False)
class _Built:
    """One row of the data set in the making, with the origin of every cell."""

    file: str
    texts: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    sources: list[SourceRow] = field(default_factory=list)

    @property
    def patient(self) -> str:
        return self.texts.get("patient_id", "")

    def key(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.texts.get(name, "") for name in names)


def apply_mapping(
    source: Source,
    mapping: Mapping,
    *,
    leave_out_faulty: bool = False,
    today: dt.date | None = None,
) -> Imported:
    """Turn a source into a cohort by a map; every row of the source has one fate in the account.

    With an error nothing is imported, unless `leave_out_faulty`: then the patients with faulty rows
    are left out as a whole, and each of their rows is in the account with the reason. `today` is
    the day against which future dates are seen.
    """
    work = _Work(source, mapping, today)
    work.build()
    cohort, findings = work.check()
    while cohort is None and leave_out_faulty and work.leave_out(findings):
        cohort, findings = work.check()
    return Imported(cohort, work.account(cohort, findings))


class _Work:
    """One application of a map; the steps in their order."""

    def __init__(self, source: Source, mapping: Mapping, today: dt.date | None) -> None:
        self._source = source
        self._mapping = mapping
        self._today = today
        self._maker = CellMaker(source, mapping, Records(source))
        self._rows: dict[str, list[_Built]] = {one.name: [] for one in CSV_FILES}
        self._findings: list[Finding] = []
        self._changes: Counter[tuple[str, str, str, str, str, str]] = Counter()
        self._unused: dict[SourceRow, str] = {}
        self._left_out: dict[str, Finding] = {}
        self._refusals: list[Finding] = []
        self._known: dict[tuple[str, str, str], Cell | None] = {}

    def build(self) -> None:
        """Make the rows of every block of the map."""
        self._findings = list(self._source.findings)
        if not self._is_broken:
            self._findings += structure_findings(self._source, self._mapping)
        if self._is_broken:
            return  # what follows from an absent file or field would hide its name
        for block in self._mapping.rows:
            rows, findings = rows_of(self._source, block)
            self._findings += findings
            made = self._present(block)
            for row in rows:
                reason = self._reason_against(block, row)
                if reason:
                    self._unused.setdefault(row, reason)
                else:
                    self._place(block, self._built(block, row), made)
        self._normalise()

    @property
    def _is_broken(self) -> bool:
        """Whether a file, a form or a field is missing, so that no row can be judged."""
        return any(one.rule in _BREAKING for one in self._findings)

    def _present(self, block: RowsMap) -> dict[tuple[str, ...], _Built]:
        """Return the rows of earlier blocks to which this one may add, the first of each key."""
        earlier = reversed(self._rows[block.file]) if block.add_to else ()
        return {one.key(block.add_to): one for one in earlier}

    def _reason_against(self, block: RowsMap, row: SourceRow) -> str:
        for name, allowed in block.when.items():
            text = row.texts.get(name, "").strip()
            text = "" if self._maker.is_missing(name, text) else text
            state = FILLED if text else EMPTY
            if not {text, text.removesuffix(".0"), state} & set(allowed):
                return f"the map reads {block.file} only when {name} is {' or '.join(allowed)}"
        own = [
            name
            for one in block.columns
            if not one.from_record
            for name in one.fields
            if name != self._source.record_field
        ]
        if own and not any(self._source.is_filled(row, name) for name in own):
            return f"nothing is filled in for {block.file}"
        return ""

    def _built(self, block: RowsMap, row: SourceRow) -> _Built:
        built = _Built(block.file, sources=[row])
        for column in block.columns:
            kind = _FILES[block.file].by_name[column.column].kind
            made = self._maker.cell(column, kind, row)
            if made.finding is not None:
                self._findings.append(made.finding)
            self._keep_change(built.file, column.column, made)
            built.texts[column.column] = made.text
            built.origins[column.column] = made.origin
            if made.constant:
                built.constants.add(column.column)
        return built

    def _keep_change(self, file: str, column: str, made: Made) -> None:
        if made.rule is not None and made.text != made.origin.text:
            self._count(made.rule.identifier, file, column, made.origin, made.text)

    def _count(self, rule: str, file: str, column: str, origin: Origin, after: str) -> None:
        key = (origin.row.file, origin.field, f"{file} {column}", rule, origin.text, after)
        self._changes[key] += 1

    def _place(self, block: RowsMap, built: _Built, made: dict[tuple[str, ...], _Built]) -> None:
        names = block.distinct or block.add_to
        key = built.key(names)
        if names and all(key) and key in made:
            rule = rules.DIFFERENT if block.distinct else rules.ADDED_TWICE
            self._merge(made[key], built, rule)
            return
        made.setdefault(key, built)
        self._rows[block.file].append(built)

    def _merge(self, there: _Built, new: _Built, rule: Rule) -> None:
        """Fill what is empty; a value from a field that differs is an error."""
        there.sources += new.sources
        for name, text in new.texts.items():
            old = there.texts.get(name, "")
            if not old:
                there.texts[name] = text
                there.origins[name] = new.origins[name]
            elif there.origins[name].text == new.origins[name].text == TWO_DATES:
                there.texts[name] = min(old, text, key=int)  # the age at the first procedure
            elif text and text != old and name not in new.constants:
                self._findings.append(_different(rule, name, there, new))

    def _normalise(self) -> None:
        """Write what is understood in the words of the data set, and count each change."""
        for file, rows in self._rows.items():
            for built in rows:
                for name, text in built.texts.items():
                    cell = self._read(_FILES[file].by_name[name], file, text)
                    if cell is not None and cell.conversion is not None:
                        after = _written(cell.value)
                        self._count(
                            cell.conversion.identifier, file, name, built.origins[name], after
                        )
                        built.texts[name] = after

    def _read(self, column: Column, file: str, text: str) -> Cell | None:
        key = (file, column.name, text)
        if key not in self._known:
            try:
                self._known[key] = column.kind.read(text, ISO) if text else None
            except Refused:
                self._known[key] = None
        return self._known[key]

    def check(self) -> tuple[Cohort | None, tuple[Finding, ...]]:
        """Check the rows as the data set they make, and speak of the source."""
        if self._is_broken:
            return None, tuple(self._findings)
        kept = {file: list(self._kept(file)) for file in self._rows}
        with tempfile.TemporaryDirectory(prefix="kyphort-import-") as home:
            _write(Path(home), self._mapping, kept)
            checked = check_csv_set(Path(home), today=self._today)
        own = [one for one in self._findings if not self._is_settled(one)]
        seen = {(one.file, one.row, one.column) for one in own}
        others = [_Translation(self._mapping, kept).of(one) for one in checked.findings]
        findings = (*own, *(one for one in others if (one.file, one.row, one.column) not in seen))
        return (None if _has_error(findings) else checked.cohort), findings

    def _kept(self, file: str) -> Iterator[_Built]:
        return (one for one in self._rows[file] if one.patient not in self._left_out)

    def _is_settled(self, found: Finding) -> bool:
        """Whether a finding is only about patients who are left out."""
        patients = self._patients_of(found)
        return bool(patients) and patients <= self._left_out.keys()

    def _patients_of(self, found: Finding) -> set[str]:
        return self._owners.get((found.file, found.row), set())

    @cached_property
    def _owners(self) -> dict[tuple[str, int | None], set[str]]:
        """The patients to whom each row of the source gave anything."""
        owners: defaultdict[tuple[str, int | None], set[str]] = defaultdict(set)
        for rows in self._rows.values():
            for built in rows:
                for row in built.sources:
                    owners[row.file, row.number].add(built.patient)
        return owners

    def leave_out(self, findings: Iterable[Finding]) -> bool:
        """Leave out the patients with errors; False when an error belongs to no known patient.

        A row of nobody may be one of a patient who stays, and would be missed there.
        """
        known = {one.patient for one in self._rows[PATIENTS.name]} - {""}
        errors = [one for one in findings if one.severity is Severity.ERROR]
        owned = [(one, self._patients_of(one)) for one in errors]
        if not errors or not all(patients and patients <= known for _, patients in owned):
            return False
        for one, patients in owned:
            self._refusals.append(one)
            for patient in patients:
                self._left_out.setdefault(patient, one)
        return any(self._kept(PATIENTS.name))

    def account(self, cohort: Cohort | None, findings: tuple[Finding, ...]) -> Reconciliation:
        """Return the account of every row and every change."""
        rows = tuple(self._fates(cohort is not None, findings))
        made = {name: sum(1 for _ in self._kept(name)) for name in self._rows}
        read = set(self._mapping.fields) | {self._source.record_field}
        return Reconciliation(
            self._source.kind,
            self._mapping.name,
            cohort is not None,
            tuple(_counts(one, rows) for one in self._source.files),
            {} if cohort is None else made,
            tuple(Change(*key, cells) for key, cells in sorted(self._changes.items())),
            rows,
            tuple(sorted((*self._refusals, *findings), key=_gravest_first)),
            tuple(
                dict.fromkeys(
                    name
                    for file in self._source.files
                    for name in file.columns
                    if name in self._source.fields and name not in read
                )
            ),
        )

    def _fates(self, is_imported: bool, findings: tuple[Finding, ...]) -> Iterator[RowFate]:
        faults: dict[tuple[str, int | None], str] = {}
        for one in (*self._refusals, *findings):
            if one.severity is Severity.ERROR:
                faults.setdefault((one.file, one.row), f"{one.message} [{one.rule}]")
        used = {
            row: built.patient
            for rows in self._rows.values()
            for built in rows
            for row in built.sources
        }
        for row in self._source.rows:
            fate, why = self._fate(row, used, faults, is_imported=is_imported)
            yield RowFate(row.file, row.number, row.record or used.get(row, ""), fate, why)

    def _fate(
        self,
        row: SourceRow,
        used: dict[SourceRow, str],
        faults: dict[tuple[str, int | None], str],
        *,
        is_imported: bool,
    ) -> tuple[Fate, str]:
        fault = faults.get((row.file, row.number))
        if fault is not None:
            return Fate.REFUSED, fault
        if self._is_broken:
            return Fate.HELD_BACK, "the import has errors"
        patient = used.get(row)
        if patient is None:
            return Fate.UNUSED, self._unused.get(row, "no block of the map reads it")
        if patient in self._left_out:
            return Fate.REFUSED, f"its patient is left out for {self._left_out[patient].place}"
        return (Fate.ACCEPTED, "") if is_imported else (Fate.HELD_BACK, "the import has errors")


class _Translation:
    """Says of a finding about the data set in the making where in the source it is."""

    def __init__(self, mapping: Mapping, rows: dict[str, list[_Built]]) -> None:
        self._map_name = mapping.name
        self._rows = rows
        self._names = {DESCRIPTION_FILE: mapping.name} | {
            one.file: f"form '{one.form}'" for one in mapping.rows if one.form
        }

    def of(self, found: Finding) -> Finding:
        """Return the finding with the place, value and row numbers of the source."""
        message = _ROW.sub(lambda match: self._row_words(match, found.file), found.message)
        found = replace(found, message=self._named(message), remedy=self._named(found.remedy))
        if found.file == DESCRIPTION_FILE:
            return replace(found, file=self._map_name)
        built = self._built(found.file, found.row)
        if built is None:
            return found
        origin = built.origins.get(found.column)
        if origin is None:
            row = built.sources[0]
            return replace(found, file=row.file, row=row.number)
        return replace(
            found,
            file=origin.row.file,
            row=origin.row.number,
            column=origin.field or found.column,
            value=origin.text,
        )

    def _named(self, text: str) -> str:
        """Name the forms of the source where the check names the files of a data set."""
        for file, name in self._names.items():
            text = text.replace(file, name)
        return text

    def _built(self, file: str, row: int | None) -> _Built | None:
        rows = self._rows.get(file, [])
        return rows[row - 2] if row is not None and 0 <= row - 2 < len(rows) else None

    def _row_words(self, match: re.Match[str], file: str) -> str:
        built = self._built(match[1] or file, int(match[2]))
        return match[0] if built is None else built.sources[0].place


def _gravest_first(found: Finding) -> tuple[int, str, int]:
    return _RANK[found.severity], found.file, found.row or 0


def _has_error(findings: Iterable[Finding]) -> bool:
    return any(one.severity is Severity.ERROR for one in findings)


def _different(rule: Rule, name: str, there: _Built, new: _Built) -> Finding:
    origin, first = new.origins[name], there.origins[name]
    return rule.found(
        origin.row.file,
        f"{first.row.place} makes the same row of {new.file} with "
        f"'{shown(there.texts[name])}' as {name}.",
        "Make them equal in the source, or change the map.",
        row=origin.row.number,
        column=origin.field or name,
        value=origin.text,
    )


def _counts(file: SourceFile, rows: tuple[RowFate, ...]) -> SourceCount:
    found = Counter(one.fate for one in rows if one.file == file.name)
    return SourceCount(file.name, file.sha256, file.rows, *(found[fate] for fate in Fate))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return "unknown" if value is None else str(value)


def _write(folder: Path, mapping: Mapping, rows: dict[str, list[_Built]]) -> None:
    (folder / DESCRIPTION_FILE).write_text(description_text(mapping), encoding="utf-8")
    for file in CSV_FILES:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        names = list(file.by_name)
        writer.writerow(names)
        writer.writerows([one.texts.get(name, "") for name in names] for one in rows[file.name])
        (folder / file.name).write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
