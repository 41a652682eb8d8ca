"""A first map from what a source says of its fields; a person reads and completes it."""

import difflib
import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from kyphort.clinical.records import ALWAYS
from kyphort.exchange.csv_set.columns import CSV_FILES, Column, CsvFile
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.spellings import fold
from kyphort.exchange.mapping.declared import ColumnKind, declared
from kyphort.exchange.mapping.map_file import EMPTY, FILLED, ColumnMap, Mapping, RowsMap
from kyphort.exchange.mapping.map_text import Doubts
from kyphort.exchange.mapping.source import Field, FieldKind
from kyphort.exchange.mapping.source_dates import SourceDates
from kyphort.exchange.mapping.words import (
    BIRTH_DATE,
    LAST_IMAGING_DATE,
    RECURRENCE_DATE,
    WORDS,
)

_WORD = re.compile(r"[a-z]+|[0-9]+")
_ENOUGH = 0.6
_SURE = 0.95
_PATIENT = "patient_id"
_OF_PAIN = frozenset((_PATIENT, "visit_date", "kind", "pain_nrs", "omed_mg"))


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the source: its name, whether it repeats, its events, its fields."""

    name: str
    fields: tuple[Field, ...]
    repeating: bool | None = None
    events: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    block: RowsMap
    doubts: dict[str, str]


def propose_mapping(
    source: str,
    forms: Iterable[Form],
    *,
    record_field: str = "",
    missing_codes: Iterable[str] = (),
) -> tuple[Mapping, Doubts]:
    """Return a map proposed from names, labels and choices, and what a person must decide.

    Each file of the data set is given to the form whose fields fit most of its columns. `forms`
    without a `repeating` of their own are taken for flat files: one row of them can make rows of
    several files.
    """
    drafts = [
        draft
        for file in CSV_FILES
        for form in [_best_form(file, tuple(forms))]
        if form is not None
        for draft in _drafts(file, form, tuple(forms), record_field)
    ]
    doubts = {
        (index, name): remark
        for index, draft in enumerate(drafts)
        for name, remark in draft.doubts.items()
    }
    mapping = Mapping(
        source,
        {"name": "", "data_cut_off": "YYYY-MM-DD", "synthetic": False, "provenance": ""},
        tuple(draft.block for draft in drafts),
        SourceDates(),
        frozenset(missing_codes),
    )
    return mapping, doubts


def _best_form(file: CsvFile, forms: tuple[Form, ...]) -> Form | None:
    """Return the form that fills most of the file's own columns, None when none fits."""
    needed = [one for one in file.columns if one.required == ALWAYS and one.name != _PATIENT]
    best: tuple[float, Form] | None = None
    for form in forms:
        found = [_best_field(file, column, form)[1] for column in file.columns]
        needed_found = [_best_field(file, column, form)[1] for column in needed]
        if not needed_found or sum(score > 0 for score in needed_found) * 2 < len(needed_found):
            continue
        score = sum(found) / len(found) + 0.5 * (_plain(form.name) == _plain(file.name[:-4]))
        if best is None or score > best[0]:
            best = (score, form)
    return None if best is None else best[1]


def _drafts(file: CsvFile, form: Form, forms: tuple[Form, ...], record_field: str) -> list[_Draft]:
    if file.name == "visits.csv" and form.repeating is None:
        readings = _readings(form, record_field)
        if readings:
            return readings
    draft = _draft(file, form, record_field)
    pain = _pain(file, form, forms, record_field) if file.name == "visits.csv" else []
    if form.repeating is None and file.name in {"patients.csv", "vertebrae.csv"}:
        key = (_PATIENT,) if file.name == "patients.csv" else (_PATIENT, "level")
        if {one.column for one in draft.block.columns} >= set(key):
            draft.block = replace(draft.block, distinct=key)
    return [draft, *pain]


def _pain(file: CsvFile, visits: Form, forms: tuple[Form, ...], record_field: str) -> list[_Draft]:
    """Propose to add pain to the visits when it has a form of its own."""
    wanted = ("visit_date", "pain_nrs")
    for form in forms:
        if form is visits or not all(
            _best_field(file, file.by_name[one], form)[0] for one in wanted
        ):
            continue
        draft = _draft(file, form, record_field)
        own = tuple(one for one in draft.block.columns if one.column in _OF_PAIN)
        block = replace(
            draft.block,
            columns=(*own, ColumnMap("modality", value="none")),
            add_to=(_PATIENT, "visit_date"),
        )
        doubts = {name: remark for name, remark in draft.doubts.items() if name in _OF_PAIN}
        return [_Draft(block, doubts)]
    return []


def _draft(file: CsvFile, form: Form, record_field: str) -> _Draft:
    doubts: dict[str, str] = {}
    columns: list[ColumnMap] = []
    for column in file.columns:
        if column.name == _PATIENT and record_field:
            columns.append(ColumnMap(_PATIENT, record_field))
            continue
        field, score = _best_field(file, column, form)
        if field is None:
            _say_missing(file, column, form, columns, doubts)
            continue
        made, remark = _column(file, column, field)
        columns.append(made)
        if score < _SURE:
            remark = f"chosen by its name: {field.label or field.name}. {remark}"
        if remark:
            doubts[column.name] = remark.strip()
    block = RowsMap(file.name, tuple(columns), form.name, form.events, form.repeating, {}, (), ())
    return _Draft(block, doubts)


def _say_missing(
    file: CsvFile,
    column: Column,
    form: Form,
    columns: list[ColumnMap],
    doubts: dict[str, str],
) -> None:
    birth, procedure = (
        next((one for one in form.fields if _score(name, one) >= _ENOUGH), None)
        for name in (BIRTH_DATE, "procedure_date")
    )
    if column.name == "age_years" and birth is not None and procedure is not None:
        columns.append(ColumnMap(column.name, age_between=(birth.name, procedure.name)))
        doubts[column.name] = "computed; the date of birth itself is not kept"
    elif column.required == ALWAYS:
        doubts[column.name] = (
            f"no field found, and every row needs it ({column.kind.allowed}). Write a field, or "
            "{ value = … } if all rows have the same"
        )
    elif not column.may_be_absent:
        doubts[column.name] = f"no field found; may stay empty (needed {column.required})"


def _readings(form: Form, record_field: str) -> list[_Draft]:
    """Propose the visits of a flat file: one where progression was seen, one where it was not."""
    named = {
        name: next((one for one in form.fields if _score(name, one) >= _ENOUGH), None)
        for name in (_PATIENT, "level", RECURRENCE_DATE, LAST_IMAGING_DATE)
    }
    level, recurrence, imaging = named["level"], named[RECURRENCE_DATE], named[LAST_IMAGING_DATE]
    own = named[_PATIENT]
    patient = record_field or ("" if own is None else own.name)
    if level is None or not patient:
        return []
    shared = (
        ColumnMap(_PATIENT, patient),
        ColumnMap("kind", value="planned"),
        ColumnMap("modality", value="MRI"),
        ColumnMap("level", level.name),
    )
    found: list[_Draft] = []
    for date, status, when in (
        (recurrence, "progression", {}),
        (imaging, "none", {} if recurrence is None else {recurrence.name: (EMPTY,)}),
    ):
        if date is not None:
            columns = (
                *shared,
                ColumnMap("visit_date", date.name),
                ColumnMap("local_status", value=status),
            )
            block = RowsMap(
                "visits.csv", columns, form.name, (), None, {date.name: (FILLED,), **when}
            )
            remark = "the source does not say how it was imaged: is MRI right?"
            found.append(_Draft(block, {"modality": remark}))
    return found


def _column(file: CsvFile, column: Column, field: Field) -> tuple[ColumnMap, str]:
    if field.kind is FieldKind.CHOICE and field.choices:
        codes, unclear = _codes(column, field.choices)
        remark = f"without a meaning here: {'; '.join(unclear)}" if unclear else ""
        identity = all(code == meaning for code, meaning in codes.items())
        return ColumnMap(column.name, field.name, codes={} if identity else codes), remark
    return ColumnMap(column.name, field.name), ""


def _codes(column: Column, choices: MappingOf[str, str]) -> tuple[dict[str, str], list[str]]:
    codes: dict[str, str] = {}
    unclear: list[str] = []
    for code, label in choices.items():
        meaning = _meaning(column, label) or _meaning(column, code)
        if meaning is None and column.kind.is_text:
            meaning = label
        if meaning is None:
            unclear.append(f"{code} ({label})")
        else:
            codes[code] = meaning
    return codes, unclear


def _meaning(column: Column, text: str) -> str | None:
    if column.kind.is_text:
        return None
    try:
        value = column.kind.read(text.strip(), ISO).value
    except (Refused, IndexError):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _best_field(file: CsvFile, column: Column, form: Form) -> tuple[Field | None, float]:
    best: tuple[Field | None, float] = (None, 0.0)
    kind = next(one.kind for one in declared(file) if one.name == column.name)
    for field in form.fields:
        score = _score(column.name, field, file.name[:-4])
        if kind is ColumnKind.DATE and field.kind in {FieldKind.CHOICE, FieldKind.CHECKBOX}:
            continue
        if field.kind is FieldKind.DATE and kind is not ColumnKind.DATE:
            continue
        if score > max(best[1], _ENOUGH - 0.01):
            best = (field, score)
    return best


def _score(name: str, field: Field, prefix: str = "") -> float:
    """Say how well a field fits a column, from 0 to 1."""
    plain = _plain(field.name)
    prefixes = {prefix, prefix.rstrip("s"), _plain(field.form)} - {""}
    names = {name, *(f"{one}_{name}" for one in prefixes)}
    if plain in names or (prefix and plain.endswith(f"_{name}") and plain.startswith(prefix[:4])):
        return 1.0
    words = WORDS.get(name, ())
    if plain in words:
        return 0.9
    tokens = set(_WORD.findall(_ascii(field.name)))
    label = set(_WORD.findall(_ascii(field.label)))
    if any(set(word.split("_")) <= tokens for word in words):
        return 0.8
    if any(set(word.split("_")) <= label for word in words if len(word) > 3):
        return 0.7
    ratio = difflib.SequenceMatcher(None, plain, name).ratio()
    return ratio * 0.75 if ratio > 0.85 else 0.0


def _plain(text: str) -> str:
    return _ascii(fold(text))


def _ascii(text: str) -> str:
    folded = text.casefold()
    for old, new in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        folded = folded.replace(old, new)
    return folded
