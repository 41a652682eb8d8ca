"""A first map from what a source says of its fields; a person reads and completes it."""

import difflib
import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace

from kyphort.clinical.records import ALWAYS, NEVER
from kyphort.exchange.csv_set.columns import CSV_FILES, VISITS, Column, CsvFile
from kyphort.exchange.csv_set.dates import ISO
from kyphort.exchange.csv_set.refusal import Refused
from kyphort.exchange.csv_set.spellings import fold
from kyphort.exchange.mapping.declared import ColumnKind, declared
from kyphort.exchange.mapping.map_file import EMPTY, FILLED, ColumnMap, Mapping, RowsMap
from kyphort.exchange.mapping.map_text import OF_DATES, Remark, Remarks
from kyphort.exchange.mapping.source import Field, FieldKind
from kyphort.exchange.mapping.source_dates import SHORT_FORMATS, SOURCE_DATE_FORMATS, SourceDates
from kyphort.exchange.mapping.words import (
    BIRTH_DATE,
    LAST_IMAGING_DATE,
    RECURRENCE_DATE,
    WORDS,
)

_WORD = re.compile(r"[a-z]+|[0-9]+")
_ENOUGH = 0.6
_ENOUGH_OF_ITS_OWN = 2
_FIRST_YEAR = 1930
_SURE = 0.95
_PATIENT = "patient_id"
_OF_PAIN = frozenset((_PATIENT, "visit_date", "kind", "pain_nrs", "omed_mg"))


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the source: its name, whether it repeats, its events, its fields.

    `repeating` is None for a flat file, of which one row can make rows of several files. `values`
    are the texts that its fields hold, as far as they are known.
    """

    name: str
    fields: tuple[Field, ...]
    repeating: bool | None = None
    events: tuple[str, ...] = ()
    values: MappingOf[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    block: RowsMap
    remarks: dict[str, Remark]


def propose_mapping(
    source: str,
    forms: Iterable[Form],
    *,
    record_field: str = "",
    missing_codes: Iterable[str] = (),
) -> tuple[Mapping, Remarks]:
    """Return a map proposed from names, labels, choices and values, and what a person must decide.

    Each file of the data set is given to the form whose fields fit most of its columns; a file that
    a data set may do without only to a form that is clearly its own.
    """
    given = tuple(forms)
    drafts = [draft for file in CSV_FILES for draft in _drafts(file, given, record_field)]
    remarks = {
        (index, name): remark
        for index, draft in enumerate(drafts)
        for name, remark in draft.remarks.items()
    }
    dates = _dates_of([draft.block for draft in drafts], given)
    if dates.first_year is not None:
        last = dates.first_year + 99
        remarks[OF_DATES] = Remark(f"two digits mean {dates.first_year} to {last}: is that right?")
    mapping = Mapping(
        source,
        {"name": "", "data_cut_off": "YYYY-MM-DD", "synthetic": False, "provenance": ""},
        tuple(draft.block for draft in drafts),
        dates,
        frozenset(missing_codes),
    )
    return mapping, remarks


def _dates_of(blocks: Iterable[RowsMap], forms: tuple[Form, ...]) -> SourceDates:
    """Return the one format in which all dates can be read, ISO when there is none or several."""
    names = {
        name
        for block in blocks
        for column in block.columns
        if column.column.endswith("_date") or column.age_between
        for name in column.fields
    }
    texts = {text for form in forms for name in names for text in form.values.get(name, ())}
    fitting = [
        dates
        for name in SOURCE_DATE_FORMATS
        for dates in [SourceDates(name, _FIRST_YEAR if name in SHORT_FORMATS else None)]
        if all(_can_be_read(dates, text) for text in texts)
    ]
    return fitting[0] if len(fitting) == 1 else SourceDates()


def _can_be_read(dates: SourceDates, text: str) -> bool:
    try:
        dates.read(text)
    except Refused:
        return False
    return True


def _best_form(file: CsvFile, forms: tuple[Form, ...]) -> Form | None:
    """Return the form that fills most of the file's own columns, None when none fits."""
    best: tuple[float, Form] | None = None
    for form in forms:
        scores = {one.name: _best_field(file, one, form)[1] for one in file.columns}
        has_its_name = _plain(form.name).rstrip("s") == _plain(file.name[:-4]).rstrip("s")
        if not _fits(file, scores, has_its_name=has_its_name):
            continue
        score = sum(scores.values()) / len(scores) + 0.5 * has_its_name
        if best is None or score > best[0]:
            best = (score, form)
    return None if best is None else best[1]


def _fits(file: CsvFile, scores: dict[str, float], *, has_its_name: bool) -> bool:
    needed = [one.name for one in file.columns if one.required == ALWAYS and one.name != _PATIENT]
    if file.is_optional:
        own = [scores[one.name] for one in file.columns if one.name not in {_PATIENT, "level"}]
        return has_its_name or sum(score >= _SURE for score in own) >= _ENOUGH_OF_ITS_OWN
    return 2 * sum(scores[name] > 0 for name in needed) >= len(needed)


def _drafts(file: CsvFile, forms: tuple[Form, ...], record_field: str) -> list[_Draft]:
    form = _best_form(file, forms)
    if form is None:
        flat = [one for one in forms if one.repeating is None] if file is VISITS else []
        return [draft for one in flat for draft in _readings(one, record_field)]
    draft = _draft(file, form, record_field)
    pain = _pain(file, form, forms, record_field) if file is VISITS else []
    has_key = {one.column for one in draft.block.columns} >= set(file.key)
    if form.repeating is None and has_key and not file.is_optional and file is not VISITS:
        draft.block = replace(draft.block, distinct=file.key)
    return [draft, *pain]


def _pain(file: CsvFile, visits: Form, forms: tuple[Form, ...], record_field: str) -> list[_Draft]:
    """Propose to add pain to the visits when it has a form of its own."""
    wanted = ("visit_date", "pain_nrs")
    for form in forms:
        fits = all(_best_field(file, file.by_name[one], form)[0] is not None for one in wanted)
        if form is visits or not fits:
            continue
        draft = _draft(file, form, record_field)
        own = tuple(one for one in draft.block.columns if one.column in _OF_PAIN)
        block = replace(
            draft.block,
            columns=(*own, ColumnMap("modality", value="none")),
            add_to=(_PATIENT, "visit_date"),
        )
        return [
            _Draft(block, {name: one for name, one in draft.remarks.items() if name in _OF_PAIN})
        ]
    return []


def _draft(file: CsvFile, form: Form, record_field: str) -> _Draft:
    remarks: dict[str, Remark] = {}
    columns: list[ColumnMap] = []
    for column in file.columns:
        if column.name == _PATIENT and record_field:
            columns.append(ColumnMap(_PATIENT, record_field))
            continue
        found, score = _best_field(file, column, form)
        if found is None:
            _say_missing(column, form, columns, remarks)
            continue
        made, unclear = _column(column, found, form)
        columns.append(made)
        if unclear:
            remarks[column.name] = Remark(f"without a meaning here: {'; '.join(unclear)}")
        elif score < _SURE:
            remarks[column.name] = Remark(found.label or found.name, is_open=False)
    block = RowsMap(file.name, tuple(columns), form.name, form.events, form.repeating)
    return _Draft(block, remarks)


def _say_missing(
    column: Column, form: Form, columns: list[ColumnMap], remarks: dict[str, Remark]
) -> None:
    birth, procedure = (
        next((one for one in form.fields if _score(name, one) >= _ENOUGH), None)
        for name in (BIRTH_DATE, "procedure_date")
    )
    if column.name == "age_years" and birth is not None and procedure is not None:
        columns.append(ColumnMap(column.name, age_between=(birth.name, procedure.name)))
        remarks[column.name] = Remark("the date of birth itself is not kept", is_open=False)
    elif column.required == ALWAYS:
        remarks[column.name] = Remark(
            f"no field found, and every row needs one of {column.kind.allowed}: write a field, or "
            '{ value = "…" } for all rows'
        )
    elif column.required != NEVER and not column.may_be_absent:
        remarks[column.name] = Remark(f"no field found (needed {column.required})", is_open=False)


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
    no_recurrence = {} if recurrence is None else {recurrence.name: (EMPTY,)}
    for date, status, when in (
        (recurrence, "progression", {}),
        (imaging, "none", no_recurrence),
    ):
        if date is not None:
            columns = (
                *shared,
                ColumnMap("visit_date", date.name),
                ColumnMap("local_status", value=status),
            )
            chosen = {date.name: (FILLED,), **when}
            block = RowsMap(VISITS.name, columns, form.name, when=chosen)
            remark = Remark("the source does not say how it was imaged: is MRI right?")
            found.append(_Draft(block, {"modality": remark}))
    return found


def _column(column: Column, found: Field, form: Form) -> tuple[ColumnMap, list[str]]:
    """Return how a column is read from a field, and the codes that nobody understands."""
    if found.kind is FieldKind.CHECKBOX:
        stem = found.name.partition("___")[0]
        boxes = [one for one in form.fields if one.name.startswith(f"{stem}___")]
        checked = {one.name: _meaning(column, one.choices["1"]) for one in boxes}
        unclear = [f"{name} ({form.name})" for name, code in checked.items() if code is None]
        known = {name: code for name, code in checked.items() if code is not None}
        return ColumnMap(column.name, checked=known), unclear
    if found.kind is FieldKind.CHOICE and found.choices:
        codes, unclear = _codes(column, found.choices)
        identity = all(code == meaning for code, meaning in codes.items())
        return ColumnMap(column.name, found.name, codes={} if identity else codes), unclear
    return ColumnMap(column.name, found.name), []


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
    for one in form.fields:
        score = _score(column.name, one, file.name[:-4])
        could_be_date = one.kind in {FieldKind.DATE, FieldKind.TEXT}
        if (kind is ColumnKind.DATE) != (one.kind is FieldKind.DATE) and not (
            kind is ColumnKind.DATE and could_be_date
        ):
            continue
        if score > max(best[1], _ENOUGH - 0.01):
            best = (one, score)
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
